"""The SQL cage: what it gives, what it refuses, and what the machine looks like after an attack."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from factory.cage.gold import run_gold
from factory.cage.queries import names_after_from
from factory.cage.results import Nested, ResultTable, unescape_text
from factory.cage.sql import SqlCage, SqlError
from tests import attack_corpus
from tests.attack_corpus import SCHEMA, SECRET, snapshot


def make_sqlite(path: Path, statements: list[str] = SCHEMA) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def make_duckdb(path: Path, statements: list[str] = SCHEMA) -> Path:
    connection = duckdb.connect(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


@pytest.fixture(scope="module")
def cage():
    with SqlCage() as cage:
        yield cage


@pytest.fixture(scope="module")
def databases(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("databases")
    return {"sqlite": make_sqlite(folder / "people.sqlite"), "duckdb": make_duckdb(folder / "people.duckdb")}


DIALECTS = pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])


# What it gives


@DIALECTS
def test_query_gives_typed_rows(cage, databases, dialect):
    table = cage.query(databases[dialect], dialect, "SELECT id, name, age / 4.0 AS q FROM people ORDER BY id")
    assert table.columns == ("id", "name", "q")
    assert table.rows[0][:2] == (1, "Ann") and float(table.rows[0][2]) == 7.5 and table.rows[3][1] is None


def test_duckdb_types_survive(cage, databases):
    sql = (
        "SELECT 1.10::DECIMAL(5,2), DATE '2020-01-02', TIMESTAMP '2020-01-02 03:04:05', [1, 2], {'a': 1}, '\\xFF'::BLOB,"
        " true, 'nan'::DOUBLE, 170141183460469231731687303715884105727::HUGEINT, TIMESTAMPTZ '2020-01-01 00:00:00+02', INTERVAL 1 DAY"
    )
    (row,) = cage.query(databases["duckdb"], "duckdb", sql).rows
    assert row[:7] == (Decimal("1.10"), "2020-01-02", "2020-01-02 03:04:05", "[1,2]", '{"a":1}', b"\xff", True)
    assert isinstance(row[3], Nested) and row[7] != row[7] and row[8] == 2**127 - 1 and row[9].startswith("2019-12-31 22:00:00")


@DIALECTS
def test_tables_lists_columns_keys_and_views(cage, databases, dialect):
    people, visits, adults = cage.tables(databases[dialect], dialect)
    assert [c.name for c in people.columns] == ["id", "name", "age"] and people.columns[0].primary_key == 1
    assert visits.foreign_keys == (("person", "people", "id"),) and adults.view and not people.view


@DIALECTS
def test_tables_read_follows_views_and_subqueries(cage, databases, dialect):
    def read(sql: str) -> list[str]:
        return cage.tables_read(databases[dialect], dialect, sql)

    assert read("SELECT count(*) FROM adults") == ["people"]
    assert read("SELECT 1 WHERE EXISTS (SELECT 1 FROM visits WHERE person IN (SELECT id FROM people))") == ["people", "visits"]
    assert read("WITH people AS (SELECT 1 AS a) SELECT a FROM people") == []
    assert read("SELECT 'from visits'") == []
    with pytest.raises(SqlError) as e:
        read("SELECT * FROM absent")
    assert e.value.kind == "sql"


def test_table_is_read_whole_and_in_order_without_a_rowid(cage, tmp_path):
    path = make_sqlite(
        tmp_path / "a.sqlite",
        ["CREATE TABLE w (b TEXT, a TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID", "INSERT INTO w VALUES ('2','x'), ('1','y'), ('1','x')"],
    )
    assert cage.read_table(path, "sqlite", "w", 10).rows == (("1", "x"), ("2", "x"), ("1", "y"))


@DIALECTS
def test_a_row_more_than_asked_for_is_overflow(cage, databases, dialect):
    assert len(cage.query(databases[dialect], dialect, "SELECT id FROM people", max_rows=4).rows) == 4
    with pytest.raises(SqlError) as e:
        cage.query(databases[dialect], dialect, "SELECT id FROM people", max_rows=3)
    assert e.value.kind == "overflow"
    with pytest.raises(SqlError) as e:
        cage.read_table(databases[dialect], dialect, "people", 3)
    assert e.value.kind == "overflow"


def test_text_that_is_not_utf8_is_replaced_and_counted(cage, tmp_path):
    path = make_sqlite(tmp_path / "a.sqlite", ["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (CAST(x'61ff62' AS TEXT)), ('ok')"])
    table = cage.read_table(path, "sqlite", "t", 10)
    assert table.rows == (("a\ufffdb",), ("ok",)) and table.replaced == 1


def test_changed_database_is_read_anew(cage, tmp_path):
    path = make_sqlite(tmp_path / "a.sqlite", ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"])
    assert cage.query(path, "sqlite", "SELECT a FROM t").rows == ((1,),)
    os.replace(make_sqlite(tmp_path / "b.sqlite", ["CREATE TABLE t (a)", "INSERT INTO t VALUES (2)"]), path)
    assert cage.query(path, "sqlite", "SELECT a FROM t").rows == ((2,),)


@DIALECTS
def test_copy_is_changed_and_the_file_is_not(cage, databases, dialect):
    before = snapshot(databases[dialect].parent)
    left, broken = cage.query_copy(
        databases[dialect], dialect, ["DELETE FROM people WHERE id > 1", "nonsense"], ["SELECT count(*) FROM people", "SELECT nope"]
    )
    assert left.rows == ((1,),) and isinstance(broken, SqlError)
    assert cage.query(databases[dialect], dialect, "SELECT count(*) FROM people").rows == ((4,),)
    assert snapshot(databases[dialect].parent) == before


# Tables as text


def test_result_table_reads_back_from_json_and_markdown_cells():
    row = (None, True, 2**70, 0.1, Decimal("1.10"), " a|b\\n\n\t", "NULL", "", b"\x00\xff", Nested("[1]"), float("inf"))
    table = ResultTable(tuple("abcdefghijk"), (row, row), order=(0, 0), cut_tie=True, replaced=1)
    assert ResultTable.from_json(table.to_json()) == table
    lines = table.to_markdown().split("\n")
    assert len(lines) == 4 and unescape_text(lines[2].split(" | ")[5]) == row[5] and r"\NULL" in lines[2]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"columns":["a"],"rows":[[1,2]]}', '{"columns":["a"],"rows":[[{"z":1}]]}', "null"])
def test_what_is_no_result_table_raises_value_error(text):
    with pytest.raises(ValueError):
        ResultTable.from_json(text)


# Gold queries: order and chance


GOLD = [
    ("SELECT name, age FROM people ORDER BY age", (0, 0, 1, 2), False),
    ("SELECT name FROM people ORDER BY age DESC, id", (0, 1, 2, 3), False),
    ("SELECT name FROM people ORDER BY age LIMIT 1", (0,), True),
    ("SELECT name FROM people ORDER BY age LIMIT 2", (0, 0), False),
    ("SELECT age FROM people ORDER BY age LIMIT 1", (0,), False),
    ("SELECT name FROM people WHERE id IN (SELECT person FROM visits ORDER BY place)", None, False),
    ("SELECT name, row_number() OVER (ORDER BY id) FROM people", None, False),
    ("SELECT 'order by'", None, False),
    ("SELECT age FROM people UNION SELECT 7 ORDER BY 1", (0, 1, 2, 3), False),
    ("WITH x AS (SELECT age, count(*) AS n FROM people GROUP BY age) SELECT age FROM x ORDER BY n DESC", (0, 1, 1), False),
    ("SELECT count(*) FROM people LIMIT 1", None, False),
]


@DIALECTS
@pytest.mark.parametrize(("sql", "order", "cut"), GOLD)
def test_gold_order_is_that_of_the_outermost_query_up_to_ties(cage, databases, dialect, sql, order, cut):
    gold = run_gold(cage, databases[dialect], dialect, sql)
    assert (gold.table.order, gold.table.cut_tie, gold.unstable) == (order, cut, "")


UNSTABLE = [
    ("sqlite", "SELECT random()"),
    ("sqlite", "SELECT name FROM people ORDER BY random()"),
    ("sqlite", "SELECT date('now')"),
    ("sqlite", "SELECT current_timestamp"),
    ("sqlite", "SELECT id FROM visits, people LIMIT 2"),
    ("sqlite", "SELECT group_concat(person) FROM visits"),
    ("sqlite", "SELECT place, person FROM visits GROUP BY place"),
    ("duckdb", "SELECT random()"),
    ("duckdb", "SELECT now()"),
    ("duckdb", "SELECT id FROM people LIMIT 2"),
    ("duckdb", "SELECT string_agg(person, ',') FROM visits"),
]


@pytest.mark.parametrize(("dialect", "sql"), UNSTABLE)
def test_gold_that_hangs_on_chance_is_unstable(cage, databases, dialect, sql):
    assert run_gold(cage, databases[dialect], dialect, sql).unstable


def test_the_word_now_in_data_is_no_clock(cage, databases):
    assert not run_gold(cage, databases["sqlite"], "sqlite", "SELECT count(*) FROM people WHERE name = 'now'").unstable


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT a FROM db.t, u JOIN `v w` ON x.a = y.b WHERE a IN (SELECT b FROM w)", ["t", "u", "v w", "w"]),
        ("SELECT 'from z', \"c\" FROM a -- from q", ["a"]),
        ("SELECT 1 FROM t AS x, u AS y, (SELECT 1 FROM k) z", ["t", "u", "k"]),
        ("FROM", []),
        ("(" * 5000, []),
    ],
)
def test_names_after_from_reads_what_no_engine_here_parses(sql, names):
    assert names_after_from(sql) == names


# Attacks


def attacks():
    for dialect in ("sqlite", "duckdb"):
        for name, attack in attack_corpus.attacks(dialect).items():
            yield pytest.param(dialect, attack, id=f"{dialect}-{name}")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A folder that stands for the machine: a secret, the databases, and a place where nothing may appear."""
    folder = tmp_path_factory.mktemp("machine")
    attack_corpus.make_databases(folder, ("sqlite", "duckdb"))
    return folder


@pytest.mark.parametrize(("dialect", "attack"), list(attacks()))
def test_attack_by_query_fails(cage, machine, dialect, attack, record_property):
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record_property("stopped_by", attack_corpus.try_query(cage, dialect, attack, machine))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 64 * 1024, "the parent grew by over 64 MiB"


def test_worker_that_is_killed_is_replaced(cage, databases):
    cage.query(databases["sqlite"], "sqlite", "SELECT 1")
    cage.workers["sqlite"].process.kill()
    assert cage.query(databases["sqlite"], "sqlite", "SELECT 1").rows == ((1,),)


def test_a_query_that_kills_its_worker_again_is_a_crash(cage, databases):
    """Killed from outside, whenever it is seen at work: as a query would do that breaks the engine."""
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.05):
            if (worker := cage.workers.get("sqlite")) and not worker.fresh:
                worker.process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(SqlError) as e:
            cage.query(databases["sqlite"], "sqlite", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t")
    finally:
        stop.set()
        killer.join()
    assert e.value.kind == "crash"
    assert cage.query(databases["sqlite"], "sqlite", "SELECT 1").rows == ((1,),)


def test_where_no_worker_can_run_the_build_stops_and_no_query_is_blamed(databases):
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom factory.cage.sql import SqlCage\nfrom factory.errors import FactoryError\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[2])))\n"
        "try:\n    print(SqlCage().query(Path(sys.argv[1]), 'sqlite', 'SELECT 1').rows)\nexcept FactoryError as e:\n    print(e)\n"
    )

    def said(num_files: int) -> str:
        return subprocess.run([sys.executable, "-c", code, str(databases["sqlite"]), str(num_files)], capture_output=True, text=True).stdout

    assert "cannot run here" in said(5) and "ulimit -n" in said(5)
    assert "((1,),)" in said(40)


def refusal(cage: SqlCage, path: Path, dialect: str, sql: str = "SELECT * FROM people") -> str:
    with pytest.raises(SqlError) as e:
        cage.query(path, dialect, sql, timeout=0.3)
    assert str(path.parent) not in e.value.message
    return e.value.kind


@DIALECTS
def test_damaged_database_files_are_refused(cage, databases, tmp_path, dialect):
    good = databases[dialect].read_bytes()
    cases = {
        "empty": b"",
        "text": b"hello " * 1000,
        "header_only": good[:100],
        "cut": good[: len(good) // 2] if dialect == "sqlite" else good[:12_800],  # behind the headers of both
        "scrambled": good[:4096] + bytes(b ^ 0x5A for b in good[4096:]),
        "zeroed": good[:200] + bytes(len(good) - 200),
    }
    for name, data in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        before = snapshot(tmp_path)
        assert refusal(cage, path, dialect) in ("bad_database", "sql"), name
        assert snapshot(tmp_path) == before


@DIALECTS
def test_what_is_no_regular_file_is_refused(cage, tmp_path, dialect):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    for name in ("pipe", "folder", "dangling", "loop", "zero", "passwd", "absent"):
        assert refusal(cage, tmp_path / name, dialect) == "bad_database", name


@DIALECTS
def test_linked_database_is_read_like_the_file_it_names(cage, databases, tmp_path, dialect):
    (tmp_path / "link").symlink_to(databases[dialect])
    assert len(cage.query(tmp_path / "link", dialect, "SELECT * FROM people").rows) == 4


def test_database_with_changes_beside_it_is_refused(cage, tmp_path):
    path = make_sqlite(tmp_path / "a.sqlite")
    for ending in ("-wal", "-journal"):
        beside = tmp_path / f"a.sqlite{ending}"
        beside.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" * 100)
        before = snapshot(tmp_path)
        assert refusal(cage, path, "sqlite") == "bad_database"
        assert snapshot(tmp_path) == before
        beside.unlink()


def test_hostile_schema_gets_nowhere(cage, tmp_path):
    """Views, triggers, defaults, checks and indexes that call what they should not, and a view that never ends."""
    target = tmp_path / "evil"
    path = make_sqlite(
        tmp_path / "a.sqlite",
        [
            *SCHEMA,
            "CREATE VIEW extension AS SELECT load_extension('/tmp/x')",
            "CREATE VIEW endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
            "CREATE TRIGGER wipe AFTER UPDATE ON people BEGIN DELETE FROM visits; END",
            "CREATE VIEW \"quo\"\"te'; DROP TABLE people; --\" AS SELECT 1",
            "CREATE TABLE \"tab\"\"le'; --\" (\"col\"\"umn\" TEXT)",
        ],
    )
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = on")
    connection.execute(
        "INSERT INTO sqlite_master VALUES ('view', 'writer', 'writer', 0, ?)", [f"CREATE VIEW writer AS SELECT writefile('{target}', 1)"]
    )
    connection.commit()
    connection.close()
    before = snapshot(tmp_path)
    assert refusal(cage, path, "sqlite", "SELECT * FROM extension") in ("refused", "sql")
    assert refusal(cage, path, "sqlite", "SELECT * FROM writer") in ("refused", "sql")
    assert refusal(cage, path, "sqlite", "SELECT * FROM endless") == "timeout"
    names = [t.name for t in cage.tables(path, "sqlite")]
    assert "tab\"le'; --" in names
    assert cage.read_table(path, "sqlite", "tab\"le'; --", 10).rows == ()
    # The trigger is gone from the copy that is changed.
    (visits,) = cage.query_copy(path, "sqlite", ["UPDATE people SET age = 1"], ["SELECT count(*) FROM visits"])
    assert visits.rows == ((3,),)
    assert snapshot(tmp_path) == before


def test_schema_that_sqlite_cannot_parse_is_a_bad_database(cage, tmp_path):
    path = make_sqlite(tmp_path / "a.sqlite")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = on")
    connection.execute("UPDATE sqlite_master SET sql = 'ATTACH ''/tmp/x'' AS y' WHERE name = 'people'")
    connection.commit()
    connection.close()
    assert refusal(cage, path, "sqlite") == "bad_database"


def test_worker_sees_no_environment(monkeypatch, databases):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with SqlCage() as cage:
        cage.query(databases["sqlite"], "sqlite", "SELECT 1")
        environment = Path(f"/proc/{cage.workers['sqlite'].process.pid}/environ").read_bytes()
    assert SECRET.encode() not in environment
