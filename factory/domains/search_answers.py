"""Does a text hold the answer? Word for word, after case, accents, punctuation and spacing are evened out.

Not the judge of answers: a distractor is left out when it may give the answer away, so parts of an answer that
stand for it (what is outside its brackets, another name) count as well.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from factory.records import GroundTruth

WORDS = re.compile(r"[^\W_]+")
BRACKETED = re.compile(r"\(([^()]{1,200})\)")
OTHER_NAMES = re.compile(r"\b(?:also|better|formerly|commonly|otherwise) (?:known|called) as\b|\baka\b|\ba\.k\.a\.", re.I)
TINY = frozenset({"yes", "no", "true", "false", "none", "both", "neither", "unknown", "n a"})
MAX_FORM = 4_000


def evened(text: str) -> str:
    """Words in lower case with one space around each; accents off."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if not unicodedata.combining(char))
    return f" {' '.join(WORDS.findall(text.casefold()))} "


def forms_of(ground_truth: GroundTruth) -> tuple[str, ...]:
    return _forms((ground_truth.text, *ground_truth.aliases))


@lru_cache(maxsize=256)
def _forms(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The answer's forms, evened out; a tiny one (yes, no, a letter, two digits) stands nowhere and everywhere."""
    wanted: dict[str, None] = {}
    for text in texts:
        text = text[:MAX_FORM]
        inner = BRACKETED.findall(text)
        parts = [text, BRACKETED.sub(" ", text), *(part for part in inner if OTHER_NAMES.search(part) or is_acronym(part))]
        for piece in (piece for part in parts for piece in OTHER_NAMES.split(part)):
            form = evened(piece)
            if len(form) > 4 and form.strip() not in TINY:
                wanted[form] = None
    return tuple(wanted)


@lru_cache(maxsize=256)
def _longest(forms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(max(form.split(), key=len) for form in forms)


def is_acronym(text: str) -> bool:
    return 3 <= len(text) <= 8 and text.isalpha() and text.isupper()


def holds(text: str, forms: tuple[str, ...]) -> bool:
    """Does `text` hold one of `forms` as whole words?"""
    if not forms:
        return False
    lowered = text.casefold()
    if lowered.isascii() and not any(word in lowered for word in _longest(forms)):
        return False  # a long page is evened out only when it holds the longest word of a form
    flat = evened(text)
    return any(form in flat for form in forms)
