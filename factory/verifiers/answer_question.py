"""What a question asks for: a person, a place, a date, a number, yes or no, one of two options, several items."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import itertools
from typing import NamedTuple

from factory.verifiers.answer_asked import dates_relation, is_nested, is_present, relation
from factory.verifiers.answer_clean import clean
from factory.verifiers.answer_stems import root, stem
from factory.verifiers.answer_text import Token, tokens
from factory.verifiers.answer_words import COPULAS, STOP


class Question(NamedTuple):
    kind: str
    """`person`, `place`, `date`, `number`, `yesno`, `other`."""
    raws: frozenset[str]
    """The words as written, in lower case."""
    norms: frozenset[str]
    stems: frozenset[str]
    roots: frozenset[str]
    """Rough stems of the content words: what an answering sentence speaks of."""
    years: frozenset[int]
    dated: frozenset[int]
    """The years of what is asked, without those of a name or of what the question describes: the bridge built in 1812."""
    counted: str
    """Stem of the thing that `how many` counts; "" otherwise."""
    many: bool
    """The question asks for several items."""
    choice: bool
    """The question names the options itself: "A or B"."""
    year_is_enough: bool
    measure: bool
    """How long, how tall, how much: a number with a unit."""
    subject_verb: str
    """Root of the verb in "who <verb> ...", where the answer is its subject; "" otherwise."""
    copular: bool
    """What is X, who was X: the answer stands beside a form of "be"."""
    head: str
    """Root of the first content word after the question word."""
    action: str
    """Root of the last content word: what happened, in a question for a date."""
    done: frozenset[str]
    asked: frozenset[str]
    """Roots of the relation that is asked for, the verb and the nouns; empty where the question's shape does not tell."""
    object_asked: bool
    """Did she win which prize, where was it opened: who does it is not asked."""
    present: bool
    """It asks for how things are today."""
    nested: bool
    """The question describes what it asks about."""
    once: frozenset[str]
    """Its words with a capital that stand in it only once: a surname among them tells its options apart."""
    compared: tuple[str, str]
    """Is A longer than B: the last words of A and of B; ("", "") where nothing is compared."""
    initials: frozenset[str]
    """Initials of three and more of its content words in a row: the short name of what it speaks of."""


_PLACES = frozenset(
    """
        city country state county town village place location birthplace hometown headquarters province region district continent capital where river
        ocean sea mountain island street stadium venue
    """.split()
)
_DATES = frozenset("year date day month decade century when era time".split())
_PERSONS = frozenset(
    """
        who whom whose person actor actress singer president king queen author writer director composer player coach
        scientist artist painter founder inventor character poet novelist leader man woman emperor pope musician
        politician architect footballer golfer rapper philosopher astronaut explorer athlete songwriter model
        novelist comedian star revolutionary astronomer physicist wrestler driver boxer admiral rapper playwright
        philosopher mathematician biologist chemist economist architect dancer guitarist drummer bassist vocalist
        mvp presenter host journalist activist lawyer judge senator governor mayor chancellor minister duke prince
        princess saint general soldier businessman businesswoman entrepreneur billionaire ceo filmmaker screenwriter
        choreographer designer chef
    """.split()
)
_HELD = _PLACES | _PERSONS
_HEADS = _DATES | _HELD
_STOPPERS = frozenset(
    "of in that is was are were by for from to on at with did does do has have had who whose which".split()
)
_MEASURES = frozenset("long tall high far deep old big large much heavy fast wide often hot cold".split())
_PAST = frozenset(
    """
        wrote sang won shot beat led fought bought sold built made found took gave drew flew threw hit ran began
    """.split()
)
_AUXILIARIES = frozenset("is are was were do does did has have had can could will would should am".split())
_WH = frozenset("who whom whose what when where which why how".split())


def read(question: str) -> Question:
    found = tokens(clean(question[:6_000]))
    words = [t.norm for t in found]
    content = [w for w in words if w not in STOP]
    stems = frozenset(stem(w) for w in words if w not in STOP)
    kind, counted, measure, year_is_enough = "other", "", False, False
    many = False
    first_wh = next((i for i, w in enumerate(words) if w in _WH), None)
    choice = _is_choice(words)
    if first_wh is None and words and words[0] in _AUXILIARIES:
        kind = "yesno" if not choice else "other"
    for i, word in enumerate(words):
        if kind != "other" or word not in _WH:
            continue
        following = words[i + 1 : i + 8]
        if word == "who" or word in ("whom", "whose"):
            if word == "whose" or i <= 2 or not any(w in ("which", "what", "where", "when", "how") for w in words):
                kind = "person" if word != "whose" else "other"
        elif word == "when":
            kind = "date" if not (i > 3 and any(w in ("which", "what", "who", "where", "how") for w in words)) else kind
        elif word == "where":
            kind = "place"
        elif word == "how" and following:
            if following[0] == "many":
                kind = "number"
                counted = next(
                    (
                        stem(w)
                        for w in following[1:]
                        if w not in STOP and w not in ("more", "different", "total", "other", "new")
                    ),
                    "",
                )
            elif following[0] in _MEASURES:
                kind, measure = "number", True
        elif word in ("what", "which"):
            kind, year_is_enough = _kind_of_what(words, i, following, kind, year_is_enough)
            many = many or _asks_for_many(following)
    if "day" in words or "date" in words or "month" in words:
        year_is_enough = False
    elif (
        any(w in ("year", "years") for w in content)
        and kind in ("date", "other")
        and _phrase(words, ("what", "year"), ("which", "year"), ("year", "did"), ("year", "was"), ("year", "is"))
    ):
        kind, year_is_enough = "date", True
    if kind == "other" and ("surname" in words or _phrase(words, ("last", "name"), ("real", "name"), ("birth", "name"))):
        kind = "person"
    if kind == "other" and any(
        w in words[:6]
        for w in (
            "length",
            "height",
            "width",
            "depth",
            "weight",
            "distance",
            "area",
            "temperature",
            "speed",
            "cost",
            "price",
        )
    ):
        kind, measure = "number", True
    if kind == "other" and _phrase(
        words,
        ("what", "number"),
        ("what", "percent"),
        ("what", "percentage"),
        ("number", "of"),
        ("population", "of"),
        ("what", "age"),
    ):
        kind, measure = "number", True
    years = frozenset(int(w) for w in words if w.isdigit() and len(w) == 4 and 1000 <= int(w) <= 2100)
    done, asked = relation(found)
    dated = frozenset(year for year in years if dates_relation(found, str(year), done | asked))
    subject_verb = ""
    if (
        words[:1] == ["who"]
        and len(words) > 2
        and words[1] not in STOP
        and (words[1].endswith(("s", "ed")) or root(words[1]) != words[1] or words[1] in _PAST)
    ):
        subject_verb = root(words[1])
    copular = first_wh is not None and any(w in COPULAS for w in words[first_wh + 1 : first_wh + 6])
    head = next((root(w) for w in words[(first_wh if first_wh is not None else -1) + 1 :] if w not in STOP), "")
    action = next((root(w) for w in reversed(content) if not w.isdigit()), "")
    return Question(
        kind,
        frozenset(t.raw.casefold() for t in found),
        frozenset(words),
        stems,
        frozenset(root(w) for w in content),
        years,
        dated,
        counted,
        many or _phrase(words, ("name", "2"), ("name", "3"), ("name", "all"), ("list", "of")),
        choice,
        year_is_enough,
        measure,
        subject_verb,
        copular,
        head,
        action,
        done,
        asked,
        first_wh is not None
        and (words[first_wh] == "where" or bool({"did", "does", "do"} & set(words[first_wh + 1 : first_wh + 5]))),
        not dated and is_present(found),
        is_nested(found),
        frozenset(t.norm for t in found if t.cap and words.count(t.norm) == 1),
        _compared(found),
        _initials(content),
    )


def _compared(found: list[Token]) -> tuple[str, str]:
    at = next((k for k, t in enumerate(found) if t.norm == "than"), 0)
    before = next((found[k].norm for k in range(at - 1, 0, -1) if found[k].cap), "")
    after = next((k for k in range(at + 1, len(found)) if found[k].cap), 0)
    while after and after + 1 < len(found) and found[after + 1].cap:
        after += 1
    return (before, found[after].norm) if at and before and after else ("", "")


def _initials(content: list[str]) -> frozenset[str]:
    letters = "".join(word[0] for word in content[:40])
    return frozenset(letters[i : i + n] for n in range(3, 9) for i in range(len(letters) - n + 1))


def _kind_of_what(words: list[str], i: int, following: list[str], kind: str, year_is_enough: bool) -> tuple[str, bool]:
    head = next((w for w in following if w in _HEADS or stem(w) in _HELD), "")
    if following[:1] == ["year"] or following[:2] == ["is", "year"]:
        return "date", True
    if head in _DATES and following.index(head) <= 2 and head not in ("day", "time", "era"):
        return "date", year_is_enough
    if head in ("percentage", "number", "population"):
        return "number", year_is_enough
    if head and (head in _PLACES or stem(head) in _PLACES) and following.index(head) <= 2:
        return "place", year_is_enough
    until = next((k for k, w in enumerate(following) if w in _STOPPERS and k), len(following))
    if (
        any(w in _PERSONS or stem(w) in _PERSONS for w in following[:until])
        and "name" not in following[:1]
        and following[until - 1 : until] not in (["state"], ["team"])
    ):
        return "person", year_is_enough
    return kind, year_is_enough


def _asks_for_many(following: list[str]) -> bool:
    """which two cities; what are the names; which countries."""
    if not following:
        return False
    if following[0].isdigit() and int(following[0][:6]) > 1:
        return True
    if (
        following[0] in ("are", "were")
        and len(following) > 1
        and following[1].endswith("s")
        and not following[1].endswith("ss")
    ):
        return True
    head = following[0] if following[0] not in STOP else ""
    return (
        len(head) > 4
        and head.endswith("s")
        and not head.endswith(("ss", "us", "is"))
        and head not in ("series", "species", "sports", "always")
    )


def _is_choice(words: list[str]) -> bool:
    if "or" not in words:
        return False
    if any(
        w in words
        for w in (
            "which",
            "who",
            "what",
            "whose",
            "more",
            "first",
            "older",
            "younger",
            "larger",
            "earlier",
            "between",
            "taller",
            "longer",
            "closer",
            "higher",
            "bigger",
            "later",
            "better",
        )
    ):
        return True
    return "both" not in words and words[0] in _AUXILIARIES


def _phrase(words: list[str], *phrases: tuple[str, ...]) -> bool:
    pairs = set(itertools.pairwise(words))
    return any(phrase in pairs for phrase in phrases)


def is_echo(part: list[Token], question: Question) -> bool:
    """True when every content word of `part` stands in the question."""
    content = [t for t in part if t.norm not in STOP]
    return bool(content) and all(t.norm in question.norms or stem(t.norm) in question.stems for t in content)
