"""Answers in sentences. The gold counts where a sentence asserts it in the asked slot.

Each mention of the gold, and each rival (another name, date or number that could fill the slot), gets a strength:
  4  tied to the question's verb: "<question's verb>ed by X", "X <question's verb>s"
  3  in the slot that the question asks for: "the <question's words> is X", X at the head of a sentence that speaks of the
     question, bold X in the answering sentence
  2  in a sentence that shares words with the question
  1  elsewhere
  0  where it cannot be the answer: after "beat", "unlike", "son of", in a question, as a possessor
A mention wins when no rival of its strength or more stands before it, and nothing after it takes the claim back.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_slots import filled, strength_of
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import REGIONS, STOP

_RETRACT = frozenset("actually correction wait sorry scratch apologies apologize oops mistake incorrect".split())

MAX_SENTENCE = 80
"""Tokens to each side of a span that are looked at."""


class Judged(NamedTuple):
    outcome: str
    rule: str
    detail: str


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
    best: tuple[int, Mention] | None = None
    reasons = []
    for mention in mentions[:24]:
        a, b = _near(sentences[found[mention.start].sentence], mention)
        reason = _not_asserted(found, a, b, mention.start, mention.end, question, named)
        if reason:
            reasons.append(reason)
            if reason == "negated" or (reason == "alternative" and best is None):
                return Judged("reject", f"prose_{reason}", sentence_of(found, a, b))
            continue
        strength = strength_of(
            found, a, b, mention.start, mention.end, question, found[mention.start].sentence <= lead, typed
        )
        if strength and (best is None or strength > best[0]):
            best = (strength, mention)
    if best is None:
        return Judged("undecided", "prose_not_asserted", ", ".join(sorted(set(reasons))) or "incidental")
    strength, mention = best
    if (
        not typed
        and strength < 4
        and found[mention.start].sentence > lead
        and (
            not found[mention.start].cap
            or any(
                found[r.start].sentence < found[mention.start].sentence
                and not any(k in named for k in range(r.start, r.end))
                for r in rivals
            )
        )
    ):
        return Judged("undecided", "prose_not_in_lead", sentence_of(found, a, b))
    taken = (
        filled(found, sentences.get(lead, (0, 0)), question)
        if strength < 4 and not typed and found[mention.start].sentence > lead
        else 0
    )
    if taken and taken not in named:
        return Judged("undecided", "prose_slot_filled", found[taken].raw)
    spans = [(m.start, m.end) for m in mentions]
    a, b = _near(sentences[found[mention.start].sentence], mention)
    for rival in rivals[:60]:
        if any(rival.start < end and start < rival.end for start, end in spans) or (
            not typed and any(k in named for k in range(rival.start, rival.end))
        ):
            continue
        if _beside_in_brackets(found, mention, rival) or (
            found[rival.start].bold and found[mention.start].bold and _one_bold(found, mention, rival)
        ):
            continue
        ra, rb = _near(sentences[found[rival.start].sentence], rival)
        if _not_asserted(found, ra, rb, rival.start, rival.end, question, named) in ("negated", "question"):
            continue
        theirs = strength_of(
            found, ra, rb, rival.start, rival.end, question, found[rival.start].sentence <= lead, typed
        )
        before = rival.start < mention.start
        if _takes_back(found, ra, rb, rival) and rival.start > mention.end and theirs >= 1:
            return Judged("reject", "prose_contradiction", rival.text)
        if _coordinated(found, mention, rival):
            if strength < 3 or typed:
                return Judged("undecided", "prose_rival_beside", rival.text)
            continue
        if (
            rival.end == mention.start
            and "," in found[mention.start].gap
            and question.kind == "place"
            and _names_region(found, mention)
        ):
            continue  # Zelazowa Wola, Poland
        if (
            theirs >= 3
            and theirs > strength
            and (before or theirs == 4)
            and found[rival.start].sentence <= max(found[mention.start].sentence, lead)
        ):
            return Judged("reject", "prose_rival", rival.text)
        if theirs >= strength and before and theirs >= 2:
            return Judged("undecided", "prose_rival_first", rival.text)
        if theirs > strength and not before and found[rival.start].sentence != found[mention.start].sentence and typed:
            return Judged("undecided", "prose_rival_later", rival.text)
    if not typed and strength < 3 and len(found) > 3 and not any(t.cap for t in found):
        return Judged("undecided", "prose_uncased", sentence_of(found, a, b))  # rivals cannot be seen
    if strength == 1 and (len(sentences) > 1 or rivals or len(found) > 12):
        return Judged("undecided", "prose_weak", sentence_of(found, a, b))
    return Judged("accept", f"prose_{mention.rule}", sentence_of(found, a, b))


def _names_region(found: list[Token], mention: Mention) -> bool:
    return " ".join(t.norm for t in found[mention.start : mention.end]) in REGIONS


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
    if asserts.misbelief_in(text):
        return "misbelief"
    stop = last
    while stop < end and stop < last + 6 and "," not in found[stop].gap:
        stop += 1
    if asserts.refusal_in(asserts.sentence_text(found[start:stop])):
        return "refusal"
    return ""


def _coordinated(found: list[Token], mention: Mention, rival: Rival) -> bool:
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


def _beside_in_brackets(found: list[Token], mention: Mention, rival: Rival) -> bool:
    """X (Y) and Y (X): two names of one thing; a rival inside brackets is a remark."""
    if "(" in found[rival.start].gap:
        return True
    return rival.end == mention.start and "(" in found[mention.start].gap


def _one_bold(found: list[Token], mention: Mention, rival: Rival) -> bool:
    low, high = min(mention.start, rival.start), max(mention.end, rival.end)
    return all(t.bold for t in found[low:high]) and not any(
        "," in t.gap or t.norm in ("and", "or") for t in found[low + 1 : high]
    )


def _takes_back(found: list[Token], start: int, end: int, rival: Rival) -> bool:
    opening = [t.norm for t in found[start : min(end, start + 3)]]
    if any(word in _RETRACT for word in opening):
        return True
    return opening[:1] == ["no"] and "," in (found[start + 1].gap if start + 1 < end else "")
