"""Questions of two parts, "which company built it, and when?": each part is judged by itself, and both must pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from factory.verifiers.answer_aliases import Alias
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_text import Token, find_all
from factory.verifiers.answer_words import MONTHS

MAX_GOLDS = 40
_SECOND = re.compile(
    r",?\s{1,3}and\s{1,3}(?=(?:(?:in|at|on|by|for|from|to|of|during)\s{1,3})?(?:which|what|when|where|who|whom|how)\b)",
    re.I,
)
_FIRST = re.compile(
    r"^\W{0,3}(?:(?:in|at|on|by|for|from|to|of)\s{1,3})?(?:which|what|when|where|who|whom|how(?: much| many| long)?)\b",
    re.I,
)
_WH = re.compile(r"\b(?:which|who|whom|whose|that|where|when)\b", re.I)
_GAP = re.compile(r";\s{0,3}|,\s{1,3}(?:and\s{1,3})?|\s{1,3}and\s{1,3}|\s{1,3}(?=in\s)")
_DAY = re.compile(r"(\w+)\s\d{1,2}$")


@lru_cache(maxsize=64)
def two_parts(question: str) -> tuple[str, str] | None:
    """The question for each part; one of a word or two ("and where?") takes over what the other tells."""
    one, *rest = _SECOND.split(question[:2_000].strip(" ?"))
    if len(rest) != 1 or not _FIRST.search(one):
        return None
    other = rest[0]
    asked = _WH.search(other)
    if asked and asked[0].lower() in {word.lower() for word in _WH.findall(_FIRST.sub("", one))}:
        return None  # the actor who starred in it and who won an award
    told = [_FIRST.sub("", part).strip() for part in (one, other)]
    return tuple(
        f"{part} {told[1 - k]}?" if len(told[k].split()) < 3 else f"{part}?" for k, part in enumerate((one, other))
    )  # type: ignore[return-value]


def split_gold(gold: str) -> tuple[str, str] | None:
    """The gold of each part, where only one place of the gold can part them."""
    gaps = list(_GAP.finditer(gold[:400]))
    for kind in (";", ",", ""):
        places = [gap for gap in gaps if gap[0].strip().startswith(kind) and not _in_date(gold, gap)]
        if len(places) == 1:
            one, other = gold[: places[0].start()].strip(), gold[places[0].end() :].strip()
            return (one, other) if one and other else None
        if places:
            return None
    return None


def _in_date(gold: str, gap: re.Match[str]) -> bool:
    """October 26, 2018"""
    day = _DAY.search(gold[: gap.start()])
    return bool(day and day[1].lower() in MONTHS and gold[gap.end() : gap.end() + 4].isdigit())


def decide(question: str, golds: Sequence[str], judge: Callable[[str, Sequence[str]], str]) -> Judged | None:
    """`judge` gives the outcome for one part. None where the question has one part, or no gold can be parted."""
    parts = two_parts(question)
    parted = [pair for gold in golds[:MAX_GOLDS] if (pair := split_gold(gold))] if parts else []
    if not parts or not parted:
        return None
    outcomes = [judge(part, tuple(dict.fromkeys(pair[k] for pair in parted))) for k, part in enumerate(parts)]
    outcome = "accept" if set(outcomes) == {"accept"} else "reject" if "reject" in outcomes else "undecided"
    return Judged(outcome, "parts", " | ".join(outcomes))


def is_bold(aliases: Sequence[Alias], found: list[Token]) -> bool:
    """The answer sets the part's gold in bold: an answer of several sentences marks so what answers each part."""
    words = [t.norm for t in found]
    return any(
        all(t.bold for t in found[start : start + len(alias.found)])
        for alias in aliases[:24]
        for start in find_all([t.norm for t in alias.found], words)
    )
