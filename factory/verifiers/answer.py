"""Judges an answer to a search question against gold answers, by rules alone: `accept`, `reject` or `undecided`.

The procedure: find the final answer's span; equal to an alias in normal form; then by the gold's type (yes or no, date,
number, several items, option of the question, sentence, name). In short answers the gold may stand among harmless words
(answer_fragment), in sentences it must be asserted in the asked slot (answer_prose). Containment alone never accepts;
containment without a rival, a negation or a hedge does, in `strict` too. `lenient` also accepts a fragment that names
the gold among other words, when nothing in it denies or hedges.

Never raises for anything in the question, the golds or the answer; linear in their length (capped in answer_text).
"""

from __future__ import annotations

from collections.abc import Sequence

from factory import recipe
from factory.records import Example, Verdict
from factory.side import SideInputs
from factory.verifiers import (
    answer_assert,
    answer_dates,
    answer_fragment,
    answer_lists,
    answer_long,
    answer_numbers,
    answer_prose,
    answer_yesno,
)
from factory.verifiers.answer_aliases import Alias, expand
from factory.verifiers.answer_names import Mention, find_mentions
from factory.verifiers.answer_prose import Judged, Rival
from factory.verifiers.answer_question import Question, is_echo, read
from factory.verifiers.answer_span import extract
from factory.verifiers.answer_text import Token, clean, find_all, stem, tokens
from factory.verifiers.answer_words import COUNTRIES, GENERIC, REGIONS, STATES, STOP, TITLES

VERSION = "1"
MAX_GOLDS = 400
_RETRACTIONS = frozenset(["actually", "correction", "wait", "sorry", "scratch", "oops"])
_RANK = {"accept": 2, "undecided": 1, "reject": 0}


def verify(example: Example, answer: str, settings: recipe.Verify, side: SideInputs) -> Verdict:
    """Judge `answer` against the example's ground truth."""
    truth = example.ground_truth
    return judge(example.question, (truth.text, *truth.aliases), answer, settings.search_mode)


def judge(question: str, golds: Sequence[str], answer: str, mode: str = "strict") -> Verdict:
    """Judge `answer` to `question` against any of `golds`."""
    spans, marked = extract(answer)
    if not spans:
        too_long = len(answer) > 100
        return Verdict(
            outcome="undecided" if too_long else "reject",
            reason="too_long" if too_long else "no_answer",
            rule="extract",
            version=VERSION,
        )
    asked = read(question)
    aliases: list[Alias] = []
    for gold in list(golds)[:MAX_GOLDS]:
        aliases += expand(gold, asked.many)
    if not aliases:
        return Verdict(outcome="undecided", reason="no_gold", rule="expand", version=VERSION, extracted=spans[0][:500])
    verdicts = [_judge_span(asked, aliases, span, mode) for span in spans]
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


def _judge_span(question: Question, aliases: list[Alias], span: str, mode: str) -> Judged:
    found = _without_frame(tokens(clean(span)), question)
    if not found:
        return Judged("reject", "no_answer", "")
    mine = [t.norm for t in found]
    joined = "".join(mine)
    for alias in aliases:
        theirs = [t.norm for t in alias.found]
        if mine == theirs or (joined == "".join(theirs) and len(joined) > 3 and not joined.isdigit()):
            return Judged("accept", "exact", " ".join(mine)[:300])
    if (
        len(found) > 5
        and len(found) * 10 >= 7 * len(question.norms)
        and all(t.norm in question.norms or t.norm in STOP for t in found)
        and not question.choice
    ):
        return Judged("reject", "question_echoed", " ".join(mine)[:300])
    best = Judged("reject", "wrong_answer", " ".join(mine)[:300])
    named = frozenset(
        k
        for alias in aliases[:24]
        for start in find_all([t.norm for t in alias.found], mine)
        for k in range(start, start + len(alias.found))
    )
    for alias in aliases:
        judged = _judge_alias(question, alias, found, mode, named)
        if judged.outcome == "accept":
            return judged
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


def _without_frame(found: list[Token], question: Question) -> list[Token]:
    """`found` without a leading "Answer:", a trailing offer to help, and what a later sentence takes back."""
    for i in range(len(found) - 1, 0, -1):
        if (found[i].first or "." in found[i].gap) and (
            found[i].norm in _RETRACTIONS or (found[i].norm == "no" and i + 1 < len(found) and "," in found[i + 1].gap)
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
    if dates := _gold_dates(alias, question):
        return _judge_date(question, alias, dates, found, mode)
    if (quantity := _gold_quantity(alias, question)) is not None:
        return _judge_number(question, alias, quantity, found, mode)
    items = answer_lists.gold_items(alias, question) if question.many or not answer_long.is_long(alias) else []
    if (judged := _judge_name(question, alias, found, mode, named)).outcome == "accept" and not (
        items and judged.rule.endswith(("_with_detail", "prose_exact"))
    ):
        return judged
    if (said := answer_long.core(alias, question)) is not None and (
        core := _judge_name(question, said, found, mode, named)
    ).outcome == "accept":
        return core
    if items:
        listed = answer_lists.decide(alias, items, found, question)
        if listed.outcome == "accept" or listed.rule in ("list_incomplete", "list_extra", "list_negated"):
            return listed
    if answer_long.is_long(alias):
        said = answer_long.decide(alias, found, question)
        if _RANK[said.outcome] >= _RANK[judged.outcome]:
            return said
    return judged if judged.outcome != "accept" else Judged("undecided", "list_with_detail", judged.detail)


# dates


def _gold_dates(alias: Alias, question: Question) -> list[answer_dates.Date]:
    found = list(alias.found)
    if len(found) > 12:
        return []
    dates = answer_dates.find_dates(found)
    if len(dates) != 1 or dates[0].ambiguous or not answer_dates.only_dates(found, dates):
        return []
    if (
        question.kind == "number"
        and question.counted != "year"
        and dates[0].month is None
        and dates[0].span == "point"
        and len(found) == 1
    ):
        return []
    return dates


def _judge_date(
    question: Question, alias: Alias, dates: list[answer_dates.Date], found: list[Token], mode: str
) -> Judged:
    gold = dates[0]
    mentions, rivals, coarse, unclear = [], [], False, False
    for date in answer_dates.find_dates(found):
        how = answer_dates.compare(gold, date, question.years, question.year_is_enough)
        if how == "equal":
            mentions.append(Mention(date.start, date.stop, "date", alias.text))
        elif how == "different" and not (date.year in question.years and date.month is None and date.span == "point"):
            rivals.append(Rival(date.start, date.stop, " ".join(t.raw for t in found[date.start : date.stop])))
        coarse |= how == "coarse"
        unclear |= how == "unclear"
    if not mentions:
        if coarse or unclear:
            return Judged("undecided", "date_coarser" if coarse else "date_unclear", alias.text)
        return Judged("reject", "date", " ".join(t.norm for t in found)[:300])
    return _judge_typed(question, mentions, rivals, found, mode)


def _judge_typed(
    question: Question, mentions: list[Mention], rivals: list[Rival], found: list[Token], mode: str
) -> Judged:
    if len(found) <= answer_fragment.MAX_TOKENS and not rivals:
        judged = answer_fragment.decide(found, mentions[0], question, typed=True)
        if judged.outcome != "undecided" or judged.rule in ("hedged", "refusal", "two_answers"):
            return judged
    if (
        rivals
        and len(found) <= 6
        and all(
            found[k].norm in STOP
            or any(r.start <= k < r.end for r in rivals)
            or any(m.start <= k < m.end for m in mentions)
            for k in range(len(found))
        )
    ):
        return Judged("reject", "two_answers", " ".join(t.norm for t in found))
    return answer_prose.decide(found, mentions, rivals, question, typed=True)


# numbers


def _gold_quantity(alias: Alias, question: Question) -> answer_numbers.Quantity | None:
    found = list(alias.found)
    if len(found) > 10:
        return None
    quantities = answer_numbers.find_quantities(found)
    if len(quantities) != 1:
        return None
    quantity = quantities[0]
    rest = [t for k, t in enumerate(found) if not quantity.start <= k < quantity.end]
    allowed = answer_numbers._APPROXIMATE | {"long", "tall", "high", "wide", "deep", "old", "heavy", "total"}
    rest = [t for t in rest if t.norm not in STOP and t.norm not in allowed and stem(t.norm) not in question.stems]
    if question.kind == "number":
        return quantity if len(rest) <= 2 and not any(t.cap for t in rest) else None
    if (
        any(t.cap and not t.first for t in rest)
        or len(rest) > 1
        or (rest and stem(rest[0].norm) != quantity.noun and rest[0].norm not in GENERIC)
    ):
        return None
    return quantity


def _judge_number(
    question: Question, alias: Alias, gold: answer_numbers.Quantity, found: list[Token], mode: str
) -> Judged:
    mentions, rivals, unclear = [], [], False
    for quantity in answer_numbers.find_quantities(found):
        if quantity.year_like and not gold.year_like and quantity.value != gold.value:
            continue
        how = answer_numbers.compare(gold, quantity, question.stems)
        span = (quantity.start, quantity.end)
        if [t.norm for t in found[quantity.end : quantity.end + 2]] in (
            ["of", "which"],
            ["of", "whom"],
            ["of", "them"],
            ["of", "these"],
            ["of", "those"],
        ):
            continue
        if how == "equal" and not _other_noun(gold, quantity, question, found):
            mentions.append(Mention(*span, "number", alias.text))
        elif how == "different" and _same_kind(gold, quantity, question, found):
            rivals.append(Rival(*span, " ".join(t.raw for t in found[quantity.start : quantity.end + 1])))
        unclear |= how in ("unclear", "equal")
    if not mentions:
        return Judged(
            "undecided" if unclear else "reject",
            "number_unclear" if unclear else "number",
            " ".join(t.norm for t in found)[:300],
        )
    return _judge_typed(question, mentions, rivals, found, mode)


def _other_noun(
    gold: answer_numbers.Quantity, other: answer_numbers.Quantity, question: Question, found: list[Token]
) -> bool:
    """The answer counts something else than the gold or the question: 8 episodes for 8 seasons."""
    wanted = {gold.noun, question.counted} - {""}
    if not other.noun or not wanted or other.noun in wanted or other.dimension:
        return False
    if other.noun in question.stems or other.noun in STOP or other.noun in ("member", "people", "person", "individual"):
        return False
    following = _following(found, other.end)
    return not (wanted & set(following)) and found[other.start].norm != "1" and not gold.value == other.value == 1


def _same_kind(
    gold: answer_numbers.Quantity, other: answer_numbers.Quantity, question: Question, found: list[Token]
) -> bool:
    if other.value == 1 and not found[other.start].raw[:1].isdigit() and gold.value != 1 and not other.noun:
        return False
    if gold.ordinal != other.ordinal:
        return False
    if gold.dimension != other.dimension and other.dimension:
        return False
    if gold.dimension:
        return bool(other.dimension) or not other.noun
    wanted = {gold.noun, question.counted} - {""}
    return not wanted or not other.noun or other.noun in wanted or bool(wanted & set(_following(found, other.end)))


def _following(found: list[Token], i: int) -> list[str]:
    """Stems of the next words, up to a preposition: "four basic tenses", not "23 pairs of chromosomes"."""
    words = [stem(t.norm) for t in found[i : i + 4]]
    return words[
        : next((k for k, word in enumerate(words) if word in ("of", "in", "and", "for", "with", "per")), len(words))
    ]


# names


def _judge_name(question: Question, alias: Alias, found: list[Token], mode: str, named: frozenset[int]) -> Judged:
    mentions = find_mentions(alias, found, question)
    detail = " ".join(t.norm for t in found)[:300]
    echo = is_echo(list(alias.found), question)
    if not mentions:
        overlap = {t.norm for t in alias.found if t.norm not in STOP} & {t.norm for t in found}
        if overlap and len(found) <= answer_fragment.MAX_TOKENS:
            same = _same_words(alias, found)
            if same and not echo:
                return Judged("accept", "same_words", detail)
            return Judged("undecided", "partial", detail)
        return Judged("reject", "wrong_answer", detail)
    if alias.years:
        for mention in mentions:
            for date in answer_dates.find_dates(found[mention.end : mention.end + 5]):
                if date.year is not None and date.span == "point" and date.end is None and date.year not in alias.years:
                    return Judged("reject", "year_contradicted", detail)
    if alias.regions:
        for mention in mentions:
            following = " ".join(t.norm for t in found[mention.end : mention.end + 3])
            region = next(
                (r for r in sorted(REGIONS, key=len, reverse=True) if following == r or following.startswith(r + " ")),
                "",
            )
            region = region or STATES.get(following.split(" ")[0], "")
            if region and "," in found[mention.end].gap and region not in alias.regions and region not in COUNTRIES:
                return Judged("reject", "region_contradicted", detail)
    if len(found) <= 5 and not echo and "," in "".join(t.gap for t in found) and _same_words(alias, found):
        return Judged("accept", "same_words", detail)
    if question.choice and is_echo(found[mentions[0].start : mentions[0].end], question):
        if len(found) <= answer_fragment.MAX_TOKENS:
            judged = answer_fragment.decide(found, mentions[0], question)
            if judged.outcome != "undecided":
                return judged
        return answer_yesno.decide_choice(found, mentions, question)
    if len(found) <= answer_fragment.MAX_TOKENS:
        judged = answer_fragment.decide(found, mentions[0], question, named=named)
        if judged.outcome != "undecided" or judged.rule in ("hedged", "refusal", "two_answers"):
            return judged
        if mode == "lenient" and not echo and not answer_assert.hedge_in(answer_assert.sentence_text(found), question):
            return Judged("accept", "contained", detail)
        if len(found) <= 5:
            return judged
    if echo or all(t.norm in STOP or t.norm.isdigit() for t in alias.found):
        return Judged("undecided", "gold_in_question", detail)
    return answer_prose.decide(
        found, mentions, answer_prose.name_rivals(found, question), question, typed=False, named=named
    )


def _same_words(alias: Alias, found: list[Token]) -> bool:
    """University of Oxford and Oxford University; Curie, Marie. Two or more words, one of them a class word, or a comma."""
    mine = sorted(t.norm for t in found if t.norm not in STOP)
    theirs = sorted(t.norm for t in alias.found if t.norm not in STOP)
    if mine != theirs or not 2 <= len(mine) <= 5:
        return False
    return any(word in GENERIC or word in TITLES for word in mine) or (len(mine) == 2 and "," in found[1].gap)
