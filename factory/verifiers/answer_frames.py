"""Words around a name that take it out of the asked slot, though its sentence denies nothing.

Apart in space or order (west of X, before X), another's relation (a pupil of X, married to X), offered and not taken,
planned, conditional, past, doubted by the text itself, another rank (the deputy X). A word of the question never counts:
asked whom she married, "married to X" is the answer.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers import answer_bounds
from factory.verifiers.answer_clauses import clause_of
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_unreal import (
    NOT_CHOSEN,
    doubted,
    is_asked,
    is_declined,
    is_past,
    is_replaced,
    outdated,
    unreal,
)
from factory.verifiers.answer_words import COPULAS, DIRECTIONS, GENERIC, MONTHS, NATIONALITIES, STOP, TITLES

_APART = tuple(
    """
        outside|outside of|beyond|near|near to|close to|next to|adjacent to|bordering|across from|opposite|away from|
        far from|not far from|border from|border with|short of|suburb of|suburbs of|outskirts of|between|km from|
        kilometer from|kilometers from|mile from|miles from|hour from|hours from|hour s drive from|minutes from|
        road to|way to|route to|direction of|edge of|foot of|view of|sight of|vicinity of|environs of|off|
        alongside|beside|besides|like|unlike|despite|versus|vs|excluding|except|except for|apart from|aside from|
        in place of|stead of|loanwords from|
        before|after|prior to|ahead of|followed by|preceded by|behind|overtaken by|succeeded by|replaced by|
        contrast to|opposed to|different from|other than|rather than|instead of|compared to|compared with|
        similar to|lost to|lost out to|defeated by|beaten by|ruled out|against|
        married to|engaged to|related to|reported to|reporting to|reports to|answered to|subordinate to|
        trained by|taught by|tutored by|mentored by|inspired by|influenced by|supported by|endorsed by|raised by|
        sponsored by|advised by|commissioned by|admired by|support of|help of|footsteps of|behalf of|manner of|
        named after|named for|model for|models for|dedicated to|leased from|bought from|rented from|taken over by|
        acquired by|absorbed by|sold to|offered to|turned to|proposed to|gave up|given up|formerly of|previously of|
        late of|formerly|previously|originally|initially|once|considered|approached|asked|invited|interviewed|sounded out|nominated|favored|wanted|hoped for|
        bid by|contrary to|survived|married|taught|trained|mentored|advised|inspired|preceded|succeeded|replaced|
        left|quit|resigned from|rejected|refused|declined|avoided|skipped|missed|abandoned|dropped|
        defeated|portrayed by|wrongly named|wrongly called
    """.replace("\n", " ").split("|")
)
"""Phrases right before the span."""

_RELATIONS = frozenset(
    """
        son sons daughter daughters brother brothers sister sisters twin wife husband widow widower spouse father mother
        parent parents cousin nephew niece uncle aunt grandson granddaughter grandfather grandmother stepson
        stepdaughter stepbrother stepsister half-brother heir descendant ancestor friend lover partner companion
        colleague contemporary rival opponent enemy critic admirer supporter follower ally student pupil disciple
        apprentice protege teacher tutor mentor advisor adviser trainer deputy assistant aide secretary successor
        predecessor boss superior subordinate biographer translator fan namesake neighbor sequel prequel remake cover
        adaptation parody imitation copy
    """.split()
)

_KIN = frozenset(
    """
        son daughter brother sister wife husband father mother cousin nephew niece uncle aunt grandson granddaughter
        grandfather grandmother stepfather stepmother
    """.split()
)

_SPOKEN = {"mother": "mom", "father": "dad"}

_TOWARDS = frozenset("for to at by with as".split())

_RISEN = frozenset("became become becoming succeeded assumed took sworn promoted elected appointed".split())
"""Behind a rank they give the higher one: Vice President X became president."""

_RANKS = frozenset(
    """
        former deputy vice assistant acting interim lieutenant lt ex associate junior shadow honorary outgoing
        incoming would-be
    """.split()
)
_AIDES = frozenset("assistant deputy aide vice understudy second-in-command lieutenant".split())


def unclaimed(
    found: list[Token],
    start: int,
    end: int,
    first: int,
    last: int,
    question: Question,
    named: frozenset[int],
    typed: bool,
) -> str:
    """What takes the span [first, last) of the sentence [start, end) out of the asked slot, or ""."""
    if reason := answer_bounds.other_edition(found, start, end, first, last, question):
        return reason
    if _opposite(found, start, end, first, last, question):
        return "opposite"
    left = _left(found, start, first, named)
    if len(left) > 1 and left[-2] in NOT_CHOSEN and left[-1] in _TOWARDS and not is_asked(left[-2], question):
        return "not_taken"
    if _kin_subject(found, start, first, question):
        return "other_kin"
    if typed and question.kind == "number" and outdated(found, start, end, first, last, question):
        return "outdated"
    if typed:
        return answer_bounds.bounded(found, start, end, first, last, question) or unreal(
            found, start, end, first, last, question
        )
    for check in (_apart, _related):
        if reason := check(left, question):
            return reason
    if left and left[-1] == "from" and last < end and found[last].norm == "to" and "from" not in question.norms:
        return "moved"
    if not question.years and is_replaced(found, end, last):
        return "outdated"
    if last + 1 < end and found[last].norm == "of" and found[last + 1].possessive:
        return "related"
    if _gapped(found, start, end, first, last, question):
        return "gapped"
    if _other_superlative(found, end, first, question):
        return "other_superlative"
    if is_declined(found, end, last, question):
        return "not_taken"
    if _contrasted(found, end, last, question, named):
        return "contrasted"
    if _other_kin(found, start, end, first, last, question):
        return "other_kin"
    return (
        unreal(found, start, end, first, last, question)
        or doubted(found, start, end, first, last, question)
        or outdated(found, start, end, first, last, question)
        or _other_rank(found, start, end, first, last, question)
    )


def _left(found: list[Token], start: int, first: int, named: frozenset[int]) -> list[str]:
    """The words of the span's own phrase before it, without titles, class words and origins next to it."""
    words: list[str] = []
    k = first - 1
    while k >= start and k in named:
        k -= 1  # the gold's own fuller name
    while k >= start and len(words) < 8 and not set(found[k + 1].gap) & set(",;:("):
        words.insert(0, found[k].norm)
        k -= 1
    while (
        words
        and words[-1] in TITLES | GENERIC | NATIONALITIES
        and words[-1] not in _RELATIONS
        and len(words) > 1
        and words[-2] not in TITLES
    ):
        words.pop()
    return words


def _apart(left: list[str], question: Question) -> str:
    text = " " + " ".join(left)
    for phrase in _APART:
        phrase = phrase.strip()
        if text.endswith(" " + phrase) and not is_asked(phrase, question):
            return "apart"
    directed = len(left) > 1 and left[-1] == "of" and left[-2] in DIRECTIONS and left[-2] not in question.norms
    return "apart" if directed and question.kind == "place" else ""


_INVERSE = {
    **dict.fromkeys(
        "student pupil disciple apprentice protege".split(),
        frozenset("taught teacher tutor mentor trained advisor".split()),
    ),
    **dict.fromkeys("son daughter child".split(), frozenset("father mother parent parents".split())),
}
"""Asked who taught her, "a student of X" is the answer."""


def _related(left: list[str], question: Question) -> str:
    """The brother of X, a pupil of the painter X."""
    for k in range(len(left) - 2, max(-1, len(left) - 5), -1):
        if left[k] in _RELATIONS and left[k + 1] in ("of", "to", "for"):
            told = is_asked(left[k], question) or _INVERSE.get(left[k], frozenset()) & question.norms
            return "" if told else "related"
    return ""


def _gapped(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> bool:
    """Y was the lawyer, X the actress: the verb of the clause before is meant again, with another noun."""
    parted = first > start and (bool(set(found[first].gap) & set(",;")) or found[first - 1].norm in ("and", "while"))
    if not parted or last >= end or found[last].gap.strip() != "the" or found[last].cap:
        return False
    stop = next((k for k in range(last, end) if set(found[k].gap) & set(",;")), end)
    if any(root(t.norm) in question.asked | question.done for t in found[last:stop]):
        return False
    earlier = any(t.norm in COPULAS or is_past(t) for t in found[start:first])
    return earlier and not any(t.norm in COPULAS or is_past(t) for t in found[last:stop])


def _other_superlative(found: list[Token], end: int, first: int, question: Question) -> bool:
    """X is the strongest bone, and the tibia the longest."""
    asked = {w for w in question.norms if w.endswith("est") and len(w) > 5}
    stop = next((k for k in range(first + 1, end) if set(found[k].gap) & set(",;")), end)
    mine = {t.norm for t in found[first:stop] if t.norm.endswith("est") and len(t.norm) > 5}
    return bool(asked and mine) and not asked & mine and bool(asked & {t.norm for t in found[stop:]})


def _contrasted(found: list[Token], end: int, last: int, question: Question, named: frozenset[int]) -> bool:
    """X was the favorite, but Y won: a name behind a "but" that the question does not know."""
    at = next((k for k in range(last, end) if found[k].norm in ("but", "yet", "whereas")), None)
    if at is None or found[at - 1].norm == "all":
        return False
    if at + 1 < end and found[at + 1].norm in ("he", "she", "they"):
        return False  # X led it, but he was killed in Y
    return any(
        t.cap
        and k not in named
        and t.norm not in question.norms | STOP | MONTHS.keys() | NATIONALITIES | TITLES
        and t.raw[:1].isalpha()
        for k, t in enumerate(found[at + 1 : end], at + 1)
    )


_OPPOSITES = {
    root(word): frozenset(root(w) for w in others.split())
    for word, others in (
        pair.split(":")
        for pair in (
            "died:survived injured wounded rescued|killed:survived injured wounded rescued|survived:died killed|"
            "born:died buried|opened:closed|closed:opened|began:ended finished|ended:began started|won:lost|lost:won|"
            "bought:sold|sold:bought|arrived:left|left:arrived|rose:fell|fell:rose|married:divorced"
        ).split("|")
    )
}


def _opposite(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> bool:
    """31 people survived, where the dead are counted: the clause says the opposite of the asked verb, and not the verb."""
    asked = (question.done | question.asked) & _OPPOSITES.keys()
    wrong = frozenset().union(*(_OPPOSITES.get(word, frozenset()) for word in asked))
    if not wrong - question.roots:
        return False
    c, d = clause_of(found, start, end, first, last)
    said = {root(t.norm) for t in found[c:d] if not t.cap}
    return bool(said & (wrong - question.roots)) and not said & asked


def _kin_subject(found: list[Token], start: int, first: int, question: Question) -> bool:
    """Her sister was born in X, where nobody's sister is asked."""
    for k in range(max(start, first - 8), first - 1):
        word = found[k].norm
        if (
            word in _KIN
            and not is_asked(word, question)
            and _SPOKEN.get(word) not in question.norms
            and k
            and (found[k - 1].possessive or found[k - 1].norm in ("his", "her", "their", "whose"))
        ):
            following = found[k + 1]
            return not following.cap and (following.norm in COPULAS or is_past(following)) and first > k + 2
    return False


def _other_kin(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> bool:
    """Her father played X, where the grandfather is asked and spoken of elsewhere."""
    asked = question.norms & _KIN
    if len(asked) != 1 or not asked & {t.norm for t in found}:
        return False
    c, d = clause_of(found, start, end, first, last)
    said = {t.norm for t in found[c:d]}
    return bool(said & _KIN) and not said & asked


def _other_rank(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> str:
    """The deputy director X, where the director is asked; X as his assistant."""
    if any(t.norm in _RISEN for t in found[last : min(end, last + 4)]):
        return ""
    for k in range(max(start, first - 5), first):
        if found[k].norm in _RANKS and found[k].norm not in question.norms:
            between = found[k + 1 : first]
            if any("," in t.gap for t in between):
                continue
            if any(root(t.norm) in question.roots for t in between):
                return "other_rank"
    ranks = question.norms & _RANKS
    if ranks & {t.norm for t in found}:
        c, d = clause_of(found, start, end, first, last)
        titled = any(root(t.norm) in question.asked for t in found[max(start, first - 1) : first])
        if not ranks & {t.norm for t in found[c:d]} or (
            titled and not ranks & {t.norm for t in found[max(0, first - 3) : first]}
        ):
            return "other_rank"  # vice president under President X
    behind = found[last : min(end, last + 5)]
    for k, token in enumerate(behind):
        if token.norm in _AIDES and token.norm not in question.norms:
            before = behind[k - 1].norm if k else ""
            following = found[last + k + 1 : last + k + 2]
            if behind[0].norm in ("who", "which") and not any(root(t.norm) in question.roots for t in following):
                continue  # who serves as the deputy for another thing
            if before in ("as", "its", "his", "her", "their", "a", "an") or before in COPULAS or "," in token.gap:
                return "other_rank"
    return ""
