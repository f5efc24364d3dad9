"""Names that other alphabets give several spellings in ours: Sergei Rachmaninoff and Sergey Rachmaninov, Gaddafi and Qaddafi."""

from __future__ import annotations

import re
from functools import lru_cache

_LETTERS = (
    ("tsch", "ch"), ("tch", "ch"), ("sch", "sh"), ("kh", "h"), ("gh", "g"), ("dh", "d"), ("zh", "z"), ("ph", "f"),
    ("ck", "k"), ("ks", "x"), ("oo", "u"), ("ou", "u"), ("ee", "i"), ("ei", "i"), ("ey", "i"), ("ai", "i"), ("ay", "i"),
    ("j", "i"), ("y", "i"), ("w", "v"), ("q", "k"), ("c", "k"),
)  # fmt: skip
_LEAST = 5


def same_sound(one: str, two: str) -> bool:
    """Two long words that are one name in two transliterations."""
    if one == two or min(len(one), len(two)) < _LEAST or not (one + two).isalpha():
        return False
    return _sound(one) == _sound(two)


@lru_cache(4096)
def _sound(word: str) -> str:
    if word.endswith("off"):
        word = word[:-3] + "ov"
    if word[0] == "g" and word[1:3] == "ad":
        word = "k" + word[1:]  # Gaddafi
    for letters, plain in _LETTERS:
        word = word.replace(letters, plain)
    return re.sub(r"(.)\1+", r"\1", word)
