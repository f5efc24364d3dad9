"""Recorded replies: JSONL of {example_id, attempt, reasoning, answer, finish_reason, raw}; the last three may be absent."""

from __future__ import annotations

from collections.abc import Callable

from factory import storage
from factory.decoding import decode
from factory.errors import RowError, SettingsError
from factory.recipe import Teacher
from factory.records import digest
from factory.teachers import AskRow, Reply

VERSION = "1"
MODE = "blind"


def identity(settings: Teacher) -> str:
    return f"replay:{digest(storage.read(_replies(settings)))}"


def _replies(settings: Teacher) -> str:
    if not settings.replies:
        raise SettingsError("`teacher.replies` is empty; give the URI of recorded replies (JSONL)")
    return settings.replies


def open(settings: Teacher, read: Callable[[str], bytes]) -> Callable[[AskRow, int], Reply | None]:
    replies: dict[tuple[str, int], Reply] = {}
    for number, line in enumerate(read(_replies(settings)).splitlines(), 1):
        try:
            value = decode(line)
            reply = Reply(value.get("reasoning", ""), value["answer"], value.get("finish_reason", "stop"), value.get("raw", ""))
            if not all(isinstance(text, str) for text in reply[:4]):
                raise TypeError("a reply's fields are texts")
            replies[value["example_id"], value.get("attempt", 0)] = reply
        except (RowError, KeyError, TypeError, AttributeError) as e:
            raise SettingsError(f"`{settings.replies}` line {number}: {e!r}; each line is {{example_id, attempt, reasoning, answer}}") from None
    return lambda ask, attempt: replies.get((ask.example_id, attempt))
