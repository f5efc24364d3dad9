"""Short answers that are no sentence: the gold with harmless words around it.

Harmless: words of the question, small words, titles, class words, a region after a place, an apposition, a relative
clause, what stands in parentheses. Anything else could be a second answer or another thing, and is left undecided.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers import answer_assert as asserts
from factory.verifiers import answer_frames, answer_slots
from factory.verifiers.answer_contest import AREAS
from factory.verifiers.answer_described import is_described
from factory.verifiers.answer_harmless import harmless_after, harmless_before, region_at
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import (
    CITIES,
    GENERIC,
    STOP,
    TITLES,
)

MAX_TOKENS = 16
_CONTRASTS = frozenset(["but", "while", "whereas", "although", "though", "however"])
_GEOGRAPHIC = frozenset(
    """
        city state town county province kingdom republic region island isle river country district village planet
    """.split()
)


def decide(
    found: list[Token], mention: Mention, question: Question, typed: bool = False, named: frozenset[int] = frozenset()
) -> Judged:
    """Judge a fragment that names the gold at `mention`."""
    start, end = mention.start, mention.end
    text = asserts.sentence_text(found)
    detail = " ".join(t.norm for t in found)[:300]
    if asserts.is_negated(found, start, end):
        return Judged("reject", "negated", detail)
    if asserts.is_alternative(found, start, end, question, named):
        return Judged("reject", "two_answers", detail)
    if (
        any(
            t.norm in ("or", "nor", "either")
            and not (k - 1 in named and k + 1 in named)
            and not (k and "," in t.gap and k + 1 < len(found) and not found[k + 1].cap and not found[k - 1].cap)
            and not {"no", "without", "not"} & {before.norm for before in found[max(0, k - 3) : k]}
            for k, t in enumerate(found)
        )
        and "or" not in question.norms
        and not _known_as(found)
    ):
        return Judged("undecided", "two_answers", detail)
    if hedge := asserts.hedge_in(text, question):
        return Judged("undecided", "hedged", hedge)
    if asserts.refusal_in(text) or asserts.misbelief_in(text):
        return Judged("undecided", "refusal", detail)
    if asserts.in_opening_adjunct(found, start, question):
        return Judged("undecided", "opening_adjunct", detail)
    a, b = _sentence(found, start, end)
    if frame := answer_frames.unclaimed(found, a, b, start, end, question, named, typed):
        return Judged("undecided", frame, detail)
    if any(";" in t.gap or t.sentence != found[start].sentence for t in found[end:]):
        return Judged("undecided", "more_said", detail)
    agents = (k for k in range(end + 1, len(found) - 1) if found[k].norm == "by" and found[k + 1].cap)
    if any(root(found[k - 1].norm) in question.roots and k + 1 not in named for k in agents):
        return Judged("undecided", "other_agent", detail)
    if any(t.norm in _CONTRASTS for t in found[1:]):
        return Judged("undecided", "contrast", detail)
    if answer_slots.is_object(found, start, question):
        return Judged("undecided", "object_of_the_verb", detail)
    inner_place = (
        not question.norms & {"city", "town", "capital", "village"}
        and question.kind == "place"
        and start <= 3
        and "," in found[start].gap
        and (region_at(found, start, end) or found[start].cap)
        and (found[0].cap or AREAS & {t.norm for t in found[:start]})
        and not any(region_at(found, k, start) for k in range(start))
        and (region_at(found, start, end) or " ".join(t.norm for t in found[:start]) not in CITIES)
    ) or (
        question.kind == "place"
        and 1 < start <= 7
        and found[start - 1].norm in ("in", "at")
        and found[start].cap
        and not question.many
    )
    if inner_place and all(t.cap or t.norm in STOP | AREAS or t.norm.removesuffix("th").isdigit() for t in found[:start]):
        return (
            Judged("accept", "inside_region", detail)
            if end == len(found)
            else Judged("undecided", "other_words_after", detail)
        )
    if (
        question.kind == "person"
        and 0 < start <= 3
        and end - start <= 2
        and (end - start == 1 or mention.rule in ("exact", "name_variant"))
        and all(
            t.cap and t.raw.isalpha() and t.norm not in STOP and t.norm not in question.norms for t in found[:start]
        )
        and not any(t.gap.strip(' "') for t in found[1 : start + 1])
    ):
        if end == len(found) or harmless_after(found, 0, end, question, typed):
            return Judged("accept", "given_names_added", detail)
        return Judged("undecided", "other_words_after", detail)
    if (
        start > 1
        and found[start - 1].norm == "of"
        and found[start - 2].cap
        and found[start - 2].norm in GENERIC - _GEOGRAPHIC
        and found[start - 2].norm not in question.norms
    ):
        return Judged("undecided", "inside_a_name", detail)  # University of Oxford
    if (
        start > 1
        and found[start - 1].norm in ("and", "or")
        and any(t.norm not in STOP for t in found[:start])
        and not typed
        and start - 2 not in named
    ):
        return Judged("undecided", "second_item", detail)
    told = _told_of_another(found, start, question)
    if not (told or harmless_before(found, start, question, named) or is_described(found, start, end, question)) or _second_item(found, start, question):
        return Judged("undecided", "other_words_before", detail)
    if question.choice and any(t.norm in question.norms and t.norm not in STOP for t in found[:start]):
        return Judged("undecided", "other_option_before", detail)
    after = found[end:]
    if not after:
        return Judged("accept", mention.rule if start == 0 else f"{mention.rule}_framed", detail)
    if question.choice and any(t.norm in question.norms and t.norm not in STOP for t in after):
        return Judged("undecided", "other_option_after", detail)
    if all(k in named or found[k].norm in STOP or found[k].norm in ("and", "or") for k in range(end, len(found))):
        return Judged("accept", f"{mention.rule}_and_alias", detail)
    if harmless_after(found, start, end, question, typed):
        return Judged("accept", f"{mention.rule}_with_detail", detail)
    return Judged("undecided", "other_words_after", detail)


def _sentence(found: list[Token], start: int, end: int) -> tuple[int, int]:
    mine = [k for k, t in enumerate(found) if found[start].sentence <= t.sentence <= found[end - 1].sentence]
    return mine[0], mine[-1] + 1


def _told_of_another(found: list[Token], start: int, question: Question) -> bool:
    """Merkel attended X, where the question only describes who did: a name, the question's verb, small words."""
    verb = next((k for k in range(start - 1, 0, -1) if root(found[k].norm) in question.asked | question.done), 0)
    between = found[verb + 1 : start]
    return (
        verb > 0
        and question.nested
        and (question.object_asked or question.kind == "other")
        and not found[verb].cap
        and all(t.cap and not t.gap.strip() for t in found[:verb])
        and all(t.norm in STOP or t.norm in GENERIC for t in between)
    )


def _known_as(found: list[Token]) -> bool:
    words = [t.norm for t in found]
    return "known" in words or any(t.norm == "or" and "(" in t.gap for t in found)


def _second_item(found: list[Token], start: int, question: Question) -> bool:
    """London, Paris: a name before the gold and only a comma between, even where the question names it."""
    if not start or "," not in found[start].gap:
        return False
    before = found[start - 1]
    if found[start].norm in TITLES and [t.norm for t in found[start + 1 : start + 2]] == ["of"]:
        return False  # Arthur Wellesley, Duke of Wellington
    return before.cap and not before.first and before.norm not in TITLES and before.norm not in question.norms
