"""Forms of a gold that its question or its other aliases allow or forbid.

Umlauts and forts spelled out, a country and its people where the question asks for an origin; a team by its nickname. A
one-word alias keeps what the fuller aliases put before it.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import re
from itertools import pairwise

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_people import GIVEN_NAMES
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_text import tokens
from factory.verifiers.answer_words import (
    CITIES,
    DEMONYMS,
    GENERIC,
    NATIONALITIES,
    REGIONS,
    STATES,
    STOP,
    SUFFIXES,
    TEAM,
    TITLES,
)

ORIGIN = frozenset(
    ["nationality", "country", "origin", "citizenship", "ethnicity", "ancestry", "come", "from", "descent", "nation"]
)
_SPEECH = frozenset(["language", "languages", "speak", "spoken", "word", "words", "food", "dish", "cuisine"])
_SPELLED_OUT = frozenset(["stand", "stands", "acronym", "abbreviation", "abbreviated", "initials", "full", "name", "named", "short"])
_PARTICLES = frozenset("van von de der la le di da del al bin".split())
_STUDIES = frozenset("university college school attend attended study studied graduate graduated degree doctorate phd professor".split())
_STATE_NAMES = frozenset(STATES.values())
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_ADDRESSES = frozenset("mr mrs ms miss dr prof".split())
_SHORT_NAMES = dict(
    pair.split(":")
    for pair in (
        "los angeles:la|new york times:nyt|washington post:wapo|wall street journal:wsj|washington dc:dc|new york city:nyc|"
        "rio de janeiro:rio|san francisco:sf|las vegas:vegas|philadelphia:philly"
    ).split("|")
)
_BELIEFS = frozenset("religion religious faith belief party politics political affiliation".split())
_FOLLOWERS = {
    belief: followers.split()
    for belief, followers in (
        pair.split(":")
        for pair in (
            "islam:Muslim Muslims Islamic|muslim:Islam|buddhism:Buddhist Buddhists|hinduism:Hindu Hindus|christianity:Christian "
            "Christians|judaism:Jewish|sikhism:Sikh Sikhs|catholicism:Catholic|protestantism:Protestant|"
            "democratic party:Democrat Democrats|democratic:Democrat Democrats|republican party:Republican Republicans|"
            "conservative party:Conservative Conservatives Tory Tories|labor party:Labour|liberal party:Liberal Liberals"
        ).split("|")
    )
}
_SIGNS = {"positive": "+", "negative": "-"}
_COUNTED = frozenset("amendment season episode chapter act part volume scene round article".split())
_CODED = re.compile(r"s0?(\d{1,2})e0?(\d{1,3})")
_PEOPLE: dict[str, list[str]] = {}
for _word, _country in DEMONYMS.items():
    _PEOPLE.setdefault(_country, []).append(_word)


def with_forms(aliases: list[Alias], question: Question) -> list[Alias]:
    """`aliases` and the forms that the question allows, each one-word name with what stands before it in the fuller names."""
    forms = list(aliases)
    for alias in aliases:
        for text in _forms(alias, question):
            forms.append(Alias(text, tuple(tokens(text)), alias.years, True))
    fuller: dict[str, set[str]] = {}
    for alias in aliases:
        if len(alias.found) > 1 and (alias.found[-1].cap or alias.found[0].norm in NATIONALITIES):
            fuller.setdefault(alias.found[-1].norm, set()).update(t.norm for t in alias.found[:-1])
    tails: dict[tuple[str, ...], set[str]] = {}
    for alias in aliases:
        words = [t.norm for t in alias.found]
        if "of" in words[1:]:
            at = words.index("of", 1)
            tails.setdefault(tuple(words[:at]), set()).update(words[at + 1 :])
    return [
        alias._replace(
            givens=frozenset(fuller.get(alias.found[0].norm, ()) if len(alias.found) == 1 else ()),
            tails=frozenset(tails.get(tuple(t.norm for t in alias.found), ())),
        )
        for alias in forms
    ]


def _forms(alias: Alias, question: Question) -> list[str]:
    words = [t.norm for t in alias.found]
    name = " ".join(words)
    if question.norms & _SPEECH:
        return []
    result = []
    if any(c in _UMLAUTS for c in alias.text):
        result.append("".join(_UMLAUTS.get(c, c) for c in alias.text))
    if "fort" in words:
        result.append(" ".join("Ft" if t.norm == "fort" else t.raw for t in alias.found))
    head = alias.found[0]
    common = words[0] in TITLES or words[0] in GENERIC or words[0] in GIVEN_NAMES
    if question.kind == "person" and words[1:2] in (["of"], ["da"]) and head.cap and len(words[0]) > 4 and not common:
        result.append(head.raw)  # Aristarchus of Samos
    if name in REGIONS:
        result += [word.title() for word in _PEOPLE.get(name, ())]
    if name in DEMONYMS:
        country = DEMONYMS[name]
        result += [word.title() for word in _PEOPLE[country] if word != name]
        if question.norms & ORIGIN or question.kind == "place":
            result.append(country.upper() if country in ("usa", "uk", "ussr") else country.title())
    if name == "usa":
        result.append("America")
    if question.norms & _BELIEFS and name in _FOLLOWERS:
        result += _FOLLOWERS[name]
    content = [t for t in alias.found if t.norm not in STOP | SUFFIXES]
    if len(content) >= 3 and all(t.cap and t.raw.isalpha() for t in content) and not question.norms & _SPELLED_OUT:
        initials = "".join(t.raw[0] for t in content).upper()
        if initials.lower() not in question.norms:
            result.append(initials)  # IUCN
    named = 2 <= len(words) <= 4 and all(t.cap for t in alias.found)
    if named and question.norms & TEAM and words[-1].endswith("s") and words[-1] not in question.norms | GENERIC:
        result.append(alias.found[-1].raw)  # Broncos
    whole_name = 2 <= len(words) <= 4 and all(t.cap or t.norm in _PARTICLES for t in alias.found)
    if whole_name and question.choice and words[-1] in question.once and words[0] in question.norms:
        result.append(alias.found[-1].raw)  # Beethoven or Schubert
    if len(words) == 2 and words[0] in _ADDRESSES and alias.found[1].cap and words[1] not in STOP | {"no"}:
        result.append(alias.found[1].raw)  # Mrs Hudson
    result += _numbered(words)
    if len(words) == 2 and len(words[0]) < 3 and words[1] in _SIGNS:
        result.append(alias.found[0].raw + _SIGNS[words[1]])  # O negative
    if "v" in words[1:-1]:
        result.append(" ".join("vs" if t.norm == "v" else t.raw for t in alias.found))
    if len(words) == 2 and all(w.isdigit() and len(w) < 3 for w in words) and alias.found[1].gap in ("-", "–", " - "):
        result.append(f"{words[0]} to {words[1]}")  # 7-1
    if name in _SHORT_NAMES:
        result.append(_SHORT_NAMES[name].upper())
    if words[:2] == ["university", "of"] and len(words) == 3:
        result.append(f"{alias.found[2].raw} University")  # University of Heidelberg
    if len(words) == 2 and words[1] == "university" and question.norms & _STUDIES and words[0] not in CITIES | REGIONS | _STATE_NAMES:
        result.append(head.raw)  # Harvard
    return result


def _numbered(words: list[str]) -> list[str]:
    """The 19th amendment and amendment 19; the 9th episode of the 1st season, season 1 episode 9, S01E09."""
    numbers: dict[str, str] = {}
    for one, two in pairwise([*words, ""]):
        if two in _COUNTED and one.endswith("th") and one[:-2].isdigit():
            numbers[two] = one[:-2]
        elif one in _COUNTED and two.isdigit():
            numbers[one] = two
        elif coded := _CODED.fullmatch(one):
            numbers |= {"season": coded[1], "episode": coded[2]}
    if set(words) - numbers.keys() - set(numbers.values()) - {f"{n}th" for n in numbers.values()} - STOP and not any(
        map(_CODED.fullmatch, words)
    ):
        return []
    if set(numbers) == {"season", "episode"}:
        season, episode = numbers["season"], numbers["episode"]
        return [
            f"season {season} episode {episode}",
            f"episode {episode} of season {season}",
            f"{episode}th episode of season {season}",
            f"{episode}th episode of the {season}th season",
            f"S{season}E{episode}",
            f"S{season:>02}E{episode:>02}",
        ]
    return [text for noun, n in numbers.items() for text in (f"{noun} {n}", f"{n}th {noun}")] if len(numbers) == 1 else []
