"""Verdicts of four public evaluators, known faults included, for comparison with published numbers.

They are written from the evaluators' behaviour, not from their code. None of them belongs in front of
training data: every fault has a test in which `strict_bag` is right.
Not repeated: the random pruning of `testsuite` (its exhaustive search gives the same verdicts) and timeouts
that do not stop a query.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

from factory.cage.cells import Printed
from factory.cage.compare import Comparison
from factory.cage.notations import read_number
from factory.cage.results import Nested, ResultTable
from factory.cage.sql import SqlError
from factory.records import Example
from factory.verifiers.sql_answer import Answer

if TYPE_CHECKING:
    from factory.verifiers.sql_result import Judge

Rows = Sequence[tuple[Any, ...]]
SECONDS = 30.0
MAX_PERMUTATIONS = 5_000
MAX_VARIANTS = 32


def judge_parity(mode: str, example: Example, gold: ResultTable, read: Answer, judge: Judge) -> Comparison:
    """The verdict of `mode`; an answer of plain words is outside of all four."""
    if read.kind == "text":
        return Comparison("undecided", "no_table")
    return {"bird": judge_bird, "testsuite": judge_testsuite, "spider2": judge_spider2, "defog": judge_defog}[mode](
        example, gold, read, judge
    )


def judged(same: bool, reason: str = "match") -> Comparison:
    return Comparison("accept", reason) if same else Comparison("reject", "wrong_values")


def written_rows(read: Answer) -> Rows:
    """Rows of a written table, its cells as a CSV reader would type them."""

    def typed(cell: Any) -> Any:
        if not isinstance(cell, Printed):
            return cell
        if cell in ("", "NULL", "None"):
            return None
        number = read_number(cell)
        if number is None:
            return str(cell)
        return int(number[0]) if number[1] == 0 and number[0] == int(number[0]) else float(number[0])

    return [tuple(typed(c) for c in row) for row in read.shape[1]] if read.shape else []


def answer_table(read: Answer, judge: Judge) -> ResultTable | Comparison:
    if read.kind == "sql":
        return judge.run(read.text, 200_000)
    rows = written_rows(read)
    names = read.shape[0] if read.shape else []
    return ResultTable(tuple(names or ("",) * (len(rows[0]) if rows else 0)), tuple(rows))


# BIRD: sets of rows; prediction and gold on one writable connection


def judge_bird(example: Example, gold: ResultTable, read: Answer, judge: Judge) -> Comparison:
    if read.kind != "sql":
        return judged(same_bird(written_rows(read), gold.rows))
    path, dialect = judge.database()
    try:
        results = judge.cage.query_copy(path, dialect, [], [read.text, example.ground_truth.sql], timeout=SECONDS)
    except SqlError as e:
        return Comparison("reject", f"sql_{e.kind}", e.message)
    for result in results:
        if isinstance(result, SqlError):
            return Comparison("reject", f"sql_{result.kind}", result.message)
    return judged(same_bird(results[0].rows, results[1].rows))


def same_bird(answer: Rows, gold: Rows) -> bool:
    """Row order and duplicates ignored, column order kept, floats exact, lists and structs never equal."""
    if any(isinstance(c, Nested) for rows in (answer, gold) for row in rows for c in row):
        return False
    return set(answer) == set(gold)


# Test suite: every database of the folder, DISTINCT taken out, columns in any order, exact cells


def judge_testsuite(example: Example, gold: ResultTable, read: Answer, judge: Judge) -> Comparison:
    truth = example.ground_truth.sql
    in_order = "order by" in truth.lower()
    if read.kind != "sql":
        return judged(same_testsuite(written_rows(read), gold.rows, in_order))
    path, dialect = judge.database()
    # A suite is a folder named after its database; any other folder holds databases of other questions.
    siblings = sorted(path.parent.glob("*.sqlite")) if path.parent.name == path.stem else []
    for database in siblings or [path]:
        try:
            expected = judge.cage.query(database, dialect, prepare_testsuite(truth), timeout=SECONDS)
        except SqlError as e:
            return Comparison("undecided", "gold_sql_fails", e.message)
        try:
            given = judge.cage.query(database, dialect, prepare_testsuite(read.text), timeout=SECONDS)
        except SqlError as e:
            return Comparison("reject", f"sql_{e.kind}", e.message)
        if not same_testsuite(given.rows, expected.rows, in_order):
            return judged(False)
    return judged(True)


def prepare_testsuite(sql: str) -> str:
    for apart, joined in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
        sql = sql.replace(apart, joined)
    sql = re.sub(r"\bYEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)", "2020", sql, flags=re.IGNORECASE)
    return re.sub(r"'(?:[^']|'')*'|\bdistinct\b", lambda m: "" if m[0][0] != "'" else m[0], sql, flags=re.IGNORECASE)


def same_testsuite(answer: Rows, gold: Rows, in_order: bool) -> bool:
    if not answer and not gold:
        return True
    if len(answer) != len(gold) or len(answer[0]) != len(gold[0]):
        return False
    fits = [
        [j for j in range(len(gold[0])) if Counter(r[j] for r in answer) == Counter(r[i] for r in gold)] for i in range(len(gold[0]))
    ]
    for tried, order in enumerate(arrangements(fits, [])):
        if tried > MAX_PERMUTATIONS:
            return False
        arranged = [tuple(row[j] for j in order) for row in answer]
        if arranged == list(gold) if in_order else Counter(arranged) == Counter(gold):
            return True
    return False


def arrangements(fits: list[list[int]], chosen: list[int]) -> Iterator[list[int]]:
    if len(chosen) == len(fits):
        yield chosen
        return
    for j in fits[len(chosen)]:
        if j not in chosen:
            yield from arrangements(fits, [*chosen, j])


# Spider 2.0: each gold column somewhere in the answer, columns on their own


def judge_spider2(example: Example, gold: ResultTable, read: Answer, judge: Judge) -> Comparison:
    table = answer_table(read, judge)
    if isinstance(table, Comparison):
        return table if table.outcome == "undecided" else Comparison("reject", table.reason, table.detail)
    return judged(same_spider2(table.rows, gold.rows))


def same_spider2(answer: Rows, gold: Rows, columns: Sequence[int] | int = (), in_order: bool = False) -> bool:
    """`columns`: the gold columns that count, all where empty.

    One number, as its configuration file yields with a single suffixed gold and a flat list, counts that
    column alone, and 0 counts as "all".
    """
    wanted = [columns] if isinstance(columns, int) and columns else list(columns) if not isinstance(columns, int) else []
    gold_columns = [csv_column(c) for c in zip(*gold, strict=True)]
    answer_columns = [csv_column(c) for c in zip(*answer, strict=True)]
    return all(
        any(same_vector(mine, theirs, in_order) for theirs in answer_columns)
        for i, mine in enumerate(gold_columns)
        if not wanted or i in wanted
    )


def csv_column(cells: Sequence[Any]) -> list[Any]:
    """A column after a trip through CSV and back: empty text is missing, numbers are floats where one is missing."""
    texts = ["" if c is None else c if isinstance(c, str) else str(c) for c in cells]
    if all(t in ("True", "False") for t in texts):
        return [t == "True" for t in texts]
    numbers: list[float | int | None] = []
    for text in texts:
        try:
            numbers.append(None if text in ("", "NULL", "NaN", "nan", "None", "N/A", "NA", "null") else float(text) if not text.lstrip("-").isdecimal() else int(text))
        except ValueError:
            return [None if t in ("", "NULL", "NaN", "nan", "None", "N/A", "NA", "null") else t for t in texts]
    return numbers


def same_vector(gold: list[Any], answer: list[Any], in_order: bool) -> bool:
    gold, answer = ([0 if x is None or (isinstance(x, float) and math.isnan(x)) else x for x in v] for v in (gold, answer))
    if not in_order:
        gold, answer = (sorted(v, key=lambda x: (x is None, str(x), isinstance(x, int | float))) for v in (gold, answer))
    if len(gold) != len(answer):
        return False
    for a, b in zip(gold, answer, strict=True):
        if isinstance(a, int | float) and isinstance(b, int | float):
            if not math.isclose(float(a), float(b), abs_tol=1e-2):
                return False
        elif a != b:
            return False
    return True


# defog: duplicates dropped, columns sorted by name, rows sorted; or every gold column among the answer's


def judge_defog(example: Example, gold: ResultTable, read: Answer, judge: Judge) -> Comparison:
    table = answer_table(read, judge)
    if isinstance(table, Comparison):
        return table
    in_order = re.search(r"\b(?:order|sort|arrange)", example.question, re.IGNORECASE) is not None
    golds = [gold]
    if ";" in example.ground_truth.sql.strip().rstrip(";") or "{" in example.ground_truth.sql:
        golds = [g for sql in defog_golds(example.ground_truth.sql) if isinstance(g := judge.run(sql, 200_000), ResultTable)]
    for truth in golds:
        if same_defog(table, truth, in_order):
            return judged(True, "exact")
    return judged(any(subset_defog(table, truth, in_order) for truth in golds), "subset")


def defog_golds(sql: str) -> list[str]:
    """The queries that a gold stands for: several between `;`, and of columns in {} every non-empty choice."""
    found: list[str] = []
    for query in sql.split(";"):
        match = re.search(r"\{([^{}]*)\}", query)
        if not match:
            found += [query.strip()] if query.strip() else []
            continue
        names = [n.strip() for n in match[1].split(",") if n.strip()]
        for size in range(1, len(names) + 1):
            for chosen in combinations(names, size):
                kept = ", ".join(chosen)
                found.append((query[: match.start()] + kept + query[match.end() :]).replace("{}", kept).strip())
                if len(found) >= MAX_VARIANTS:
                    return found
    return found


def frame(table: ResultTable, in_order: bool) -> tuple[list[int], list[tuple]]:
    """Columns by name and rows as that evaluator lines them up."""
    order = sorted(range(len(table.columns)), key=lambda i: table.columns[i])
    rows = [tuple(fill(row[i]) for i in order) for row in table.rows]
    rows = list(dict.fromkeys(rows))
    if not in_order:
        rows.sort(key=lambda row: [(isinstance(c, str), c if isinstance(c, str) else "", 0 if isinstance(c, str | bytes) else c) for c in row])
    return order, rows


def fill(cell: Any) -> Any:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return -99999
    return float(cell) if isinstance(cell, Decimal) else cell


def same_defog(answer: ResultTable, gold: ResultTable, in_order: bool) -> bool:
    if len(answer.columns) != len(gold.columns):
        return False
    if answer.rows == gold.rows and not any(c is None for row in gold.rows for c in row):
        return True
    return frame(answer, in_order)[1] == frame(gold, in_order)[1]


def subset_defog(answer: ResultTable, gold: ResultTable, in_order: bool) -> bool:
    """Every gold column found by its sorted values, then the rows compared again: rows stay together."""
    if not gold.rows or not answer.rows:
        return False
    chosen: list[int] = []
    for i in range(len(gold.columns)):
        mine = Counter(fill(row[i]) for row in gold.rows)
        match = next(
            (j for j in range(len(answer.columns)) if j not in chosen and Counter(fill(row[j]) for row in answer.rows) == mine), None
        )
        if match is None:
            return False
        chosen.append(match)
    picked = ResultTable(gold.columns, tuple(tuple(row[j] for j in chosen) for row in answer.rows))
    return same_defog(picked, gold, in_order)
