"""Names of people: titles, middle names, initials, nicknames, suffixes, surnames alone."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_sound import same_sound
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import (
    GENERIC,
    MONTHS,
    NATIONALITIES,
    NICKNAMES,
    ORGANISATIONS,
    REGIONS,
    STOP,
    SUFFIXES,
    TITLES,
)

GIVEN_NAMES = frozenset(name for group in NICKNAMES for name in group)

_PARTICLES = frozenset("de la van von der den del della di da du le al el bin ibn st mac ter ten".split())

OPENERS = frozenset(
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
        (words[-1] in TITLES and not alias.found[-1].cap)
        or " ".join(words) in REGIONS
        or words[0] in ("new", "los", "las", "san", "santa", "fort", "port")
    ):
        return False
    if question.kind == "person":
        return True
    if question.kind in ("place", "date", "number") or not all(t.cap or t.norm in _PARTICLES for t in alias.found):
        return False
    return question.choice or core(alias.found)[0] in GIVEN_NAMES


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
    shorter, longer = sorted((one, two), key=len)
    if len(shorter) >= 4 and len(longer) >= len(shorter) + 2 and longer.startswith(shorter):
        return True  # Stan and Stanislas, but not Paul and Paula
    if same_sound(one, two) or (near_spelling(one, two) and one[-2:] == two[-2:]):
        return True  # Marcus and Markus, but not Andrew and Andrea
    return any(one in group and two in group for group in NICKNAMES)


def near_spelling(one: str, two: str, least: int = 6) -> bool:
    """One letter more, less, other or swapped, in words of `least` letters or more that begin alike."""
    if (
        one == two
        or min(len(one), len(two)) < least
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


def _bare(gap: str) -> str:
    """The gap without quotes and brackets, and without the article of a nickname in quotes: "The Rock"."""
    return (gap.replace("the", "") if '"' in gap else gap).strip(" .\"'()-")


def _vowelless(word: str) -> bool:
    return len(word) <= 3 and not any(c in "aeiouy" for c in word[1:])


def person_spans(alias: Alias, found: list[Token], question: Question) -> list[tuple[int, int, str]]:
    if any("(" in t.gap for t in alias.found):
        return []  # the brackets may hold a second person
    words = core(alias.found)
    if len(words) < 2:
        single = [i for i, t in enumerate(found) if t.norm == words[0]]
        return [(i, i + 1, "title") for i in single] if len(words[0]) > 3 else []
    ordinal = words.pop() if words[-1] in ("2", "3", "4") and len(words) > 2 else ""
    first, last, middle = words[0], words[-1], [w for w in words[1:-1] if w not in _PARTICLES]
    result = []
    for i, token in enumerate(found):
        if token.norm != last and not _is_misspelt(found, i, first, last):
            continue
        given = _given_names(found, i)
        end = i + 1
        suffix = found[end].norm if end < len(found) and found[end].gap.strip(" ,") == "" else ""
        if suffix in ("jr", "sr", "2", "3", "4"):
            gold_suffix = ordinal or next((t.norm for t in alias.found if t.norm in ("jr", "sr")), "")
            fuller = len(given) > 1 and suffix in ("2", "3")  # Michael Fred Phelps II
            if gold_suffix != suffix and (gold_suffix or suffix == "sr" or not (suffix.isalpha() or fuller)):
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
                and "the" not in alias.found[-1].gap.split()  # the Younger, the Great
                and question.kind == "person"
                and (len(last) > 3 or len(found) <= 2)
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
                ) and not ordinal:
                    result.append((i, end, "surname"))
    return result


def _is_misspelt(found: list[Token], i: int, first: str, last: str) -> bool:
    """Another spelling of the surname, behind the given name that the gold has."""
    before = next((found[k].norm for k in range(i - 1, -1, -1) if found[k].norm not in _PARTICLES), "")
    same = same_sound(found[i].norm, last) or near_spelling(found[i].norm, last)
    return same and bool(before) and same_given_name(first, before)


def _given_names(found: list[Token], last: int) -> list[int]:
    """Indices of the up to four names that stand right before a surname."""
    result: list[int] = []
    i = last - 1
    spell_case = found[last].cap
    while (
        i >= 0
        and len(result) < 4
        and _bare(found[i + 1].gap) == ""
        and "." not in found[i + 1].gap.replace(". ", "", 1 if len(found[i].norm) <= 2 else 0)
    ):
        token = found[i]
        if token.norm in _PARTICLES:
            pass
        elif (
            not token.norm.isalpha()
            or (spell_case and not token.cap)
            or (token.norm in STOP and not (len(token.raw) == 1 and token.raw.isupper()))
            or token.norm in TITLES
            or token.possessive
            or (token.first and token.norm in OPENERS)
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
    return all(same_given_name(a, b) or near_spelling(a, b, 5) for a, b in zip(gold, other))


def completed(found: list[Token], start: int, end: int, question: Question) -> int:
    """The end of a person's name that goes on behind a given name, where that was asked for: Mileva Marić."""
    if start and found[start - 1].cap and not found[start].gap.strip() and found[start - 1].norm not in TITLES | STOP:
        return end
    if end - start > 1 or not found[start].cap or not {"first", "name"} <= question.raws:
        return end
    stop = end
    while (
        stop < min(len(found), end + 5)
        and found[stop].gap == " "
        and found[stop].sentence == found[start].sentence
        and _is_name_word(found[stop])
    ):
        stop += 1
    while stop > end and found[stop - 1].norm in _PARTICLES:
        stop -= 1
    return stop


_NAMED_AFTER = frozenset("hotel airport hospital library stadium arena square".split())


def _is_name_word(token: Token) -> bool:
    word = token.norm
    known = _NAMED_AFTER | GENERIC | ORGANISATIONS | TITLES | STOP | MONTHS.keys() | NATIONALITIES | SUFFIXES
    return word in _PARTICLES or (token.cap and word.isalpha() and word not in known and not token.possessive)
