"""Where the values of a gold result stand in words: text as it is, days and numbers as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from factory.cage.cells import Printed, key_of
from factory.cage.compare import compare
from factory.cage.notations import MOMENT, end_of_unit, moment_of, read_moment
from factory.cage.results import Cell, ResultTable, print_cell

NUMBERS = re.compile(r"(?<![\w.])[-+\u2212]?[$\u20ac\u00a3]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?%?(?![\w])")
WORDS = re.compile(r"[^\W\d_][\w'\u2019-]*")
MAGNITUDE_WORD = re.compile(r" (thousand|million|billion|trillion)\b")
SPELT = {
    word: str(number)
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
    )
}
NAMES_OF_COUNTS = {int(number): word for word, number in SPELT.items() if word != "one"}
COUNTING = re.compile(r"\b(?:how many|number of|count)\b", re.IGNORECASE)
NO_COUNT = re.compile(r"\b(?:the|this|that|which|any|no|every|each|another|only|other|last|first)\W+\Z", re.IGNORECASE)
APOSTROPHES = str.maketrans("\u2019\u2018", "''")


class Wanted(NamedTuple):
    """What the values are looked for with: the columns' names, the question, whether the gold rounds."""

    names: tuple[str, ...]
    question: str
    rounded: bool


def find_cells(text: str, cells: list[Cell], wanted: Wanted) -> tuple[list[int], str]:
    """Where each cell stands in `text` (-1: nowhere), each place once, and the text without them."""
    places = [-1] * len(cells)
    rest = text
    by_length = sorted(range(len(cells)), key=lambda i: -len(print_cell(cells[i])))
    for i in by_length:
        cell = cells[i]
        span = find_text(rest, str(cell)) if isinstance(cell, str) else find_number(rest, cell, wanted.names[i % len(wanted.names)], wanted)
        if span:
            places[i] = span[0]
            rest = rest[: span[0]] + "\x00" * (span[1] - span[0]) + rest[span[1] :]
    return places, rest


def find_text(text: str, value: str) -> tuple[int, int] | None:
    text, value = text.translate(APOSTROPHES), " ".join(value.split()).translate(APOSTROPHES)
    if moment := read_moment(value):
        return next((m.span() for m in MOMENT.finditer(text) if moment_of(m) == moment), None)
    if not value:
        return None
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        inside = (start and text[start - 1].isalnum() and value[0].isalnum()) or (
            end < len(text) and text[end].isalnum() and value[-1].isalnum()
        )
        if not inside:
            return start, end
        start = text.find(value, start + 1)
    return None


def find_number(text: str, cell: Cell, name: str, wanted: Wanted) -> tuple[int, int] | None:
    """The number with its magnitude and its unit."""
    if key_of(cell)[0] != "num":
        return None
    gold = ResultTable((name,), ((cell,),))
    for (start, end), printed in written_numbers(text, wanted.question):
        if compare(gold, ResultTable(("",), ((Printed(printed),),)), wanted.rounded).outcome == "accept":
            return start, end_of_unit(text, end, f"{wanted.question} {name}")
    return None


def written_numbers(text: str, question: str) -> Iterator[tuple[tuple[int, int], str]]:
    for found in NUMBERS.finditer(text):
        larger = MAGNITUDE_WORD.match(text, found.end())
        yield (found.start(), larger.end() if larger else found.end()), found[0] + (larger[0] if larger else "")
    for found in WORDS.finditer(text):
        word = found[0].lower()
        # "One" counts where a count is asked for; elsewhere it mostly stands for a thing.
        if word in SPELT and (word != "one" or (COUNTING.search(question) and not NO_COUNT.search(text[: found.start()]))):
            yield found.span(), SPELT[word]
