"""Times of day: 9 pm, 9:00 p.m. and 21:00."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from collections.abc import Sequence

from factory.verifiers.answer_text import Token

_EMPTY = frozenset("local time at around".split())
_HALVES = {"am": 0, "pm": 12}


def minutes(found: Sequence[Token]) -> int | None:
    """Minutes since midnight, where the text is a time of day and nothing else: with minutes or am and pm."""
    words = [t.norm for t in found if t.norm not in _EMPTY]
    if not 1 < len(words) <= 4 or not _is_number(words[0]) or int(words[0]) > 24:
        return None
    hour, rest = int(words[0]), words[1:]
    colon = ":" in found[next(k for k, t in enumerate(found) if t.norm == rest[0])].gap
    minute = int(rest.pop(0)) if colon and _is_number(rest[0]) else None
    half = "".join(rest)
    if half not in ("", *_HALVES) or (minute is None and not half) or (half and hour > 12) or (minute or 0) > 59:
        return None
    return (hour % 12 + _HALVES[half] if half else hour) * 60 + (minute or 0)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 2
