"""The relation that a question asks for, apart from what it tells: "capital" in "what is the capital of the province in
which the lake lies", "buried" in "in which city was the composer of the opera buried".

A claim that says it may stand behind the sentences that lead to it; a rival whose clause says it, where the gold's does
not, contradicts. An empty set where the question's shape is not one of these.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import itertools
from collections.abc import Sequence

from factory.verifiers.answer_stems import IRREGULAR, root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, GENERIC, NATIONALITIES, STOP

_WH = frozenset("who whom what which where when whose how".split())
_DO = frozenset("did does do has had have can will would".split())
_ENDS = frozenset(
    """
        of in on at to from by for with under over between into during that which who whom whose where when and or as
        before after near about against through
    """.split()
)
_RELATIVES = frozenset("that which who whom whose where when".split())
_NO_VERBS = frozenset("need seed feed speed breed weed hundred sacred shed sled".split())
_TODAY = frozenset("is are does do has".split())
_EMPTY = frozenset("name title current currently full real actual exact first last year date many much".split())


def relation(found: Sequence[Token]) -> tuple[frozenset[str], frozenset[str]]:
    """Roots of the asked relation: its verb, and its nouns."""
    asked = _relation(found)
    verb = frozenset(root(t.norm) for t in found if _verb(t)) & asked
    kinds = frozenset(
        root(t.norm) for t, n in itertools.pairwise(found) if n.cap and not t.cap and n.gap.strip() != "the"
    )
    verb |= asked & kinds if verb else frozenset()  # the film "Low Water": no noun of the relation
    return verb, asked - verb


_PARAPHRASES = {
    root(word): frozenset(root(w) for w in others.split())
    for word, others in (
        pair.split(":")
        for pair in (
            "held:place hosted|lyrics:words text|buried:rests grave interred tomb laid|occupation:worked trade profession job career|"
            "headquarters:based headquartered|manufactured:produced made built powered|source:rises springs originates|"
            "conducted:baton|advisor:supervised supervision supervisor|commanded:led headed|mother:son daughter|"
            "father:son daughter|spouse:wife husband married|wrote:penned authored|killed:died|currency:pays|"
            "attended:graduated studied alumnus|award:received|won:received awarded|designed:architect design|"
            "long:measures length|tall:height stands|high:height stands rises|deep:depth|old:age aged|heavy:weighs weight|"
            "next:succeeded followed replaced|based:lives resides living|come:published released premiered aired debuted appeared|"
            "out:published released premiered aired debuted appeared|release:premiered published aired debuted|sing:performed|music:composed composer|"
            "author:novel book memoir poem play|write:novel book memoir poem play song|architect:designed|mayor:city|birth:native hometown|founded:established set|owns:owned acquired"
        ).split("|")
    )
}


def paraphrased(part: Sequence[Token], asked: frozenset[str]) -> frozenset[str]:
    """The words of the asked relation that `part` says in other words: took place for held."""
    said = {root(t.norm) for t in part}
    return frozenset(word for word in asked if said & _PARAPHRASES.get(word, frozenset()))


def dates_relation(found: Sequence[Token], year: str, asked: frozenset[str]) -> bool:
    """The year dates the asked relation: it follows its word, or no other clause or participle stands before it."""
    at = next((k for k, t in enumerate(found) if t.norm == year), 0)
    before = [t for t in found[:at] if t.norm not in STOP]
    if at and found[at - 1].norm == "of":
        return False
    if before and root(before[-1].norm) in asked:
        return True
    if [t.cap for t in found[at + 1 : at + 3]] == [False, True] and root(found[at + 1].norm) not in asked:
        return False  # the 1960 film Psycho
    start = next((k for k, t in enumerate(found[:at]) if t.norm in _WH), at)
    rest = found[start + 1 : at]
    return not any(t.norm in _RELATIVES for t in rest) and sum(_verb(t) for t in rest) < 2


def is_present(found: Sequence[Token]) -> bool:
    """The question's first verb is in the present: it asks for how things are today."""
    first = next((t for t in found if t.norm in COPULAS | _DO or _verb(t)), None)
    return len(found) > 1 and (
        first is None or first.norm in _TODAY or (first.norm.endswith("s") and first.norm != "was")
    )


def is_nested(found: Sequence[Token]) -> bool:
    """The question describes what it asks about: the capital of the province in which the lake lies."""
    if not any(t.cap for t in found):
        return False  # written small throughout: names cannot be told
    at = next((k for k, t in enumerate(found) if t.norm in _WH), len(found))
    rest = found[at + 1 :]
    if at > 3 and any(t.norm == "of" and not found[k].cap for k, t in enumerate(found[1:3])):
        return True  # the director of X is based in what city
    if any(t.norm in _RELATIVES or (t.possessive and not t.cap) for t in rest) or sum(_verb(t) for t in rest) > 1:
        return True
    for k in range(at + 1, len(found) - 2):
        token, following = found[k], found[k + 2 : k + 3]
        described = found[k + 1]
        subject = (
            token.norm in _DO | COPULAS and k - at <= 4 and (described.norm not in GENERIC or found[k + 2].norm != "of")
        )
        if not (subject or token.norm in _ENDS) or (described.cap and described.norm not in NATIONALITIES):
            continue
        if described.norm in STOP | _ENDS or described.norm[:1].isdigit() or _verb(described):
            continue
        if following and (following[0].cap or following[0].raw[:1].isdigit()):
            continue  # the band Lowtide
        if subject and not (found[k + 2].norm in _ENDS or _verb(found[k + 2])):
            continue
        return True
    return False


def _relation(found: Sequence[Token]) -> frozenset[str]:
    words = [t.norm for t in found]
    at = next((k for k, w in enumerate(words) if w in _WH), None)
    if at is None:
        return frozenset()
    if words[at + 1 : at + 3] == ["is", "name"] or words[at + 1 : at + 3] == ["was", "name"]:
        ends = found[-1]
        if _verb(ends) and _RELATIVES.intersection(words[at + 4 :]):
            return frozenset([root(ends.norm)])
        return _phrase(found, at + 4)
    k = at + 1
    while k < len(words) and words[k] not in COPULAS and words[k] not in _DO and k - at <= 4 and not _verb(found[k]):
        if words[k] in _ENDS:
            return frozenset()
        k += 1
    if k >= len(words) and at > 2:
        verb = next((t for t in reversed(found[:at]) if _verb(t)), None)  # was made by which clockmaker
        return frozenset([root(verb.norm)]) if verb is not None else frozenset()
    if k >= len(words) or k - at > 4:
        return frozenset()
    typed = [root(w) for w in words[at + 1 : k] if w not in STOP]
    if words[at] == "how":
        verb = [root(words[k])] if _verb(found[k]) else []
        return frozenset([*typed[-1:], *verb])  # how many children, how tall
    timed = bool({"year", "date", "month", "day", "century", "decade"} & set(words[at + 1 : k]))
    ends = next((t for t in reversed(found) if not (t.norm in STOP | _ENDS or t.norm[:1].isdigit())), None)
    told = ends is not None and _verb(ends) and not _RELATIVES.intersection(words[k + 1 :])
    if words[k] in _DO or (told and words[k] in COPULAS and (at or typed or words[at] in ("where", "when"))):
        return _action(found, k)
    if timed:
        return frozenset()
    if words[k] in COPULAS:
        return frozenset([] if at else typed[-1:]) | _phrase(found, k + 1)
    if words[k + 1 : k + 2] == ["as"]:
        return _phrase(found, k + 2)  # who served as minister
    return frozenset([root(words[k])]) | (
        _phrase(found, k + 1, object_of_verb=True) if any(t.cap for t in found) else frozenset()
    )


def _phrase(found: Sequence[Token], start: int, object_of_verb: bool = False) -> frozenset[str]:
    """The words up to the first preposition or relative, names and numbers left out."""
    result = set()
    for k, token in enumerate(found[start : start + 8], start + 1):
        which = token.norm in _ENDS and k < len(found) and found[k].norm in ("which", "whom")
        if object_of_verb and (token.norm in _RELATIVES or which or _verb(token)):
            return frozenset()  # signed the goalkeeper who saved
        if token.norm in _ENDS:
            break
        if token.possessive:
            result.clear()  # the architect's partner
            continue
        if token.norm not in STOP and token.norm not in _EMPTY and not token.norm[:1].isdigit() and not token.cap:
            result.add(root(token.norm))
    else:
        if object_of_verb and start + 8 >= len(found) and not any(t.cap for t in found[start:]):
            return frozenset()  # who invented the tidal clock: the clock is all the question is about
    return frozenset(result)


def _action(found: Sequence[Token], start: int) -> frozenset[str]:
    """The last verb: what was done; nothing where the question ends in a name or a noun behind "is"."""
    for token in reversed(found[start + 1 :]):
        if token.norm in STOP or token.norm in _ENDS or token.norm[:1].isdigit() or token.cap:
            continue
        fits = found[start].norm in _DO or _verb(token)
        return frozenset([root(token.norm)]) if fits else frozenset()
    return frozenset()


def _verb(token: Token) -> bool:
    word = token.norm
    return not token.cap and (
        word in IRREGULAR
        or (word.endswith("ed") and len(word) > 3 and word not in _NO_VERBS)
        or (word.endswith("s") and root(word) in _PRESENT)
    )


_PRESENT = frozenset(
    root(w) for w in "holds plays sings owns makes leads runs writes hosts publishes operates builds governs".split()
)
