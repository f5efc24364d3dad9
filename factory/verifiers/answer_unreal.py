"""Sentences that name the gold without saying that it is so, or that it is so today: offered and not taken, planned,
conditional, doubted by the text itself, past and changed since. Words of the question never count.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import itertools

from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import IRREGULAR, root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, STOP

_DECLINED = frozenset(
    "declined refused denied withdrew rejected denies refuses declines demurred retracted disclaimed".split()
)

NOT_CHOSEN = frozenset(
    """
        nominated shortlisted rumored proposed suggested mooted approached asked invited offered favored tipped
        expected planned intended scheduled supposed meant alleged considered submitted bid applied auditioned
        contended campaigned lobbied competed
    """.split()
)

_BETWEEN = frozenset(
    """
        who which that had has have been was were is be long also initially originally 1th once at widely briefly he she
        they and but later then to eventually at 1 however
    """.split()
)

_WITHDRAWN = (
    "turned down",
    "turned it down",
    "turned them down",
    "pulled out",
    "backed out",
    "dropped out",
    "fell ill",
)

_UNREAL = (
    "would have|could have|should have|was to have|were to have|was supposed to|were supposed to|was meant to|"
    "was intended to|was going to|had planned|was planned|were planned|planned to|plan was|plans were|planned a|"
    "hoped to|tried to|attempted to|failed to|wanted to|wished to|sought to|claimed to|claims to|claiming to|intended to|"
    "threatened to|calls for|called for|urged to|prepared to|pledged to|promised to|scheduled for|proposed for|set for|"
    "shortlist for|shortlisted for|candidate for|in running for|refused to|offered to|asked to|invited to|supposed to|unable to|"
    "plan called for|plans called for|was due to|original plan|original plans|1th plans|1th plan|"
    "was to be|were to be|was to take"
).split("|")

_DRAFTS = (
    "1th draft|early draft|earlier draft|rough draft|early version|earlier version|1th version|original version|"
    "original script|original draft|working title"
).split("|")
"""They say it of the span in its own clause only: X, who presented the original version."""

_DOUBTED = (
    "according to some|legend that|a legend|apocryphal|hoax|by some accounts|some accounts|legend has it|long attributed|once attributed|formerly attributed|"
    "wrongly attributed|wrongly credited|sometimes credited|sometimes attributed|long credited|long believed|long thought|"
    "long supposed|long assumed|confused with|mistaken for|mixed up with|mistook|which is false|which is wrong|"
    "which is incorrect|which is not true|no longer|popularly believed|widely believed|often believed"
).split("|")

_TO_COME = frozenset("next will upcoming be being coming".split())

_FALSE = frozenset(
    "false wrong incorrect untrue mistaken inaccurate mistakenly erroneously wrongly incorrectly disproved".split()
)

_SOURCES = frozenset("some certain older early earlier various others 1 another".split())

_SAY = frozenset(
    """
        say says said claim claims claimed place places placed give gives gave name names named list lists listed credit
        credits credited attribute attributes attributed believe believes believed state states stated report reports
        reported think thinks hold holds maintain maintains argue argues wrote writes
    """.split()
)

_SOMETIMES = frozenset("sometimes often frequently occasionally once long wrongly".split())

_CREDITED = frozenset("ascribed attributed credited assigned".split())

_THEN = frozenset("initially originally formerly previously once long earlier traditionally".split())

_EARLY = frozenset("original originally initial initially former previous 1th early old".split())

_CHANGED = frozenset(
    """
        since now today currently nowadays later then but until replaced moved however instead eventually
        subsequently switched changed renamed rechristened
    """.split()
)


def is_asked(phrase: str, question: Question) -> bool:
    if (
        phrase in ("succeeded by", "followed by", "replaced by")
        and question.norms & {"after", "next"}
        and question.kind == "person"
    ):
        return True
    return any(word in question.norms or root(word) in question.roots for word in phrase.split() if word not in STOP)


def is_declined(found: list[Token], end: int, last: int, question: Question) -> bool:
    """X, who declined; X was shortlisted; X turned it down."""
    k = last
    while k < min(end, last + 7) and found[k].norm in _BETWEEN:
        k += 1
    if k >= end:
        return False
    word = found[k].norm
    if word in _DECLINED and not is_asked(word, question):
        return True
    if word in NOT_CHOSEN and not is_asked(word, question):
        if word == "nominated" and found[last].norm in ("who", "which"):
            return False  # played by X, who was nominated for it
        following = found[k + 1].norm if k + 1 < end else ""
        return word != "considered" or following in ("for", "but", "as", "") or "," in found[k + 1].gap
    text = " " + " ".join(t.norm for t in found[k : k + 4])
    return any(text.startswith(f" {phrase}") for phrase in _WITHDRAWN)


def is_replaced(found: list[Token], end: int, last: int) -> bool:
    """X gave way to Y."""
    words = [t.norm for t in found[last : min(end, last + 6)] if t.norm not in _BETWEEN]
    text = " ".join(words) + " "
    return text.startswith(
        ("gave way ", "replaced by ", "superseded by ", "supplanted by ", "displaced by ", "renamed ")
    )


def _clause_text(found: list[Token], start: int, end: int, first: int, last: int) -> str:
    """The span's clause, cut at semicolons and at "but", padded."""
    a, b = first, last
    while a > start and ";" not in found[a].gap and found[a - 1].norm != "but":
        a -= 1
    while b < end and ";" not in found[b].gap and found[b].norm != "but":
        b += 1
    return f" {' '.join(t.norm for t in found[a:first])} | {' '.join(t.norm for t in found[last:b])} "


def unreal(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> str:
    text = _clause_text(found, start, end, first, last)
    if question.kind == "date" and question.norms & _TO_COME and not question.norms & {"was", "were", "did"}:
        text = text.replace(" scheduled for ", " ").replace(" set for ", " ")
    if any(f" {p} " in text and not is_asked(p, question) for p in _UNREAL):
        return "unreal"
    stop = next((k for k in range(last, end) if set(found[k].gap) & set(",;")), end)
    text = _clause_text(found, start, stop, first, last)
    return "unreal" if any(f" {p} " in text and not is_asked(p, question) for p in _DRAFTS) else ""


def doubted(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> str:
    text = f" {' '.join(t.norm for t in found[start:first])} | {' '.join(t.norm for t in found[last:end])} "
    if any(f" {p} " in text and not is_asked(p, question) for p in _DOUBTED):
        return "doubted"
    if any(a.norm in _SOMETIMES and b.norm in _CREDITED for a, b in itertools.pairwise(found[start:end])):
        return "doubted"
    if any(_habit(found, k, start, question) for k in range(start, end - 1)):
        return "outdated"
    if any(t.norm in _FALSE and t.norm not in question.norms for t in found[last:end]):
        return "doubted"
    # That is wrong.
    following = [t.norm for t in found[end : end + 7] if t.sentence == found[end].sentence]
    if following[:1] and following[0] in ("that", "this", "it", "these", "both") and _FALSE & set(following):
        return "doubted"
    opening = [t.norm for t in found[start:first]]
    source = opening[:1] and opening[0] in _SOURCES and found[start].cap
    return "doubted" if source and _SAY & set(opening[1:6]) else ""


def _habit(found: list[Token], k: int, start: int, question: Question) -> bool:
    """X used to coach them; but not: a tool that is used to measure."""
    if found[k].norm != "used" or found[k + 1].norm != "to":
        return False
    if "used" in question.norms:
        return False
    return not any(t.norm in COPULAS for t in found[start:k]) or any(t.norm == "be" for t in found[k + 2 : k + 3])


def outdated(found: list[Token], start: int, end: int, first: int, last: int, question: Question) -> str:
    """X was originally so, and since then Y is; X was it until last year, where the question asks for today."""
    near = {t.norm for t in found[max(start, first - 6) : first]} | {t.norm for t in found[last : min(end, last + 3)]}
    later = {t.norm for t in found[last : last + 40] if t.sentence <= found[first].sentence + 1}
    if " at 1th " in f" {' '.join(t.norm for t in found[start:end])} " and not question.norms & _EARLY:
        return "outdated"
    then = near & _THEN - question.norms if not question.norms & _EARLY else frozenset()
    if then and (later & _CHANGED or ("once" in then and "after" in later)):
        return "outdated"
    if "1th" in near - question.norms and later & {"now", "today", "currently", "nowadays", "moved"}:
        return "outdated"
    behind = [t.norm for t in found[last : _main_end(found, end, first, last)]]
    told = found[start : last + behind.index("before")] if "before" in behind else []
    ended = "until" in behind or (any(is_past(t) for t in told) and not {"is", "are"} & {t.norm for t in told})
    if question.present and ended and not question.norms & {"before", "until"}:
        return "outdated"
    for word, later_is_out in (("until", True), ("since", False), ("from", False)):
        at = behind.index(word) + 1 if word in behind else len(behind)
        year = behind[at] if at < len(behind) else ""
        if len(year) == 4 and year.isdigit() and len(question.dated) == 1 and word not in question.norms:
            (asked,) = question.dated
            if (asked > int(year)) if later_is_out else (asked < int(year)):
                return "outdated"
    return "outdated" if "had" in near and "before" in behind and "before" not in question.norms else ""


def _main_end(found: list[Token], end: int, first: int, last: int) -> int:
    """Where the span's clause ends, if it is in the present: X is the capital of Y, which was a colony until 1975."""
    beside = [*found[max(0, first - 2) : first], *found[last : last + 1]]
    if not any(t.norm in ("is", "are") and t.sentence == found[first].sentence for t in beside):
        return end
    aside = (k for k in range(last, end) if "," in found[k].gap and found[k].norm in ("who", "which", "where", "whose"))
    return next(aside, end)


def is_past(token: Token) -> bool:
    return (
        token.norm in ("was", "were", "had") or token.norm in IRREGULAR or (token.norm.endswith("ed") and not token.cap)
    )
