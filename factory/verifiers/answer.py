"""Judges an answer to a search question against gold answers, by rules alone: `accept`, `reject` or `undecided`.

The procedure: find the final answer's span; equal to an alias in normal form; then by the gold's type (yes or no, date,
number, range, several items, option of the question, sentence, name). A question of two parts is judged part by part
(answer_parts), unless the answer is the gold. In short answers the gold may stand among harmless words
(answer_fragment), in sentences it must be asserted in the asked slot (answer_prose). Containment alone never accepts;
containment without a rival, a negation or a hedge does, in `strict` too. `lenient` also accepts a fragment that names
the gold among other words, when nothing in it denies or hedges. A surname alone passes where the question asks for a person; a
gold cut short otherwise, a coarser date and a hedged answer never pass.

Never raises for anything in the question, the golds or the answer; linear in their length (capped in answer_clean).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from factory import recipe
from factory.records import Example, Verdict
from factory.side import SideInputs
from factory.verifiers import (
    answer_dates,
    answer_first,
    answer_lists,
    answer_long,
    answer_parts,
    answer_yesno,
)
from factory.verifiers.answer_aliases import Alias, expand
from factory.verifiers.answer_clean import MAX_CHARS, clean
from factory.verifiers.answer_forms import with_forms
from factory.verifiers.answer_named import judge_name
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question, read
from factory.verifiers.answer_same import is_same
from factory.verifiers.answer_span import extract
from factory.verifiers.answer_stems import stem
from factory.verifiers.answer_text import Token, find_all, tokens
from factory.verifiers.answer_typed import gold_dates, gold_quantity, gold_range, judge_date, judge_number, judge_range
from factory.verifiers.answer_words import STATES, STOP, TITLES

VERSION = "6"

MAX_GOLDS = 400

_RETRACTIONS = frozenset(["actually", "correction", "wait", "sorry", "scratch", "oops"])

_NUMERALS = frozenset(["roman", "numeral", "numerals"])

_RANK = {"accept": 2, "undecided": 1, "reject": 0}


def verify(example: Example, answer: str, settings: recipe.Verify, side: SideInputs) -> Verdict:
    """Judge `answer` against the example's ground truth."""
    truth = example.ground_truth
    return judge(example.question, (truth.text, *truth.aliases), answer, settings.search_mode)


def judge(question: str, golds: Sequence[str], answer: str, mode: str = "strict") -> Verdict:
    """Judge `answer` to `question` against any of `golds`."""
    spans, marked = extract(answer)
    if not spans:
        too_long = len(answer) > MAX_CHARS
        return Verdict(
            outcome="undecided" if too_long else "reject",
            reason="too_long" if too_long else "no_answer",
            rule="extract",
            version=VERSION,
        )
    asked, aliases = _read(question, tuple(golds[:MAX_GOLDS]))
    if not aliases:
        return Verdict(outcome="undecided", reason="no_gold", rule="expand", version=VERSION, extracted=spans[0][:500])
    verdicts = [_judge_span(asked, aliases, span, mode) for span in spans]
    if answer_parts.two_parts(question):
        verdicts = [_with_parts(question, golds, span, mode, whole) for span, whole in zip(spans, verdicts)]
    judged = verdicts[0]
    if any(v.outcome != judged.outcome for v in verdicts[1:]) and judged.outcome == "accept":
        judged = Judged("reject", "two_final_answers", " | ".join(s[:80] for s in spans))
    reason = judged.rule if judged.outcome != "reject" or judged.rule in ("two_final_answers",) else "wrong_answer"
    return Verdict(
        outcome=judged.outcome,
        reason=reason,
        rule=judged.rule,
        version=VERSION,
        extracted=spans[0][:500],
        detail=f"{judged.detail} <> {aliases[0].text[:200]}",
        marks=("marked",) if marked else (),
    )


@lru_cache(maxsize=16)
def _read(question: str, golds: tuple[str, ...]) -> tuple[Question, list[Alias]]:
    """The question and all that its answer may be called; several answers to one question are judged in a row."""
    asked = read(question)
    several = asked.many or answer_parts.two_parts(question) is not None
    return asked, with_forms([alias for gold in golds for alias in expand(gold, several)], asked)


def _with_parts(question: str, golds: Sequence[str], span: str, mode: str, whole: Judged) -> Judged:
    """The verdict on the parts, where the gold is not met as a whole; a part that is wrong counts in any case."""

    def judge_part(part: str, wanted: Sequence[str]) -> str:
        asked, aliases = _read(part, tuple(wanted))
        if not aliases:
            return "undecided"
        judged = _judge_span(asked, aliases, span, mode)
        doubted = judged.outcome == "undecided" and judged.rule in answer_first.LIFTED_BEHIND_OPENING
        return "accept" if doubted and answer_parts.is_bold(aliases, _tokens(span)) else judged.outcome

    if whole.rule in ("exact", "exact_framed"):
        return whole
    parts = answer_parts.decide(question, golds, judge_part)
    return whole if parts is None or (whole.outcome == "accept" and parts.outcome != "reject") else parts


@lru_cache(maxsize=16)
def _tokens(span: str) -> list[Token]:
    return tokens(clean(span))


def _judge_span(question: Question, aliases: list[Alias], span: str, mode: str) -> Judged:
    found = _without_frame(_tokens(span))
    if not found:
        return Judged("reject", "no_answer", "")
    mine = [t.norm for t in found]
    if len(found) == 1 and found[0].raw.isupper() and mine[0] in STATES:
        mine = STATES[mine[0]].split()  # SD, asked for a state
    if question.norms & _NUMERALS:
        aliases = [alias for alias in aliases if _keeps_numerals(alias, found)]
    for alias in aliases:
        if is_same(mine, found, alias, question):
            return Judged("accept", "exact", " ".join(mine)[:300])
    if len(aliases) == 1 and _spells_out(aliases[0], found):  # a gold that is spelled out itself says what its initials mean
        return Judged("accept", "spelled_out", " ".join(mine)[:300])
    if (
        (len(found) > 5 or question.norms <= set(mine))
        and len(found) * 10 >= 7 * len(question.norms)
        and all(t.norm in question.norms or t.norm in STOP for t in found)
        and (not question.choice or 10 * len({t.norm for t in found}) >= 9 * len(question.norms))
        and question.kind != "yesno"
        and not (question.counted and any(t.norm.isdigit() and stem(n.norm) == question.counted for t, n in pairwise(found)))
    ):
        return Judged("reject", "question_echoed", " ".join(mine)[:300])
    best = Judged("reject", "wrong_answer", " ".join(mine)[:300])
    named = frozenset(
        k
        for alias in aliases[:24]
        for start in find_all([t.norm for t in alias.found], mine)
        for k in range(start, start + len(alias.found))
    )
    for alias in sorted(aliases, key=lambda one: "," not in one.text):  # a gold that lists them all, before one that names one
        judged = _judge_alias(question, alias, found, mode, named)
        if judged.outcome == "accept":
            if not _finer_date_differs(question, alias, aliases, found):
                return judged
            judged = Judged("undecided", "finer_date_differs", judged.detail)
        if judged.outcome == "reject" and judged.rule in (
            "negated",
            "two_answers",
            "prose_negated",
            "prose_contradiction",
            "year_contradicted",
        ):
            return judged
        if _RANK[judged.outcome] >= _RANK[best.outcome]:
            best = judged
    return best


def _spells_out(alias: Alias, found: list[Token]) -> bool:
    """International Union for Conservation of Nature, where the gold is IUCN."""
    letters = alias.found[0].raw
    if len(alias.found) > 1 or not (3 <= len(letters) <= 8 and letters.isupper() and letters.isalpha()):
        return False
    content = [t for t in found if t.norm not in STOP]
    return len(content) == len(letters) and all(t.cap and t.raw[:1].upper() == letter for t, letter in zip(content, letters))


def _keeps_numerals(alias: Alias, found: list[Token]) -> bool:
    """Asked for a Roman numeral, 4 is no answer for IV, though Henry 4 is Henry IV elsewhere."""
    said = {t.raw.upper() for t in found}
    return all(t.raw in said for t in alias.found if t.raw.isupper() and t.norm.isdigit() and t.raw.isalpha())


def _finer_date_differs(question: Question, alias: Alias, aliases: list[Alias], found: list[Token]) -> bool:
    """1792 accepts every day of its year, unless another gold names the day and the answer names none that a gold names."""
    mine = gold_dates(alias, question)
    if not mine:
        return False
    golds = [dates[0] for other in aliases if other is not alias and (dates := gold_dates(other, question))]
    finer = [
        date
        for date in golds
        if date != mine[0] and answer_dates.compare(mine[0], date, question.years, False) == "equal"
    ]
    said = [
        date
        for date in answer_dates.find_dates(found)
        if answer_dates.compare(mine[0], date, question.years, False) == "equal"
    ]
    return bool(finer) and not any(
        answer_dates.compare(gold, date, question.years, False) in ("equal", "coarse", "unclear")
        for gold in finer
        for date in said
    )


def _without_frame(found: list[Token]) -> list[Token]:
    """`found` without a leading "Answer:", a trailing offer to help, and what a later sentence takes back."""
    for i in range(len(found) - 1, 0, -1):
        taken_back = found[i].norm == "no" and found[i - 1].norm not in TITLES and i + 1 < len(found)  # not Dr. No
        if (found[i].first or "." in found[i].gap) and (
            found[i].norm in _RETRACTIONS or (taken_back and "," in found[i + 1].gap)
        ):
            found = found[i:]
            break
    while len(found) > 1 and found[0].norm in ("answer", "final", "response", "a") and ":" in found[1].gap:
        found = found[1:]
    end = len(found)
    for i, token in enumerate(found):
        if token.first and i > 3:
            opening = [t.norm for t in found[i : i + 4]]
            if opening[:3] in (
                ["is", "there", "anything"],
                ["let", "me", "know"],
                ["would", "you", "like"],
                ["i", "hope", "this"],
                ["do", "you", "have"],
                ["do", "you", "want"],
            ) or opening[:2] == ["hope", "this"]:
                end = i
                break
    return found[:end]


def _judge_alias(question: Question, alias: Alias, found: list[Token], mode: str, named: frozenset[int]) -> Judged:
    words = [t.norm for t in alias.found]
    if words[0] in ("yes", "no") and (len(words) == 1 or (question.kind == "yesno" and "," in alias.found[1].gap)):
        return answer_yesno.decide(words[0], found, question)
    if dates := gold_dates(alias, question):
        return judge_date(question, alias, dates, found, mode)
    if (quantity := gold_quantity(alias, question)) is not None:
        return judge_number(question, alias, quantity, found, mode)
    if (ends := gold_range(alias)) and (judged := judge_range(question, alias, ends, found, mode)):
        return judged
    items = (
        answer_lists.gold_items(alias, question)
        if question.many or not answer_long.is_long(alias) or answer_lists.is_plain(alias)
        else []
    )
    if (judged := judge_name(question, alias, found, mode, named)).outcome == "accept" and not (
        items and judged.rule.endswith(("_with_detail", "prose_exact"))
    ):
        return judged
    if (said := answer_long.core(alias, question)) is not None and (
        core := judge_name(question, said, found, mode, named)
    ).outcome == "accept":
        return core
    if items:
        listed = answer_lists.decide(alias, items, found, question)
        if listed.outcome == "accept" or listed.rule in ("list_incomplete", "list_extra", "list_negated"):
            return listed
    if answer_long.is_long(alias) and not question.choice:
        said = answer_long.decide(alias, found, question)
        literal = judged.rule.startswith("prose_")  # its words stand there: where they stand decides
        if _RANK[said.outcome] >= _RANK[judged.outcome] and not (literal and said.outcome == "accept"):
            return said
    return judged if judged.outcome != "accept" else Judged("undecided", "list_with_detail", judged.detail)
