"""The clause around a span of a sentence: where relative clauses, brackets and joined verbs begin and end."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS

_CLAUSE_BREAKS = frozenset(
    """
        but while whereas although though which who whom whose where when because after before until then
    """.split()
)

_PRONOUNS = frozenset(["who", "which", "whom", "whose", "that", "where"])


def clause_of(found: list[Token], start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """The clause around [first, last) in the sentence [start, end).

    A relative clause ends at its comma, and behind it the main clause goes on; brackets beside the span are skipped.
    """
    a = first
    while (
        a > start
        and not (found[a].norm in _CLAUSE_BREAKS and a != first)
        and not _joins_clause(found, a)
        and ";" not in found[a].gap
        and "(" not in found[a].gap
    ):
        a -= 1
    inside = found[a].norm in _PRONOUNS and a < first
    a = _of_which(found, start, a) if inside else a
    b, reopened = last, -1
    while b < end and not _joins_clause(found, b) and ";" not in found[b].gap:
        if "(" in found[b].gap and (close := _closes(found, b + 1, end)) is not None:
            b = reopened = close
            continue
        if b == last and found[b].norm in _PRONOUNS and "," in found[b].gap and (rest := _resumes(found, b + 2, end)):
            b = rest
            continue
        if (
            found[b].norm in _CLAUSE_BREAKS
            or (")" in found[b].gap and b != reopened)
            or (inside and "," in found[b].gap)
        ):
            break
        b += 1
    if b < end and found[b].norm in _PRONOUNS:
        b = max(last, _of_which(found, last, b))
    return a, b


def _joins_clause(found: list[Token], i: int) -> bool:
    """And it opened, and died in Paris."""
    if found[i].norm != "and":
        return False
    following = found[i + 1] if i + 1 < len(found) else None
    verb = (
        following is not None
        and not following.cap
        and (following.norm in COPULAS or following.norm in ("has", "have", "had") or following.norm.endswith("ed"))
    )
    gapped = any(t.norm == "by" for t in found[i + 2 : i + 5]) and not any(t.cap for t in found[i + 1 : i + 3])
    return "," in found[i].gap or verb or gapped


def _of_which(found: list[Token], low: int, i: int) -> int:
    """The start of ", the capital of which" for its relative at `i`."""
    if i > low and found[i - 1].norm == "of":
        return next((k for k in range(i - 1, max(low, i - 8) - 1, -1) if "," in found[k].gap), i)
    return i


def _closes(found: list[Token], i: int, end: int) -> int | None:
    return next((k for k in range(i, min(end, i + 12)) if ")" in found[k].gap), None)


def _resumes(found: list[Token], i: int, end: int) -> int:
    """Where the main clause goes on behind a relative clause: the verb after its comma; 0 where it does not."""
    return next(
        (
            k
            for k in range(i, min(end, i + 24))
            if "," in found[k].gap and (found[k].norm in COPULAS or found[k].norm in ("has", "had", "won"))
        ),
        0,
    )
