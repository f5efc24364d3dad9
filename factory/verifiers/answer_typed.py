"""Golds that are dates or numbers: every date or number of the answer is a mention of the gold or a rival of it."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from itertools import pairwise

from factory.verifiers import answer_dates, answer_fragment, answer_numbers, answer_prose
from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_quantities import compare
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_stems import stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import GENERIC, STOP


def gold_dates(alias: Alias, question: Question) -> list[answer_dates.Date]:
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


def judge_date(
    question: Question, alias: Alias, dates: list[answer_dates.Date], found: list[Token], mode: str
) -> Judged:
    gold = dates[0]
    if _is_damaged(found):
        return Judged("undecided", "damaged", alias.text)
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
        if (
            judged.outcome != "undecided"
            or judged.rule in ("hedged", "refusal")
            or (judged.rule == "two_answers" and any(t.norm == "or" for t in found[: mentions[0].end + 2]))
        ):
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


def gold_quantity(alias: Alias, question: Question) -> answer_numbers.Quantity | None:
    found = list(alias.found)
    if len(found) > 10:
        return None
    quantities = answer_numbers.find_quantities(found)
    if len(quantities) != 1:
        return None
    quantity = quantities[0]
    if quantity.start and found[quantity.start].raw.isupper() and found[quantity.start].raw.isalpha():
        return None  # George III
    rest = [t for k, t in enumerate(found) if not quantity.start <= k < quantity.end]
    if any((len(t.raw) < 3 and t.raw.isalpha() and t.norm not in STOP) or not t.raw.isascii() for t in rest):
        return None  # a formula
    allowed = answer_numbers.APPROXIMATE | {"long", "tall", "high", "wide", "deep", "old", "heavy", "total"}
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


def gold_range(alias: Alias) -> list[answer_numbers.Quantity]:
    """Both ends of a gold such as "between 46,000 and 51,000" or "$150-175 million"; [] when it is none."""
    found = list(alias.found)
    quantities = answer_numbers.find_quantities(found) if len(found) <= 10 else []
    if (
        len(quantities) != 2
        or any(q.ordinal or q.year_like for q in quantities)
        or quantities[0].value >= quantities[1].value
    ):
        return []
    inside = [k for k in range(len(found)) if not any(q.start <= k < q.end for q in quantities)]
    if any(found[k].norm not in _OF_RANGES and stem(found[k].norm) != quantities[1].noun for k in inside):
        return []
    return _one_unit(quantities) if _are_joined(found, *quantities) else []


_OF_RANGES = frozenset("between from about approximately to and".split()) | answer_numbers.APPROXIMATE


def _are_joined(found: list[Token], low: answer_numbers.Quantity, high: answer_numbers.Quantity) -> bool:
    between = [t.norm for t in found[low.end : high.start]]
    dashed = not between and found[high.start].gap.strip() in ("-", "–", "—")
    return (
        dashed
        or between == ["to"]
        or (between == ["and"] and any(t.norm == "between" for t in found[max(0, low.start - 3) : low.start]))
    )


def _one_unit(ends: list[answer_numbers.Quantity]) -> list[answer_numbers.Quantity]:
    """$150-175 million: what only one end is written with belongs to both."""
    low, high = ends
    if (
        low.value < 1000
        and low.tolerance < 1
        and high.value >= 1000 * low.value
        and high.value.adjusted() > low.value.adjusted() + 2
    ):
        scaled = low.value.scaleb(high.value.adjusted() - low.value.adjusted())
        low = low._replace(value=scaled if scaled < high.value else scaled.scaleb(-1), tolerance=high.tolerance)
    if high.dimension and not low.dimension:
        low = low._replace(dimension=high.dimension, factor=high.factor)
    elif low.dimension and not high.dimension:
        high = high._replace(dimension=low.dimension, factor=low.factor)
    return [low, high]


def judge_range(
    question: Question, alias: Alias, gold: list[answer_numbers.Quantity], found: list[Token], mode: str
) -> Judged | None:
    """None where the answer holds no range."""
    quantities = answer_numbers.find_quantities(found)
    mentions, rivals = [], []
    for low, high in pairwise(quantities):
        if not _are_joined(found, low, high):
            continue
        same = all(
            compare(mine, theirs, question.stems) == "equal" for mine, theirs in zip(gold, _one_unit([low, high]))
        )
        if same:
            mentions.append(Mention(low.start, high.end, "range", alias.text))
        else:
            rivals.append(Rival(low.start, high.end, " ".join(t.raw for t in found[low.start : high.end])))
    if mentions and any(t.norm == "or" for t in found[max(0, mentions[0].start - 3) : mentions[0].end + 3]):
        return Judged("undecided", "two_answers", alias.text)
    return _judge_typed(question, mentions, rivals, found, mode) if mentions else None


_HEADS = frozenset(stem(word) for word in "member people person individual death fatality casualty victim life inhabitant resident".split())
_OF_THEM = [["of", word] for word in ("which", "whom", "them", "these", "those")]


def judge_number(
    question: Question, alias: Alias, gold: answer_numbers.Quantity, found: list[Token], mode: str
) -> Judged:
    mentions, rivals, unclear = [], [], False
    if _is_damaged(found):
        return Judged("undecided", "damaged", alias.text)
    quantities = answer_numbers.find_quantities(found)
    dates = answer_dates.find_dates(found) if question.kind == "number" else []
    days = [date for date in dates if date.month is not None and date.year is not None]
    others = len({quantity.value for quantity in quantities}) > 1 or any(
        found[q.start].raw.casefold() not in question.raws for q in quantities
    )
    for quantity in quantities:
        if quantity.year_like and not gold.year_like and quantity.value != gold.value:
            continue
        if any(day.start <= quantity.start < day.stop for day in days) and quantity.value != gold.value:
            continue  # when he died on August 16, 1977
        repeated = (
            quantity.end - quantity.start == 1 and found[quantity.start].raw.casefold() in question.raws and others
        )
        if repeated and not (question.counted and quantity.noun == question.counted):
            continue  # the question's own number
        how = compare(gold, quantity, question.stems)
        if question.counted and quantity.ordinal != gold.ordinal:
            how = "different"
        span = (quantity.start, quantity.end)
        total = how == "equal" and found[quantity.end : quantity.end + 1] and "," in found[quantity.end].gap  # 206, of which
        if not total and [t.norm for t in found[quantity.end : quantity.end + 2]] in _OF_THEM:
            continue
        if mentions and _is_conversion(found, quantity, mentions[-1], quantities):
            continue
        part = [t.norm for t in found[max(0, quantity.start - 2) : quantity.start]] in (["of", "which"], ["of", "whom"])
        if how == "equal" and not part and not _other_noun(gold, quantity, question, found):
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


def _is_conversion(
    found: list[Token], other: answer_numbers.Quantity, mention: Mention, quantities: list[answer_numbers.Quantity]
) -> bool:
    """10,984 meters (36,037 ft)"""
    first = next(q for q in quantities if q.start == mention.start)
    beside = other.start <= mention.end + 1 and any("(" in t.gap for t in found[mention.end : other.start + 1])
    return beside and bool(first.dimension) and first.dimension == other.dimension and first.factor != other.factor


def _is_damaged(found: list[Token]) -> bool:
    """A letter of another script inside a number: 193ത6."""
    return any(
        not t.gap and 0x2FF < ord(t.raw[0]) < 0x3000 and t.raw[-1].isdigit() and found[k].raw[-1:].isdigit()
        for k, t in enumerate(found[1:])
    )


def _other_noun(
    gold: answer_numbers.Quantity, other: answer_numbers.Quantity, question: Question, found: list[Token]
) -> bool:
    """The answer counts something else than the gold or the question: 8 episodes for 8 seasons."""
    if gold.dimension == "ratio" and other.noun and not other.dimension:
        return other.noun != "point"  # 52.3 votes for 52.3 %
    wanted = {gold.noun, question.counted} - {""}
    if not other.noun or not wanted or other.noun in wanted or other.dimension:
        return False
    if other.noun in question.stems or other.noun in STOP or other.noun in _HEADS:
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
