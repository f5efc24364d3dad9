"""Whether a name that an answer holds is a part of a larger one: "Washington" in "Washington University", "Rio" in "Rio de Oro"."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_people import OPENERS, same_given_name
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import (
    DIRECTIONS,
    FOREIGN_ARTICLES,
    GENERIC,
    NATIONALITIES,
    REGIONS,
    STATES,
    STOP,
    SUFFIXES,
    TITLES,
)

CORPORATE = frozenset(
    "inc incorporated co company corp corporation limited ltd plc llc gmbh ag group fc afc cf sc".split()
)

TRADES = frozenset("motor motors entertainment records pictures studios airlines games".split())
_FIRMS = frozenset(
    "company companies corporation firm manufacturer maker makes make manufactures manufactured brand label studio publisher developer airline".split()
)

_INSTITUTIONS = frozenset("university college school institute museum airport hospital library company band".split())

DROPPABLE = CORPORATE | frozenset(
    """
        mt mountain mountains river range ocean desert lake language alphabet film movie novel series railway
        islands peninsula virus
    """.split()
)

_INSIDE_NAMES = frozenset(["de", "di", "del", "della", "da", "do", "von", "van"])

_TEAMS = frozenset("team teams club franchise bowl nba nfl mlb nhl pennant".split())


def is_embedded(found: list[Token], start: int, end: int, question: Question, person: bool, alias: Alias) -> bool:
    """True when the span is a part of a larger name or compound."""
    size = end - start
    last = found[end - 1]
    after = found[end] if end < len(found) else None
    before = found[start - 1] if start else None
    proper = any(t.cap for t in alias.found) or any(found[k].cap and not found[k].first for k in range(start, end))
    if after is not None and after.sentence == last.sentence and not last.possessive and after.gap in (" ", "-", ""):
        word = after.norm
        own = {t.norm for t in alias.found} | (question.norms if question.choice else frozenset())
        if after.cap and word in _INSTITUTIONS and word not in own and not (word in CORPORATE and word in question.norms):
            return True
        if (
            after.cap
            and (proper or found[start].first or after.gap != " ")
            and not (
                word in STOP
                or word in question.norms
                or stem(word) in question.stems
                or word in NATIONALITIES
                or word in SUFFIXES
            )
            and not (
                word in CORPORATE
                or (word in DROPPABLE and size > 1 and not person)
                or (word in TRADES and question.norms & _FIRMS)
            )
            and not (word == "city" and size == 2)
            and not (proper and found[start].bold != after.bold)
            and not (word in REGIONS or (word in STATES and question.kind == "place"))
        ):
            return True
        if after.gap == "-" and after.raw[:1].isalpha() and size == 1 and word not in ("born", "based"):
            return True
        if word in _INSIDE_NAMES and proper and end + 1 < len(found) and found[end + 1].cap and found[end + 1].gap == " ":
            return True  # Rio de Oro, for Rio
        if word == "of" and alias.tails and end + 1 < len(found):
            tail = found[end + 1]
            if tail.cap and tail.norm not in alias.tails and tail.norm not in question.norms:
                return True
        if (
            word.isdigit()
            and after.raw.isdigit()
            and proper
            and after.gap == " "
            and len(word) <= 2
            and question.kind != "date"
        ):
            return True
    if (
        before is not None
        and before.sentence == found[start].sentence
        and found[start].gap in (" ", "-", "")
        and not before.possessive
    ):
        word = before.norm
        if word in NATIONALITIES and " ".join(t.norm for t in alias.found) in REGIONS:
            return True
        if alias.givens and _other_given_name(before, alias, question):
            return True
        if (
            word in DIRECTIONS
            and word not in question.norms
            and (before.cap or found[start].gap == "-")
            and word not in ("new",)
        ) or (word == "new" and before.cap):
            return not (before.first and word in ("new", "central"))
        if found[start].gap == "-" and before.raw[:1].isalpha() and size == 1:
            return True
        if (
            before.cap
            and size == 1
            and proper
            and not person
            and not (
                word in STOP
                or word in TITLES
                or word in GENERIC
                or word in NATIONALITIES
                or word in question.norms
                or stem(word) in question.stems
                or (before.first and (word in OPENERS or word in FOREIGN_ARTICLES))
                or before.bold != found[start].bold
            )
        ):
            if found[start].norm.endswith("s") and question.norms & _TEAMS:
                return False  # Cleveland Cavaliers
            return not (question.kind == "person" and word.isalpha())
    return False


def _other_given_name(before: Token, alias: Alias, question: Question) -> bool:
    word = before.norm
    if word in NATIONALITIES and alias.givens & NATIONALITIES:
        return word not in alias.givens  # no French franc, where the gold is the Swiss franc
    plain = (
        word in STOP
        or word in TITLES
        or word in GENERIC
        or word in NATIONALITIES
        or word in question.norms
        or (before.first and word in OPENERS)
    )
    return before.cap and not plain and not any(same_given_name(word, given) for given in alias.givens)
