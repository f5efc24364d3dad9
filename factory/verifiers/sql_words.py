"""Answers in plain words: values on lines, in a list, or in a sentence.

A sentence is accepted only when the gold's values stand in it, and what is left says nothing else: no other
number, name or quotation, no negation or hedge, no word that is neither the question's nor mere glue.
Everything in between is undecided.
"""

from __future__ import annotations

import re

from factory.cage.cells import Printed
from factory.cage.columns import name_key
from factory.cage.compare import Comparison, compare
from factory.cage.notations import MOMENT
from factory.cage.results import ResultTable
from factory.verifiers.sql_answer import read_csv
from factory.verifiers.sql_find import NUMBERS, Wanted
from factory.verifiers.sql_readings import judge_table
from factory.verifiers.sql_sentence import judge_lines, judge_sentence, says_nothing, what_is_left

MAX_SENTENCE_CHARS = 4_000
MAX_SENTENCE_CELLS = 60
NUMBERED = re.compile(r"(\d{1,4})[.)] ")
PAIR_MARKS = (": ", " \u2013 ", " \u2014 ", " - ", " -> ", " = ", " | ")
BULLET = re.compile(r"(?:[-*\u2022]|\d{1,4}[.)]) ")


def judge_words(text: str, gold: ResultTable, question: str, rounded: bool) -> Comparison:
    # Runs of blanks become one: a pattern that begins with blanks would try each of them.
    lines = [BULLET.sub("", " ".join(line.split()), count=1) for line in text.split("\n")]
    lines = [line for line in lines if line]
    if len(lines) > 1 and (read := read_csv(text)) and read.shape and len(read.shape[1][0]) == len(gold.columns):
        found = judge_table(read, gold, rounded)
        # Lines of equal width that all hold numbers are a table; without numbers they may be prose.
        if found.outcome == "accept" or all(NUMBERS.search(line) for line in lines[1:]):
            return found
    if len(lines) == len(gold.rows) + 1 and len(gold.columns) == 1 and name_key(lines[0]) == name_key(gold.columns[0]):
        lines = lines[1:]
    if len(lines) == 1 and len(gold.columns) > 1 and lines[0].rstrip(";").count(";") == len(gold.rows) - 1 > 0:
        lines = [line.strip() for line in lines[0].rstrip(";").split(";")]
    for table in tables_of(text, lines, gold):
        found = compare(gold, table, rounded)
        if found.outcome != "reject":
            return found
    wanted = Wanted(gold.columns, question, rounded)
    if len(text) > MAX_SENTENCE_CHARS or len(gold.rows) * len(gold.columns) > MAX_SENTENCE_CELLS:
        return Comparison("undecided", "unclear", "too long to be read as a sentence")
    if not gold.rows:
        return says_nothing(" ".join(lines), question)
    if len(gold.rows) > 1 and len(gold.columns) > 1:
        return judge_lines(rows_of(lines, gold, wanted), gold, wanted)
    found = judge_sentence(" ".join(text.split()), gold, wanted)
    if found.outcome != "accept" and (told := without_numbering(text)):
        found = judge_sentence(told, gold, wanted)
    return found


def rows_of(lines: list[str], gold: ResultTable, wanted: Wanted) -> list[str]:
    """One text a row: the lines without one that only leads to them, or the parts of one sentence."""
    if len(lines) == len(gold.rows) + 1 and lines[0].endswith(":") and what_is_left(lines[0], gold, wanted).outcome == "accept":
        return lines[1:]
    if len(lines) == 1:
        # The comma of "May 3, 2021" parts nothing.
        kept = MOMENT.sub(lambda m: m[0].replace(",", "\x01"), lines[0].rstrip("."))
        parts = [part.replace("\x01", ",").strip() for part in re.split(r"; |, and |, | and ", kept)]
        return parts if len(parts) == len(gold.rows) else lines
    return lines


def without_numbering(text: str) -> str:
    """The text in one line without the numbers of its list; "" where its lines are not numbered 1, 2, 3."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    numbers = [int(found[1]) for line in lines if (found := NUMBERED.match(line))]
    return " ".join(NUMBERED.sub("", line) for line in lines) if len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1)) else ""


def tables_of(text: str, lines: list[str], gold: ResultTable) -> list[ResultTable]:
    """Ways to read short text as bare values of the gold's shape."""
    width, height = len(gold.columns), len(gold.rows)
    ways: list[list[list[str]]] = []
    if width == 1:
        ways.append([[line] for line in lines])
        if len(lines) == 1 and height > 1:
            parts = [p.strip() for p in re.split(r",? and |,|;", lines[0].rstrip("."))]
            ways.append([[p] for p in parts])
        if len(lines) == 1 and lines[0].endswith("."):
            ways.append([[lines[0][:-1]]])
    elif len(lines) == height > 1:
        mark = next((m for m in PAIR_MARKS if width == 2 and all(line.count(m) == 1 for line in lines)), ", ")
        rows = [tuple(Printed(cell.strip()) for cell in line.split(mark)) for line in lines]
        return [ResultTable(("",) * width, tuple(rows))] if all(len(row) == width for row in rows) else []
    elif (len(lines) == width and height == 1) or len(lines) == 1:
        cells = lines if len(lines) > 1 else [p.strip() for p in re.split(r",(?!\d{3}\b)|;|\t", lines[0].rstrip("."))]
        labelled = [c.partition(":") for c in cells]
        if all(mark and value.strip() for _, mark, value in labelled):
            names = tuple(name.strip() for name, _, _ in labelled)
            row = tuple(Printed(value.strip()) for _, _, value in labelled)
            if len(set(names)) == len(names) == width:
                known = {n.casefold() for n in gold.columns} == {n.casefold() for n in names}
                return [ResultTable(names if known else ("",) * width, (row,))]
        ways.append([cells])
    return [
        ResultTable(("",) * width, tuple(tuple(Printed(c) for c in row) for row in way))
        for way in ways
        if way and all(len(row) == width for row in way)
    ]
