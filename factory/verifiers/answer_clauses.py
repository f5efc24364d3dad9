"""The clause around a span of a sentence: where relative clauses, brackets and joined verbs begin and end."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, TITLES

_CLAUSE_BREAKS = frozenset(
    """
        but while whereas although though which who whom whose where when because after before until then
    """.split()
)

_DESCRIBED = frozenset("native member resident graduate student pupil merchant veteran citizen employee".split())

_GOES_ON = frozenset("has had won came went took lies stands opened closed died became began".split())

_PARTICIPLES = frozenset(
    "built written made led held run won sung known born found sold bought given taken set".split()
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
        and not (a < first and _opens_aside(found, a, end, last))
        and ";" not in found[a].gap
        and "(" not in found[a].gap
    ):
        before = _before_bracket(found, start, a)
        before = _before_aside(found, start, a) if before is None else before
        a = a - 1 if before is None else before
    if a > start and found[a].norm in ("after", "before") and _opens_aside(found, a - 1, end, last):
        a -= 1  # named after X
    inside = a < first and (found[a].norm in _PRONOUNS or _opens_aside(found, a, end, last))
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


def _opens_aside(found: list[Token], i: int, end: int, last: int) -> bool:
    """, named after X, : a participle behind a comma, up to the comma from which the main clause goes on."""
    if "," not in found[i].gap or i == 0:
        return False
    k = i + 1 if found[i].norm in ("1th", "once", "originally", "long") and i + 1 < end else i
    word = found[k].norm
    participle = not found[k].cap and _is_participle(found[k])
    described = not found[k].cap and (word in TITLES or word in _DESCRIBED)  # a violinist of X,
    return (participle or described) and _resumes(found, i + 1, end) >= last


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
    if following is not None and following.cap and not found[i - 1].cap:  # and Y was appointed
        k = next((k for k in range(i + 1, min(len(found), i + 6)) if not found[k].cap), i + 1)
        verb = k < len(found) and (
            found[k].norm in COPULAS or found[k].norm in ("has", "had") or found[k].norm.endswith("ed")
        )
    gapped = any(t.norm == "by" for t in found[i + 2 : i + 5]) and not any(t.cap for t in found[i + 1 : i + 3])
    return "," in found[i].gap or verb or gapped


def _of_which(found: list[Token], low: int, i: int) -> int:
    """The start of ", the capital of which" for its relative at `i`."""
    if i > low and found[i - 1].norm == "of":
        return next((k for k in range(i - 1, max(low, i - 8) - 1, -1) if "," in found[k].gap), i)
    return i


def _before_bracket(found: list[Token], start: int, i: int) -> int | None:
    """The token before the brackets that close right before `i`."""
    if ")" not in found[i].gap:
        return None
    return next((k - 1 for k in range(i - 1, max(start, i - 12), -1) if "(" in found[k].gap), None)


def _before_aside(found: list[Token], start: int, i: int) -> int | None:
    """The token before ", written and drawn by Y," where the verb behind its comma stands at `i`."""
    if "," not in found[i].gap or found[i].norm not in COPULAS:
        return None
    opens = next((k for k in range(i - 1, max(start, i - 14), -1) if "," in found[k].gap), None)
    if opens is None or found[opens].cap or not (_is_participle(found[opens]) or found[opens].norm in _PRONOUNS):
        return None
    return opens - 1


def _is_participle(token: Token) -> bool:
    return token.norm.endswith("ed") or token.norm in _PARTICIPLES


def _closes(found: list[Token], i: int, end: int) -> int | None:
    return next((k for k in range(i, min(end, i + 12)) if ")" in found[k].gap), None)


def _resumes(found: list[Token], i: int, end: int) -> int:
    """Where the main clause goes on behind a relative clause: the verb after its comma; 0 where it does not."""
    return next(
        (
            k
            for k in range(i, min(end, i + 24))
            if "," in found[k].gap and (found[k].norm in COPULAS or found[k].norm in _GOES_ON)
        ),
        0,
    )
