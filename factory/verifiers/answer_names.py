"""Where an answer names the gold: the same words, the same words in another number, or another form of one name.

Names of people may lose or gain middle names, initials, titles and nicknames; a surname alone stands for the full name
where the question asks for a person. Class words and words of the question may be left out ("Karakoram mountain range",
asked for a mountain range). A name inside a larger name ("Washington" in "Washington University") is no mention.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_text import Token, find_all, stem
from factory.verifiers.answer_words import (
    DIRECTIONS,
    GENERIC,
    MONTHS,
    NATIONALITIES,
    NICKNAMES,
    ORGANISATIONS,
    REGIONS,
    STATES,
    STOP,
    SUFFIXES,
    TITLES,
)

_CORPORATE = frozenset(
    "inc incorporated co company corp corporation limited ltd plc llc gmbh ag group fc afc cf sc".split()
)
_INSTITUTIONS = frozenset("university college school institute museum airport hospital library company band".split())
_DROPPABLE = _CORPORATE | frozenset(
    """
        mt mountain mountains river range ocean desert lake language alphabet film movie novel series railway
        islands peninsula virus
    """.split()
)
_CITIES = frozenset(
    """
        york kansas mexico lake oklahoma panama guatemala kuwait vatican jersey quebec atlantic iowa dodge carson
    """.split()
)
"""Names that mean another place without "City"."""
_GIVEN_NAMES = frozenset(name for group in NICKNAMES for name in group)
_TEAMS = frozenset("team teams club franchise bowl nba nfl mlb nhl pennant".split())
_PARTICLES = frozenset("de la van von der den del della di da du le al el bin ibn ben st mac ter ten".split())
_OPENERS = frozenset(
    """
        however additionally according based while during after before although though since because moreover
        furthermore therefore thus hence overall finally later today currently originally initially according
        despite once if yes no well sure certainly great good thank thanks hello hi please note both many several
        some most other another one two there here let let's okay ok sorry unfortunately actually regarding
        specifically interestingly historically traditionally generally typically usually known born among between
        like unlike through throughout within without upon until another each every all this that these those
        following given as so then now meanwhile eventually instead also it's here's there's
    """.split()
)
# First and last names that two famous people share: middle names decide.
_CONFUSED = frozenset(
    (
        "john adams|george bush|michael jordan|paul anderson|james jones|john jones|robert downey|john rockefeller|"
        "oliver holmes|william harrison|thomas wolfe|martin king|henry cabot|john kerry|vanessa williams|"
        "steve mcqueen|david lynch"
    ).split("|")
)


class Mention(NamedTuple):
    start: int
    end: int
    """Half-open range of tokens."""
    rule: str
    alias: str
    years: frozenset[int] = frozenset()


def is_person_name(alias: Alias, question: Question) -> bool:
    """Two to five words, none of them a class word; lower-case golds only where the question asks for a person."""
    words = [t.norm for t in alias.found]
    if not 2 <= len(words) <= 6 or any(not w.isalpha() and w not in ("2", "3", "4") for w in words):
        return False
    if any(
        w in GENERIC - {"brand", "prince", "star", "gas"}
        or w in ORGANISATIONS
        or w in ("of", "and", "or", "in", "at", "for", "to", "on")
        for w in words
    ):
        return False
    if (
        words[-1] in TITLES
        or " ".join(words) in REGIONS
        or words[0] in ("new", "los", "las", "san", "santa", "fort", "port")
    ):
        return False
    if question.kind == "person":
        return True
    if question.kind in ("place", "date", "number") or not all(t.cap or t.norm in _PARTICLES for t in alias.found):
        return False
    return question.choice or core(alias.found)[0] in _GIVEN_NAMES


def core(found: list[Token] | tuple[Token, ...]) -> list[str]:
    """Name words without titles in front and suffixes behind."""
    words = [t.norm for t in found]
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in SUFFIXES:
        words = words[:-1]
    return words


def same_given_name(one: str, two: str) -> bool:
    if one == two:
        return True
    if len(one) == 1 or len(two) == 1:
        return one[0] == two[0]
    if 2 <= min(len(one), len(two)) <= 3 and (_vowelless(one) or _vowelless(two)):  # JK Rowling
        return one[0] == two[0]
    return any(one in group and two in group for group in NICKNAMES)


def near_spelling(one: str, two: str) -> bool:
    """One letter more, less, other or swapped, in words of six letters or more that begin alike."""
    if (
        one == two
        or min(len(one), len(two)) < 6
        or abs(len(one) - len(two)) > 1
        or one[0] != two[0]
        or not (one + two).isalpha()
    ):
        return False
    i = 0
    while i < min(len(one), len(two)) and one[i] == two[i]:
        i += 1
    if len(one) == len(two):
        return one[i + 1 :] == two[i + 1 :] or (one[i : i + 2] == two[i : i + 2][::-1] and one[i + 2 :] == two[i + 2 :])
    shorter, longer = sorted((one, two), key=len)
    return shorter[i:] == longer[i + 1 :]


def _vowelless(word: str) -> bool:
    return len(word) <= 3 and not any(c in "aeiouy" for c in word[1:])


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
    for start, end in _joined(words, hay):
        spans.setdefault((start, end), "joined")
    if person:
        for start, end, rule in _person(alias, found, question):
            spans.setdefault((start, end), rule)
        for shorter in _without_class_words(alias, question):
            if len(shorter) > 1:
                for start in find_all(shorter, hay):
                    spans.setdefault((start, start + len(shorter)), "class_word")
    else:
        stripped = core(alias.found)
        if (
            stripped != words
            and any(w not in STOP and w not in GENERIC for w in stripped)
            and all(t.cap for t in alias.found)
        ):
            for start in find_all(stripped, hay):
                spans.setdefault((start, start + len(stripped)), "title")
        for shorter in _without_class_words(alias, question):
            for start in find_all(shorter, hay):
                spans.setdefault((start, start + len(shorter)), "class_word")
    result = []
    for (start, end), rule in sorted(spans.items(), key=lambda item: (item[0][0], -item[0][1])):
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


def _person(alias: Alias, found: list[Token], question: Question) -> list[tuple[int, int, str]]:
    words = core(alias.found)
    if len(words) < 2:
        single = [i for i, t in enumerate(found) if t.norm == words[0]]
        return [(i, i + 1, "title") for i in single] if len(words[0]) > 3 else []
    ordinal = words.pop() if words[-1] in ("2", "3", "4") and len(words) > 2 else ""
    first, last, middle = words[0], words[-1], [w for w in words[1:-1] if w not in _PARTICLES]
    result = []
    for i, token in enumerate(found):
        if token.norm != last and not (
            near_spelling(token.norm, last) and i and same_given_name(first, found[i - 1].norm)
        ):
            continue
        given = _given_names(found, i)
        end = i + 1
        suffix = found[end].norm if end < len(found) and found[end].gap.strip(" ,") == "" else ""
        if suffix in ("jr", "sr", "2", "3", "4"):
            gold_suffix = ordinal or next((t.norm for t in alias.found if t.norm in ("jr", "sr")), "")
            if gold_suffix != suffix and (gold_suffix or suffix == "sr" or not suffix.isalpha()):
                continue
            end += 1
        elif ordinal:
            continue
        for k in range(len(given)):
            names = [found[g].norm for g in given[k:]]
            if same_given_name(first, names[0]) or (
                question.kind == "person"
                and len(names) == 1
                and len(names[0]) > 2
                and names[0] in middle
                and names[0] not in question.norms
            ):
                between = [n for n in names[1:] if n not in _PARTICLES]
                if _middles_agree(middle, between, first, last):
                    result.append((given[k], end, "name_variant"))
                    break
        else:
            if (
                not given
                and question.kind == "person"
                and len(last) > 3
                and last not in question.norms
                and last not in GENERIC
                and last not in MONTHS
            ):
                previous = found[i - 1] if i else None
                if (
                    last in REGIONS
                    and previous is not None
                    and previous.norm in ("in", "at", "from", "near", "to", "of")
                ):
                    continue
                if (
                    previous is None
                    or not previous.cap
                    or token.gap.strip()
                    or previous.norm in TITLES
                    or previous.norm in NATIONALITIES
                    or previous.norm in question.norms
                    or (previous.first and previous.norm in STOP)
                ) and (alias.found[-1].norm == last or suffix):
                    result.append((i, end, "surname"))
    return result


def _given_names(found: list[Token], last: int) -> list[int]:
    """Indices of the up to four names that stand right before a surname."""
    result: list[int] = []
    i = last - 1
    spell_case = found[last].cap
    while (
        i >= 0
        and len(result) < 4
        and found[i + 1].gap.strip(" .\"'()-") == ""
        and "." not in found[i + 1].gap.replace(". ", "", 1 if len(found[i].norm) <= 2 else 0)
    ):
        token = found[i]
        if token.norm in _PARTICLES:
            pass
        elif (
            not token.norm.isalpha()
            or (spell_case and not token.cap)
            or token.norm in STOP
            or token.norm in TITLES
            or token.possessive
            or (token.first and token.norm in _OPENERS)
        ):
            break
        result.insert(0, i)
        i -= 1
    return [k for k in result if found[k].norm not in _PARTICLES]


def _middles_agree(gold: list[str], other: list[str], first: str, last: str) -> bool:
    if not gold or not other:
        return f"{first} {last}" not in _CONFUSED or gold == other
    if len(gold) != len(other):
        shorter, longer = sorted((gold, other), key=len)
        return all(any(same_given_name(a, b) for b in longer) for a in shorter) and f"{first} {last}" not in _CONFUSED
    return all(same_given_name(a, b) for a, b in zip(gold, other))


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
            words[end - 1] in _DROPPABLE
            and (
                stem(words[end - 1]) in question.stems
                or words[end - 1] in _CORPORATE
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
    if start or end < len(words):
        keep(words[start:end])
    if (
        words[:3] == ["new", "york", "city"]
        and len(words) == 3
        and ("city" in question.norms or question.kind == "place")
        and "state" not in question.norms
    ):
        result.append(["new", "york"])
    return result


def is_embedded(found: list[Token], start: int, end: int, question: Question, person: bool, alias: Alias) -> bool:
    """True when the span is a part of a larger name or compound."""
    size = end - start
    last = found[end - 1]
    after = found[end] if end < len(found) else None
    before = found[start - 1] if start else None
    proper = any(t.cap for t in alias.found) or any(found[k].cap and not found[k].first for k in range(start, end))
    if after is not None and after.sentence == last.sentence and not last.possessive and after.gap in (" ", "-", ""):
        word = after.norm
        if after.cap and word in _INSTITUTIONS and word not in {t.norm for t in alias.found}:
            return True
        if (
            after.cap
            and not (
                word in STOP
                or word in question.norms
                or stem(word) in question.stems
                or word in NATIONALITIES
                or word in SUFFIXES
            )
            and not (word in _CORPORATE or (word in _DROPPABLE and size > 1 and not person))
            and not (word in ("city",) and size == 2)
        ):
            if not (proper and found[start].bold != after.bold) and not (
                word in REGIONS or (word in STATES and question.kind == "place")
            ):
                return True
        if after.gap == "-" and after.raw[:1].isalpha() and size == 1:
            return True
        if (
            word.isdigit()
            and after.raw.isdigit()
            and proper
            and after.gap == " "
            and len(word) <= 2
            and question.kind != "date"
        ):
            return True
    if (
        before is not None
        and before.sentence == found[start].sentence
        and found[start].gap in (" ", "-", "")
        and not before.possessive
    ):
        word = before.norm
        if word in NATIONALITIES and " ".join(t.norm for t in alias.found) in REGIONS:
            return True
        if (
            word in DIRECTIONS
            and word not in question.norms
            and (before.cap or found[start].gap == "-")
            and word not in ("new",)
        ) or (word == "new" and before.cap):
            return not (before.first and word in ("new", "central"))
        if found[start].gap == "-" and before.raw[:1].isalpha() and size == 1:
            return True
        if (
            before.cap
            and size == 1
            and proper
            and not person
            and not (
                word in STOP
                or word in TITLES
                or word in GENERIC
                or word in NATIONALITIES
                or word in question.norms
                or stem(word) in question.stems
                or (before.first and word in _OPENERS)
                or before.bold != found[start].bold
            )
        ):
            if found[start].norm.endswith("s") and question.norms & _TEAMS:
                return False  # Cleveland Cavaliers
            return not (question.kind == "person" and word.isalpha())
    return False
