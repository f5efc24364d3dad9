"""Tables of typed cells: what a query returns, in JSON and in Markdown.

A cell is None, bool, int, float, Decimal, str, bytes or Nested. Dates, times, intervals and UUIDs are
their ISO text. Standard library only.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


class Nested(str):
    """A list or struct cell as canonical JSON text."""

    __slots__ = ()


Cell = None | bool | int | float | Decimal | str | bytes | Nested


@dataclass(frozen=True)
class ResultTable:
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    order: tuple[int, ...] | None = None
    """None: a bag. Else one number a row, not falling: rows of one number may change places among themselves."""
    cut_tie: bool = False
    """LIMIT cuts the last group of equal order keys: other rows could stand in its place."""
    replaced: int = 0
    """Cells whose text was not UTF-8 and holds replacement characters."""
    unstable: tuple[str, ...] = ()
    """Functions of the query whose value is chance or the clock, as far as their name tells; not part of the JSON."""

    def to_json(self) -> str:
        body = {
            "columns": self.columns,
            "rows": [[encode_cell(c) for c in row] for row in self.rows],
            "order": self.order,
            "cut_tie": self.cut_tie,
            "replaced": self.replaced,
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> ResultTable:
        """Raises ValueError where `text` is no table that `to_json` writes."""
        body = json.loads(text)
        try:
            order = body.get("order")
            table = cls(
                columns=tuple(body["columns"]),
                rows=tuple(tuple(decode_cell(c) for c in row) for row in body["rows"]),
                order=None if order is None else tuple(order),
                cut_tie=bool(body.get("cut_tie")),
                replaced=int(body.get("replaced", 0)),
            )
        except (KeyError, TypeError, AttributeError, ArithmeticError) as e:
            raise ValueError(f"not a result table: {type(e).__name__}: {e}") from None
        if any(len(row) != len(table.columns) for row in table.rows):
            raise ValueError("a row is not as wide as the columns")
        if table.order is not None and len(table.order) != len(table.rows):
            raise ValueError("`order` is not as long as the rows")
        return table

    def to_markdown(self) -> str:
        """NULL as NULL, numbers in their shortest exact form, text escaped so that it reads back exactly."""
        lines = [[escape_text(name) for name in self.columns], ["---"] * len(self.columns)]
        lines += [[print_cell(cell) for cell in row] for row in self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def encode_cell(cell: Cell) -> Any:
    """JSON value of a cell: plain where JSON has the type, else one-key dicts d(ecimal), x (bytes), j (nested), f(loat)."""
    match cell:
        case Nested():
            return {"j": str(cell)}
        case Decimal():
            return {"d": str(cell)}
        case bytes():
            return {"x": cell.hex()}
        case float() if not math.isfinite(cell):
            return {"f": repr(cell)}
        case _:
            return cell


def decode_cell(value: Any) -> Cell:
    if isinstance(value, dict):
        ((key, text),) = value.items()
        match key:
            case "d":
                return Decimal(text)
            case "x":
                return bytes.fromhex(text)
            case "j":
                return Nested(text)
            case "f":
                return float(text)
        raise ValueError(f"unknown cell type `{key}`")
    if isinstance(value, list):
        raise ValueError("a list is no cell")
    return value


def print_cell(cell: Cell) -> str:
    match cell:
        case None:
            return "NULL"
        case bool():
            return "true" if cell else "false"
        case float():
            return repr(cell)
        case Decimal():
            return format(cell, "f")
        case bytes():
            return f"X'{cell.hex().upper()}'"
        case str():
            return escape_text(cell)
        case _:
            return str(cell)


ESCAPED = re.compile(r"[\\|\n\r\t\x00-\x1f\x7f\x85\u2028\u2029]|^\s|\s$")
NAMED = {"\\": r"\\", "|": r"\|", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape_text(text: str) -> str:
    """Text for one Markdown cell, on one line: `unescape_text` gives the same text back."""
    if text == "NULL":
        return r"\NULL"
    return ESCAPED.sub(lambda m: NAMED.get(m[0]) or f"\\u{ord(m[0]):04x}", text)


def unescape_text(text: str) -> str:
    return re.sub(
        r"\\(u[0-9a-f]{4}|.)",
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else {"n": "\n", "r": "\r", "t": "\t"}.get(m[1], m[1]),
        text,
    )
