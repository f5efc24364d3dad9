"""When two cells are equal: typed cells exactly, printed ones at the precision they are printed in.

A cell becomes a key: a tuple whose first item is its class (`null`, `num`, `text`, `bool`, `hex`,
`nested`, `nan`, `inf`). Keys of different classes never match, so NULL is neither 0 nor ''.
"""

from __future__ import annotations

import functools
import json
import math
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from factory.cage.notations import end_of_unit, read_moment, read_number
from factory.cage.results import Cell, Nested, unescape_text

RELATIVE = Decimal("1e-9")
MIN_PRINTED_DECIMALS = 2
MIN_SIGNIFICANT = 2
NULL_WORDS = frozenset({"NULL", "null", "Null", "None", "<NULL>", "NaN"})
PERCENT_NAME = re.compile(r"percent|pct|%|\b100\b|\b100\.0", re.IGNORECASE)
SHARE_NAME = re.compile(r"rate|ratio|share|proportion", re.IGNORECASE)
UNIT_BEHIND = re.compile(r"[+\u2212-]?\d[\d,.]*(?= ?[A-Za-z\u00b0]{1,14}\Z)")
HEXADECIMAL = re.compile(r"(?:[xX]'([0-9a-fA-F]*)'|0x([0-9a-fA-F]*))")

Key = tuple[Any, ...]


class Printed(str):
    """A cell of an answer that was written as text: its type is what the gold column's type makes of it."""

    __slots__ = ()


def key_of(cell: Cell) -> Key:
    """The key of a typed cell. Numbers carry None: no printed precision."""
    match cell:
        case None:
            return ("null",)
        case bool():
            return ("bool", cell)
        case int():
            return ("num", Decimal(cell), None)
        case float():
            return number_key(Decimal(repr(cell)) if math.isfinite(cell) else Decimal(cell))
        case Decimal():
            return number_key(cell)
        case bytes():
            return ("hex", cell.hex())
        case Nested():
            return ("nested", str(cell))
        case str():
            return ("text", normal(cell))
    raise TypeError(type(cell).__name__)


def number_key(value: Decimal) -> Key:
    if value.is_nan():
        return ("nan",)
    if value.is_infinite():
        return ("inf", value > 0)
    return ("num", value, None)


def normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@dataclass
class Profile:
    """What a gold column holds, so that a printed cell can be read as one of its cells."""

    classes: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    percent: Literal["unit", "hundredth", ""] = ""
    """What a per cent sign behind a number says: the unit of a column of percentages, or hundredths in one of shares."""
    name: str = ""

    @classmethod
    def of(cls, keys: list[Key], name: str = "") -> Profile:
        numbers = [k[1] for k in keys if k[0] == "num"]
        percent = "unit" if PERCENT_NAME.search(name) else ""
        if numbers and not percent:
            if all(abs(n) <= 1 for n in numbers):
                percent = "hundredth" if any(n != n.to_integral_value() for n in numbers) else ""
            elif SHARE_NAME.search(name):
                percent = "unit"
        return cls({k[0] for k in keys}, {k[1] for k in keys if k[0] == "text"}, percent, name)

    @functools.cached_property
    def moments(self) -> dict[str, str]:
        """ISO day or moment -> the column's text that writes it."""
        return {moment: text for text in self.texts if (moment := read_moment(text))}

    def read(self, cell: Cell | Printed) -> Key:
        """The key of an answer's cell beside this column."""
        if not isinstance(cell, Printed):
            key = key_of(cell)
            if key[0] == "bool" and "bool" not in self.classes and "num" in self.classes:
                return ("num", Decimal(int(key[1])), None)
            if key[0] == "num" and "num" not in self.classes and "bool" in self.classes and key[1] in (0, 1):
                return ("bool", bool(key[1]))
            if key[0] == "hex" and "hex" not in self.classes and "text" in self.classes:
                return ("text", normal(cell.decode("utf-8", "replace")))  # MySQL clients hand out some text as bytes
            return key
        if cell == "NULL" and "null" in self.classes:
            return ("null",)  # the text NULL is written with a backslash
        readings = forms(cell)
        for text in readings:
            if text in self.texts:
                return ("text", text)
        if "text" in self.classes and (moment := read_moment(readings[-1])) in self.moments:
            return ("text", self.moments[moment])
        return self.read_typed(readings[-1])

    def read_number(self, text: str) -> tuple[Decimal, int] | None:
        if text.endswith("%") and self.percent:
            found = read_number(text[:-1])
            return (found[0].scaleb(-2), found[1] + 2) if found and self.percent == "hundredth" else found
        if (found := read_number(text)) is None and (digits := UNIT_BEHIND.match(text)):
            return read_number(digits[0]) if end_of_unit(text, digits.end(), self.name) == len(text) else None
        return found

    def read_typed(self, text: str) -> Key:
        if "null" in self.classes and (text in NULL_WORDS or text == ""):
            return ("null",)
        if "num" in self.classes and (found := self.read_number(text)) is not None:
            return ("num", *found)
        lowered = text.lower()
        if "bool" in self.classes and lowered in ("true", "false", "1", "0"):
            return ("bool", lowered in ("true", "1"))
        if "num" in self.classes and lowered in ("true", "false"):
            return ("num", Decimal(int(lowered == "true")), 0)
        if "hex" in self.classes and (match := HEXADECIMAL.fullmatch(text)):
            return ("hex", (match[1] or match[2] or "").lower())
        if "nan" in self.classes and lowered == "nan":
            return ("nan",)
        if "inf" in self.classes and lowered.lstrip("+-") in ("inf", "infinity"):
            return ("inf", not text.startswith("-"))
        if "nested" in self.classes:
            try:
                return ("nested", json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False))
            except (ValueError, RecursionError):
                pass
        return ("text", text)


WRAPPINGS = (("**", "**"), ("__", "__"), ("`", "`"), ('"', '"'), ("'", "'"))


def forms(cell: str) -> tuple[str, ...]:
    """What a printed cell may stand for, plainest first: as written, unescaped, without quotes or emphasis."""
    found = [normal(str(cell)), normal(cell.strip())]
    if "\\" in cell:
        found.append(normal(unescape_text(cell)))
    if "&" in cell or "<br" in cell:
        plain = re.sub(r"<br ?/?>", "\n", cell)
        for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
            plain = plain.replace(entity, character)
        found.append(normal(plain.strip()))
    bare = found[-1]
    for left, right in WRAPPINGS:
        if len(bare) > len(left) + len(right) and bare.startswith(left) and bare.endswith(right):
            bare = bare[len(left) : -len(right)]
            found.append(bare)
    return tuple(dict.fromkeys(found))


def is_exact(key: Key) -> bool:
    """A key that only an equal key matches, so that rows can be looked up by it."""
    return key[0] != "num" or (key[1] == key[1].to_integral_value() and not key[2])


def with_last_zeros(keys: list[Key]) -> list[Key]:
    """A printed column in which numbers of one decimal have two: programs print 3.6 beside 3.33 and mean 3.60."""
    if not any(k[0] == "num" and k[2] == MIN_PRINTED_DECIMALS for k in keys):
        return keys
    return [(k[0], k[1], MIN_PRINTED_DECIMALS) if k[0] == "num" and k[2] == 1 else k for k in keys]


def same_number(gold: Decimal, answer: Decimal, printed: int | None, rounded: bool = False) -> bool:
    """Whether `answer` is `gold`: to 1e-9 where both are typed; at `printed` decimals where it was written.

    A written number may have fewer decimals than the gold, but at least two (or all that the gold has)
    and two significant digits: 3.33 is 3.3333, 3 is not, and 0.00 is not 0.00123.
    """
    if gold == answer:
        return True
    difference = abs(gold - answer)
    exact = difference <= RELATIVE * max(abs(gold), abs(answer))
    if gold == gold.to_integral_value() and answer == answer.to_integral_value():
        return False
    if exact or printed is None:
        return exact
    decimals = max(0, -int(gold.normalize().as_tuple().exponent))
    if printed > decimals:
        return rounded and decimals > 0 and difference <= Decimal(5).scaleb(-decimals - 1)
    if printed == decimals or printed < min(decimals, MIN_PRINTED_DECIMALS):
        return False
    # Digits that carry the value: 37.06 has four, 0.0012 two.
    significant = answer.adjusted() + 1 + printed if answer else 0
    if significant < MIN_SIGNIFICANT:
        return False
    return difference <= Decimal(5).scaleb(-printed - 1)
