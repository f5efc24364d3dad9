"""The readings of one written table: with or without a header row, a flat list up or across."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from factory.cage.cells import Printed
from factory.cage.columns import name_key
from factory.cage.compare import Comparison, compare
from factory.cage.notations import read_number
from factory.cage.results import ResultTable
from factory.verifiers.sql_answer import Answer


def judge_table(read: Answer, gold: ResultTable, rounded: bool) -> Comparison:
    """The best that the readings of one written table give: with, without a header row, a flat list up or across."""
    first: Comparison | None = None
    for table in readings(read, gold):
        found = compare(gold, table, rounded)
        if found.outcome == "accept":
            return found
        if first is None or first.reason in ("wrong_rows", "missing_columns"):
            first = found
    return first or Comparison("reject", "wrong_rows", f"no rows, expected {len(gold.rows)}")


def readings(read: Answer, gold: ResultTable) -> Iterator[ResultTable]:
    names, rows = read.shape or ([], [])
    width = len(names) or (len(rows[0]) if rows else len(gold.columns))
    if names:
        yield ResultTable(tuple(names), tuple(map(tuple, rows)))
    else:
        yield ResultTable(("",) * width, tuple(map(tuple, rows)))
    if read.kind == "markdown" and len(rows) + 1 == len(gold.rows):
        # Markdown has no table without a header line: its first row may stand there.
        yield ResultTable(("",) * width, (tuple(Printed(n) for n in names), *map(tuple, rows)))
    if read.header_is_row and len(rows) == len(gold.rows) + 1 and is_header(rows, gold):
        yield ResultTable(tuple(str(c) for c in rows[0]), tuple(map(tuple, rows[1:])))
    if read.kind == "literal" and len(rows) == 1 and len(gold.columns) == 2 and len(names) == len(gold.rows) > 1:
        # {"Sales": 3, "Legal": 2}: a row for each entry
        yield ResultTable(("", ""), tuple((Printed(name), cell) for name, cell in zip(names, rows[0])))
    if len(gold.rows) == len(gold.columns) == 1:
        yield ResultTable(("",), ((Printed(read.text),),))  # a list may be the one cell itself
    if not names and len(rows) == 1 and len(gold.columns) == 1 and width == len(gold.rows) > 1:
        yield ResultTable(("",), tuple((c,) for c in rows[0]))


def is_header(rows: list[list[Any]], gold: ResultTable) -> bool:
    """Whether the first row names columns: the gold's names, or a word above nothing but numbers."""
    first = rows[0]
    if not all(isinstance(c, str) for c in first):
        return False
    if {name_key(c) for c in first} & {name_key(c) for c in gold.columns} - {""}:
        return True
    for i, cell in enumerate(first):
        if read_number(cell) is None and all(isinstance(r[i], str) and read_number(r[i]) is not None for r in rows[1:]):
            return True
    return False
