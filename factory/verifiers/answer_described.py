"""Descriptions before the gold of a short answer: the novelist X, the hormone x, pulmonary x.

A description says what kind of thing the gold is, or narrows it. It never ends in a verb, a relation or a preposition,
which would make the gold another's: written by X, a pupil of X, Y beat X.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import IRREGULAR, root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, FOREIGN_ARTICLES, GENERIC, NATIONALITIES, NEGATIONS, STOP, TITLES

_APART = frozenset(
    """
        of and or than by with from like for against before after near son daughter wife husband brother sister mother
        father friend cousin uncle aunt pupil student teacher rival successor predecessor deputy assistant vice former
        nobody not
    """.split()
)
_KINDS = frozenset(
    """
        hormone protein enzyme element metal mineral vitamin chemical compound molecule organ muscle gland disease
        disorder condition infection process phenomenon drug medicine sport instrument animal insect mammal substance
        material liquid spice herb vegetable fruit musical opera ballet
    """.split()
)
_KNOWN_AS = frozenset("better best also commonly professionally known as aka".split())
_LOSERS = frozenset("runner up loser losing defeated candidate opponent foe enemy challenger fake false anti".split())
_ADJECTIVAL = ("ic", "al", "ar", "ary", "ous", "ive")
MAX_WORDS = 5


def is_described(found: list[Token], start: int, end: int, question: Question) -> bool:
    """What stands before [start, end) describes it."""
    before = found[:start]
    if before and (_is_called(found, start) or _is_short_name(found, start, end) or _is_real_name(found, start, end, question)):
        return True
    if not before or len(before) > MAX_WORDS or any(t.possessive or t.norm in _APART | NEGATIONS for t in before):
        return False
    if found[start].cap:
        return _is_named_kind(found, start, end, question)
    return _is_kind_of(found, start, question) or _is_narrowed(found, start, end)


def _is_called(found: list[Token], start: int) -> bool:
    """A dachshund named Waldi; La Seine."""
    before = found[:start]
    named = before[-1].norm in ("named", "called") and not any(t.cap and not t.first for t in before)
    return found[start].cap and (named or (start == 1 and before[0].norm in FOREIGN_ARTICLES))


def _is_short_name(found: list[Token], start: int, end: int) -> bool:
    """BoE (Bank of England)"""
    if "(" not in found[start].gap or end - start > 5:
        return False
    one, two = ("".join(t.norm[:1] for t in part if t.norm not in STOP) for part in (found[:start], found[start:end]))
    words, gold = found[0].norm, found[start].norm
    return (start == 1 and len(two) > 1 and words in (two, "".join(t.norm[:1] for t in found[start:end]))) or (
        end - start == 1 and len(one) > 1 and gold == one
    )


def _is_real_name(found: list[Token], start: int, end: int, question: Question) -> bool:
    """Marshall Mathers (Eminem), Samuel Clemens, better known as Mark Twain."""
    names = found[:start]
    known = next((k for k in range(start) if names[k].norm in ("better", "also", "known", "aka")), start)
    called = known < start and names[-1].norm in ("as", "aka") and all(t.norm in _KNOWN_AS for t in names[known:])
    other = names[known - 1 : known] and names[known - 1].norm != found[end - 1].norm and not found[start].raw.isupper()
    bracketed = known == start and "(" in found[start].gap and end == len(found) and other
    whole = all(t.cap and t.raw.isalpha() for t in names[:known]) and 1 < known <= 5
    return (question.kind == "person" or "name" in question.norms) and found[start].cap and whole and (called or bool(bracketed))


def _is_named_kind(found: list[Token], start: int, end: int, question: Question) -> bool:
    """World champion X Y, the South Korean film X: the word next to the name is a noun written small."""
    before = found[:start]
    next_to = before[-1]
    if any(t.norm in _LOSERS for t in before) or next_to.cap or not next_to.raw.isalpha() or any(set(t.gap) & set(",;:(") for t in found[1 : start + 1]):
        return False
    known = next_to.norm in TITLES | GENERIC | _KINDS or root(next_to.norm) in question.roots
    noun = not (next_to.norm in STOP or _is_verb(next_to.norm) or next_to.norm.endswith(("s", "ed", "ing", "ly")))
    if any(_is_verb(t.norm) for t in before[:-1]):
        return False
    return known or (noun and end - start > 1 and found[end - 1].cap)


def _is_verb(word: str) -> bool:
    return word in COPULAS or word in IRREGULAR


def _is_kind_of(found: list[Token], start: int, question: Question) -> bool:
    """The hormone insulin, the iron-containing protein haemoglobin."""
    kind = found[start - 1]
    article = "the" in found[0].gap.split() and not set(found[start].gap) & set(",;:")
    return article and (kind.norm in _KINDS or kind.norm in question.norms) and not any(t.cap and not t.first for t in found[:start])


def _is_narrowed(found: list[Token], start: int, end: int) -> bool:
    """Pulmonary tuberculosis, right coronary arteries: adjectives before a long word or a compound."""
    if len(found[end - 1].norm) < 8 and end - start < 2:
        return False
    return all(
        t.norm in NATIONALITIES or (t.norm.endswith(_ADJECTIVAL) and len(t.norm) > 4) or (t.norm.endswith("ed") and not t.cap)
        for t in found[:start]
    ) and not any(";" in t.gap for t in found[1 : start + 1])
