"""Rows as lines of CSV. Standard library only: the cage's process writes them.

A bare cell is a number, true, false, X'..' (bytes) or text that could not be read as one of them; an empty
bare cell is NULL, and every other text is in double quotes, '' as "". Floats are in their shortest exact form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from factory.cage.results import Cell, print_cell

NEEDS_QUOTES = re.compile(r"""[",\n\r]|^\s|\s$|^$|^X'""")
PLAIN_TEXT = re.compile(r"(?!true$|false$)[a-hj-mo-zA-HJ-MO-WYZ](?:[^\",\n\r]*[^\s\",\n\r])?")
"""Most texts: they begin with a letter that no number, no word of ours and no X'..' begins with."""


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    lines = [",".join(["" if cell is None else csv_cell(cell) for cell in row]) for row in rows]
    return "\n".join([line or "NULL" for line in lines])  # a line of nothing would vanish: the one NULL of a row is spelt out


def csv_cell(cell: Cell) -> str:
    if type(cell) is int or type(cell) is float:  # most cells
        return repr(cell)
    return csv_text(cell) if isinstance(cell, str) else print_cell(cell)


def csv_text(text: str) -> str:
    if PLAIN_TEXT.fullmatch(text):
        return text
    if NEEDS_QUOTES.search(text) or text in ("true", "false", "NULL") or reads_as_number(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def reads_as_number(text: str) -> bool:
    if text[:1].isalpha() and text[0] not in "nNiI":  # a number begins with a digit, a sign, a dot, or is nan or inf
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True
