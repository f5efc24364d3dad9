"""Where an answer names the gold: the same words, the same words in another number, or another form of one name.

Names of people may lose or gain middle names, initials, titles and nicknames; a surname alone stands for the full name
where the question asks for a person. Class words and words of the question may be left out ("Karakoram mountain range",
asked for a mountain range). A name inside a larger name ("Washington" in "Washington University") is no mention.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_embedded import CORPORATE, DROPPABLE, is_embedded
from factory.verifiers.answer_people import completed, core, is_person_name, person_spans
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token, find_all
from factory.verifiers.answer_words import (
    DIRECTIONS,
    GENERIC,
    NATIONALITIES,
    STOP,
    TITLES,
)

_MEDIA = frozenset("music media news entertainment".split())
_CITIES = frozenset(
    """
        york kansas mexico lake oklahoma panama guatemala kuwait vatican jersey quebec atlantic iowa dodge carson
    """.split()
)
"""Names that mean another place without "City"."""


class Mention(NamedTuple):
    start: int
    end: int
    """Half-open range of tokens."""
    rule: str
    alias: str
    years: frozenset[int] = frozenset()


def find_mentions(alias: Alias, found: list[Token], question: Question) -> list[Mention]:
    """Mentions of one alias, embedded ones left out, in order and without repeats."""
    hay = [t.norm for t in found]
    words = [t.norm for t in alias.found]
    spans: dict[tuple[int, int], str] = {}
    for start in find_all(words, hay):
        spans.setdefault((start, start + len(words)), "exact")
    person = is_person_name(alias, question)
    if not person:
        stems = [stem(w) for w in hay]
        for start in find_all([stem(w) for w in words], stems):
            spans.setdefault((start, start + len(words)), "number_form")
        for start, end in _phrases(alias, found):
            spans.setdefault((start, end), "phrase")
    for start, end in _joined(words, hay):
        spans.setdefault((start, end), "joined")
    if person:
        for start, end, rule in person_spans(alias, found, question):
            spans.setdefault((start, end), rule)
        for shorter in _without_class_words(alias, question):
            if len(shorter) > 1:
                for start in find_all(shorter, hay):
                    spans.setdefault((start, start + len(shorter)), "class_word")
    else:
        stripped = core(alias.found)
        if (
            stripped != words
            and any(w not in STOP and w not in GENERIC and w not in TITLES for w in stripped)
            and (len(stripped) > 1 or question.kind == "person")
            and all(t.cap for t in alias.found)
        ):
            for start in find_all(stripped, hay):
                spans.setdefault((start, start + len(stripped)), "title")
        for shorter in _without_class_words(alias, question):
            for start in find_all(shorter, hay):
                if not (len(shorter) == 1 and _common_noun(found, start, alias)):
                    spans.setdefault((start, start + len(shorter)), "class_word")
    result = []
    for (start, end), rule in sorted(spans.items(), key=lambda item: (item[0][0], -item[0][1])):
        if alias.found[-1].possessive and not found[end - 1].possessive:
            continue  # Saint John is not St. John's
        end = completed(found, start, end, question)
        if not is_embedded(found, start, end, question, person, alias):
            if result and start < result[-1].end:
                continue
            result.append(Mention(start, end, rule, alias.text, alias.years))
    return result


def _joined(words: list[str], hay: list[str]) -> list[tuple[int, int]]:
    """Windows that spell the same letters with other spaces: post-punk, postpunk, post punk."""
    whole = "".join(words)
    if len(whole) < 5 or len(whole) > 60 or whole.isdigit():
        return []
    result = []
    for i, word in enumerate(hay):
        if not whole.startswith(word):
            continue
        text, j = word, i + 1
        while len(text) < len(whole) and j < len(hay) and j - i <= len(words) + 2 and whole.startswith(text + hay[j]):
            text, j = text + hay[j], j + 1
        if text == whole:
            result.append((i, j))
    return result


def _phrases(alias: Alias, found: list[Token]) -> list[tuple[int, int]]:
    """Windows that say the gold's content words in its order, in other forms: pumping blood, pumps blood."""
    wanted = [root(t.norm) for t in alias.found if t.norm not in STOP]
    single = len(wanted) == 1 and len(alias.found) > 1 and len(wanted[0]) > 4
    if not (2 <= len(wanted) <= 6 or single) or any(
        (t.cap and not t.first) or t.norm[:1].isdigit() for t in alias.found
    ):
        return []
    at = [k for k, t in enumerate(found) if t.norm not in STOP]
    result = []
    for i in find_all(wanted, [root(found[k].norm) for k in at]):
        first, last = at[i], at[i + len(wanted) - 1]
        if found[first].sentence == found[last].sentence and last - first < 2 * len(alias.found) + 2:
            result.append((first, last + 1))
    return result


def _without_class_words(alias: Alias, question: Question) -> list[list[str]]:
    """The gold without the class words, and without the words of the question, that it carries."""
    words = [t.norm for t in alias.found]
    result = []
    if len(words) < 2 or len(words) > 7 or any(w in ("and", "or", "not", "no") for w in words):
        return []

    def keep(shorter: list[str]) -> None:
        content = [w for w in shorter if w not in STOP and w not in DIRECTIONS]
        if (
            content
            and (shorter[-1] not in GENERIC or shorter[-1] in _MEDIA)  # Hudson River School is no river
            and shorter != words
            and not all(
                w in GENERIC or w in NATIONALITIES or len(w) < 3 or w.isdigit() or w in question.norms for w in content
            )
        ):
            result.append(shorter)

    asked = {w for w in words if stem(w) in question.stems}
    start, end = 0, len(words)
    while end - start > 1 and (
        (
            words[end - 1] in DROPPABLE
            and (
                stem(words[end - 1]) in question.stems
                or words[end - 1] in CORPORATE
                or question.kind == "place"
                or words[end - 1] in ("river", "range", "desert", "ocean")
            )
        )
        or (
            words[end - 1] in asked
            and words[end - 1] in GENERIC
            and not (words[end - 1] == "city" and words[end - 2] in _CITIES)
        )
    ):
        end -= 1
    while end - start > 1 and (
        words[start] in STOP
        or (words[start] in GENERIC and words[start] in asked)
        or (words[start] in ("mt", "river", "lake") and question.kind in ("place", "other"))
        or (words[start] in ("hms", "uss", "rms", "fc", "afc", "cf") and alias.found[start].raw.isupper())
    ):
        start += 1
    if start or end < len(words):
        keep(words[start:end])
    # words of the question around the core: "Toyota Hilux", asked about Toyota
    start, end = 0, len(words)
    while end - start > 1 and (words[end - 1] in asked or words[end - 1] in STOP):
        end -= 1
    while end - start > 1 and (words[start] in asked or words[start] in STOP):
        start += 1
    if (
        (start or end < len(words))
        and (end - start > 1 or len(words) < 3)
        and not (start and "," in alias.found[start].gap)
    ):
        keep(words[start:end])
    if (
        words[:3] == ["new", "york", "city"]
        and len(words) == 3
        and ("city" in question.norms or question.kind == "place")
        and "state" not in question.norms
    ):
        result.append(["new", "york"])
    return result


def _common_noun(found: list[Token], i: int, alias: Alias) -> bool:
    """The harbor, where the gold is Boston Harbor and the answer writes its names with capitals."""
    return not found[i].cap and any(t.cap and not t.first for t in found) and all(t.cap for t in alias.found)
