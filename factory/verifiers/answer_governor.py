"""The word that governs a span in its sentence, and what else stands before it."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, GENERIC, MONTHS, NAMING, NATIONALITIES, STOP, TITLES

INCIDENTAL = frozenset(
    """
        beat beating beats defeated defeating defeats over against versus vs unlike than replacing replaced replaces
        succeeding succeeded succeeds after before following besides alongside opposite like despite near outside
        except with between resembling inspired influenced featuring excluding rather instead preceding preceded behind
    """.split()
)

_KINDS = frozenset("type kind form sort breed species variety example member class".split())

_ADJUNCTS = frozenset("in on at during from since by along as according".split())
"""Words that open an adjunct of the sentence: from 1977 to 2011, the flag was X."""

RELATIVE = frozenset(
    """
        which who whom whose that where when because while whereas although though but and since with after before
    """.split()
)


def is_beside(found: list[Token], start: int, first: int, relation: frozenset[str]) -> bool:
    """The asked word, a form of "be" or a naming word stands right before the span, or with a preposition between."""
    if first == start:
        return False
    if found[first - 1].norm in COPULAS | NAMING | {"as"}:
        return not set(found[first].gap) & set(",;")
    for k in range(first - 1, max(start - 1, first - 4), -1):
        if set(found[k + 1].gap) & set(",;") or found[k].norm in ("and", "or", "but"):
            return False
        if root(found[k].norm) in relation:
            return True
    return False


def is_participle(token: Token) -> bool:
    word = token.norm
    return not token.cap and (
        word.endswith(("ed", "en", "wn", "ung", "ght"))
        or word in ("made", "won", "built", "held", "led", "shot", "found", "beaten")
    )


def is_verb(token: Token, question: Question) -> bool:
    return (
        not token.cap
        and token.norm not in GENERIC
        and (
            token.norm.endswith(("s", "ed"))
            or token.norm in ("won", "wrote", "sang", "made", "led", "built", "beat", "shot", "began", "held")
        )
    )


def segment_of(found: list[Token], start: int, end: int, first: int, last: int) -> set[str]:
    """Roots of the words that a date belongs to: those since the date before it, or those after it where it opens the sentence."""
    a = first - 1
    while a >= start and not (found[a].norm[:4].isdigit() and len(found[a].norm) == 4):
        a -= 1
    left = {
        root(t.norm)
        for t in found[a + 1 : first]
        if t.norm not in STOP and t.norm not in MONTHS and not t.norm[:1].isdigit()
    }
    if left:
        return left
    b = last
    while b < end and not (found[b].norm[:4].isdigit() and len(found[b].norm) == 4):
        b += 1
    return {root(t.norm) for t in found[last:b]}


def is_second_clause(found: list[Token], start: int, first: int, question: Question) -> bool:
    """A clause with words of its own stands before the span's clause."""
    content = False
    if found[start].norm in _ADJUNCTS:
        start = next((k for k in range(start + 1, min(first, start + 12)) if "," in found[k].gap), start)
    for i in range(start, first + 1):
        token = found[i]
        joins_names = token.norm == "and" and found[i - 1].cap and i + 1 < len(found) and found[i + 1].cap
        if content and i > start and ("," in token.gap or (token.norm in RELATIVE and i < first and not joins_names)):
            return True
        if token.norm not in STOP and root(token.norm) not in question.roots:
            content = True
    return False


def governor_of(found: list[Token], start: int, first: int, question: Question) -> int | None:
    """Index of the word that governs the span: the nearest to its left that is no description; None at a sentence's head."""
    i = first - 1
    steps = 0
    while i >= start and steps < 8:
        token = found[i]
        if "," in found[i + 1].gap or ";" in found[i + 1].gap:
            if found[i + 1].cap and token.cap and i > start:
                while i > start and found[i].cap:
                    i -= 1
                steps += 1
                continue
            # a comma before the span: an apposition ("the author, X") or a list; the head is what stands before
            if steps == 0 and (root(token.norm) in question.roots or token.norm in TITLES):
                i -= 1
                steps += 1
                continue
            return i if steps == 0 and i > start else (None if _only_adjunct(found, start, i + 1) else i)
        if token.norm == "and" and i > start and found[i - 1].cap:
            i -= 1
            while i > start and found[i].cap:
                i -= 1
            steps += 1
            continue
        if token.norm == "of" and i > start and found[i - 1].norm in COPULAS:
            return i - 1
        if (
            token.norm == "of"
            and i > start
            and is_participle(found[i - 1])
            and root(found[i - 1].norm) in question.roots
        ):
            return i - 1  # made of
        if token.norm == "of" and i > start and found[i - 1].norm in _KINDS:
            i, steps = i - 2, steps + 1
            continue
        if (
            token.norm in COPULAS
            or token.norm in NAMING
            or token.norm in ("by", "as", "in", "at", "on", "from", "of", "to", "with", "near", "than", "and")
            or token.norm in INCIDENTAL
        ):
            return i
        if (
            token.norm in TITLES
            or token.norm in NATIONALITIES
            or token.norm in GENERIC
            or token.norm in STOP
            or token.norm.isdigit()
            or (not token.cap and steps < 4)
        ):
            if root(token.norm) in question.roots and token.norm not in TITLES and token.norm not in GENERIC:
                return i
            i -= 1
            steps += 1
            continue
        return i
    return None if i < start else i


def _only_adjunct(found: list[Token], start: int, end: int) -> bool:
    """In 1969, / In the film X, / According to the records,"""
    return (
        found[start].norm
        in ("in", "on", "at", "during", "according", "based", "for", "after", "yes", "as", "with", "from")
        or end - start <= 2
    )
