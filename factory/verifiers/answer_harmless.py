"""Words that may stand around the gold of a short answer: before it and after it.

Words of the question, small words, titles, class words, a region after a place, an apposition, a relative clause, what
stands in brackets. Anything else could be a second answer.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_embedded import CORPORATE, DROPPABLE, TRADES
from factory.verifiers.answer_people import OPENERS
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import (
    CITIES,
    CONTINENTS,
    COPULAS,
    COUNTRIES,
    DIRECTIONS,
    GENERIC,
    MONTHS,
    NAMING,
    NATIONALITIES,
    NEUTRAL,
    ORGANISATIONS,
    PROVINCES,
    REGIONS,
    STATES,
    STOP,
    SUFFIXES,
    TITLES,
)

_KIN = frozenset("wife husband son daughter brother sister mother father friend cousin uncle aunt not nobody".split())

_REGION_WORDS = frozenset(word for region in REGIONS for word in region.split()) | frozenset(STATES)

_FORMAL = frozenset(
    "people's peoples democratic federal federative islamic arab socialist united states commonwealth".split()
)

APPROXIMATE = frozenset(
    """
        about approximately around roughly nearly almost circa over approx some more than estimated exactly total
    """.split()
)

_MOTORS = frozenset(["motor", "motors"])
_OF_NAMES = frozenset("de del la sur of".split())

_RELATIVE = frozenset(
    """
        who which that where when whose during for in of on from at by with as since after before to while because
        near under through throughout into
    """.split()
)


def _harmless(token: Token, question: Question) -> bool:
    word = token.norm
    if word in DIRECTIONS and not token.cap and question.kind == "place":
        return True
    return (
        word in STOP
        or word in question.norms
        or stem(word) in question.stems
        or word in TITLES
        or word in ("usa", "uk", "term", "word", "get", "gets", "got", "becomes", "became", "committed")
        or word in NATIONALITIES
        or (token.cap and len(word) > 6 and word.endswith(("ian", "ese", "ish")))
        or word in GENERIC
        or word in APPROXIMATE
        or word in NEUTRAL
        or word in NAMING
        or (word in ORGANISATIONS and not token.cap)
        or root(word) in question.roots
        or (token.first and word in OPENERS)
    )


def harmless_before(found: list[Token], start: int, question: Question, named: frozenset[int]) -> bool:
    """Small words, the gold's other names, a description in small letters before a name, an owner: England's Harry Kane."""
    before = [t for k, t in enumerate(found[:start]) if k not in named and not _harmless(t, question)]
    if not before or (found[start].norm in _REGION_WORDS and all(t.norm in _FORMAL for t in before)):
        return True
    if question.kind == "person" and "," in found[start].gap and found[start].norm in TITLES and start <= 4:
        return all(t.cap for t in found[:start])  # Arthur Wellesley, Duke of Wellington
    if (
        found[start - 1].possessive
        and all(t.cap for t in before)
        and (question.kind != "person" or before[-1].norm in _REGION_WORDS)
    ):
        return True
    return (
        found[start].cap
        and len(before) <= 4
        and all(
            (not t.cap and t.raw.isalpha())
            or _title_number(found, k)
            or (k == 0 and t.norm in CITIES and not found[start - 1].cap)
            for k, t in enumerate(found[:start])
            if t in before
        )
        and not any(t.norm in _RELATIVE or t.norm in _KIN or t.norm in ("and", "of", "than") for t in found[:start])
        and not any(t.norm.endswith(("ing", "ed")) for t in found[start - 1 : start])
        and not any(t.possessive for t in found[:start])
    )


def _title_number(found: list[Token], k: int) -> bool:
    """First Lady, Second Lieutenant."""
    return found[k].norm.endswith("th") and k + 1 < len(found) and found[k + 1].norm in TITLES


def harmless_after(found: list[Token], start: int, end: int, question: Question, typed: bool) -> bool:
    after = found[end:]
    first = after[0]
    gap = first.gap
    if (
        first.norm == "between"
        and len(after) == 4
        and all(len(after[k].norm) == 4 and after[k].norm.isdigit() for k in (1, 3))
        and not typed
    ):
        return True  # between 1508 and 1512
    if question.kind == "place" and not any(t.cap for t in found) and _level(" ".join(t.norm for t in after)):
        return True
    if "," in gap and region_at(found, start, end) and _pieces_are_regions(after):
        mine = " ".join(t.norm for t in found[start:end])
        level = _level(mine)
        return all(_level(piece) > level for piece in _pieces(after))
    if (
        "," in gap
        and found[start].cap
        and _pieces(after)
        and _level(_pieces(after)[-1])
        and len(after) <= 6
        and all(t.cap for t in after)
        and question.kind == "place"
    ):
        return True
    if question.kind == "place" and not question.many and start == 0 and "," in gap and all(t.cap or t.norm in _OF_NAMES for t in after):
        pieces = _pieces(after)
        if len(pieces) == 1 and pieces[0] not in CITIES and not region_at(found, start, end):
            return True  # Todos Santos, Baja California Sur
    if (
        "," in gap
        and len(_pieces(after)) == 1
        and _pieces(after)[0] in CITIES
        and question.kind not in ("place", "person")
    ):
        return True
    if question.norms & {"come", "origin"} and all(t.norm in ("origin", "descent", "ancestry") for t in after):
        return True  # of Spanish origin
    if all(_plain(t, question) or (t.norm in GENERIC and not t.cap and (end - start > 1 or found[start].norm in NATIONALITIES or region_at(found, start, end))) for t in after):
        # "and" would add a second item
        return not any(t.norm == "and" for t in after) or first.norm in _RELATIVE or typed
    if "(" in gap or "[" in gap:
        close = next((k for k in range(1, len(after)) if ")" in after[k].gap or "]" in after[k].gap), len(after))
        rest = after[close:]
        if _rivals_inside(after[:close], question, open_bracket=True):
            return False
        return not rest or harmless_after(found, start, end + close, question, typed)
    if all(t.norm in CORPORATE or (t.norm in TRADES and (t.norm in _MOTORS or t.norm in question.norms)) for t in after) and after[-1].norm in CORPORATE:
        return True  # Ford Motor Company
    if first.norm in DROPPABLE and len(after) > 1 and after[1].norm in _RELATIVE and not after[1].gap.strip():
        return harmless_after(found, start, end + 1, question, typed)  # the Nile River in Africa
    if first.norm == "and" or (first.norm == "with" and first.cap):
        return False
    if "," in gap or " - " in gap or ";" in gap or ":" in gap:
        if any("," in t.gap and t.norm in COPULAS for t in after[1:]):
            return False  # X, a Greek, is older than Y: a sentence
        cased = sum(t.cap for t in found[start:end]) > 1  # Joan Rivers, comedienne
        return not _rivals_inside(after, question, open_bracket=False, cased=cased)
    if first.norm in _RELATIVE:
        if first.norm == "of" and end - start == 1 and found[start].norm in TITLES and not any(t.cap for t in after):
            return all(_plain(t, question) for t in after)  # director of photography is no director
        if (
            first.norm == "of"
            and end - start == 1
            and found[start].cap
            and len(after) > 1
            and after[1].cap
            and after[1].norm not in _REGION_WORDS
        ):
            return False
        return not any(t.norm in ("and", "or") and k + 1 < len(after) and after[k + 1].cap for k, t in enumerate(after))
    return False


def _pieces(part: list[Token]) -> list[str]:
    pieces: list[str] = []
    for token in part:
        if "," in token.gap or not pieces:
            pieces.append(token.norm)
        else:
            pieces[-1] += " " + token.norm
    return pieces


def _level(name: str) -> int:
    """How wide a region is: state 1, country 2, continent 3; 0 for anything else."""
    if name in CONTINENTS:
        return 3
    if name in STATES or name in STATES.values() or name in PROVINCES:
        return 1
    return 2 if name in COUNTRIES else 0


def _pieces_are_regions(part: list[Token]) -> bool:
    return all(_level(piece) for piece in _pieces(part))


def region_at(found: list[Token], start: int, end: int) -> bool:
    return _level(" ".join(t.norm for t in found[start:end])) > 0


def _plain(token: Token, question: Question) -> bool:
    word = token.norm
    return (
        word in STOP
        or word in question.norms
        or stem(word) in question.stems
        or word in CORPORATE
        or word in DROPPABLE
        or word in ("gas", "city", "state")
        or word in SUFFIXES
        or (("," in token.gap or "(" in token.gap) and word in _REGION_WORDS)
    )


def _is_phrase(part: list[Token], start: int) -> bool:
    """Once common among sailors: three words and more with a preposition inside are no item of a list."""
    stop = next((k for k in range(start + 1, len(part)) if set(part[k].gap) & set(",;")), len(part))
    inner = part[start + 1 : stop - 1]
    return stop - start > 2 and any(t.norm in _RELATIVE - {"of"} or t.norm == "among" for t in inner)


def _rivals_inside(part: list[Token], question: Question, open_bracket: bool, cased: bool = False) -> bool:
    """True when a name opens a comma-separated piece of `part`: that would be a second item."""
    opening = True
    cased = cased or any(t.cap for t in part)
    for k, token in enumerate(part):
        if k == 0 or "," in token.gap or ";" in token.gap or token.norm in ("and", "or"):
            opening = True
            if token.norm in ("and", "or"):
                continue
        if not opening:
            continue
        opening = False
        word = token.norm
        article = "the" in token.gap.split()
        if (
            word in STOP
            or word in question.norms
            or stem(word) in question.stems
            or word in _REGION_WORDS
            or word in NATIONALITIES
            or word in TITLES
            or word in GENERIC
            or word in SUFFIXES
        ):
            continue
        if word in MONTHS or word[:1].isdigit() or (article and not token.cap):
            continue
        following = part[k + 1 : k + 2]
        described = article and bool(following) and not following[0].cap and not following[0].gap.strip()
        if token.cap and not open_bracket and not described:
            return True  # but not: X, a Baptist minister
        if not token.cap and _is_phrase(part, k):
            continue
        if not token.cap and not cased and not article and not open_bracket and not word.endswith(("ed", "ing")):
            return True
    return False
