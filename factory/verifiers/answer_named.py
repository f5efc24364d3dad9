"""A gold that is a name, met in an answer: where it stands, among what, and whether it is asserted there."""

from __future__ import annotations

from itertools import pairwise

from factory.verifiers import answer_assert, answer_dates, answer_fragment, answer_prose, answer_yesno
from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_forms import ORIGIN
from factory.verifiers.answer_names import Mention, find_mentions
from factory.verifiers.answer_people import GIVEN_NAMES
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question, is_echo
from factory.verifiers.answer_rivals import name_rivals, origin_rivals
from factory.verifiers.answer_stems import IRREGULAR, root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, COUNTRIES, GENERIC, NATIONALITIES, REGIONS, STATES, STOP, TITLES

_PLACES = frozenset("in on at near".split())


def judge_name(question: Question, alias: Alias, found: list[Token], mode: str, named: frozenset[int]) -> Judged:
    mentions = find_mentions(alias, found, question)
    detail = " ".join(t.norm for t in found)[:300]
    echo = is_echo(list(alias.found), question)
    if not mentions:
        overlap = {t.norm for t in alias.found if t.norm not in STOP} & {t.norm for t in found}
        if overlap and len(found) <= answer_fragment.MAX_TOKENS:
            same = _same_words(alias, found, question.kind == "person")
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
            if region and "," in found[mention.end].gap and not _may_hold(region, alias.regions):
                return Judged("reject", "region_contradicted", detail)
    if len(found) <= 5 and not echo and "," in "".join(t.gap for t in found) and _same_words(alias, found, question.kind == "person"):
        return Judged("accept", "same_words", detail)
    if question.choice and is_echo(found[mentions[0].start : mentions[0].end], question):
        if len(found) <= answer_fragment.MAX_TOKENS:
            judged = answer_fragment.decide(found, mentions[0], question)
            if judged.outcome != "undecided":
                return judged
        return answer_yesno.decide_choice(found, mentions, question)
    if len(found) <= answer_fragment.MAX_TOKENS:
        judged = answer_fragment.decide(found, mentions[0], question, named=named)
        if echo and judged.rule.endswith("_with_detail") and _is_put_elsewhere(found[mentions[0].end :]):
            judged = Judged("undecided", "gold_in_question", detail)  # Lancaster, Pennsylvania is in York County
        if judged.outcome != "undecided" or judged.rule in ("hedged", "refusal", "two_answers", "second_item"):
            return judged
        if mode == "lenient" and not echo and not answer_assert.hedge_in(answer_assert.sentence_text(found), question):
            return Judged("accept", "contained", detail)
        if len(found) <= 5 and not _does_asked(found, mentions[0], question) and not any(t.norm in COPULAS for t in found[1 : mentions[0].start]):
            return judged
    if all(t.norm in STOP or t.norm.isdigit() for t in alias.found):
        return Judged("undecided", "gold_in_question", detail)
    if echo:
        mentions = [mention for mention in mentions if _is_placed(found, mention, question)]
        if not mentions:
            return Judged("undecided", "gold_in_question", detail)
    places = " ".join(t.norm for t in alias.found) in REGIONS
    origin = all(t.norm in NATIONALITIES for t in alias.found) and bool(question.norms & ORIGIN)
    rivals = origin_rivals(found, question) if origin else name_rivals(found, question, places)
    return answer_prose.decide(found, mentions, rivals, question, typed=False, named=named)


def _does_asked(found: list[Token], mention: Mention, question: Question) -> bool:
    """Norway hosted them."""
    if mention.start or mention.end >= len(found) or found[mention.end - 1].possessive:
        return False
    verb = found[mention.end]
    past = verb.norm in IRREGULAR or verb.norm.endswith("ed")
    return past and not verb.cap and root(verb.norm) in question.asked | question.done


def _is_put_elsewhere(after: list[Token]) -> bool:
    """Is in York County: what the question names is the subject."""
    return any(one.norm in COPULAS and two.norm in _PLACES for one, two in pairwise(after))


def _is_placed(found: list[Token], mention: Mention, question: Question) -> bool:
    """On Oak Island, where the question only names the curse of Oak Island: the answer puts it where a place is put."""
    before = found[mention.start - 1].norm if mention.start else ""
    return question.kind == "place" and before in _PLACES - question.norms and not found[mention.end - 1].possessive


def _may_hold(region: str, regions: frozenset[str]) -> bool:
    """The region is one of the gold's, or a country that may hold them: never England for Massachusetts or France for Italy."""
    if region in regions:
        return True
    american = bool(regions & frozenset(STATES.values()))
    return region in COUNTRIES and (
        region == "usa" if american else not regions & COUNTRIES or {region, *regions} & {"uk"} != set()
    )


def _same_words(alias: Alias, found: list[Token], person: bool) -> bool:
    """University of Oxford and Oxford University; Curie, Marie. Kurosawa Akira. Two or more words, one of them a class word, or a comma."""
    mine = sorted(t.norm for t in found if t.norm not in STOP)
    theirs = sorted(t.norm for t in alias.found if t.norm not in STOP)
    if mine != theirs or not 2 <= len(mine) <= 5 or sum(w.removesuffix("th").isdigit() for w in mine) > 1:
        return False
    whole_name = person and len(found) == len(alias.found) == 2 and all(t.cap and len(t.raw) > 1 for t in found)
    turned = whole_name and not GIVEN_NAMES.issuperset(mine)  # Kurosawa Akira, but not Ryan Kelly for Kelly Ryan
    return turned or any(word in GENERIC or word in TITLES for word in mine) or (len(mine) == 2 and "," in found[1].gap)
