"""Literals in an answer: JSON, and the Python that database drivers print.

`[('a', Decimal('1.20'), datetime.date(2020, 1, 1), b'x', None)]` is read by a small reader of its own, one
pass over the text: nothing is evaluated. Numbers stay as they are printed.
"""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from factory import syntax_trees
from factory.cage.cells import Printed
from factory.cage.notations import read_moment, read_number
from factory.cage.results import Cell, Nested

MAX_DEPTH = 8
TOKEN = re.compile(
    r"""\s*(?:([bBrRuU]{0,2}(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
    r"""|([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)|([A-Za-z_][\w.]*)|([\[\](){},:=]))""",
    re.DOTALL,
)
WORDS = {"None": None, "null": None, "NULL": None, "True": True, "true": True, "False": False, "false": False}
MAKERS = {
    "Decimal": lambda text: Printed(text),
    "date": lambda *parts: datetime.date(*map(int, parts)).isoformat(),
    "datetime": lambda *parts: datetime.datetime(*map(int, parts)).isoformat(sep=" "),
    "time": lambda *parts: datetime.time(*map(int, parts)).isoformat(),
    "timedelta": lambda *parts, **named: str(datetime.timedelta(*map(int, parts), **{k: int(v) for k, v in named.items()})),
    "UUID": lambda text: str(text),
}


class NotLiteral(ValueError):
    pass


def read_literal(text: str) -> tuple[Any, int]:
    """The value at the start of `text` and where it ends; NotLiteral where none stands there."""
    start = len(text) - len(text.lstrip())
    decoder = json.JSONDecoder(parse_float=Printed, parse_int=Printed, parse_constant=Printed)
    try:
        return decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        pass
    reader = Reader(text)
    try:
        return reader.value(0), reader.position
    except (ValueError, TypeError, OverflowError, SyntaxError, MemoryError, RecursionError) as e:
        raise NotLiteral(f"{type(e).__name__}: {e}") from None


class Reader:
    """Recursive descent over the tokens of one literal."""

    def __init__(self, text: str):
        self.text, self.position = text, 0

    def peek(self) -> re.Match | None:
        return TOKEN.match(self.text, self.position)

    def take(self, mark: str) -> bool:
        match = self.peek()
        if match and match[4] == mark:
            self.position = match.end()
            return True
        return False

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise NotLiteral("too deep")
        match = self.peek()
        if match is None:
            raise NotLiteral(f"nothing readable at {self.position}")
        self.position = match.end()
        string, number, word, mark = match.groups()
        if string is not None:
            return syntax_trees.literal(string)
        if number is not None:
            return Printed(number)
        if word is not None:
            return self.call(word, depth) if self.take("(") else self.word(word)
        if mark == "[":
            return self.items("]", depth)
        if mark == "(":
            return tuple(self.items(")", depth))
        if mark == "{":
            return self.mapping(depth)
        raise NotLiteral(f"`{mark}` at {match.start()}")

    def word(self, word: str) -> Any:
        if word in WORDS:
            return WORDS[word]
        if word.lower() in ("nan", "inf", "infinity"):
            return Printed(word)
        raise NotLiteral(f"the word `{word[:40]}`")

    def call(self, name: str, depth: int) -> Any:
        maker = MAKERS.get(name.rpartition(".")[2])
        if maker is None:
            raise NotLiteral(f"the call `{name[:40]}`")
        parts, named = [], {}
        while not self.take(")"):
            match = self.peek()
            if match and match[3] and match[3] not in WORDS:
                self.position = match.end()
                if not self.take("="):
                    raise NotLiteral(f"the word `{match[3][:40]}`")
                named[match[3]] = self.value(depth + 1)
            else:
                parts.append(self.value(depth + 1))
            if not self.take(","):
                if not self.take(")"):
                    raise NotLiteral("an open call")
                break
        return maker(*parts, **named)

    def items(self, end: str, depth: int) -> list:
        found = []
        while not self.take(end):
            found.append(self.value(depth + 1))
            if not self.take(","):
                if not self.take(end):
                    raise NotLiteral(f"no `{end}`")
                break
        return found

    def mapping(self, depth: int) -> Any:
        found: dict[Any, Any] = {}
        singles: list = []
        while not self.take("}"):
            key = self.value(depth + 1)
            if self.take(":"):
                found[str(key)] = self.value(depth + 1)
            else:
                singles.append(key)
            if not self.take(","):
                if not self.take("}"):
                    raise NotLiteral("no `}`")
                break
        return singles or found


def as_cell(value: Any) -> Cell | Printed:
    """A literal as a cell: text that could be a number or NULL stays open to what the gold column holds."""
    if isinstance(value, list | tuple | dict):
        return Nested(json.dumps(unprinted(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str))
    if type(value) is str and (value in ("", "NULL") or read_number(value) is not None or read_moment(value) is not None):
        return Printed(value)
    if value is None or isinstance(value, bool | str | bytes):
        return value
    raise NotLiteral(type(value).__name__)


def unprinted(value: Any) -> Any:
    """Nested values with their numbers as numbers again."""
    if isinstance(value, list | tuple):
        return [unprinted(v) for v in value]
    if isinstance(value, dict):
        return {str(k): unprinted(v) for k, v in value.items()}
    if isinstance(value, Printed) and (number := read_number(value)) is not None:
        return int(number[0]) if number[1] == 0 and number[0] == int(number[0]) else float(number[0])
    return value


Shape = tuple[list[str], list[list]]
"""Column names ([] where there are none) and rows."""


def as_shape(value: Any, depth: int = 0) -> Shape | None:
    """A literal as a table: lists of lists, of dicts or of values, a dict of lists, {columns, rows}, or one value."""
    if isinstance(value, dict):
        return shape_of_dict(value, depth)
    if not isinstance(value, list | tuple):
        return [], [[as_cell(value)]]
    if not value:
        return [], []
    if all(isinstance(row, dict) for row in value):
        names = list(value[0])
        if any(row.keys() != value[0].keys() for row in value):
            return None
        return names, [[as_cell(row[n]) for n in names] for row in value]
    if all(isinstance(row, list | tuple) for row in value):
        if len({len(row) for row in value}) > 1:
            return None
        return [], [[as_cell(c) for c in row] for row in value]
    if any(isinstance(row, list | tuple | dict) for row in value):
        return None
    return [], [[as_cell(c) for c in value]]


def shape_of_dict(value: dict, depth: int) -> Shape | None:
    lowered = {str(k).lower(): v for k, v in value.items()}
    names = lowered.get("columns") or lowered.get("header") or lowered.get("headers")
    rows = next((lowered[k] for k in ("rows", "data", "values") if k in lowered), None)
    if isinstance(names, list) and isinstance(rows, list):
        inner = as_shape(rows, depth + 1)
        if inner and all(len(row) == len(names) for row in inner[1]):
            return [str(n) for n in names], inner[1]
        return None
    items = list(value.values())
    if len(items) == 1 and depth < 3 and wraps_rows(items[0]):
        return as_shape(items[0], depth + 1)
    if items and all(isinstance(i, list | tuple) for i in items):
        if len({len(i) for i in items}) > 1:
            return None
        return [str(k) for k in value], [[as_cell(c) for c in row] for row in zip(*items, strict=True)]
    return [str(k) for k in value], [[as_cell(i) for i in items]] if items else []


def wraps_rows(value: Any) -> bool:
    """Whether the one entry of a dict, such as {"result": [...]}, is the table itself."""
    nested = list | dict | tuple
    return (isinstance(value, dict) and bool(value)) or (isinstance(value, list | tuple) and any(isinstance(i, nested) for i in value))
