"""What a model's answer holds: a table in Markdown, CSV, JSON or Python, a query, or plain words.

An answer that holds two different tables, or two queries and no table, has not decided: nothing is chosen
for it. A table beside a query is the answer, and the query its explanation.
"""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from factory.cage.cells import Printed
from factory.cage.queries import parse_query
from factory.cage.results import unescape_text
from factory.verifiers.sql_literals import NotLiteral, Shape, as_shape, read_literal

MAX_CHARS = 1_000_000
MARKER = re.compile(r"^[ \t>#*_]{0,8}(?:the )?(?:final )?answer(?: is)?[ \t*_]{0,4}:[ \t*_]{0,4}", re.IGNORECASE | re.MULTILINE)
SEPARATOR_CHARS = frozenset("|:- \t")
BORDER_STARTS = ("+", "┌", "├", "└", "╞")
BORDER_CHARS = frozenset("+-=┌┬┐├┼┤└┴┘─═╞╪╡")
QUERY_START = re.compile(r"\s*\(*\s*(?:select|with|values|from)\b", re.IGNORECASE)


class Answer(NamedTuple):
    kind: str
    """markdown, csv, literal, sql or text; for an answer that cannot be judged `empty`, `too_large`, `several`."""
    text: str
    shape: Shape | None = None
    header_is_row: bool = False
    """The first row may be a header (CSV, lists); a Markdown table always has one."""


def read_answer(text: str, dialect: str) -> Answer:
    if len(text) > MAX_CHARS:
        return Answer("too_large", text[:200])
    text = final_part(text)
    if not text:
        return Answer("empty", "")
    blocks, outside = split_fences(text)
    tables: list[Answer] = []
    queries: list[str] = []
    for language, body in blocks:
        if language in ("sql", "sqlite", "duckdb", "mysql", "postgresql") or is_query(body, dialect):
            queries.append(body)
        elif found := read_table(body, is_csv=language == "csv"):
            tables.append(found)
    tables += [Answer("markdown", body, shape) for body, shape in markdown_tables(outside)]
    if not tables and not queries:
        if is_query(outside, dialect):
            return Answer("sql", outside)
        if found := read_literals(outside):
            tables.append(found)
    if tables:
        distinct = {repr(t.shape) for t in tables}
        return tables[-1] if len(distinct) == 1 else Answer("several", text[:200])
    if queries:
        distinct = {" ".join(q.split()) for q in queries}
        return Answer("sql", queries[-1]) if len(distinct) == 1 else Answer("several", text[:200])
    body = blocks[-1][1] if blocks else outside
    return Answer("text", body.strip())


def final_part(text: str) -> str:
    """What stands behind the reasoning and behind the last "answer:" line or inside the last answer tag."""
    text = text.replace("\r\n", "\n").replace("\x00", "\ufffd")  # digits around a NUL are no number
    text = text.rpartition("</think>")[2]
    end = text.rfind("</answer>")
    if end >= 0 and (start := text.rfind("<answer>", 0, end)) >= 0:
        text = text[start + len("<answer>") : end]
    markers = list(MARKER.finditer(text))
    if markers and text[markers[-1].end() :].strip():
        text = text[markers[-1].end() :]
    return text.strip()


def split_fences(text: str) -> tuple[list[tuple[str, str]], str]:
    """(language, body) of every fenced block, and the lines outside of them."""
    blocks: list[tuple[str, str]] = []
    outside: list[str] = []
    inside: list[str] | None = None
    language = ""
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            if inside is None:
                inside, language = [], line.strip().strip("`").strip().lower()
            else:
                blocks.append((language, "\n".join(inside)))
                inside = None
        else:
            (outside if inside is None else inside).append(line)
    if inside is not None:
        blocks.append((language, "\n".join(inside)))
    return [(language, body) for language, body in blocks if body.strip()], "\n".join(outside).strip()


def is_query(text: str, dialect: str) -> bool:
    from sqlglot import exp

    return bool(QUERY_START.match(text)) and isinstance(parse_query(text, dialect), exp.Query)


def read_table(body: str, is_csv: bool = False) -> Answer | None:
    """The one table that a block is; None where it is none. `is_csv`: the block says that it is CSV."""
    if found := markdown_tables(body):
        return Answer("markdown", body, found[0][1]) if len(found) == 1 else None
    if is_csv:
        return read_csv(body) or read_column(body)
    return read_literals(body) or read_csv(body)


def markdown_tables(text: str) -> list[tuple[str, Shape]]:
    """Tables with a separator line; the line before it is the header."""
    lines = without_boxes(text.split("\n"))
    tables = []
    i = 1
    while i < len(lines):
        if "|" not in lines[i - 1] or "-" not in lines[i] or not SEPARATOR_CHARS.issuperset(lines[i]):
            i += 1
            continue
        header = split_cells(lines[i - 1])
        if len(split_cells(lines[i])) != len(header):
            i += 1
            continue
        rows, first = [], i - 1
        i += 1
        while i < len(lines) and "|" in lines[i]:
            cells = split_cells(lines[i])
            rows.append([Printed(c) for c in (cells + [""] * len(header))[: max(len(header), len(cells))]])
            i += 1
        if all(len(row) == len(header) for row in rows):
            tables.append(("\n".join(lines[first:i]), ([unescape_text(h) for h in header], rows)))
        i += 1
    return tables


def without_boxes(lines: list[str]) -> list[str]:
    """The lines, with tables that a client drew with borders (`+---+`, `┌───┐`) turned into Markdown."""
    kept: list[str] = []
    borders = 0
    for line in lines:
        bare = line.strip()
        if bare[:1] in BORDER_STARTS and BORDER_CHARS.issuperset(bare):
            borders += 1
            if borders == 2:
                kept.append(f"|{'---|' * (len(split_cells(kept[-1])) if kept else 1)}")
            continue
        if bare[:1] + bare[-1:] == "││":
            line = bare.replace("│", "|")
        elif bare[:1] != "|":
            borders = 0
        kept.append(line)
    return kept


def split_cells(line: str) -> list[str]:
    """Cells of a Markdown row; a bar behind a backslash belongs to the text."""
    line = line.strip()
    cells, start, i = [], 0, 0
    while i < len(line):
        if line[i] == "\\":
            i += 1
        elif line[i] == "|":
            cells.append(line[start:i].strip())
            start = i + 1
        i += 1
    cells.append(line[start:].strip())
    if line.startswith("|"):
        cells = cells[1:]
    if len(cells) > 1 and cells[-1] == "" and line.endswith("|"):
        cells = cells[:-1]
    return cells


def read_literals(text: str) -> Answer | None:
    """A JSON or Python literal that ends the text, or one on each line; words may stand before it."""
    lines = [line.strip().rstrip(",") for line in text.strip().split("\n")]
    if len(lines) > 1 and all(line[:1] + line[-1:] in ("()", "[]", "{}") for line in lines):
        text = f"[{', '.join(lines)}]"
    elif text.startswith("(") and text.endswith(")") and "), (" in text:
        text = f"[{text}]"
    places = [p for p in (text.find(c) for c in "[{(") if p >= 0]
    stripped = text.strip()
    for place in sorted(places):
        if place and place > 300:
            break
        try:
            value, end = read_literal(text[place:])
            shape = as_shape(value)
        except NotLiteral:
            continue
        if text[place + end :].strip(" \n\t.;`") or shape is None:
            continue
        if not isinstance(value, list | dict | tuple) or (isinstance(value, tuple) and place):
            continue
        return Answer("literal", stripped, shape, header_is_row=not shape[0])
    return None


def read_csv(text: str) -> Answer | None:
    """Lines with the same number, two or more, of comma-, tab-, semicolon- or bar-separated cells."""
    lines = text.strip().split("\n")
    for delimiter in "\t|;,":
        if delimiter not in lines[0]:
            continue
        try:
            rows = [r for r in csv.reader(io.StringIO(text.strip()), delimiter=delimiter, skipinitialspace=True, strict=True) if r]
        except csv.Error:
            continue
        if rows and len(rows[0]) > 1 and len({len(r) for r in rows}) == 1:
            return Answer("csv", text, ([], [[Printed(c) for c in r] for r in rows]), header_is_row=True)
    return None


def read_column(text: str) -> Answer | None:
    """CSV of one column, quoted where a text holds commas or quotes."""
    try:
        rows = [r for r in csv.reader(io.StringIO(text.strip()), strict=True) if r]
    except csv.Error:
        return None
    if not rows or any(len(r) > 1 for r in rows):
        return None
    return Answer("csv", text, ([], [[Printed(r[0])] for r in rows]), header_is_row=True)
