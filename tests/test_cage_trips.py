"""What is asked of the SQL cage together, and what comes back as text."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from factory.cage import requests
from factory.cage.csv_lines import csv_lines
from factory.cage.database_files import identify
from factory.cage.queries import order_keys, parse_query, with_keys
from factory.cage.results import ResultTable
from factory.cage.sql import SqlCage, SqlError
from factory.kept import Kept


@pytest.fixture
def cage():
    with SqlCage() as cage:
        yield cage


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("trips") / "t.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a INTEGER, k TEXT, f REAL)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(n % 3, "pqr"[n % 2], n / 7) for n in range(20)])
    connection.close()
    return path


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


FORGED = [b"[]", b"7", b"{}", b"no JSON", b"{}\n\xff", b'{"error": 7}', b'{"error": ["sql"]}', b'{"error": ["memory", "out of memory"]}',
          b'{"replies": 7}', b'{"replies": [7, []]}', b'{"tables": 7}', b'{"tables": [7]}', b'{"tables": [{"name": 7, "view": 0, "columns": [], "foreign_keys": []}]}',
          b'{"results": 7}', b'{"results": []}', b'{"results": [{"error": ["sql"]}]}', b'{"num_rows": 0, "replaced": 0}\nx', b'{"num_rows": 1, "replaced": 0, "lines": 7}',
          b'{"num_rows": true, "replaced": false}\nx', b'{"num_rows": -1, "replaced": 0}', b'{"columns": ["a"], "rows": 7, "replaced": 0, "unstable": []}']  # fmt: skip


def first_copied(cage: SqlCage, path: Path) -> ResultTable:
    (result,) = cage.query_copy(path, "sqlite", [], ["SELECT count(*) FROM t"])
    if isinstance(result, SqlError):
        raise result
    return result


ASKED = {
    "query": lambda cage, path: cage.query(path, "sqlite", "SELECT count(*) FROM t").rows == ((20,),),
    "tables": lambda cage, path: [table.name for table in cage.tables(path, "sqlite")] == ["t"],
    "reads": lambda cage, path: cage.tables_read(path, "sqlite", "SELECT 1 FROM t") == ["t"],
    "lines": lambda cage, path: cage.read_lines(path, "sqlite", "t", 100).num_rows == 20,
    "copy": lambda cage, path: first_copied(cage, path).rows == ((20,),),
}


@pytest.mark.parametrize("reply", FORGED)
@pytest.mark.parametrize("operation", ASKED)
def test_a_reply_that_a_broken_engine_forges_is_an_error_or_asked_again(cage, database, monkeypatch, operation, reply):
    cage.query(database, "sqlite", "SELECT 1")
    monkeypatch.setattr(cage.workers["sqlite"], "ask", lambda *_: reply)
    try:
        right = ASKED[operation](cage, database)  # of the next worker
    except SqlError as error:
        right = error.kind in ("crash", "memory")
    assert right
    monkeypatch.undo()
    cage.close()
    assert ASKED[operation](cage, database)


@pytest.mark.parametrize("reply", [b'{"replies": 7}', b'{"replies": [7, []]}', b"7", b"no JSON", b'{"error": ["memory", "out of memory"]}'])
def test_nothing_is_foreseen_of_a_forged_reply(cage, database, monkeypatch, reply):
    cage.query(database, "sqlite", "SELECT 1")
    monkeypatch.setattr(cage.workers["sqlite"], "ask", lambda *_: reply)
    cage.foresee(database, "sqlite", [requests.query("SELECT 3"), requests.query("SELECT 4")])
    assert not cage.foreseen


def test_a_damaged_file_is_looked_at_once_a_trip(cage, tmp_path):
    path = tmp_path / "damaged.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE w (n TEXT)")
        connection.executemany("INSERT INTO w VALUES (?)", [("x" * 900,)] * 200)
    connection.close()
    data = bytearray(path.read_bytes())
    data[8_192:12_288] = b"\xff" * 4_096
    path.write_bytes(data)
    cage.foresee(path, "sqlite", [requests.query("SELECT count(*) FROM w"), *(requests.tables_read(f"SELECT {n} FROM w") for n in range(5))])
    assert len(cage.foreseen) == 1
    with pytest.raises(SqlError, match="bad_database"):
        cage.query(path, "sqlite", "SELECT count(*) FROM w")


@pytest.mark.parametrize("sql", ["SELECT * FROM " + "(" * 19_000 + "t", "SELECT " + "NOT " * 4_000 + "1", "SELECT count(*) FROM t t0" + "".join(f" JOIN t t{n}" for n in range(1, 40))])
def test_queries_that_would_hold_or_break_the_parser_are_left_unread(sql):
    code = "import sys; from factory.cage.queries import parse_query; print(parse_query(sys.stdin.read(), 'sqlite'))"
    done = subprocess.run([sys.executable, "-c", code], input=sql, capture_output=True, text=True, timeout=30, cwd=Path(__file__).parents[1])
    assert (done.returncode, done.stdout.strip()) == (0, "None")


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
    assert cage.read_lines(path, "sqlite", "one", 100).text.startswith('NULL\n""\n1\n1.0\n1e+300\ninf\n-0.0\n"1"\n"a,b"\n"say ""x"""\n"two\nlines"\n" x"\nX\'00FF\'\n"NULL"\n"true"\n')
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


def test_a_file_that_became_a_link_to_one_with_a_log_is_refused(cage, tmp_path):
    plain, folder = tmp_path / "x.sqlite", tmp_path / "else"
    folder.mkdir()
    for path in (plain, folder / "y.sqlite"):
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE w (n)")
        connection.close()
    (folder / "y.sqlite-wal").write_bytes(b"changes")
    cage.tables(plain, "sqlite")
    plain.unlink()
    plain.symlink_to(folder / "y.sqlite")
    with pytest.raises(SqlError, match="y.sqlite-wal"):
        identify(plain, "sqlite")


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
    assert requests.query("a", timeout=30).key == requests.query("a", timeout=30.0).key
    assert len({request.key for request in asked}) == len(asked) and all(json.loads(request.key) for request in asked)
