"""Whether the quantity of an answer is the gold's.

A gold number is met at its own precision: decimals to half of the last digit, numbers written with a magnitude
(1.2 million, 120k) to half of the last significant figure, plain integers exactly. Units convert inside one dimension.
A unit that differs in dimension is a mismatch; a missing one is fine where the question names it.
"""

from __future__ import annotations

from decimal import Decimal

from factory.verifiers.answer_numbers import UNITS, Quantity
from factory.verifiers.answer_stems import stem

POUND = UNITS["pound"][1]
"""As a weight, in kilograms; where money is asked for, pounds are a currency."""


def _rounds_to(gold: Decimal, other: Quantity) -> bool:
    """The answer is the gold with fewer digits: three at least, or two behind "about"."""
    _, digits, exponent = other.value.normalize().as_tuple()
    if not isinstance(exponent, int) or len(digits) < (2 if other.approximate else 3):
        return False
    return abs(other.value - gold) * 2 <= Decimal(1).scaleb(exponent) and abs(other.value - gold) * 100 <= abs(gold)


def _is_finer(gold: Quantity, other: Quantity) -> bool:
    """78.08 % for 78 %, 8,848.86 m for 8,848 m: the gold is the answer rounded or cut off."""
    if not gold.dimension or gold.value != gold.value.to_integral_value() or abs(gold.value) < 20:
        return False
    beyond = abs(other.value) - abs(gold.value)
    return other.value != other.value.to_integral_value() and Decimal("-0.5") <= beyond < 1


def compare(gold: Quantity, other: Quantity, asked: frozenset[str]) -> str:
    """`equal`, `different` or `unclear`. `asked` holds the stems of the question's words."""
    if gold.dimension == "money£" and other.dimension == "mass" and other.factor == POUND and not asked & {"weigh", "weight", "heavy"}:
        other = other._replace(dimension=gold.dimension, factor=gold.factor)
    if gold.ordinal != other.ordinal and (gold.noun or other.noun) and gold.noun != other.noun:
        return "different" if gold.value != other.value else "unclear"
    value = other.value
    tolerance = gold.tolerance
    if gold.dimension != other.dimension:
        if other.dimension == "angle" and gold.dimension.startswith("temperature"):
            scales = {"temperature-" + word[0] for word in ("fahrenheit", "celsius", "kelvin") if word in asked}
            if scales == {gold.dimension}:  # asked in Fahrenheit: 212 degrees
                return "equal" if abs(value - gold.value) <= tolerance else "different"
        if gold.dimension and other.dimension:
            return "different"
        close = other.approximate and not gold.year_like and _rounds_to(gold.value, other)
        if other.value != gold.value and abs(value - gold.value) > tolerance and not close:
            return "different"
        missing = gold if gold.dimension else other
        if missing.dimension.startswith("money"):
            return (
                "equal"
                if gold is not missing
                or asked
                & {
                    "dollar",
                    "much",
                    "cost",
                    "price",
                    "euro",
                    "pound",
                    "salary",
                    "money",
                    "worth",
                    "sum",
                    "budget",
                    "gross",
                }
                else "unclear"
            )
        names = {name for name, unit in UNITS.items() if unit == (missing.dimension, missing.factor)}
        others = (
            {name for name, unit in UNITS.items() if unit[0] == missing.dimension}
            - names
            - {"m", "in", "s", "g", "h", "l", "second", "b"}
        )
        if (
            {stem(name) for name in names} & asked
            or names & asked
            or (missing.dimension == "area" and "square" in asked)
        ):
            return "equal"
        if (
            missing.dimension == "rate"
            and {"km", "h"} <= asked
            and abs(missing.factor - UNITS["kmh"][1]) < Decimal("0.0001")
        ):
            return "equal"  # (in km/h)
        if others & asked or {stem(name) for name in others} & asked:
            return "unclear"
        return "equal" if missing is other or missing.dimension in ("time", "angle", "ratio") else "unclear"
    if gold.factor != other.factor:
        value = other.value * other.factor / gold.factor
        if abs(value - gold.value) <= max(
            tolerance, Decimal("0.5") if abs(gold.value) >= 20 else Decimal(0), abs(gold.value) * Decimal("0.001")
        ):
            return "equal"
        return "unclear" if abs(value - gold.value) <= abs(gold.value) * Decimal("0.05") else "different"
    difference = abs(value - gold.value)
    if difference == 0:
        return "equal"
    if difference <= tolerance and (tolerance < 1 or value == value.to_integral_value() or other.tolerance):
        return "equal"
    if (
        (gold.dimension or other.approximate or gold.approximate or gold.value != gold.value.to_integral_value())
        and not gold.year_like
        and _rounds_to(gold.value, other)
    ):
        return "equal"
    if _is_finer(gold, other):
        return "equal"
    if other.tolerance and difference <= other.tolerance:
        return "unclear"
    if gold.approximate and difference <= abs(gold.value) * Decimal("0.02") and abs(gold.value) >= 1000:
        return "equal"
    return "different"
