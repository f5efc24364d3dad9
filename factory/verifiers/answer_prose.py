"""Answers in sentences. The gold counts where a sentence asserts it in the asked slot, and nothing else stands there.

Each mention of the gold, and each rival (another name, date or number that could fill the slot), gets a strength:
  5  "the answer is X"; X as the only bold words of the lead
  4  tied to the question's verb: "<question's verb>ed by X", "X <question's verb>s"
  3  in the slot that the question asks for: "the <question's words> is X", X at the head of a sentence that speaks of the
     question, bold X in the answering sentence
  2  in a sentence that shares words with the question
  1  elsewhere
  0  where it cannot be the answer: after "beat", "unlike", "son of", in a question, as a possessor
The gold must be claimed in the lead (the first sentence that speaks of the question), or tied to the verb, or be called
the answer. A rival leaves it undecided when it comes first, shares the gold's slot, or stands in a clause that says more
of what the question asks than the gold's clause does. A right answer lost here costs a row; a wrong one kept costs trust.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_slots import clause_of, strength_of
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, NAMING, REGIONS, STOP, TITLES

_RETRACT = frozenset("actually correction wait sorry scratch apologies apologize oops mistake incorrect".split())
_PRESENT = frozenset("today now nowadays currently since".split())
_TURNS = frozenset("but while whereas although though which that whose".split())
_CONTRASTS = frozenset("although though while whereas unlike despite".split())

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
    """The question's words that the span's clause says beside the span."""
    relation: frozenset[str]
    """Those that the answer does not write as names, where it has any."""
    earlier: frozenset[str]
    """The same of the clauses before it in the sentence."""
    alone: bool
    """The sentence holds nothing but the span and the question's words."""


def decide(
    found: list[Token],
    mentions: list[Mention],
    rivals: list[Rival],
    question: Question,
    typed: bool,
    named: frozenset[int] = frozenset(),
) -> Judged:
    """`typed`: mentions and rivals are dates or numbers, for which the clause must speak of the question.

    `named`: the tokens that any gold alias covers; they are nobody's rivals.
    """
    if not mentions:
        return Judged("reject", "prose_no_mention", "no sentence names the gold")
    sentences = _sentences(found)
    lead = next((k for k, (a, b) in sentences.items() if _speaks(found, a, b, question)), found[0].sentence)
    others = [t for k, t in enumerate(found) if k not in named]
    relation = _said([t for t in others if not t.cap], question) or _said(others, question)

    def claim(span: Mention | Rival) -> Claim:
        sentence = found[span.start].sentence
        a, b = _near(sentences[sentence], span)
        if _called_answer(found, a, span.start) or (sentence <= lead and _only_bold(found, a, b, span)):
            strength = 5
        else:
            strength = strength_of(found, a, b, span.start, span.end, question, sentence <= lead, typed)
        c, d = clause_of(found, a, b, span.start, span.end)
        said = _said([*found[c : span.start], *found[span.end : d]], question)
        rest = [*found[a : span.start], *found[span.end : b]]
        alone = all(t.norm in STOP or root(t.norm) in question.roots for t in rest)
        return Claim(span, strength, sentence, said, said & relation, _said(found[a:c], question) & relation, alone)

    claims, reasons = [], set()
    for mention in mentions[:24]:
        a, b = _near(sentences[found[mention.start].sentence], mention)
        reason = _not_asserted(found, a, b, mention.start, mention.end, question, named)
        if reason == "negated" or (reason == "alternative" and not claims):
            return Judged("reject", f"prose_{reason}", sentence_of(found, a, b))
        if not reason and (mine := claim(mention)).strength:
            claims.append(mine)
        reasons.add(reason)
    if not claims:
        return Judged("undecided", "prose_not_asserted", ", ".join(sorted(reasons - {""})) or "incidental")
    mine = max(claims, key=lambda c: c.strength)
    detail = sentence_of(found, *_near(sentences[mine.sentence], mine.span))
    crowded = len(sentences) > 1 or bool(rivals) or len(found) > 12
    beside = bool(_said([t for t in others if t.sentence == mine.sentence], question) & relation)
    elsewhere = bool(_said([t for t in others if t.sentence != mine.sentence], question) & relation)
    other = 2 if elsewhere else int(beside)
    if _other_year(found, mine, question):
        return Judged("undecided", "prose_other_year", detail)
    if weak := _weakness(found, mine, lead, question, typed, crowded, other):
        return Judged("undecided", weak, detail)
    spans = [(m.start, m.end) for m in mentions]
    for rival in rivals[:60]:
        covered = range(rival.start, rival.end)
        if any(rival.start < end and start < rival.end for start, end in spans) or (
            not typed and any(k in named for k in covered)
        ):
            continue
        a, b = _near(sentences[found[rival.start].sentence], rival)
        if _same_thing(found, mine.span, rival, question) or _not_asserted(
            found, a, b, rival.start, rival.end, question, named
        ) in ("negated", "question"):
            continue
        theirs = claim(rival)
        if theirs.strength and rival.start > mine.span.end and _takes_back(found, a, b):
            return Judged("reject", "prose_contradiction", rival.text)
        if judged := _contest(found, mine, theirs, lead, question, typed):
            return judged
    return Judged("accept", f"prose_{mine.span.rule}", detail)


def _called_answer(found: list[Token], start: int, first: int) -> bool:
    """So the answer is X."""
    at = next((k for k in range(start, first) if found[k].norm == "answer"), None)
    return at is not None and first - at <= 3 and found[first - 1].norm in ("is", "answer")


def _said(part: list[Token], question: Question) -> frozenset[str]:
    return frozenset(root(t.norm) for t in part if t.norm not in STOP) & question.roots


def _near_its_verb(found: list[Token], first: int, question: Question) -> bool:
    """True when no more than a few words part the span from the verb or the question's word that governs it."""
    for k in range(first - 1, max(-1, first - 5), -1):
        if found[k].sentence != found[first].sentence or found[k].norm in COPULAS or found[k].norm in NAMING:
            return True
        if root(found[k].norm) in question.roots or found[k].norm == "by":
            return True
        if "," in found[k + 1].gap or found[k].norm in ("and", "or", "that"):
            return False
    return first == 0 or found[first - 1].sentence != found[first].sentence


def _only_bold(found: list[Token], start: int, end: int, span: Mention | Rival) -> bool:
    """The span, with the words that are bold around it, is all that the sentence sets in bold, and not its heading."""
    bold = [k for k in range(start, end) if found[k].bold]
    if not bold or not bold[0] <= span.start < span.end <= bold[-1] + 1 or len(bold) == end - start:
        return False
    return bold[-1] - bold[0] + 1 == len(bold) <= span.end - span.start + 3


def _weakness(
    found: list[Token], mine: Claim, lead: int, question: Question, typed: bool, crowded: bool, speaks: int
) -> str:
    """Why the claim is too weak to be accepted whatever else the answer says, or "".

    `crowded`: something else stands in the answer; `speaks`: another clause (1) or another sentence (2) speaks of what is asked.
    """
    first = mine.span.start
    if mine.strength == 5:
        return ""
    if mine.sentence > lead and mine.strength < 4:
        return "prose_not_in_lead"
    if mine.sentence < lead and mine.strength < 4 and not mine.alone:
        return "prose_before_lead"
    enough = speaks < 2 and _verb_fits(found, mine.span, question) and 2 * len(mine.said) >= max(2, len(question.roots))
    if speaks and not mine.relation and not mine.alone and not enough:
        return "prose_other_clause"
    if not typed and mine.earlier & mine.relation:
        return "prose_second_clause"
    if mine.strength == 1 and crowded:
        return "prose_weak"
    if mine.strength < 4 and _said_later(found, mine, question) - mine.said:
        return "prose_later_clause"
    behind = [t.norm for t in found[mine.span.end : mine.span.end + MAX_SENTENCE]]
    if "until" in behind and not _PRESENT.isdisjoint(behind):
        return "prose_outdated"
    uncased = not typed and not found[first].cap and len(found) > 3
    if uncased and (mine.strength < 3 or not _near_its_verb(found, first, question)):
        return "prose_uncased"  # its rivals are written small too and cannot be seen
    k = first
    while k >= max(0, first - MAX_SENTENCE) and found[k].sentence == mine.sentence:
        if k < first and found[k].norm in _CONTRASTS:
            return "prose_contrasted"
        if "," in found[k].gap or ";" in found[k].gap:
            break
        k -= 1
    return ""


def _contest(
    found: list[Token], mine: Claim, theirs: Claim, lead: int, question: Question, typed: bool
) -> Judged | None:
    """What a rival does to the claim; None where it leaves it alone."""
    text = theirs.span.text
    before, beside = theirs.span.start < mine.span.start, theirs.sentence == mine.sentence
    if _coordinated(found, mine.span, theirs.span):
        return None if question.many else Judged("undecided", "prose_rival_beside", text)
    if mine.strength == 5 and theirs.strength < 5:
        return None
    if before and theirs.strength >= 3 and theirs.strength > mine.strength:
        return Judged("reject", "prose_rival", text)
    fits = _verb_fits(found, mine.span, question)
    if not typed and beside and not before and not fits and theirs.strength:
        return Judged("undecided", "prose_other_verb", text)
    tied = mine.strength >= 3 and fits
    if before and beside and tied and theirs.strength < 4 and (
        mine.strength == 4
        or _in_subject(found, theirs.span, mine.span)
        or (question.action in mine.said and question.action not in theirs.said)
    ):
        return None
    if before and theirs.strength >= 2:
        return Judged("undecided", "prose_rival_first", text)
    stronger = theirs.strength > mine.strength or (typed and theirs.strength == mine.strength == 4)
    if not before and tied and not stronger and mine.sentence <= lead and not _own_clause(found, mine, theirs, question):
        return None  # a detail of what has been said
    if typed and theirs.strength and (theirs.strength >= 3 or theirs.sentence <= lead or beside):
        return Judged("undecided", "prose_rival_value", text)
    if beside and theirs.strength >= max(3, mine.strength):
        return Judged("undecided", "prose_rival_slot", text)
    more = len(theirs.said) > len(mine.said)
    if theirs.relation - mine.relation and (theirs.sentence <= mine.sentence or more):
        return Judged("undecided", "prose_rival_clause", text)
    return None


def _other_year(found: list[Token], mine: Claim, question: Question) -> bool:
    """The question's year stands in another sentence than the claim."""
    years = {str(year) for year in question.years}
    said = {t.sentence for t in found if t.norm in years}
    return bool(said) and mine.sentence not in said


def _said_later(found: list[Token], mine: Claim, question: Question) -> frozenset[str]:
    """What a "but", "while", "which" behind the claim goes on to say of the question, names left out."""
    end = min(len(found), mine.span.end + MAX_SENTENCE)
    later = [k for k in range(mine.span.end, end) if found[k].sentence == mine.sentence]
    start = next((k for k in later if found[k].norm in _TURNS), end)
    return _said([found[k] for k in later if k > start and not found[k].cap], question)


def _own_clause(found: list[Token], mine: Claim, theirs: Claim, question: Question) -> bool:
    """The rival's clause says of the question what the gold's does not, or counts the same thing once more."""
    if theirs.said - mine.said:
        return True
    following = {stem(t.norm) for t in found[theirs.span.end : theirs.span.end + 1]}
    parted = any("," in t.gap or t.norm in _CONTRASTS for t in found[mine.span.end : theirs.span.start])
    return parted and bool(following & question.stems)


def _verb_fits(found: list[Token], span: Mention | Rival, question: Question) -> bool:
    """A span that opens its sentence is the subject of "be", "have" or a verb of the question, not of "asked Y to"."""
    opens = span.start == 0 or found[span.start - 1].sentence != found[span.start].sentence or "," in found[span.start].gap
    if not opens or span.end >= len(found) or found[span.end].gap.strip():
        return True
    word = found[span.end].norm
    return word in COPULAS or word in STOP or root(word) in question.roots


def _in_subject(found: list[Token], rival: Mention | Rival, mention: Mention | Rival) -> bool:
    """The first copula of the sentence parts the two: Olaf, in Disney's Frozen, is voiced by X."""
    sentence = found[mention.start].sentence
    k = next((k for k in range(max(0, mention.start - MAX_SENTENCE), mention.start) if found[k].sentence == sentence and found[k].norm in COPULAS), 0)
    return rival.end <= k


def _same_thing(found: list[Token], mention: Mention, rival: Rival, question: Question) -> bool:
    """The rival is another name of the gold, a remark in brackets, or the region that the gold lies in."""
    if "(" in found[rival.start].gap or (rival.end == mention.start and "(" in found[mention.start].gap):
        return True
    if found[rival.start].bold and found[mention.start].bold and _one_bold(found, mention, rival):
        return True
    left, right = sorted((mention, rival), key=lambda span: span.start)
    if left.end != right.start or "," not in found[right.start].gap:
        return False
    if question.kind == "place":
        return " ".join(t.norm for t in found[right.start : right.end]) in REGIONS  # Zelazowa Wola, Poland
    return right is rival and found[rival.start].norm in TITLES  # William the Conqueror, Duke of Normandy


def _near(sentence: tuple[int, int], span: Mention | Rival) -> tuple[int, int]:
    """The sentence, cut to the tokens near the span: sentences without an end would cost a square of their length."""
    return max(sentence[0], span.start - MAX_SENTENCE), min(sentence[1], span.end + MAX_SENTENCE)


def sentence_of(found: list[Token], start: int, end: int) -> str:
    return " ".join(t.norm for t in found[start:end])[:300]


def _sentences(found: list[Token]) -> dict[int, tuple[int, int]]:
    result: dict[int, tuple[int, int]] = {}
    for i, token in enumerate(found):
        start = result.get(token.sentence, (i, i))[0]
        result[token.sentence] = (start, i + 1)
    return result


def _speaks(found: list[Token], start: int, end: int, question: Question) -> bool:
    shared = {root(t.norm) for t in found[start:end] if t.norm not in STOP} & question.roots
    return len(shared) >= max(1, min(2, len(question.roots) // 2))


def _not_asserted(
    found: list[Token], start: int, end: int, first: int, last: int, question: Question, named: frozenset[int]
) -> str:
    """Why the span is not asserted by its sentence, or ""."""
    if (end < len(found) and "?" in found[end].gap) or (end == len(found) and found[-1].raw.endswith("?")):
        return "question"
    if asserts.is_negated(found, first, last):
        return "negated"
    if asserts.is_alternative(found, first, last, question, named):
        return "alternative"
    text = asserts.sentence_text(found[start:end])
    if asserts.hedge_in(text, question):
        return "hedged"
    if asserts.in_opening_adjunct(found, first, question):
        return "adjunct"
    if asserts.misbelief_in(text):
        return "misbelief"
    stop = last
    while stop < end and stop < last + 6 and "," not in found[stop].gap:
        stop += 1
    if asserts.refusal_in(asserts.sentence_text(found[start:stop])):
        return "refusal"
    return ""


def _coordinated(found: list[Token], mention: Mention | Rival, rival: Mention | Rival) -> bool:
    left, right = sorted(((mention.start, mention.end), (rival.start, rival.end)))
    between = found[left[1] : right[0]]
    if found[left[0]].sentence != found[right[0]].sentence:
        return False
    if between and "," in between[0].gap and between[0].norm == "and" and "," not in found[left[0]].gap:
        return False  # a new clause: by X, and Y did ...
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


def _takes_back(found: list[Token], start: int, end: int) -> bool:
    opening = [t.norm for t in found[start : min(end, start + 3)]]
    if any(word in _RETRACT for word in opening):
        return True
    return opening[:1] == ["no"] and "," in (found[start + 1].gap if start + 1 < end else "")
