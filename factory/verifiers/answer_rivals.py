"""Rivals of the gold in a text: other names that could be what the question asks for."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers.answer_people import OPENERS
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, GENERIC, MONTHS, NATIONALITIES, REGIONS, STATES, STOP, TITLES

_DEGREES = frozenset("phd dphil md mba ba bsc ma msc llb jd".split())
_JOINERS = frozenset("of de van von la al bin der del".split())


_CLASSES = frozenset(
    "county state river lake mountain mountains island sea ocean street park university college museum airport party war".split()
)
_CLASS_ROOTS = frozenset(root(word) for word in _CLASSES | {"city", "country", "town", "continent"})


class Rival(NamedTuple):
    start: int
    end: int
    text: str


def name_rivals(found: list[Token], question: Question, places: bool = False) -> list[Rival]:
    """Names that are not the question's and could be what it asks for. `places`: a country may be who has won."""
    result: list[Rival] = []
    i = 0
    while i < len(found):
        token = found[i]
        if (
            not token.cap
            or not token.raw[:1].isalpha()
            or (token.first and (token.norm in OPENERS or token.norm in STOP or token.norm in TITLES))
            or token.raw == "I"
        ):
            i += 1
            continue
        j = i + 1
        while (
            j < len(found)
            and found[j].sentence == token.sentence
            and not found[j - 1].possessive
            and (
                (
                    found[j].gap in (" ", ". ", "-", ' "', '" ', " '", "' ")
                    and found[j].cap
                    and found[j].bold == token.bold
                )
                or (found[j].norm in _JOINERS and found[j].gap == " " and _name_goes_on(found, j))
            )
        ):
            j += 1
        span = found[i:j]
        if token.first and len(span) == 1 and not _subject(found, j) and not token.bold:
            i = j
            continue
        if question.kind == "person" and i and found[i - 1].norm in ("in", "at") and token.gap.strip() in ("", "the"):
            i = j
            continue  # in Dresden
        if len(span) == 1 and token.raw.isupper() and token.first and token.norm in question.initials:
            i = j
            continue  # CSAIL, where its name is in the question
        if len(span) == 1 and len(token.raw) == 1:
            i = j
            continue  # a B-side
        if _could_fill(span, question) or (places and " ".join(t.norm for t in span) in REGIONS):
            result.append(Rival(i, j, " ".join(t.raw for t in span)))
            if len(result) >= 60:
                break
        i = j
    return result


def origin_rivals(found: list[Token], question: Question) -> list[Rival]:
    """Other peoples and countries, for a gold that is one: a composer's name is no rival of Norwegian."""
    return [
        Rival(i, i + 1, token.raw)
        for i, token in enumerate(found)
        if token.cap and (token.norm in NATIONALITIES or token.norm in REGIONS) and token.norm not in question.norms
    ][:60]


def _name_goes_on(found: list[Token], j: int) -> bool:
    k = j + 1
    if k < len(found) and found[k].norm in _JOINERS:
        k += 1
    return (
        k < len(found)
        and found[k].cap
        and found[k].gap.split() in ([], ["the"])
        and found[k].sentence == found[j].sentence
    )


def _subject(found: list[Token], j: int) -> bool:
    """A one-word sentence opener counts as a name when a verb or a comma follows."""
    if j >= len(found):
        return True
    return (
        found[j].norm in COPULAS
        or found[j].norm in ("has", "had", "did", "won", "wrote", "became", "and")
        or found[j].norm.endswith("ed")
        or "," in found[j].gap
    )


def _could_fill(span: list[Token], question: Question) -> bool:
    words = [t.norm for t in span if t.norm not in STOP]
    shared = [w for w in words if w in question.norms or stem(w) in question.stems]
    own = [w for w in shared if w not in GENERIC and w not in TITLES]
    if not words or (shared and not question.choice and (len(shared) == len(words) or own)):
        return False
    if all(w in NATIONALITIES or w in MONTHS or w in TITLES or w.isdigit() or w in GENERIC for w in words):
        return False
    if words[0] in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"):
        return False
    if words[0] in _DEGREES:
        return False
    asked = question.roots & _CLASS_ROOTS
    if words[-1] in _CLASSES and len(asked) == 1 and root(words[-1]) not in asked:
        return False  # Skamania County, asked for a state
    place = " ".join(words) in REGIONS or " ".join(words) in STATES
    if question.kind == "person":
        if place or any(w in GENERIC - {"star"} for w in words) or '"' in span[0].gap:
            return False
        return len(words) <= 4 and not (len(words) == 1 and span[0].raw.isupper() and len(words[0]) > 1)
    if question.kind == "place":
        return not (len(words) == 1 and span[0].raw.isupper() and not place)
    return True
