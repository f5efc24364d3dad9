"""Quantities inside an answer: value, unit and the precision they were written with."""
# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from factory.verifiers.answer_stems import stem
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import ORDINAL_WORDS

_MAGNITUDES = {
    "hundred": 2,
    "thousand": 3,
    "million": 6,
    "billion": 9,
    "trillion": 12,
    "k": 3,
    "m": 6,
    "mn": 6,
    "mil": 6,
    "bn": 9,
    "b": 9,
    "tn": 12,
    "millions": 6,
    "billions": 9,
    "lakh": 5,
    "crore": 7,
}
UNITS: dict[str, tuple[str, Decimal]] = {}
for _line in (
    "length m meter 1|length km kms kilometer kilometre 1000|length cm centimeter 0.01|length mm millimeter 0.001|"
    "length ft foot feet 0.3048|length in inch inches 0.0254|length mi mile miles 1609.344|"
    "length yd yds yard 0.9144|length ly lightyear 9460730472580800|area km2 sqkm 1000000|area m2 1|"
    "area sqmi 2589988.110336|area acre 4046.8564224|area hectare ha 10000|mass kg kgs kilogram kilo 1|"
    "mass g gram 0.001|mass mg milligram 0.000001|mass lb pound lbs 0.45359237|mass oz ounce 0.028349523125|"
    "mass tonne 1000|mass ton 907.18474|time s sec secs second 1|time min mins minute 60|time h hr hrs hour 3600|"
    "time day 86400|time week 604800|time month 2629746|time year yr yrs 31556952|time decade 315569520|"
    "time century 3155695200|ratio percent 1|money$ $ dollar usd us$ 1|money€ € euro eur 1|"
    "money£ £ gbp sterling 1|money¥ ¥ yen jpy 1|money-c cent 1|rate mph 0.44704|rate kmh kph 0.2777777777777778|"
    "volume l liter 1|volume ml milliliter 0.001|volume gallon gal 3.785411784|power w watt 1|"
    "power kw kilowatt 1000|power mw megawatt 1000000|power hp horsepower 745.7|data mb megabyte 1|"
    "data gb gigabyte 1000|data kb kilobyte 0.001|data tb terabyte 1000000|temperature-c celsius 1|"
    "temperature-f fahrenheit 1|temperature-k kelvin 1|angle degree 1"
).split("|"):
    _dimension, *_names, _factor = _line.split()
    for _name in _names:
        UNITS[_name] = (_dimension, Decimal(_factor))
APPROXIMATE = frozenset("about approximately around roughly nearly almost circa over approx some estimated".split())
_NOT_NOUNS = frozenset(
    """
        and or of in to at is was were are the for on from by with as but between than per out when who which that
        while after before since during through until
    """.split()
)


_LABELS = frozenset(
    """
        season episode chapter volume grade part stage phase game week round series book act day number no level
    """.split()
)


class Quantity(NamedTuple):
    value: Decimal
    tolerance: Decimal
    """Half of the last significant figure for values written with decimals or a magnitude; 0 otherwise."""
    dimension: str
    """Dimension of the unit; "" for plain counts."""
    factor: Decimal
    noun: str
    """Stem of the counted thing, as written after the number; "" where nothing is."""
    ordinal: bool
    approximate: bool
    year_like: bool
    start: int
    end: int
    """Half-open range of tokens."""


def find_quantities(found: list[Token]) -> list[Quantity]:
    result: list[Quantity] = []
    i = 0
    while i < len(found):
        quantity = _fraction(found, i) or _read(found, i)
        if quantity is None:
            i += 1
            continue
        last = result[-1] if result else None
        if (
            last
            and last.dimension == "length"
            and last.factor == UNITS["ft"][1]
            and not quantity.dimension
            and not quantity.noun
            and last.end == quantity.start
            and found[quantity.start].gap in ("-", " ")
            and 0 < quantity.value < 12
        ):
            quantity = quantity._replace(dimension="length", factor=UNITS["in"][1])  # 6-foot-6
        joined = last is not None and (
            last.end == quantity.start or (last.end + 1 == quantity.start and found[last.end].norm == "and")
        )
        if (
            last
            and joined
            and last.dimension == quantity.dimension
            and last.dimension in ("time", "length", "mass")
            and last.factor > quantity.factor
            and "(" not in found[quantity.start].gap
            and quantity.start - last.start <= 4
        ):
            factor = quantity.factor
            value = last.value * last.factor / factor + quantity.value
            result[-1] = quantity._replace(value=value, start=last.start, approximate=last.approximate)
        else:
            result.append(quantity)
        i = quantity.end
    return result


def _fraction(found: list[Token], i: int) -> Quantity | None:
    """one fourth, two-thirds, 3/4, half"""
    token = found[i]
    scaled = i + 2 < len(found) and {found[i + 1].norm, found[i + 2].norm} & {*_MAGNITUDES, "dozen"}
    if token.norm in ("half", "halves") and (i == 0 or not found[i - 1].norm.isdigit()) and not scaled:
        above, below, end = 1, 2, i + 1
    elif i + 1 < len(found) and token.norm.isdigit() and token.norm.isascii() and len(token.norm) <= 3:
        part, gap = found[i + 1].norm, found[i + 1].gap
        above, end = int(token.norm), i + 2
        word = stem(part)
        if (
            gap == "/"
            and part.isdigit()
            and part.isascii()
            and len(part) <= 3
            and not (end < len(found) and found[end].gap == "/")
        ):
            below = int(part)
        elif gap not in (" ", "-") or token.raw[:1].isdigit():
            return None
        elif part.endswith("th") and part[:-2].isdigit() and part.isascii() and not found[i + 1].raw[:1].isdigit():
            below = int(part[:-2][:4])
        else:
            below = {"half": 2, "halve": 2, "third": 3, "quarter": 4}.get(word, ORDINAL_WORDS.get(word, 0))
        if below < 2:
            return None
    else:
        return None
    return Quantity(Decimal(above) / below, Decimal(0), "ratio", Decimal(100), "", False, False, False, i, end)


def _read(found: list[Token], i: int) -> Quantity | None:
    token, start = found[i], i
    norm = token.norm.removeprefix("-")
    ordinal = norm.endswith("th") and norm[:-2].isdigit()
    digits = norm[:-2] if ordinal else norm
    if not (digits[:1].isdigit() and digits.replace(".", "", 1).isdigit() and digits.isascii()) or len(digits) > 30:
        if not (norm == "dozen" and i and found[i - 1].norm != "half"):
            return None
        digits = "12"
    try:
        value = Decimal(digits)
    except InvalidOperation:
        return None
    decimals = len(digits.split(".")[1]) if "." in digits else 0
    written = token.raw.replace(",", "")
    if "." in written and written.replace(".", "", 1).isdigit():
        decimals = len(written.split(".")[1])
    tolerance = Decimal(5).scaleb(-decimals - 1) if decimals else Decimal(0)
    before = found[i - 1] if i else None
    if token.norm.startswith("-"):
        value = -value
    elif before is not None and before.norm in ("minus", "negative") and token.gap == " ":
        value, start = -value, i - 1
    year_like = (
        not ordinal
        and digits.isdigit()
        and len(digits) == 4
        and "," not in token.raw
        and 1000 <= int(digits) <= 2100
        and token.raw[:1].isdigit()
    )
    dimension, factor, noun = "", Decimal(1), ""
    if start and found[start - 1].norm in ("$", "€", "£", "¥"):
        dimension, start = UNITS[found[start - 1].norm][0], start - 1
        if start and found[start - 1].norm in ("us", "usa", "usd"):
            start -= 1
    j = i + 1
    if (
        j < len(found)
        and found[j].norm in _MAGNITUDES
        and not ordinal
        and found[j].gap in ("", " ", "-")
        and (len(found[j].norm) > 2 or found[j].gap == "" or dimension)
        and (found[j].norm != "m" or dimension or (found[j].gap == "" and found[j].raw == "M"))
    ):
        power = _MAGNITUDES[found[j].norm]
        significant = digits.rstrip("0") if not decimals else digits
        zeros = len(digits) - max(len(significant), min(2, len(digits)))
        value = value.scaleb(power)
        tolerance = Decimal(5).scaleb(power - decimals + zeros - 1)
        year_like = False
        j += 1
    if j < len(found) and found[j].gap.strip(" -'\"()") in ("", "the"):
        name = found[j].norm
        if name == "in" and before is not None and before.norm in ("ft", "foot", "feet"):
            name = "inches"
        elif name == "m" and before is not None and before.norm in ("h", "hr", "hrs", "hour", "hours"):
            name = "minutes"
        squared = name in ("square", "sq") and j + 1 < len(found)
        if squared and stem(found[j + 1].norm) in ("kilometer", "km", "mile", "mi", "meter", "foot", "feet"):
            unit = stem(found[j + 1].norm)
            dimension, factor = UNITS[{"kilometer": "km2", "km": "km2", "meter": "m2"}.get(unit, "sqmi")]
            j += 2
        elif name == "degree" or stem(name) == "degree":
            dimension, j = "angle", j + 1
            if j < len(found) and found[j].norm in ("c", "f", "celsius", "fahrenheit"):
                dimension, j = "temperature-" + found[j].norm[0], j + 1
        elif (
            (unit := UNITS.get(name) or UNITS.get(stem(name)))
            and not (
                name in ("in", "m", "s", "h", "g", "l", "w")
                and found[j].gap != ""
                and (name == "in" or dimension != "")
            )
            and not (name == "in" and not (j + 1 == len(found) or found[j + 1].gap.strip()))
        ):
            if not dimension or unit[0] == dimension:
                dimension, factor = unit
                j += 1
                if dimension == "length" and (per := _per(found, j)):
                    dimension, factor, j = "rate", factor / per[0], per[1]
        elif (
            found[j].raw[:1].isalpha()
            and name not in _NOT_NOUNS
            and found[j].sentence == token.sentence
            and "(" not in found[j].gap
        ):
            noun = stem(name)
    if before is not None and token.gap == "'" and not dimension and before.norm.isdigit():  # 5'10"
        dimension, factor = UNITS["in"]
    if j < len(found) and found[j].gap.startswith("'") and found[j].norm.isdigit() and not dimension:
        dimension, factor = UNITS["ft"]
    if not noun and not dimension and before is not None and stem(before.norm) in _LABELS:
        noun = stem(before.norm)
    approximate = any(found[k].norm in APPROXIMATE for k in range(max(0, start - 2), start))
    return Quantity(value, tolerance, dimension, factor, noun, ordinal, approximate, year_like, start, j)


def _per(found: list[Token], j: int) -> tuple[Decimal, int] | None:
    """(seconds, index after it) of "per hour" or "/h"."""
    k = j + 1 if j < len(found) and found[j].norm == "per" else j
    if k >= len(found) or (k == j and found[k].gap != "/"):
        return None
    word = found[k].raw.casefold()  # "second" is a number elsewhere
    unit = UNITS.get(word) or UNITS.get(stem(word))
    return (unit[1], k + 1) if unit and unit[0] == "time" else None
