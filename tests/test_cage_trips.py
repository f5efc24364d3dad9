"""What is asked of the SQL cage together, what need not be asked, and what comes back as text."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
from pathlib import Path

import duckdb
import pytest

from factory.cage import requests
from factory.cage.compare import compare
from factory.cage.csv_lines import csv_lines
from factory.cage.database_files import identify
from factory.cage.gold import other_orders
from factory.cage.queries import order_keys, parse_query, with_keys
from factory.cage.settled import is_settled
from factory.cage.sql import SqlCage, SqlError
from factory.kept import Kept

SCHEMA = [
    "CREATE TABLE t (a INTEGER, k TEXT, f REAL, x)",
    "CREATE TABLE u (k TEXT, n INTEGER)",
    "CREATE TABLE folded (k TEXT COLLATE NOCASE, n INTEGER)",
    "CREATE VIEW v AS SELECT k, f FROM t LIMIT 3",
    "INSERT INTO u VALUES ('p', 1), ('q', 2), ('Q', 2), (NULL, 3)",
    "INSERT INTO folded VALUES ('q', 1), ('Q', 2), ('p', 5)",
]


@pytest.fixture
def cage():
    with SqlCage() as cage:
        yield cage


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("trips") / "t.sqlite"
    rng, connection = random.Random(5), sqlite3.connect(path)
    for statement in SCHEMA:
        connection.execute(statement)
    cells = [1, 1.0, "1", None, "p", "Q", "q", b"\x00", -2.5, 10**15 + 1]
    rows = [(rng.choice((1, 2, 3, None)), rng.choice(("p", "q", "Q", None)), rng.choice((0.1, 1e15, -1e15, None)), rng.choice(cells)) for _ in range(60)]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path


# What need not be run again


SETTLED = [
    "SELECT a, k FROM t WHERE f > 0 ORDER BY a",
    "SELECT k, count(*) AS num, sum(a) FROM t GROUP BY k ORDER BY num DESC",
    "SELECT upper(k), max(a), min(k) FROM t GROUP BY k HAVING count(*) > 1",
    "SELECT count(*), count(DISTINCT k) FROM t",
    "SELECT DISTINCT x FROM t",
    "SELECT t.k, count(*) FROM t JOIN u ON t.k = u.k WHERE u.n IN (1, 2) AND t.a BETWEEN 1 AND 3 GROUP BY t.k",
]
NOT_SETTLED = [
    "SELECT a FROM t LIMIT 3",
    "SELECT k, a FROM t GROUP BY k",
    "SELECT k FROM t GROUP BY a",
    "SELECT max(a, 2) FROM t GROUP BY k",
    "SELECT k FROM t GROUP BY k HAVING a > 1",
    "SELECT * FROM t GROUP BY a",
    "SELECT group_concat(k) FROM t",
    "SELECT avg(f) FROM t",
    "SELECT sum(f) FROM t",
    "SELECT total(a) FROM t",
    "SELECT json_group_array(k) FROM t",
    "SELECT rowid, a FROM t",
    "SELECT row_number() OVER (ORDER BY a) FROM t",
    "SELECT k FROM v",
    "SELECT DISTINCT k FROM folded",
    "SELECT DISTINCT k COLLATE NOCASE FROM t",
    "SELECT a FROM t WHERE k IN (SELECT k FROM u LIMIT 1)",
    "SELECT a FROM t UNION SELECT n FROM u LIMIT 2",
    "WITH w AS (SELECT a FROM t LIMIT 1) SELECT a FROM w",
    "SELECT (SELECT k FROM u) FROM t",
    "SELECT name FROM sqlite_master",
]


@pytest.mark.parametrize("sql", SETTLED + NOT_SETTLED)
def test_a_query_is_settled_only_where_its_text_shows_it(cage, database, sql):
    table = cage.query(database, "sqlite", sql)
    assert is_settled(parse_query(sql, "sqlite"), table, cage.tables(database, "sqlite")) is (sql in SETTLED)


def test_settled_queries_give_the_same_rows_however_the_rows_lie(cage, database):
    rng = random.Random(11)
    listed = cage.tables(database, "sqlite")
    columns = ["a", "t.k", "f", "x", "upper(t.k)", "a + 1", "count(*)", "sum(a)", "sum(f)", "min(x)", "max(t.k)", "count(DISTINCT x)", "avg(a)", "sum(x)"]
    seen = {"settled": 0, "hangs on the order": 0}
    for _ in range(250):
        select = ", ".join(rng.sample(columns, rng.randint(1, 3)))
        sql = f"SELECT {'DISTINCT ' if rng.random() < 0.3 else ''}{select} FROM {rng.choice(('t', 't JOIN u ON t.k = u.k', 't LEFT JOIN folded ON t.a = folded.n'))}"
        sql += rng.choice(("", " WHERE a > 1", " WHERE x LIKE 'q%' OR f < 1"))
        sql += rng.choice(("", " GROUP BY t.k", " GROUP BY t.k, a", " GROUP BY x", " GROUP BY a HAVING count(*) > 2"))
        try:
            table = cage.query(database, "sqlite", sql)
        except SqlError:
            continue
        same = all(
            again.rows == table.rows or compare(table, again).outcome != "reject"
            for again in other_orders(cage, database, "sqlite", sql, listed, 1_000, 10.0)
        )
        settled = is_settled(parse_query(sql, "sqlite"), table, listed)
        assert same or not settled, sql
        seen["settled"] += settled
        seen["hangs on the order"] += not same
    assert min(seen.values()) >= 20, seen


def test_a_tree_that_callers_share_stays_as_it_is():
    sql = "SELECT k FROM t ORDER BY f LIMIT 2"
    tree = parse_query(sql, "sqlite")
    assert with_keys(tree, order_keys(tree, ("k",)), 9, "sqlite") != sql
    assert parse_query(sql, "sqlite") is tree and tree.sql("sqlite") == sql


# Several requests in one trip


def test_replies_that_were_foreseen_are_those_of_single_requests(cage, database):
    sql = "SELECT k, count(*) FROM t GROUP BY k"
    asked = [requests.query(sql), requests.tables(), requests.tables_read(sql), requests.query_reversed("SELECT absent")]
    cage.foresee(database, "sqlite", asked)
    assert len(cage.foreseen) == 4
    with SqlCage() as other:
        assert cage.query(database, "sqlite", sql) == other.query(database, "sqlite", sql)
        assert cage.tables(database, "sqlite") == other.tables(database, "sqlite")
        assert cage.tables_read(database, "sqlite", sql) == other.tables_read(database, "sqlite", sql) == ["t"]
    with pytest.raises(SqlError, match="no such column"):
        cage.query_reversed(database, "sqlite", "SELECT absent")
    assert not cage.foreseen


def test_what_was_foreseen_of_a_file_that_changed_is_not_told(cage, tmp_path):
    path = tmp_path / "changing.sqlite"

    def write(value: int) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS w (n)")
            connection.execute("INSERT INTO w VALUES (?)", (value,))
        connection.close()

    write(1)
    cage.foresee(path, "sqlite", [requests.query("SELECT max(n) FROM w"), requests.tables()])
    write(2)
    assert cage.query(path, "sqlite", "SELECT max(n) FROM w").rows == ((2,),)


def test_a_trip_that_dies_or_runs_late_leaves_each_request_to_itself(cage, database):
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
    cage.foresee(database, "sqlite", [requests.query(endless, timeout=0.2), requests.query("SELECT 1")])
    assert cage.query(database, "sqlite", "SELECT 1").rows == ((1,),)
    with pytest.raises(SqlError, match="timeout"):
        cage.query(database, "sqlite", endless, timeout=0.2)
    cage.query(database, "sqlite", "SELECT 2")
    cage.workers["sqlite"].process.kill()
    cage.workers["sqlite"].process.wait()
    cage.foresee(database, "sqlite", [requests.query("SELECT 3"), requests.query("SELECT 4")])
    assert cage.query(database, "sqlite", "SELECT 4").rows == ((4,),)


@pytest.mark.parametrize("reply", [b"[]", b"7", b'{"replies": 7}', b'{"replies": [7, []]}', b"no JSON", b"{}\n\xff", b'{"error": 7}', b'{"error": ["sql"]}', b'{"error": ["memory", "out of memory"]}'])
def test_a_reply_that_a_broken_engine_forges_is_no_answer(cage, database, monkeypatch, reply):
    cage.query(database, "sqlite", "SELECT 1")
    with monkeypatch.context() as patched:
        patched.setattr(cage.workers["sqlite"], "ask", lambda *_: reply)
        cage.foresee(database, "sqlite", [requests.query("SELECT 3"), requests.query("SELECT 4")])
        assert not cage.foreseen
    if worker := cage.workers.get("sqlite"):
        monkeypatch.setattr(worker, "ask", lambda *_: reply)
        with contextlib.suppress(SqlError):
            assert cage.query(database, "sqlite", "SELECT 5").rows == ((5,),)  # of the next worker
        assert worker.process.poll() is not None or cage.workers["sqlite"] is worker
        monkeypatch.undo()
    assert cage.query(database, "sqlite", "SELECT 4").rows == ((4,),)


# Tables as text


def test_lines_of_a_table_are_those_of_its_typed_cells(cage, tmp_path):
    rows = [(None,), ("",), (1,), (1.0,), (1e300,), (float("inf"),), (-0.0,), ("1",), ("a,b",), ('say "x"',), ("two\nlines",), (" x",), (b"\x00\xff",), ("NULL",), ("true",), ("Łódź",), (2**63 - 1,)]
    path = tmp_path / "cells.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE one (c)")
        connection.execute("CREATE TABLE two (c, d)")
        connection.execute("CREATE TABLE none (c)")
        connection.executemany("INSERT INTO one VALUES (?)", rows)
        connection.executemany("INSERT INTO two SELECT ?, 7", rows)
        connection.execute("INSERT INTO two VALUES (CAST(x'61ff' AS TEXT), 8)")
    connection.close()
    for name in ("one", "two", "none"):
        typed, told = cage.read_table(path, "sqlite", name, 100), cage.read_lines(path, "sqlite", name, 100)
        assert told == (csv_lines(typed.rows), len(typed.rows), typed.replaced)
    assert cage.read_lines(path, "sqlite", "two", 100).replaced == 1
    with pytest.raises(SqlError, match="overflow"):
        cage.read_lines(path, "sqlite", "one", 5)
    with pytest.raises(SqlError, match="overflow"):
        cage.read_lines(path, "sqlite", "one", 100, max_bytes=20)


def test_lines_of_duckdb_are_those_of_its_typed_cells(cage, tmp_path):
    path = tmp_path / "cells.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE c AS SELECT 170141183460469231731687303715884105727::HUGEINT AS h, 1.50::DECIMAL(4, 2) AS d, [1, 2] AS l, NULL AS n")
    assert cage.read_lines(path, "duckdb", "c", 10).text == '170141183460469231731687303715884105727,1.50,"[1,2]",'


# Files and memory


def test_a_link_that_leads_elsewhere_is_followed_anew(cage, tmp_path):
    for name in ("old", "new"):
        with sqlite3.connect(tmp_path / name) as connection:
            connection.execute(f"CREATE TABLE {name} (c)")
        connection.close()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "old")
    assert [table.name for table in cage.tables(link, "sqlite")] == ["old"]
    link.unlink()
    link.symlink_to(tmp_path / "new")
    assert identify(link, "sqlite")[0] == os.path.realpath(tmp_path / "new")
    assert [table.name for table in cage.tables(link, "sqlite")] == ["new"]
    (tmp_path / "new").unlink()
    with pytest.raises(SqlError, match="bad_database"):
        identify(link, "sqlite")


def test_kept_values_go_by_weight_the_oldest_first():
    kept: Kept[str] = Kept(10)
    kept.keep("a", "A", 4)
    kept.keep("b", "B", 4)
    assert kept.get("a") == "A"
    kept.keep("c", "C", 4)
    assert [kept.get(key) for key in "abc"] == ["A", None, "C"] and kept.weight == 8
    kept.keep("a", "AA", 1)
    kept.keep("d", "D", 99)
    assert [kept.get(key) for key in "acd"] == [None, None, "D"] and kept.weight == 99
    assert kept.keep("e", "E", 1) == "E" and kept.get("d") is None


def test_requests_that_differ_have_other_keys():
    asked = [requests.query("a"), requests.query("a", 1), requests.query("a", timeout=1.0), requests.query_reversed("a"), requests.query_copy([], ["a"])]
    assert len({request.key for request in asked}) == len(asked) and all(json.loads(request.key) for request in asked)
