"""Parity modes: each known fault of a public evaluator is repeated, and `strict_bag` is right beside it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from factory.cage.gold import run_gold
from factory.cage.results import ResultTable
from factory.cage.sql import shared_cage
from factory.recipe import Verify
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source
from factory.verifiers.sql_parity import defog_golds, same_bird, same_spider2, subset_defog
from factory.verifiers.sql_result import verify

SCHEMA = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, grade TEXT, points REAL)",
    "INSERT INTO t VALUES (1, 'a', 'x', 0.1), (2, 'b', 'x', 0.2), (3, 'c', 'y', NULL), (4, 'c', 'y', 7.0)",
]


class Side:
    def path(self, uri: str) -> Path:
        return Path(uri)


def make_database(path: Path, statements=SCHEMA) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    return make_database(tmp_path_factory.mktemp("parity") / "t.sqlite")


def outcomes(database: Path, sql: str, answer: str, mode: str, question: str = "", dialect: str = "sqlite") -> tuple[str, str]:
    """(verdict of `mode`, verdict of strict_bag)."""
    plain = sql.split(";")[0].replace("{", "").replace("}", "")
    table = run_gold(shared_cage("source"), database, dialect, plain).table
    example = Example(
        id="e", pair_id="p", unit="u", domain="sql", task_id="t", question=question, context="", pieces=(),
        ground_truth=GroundTruth(text=table.to_markdown(), sql=sql, result=table.to_json()),
        agent=AgentTrace(), solved=None, environment=Environment(database=str(database), dialect=dialect), source=Source(),
        tokenizer="", seed=0, budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip
    return tuple(verify(example, answer, Verify(sql_mode=m), Side()).outcome for m in (mode, "strict_bag"))


def query(sql: str) -> str:
    return f"```sql\n{sql}\n```"


COUNT = "SELECT count(*) FROM t"
ROWS = "SELECT name, points FROM t WHERE id < 3"

# (mode, gold, answer, verdict of the mode, verdict of strict_bag, the fault)
FAULTS = [
    ("bird", "SELECT name FROM t", query("SELECT DISTINCT name FROM t"), "accept", "reject", "duplicates are ignored"),
    ("bird", "SELECT id FROM t ORDER BY id DESC", query("SELECT id FROM t"), "accept", "reject", "row order is ignored"),
    ("bird", "SELECT id, name FROM t", query("SELECT name, id FROM t"), "reject", "accept", "column order matters"),
    ("bird", "SELECT 0.1 + 0.2", query("SELECT 0.3"), "reject", "undecided", "floats are exact"),
    ("bird", "SELECT id FROM t WHERE id > 1", query("DELETE FROM t"), "accept", "reject", "a prediction that changes data is accepted"),
    ("bird", "SELECT name FROM t WHERE id = 1", query("UPDATE t SET name = 'z'"), "reject", "reject", "a change that leaves rows is not"),
    ("testsuite", "SELECT name FROM t", query("SELECT DISTINCT name FROM t"), "accept", "reject", "DISTINCT is taken out"),
    ("testsuite", "SELECT id FROM t WHERE name != 'order by'", query("SELECT id FROM t WHERE name != 'order by' ORDER BY id DESC"), "reject", "accept", "ORDER BY in a literal orders"),
    ("testsuite", "SELECT id FROM t WHERE id IN (SELECT id FROM t ORDER BY id)", query("SELECT id FROM t ORDER BY id DESC"), "reject", "accept", "ORDER BY in a subquery orders"),
    ("testsuite", "SELECT sum(points) FROM t WHERE id < 3", query("SELECT 0.3 FROM t LIMIT 1"), "reject", "undecided", "floats are exact"),
    ("testsuite", "SELECT grade, id FROM t ORDER BY grade", query("SELECT grade, id FROM t ORDER BY grade, id DESC"), "reject", "accept", "ties have an order"),
    ("testsuite", "SELECT id, name FROM t", query("SELECT name, id FROM t"), "accept", "accept", "columns in any order"),
    ("testsuite", "SELECT id FROM t WHERE id > 2", query("SELECT id FROM t WHERE id > = 3"), "accept", "reject", "a broken operator is mended"),
    ("spider2", ROWS, "| name | points |\n|---|---|\n| a | 0.2 |\n| b | 0.1 |", "accept", "reject", "rows are scrambled between columns"),
    ("spider2", "SELECT id, points FROM t WHERE id = 3", "| id | points |\n|---|---|\n| 3 | 0 |", "accept", "reject", "NULL equals 0"),
    ("spider2", "SELECT 0.004", "| a |\n|---|\n| 0.011 |", "accept", "reject", "small numbers are equal"),
    ("spider2", "SELECT 9.999 AS a UNION ALL SELECT 20.5", "| a |\n|---|\n| 10.0 |\n| 20.5 |", "reject", "reject", "sorting as text defeats its own tolerance"),
    ("spider2", "SELECT 1 AS a, 1 AS b", "| a |\n|---|\n| 1 |", "accept", "reject", "one column stands for two"),
    ("spider2", "SELECT id FROM t", query("SELECT * FROM t"), "accept", "reject", "a dump of everything passes"),
    ("spider2", "SELECT '' AS a", "| a |\n|---|\n| 0 |", "accept", "reject", "empty text equals 0"),
    ("spider2", "SELECT id FROM t ORDER BY id DESC", query("SELECT id FROM t"), "accept", "reject", "row order is ignored"),
    ("spider2", "SELECT '2020-01-02' AS d", "| d |\n|---|\n| 2020-01-02 00:00:00 |", "reject", "reject", "dates are text"),
    ("defog", "SELECT name, grade FROM t", query("SELECT DISTINCT name, grade FROM t"), "accept", "reject", "duplicates are dropped"),
    ("defog", "SELECT id FROM t", query("SELECT * FROM t"), "accept", "reject", "a superset counts as right"),
    ("defog", "SELECT id AS a, 5 - id AS b FROM t WHERE id < 3", query("SELECT 5 - id AS a, id AS b FROM t WHERE id < 3"), "accept", "reject", "names contradict and nothing is said"),
    ("defog", "SELECT points FROM t WHERE id = 3", "| points |\n|---|\n| -99999 |", "accept", "reject", "NULL equals -99999"),
    ("defog", "SELECT id FROM t ORDER BY id DESC", query("SELECT id FROM t"), "accept", "reject", "row order is ignored where the question does not ask"),
    ("defog", "SELECT 0.1 + 0.2 AS a", query("SELECT 0.3 AS a"), "reject", "undecided", "floats are exact"),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "sql", "answer", "theirs", "ours", "fault"), FAULTS, ids=[f"{f[0]}: {f[5]}" for f in FAULTS])
def test_fault_is_repeated_and_strict_is_right(database, mode, sql, answer, theirs, ours, fault):
    before = database.read_bytes()
    assert outcomes(database, sql, answer, mode) == (theirs, ours)
    assert database.read_bytes() == before


@pytest.mark.parametrize("mode", ["bird", "testsuite", "spider2", "defog"])
def test_every_mode_accepts_the_gold_and_refuses_a_wrong_answer(database, mode):
    assert outcomes(database, ROWS, query(ROWS), mode) == ("accept", "accept")
    assert outcomes(database, ROWS, query("SELECT name, points FROM t WHERE id > 2"), mode) == ("reject", "reject")
    assert outcomes(database, ROWS, query("SELECT nope"), mode) == ("reject", "reject")
    assert outcomes(database, ROWS, "no idea", mode)[0] == "undecided"


def test_bird_rejects_lists_that_strict_compares(tmp_path):
    connection = duckdb.connect(str(tmp_path / "t.duckdb"))
    connection.execute("CREATE TABLE t AS SELECT [1, 2] AS l, 1 AS id")
    connection.close()
    assert outcomes(tmp_path / "t.duckdb", "SELECT l FROM t", query("SELECT l FROM t"), "bird", dialect="duckdb") == ("reject", "accept")


def test_bird_takes_a_nan_for_unequal_to_itself():
    assert not same_bird([(float("nan"),)], [(float("nan"),)])


def test_testsuite_compares_on_every_database_of_its_folder(tmp_path):
    folder = tmp_path / "t"
    folder.mkdir()
    first = make_database(folder / "t.sqlite")
    assert outcomes(first, COUNT, query("SELECT 4 FROM t LIMIT 1"), "testsuite")[0] == "accept"
    make_database(folder / "t_2.sqlite", [*SCHEMA, "DELETE FROM t WHERE id = 4"])
    assert outcomes(first, COUNT, query("SELECT 4 FROM t LIMIT 1"), "testsuite")[0] == "reject"
    assert outcomes(first, COUNT, query("SELECT count(id) FROM t"), "testsuite")[0] == "accept"


def test_spider2_counts_one_column_where_a_list_was_meant():
    gold, answer = [(1, 2, 3)], [(9, 2, 9)]
    assert not same_spider2(answer, gold, [0, 1])
    assert same_spider2(answer, gold, 1)
    assert not same_spider2(answer, gold, 0), "column 0 counts as all columns"


def test_defog_order_counts_where_the_question_asks(database):
    sql = "SELECT id FROM t ORDER BY id DESC"
    assert outcomes(database, sql, query("SELECT id FROM t"), "defog", "Sort the ids downwards.") == ("reject", "reject")


def test_defog_gold_stands_for_several_queries(database):
    assert defog_golds("SELECT {id, name} FROM t GROUP BY {}; SELECT 1") == [
        "SELECT id FROM t GROUP BY id",
        "SELECT name FROM t GROUP BY name",
        "SELECT id, name FROM t GROUP BY id, name",
        "SELECT 1",
    ]
    assert outcomes(database, "SELECT {id, name} FROM t", query("SELECT name FROM t"), "defog")[0] == "accept"


def test_defog_keeps_rows_together_where_spider2_does_not():
    gold = ResultTable(("a", "b"), ((1, 2), (3, 4)))
    scrambled = ResultTable(("a", "b", "c"), ((1, 4, 0), (3, 2, 0)))
    assert same_spider2(scrambled.rows, gold.rows) and not subset_defog(scrambled, gold, in_order=False)
