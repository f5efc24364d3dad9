"""Golds that are sentences or descriptions: what they say beyond the question must all be said, in the same order.

A paraphrase is undecided: telling it from a contradiction needs a reader.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import itertools

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, NEGATIONS, STOP

_FUNCTION = STOP | frozenset(
    """
        because that if not no while since through between among after before about against more most other used use
        being having there their
    """.split()
)


def is_long(alias: Alias) -> bool:
    words = [t.norm for t in alias.found]
    if len(words) >= 9:
        return True
    if len(words) < 3:
        return False
    lower = sum(not t.cap for t in alias.found)
    return lower >= 2 and (any(w in COPULAS for w in words) or lower >= len(words) - 1)


def core(alias: Alias, question: Question) -> Alias | None:
    """What a gold sentence says after it has repeated the question: "The designation of it is X" gives X."""
    words = [t.norm for t in alias.found]
    at = next((i for i, word in enumerate(words) if word in COPULAS), 0)
    left = [w for w in words[:at] if w not in STOP]
    if (
        not left
        or sum(root(w) in question.roots for w in left) * 2 < len(left)
        or not 1 <= len(words) - at - 1 <= 10
        or words[at + 1] in NEGATIONS
    ):
        return None
    found = alias.found[at + 1 :]
    return (
        alias._replace(text=" ".join(t.raw for t in found), found=found, derived=True)
        if any(t.norm not in STOP for t in found)
        else None
    )


def decide(alias: Alias, found: list[Token], question: Question) -> Judged:
    detail = " ".join(t.norm for t in found)[:300]
    gold_words = [t for t in alias.found if t.norm not in _FUNCTION]
    keys = [t for t in gold_words if stem(t.norm) not in question.stems] or gold_words
    text = asserts.sentence_text(found)
    if (len(keys) < 3 and len(alias.found) < 9) or len(keys) < 2:
        return Judged("undecided", "long_few_words", detail)
    said = {root(t.norm) for t in found} | {t.norm for t in found}
    hit = [t for t in keys if t.norm in said or root(t.norm) in said]
    share = len(hit) / len(keys)
    exact = [t for t in keys if t.cap or t.norm[:1].isdigit()]
    if share < 0.3:
        return Judged("reject", "long_not_said", detail)
    if len(alias.found) < 6 and any(t.norm not in said and root(t.norm) not in said for t in alias.found):
        return Judged("undecided", "long_incomplete", detail)  # a few words: none may be missing
    if any(t not in hit for t in exact) or share < (0.85 if len(keys) >= 7 else 1.0):
        return Judged("undecided", "long_incomplete", f"{len(hit)} of {len(keys)}")
    if asserts.hedge_in(text, question) or asserts.refusal_in(text) or asserts.misbelief_in(text):
        return Judged("undecided", "hedged", detail)
    if sum(t.norm == "or" for t in found) > sum(t.norm == "or" for t in alias.found) and "or" not in question.norms:
        return Judged("undecided", "two_answers", detail)
    if _negations(alias.found) != _negations(found):
        return Judged("undecided", "long_negation", detail)
    if len(found) > 6 * len(alias.found) + 60:
        return Judged("undecided", "long_scattered", detail)
    if {t.norm for t in found if t.norm[:1].isdigit()} - {t.norm for t in alias.found} - question.norms and len(
        found
    ) < 2 * len(alias.found) + 10:
        return Judged("undecided", "long_other_number", detail)
    if not _same_order(alias.found, keys, [root(t.norm) for t in found]):
        return Judged("undecided", "long_order", detail)
    return Judged("accept", "long_covered", f"{len(hit)} of {len(keys)}")


def _negations(found: list[Token] | tuple[Token, ...]) -> int:
    return sum(t.norm in NEGATIONS for t in found) % 2


def _same_order(gold: tuple[Token, ...], keys: list[Token], said: list[str]) -> bool:
    """The keys come in the gold's order, up to a share of them; words that "and" joins have no order."""
    first: dict[str, int] = {}
    for i, word in enumerate(said):
        first.setdefault(word, i)
    joined = {gold[i + 1].norm for i in range(1, len(gold) - 1) if gold[i].norm == "and"}
    placed = [(first[root(t.norm)], t.norm) for t in keys if root(t.norm) in first]
    if len(placed) < 2:
        return True
    rising = sum(a[0] <= b[0] or b[1] in joined for a, b in itertools.pairwise(placed))
    return rising / (len(placed) - 1) >= 0.8
