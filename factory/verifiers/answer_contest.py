"""What a rival in an answer's sentences does to the claim of the gold: nothing, doubt, or a contradiction.

A rival behind a claim that is tied to the question is a detail of it, unless its clause says more of what is asked.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers.answer_asked import paraphrased
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import CITIES, COPULAS, REGIONS, STOP, TITLES

_RETRACT = frozenset("actually correction wait sorry scratch apologies apologize oops mistake incorrect".split())
CONTRASTS = frozenset("although though while whereas unlike despite".split())

MAX_SENTENCE = 80
"""Tokens to each side of a span that are looked at."""


class Judged(NamedTuple):
    outcome: str
    rule: str
    detail: str


class Claim(NamedTuple):
    """A span as its sentence puts it."""

    span: Mention | Rival
    strength: int
    sentence: int
    said: frozenset[str]
    """The question's words that the span's clause says, the span's own among them."""
    relation: frozenset[str]
    """Those that the answer does not write as names, where it has any."""
    earlier: frozenset[str]
    """The same of the clauses before it in the sentence."""
    alone: bool
    """The sentence holds nothing but the span and the question's words."""


def contest(
    found: list[Token], mine: Claim, theirs: Claim, lead: int, question: Question, typed: bool
) -> Judged | None:
    """What a rival does to the claim; None where it leaves it alone."""
    text = theirs.span.text
    before, beside = theirs.span.start < mine.span.start, theirs.sentence == mine.sentence
    if _coordinated(found, mine.span, theirs.span):
        return None if question.many else Judged("undecided", "prose_rival_beside", text)
    if beside and not before and _gapped(found, mine, theirs, question):
        return Judged("undecided", "prose_gapped", text)
    if mine.strength == 5 and theirs.strength < 5:
        return None
    if before and theirs.strength >= 3 and theirs.strength > mine.strength:
        return Judged("reject", "prose_rival", text)
    fits = verb_fits(found, mine.span, question)
    if not typed and beside and not before and not fits and theirs.strength:
        return Judged("undecided", "prose_other_verb", text)
    tied = mine.strength >= 3 and fits
    if (
        before
        and beside
        and tied
        and theirs.strength < 4
        and (
            mine.strength == 4
            or _in_subject(found, theirs.span, mine.span)
            or (question.action in mine.said and question.action not in theirs.said)
        )
    ):
        return None
    if before and theirs.strength >= 2:
        return Judged("undecided", "prose_rival_first", text)
    stronger = theirs.strength > mine.strength or (typed and theirs.strength == mine.strength == 4)
    if (
        not before
        and tied
        and not stronger
        and mine.sentence <= lead
        and not _own_clause(found, mine, theirs, question)
    ):
        return None  # a detail of what has been said
    if typed and theirs.strength and (theirs.strength >= 3 or theirs.sentence <= lead or beside):
        return Judged("undecided", "prose_rival_value", text)
    if beside and theirs.strength >= max(3, mine.strength):
        return Judged("undecided", "prose_rival_slot", text)
    more = len(theirs.said) > len(mine.said)
    if theirs.relation - mine.relation and (theirs.sentence <= mine.sentence or more):
        return Judged("undecided", "prose_rival_clause", text)
    return None


AREAS = frozenset("area district region part county borough department province quarter neighborhood suburb arrondissement".split())
_PLACED = frozenset("at in for on by to from with".split())


def _gapped(found: list[Token], mine: Claim, theirs: Claim, question: Question) -> bool:
    """X was read at the wedding, Y at the funeral; X wrote the music and Y the words: Y's part says what X's does not."""
    end = theirs.span.end
    if end >= len(found) or found[end].sentence != theirs.sentence:
        return False
    parted = (
        "," in found[theirs.span.start].gap
        or ";" in found[theirs.span.start].gap
        or found[theirs.span.start - 1].norm in ("and", "while")
    )
    following = found[end]
    noun = root(following.norm) in question.roots and not following.cap and not following.norm.endswith(("s", "ed"))
    bare = following.gap.strip() == "the" or (not following.gap.strip() and (following.norm in _PLACED or noun))
    if not parted or not bare:
        return False
    stop = next(
        (k for k in range(end, len(found)) if found[k].sentence != theirs.sentence or set(found[k].gap) & set(",;")),
        len(found),
    )
    before = [
        t for t in found[max(0, mine.span.start - MAX_SENTENCE) : theirs.span.start] if t.sentence == mine.sentence
    ]
    asked = question.asked | question.done
    said = said_of(found[end:stop], question) | paraphrased(found[end:stop], asked)
    return bool(said - said_of(before, question) - paraphrased(before, asked))


def _own_clause(found: list[Token], mine: Claim, theirs: Claim, question: Question) -> bool:
    """The rival's clause says of the question what the gold's does not, or counts the same thing once more."""
    if theirs.said - mine.said:
        return True
    following = {stem(t.norm) for t in found[theirs.span.end : theirs.span.end + 1]}
    parted = any("," in t.gap or t.norm in CONTRASTS for t in found[mine.span.end : theirs.span.start])
    return parted and bool(following & question.stems)


def _in_subject(found: list[Token], rival: Mention | Rival, mention: Mention | Rival) -> bool:
    """The first copula of the sentence parts the two: Olaf, in Disney's Frozen, is voiced by X."""
    sentence = found[mention.start].sentence
    k = next(
        (
            k
            for k in range(max(0, mention.start - MAX_SENTENCE), mention.start)
            if found[k].sentence == sentence and found[k].norm in COPULAS
        ),
        0,
    )
    return rival.end <= k


def same_thing(found: list[Token], mention: Mention, rival: Rival, question: Question) -> bool:
    """The rival is another name of the gold, a remark in brackets, or the region that the gold lies in."""
    if "(" in found[rival.start].gap or (rival.end == mention.start and "(" in found[mention.start].gap):
        return True
    if _bracket_of(found, rival.start) > _bracket_of(found, mention.start):
        return True  # the BFG (short for The Big Friendly Giant)
    if found[rival.start].bold and found[mention.start].bold and _one_bold(found, mention, rival):
        return True
    left, right = sorted((mention, rival), key=lambda span: span.start)
    inside = left.end + 1 == right.start and found[left.end].norm == "in"
    if inside and question.kind == "place":
        return not found[left.end].gap.strip(" the")  # at Highgate Cemetery in London, and the other way round
    between = [t.norm for t in found[left.end : right.start]]
    noun = found[left.end : right.start]
    if right is mention and len(noun) == 1 and noun[0].norm in TITLES and not noun[0].cap and found[right.start].gap == " ":
        return not noun[0].gap.strip()  # the Dutch Golden Age painter X
    if right is mention and question.kind == "place" and between:
        if between[-1] == "of" and len(between) == 2 and between[0] in AREAS:
            return True  # the Sedgemoor area of Somerset
        if " ".join(between) in REGIONS and "," in found[left.end].gap and "," in found[right.start].gap:
            return (
                " ".join(t.norm for t in found[right.start : right.end]) in REGIONS
            )  # Brisbane, Queensland, Australia
    if between[-2:] == ["known", "as"] and all(word in ("better", "best", "also", "commonly", "is", "who", "known", "as") for word in between):
        return True  # Marshall Mathers, better known as Eminem
    if left.end != right.start or "," not in found[right.start].gap:
        return False
    if question.kind == "place":
        finer = (
            right is mention
            and left.start > 0
            and found[left.start - 1].norm in ("in", "at", "near")
            and _is_region(found, right.end)
            and not question.norms & {"city", "town"}
            and " ".join(t.norm for t in found[left.start : left.end]) not in CITIES
        )
        return finer or " ".join(t.norm for t in found[right.start : right.end]) in REGIONS  # Zelazowa Wola, Poland
    return right is rival and found[rival.start].norm in TITLES  # William the Conqueror, Duke of Normandy


def _bracket_of(found: list[Token], i: int) -> int:
    """Where the bracket around `i` opens; -1 where none does."""
    for k in range(i, max(-1, i - 12), -1):
        if "(" in found[k].gap:
            return k
        if ")" in found[k].gap or found[k].sentence != found[i].sentence:
            return -1
    return -1


def _is_region(found: list[Token], i: int) -> bool:
    """, England: a region stands at `i` behind a comma."""
    return i < len(found) and "," in found[i].gap and found[i].norm in REGIONS


def _coordinated(found: list[Token], mention: Mention | Rival, rival: Mention | Rival) -> bool:
    left, right = sorted(((mention.start, mention.end), (rival.start, rival.end)))
    between = found[left[1] : right[0]]
    if found[left[0]].sentence != found[right[0]].sentence:
        return False
    if between and "," in between[0].gap and between[0].norm == "and" and "," not in found[left[0]].gap:
        return False  # a new clause: by X, and Y did ...
    if between and "," in between[0].gap and between[0].norm == "with":
        return False  # in X, with Y forming a bridge
    return (
        len(between) <= 2
        and all(t.norm in ("and", "also", "or", "with", "as", "well") for t in between)
        and (bool(between) or "/" in found[right[0]].gap)
    )


def _one_bold(found: list[Token], mention: Mention, rival: Rival) -> bool:
    low, high = min(mention.start, rival.start), max(mention.end, rival.end)
    return all(t.bold for t in found[low:high]) and not any(
        "," in t.gap or t.norm in ("and", "or") for t in found[low + 1 : high]
    )


def takes_back(found: list[Token], start: int, end: int) -> bool:
    opening = [t.norm for t in found[start : min(end, start + 3)]]
    if any(word in _RETRACT for word in opening):
        return True
    return opening[:1] == ["no"] and "," in (found[start + 1].gap if start + 1 < end else "")


def verb_fits(found: list[Token], span: Mention | Rival, question: Question) -> bool:
    """A span that opens its sentence is the subject of "be", "have" or a verb of the question, not of "asked Y to"."""
    opens = (
        span.start == 0 or found[span.start - 1].sentence != found[span.start].sentence or "," in found[span.start].gap
    )
    if not opens or span.end >= len(found) or found[span.end].gap.strip():
        return True
    word = found[span.end].norm
    served = [t.norm for t in found[span.end : span.end + 2]] == ["served", "as"]
    return word in COPULAS or word in STOP or served or root(word) in question.roots


def said_of(part: list[Token], question: Question) -> frozenset[str]:
    return frozenset(root(t.norm) for t in part if t.norm not in STOP) & question.roots
