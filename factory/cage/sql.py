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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from factory.cage import requests
from factory.cage.csv_lines import csv_lines
from factory.cage.database_files import MAGIC, identify
from factory.cage.requests import Request
from factory.cage.results import ResultTable, decode_cell
from factory.cage.sql_process import SqlError, Worker
from factory.errors import FactoryError
from factory.kept import Kept

CHECK_SECONDS = 60.0
"""For opening and checking a database for the first time."""
KEPT_LISTINGS = 64
GRACE_SECONDS = 0.3


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


class Lines(NamedTuple):
    """Rows as CSV."""

    text: str
    num_rows: int
    replaced: int
    """Cells that were not UTF-8."""


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
        self.listed: Kept[list[Table]] = Kept(KEPT_LISTINGS)
        self.foreseen: dict[tuple[str, str, str], dict] = {}
        """Replies of the last trip that were not asked for yet, by path, identity and request."""

    def __enter__(self) -> SqlCage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.foreseen = {}
        for dialect in list(self.workers):
            self.workers.pop(dialect).close()

    def query(self, database: Path, dialect: str, sql: str, *limits: Any, **named: Any) -> ResultTable:
        """Limits as `requests.query` takes them."""
        return as_table(self.ask(database, dialect, requests.query(sql, *limits, **named)))

    def query_reversed(self, database: Path, dialect: str, sql: str, *limits: Any, **named: Any) -> ResultTable:
        """The query with the rows of unordered scans met in reverse: what depends on chance shows."""
        return as_table(self.ask(database, dialect, requests.query_reversed(sql, *limits, **named)))

    def tables(self, database: Path, dialect: str) -> list[Table]:
        """Tables and views that a query can name, in the order of the schema; remembered by the file's identity."""
        key = identify(database, dialect)
        known = self.listed.get(key)
        return self.listed.keep(key, as_tables(self.ask(database, dialect, requests.tables()))) if known is None else known

    def tables_read(self, database: Path, dialect: str, sql: str) -> list[str]:
        """Names of the tables that the engine reads for `sql`, views followed down; the query is not run."""
        names = self.ask(database, dialect, requests.tables_read(sql)).get("tables")
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise SqlError("crash", "the worker's reply is no list of names")
        return names

    def read_table(self, database: Path, dialect: str, table: str, max_rows: int, *limits: Any, **named: Any) -> ResultTable:
        """The whole table, by rowid or else by primary key."""
        return as_table(self.ask(database, dialect, requests.read_table(table, max_rows, *limits, **named)))

    def read_lines(self, database: Path, dialect: str, table: str, max_rows: int, *limits: Any, **named: Any) -> Lines:
        """The rows of the whole table as CSV."""
        if dialect != "sqlite":
            read = self.read_table(database, dialect, table, max_rows, *limits, **named)
            return Lines(csv_lines(read.rows), len(read.rows), read.replaced)
        reply = self.ask(database, dialect, requests.read_lines(table, max_rows, *limits, **named))
        text, num_rows, replaced = reply.get("lines", ""), reply.get("num_rows"), reply.get("replaced")
        if type(num_rows) is not int or type(replaced) is not int or min(num_rows, replaced) < 0 or bool(num_rows) != bool(text):
            raise SqlError("crash", "the worker's reply is no table")
        return Lines(text, num_rows, replaced)

    def query_copy(
        self, database: Path, dialect: str, statements: Sequence[str], queries: Sequence[str], *limits: Any, **named: Any
    ) -> list[ResultTable | SqlError]:
        """Change a copy in memory by `statements`, then run `queries` on it. The file stays as it is."""
        reply = self.ask(database, dialect, requests.query_copy(statements, queries, *limits, **named))
        results = reply.get("results")
        if not (isinstance(results, list) and len(results) == len(queries) and all(isinstance(result, dict) for result in results)):
            raise SqlError("crash", "the worker's reply holds no result for each query")
        return [SqlError(*error_of(result)) if "error" in result else as_table(result) for result in results]

    def foresee(self, database: Path, dialect: str, asked: Sequence[Request]) -> None:
        """Send what will be asked soon in one trip; `ask` finds the replies here, until the next trip. It is given the time
        of the slowest request; where it fails, each is asked alone."""
        with contextlib.suppress(SqlError):
            path, identity = identify(database, dialect)
            if self.listed.get((path, identity)) is not None:
                asked = [request for request in asked if request.operation != "tables"]
            if len(asked) < 2:
                return
            seconds = max(request.timeout for request in asked)
            message = {"op": "several", "requests": [self._message(path, identity, request) for request in asked]}
            replies = self._send(dialect, message, seconds + CHECK_SECONDS).get("replies")
            known = zip(asked, replies if isinstance(replies, list) else ())
            self.foreseen = {(path, identity, request.key): reply for request, reply in known if isinstance(reply, dict)}

    def ask(self, database: Path, dialect: str, request: Request) -> dict:
        """The reply. A worker that died is asked again: something else than the query may have killed it."""
        if dialect not in MAGIC:
            raise SqlError("refused", f"dialect `{dialect}` is not one of {', '.join(MAGIC)}")
        try:
            return self._ask(database, dialect, request)
        except SqlError as e:
            if e.kind != "crash":
                raise
        self._begin(dialect)
        return self._ask(database, dialect, request)

    def _begin(self, dialect: str) -> None:
        """Start a worker. FactoryError where none can run: that is no fault of a query."""
        try:
            self.workers[dialect] = Worker(dialect)
            self.workers[dialect].ask({"op": "ping"}, 0)
        except (SqlError, OSError) as e:
            if worker := self.workers.pop(dialect, None):
                worker.close()
            raise FactoryError(f"the process that runs {dialect} queries cannot run here: {e}; look at `ulimit -n` (64 and more) and `ulimit -v`, then run again") from None

    def _ask(self, database: Path, dialect: str, request: Request) -> dict:
        path, identity = identify(database, dialect)
        reply = self.foreseen.pop((path, identity, request.key), None)
        if reply is None:
            message = self._message(path, identity, request)
            reply = self._send(dialect, message, request.timeout + (CHECK_SECONDS if message["check"] else 0))
        if "error" in reply:
            kind, message = error_of(reply)
            if kind in ("memory", "timeout", "crash") and dialect in self.workers:
                self.workers.pop(dialect).close()
            raise SqlError(kind, message)
        self.checked.add((path, identity))
        return reply

    def _message(self, path: str, identity: str, request: Request) -> dict[str, Any]:
        check = (path, identity) not in self.checked
        return request.fields | {"op": request.operation, "path": path, "identity": identity, "timeout": request.timeout, "check": check}

    def _send(self, dialect: str, message: dict[str, Any], seconds: float) -> dict:
        if dialect not in self.workers:
            self._begin(dialect)
        try:
            reply = decode(self.workers[dialect].ask(message, seconds * 1.2 + GRACE_SECONDS))
            if not isinstance(reply, dict):
                raise ValueError("not an object")
            return reply
        except (SqlError, ValueError, RecursionError) as e:
            self.workers.pop(dialect).close()
            raise e if isinstance(e, SqlError) else SqlError("crash", "the worker's reply is no JSON object") from None
        except BaseException:
            # An interrupted wait leaves half a reply in the pipe.
            self.workers.pop(dialect).close()
            raise


def error_of(reply: dict) -> tuple[str, str]:
    match reply["error"]:
        case [str(kind), str(message)]:
            return kind, message
    return "crash", f"the worker's error is none that it writes: {str(reply['error'])[:80]}"


def decode(reply: bytes) -> Any:
    """The reply's value, with what stands behind its first line under `lines`; ValueError or RecursionError where it is none."""
    head, mark, lines = reply.partition(b"\n")
    value = json.loads(head)
    if isinstance(value, dict):
        value.pop("lines", None)  # they stand behind the mark, or nowhere
        return value | {"lines": lines.decode()} if mark else value
    return value


def as_tables(reply: dict) -> list[Table]:
    try:
        tables = [
            Table(t["name"], t["view"], tuple(Column(*c) for c in t["columns"]), tuple(tuple(k) for k in t["foreign_keys"]))
            for t in reply["tables"]
        ]
    except (KeyError, TypeError) as e:
        raise SqlError("crash", f"the worker's reply is no list of tables: {type(e).__name__}") from None
    for table in tables:
        texts = [table.name, *(text for column in table.columns for text in column[:2]), *(text for key in table.foreign_keys for text in key)]
        if not all(isinstance(text, str) for text in texts) or any(len(key) != 3 for key in table.foreign_keys):
            raise SqlError("crash", "the worker's reply is no list of tables")
    return tables


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
