"""Recorded replies: JSONL of {example_id, attempt, reasoning, answer, finish_reason, raw}; the last three may be absent."""

from __future__ import annotations

import json
from collections.abc import Callable

from factory.errors import SettingsError
from factory.recipe import Teacher
from factory.teachers import AskRow, Reply

VERSION = "1"
MODE = "blind"


def identity(settings: Teacher) -> str:
    return f"replay:{settings.replies}"


def open(settings: Teacher, read: Callable[[str], bytes]) -> Callable[[AskRow, int], Reply | None]:
    if not settings.replies:
        raise SettingsError("`teacher.replies` is empty; give the URI of recorded replies (JSONL)")
    replies: dict[tuple[str, int], Reply] = {}
    for number, line in enumerate(read(settings.replies).splitlines(), 1):
        try:
            value = json.loads(line)
            reply = Reply(value.get("reasoning", ""), value["answer"], value.get("finish_reason", "stop"), value.get("raw", ""))
            replies[value["example_id"], value.get("attempt", 0)] = reply
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise SettingsError(f"`{settings.replies}` line {number}: {e!r}; each line is {{example_id, attempt, reasoning, answer}}") from None
    return lambda ask, attempt: replies.get((ask.example_id, attempt))
