"""Answers that go step by step: the sentences that lead to the claim, and whether the claim says the asked relation.

"The lake lies in Lower Dunmark. Its capital is X": the first sentence names what the question describes, and a name in it
is no rival of X.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_asked import paraphrased
from factory.verifiers.answer_contest import MAX_SENTENCE, Claim
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, STOP

_TAKES_UP = frozenset("he she it they his her hers its their there that this these at".split())


def says_asked(claim: Claim, question: Question) -> int:
    """How much of the asked relation the claim's clause says; its nouns are paraphrased less than its verb."""
    return 2 * len(claim.said & question.asked) + len(claim.said & question.done)


def is_predicate(found: list[Token], mine: Claim, question: Question) -> bool:
    """His <all the asked words> is X."""
    asked = question.asked | question.done
    at = next((k for k in range(mine.span.start - 1, max(0, mine.span.start - 3), -1) if found[k].norm in COPULAS), 0)
    subject = [t for t in found[max(0, at - 8) : at] if t.sentence == mine.sentence]
    return len(asked) > 1 and bool(subject) and asked <= {root(t.norm) for t in subject}


def is_subject_of(found: list[Token], mine: Claim, theirs: Claim, question: Question) -> bool:
    """Y attended X: who does what is asked is not the answer where its object or place is asked."""
    if theirs.sentence != mine.sentence or theirs.span.end > mine.span.start:
        return False
    does = found[theirs.span.end]
    if not question.object_asked and (
        question.kind != "other"
        or does.cap
        or root(does.norm) not in question.roots
        or mine.span.start - 1 != theirs.span.end
    ):
        return False
    between = found[theirs.span.end : mine.span.start]
    asked = question.asked | question.done
    told = {root(t.norm) for t in between if not t.cap} & (asked or question.roots) or paraphrased(between, asked)
    return bool(told) and not any(t.norm in ("by", "and", "but") for t in between)


def is_said_past(found: list[Token], mine: Claim, theirs: Claim, question: Question) -> bool:
    """Born in X and represents Y: the asked word stands behind the gold, before the rival, and joined by "and"."""
    if theirs.sentence != mine.sentence or theirs.span.start < mine.span.end:
        return False
    asked = question.asked | question.done
    between = found[mine.span.end : theirs.span.start]
    before = [t for t in found[max(0, mine.span.start - MAX_SENTENCE) : mine.span.start] if t.sentence == mine.sentence]
    joined = next((k for k, t in enumerate(between) if t.norm == "and"), len(between))
    return (
        any(root(t.norm) in asked for t in between[joined:])
        and not any(root(t.norm) in asked for t in before)
        and root(between[0].norm) not in asked
    )


def num_asked(question: Question) -> int:
    return len(question.asked | question.done)


def is_led_to(
    found: list[Token], sentences: dict[int, tuple[int, int]], mine: Claim, lead: int, question: Question
) -> bool:
    """The claim's sentence is the first that says the asked relation, and takes up what stands before it: its peak is X."""
    asked = question.asked | question.done
    if mine.sentence <= lead or mine.strength < 2 or not asked or 2 * len(mine.said & asked) < len(asked):
        return False
    first, last = sentences[mine.sentence]

    def told(a: int, b: int) -> int:
        return len({root(t.norm) for t in found[a:b]} & asked | paraphrased(found[a:b], asked))

    if any(told(a, b) >= told(first, last) for k, (a, b) in sentences.items() if k < mine.sentence):
        return False
    earlier = {t.norm for t in found[max(0, first - MAX_SENTENCE) : first] if t.cap}
    opening = found[first : min(last, first + 8)]
    return any(
        t.norm in _TAKES_UP
        or root(t.norm) in asked
        or paraphrased([t], asked)
        or t.norm in earlier
        or t.norm in question.norms - STOP
        for t in opening
    )
