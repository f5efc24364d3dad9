"""Numbers and dates that stand only beside what is asked: bounds, differences, growth, another year or edition."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import itertools

from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token

_BOUNDS = (
    "more than|fewer than|less than|at least|at most|over|under|nearly|almost|up to|below|above|beyond|exceeding|exceeds|"
    "exceeded|short of|better than|greater than|no fewer than|no more than|no less than|minimum of|maximum of"
).split("|")
_LOOSE = frozenset(["more than", "over", "nearly", "almost", "above", "exceeding"])
"""Bounds that writers put before a round number which they mean: over 1.5 million."""
_LIMITS = frozenset("minimum maximum least most limit lowest highest deadline".split())
_SIDES = (
    "before|after|until|till|by|prior to|later than|earlier than|no later than|since before|still open in|not before|ahead of"
).split("|")
_GREW = frozenset(
    "grew grow grown rose risen increased fell fallen dropped shrank declined decreased gained lost cut reduced up down".split()
)
_DIFFERENCES = frozenset(
    "more fewer less additional longer shorter higher lower taller larger smaller older younger faster slower greater".split()
)
_PARTS = frozenset("half twice double triple third quarter thrice".split())
_APART = frozenset("before after later earlier prior ahead behind".split())


def bounded(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> str:
    """Why the number or date [first, last) is a bound, a difference or a growth, and not the value; or ""."""
    left = " " + " ".join(t.norm for t in found[max(start, first - 3) : first])
    dated = question.kind == "date"
    if question.norms & _LIMITS:
        low = bool(question.norms & {"minimum", "least", "lowest"})
        beyond = ("under", "below", "less than", "fewer than") if low else ("over", "above", "more than", "beyond")
        return "bound" if left.endswith(tuple(f" {phrase}" for phrase in beyond)) and not dated else ""
    for phrase in _SIDES if dated else _BOUNDS:
        if left.endswith(" " + phrase) and not set(phrase.split()) & question.norms:
            if not dated and phrase in _LOOSE and _round(found, first, last):
                continue
            if dated and phrase == "by" and not found[first].raw[:1].isdigit():
                continue
            return "bound"
    if dated:
        near = {t.norm for t in found[max(start, first - 5) : first]}
        return "bound" if near & {"still", "already"} - question.norms else ""
    if found[start].norm in ("of", "among") and found[start].first and start < first:
        return "part"
    stop = next((k for k in range(last + 1, min(end, last + 8)) if "," in found[k].gap), min(end, last + 8))
    behind = [t.norm for t in found[last - 1 : stop]]  # seven episodes, fewer than before
    if "than" in behind and set(behind[:4]) & _DIFFERENCES and not set(behind[:4]) & _DIFFERENCES & question.norms:
        return "difference"
    if {t.norm for t in found[max(start, first - 4) : first]} & _PARTS - question.norms:
        return "part"
    words = {t.norm for t in found[max(start, first - 8) : first]}
    if left.endswith(" by") and words & _GREW and not {root(w) for w in words & _GREW} & question.roots:
        return "growth"
    if behind[1:2] and behind[1] in ("below", "above", "beneath") and not {"sea", *question.norms} & set(behind[1:4]):
        return "difference"
    units = behind[1:4]
    if any(w in _APART for w in units) and not _APART & question.norms and question.kind == "number":
        if not question.counted and not question.measure:
            return "difference"
        if units and units[0].startswith(("year", "month", "day", "week")) and units[1:2] and units[1] in _APART:
            return "difference"
    return ""


def _round(found: list[Token], first: int, last: int) -> bool:
    """Written with a magnitude, or ending in zeros: writers say over 2,000 for 2,000."""
    digits = found[first].norm.lstrip("-")
    return any(t.norm in ("million", "billion", "thousand", "trillion") for t in found[first : last + 1]) or (
        digits.isdigit() and len(digits) > 2 and digits.endswith("00")
    )


def other_edition(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> str:
    """The span's clause speaks of another year or edition than the question's, which it does not name."""
    a, b = _clause(found, start, end, first, last)
    beside = [t for k, t in enumerate(found[a:b], a) if not first <= k < last]
    segment = _segment(found, a, b, first, last)
    asked = {w for w in question.norms if w.endswith("th") and w[:-2].isdigit()}
    said = {(t.norm, n.norm) for t, n in itertools.pairwise(segment) if t.norm.endswith("th") and t.norm[:-2].isdigit()}
    plain = {t.norm for k, t in enumerate(segment) if not (k and segment[k - 1].norm.endswith("th"))} & question.norms
    if any(o not in asked and o != "1th" and (n.endswith("est") or n in ("most", "least")) and n not in plain for o, n in said):
        return "other_edition"  # the second deepest
    nearest = next((t.norm for t in reversed(found[a:first]) if t.norm.endswith("th") and t.norm[:-2].isdigit()), "")
    if asked and nearest and nearest not in asked and any(n in question.norms for o, n in said if o == nearest):
        return "other_edition"
    nouns = {noun for _, noun in said if noun in question.norms}
    if asked and nouns and not asked & {t.norm for t in segment}:
        return "other_edition"
    if len(question.dated) != 1 or question.kind == "date":
        return ""
    (year,) = question.dated
    behind = [t for t in found[last : last + 2] if t.norm != "in"]
    if behind and len(behind[0].raw) == 4 and behind[0].norm.isdigit() and last + 1 < end:
        following = found[last + 2 : last + 3]
        if (
            1000 <= int(behind[0].norm) <= 2100
            and int(behind[0].norm) != year
            and not (following and "-" in following[0].gap)
        ):
            return "other_year"
    told = _told_years(found, last, b, question)
    years = [
        int(t.norm)
        for t in beside
        if len(t.raw) == 4 and t.norm.isdigit() and 1000 <= int(t.norm) <= 2100 and t.norm not in told
    ]
    if not years or year in years or min(years) <= year <= max(years):
        return ""
    elsewhere = str(year) in {t.norm for t in found}
    return "other_year" if elsewhere or found[first].sentence == found[0].sentence else ""


def _told_years(found: list[Token], last: int, end: int, question: Question) -> frozenset[str]:
    """X, published in 1960: years of what a participle behind the span says, and the question does not ask."""
    if last >= end or "," not in found[last].gap or not found[last].norm.endswith("ed"):
        return frozenset()
    stop = next((k for k in range(last + 1, end) if "," in found[k].gap), end)
    asked = root(found[last].norm) in question.roots
    return frozenset() if asked else frozenset(t.norm for t in found[last:stop])


def _clause(found: list[Token], start: int, end: int, first: int, last: int) -> tuple[int, int]:
    stops = ("but", "while", "whereas", "although", "though")
    a, b = first, last
    while a > start and ";" not in found[a].gap and found[a - 1].norm not in stops:
        a -= 1
    while b < end and ";" not in found[b].gap and found[b].norm not in stops:
        b += 1
    return a, b


def _segment(found: list[Token], a: int, b: int, first: int, last: int) -> list[Token]:
    """The part of the clause between the commas around the span."""
    c, d = first, last
    while c > a and "," not in found[c].gap:
        c -= 1
    while d < b and "," not in found[d].gap:
        d += 1
    return found[c:d]
