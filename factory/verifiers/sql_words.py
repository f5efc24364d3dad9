"""Answers in plain words: values on lines, in a list, or in a sentence.

A sentence is accepted only when the gold's values stand in it, and what is left says nothing else: no other
number, name or quotation, no negation or hedge, no word that is neither the question's nor mere glue.
Everything in between is undecided.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter

from factory.cage.cells import Printed, key_of
from factory.cage.columns import name_key
from factory.cage.compare import Comparison, compare, groups_of
from factory.cage.results import Cell, ResultTable, print_cell
from factory.verifiers.sql_answer import read_csv
from factory.verifiers.sql_readings import judge_table

MAX_SENTENCE_CHARS = 4_000
MAX_SENTENCE_CELLS = 60
NUMBERED = re.compile(r"(\d{1,4})[.)] ")
BULLET = re.compile(r"(?:[-*\u2022]|\d{1,4}[.)]) ")
NUMBERS = re.compile(r"(?<![\w.])[-+\u2212]?[$\u20ac\u00a3]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?%?(?![\w])")
WORDS = re.compile(r"[^\W\d_][\w'\u2019-]*")
SPELT = {
    w: str(n)
    for n, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
    )
    if w != "one"
}
NAMES_OF_COUNTS = {int(number): word for word, number in SPELT.items()}
HEDGES = frozenset(
    ["not", "no", "never", "neither", "nor", "either", "or", "maybe", "perhaps", "possibly", "probably", "approximately", "approx", "about", "around", "roughly", "circa", "least", "most", "more", "less", "fewer", "over", "under", "almost", "nearly", "unless", "except", "unknown", "cannot", "unsure", "instead", "rather", "but", "however", "might", "could", "may", "likely", "unlikely", "guess", "estimate", "estimated", "believe", "think", "seems", "appears", "assume", "assuming", "excluding", "without", "only", "wrong", "incorrect", "false", "another", "other", "others", "also", "additionally", "plus", "versus", "vs", "than"]
)
GLUE = frozenset(
    ["the", "a", "an", "of", "in", "on", "at", "to", "for", "by", "with", "from", "and", "is", "are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did", "there", "this", "that", "these", "those", "it", "its", "they", "their", "them", "he", "she", "his", "her", "him", "who", "whom", "whose", "which", "what", "where", "when", "i", "we", "you", "our", "my", "total", "number", "count", "amount", "sum", "average", "answer", "result", "results", "final", "value", "values", "respectively", "as", "each", "all", "following", "list", "row", "rows", "column", "columns", "named", "called", "query", "returns", "returned", "shows", "gives", "given", "therefore", "so", "thus", "hence", "based", "table", "data", "database", "equals", "equal", "both", "namely", "exactly", "years", "year", "old", "records", "entries", "sir", "please", "here", "according"]
)


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
    if not gold.rows:
        return Comparison("undecided", "unclear", "the gold result has no rows")
    if len(text) > MAX_SENTENCE_CHARS or len(gold.rows) * len(gold.columns) > MAX_SENTENCE_CELLS:
        return Comparison("undecided", "unclear", "too long to be read as a sentence")
    if len(gold.rows) > 1 and len(gold.columns) > 1:
        return judge_lines(lines, gold, question, rounded)
    found = judge_sentence(" ".join(text.split()), gold, question, rounded)
    if found.outcome != "accept" and (told := without_numbering(text)):
        found = judge_sentence(told, gold, question, rounded)
    return found


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
        mark = ": " if width == 2 and all(": " in line for line in lines) else ", "
        rows = [tuple(Printed(cell.strip()) for cell in line.split(mark)) for line in lines]
        # What is said of two numbers a line is said in the order of the question: which is which is not tried.
        told = all(key_of(cell)[0] == "num" for row in gold.rows for cell in row) and len(set(gold.columns)) == width
        return [ResultTable(gold.columns if told else ("",) * width, tuple(rows))] if all(len(row) == width for row in rows) else []
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


def judge_sentence(text: str, gold: ResultTable, question: str, rounded: bool) -> Comparison:
    """One row, or one column: every value once for each time that it stands in the gold."""
    cells = [c for row in gold.rows for c in row]
    classes = [key_of(c)[0] for c in cells]
    if len(gold.rows) == 1 and len(set(classes)) < len(classes):
        return Comparison("undecided", "column_order_unclear")
    places, rest = find_cells(text, cells, gold.columns, rounded)
    missing = [print_cell(c) for c, p in zip(cells, places) if p < 0]
    if len(missing) == len(cells):
        return Comparison("reject", "wrong_values", "no value of the gold result is named")
    if missing:
        return Comparison("reject", "missing_rows" if len(gold.columns) == 1 else "missing_columns", ", ".join(missing)[:200])
    if len(gold.columns) == 1 and gold.order is not None:
        for (_, before_end), (start, end) in zip(groups_of(gold.order), groups_of(gold.order)[1:]):
            if max(places[:before_end]) > min(places[start:end]):
                return Comparison("reject", "wrong_order")
    return what_is_left(rest, text, gold, question)


def judge_lines(lines: list[str], gold: ResultTable, question: str, rounded: bool) -> Comparison:
    """One line a row, each holding the cells of one row of the gold, which differ in their class."""
    if len(lines) != len(gold.rows):
        return Comparison("undecided", "unclear", "several columns and rows in prose")
    free = set(range(len(gold.rows)))
    chosen = []
    for line in lines:
        fitting = None
        for i in sorted(free):
            classes = [key_of(c)[0] for c in gold.rows[i]]
            places, rest = find_cells(line, list(gold.rows[i]), gold.columns, rounded)
            if min(places) >= 0 and len(set(classes)) == len(classes) and what_is_left(rest, line, gold, question).outcome == "accept":
                fitting = i
                break
        if fitting is None:
            return Comparison("undecided", "unclear", "several columns and rows in prose")
        free.discard(fitting)
        chosen.append(fitting)
    if gold.order is not None and any(gold.order[a] > gold.order[b] for a, b in itertools.pairwise(chosen)):
        return Comparison("reject", "wrong_order")
    return Comparison("accept", "match")


def find_cells(text: str, cells: list[Cell], names: tuple[str, ...], rounded: bool) -> tuple[list[int], str]:
    """Where each cell of the columns `names` stands in `text` (-1: nowhere), each place once, and the text without them."""
    places = [-1] * len(cells)
    rest = text
    by_length = sorted(range(len(cells)), key=lambda i: -len(print_cell(cells[i])))
    for i in by_length:
        cell = cells[i]
        if isinstance(cell, str):
            span = find_text(rest, str(cell))
        else:
            span = find_number(rest, cell, names[i % len(names)], rounded)
        if span:
            places[i] = span[0]
            rest = rest[: span[0]] + "\x00" * (span[1] - span[0]) + rest[span[1] :]
    return places, rest


APOSTROPHES = str.maketrans("\u2019\u2018", "''")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WRITTEN_DATE = re.compile(r"(?<!\w)(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<m1>[A-Za-z]{3,9})\.?,?|(?P<m2>[A-Za-z]{3,9})\.? (?P<d2>\d{1,2})(?:st|nd|rd|th)?,?) (?P<year>\d{4})(?!\w)")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def find_date(text: str, value: str) -> tuple[int, int] | None:
    """The day `value` with its month as a word; digits alone could be of either order."""
    for found in WRITTEN_DATE.finditer(text):
        word, day = (found["m1"] or found["m2"]).lower(), int(found["d1"] or found["d2"])
        month = next((i for i, name in enumerate(MONTHS, 1) if word in (name, name[:3]) or (word, i) == ("sept", 9)), 0)
        if month and f"{found['year']}-{month:02}-{day:02}" == value:
            return found.span()
    return None


def find_text(text: str, value: str) -> tuple[int, int] | None:
    text, value = text.translate(APOSTROPHES), " ".join(value.split()).translate(APOSTROPHES)
    if ISO_DATE.fullmatch(value) and (span := find_date(text, value)):
        return span
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


def find_number(text: str, cell: Cell, name: str, rounded: bool) -> tuple[int, int] | None:
    gold = ResultTable((name,), ((cell,),))
    candidates = [(m.span(), m[0]) for m in NUMBERS.finditer(text)]
    candidates += [(m.span(), SPELT[m[0].lower()]) for m in WORDS.finditer(text) if m[0].lower() in SPELT]
    for span, printed in candidates:
        if key_of(cell)[0] == "num" and compare(gold, ResultTable(("",), ((Printed(printed),),)), rounded).outcome == "accept":
            return span
    return None


def what_is_left(rest: str, text: str, gold: ResultTable, question: str) -> Comparison:
    """Whether the sentence says anything beside the values that were found in it."""
    asked = Counter(w.lower() for w in WORDS.findall(question))
    numbers = {n.replace(",", "") for n in NUMBERS.findall(question)}
    known = {w.lower() for name in gold.columns for w in WORDS.findall(name.replace("_", " "))}
    if re.search(r"\d", NUMBERS.sub(lambda m: "" if m[0].replace(",", "") in numbers else m[0], rest)):
        return Comparison("undecided", "several_values", "another number stands beside the gold's")
    left = Counter(w.lower() for w in WORDS.findall(rest.replace("_", " ")))
    if len(gold.rows) > 1 and (count := NAMES_OF_COUNTS.get(len(gold.rows))):
        left.pop(count, None)  # "Three singers are ...": the number of the rows
    hedges = [w for w, n in left.items() if (w in HEDGES or w.endswith(("n't", "n\u2019t"))) and n > asked[w]]
    if hedges:
        return Comparison("undecided", "hedged", ", ".join(hedges)[:200])
    if any(NUMBERS.fullmatch(print_cell(c)) and print_cell(c) in numbers for row in gold.rows for c in row):
        return Comparison("undecided", "several_values", "the question names the same number")
    strange = [w for w in left if w not in asked and w not in GLUE and w not in known and stem(w) not in map(stem, [*asked, *known])]
    if strange or '"' in rest or "\u201c" in rest:
        return Comparison("undecided", "unclear", " ".join(strange)[:200])
    return Comparison("accept", "match")


def stem(word: str) -> str:
    return word.removesuffix("'s").removesuffix("\u2019s").removesuffix("es").removesuffix("s")
