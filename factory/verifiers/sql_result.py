"""Judge of SQL answers: the answer's table against the executed gold result.

`strict_bag` (the default) compares typed cells, whole rows, as bags or in the order that the gold query's
outermost ORDER BY promises, columns one to one. An answer that is SQL is executed in the cage, and has to
agree with the gold query on changed copies of the database too. The other modes repeat public evaluators,
known faults included (sql_parity.py).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from factory import cage
from factory.cage.compare import Comparison, compare
from factory.cage.database_files import dialect_of
from factory.cage.gold import bare
from factory.cage.notations import read_number
from factory.cage.queries import parse_query, reads_clock, rounds
from factory.cage.results import ResultTable
from factory.cage.sql import SqlCage, SqlError, shared_cage
from factory.errors import RowError
from factory.recipe import Verify
from factory.records import Example, Verdict
from factory.side import SideInputs
from factory.verifiers.sql_answer import Answer, read_answer
from factory.verifiers.sql_guard import changes
from factory.verifiers.sql_parity import judge_parity
from factory.verifiers.sql_readings import judge_table
from factory.verifiers.sql_ties import Order
from factory.verifiers.sql_words import judge_words

VERSION = f"3.{cage.VERSION}"

ANSWER_SECONDS = 10.0
MIN_AGREEING_COPIES = 2
SMALL_INTEGER = 100
LONGER_ROWS = 50_000
EXTRACTED_CHARS = 4_000


def verify(example: Example, answer: str, settings: Verify, side: SideInputs) -> Verdict:
    """Judge `answer` by `example.ground_truth`; never raises for what the answer holds."""
    rule = settings.sql_mode
    try:
        gold = ResultTable.from_json(example.ground_truth.result)
    except ValueError as e:
        return verdict(rule, Comparison("undecided", "no_gold_result", str(e)[:200]))
    read = read_answer(answer, example.environment.dialect or "sqlite")
    rule = f"{rule}:{read.kind}"
    if read.kind in ("empty", "too_large", "several"):
        outcome = "reject" if read.kind == "empty" else "undecided"
        return verdict(rule, Comparison(outcome, {"empty": "no_answer", "several": "several_tables"}.get(read.kind, read.kind)))
    try:
        if settings.sql_mode != "strict_bag":
            found = judge_parity(settings.sql_mode, example, gold, read, Judge(example, side))
        elif read.kind == "sql":
            found = Judge(example, side).sql(read.text, gold)
        else:
            found = judge_written(read, gold, example)
            if found.outcome != "accept" and gold.cut_tie:
                found = Judge(example, side).among_ties(read, gold) or found
    except RowError as e:
        found = Comparison("undecided", e.reason, e.detail[:300])
    marks = ["rounded"] if found.rounded else []
    if gold.cut_tie:
        marks.append("tie_ambiguous")
    if read.kind != "sql" and is_low_information(gold):
        marks.append("low_information")
        if found.outcome == "accept" and settings.low_information == "reject":
            found = Comparison("reject", "low_information", "a right answer of one small cell")
    return verdict(rule, found, read.text[:EXTRACTED_CHARS], tuple(marks))


def judge_written(read: Answer, gold: ResultTable, example: Example) -> Comparison:
    rounded = rounds(example.ground_truth.sql)
    return judge_words(read.text, gold, example.question, rounded) if read.kind == "text" else judge_table(read, gold, rounded)


def verdict(rule: str, found: Comparison, extracted: str = "", marks: tuple[str, ...] = ()) -> Verdict:
    return Verdict(
        outcome=found.outcome, reason=found.reason, rule=rule, version=VERSION, extracted=extracted, detail=found.detail, marks=marks
    )


def is_low_information(gold: ResultTable) -> bool:
    """A result that a guess may hit: no row, or one cell that is NULL, a boolean or a small whole number."""
    if not gold.rows:
        return True
    if len(gold.rows) > 1 or len(gold.columns) > 1:
        return False
    cell = gold.rows[0][0]
    if cell is None or isinstance(cell, bool):
        return True
    number = read_number(str(cell)) if not isinstance(cell, bytes) else None
    return number is not None and number[0] == int(number[0]) and abs(number[0]) < SMALL_INTEGER


class Judge:
    """Queries of one example, run on its database."""

    def __init__(self, example: Example, side: SideInputs):
        self.example, self.side = example, side
        self.cage: SqlCage = shared_cage("answer")

    def database(self) -> tuple[Path, str]:
        """RowError("side_input_missing") where the example's database is not at hand."""
        environment = self.example.environment
        if not environment.database:
            raise RowError("side_input_missing", "the example names no database")
        path = self.side.path(environment.database)
        try:
            return path, environment.dialect or dialect_of(path)
        except SqlError as e:
            raise RowError("side_input_missing", e.message) from None

    def run(self, sql: str, max_rows: int) -> ResultTable | Comparison:
        path, dialect = self.database()
        try:
            return self.cage.query(path, dialect, sql, max_rows, ANSWER_SECONDS)
        except SqlError as e:
            return failure(e)

    def sql(self, sql: str, gold: ResultTable) -> Comparison:
        sql = bare(sql)
        path, dialect = self.database()
        table = self.run(sql, len(gold.rows) + 1)
        if isinstance(table, Comparison):
            return table
        found = compare(gold, table)
        if found.outcome != "accept" and not (gold.cut_tie and self.is_other_choice(gold, table)):
            return found
        tree = parse_query(sql, dialect)
        try:
            if table.unstable or (tree is not None and reads_clock(tree)):
                return Comparison("undecided", "nondeterministic", "the query reads chance or the clock")
            return self.guard(path, dialect, sql, gold)
        except SqlError as e:
            return Comparison("undecided", "guard_failed", str(e)[:300])

    def beyond_limit(self, gold: ResultTable) -> tuple[Order, ResultTable] | None:
        """The gold query's order, and its rows without the limit."""
        truth, dialect = bare(self.example.ground_truth.sql), self.database()[1]
        order = Order.of(truth, gold.columns, dialect) if truth else None
        longer = self.run(order.longer, LONGER_ROWS) if order else None
        return (order, longer) if order and isinstance(longer, ResultTable) else None

    def is_other_choice(self, gold: ResultTable, table: ResultTable) -> bool:
        found = self.beyond_limit(gold)
        return found is not None and found[0].allows(table, found[1])

    def among_ties(self, read: Answer, gold: ResultTable) -> Comparison | None:
        """Accepted where another choice among the tie that LIMIT cuts is the answer; None without a database to ask."""
        try:
            found = self.beyond_limit(gold)
        except RowError:
            return None
        judged = (judge_written(read, choice, self.example) for choice in found[0].choices(gold.columns, found[1])) if found else ()
        return next((c for c in judged if c.outcome == "accept"), None)

    def guard(self, path: Path, dialect: str, sql: str, gold: ResultTable) -> Comparison:
        """Accept a query that agrees with the gold query on at least two changed copies, and differs on none."""
        truth = bare(self.example.ground_truth.sql)
        if not truth:
            return Comparison("undecided", "guard_failed", "no gold query to compare with")
        order = Order.of(truth, gold.columns, dialect)
        agreeing = 0
        for statements in changes(self.cage.tables(path, dialect), [truth, sql], dialect):
            queries = [truth, sql, *([order.longer] if order else [])]
            expected, given, *longer = self.cage.query_copy(path, dialect, statements, queries, timeout=ANSWER_SECONDS)
            if isinstance(expected, SqlError):
                continue
            if isinstance(given, SqlError):
                return Comparison("undecided", "differs_on_changed_data", str(given)[:300])
            known = bool(longer) and isinstance(longer[0], ResultTable)
            bag = order.ordered(expected, longer[0]) if known else dataclasses.replace(expected, order=None)
            found = compare(bag, given)
            if found.outcome == "accept":
                agreeing += 1
            elif not both_empty_aggregates(expected, given) and not (known and order.allows(given, longer[0])):
                return Comparison("undecided", "differs_on_changed_data", found.reason)
        if agreeing < MIN_AGREEING_COPIES:
            return Comparison("undecided", "guard_failed", f"only {agreeing} changed copies could be compared")
        return Comparison("accept", "match", f"agrees on {agreeing} changed copies")


def both_empty_aggregates(expected: ResultTable, given: ResultTable) -> bool:
    """Whether both say that nothing was left to add up, one by NULL, the other by 0. On the data itself it would count."""
    cells = [*(expected.rows[0] if len(expected.rows) == 1 else (1,)), *(given.rows[0] if len(given.rows) == 1 else (1,))]
    return None in cells and all(cell is None or (cell == 0 and not isinstance(cell, bool)) for cell in cells)


def failure(error: SqlError) -> Comparison:
    if error.kind == "overflow" and "rows" in error.message:
        return Comparison("reject", "wrong_rows", error.message)
    if error.kind in ("sql", "refused"):
        return Comparison("reject", f"sql_{'fails' if error.kind == 'sql' else 'refused'}", error.message)
    return Comparison("undecided", f"sql_{error.kind}", error.message)
