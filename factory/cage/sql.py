"""The SQL cage: queries run in a separate process that holds nothing worth stealing and is killed when late.

What holds: an empty environment, address-space, CPU and file-size limits, a read-only immutable opening,
an authorizer (SQLite) or locked settings (DuckDB), caps on rows and bytes, and a wall deadline kept by
killing. What it does not cover: the process may read any file that its user can read, should a query
break out of the engine itself; run the factory under a user of its own for that.
One cage belongs to one actor; it is not for threads.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from factory.cage.results import ResultTable, decode_cell
from factory.cage.sql_process import MAX_RESULT_BYTES, SqlError, Worker
from factory.errors import FactoryError

MAX_DATABASE_BYTES = 4 << 30
CHECK_SECONDS = 60.0
"""For opening and checking a database for the first time."""
KEPT_LISTINGS = 64
GRACE_SECONDS = 0.3
MAGIC = {"sqlite": (0, b"SQLite format 3\x00"), "duckdb": (8, b"DUCK")}


class Column(NamedTuple):
    name: str
    type: str
    """As declared; "" where SQLite was told none."""
    not_null: bool
    primary_key: int
    """1-based place in the primary key, 0 outside of it."""


class Table(NamedTuple):
    name: str
    view: bool
    columns: tuple[Column, ...]
    foreign_keys: tuple[tuple[str, str, str], ...]
    """(column, referenced table, referenced column or "" for its primary key)."""


SCALARS = frozenset({type(None), bool, int, float, str})
"""Types of cells that JSON has of its own."""


class SqlCage:
    """Runs queries over database files; a context manager.

    Every method raises SqlError. `timeout` is in seconds.
    """

    def __init__(self):
        self.workers: dict[str, Worker] = {}
        self.checked: set[tuple] = set()
        """Files that passed their check, so that a new worker need not check them again."""
        self.listed: dict[tuple[str, str], list[Table]] = {}

    def __enter__(self) -> SqlCage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for dialect in list(self.workers):
            self.workers.pop(dialect).close()

    def query(
        self,
        database: Path,
        dialect: str,
        sql: str,
        max_rows: int = 200_000,
        timeout: float = 30.0,
        max_bytes: int = MAX_RESULT_BYTES,
    ) -> ResultTable:
        return as_table(self.ask(database, dialect, "query", timeout, sql=sql, max_rows=max_rows, max_bytes=max_bytes))

    def query_reversed(
        self, database: Path, dialect: str, sql: str, max_rows: int = 200_000, timeout: float = 30.0
    ) -> ResultTable:
        """The query with the rows of unordered scans met in reverse: what depends on chance shows."""
        reply = self.ask(database, dialect, "reversed", timeout, sql=sql, max_rows=max_rows, max_bytes=MAX_RESULT_BYTES)
        return as_table(reply)

    def tables(self, database: Path, dialect: str, timeout: float = 30.0) -> list[Table]:
        """Tables and views that a query can name, in the order of the schema; remembered by the file's identity."""
        key = identify(database, dialect)
        if key not in self.listed:
            if len(self.listed) >= KEPT_LISTINGS:
                self.listed.clear()
            self.listed[key] = [
                Table(t["name"], t["view"], tuple(Column(*c) for c in t["columns"]), tuple(tuple(k) for k in t["foreign_keys"]))
                for t in self.ask(database, dialect, "tables", timeout)["tables"]
            ]
        return self.listed[key]

    def tables_read(self, database: Path, dialect: str, sql: str, timeout: float = 10.0) -> list[str]:
        """Names of the tables that the engine reads for `sql`, views followed down; the query is not run."""
        return self.ask(database, dialect, "reads", timeout, sql=sql)["tables"]

    def read_table(
        self, database: Path, dialect: str, table: str, max_rows: int, timeout: float = 60.0, max_bytes: int = MAX_RESULT_BYTES
    ) -> ResultTable:
        """The whole table, by rowid or else by primary key."""
        reply = self.ask(database, dialect, "table", timeout, table=table, max_rows=max_rows, max_bytes=max_bytes)
        return as_table(reply)

    def query_copy(
        self,
        database: Path,
        dialect: str,
        statements: Sequence[str],
        queries: Sequence[str],
        max_rows: int = 200_000,
        timeout: float = 30.0,
    ) -> list[ResultTable | SqlError]:
        """Change a copy in memory by `statements`, then run `queries` on it. The file stays as it is."""
        reply = self.ask(
            database,
            dialect,
            "scratch",
            timeout,
            statements=list(statements),
            queries=list(queries),
            max_rows=max_rows,
            max_bytes=MAX_RESULT_BYTES,
        )
        return [SqlError(*r["error"]) if "error" in r else as_table(r) for r in reply["results"]]

    def ask(self, database: Path, dialect: str, operation: str, timeout: float, **request: Any) -> dict:
        """The reply. A worker that died is asked again: something else than the query may have killed it."""
        if dialect not in MAGIC:
            raise SqlError("refused", f"dialect `{dialect}` is not one of {', '.join(MAGIC)}")
        try:
            return self._ask(database, dialect, operation, timeout, **request)
        except SqlError as e:
            if e.kind != "crash":
                raise
        self._begin(dialect)
        return self._ask(database, dialect, operation, timeout, **request)

    def _begin(self, dialect: str) -> None:
        """Start a worker. FactoryError where none can run: that is no fault of a query."""
        try:
            self.workers[dialect] = Worker(dialect)
            self.workers[dialect].ask({"op": "ping"}, 0)
        except (SqlError, OSError) as e:
            if worker := self.workers.pop(dialect, None):
                worker.close()
            raise FactoryError(f"the process that runs {dialect} queries cannot run here: {e}; look at `ulimit -n` (64 and more) and `ulimit -v`, then run again") from None

    def _ask(self, database: Path, dialect: str, operation: str, timeout: float, **request: Any) -> dict:
        path, identity = identify(database, dialect)
        check = (path, identity) not in self.checked
        seconds = timeout + (CHECK_SECONDS if check else 0)
        request |= {"op": operation, "path": path, "identity": identity, "timeout": timeout, "check": check}
        if dialect not in self.workers:
            self._begin(dialect)
        try:
            reply = decode(self.workers[dialect].ask(request, seconds * 1.2 + GRACE_SECONDS), dialect)
        except (SqlError, ValueError, RecursionError) as e:
            self.workers.pop(dialect).close()
            raise e if isinstance(e, SqlError) else SqlError("crash", "the worker's reply is not JSON") from None
        except BaseException:
            # An interrupted wait leaves half a reply in the pipe.
            self.workers.pop(dialect).close()
            raise
        if "error" in reply:
            kind, message = reply["error"]
            if kind in ("memory", "timeout"):
                self.workers.pop(dialect).close()
            raise SqlError(kind, message)
        self.checked.add((path, identity))
        return reply


def decode(reply: bytes, dialect: str) -> dict:
    """The reply's value; ValueError or RecursionError where it is no JSON."""
    if dialect == "sqlite":  # DuckDB has whole numbers of 128 bits, which the faster parser rounds
        with contextlib.suppress(orjson.JSONDecodeError):  # infinity, half a surrogate pair
            return orjson.loads(reply)
    return json.loads(reply)


IDENTIFIED: set[tuple[str, str, str]] = set()
"""(path, identity, dialect) of files whose first bytes were looked at: this is asked before every query."""

RESOLVED: dict[str, str] = {}
"""Path as given -> the file that it led to. Taken while both still name one file."""


def identify(database: Path, dialect: str) -> tuple[str, str]:
    """(resolved path, identity) of a database file; SqlError("bad_database") where it is none."""
    try:
        path, status = resolve(str(database))
        name = os.path.basename(path)
        if not stat.S_ISREG(status.st_mode):
            raise SqlError("bad_database", f"`{name}` is not a regular file")
        if status.st_size > MAX_DATABASE_BYTES:
            raise SqlError("bad_database", f"`{name}` has {status.st_size} bytes, over {MAX_DATABASE_BYTES}")
        identity = f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
        # Changes that were not yet written into the file would be missed in silence.
        for ending in ("-wal", "-journal", ".wal"):
            if os.path.exists(path + ending) and os.path.getsize(path + ending) > 0:
                raise SqlError("bad_database", f"`{name}{ending}` holds changes that are not in `{name}`; close it cleanly first")
        if (path, identity, dialect) not in IDENTIFIED:
            offset, magic = MAGIC[dialect]
            with open(path, "rb", buffering=0) as file:
                start = file.read(16)
            if start[offset : offset + len(magic)] != magic:
                raise SqlError("bad_database", f"`{name}` is not a {dialect} database")
            if len(IDENTIFIED) >= KEPT_LISTINGS:
                IDENTIFIED.clear()
            IDENTIFIED.add((path, identity, dialect))
    except (OSError, RuntimeError) as e:  # RuntimeError: links that go round
        raise SqlError("bad_database", f"`{Path(database).name}`: {getattr(e, 'strerror', 'a loop of links')}") from None
    return path, identity


def resolve(given: str) -> tuple[str, os.stat_result]:
    """The path without links, and the file's status. OSError, RuntimeError where there is none."""
    if known := RESOLVED.get(given):
        status = os.stat(given)
        with contextlib.suppress(OSError):
            if known == given or os.path.samestat(status, os.stat(known)):
                return known, status
    path = os.path.realpath(given, strict=True)  # pathlib takes ten times as long
    if len(RESOLVED) >= KEPT_LISTINGS:
        RESOLVED.clear()
    RESOLVED[given] = path
    return path, os.stat(path)


def dialect_of(database: Path) -> str:
    """`sqlite` or `duckdb`, by the file's first bytes. SqlError("bad_database") where it is neither."""
    try:
        with Path(database).open("rb") as file:
            start = file.read(16)
    except OSError as e:
        raise SqlError("bad_database", f"`{Path(database).name}`: {e.strerror}") from None
    for dialect, (offset, magic) in MAGIC.items():
        if start[offset : offset + len(magic)] == magic:
            return dialect
    raise SqlError("bad_database", f"`{Path(database).name}` is neither a SQLite nor a DuckDB database")


def as_table(reply: dict) -> ResultTable:
    try:
        rows = tuple(
            tuple(row) if SCALARS.issuperset(map(type, row)) else tuple(decode_cell(c) if isinstance(c, dict | list) else c for c in row)
            for row in reply["rows"]
        )
        return ResultTable(tuple(reply["columns"]), rows, replaced=reply["replaced"], unstable=tuple(reply["unstable"]))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as e:
        raise SqlError("crash", f"the worker's reply is no table: {type(e).__name__}") from None


@functools.cache
def shared_cage(trust: str) -> SqlCage:
    """This process's cage for one level of trust: `source` (the input's own queries) or `answer` (a model's)."""
    cage = SqlCage()
    atexit.register(cage.close)
    os.register_at_fork(after_in_child=cage.workers.clear)
    return cage
