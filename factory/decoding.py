"""Bytes of untrusted JSON to values, fast and bounded.

orjson decodes; what it refuses but agents' logs do hold (NaN, half a surrogate pair, bytes that are no
UTF-8, raw control characters) is decoded a second, slower time. Numbers over 64 bits become floats.
Not covered: the memory that a value takes is up to some ten times its bytes.
"""

from __future__ import annotations

import json
from math import inf
from typing import Any

import orjson

from factory.errors import RowError
from factory.records import canonical_json

MAX_DEPTH = 200
"""Deepest nesting of a record; recursion in this process ends near 1,000."""
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def decode(data: bytes) -> Any:
    """The value of one JSON text. RowError bad_json or too_large (depth)."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as first:
        if "depth" in str(first):
            raise RowError("too_large", f"JSON is nested deeper than {MAX_DEPTH}") from None
        value = decode_leniently(data, str(first))
    if (type(value) is dict or type(value) is list) and len(data) > MAX_DEPTH:  # each level takes a byte
        check_depth(value)
    return value


def decode_leniently(data: bytes, why: str) -> Any:
    # The second parser recurses on the C stack, so nesting is bounded before it starts; brackets inside
    # strings count too, which only matters for text that the first parser has refused already.
    depth = 0
    for bracket in data.translate(None, NO_BRACKETS):
        if bracket == 0x5B or bracket == 0x7B:  # [ {
            depth += 1
            if depth > MAX_DEPTH:
                raise RowError("bad_json", why)
        elif depth:
            depth -= 1
    text = data.decode("utf-8", "replace")
    try:
        # parse_int: Python refuses over 4,300 digits, and takes quadratic time below
        value = json.loads(text, strict=False, parse_int=whole_number)
    except (ValueError, RecursionError):
        raise RowError("bad_json", why) from None
    return without_surrogates(value)


def whole_number(digits: str) -> int | float:
    if len(digits) < 19:
        return int(digits)
    if (number := float(digits)) in (inf, -inf):
        raise ValueError("a number without end")
    return number


def without_surrogates(value: Any) -> Any:
    """Half surrogate pairs replaced by U+FFFD: they cannot be written as UTF-8."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return value


def check_depth(value: Any) -> None:
    """RowError too_large when `value` is nested deeper than MAX_DEPTH. Level by level: scalars cost a type test."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return
    raise RowError("too_large", f"JSON is nested deeper than {MAX_DEPTH}")


def encode(value: Any) -> bytes:
    """JSON with sorted keys: equal values give equal bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return canonical_json(value).encode("utf-8", "replace")
