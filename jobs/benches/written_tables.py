"""A result table written as models write it, and changes that keep it right or make it wrong."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from factory.cage.results import ResultTable, escape_text, print_cell

SHAPES = ("markdown", "csv", "json dicts", "json lists", "tuples", "sentence")


class Change(NamedTuple):
    kind: str
    right: bool
    table: ResultTable
    fixed: tuple[int, ...] | None
    """The answer's column for each gold column, where columns are named; None where they are not."""


def write(table: ResultTable, shape: str, cell: Callable[[Any], str] = print_cell, named: bool = True) -> str:
    """`table` in the shape; `named`: with its column names, where the shape has a place for them."""
    if shape == "markdown":
        lines = [[escape_text(name) for name in table.columns], ["---"] * len(table.columns), *([cell(c) for c in row] for row in table.rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    if shape == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows(([table.columns] if named else []) + [["NULL" if c is None else c for c in row] for row in table.rows])
        return f"```csv\n{out.getvalue()}```"
    if shape == "json dicts":
        return "```json\n" + json.dumps([dict(zip(table.columns, row)) for row in table.rows], ensure_ascii=False) + "\n```"
    if shape == "json lists":
        return json.dumps([list(row) for row in table.rows], ensure_ascii=False)
    if shape == "tuples":
        return repr([tuple(row) for row in table.rows])
    if len(table.rows) == 1 or len(table.columns) == 1:
        cells = [str(c) for row in table.rows for c in row]
        return f"The answer is {', '.join(cells[:-1]) + ' and ' + cells[-1] if len(cells) > 1 else cells[0]}."
    return "\n".join(", ".join(str(c) for c in row) for row in table.rows)


def can_write(table: ResultTable, shape: str) -> bool:
    if shape == "json dicts":
        return len(set(table.columns)) == len(table.columns)
    cells = [c for row in table.rows for c in row]
    if shape == "sentence":  # a list in words cannot hold texts with commas, nor much
        return len(cells) <= 12 and not any(c is None or (isinstance(c, str) and not c.replace(" ", "").isalpha()) for c in cells)
    return True


def changes(gold: ResultTable, rng: random.Random) -> Iterator[Change]:
    """Right and wrong tables; the kinds that the gold has room for."""
    width, rows = len(gold.columns), list(gold.rows)
    same = tuple(range(width))

    def made(kind: str, right: bool, rows: list[tuple], fixed: tuple[int, ...] | None = same, columns: tuple[str, ...] = gold.columns) -> Change:
        return Change(kind, right, ResultTable(columns, tuple(rows)), fixed)

    yield made("as it is", True, rows)
    if gold.order is None and len(rows) > 1:
        yield made("rows in another order", True, rng.sample(rows, len(rows)))
    if width > 1 and len(set(gold.columns)) == width:
        turned = tuple(reversed(same))
        yield made("columns in another order", True, [tuple(row[i] for i in turned) for row in rows], turned, tuple(gold.columns[i] for i in turned))
        yield made("names on other columns", False, [tuple(row[i] for i in turned) for row in rows], same)
    yield from wrong_rows(gold, rng, made)
    yield from wrong_cells(gold, rng, made)
    yield made("a column more", False, [(*row, i) for i, row in enumerate(rows, 1)], None, (*gold.columns, "more"))
    if width > 1:
        yield made("a column missing", False, [row[:-1] for row in rows], None, gold.columns[:-1])


def wrong_rows(gold: ResultTable, rng: random.Random, made: Callable[..., Change]) -> Iterator[Change]:
    rows = list(gold.rows)
    at = rng.randrange(len(rows))
    yield made("a row dropped", False, rows[:at] + rows[at + 1 :]) if len(rows) > 1 else made("a row more", False, [*rows, rows[0]])
    yield made("a row twice", False, [*rows, rows[at]])
    if len(set(rows)) > 1:
        other = next(row for row in rows if row != rows[at])
        yield made("a row in the place of another", False, [*rows[:at], other, *rows[at + 1 :]])
    if gold.order is not None and gold.order[0] != gold.order[-1]:
        yield made("rows turned round", False, rows[::-1])
        yield made("first and last row exchanged", False, [rows[-1], *rows[1:-1], rows[0]])
    if len(gold.columns) > 1 and len(rows) > 1:
        yield made("a column shifted by a row", False, [(*row[:-1], rows[i - 1][-1]) for i, row in enumerate(rows)])


def wrong_cells(gold: ResultTable, rng: random.Random, made: Callable[..., Change]) -> Iterator[Change]:
    rows = list(gold.rows)
    at, column = rng.randrange(len(rows)), rng.randrange(len(gold.columns))
    for kind, new in spoiled(rows[at][column], rng):
        yield made(kind, False, [*rows[:at], (*rows[at][:column], new, *rows[at][column + 1 :]), *rows[at + 1 :]])


def spoiled(cell: Any, rng: random.Random) -> Iterator[tuple[str, Any]]:
    if cell is None:
        yield from (("0 for NULL", 0), ("a text for NULL", "none of them"))
    elif isinstance(cell, int):
        yield from (("another number", cell + rng.choice((-1, 1, 10))), ("NULL for a number", None), ("half a number more", cell + 0.5))
    elif isinstance(cell, float):
        yield from (("another number", cell + rng.choice((-1, 0.01, 0.1))), ("another magnitude", cell * 10), ("another sign", -cell))
    elif isinstance(cell, str):
        yield from (("a letter missing", cell[:-1]), ("another text", cell + " II"), ("NULL for a text", None))


def thirds(table: ResultTable) -> ResultTable:
    """The table with its decimal numbers as thirds: digits without end, as averages have them."""
    return replace(table, rows=tuple(tuple(c / 3 if isinstance(c, float) else c for c in row) for row in table.rows))


def rounded(table: ResultTable, places: int) -> ResultTable:
    """The table with its decimal numbers printed to `places`."""
    return replace(table, rows=tuple(tuple(round(c, places) if isinstance(c, float) else c for c in row) for row in table.rows))
