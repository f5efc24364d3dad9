"""Whether a whole answer is an alias in another order or spelling: items turned around, "x of y" for "y x", other spaces, the
asked class word left out, a team by its place."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_clock import minutes
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import DIRECTIONS, GENERIC, NATIONALITIES, STOP, TEAM

_LINKS = frozenset("of in on at for".split())
_SHARED = frozenset(["new york", "los angeles", "chicago"])
"""Cities with two teams in one league."""


def is_same(mine: Sequence[str], found: Sequence[Token], alias: Alias, question: Question) -> bool:
    """`mine`: the normal forms of `found`, the whole answer."""
    theirs = [t.norm for t in alias.found]
    if mine == theirs:
        return True
    if {"and", "or"} & set(mine) and _items(mine) == _items(theirs):
        return True  # Marie and Pierre Curie; 31 December or 30 June
    whole = not any(t.gap.strip(" -'./*\"") for t in found[1:])
    joined = "".join(mine) if whole else ""
    spelled = len(joined) == 4 and all(t.raw[:1].isalpha() for t in found)  # Nineteen Eighty-Four
    if len(joined) > 3 and (not joined.isdigit() or spelled) and joined == "".join(theirs):
        return True
    if (clock := minutes(alias.found)) is not None and clock == minutes(found):
        return True
    parted = [part for k, t in enumerate(alias.found) for part in (["and"] if k and "," in t.gap else []) + [t.norm]]
    if "and" in mine and _items(mine) == _items(parted):
        return True  # Larry Page & Sergey Brin
    plain = _without_links(theirs)
    if len(plain) > 1 and plain == _without_links(mine):
        return True  # the first Monday of September; The Godfather 2
    if "currency" in question.norms and theirs[0] in NATIONALITIES and theirs[1:] == list(mine):
        return True
    return (
        _is_turned(mine, theirs, alias)
        or _is_turned_name(found, theirs)
        or _ends_in_first(mine, theirs)
        or _leaves_out(mine, theirs, question)
        or _is_place_of_team(mine, alias, question)
    )


def _items(words: Sequence[str]) -> list[tuple[str, ...]]:
    """What "and" and "or" join; an item of one word before others shares the last one's last word: Pierre and Marie Curie."""
    items: list[list[str]] = [[]]
    for word in words:
        items.append([]) if word in ("and", "or") else items[-1].append(word)
    items = [item for item in items if item]
    last = items[-1] if items else []
    return sorted(tuple([*item, last[-1]] if len(item) == 1 < len(last) else item) for item in items)


def _without_links(words: Sequence[str]) -> list[str]:
    numbered = {k for k, (one, two) in enumerate(pairwise(words)) if one == "part" and two.isdigit()}
    return [w for k, w in enumerate(words) if w not in _LINKS and k not in numbered]


def _is_turned(mine: Sequence[str], theirs: Sequence[str], alias: Alias) -> bool:
    """Explosion of an oxygen tank, oxygen tank explosion."""
    longer, shorter = (mine, theirs) if len(mine) > len(theirs) else (theirs, mine)
    if len(longer) != len(shorter) + 1 or len(shorter) < 2 or list(longer).count("of") != 1 or all(t.cap for t in alias.found if t.norm != "of"):
        return False  # Steel Man is no Man of Steel
    at = list(longer).index("of")
    return at > 0 and [stem(w) for w in (*longer[at + 1 :], *longer[:at])] == [stem(w) for w in shorter]


def _is_turned_name(found: Sequence[Token], theirs: Sequence[str]) -> bool:
    """Wright, Frank Lloyd."""
    commas = [k for k in range(1, len(found)) if found[k].gap.strip()]
    return (
        2 <= len(found) <= 5 and commas == [1] and found[1].gap == ", " and all(t.cap for t in found)
        and [t.norm for t in found[1:]] + [found[0].norm] == list(theirs)
    )  # fmt: skip


def _ends_in_first(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Sputnik I, for Sputnik 1."""
    return len(mine) > 1 and list(mine[:-1]) == list(theirs[:-1]) and {mine[-1], theirs[-1]} == {"i", "1"}


def _leaves_out(mine: Sequence[str], theirs: Sequence[str], question: Question) -> bool:
    """The 14th, asked in which century; Indian, asked for an ocean; Holloway Park, asked for a stadium."""
    if len(theirs) < 2 or len(mine) != len(theirs) - 1:
        return False
    rest = theirs[:-1] if root(theirs[-1]) == question.head else theirs[1:] if root(theirs[0]) == question.head else []
    if not rest or rest[-1] in GENERIC:
        return False  # Hudson River School is no river
    own = [w for w in rest if w not in STOP | DIRECTIONS and stem(w) not in question.stems and not w.isdigit()]
    return bool(own) and list(mine) == rest


def _is_place_of_team(mine: Sequence[str], alias: Alias, question: Question) -> bool:
    """Denver, asked for a team, where the gold is Denver Broncos."""
    words = [t.norm for t in alias.found]
    named = 2 <= len(words) <= 3 and all(t.cap for t in alias.found) and words[-1].endswith("s")
    place = words[:-1]
    if not named or words[-1] in question.norms | GENERIC or " ".join(place) in _SHARED:
        return False
    return bool(question.norms & TEAM) and list(mine) == place and not any(w in question.norms for w in place)
