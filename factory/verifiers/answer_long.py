"""Golds that are sentences or descriptions: what they say beyond the question must all be said, in the same order.

A paraphrase is undecided: telling it from a contradiction needs a reader.
"""

from __future__ import annotations

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_text import Token, root, stem
from factory.verifiers.answer_words import COPULAS, NEGATIONS, STOP

_FUNCTION = STOP | frozenset("because that if not no while since through between among after before about against more most other used use being having there their".split())


def is_long(alias: Alias) -> bool:
    words = [t.norm for t in alias.found]
    if len(words) >= 9:
        return True
    if len(words) < 3:
        return False
    lower = sum(not t.cap for t in alias.found)
    return lower >= 2 and (any(w in COPULAS for w in words) or lower >= len(words) - 1)


def decide(alias: Alias, found: list[Token], question: Question) -> Judged:
    detail = " ".join(t.norm for t in found)[:300]
    gold_words = [t for t in alias.found if t.norm not in _FUNCTION]
    keys = [t for t in gold_words if stem(t.norm) not in question.stems] or gold_words
    text = asserts.sentence_text(found)
    if len(keys) < 2:
        return Judged("undecided", "long_few_words", detail)
    said = {root(t.norm) for t in found} | {t.norm for t in found}
    hit = [t for t in keys if t.norm in said or root(t.norm) in said]
    share = len(hit) / len(keys)
    exact = [t for t in keys if t.cap or t.norm[:1].isdigit()]
    if share < 0.3:
        return Judged("reject", "long_not_said", detail)
    if any(t not in hit for t in exact) or share < (0.85 if len(keys) >= 7 else 1.0):
        return Judged("undecided", "long_incomplete", f"{len(hit)} of {len(keys)}")
    if asserts.hedge_in(text, question) or asserts.refusal_in(text) or asserts.misbelief_in(text):
        return Judged("undecided", "hedged", detail)
    if _negations(alias.found) != _negations(found):
        return Judged("undecided", "long_negation", detail)
    if len(found) > 6 * len(alias.found) + 60:
        return Judged("undecided", "long_scattered", detail)
    if {t.norm for t in found if t.norm[:1].isdigit()} - {t.norm for t in alias.found} - question.norms and len(found) < 2 * len(alias.found) + 10:
        return Judged("undecided", "long_other_number", detail)
    if not _same_order([root(t.norm) for t in keys], [root(t.norm) for t in found], len(exact) >= 2):
        return Judged("undecided", "long_order", detail)
    return Judged("accept", "long_covered", f"{len(hit)} of {len(keys)}")


def _negations(found: list[Token] | tuple[Token, ...]) -> int:
    return sum(t.norm in NEGATIONS for t in found) % 2


def _same_order(keys: list[str], said: list[str], strict: bool) -> bool:
    """The keys come in the gold's order, up to a share of them."""
    first = {}
    for i, word in enumerate(said):
        first.setdefault(word, i)
    places = [first[key] for key in keys if key in first]
    if len(places) < 2:
        return True
    rising = sum(a <= b for a, b in zip(places, places[1:]))
    return rising / (len(places) - 1) >= (0.8 if strict else 0.5)
