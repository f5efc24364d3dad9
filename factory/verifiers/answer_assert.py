"""Does a sentence assert what it mentions? Negation, hedges, refusals, alternatives.

Phrases are looked up in the sentence's normal form, padded with spaces, so that every check is one substring search.
"""

from __future__ import annotations

from factory.verifiers.answer_question import Question
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, HEDGES, NEGATIONS, REFUSALS

_MISBELIEF = (
    "misconception",
    "popular belief",
    "common belief",
    "myth",
    "often mistaken",
    "often confused",
    "mistakenly",
    "some people think",
    "many people think",
    "many people believe",
    "commonly believed",
    "sometimes said",
    "some sources",
    "other sources",
    "some say",
    "others say",
    "some claim",
    "it is claimed",
    "is a claim",
    "you might think",
    "one might think",
    "if you mean",
    "if you are referring",
    "if you re referring",
    "assuming you",
    "first thought",
    "1th thought",
    "initially thought",
    "originally thought",
    "was thought",
    "were thought",
)
_BREAKS = (";", ":", "(", ")")
_ADJUNCTS = frozenset(
    [
        "after",
        "before",
        "according",
        "based",
        "following",
        "unlike",
        "like",
        "despite",
        "besides",
        "contrary",
        "alongside",
        "apart",
    ]
)


def sentence_text(found: list[Token]) -> str:
    return " " + " ".join(t.norm for t in found).replace("'", "") + " "


def hedge_in(text: str, question: Question) -> str:
    """The hedge that a padded normal form holds, or ""."""
    for phrase in HEDGES:
        if f" {phrase} " in text and not all(word in question.norms for word in phrase.split()):
            if phrase == "likely" and (" most likely to " in text or " likely to " in text or " more likely " in text):
                continue
            if phrase == "disputed" and "undisputed" in text:
                continue
            return phrase
    return ""


def refusal_in(text: str) -> str:
    for phrase in REFUSALS:
        if f" {phrase} " in text:
            return phrase
    return ""


def misbelief_in(text: str) -> str:
    for phrase in _MISBELIEF:
        if f" {phrase} " in text:
            return phrase
    return ""


def without_dates(found: list[Token], start: int, end: int, first: int) -> list[Token]:
    """The sentence without what stands in brackets about a number: his PhD in 1921 (some sources say 1922)."""
    kept: list[Token] = []
    k = start
    while k < end:
        close = (
            next((j for j in range(k + 1, min(end, k + 12)) if ")" in found[j].gap), k) if "(" in found[k].gap else k
        )
        inside = found[k:close]
        if (
            inside
            and not k <= first < close
            and any(t.raw[:1].isdigit() for t in inside)
            and not found[first].raw[:1].isdigit()
        ):
            k = close
            continue
        kept.append(found[k])
        k += 1
    return kept


def in_opening_adjunct(found: list[Token], first: int, question: Question) -> bool:
    """After X, the post went to Y; according to X, it was Y: what opens the sentence before its comma is no claim."""
    k = first
    while k > 0 and found[k - 1].sentence == found[first].sentence and first - k < 12:
        if "," in found[k].gap:
            return False
        k -= 1
    if any(t.norm in ("it", "he", "she", "they", "there") for t in found[k:first]):
        return False  # despite its name it went on
    return found[k].norm in _ADJUNCTS and k < first and found[k].norm not in question.norms


def is_negated(found: list[Token], start: int, end: int) -> bool:
    """True when a negation reaches the span [start, end). `found` is the sentence, or the whole short answer."""
    # backwards: not X; is not the X; never was X; but a clause that ended, and "not only X", do not count
    for steps, i in enumerate(range(start - 1, max(-1, start - 12), -1)):
        token, following = found[i], found[i + 1]
        if token.sentence != found[start].sentence:
            break
        if token.norm in ("but", "although", "though", "while", "whereas", "because", "however", "actually") or any(
            mark in following.gap for mark in _BREAKS
        ):
            break
        # "not London, Paris" denies nothing of Paris; "not, as many think, Paris" does
        aside = any(found[k].norm in NEGATIONS and "," in found[k + 1].gap for k in range(max(0, i - 6), i))
        if "," in following.gap and steps >= 1 and following.norm != "or" and not aside:
            break
        if is_negation(found, i):
            return True
    # forwards: X is not, X was never, X did not, X isn't
    for i in range(end, min(end + 3, len(found))):
        token = found[i]
        if token.sentence != found[end - 1].sentence or (token.gap.strip() not in ("", "the", ")", '"', '")', "'")):
            break
        if is_negation(found, i):
            return (
                token.norm not in ("rather", "instead", "unlike", "without", "except", "never")
                and found[i - 1].norm != "if"
            ) or (token.norm == "never" and found[i - 1].norm in COPULAS)
        if token.norm not in COPULAS and token.norm not in (
            "did",
            "does",
            "do",
            "has",
            "have",
            "had",
            "would",
            "could",
            "can",
            "will",
        ):
            break
    return False


def is_negation(found: list[Token], i: int) -> bool:
    token = found[i]
    if token.norm not in NEGATIONS:
        return False
    following = found[i + 1].norm if i + 1 < len(found) else ""
    if token.norm == "not" and following in ("only", "just", "merely", "to", "surprisingly") and not found[i + 1].cap:
        return False
    if token.norm == "no" and (
        (token.cap and token.first) or following in ("1", "longer", "doubt", "other") or following.isdigit()
    ):
        return False
    return not (token.norm == "false" and token.cap and not token.first)


def is_alternative(
    found: list[Token], start: int, end: int, question: Question, named: frozenset[int] = frozenset()
) -> bool:
    """True when "or" joins the span to something else: Paris or London, either Paris."""
    if "or" in question.norms:
        beside = {found[k].norm for k in (start - 1, end) if 0 <= k < len(found)}
        return bool(beside & {"or", "nor", "either"})
    if (end + 1 in named and found[end].norm == "or") or (start - 2 in named and found[start - 1].norm == "or"):
        return False  # two of the gold's own names
    after = found[end] if end < len(found) else None
    if (
        after is not None
        and after.norm in ("or", "nor")
        and "(" not in after.gap
        and after.sentence == found[end - 1].sentence
    ):
        following = [t.norm for t in found[end + 1 : end + 4]]
        if "," in after.gap and not found[end - 1].cap and end + 1 < len(found) and not found[end + 1].cap:
            return False  # humidity, or the amount of vapour
        return not (
            following[:1] in (["simply"], ["just"], ["commonly"], ["the"])
            or "known" in following
            or "more" in following[:1]
        )
    before = found[start - 1] if start else None
    if before is not None and before.norm in ("or", "nor", "either") and before.sentence == found[start].sentence:
        return "(" not in before.gap
    if end in named and found[end].gap.strip() == "/":
        return False
    slash = (len(found) <= 16 and after is not None and after.gap.strip() == "/") or found[start].gap.strip() == "/"
    return bool(slash)
