"""SQLite inside the SQL worker: read-only connections, an authorizer, limits and a deadline.

Standard library only: the worker starts without site-packages.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator

from factory.cage.csv_lines import csv_lines
from factory.cage.sql_worker import BadDatabase, Deadline, Refused, encode_rows, written_rows

# Action codes of sqlite3.h; Python 3.11 exports them under the same names.
READ_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
SCRATCH_ACTIONS = READ_ACTIONS | {
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
    sqlite3.SQLITE_DELETE,
    sqlite3.SQLITE_CREATE_TABLE,
    sqlite3.SQLITE_CREATE_INDEX,
    sqlite3.SQLITE_CREATE_VIEW,
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_DROP_VIEW,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_REINDEX,
}
PRAGMAS = frozenset({"table_info", "table_xinfo", "foreign_key_list", "index_list", "index_info", "table_list"})
REFUSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_log"})
UNSTABLE_FUNCTIONS = frozenset(
    {"random", "randomblob", "current_time", "current_date", "current_timestamp", "changes", "total_changes"}
)
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 50_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
}
SCRATCH_BYTES = 64 << 20
"""Largest database that is copied into memory."""
ROW_RULES = ("NULL value in", "CHECK constraint failed", "NUMERIC value in", "TEXT value in", "non-")
"""quick_check lines that speak of broken table rules, common in real data, and not of a broken file."""


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def encode_cell(value):
    if isinstance(value, bytes):
        return {"x": value.hex()}
    raise TypeError(type(value).__name__)


def bucket(value: object, seed: object) -> int:
    """A number for each value that another seed scatters anew: of a CRC alone two seeds give the same up to a constant."""
    return (zlib.crc32(f"{seed}:{value}".encode()) * 2_654_435_761 % 2**32) >> 8


class SqliteEngine:
    errors = (sqlite3.Error, sqlite3.Warning)

    def __init__(self):
        self.connections: dict[str, sqlite3.Connection] = {}
        self.touched: set[tuple[str, str]] | None = None
        self.functions: set[str] = set()
        self.allowed = READ_ACTIONS
        self.writes = False
        self.changed: tuple[tuple[str, str, tuple[str, ...]], sqlite3.Connection] | None = None
        """The copy that `scratch` changed last, and what it was made of: gold queries of one database come in rows."""

    def run(self, request: dict, deadline: float) -> str:
        connection = self.open(request, deadline)
        self.guard(connection, deadline)
        match request["op"]:
            case "query":
                return self.query(connection, request["sql"], request)
            case "tables":
                return json.dumps({"tables": [self.describe_table(connection, *t) for t in self.list_tables(connection)]})
            case "reads":
                return json.dumps({"tables": self.reads(connection, request["sql"])})
            case "table":
                return self.query(connection, self.table_query(connection, request["table"], request["max_rows"]), request)
            case "lines":
                return self.lines(connection, request)
            case "reversed":
                return self.reversed(connection, request)
            case "scratch":
                return self.scratch(connection, request, deadline)
        raise Refused(f"no operation `{request['op']}`")

    def open(self, request: dict, deadline: float) -> sqlite3.Connection:
        key = f"{request['path']}|{request['identity']}"
        if key in self.connections:
            return self.connections[key]
        while len(self.connections) >= 4:
            self.connections.pop(next(iter(self.connections))).close()
        path = request["path"].replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        # immutable: no lock, no journal and no write-ahead log is looked for or played back.
        connection = sqlite3.connect(
            f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None, cached_statements=0
        )
        for pragma in ("trusted_schema=off", "query_only=on", "cell_size_check=on", "temp_store=memory"):
            connection.execute(f"PRAGMA {pragma}")
        for limit, value in LIMITS.items():
            connection.setlimit(limit, value)
        if request["check"]:
            self.check(connection, deadline)
        self.connections[key] = connection
        return connection

    def check(self, connection: sqlite3.Connection, deadline: float) -> None:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        try:
            lines = [line for (line,) in connection.execute("PRAGMA quick_check(50)")]
        except sqlite3.Error as e:
            if time.monotonic() > deadline:
                raise Deadline from None
            raise BadDatabase(str(e)) from None
        broken = [line for line in lines if line != "ok" and not line.startswith(ROW_RULES)]
        if broken:
            raise BadDatabase(str(broken[0]))

    def guard(self, connection: sqlite3.Connection, deadline: float, allowed: frozenset[int] = READ_ACTIONS) -> None:
        self.functions, self.touched, self.allowed, self.writes = set(), None, allowed, False
        connection.set_authorizer(self.authorize)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)

    def authorize(self, action: int, first, second, database, trigger) -> int:
        if action == sqlite3.SQLITE_READ and self.touched is not None:
            self.touched.add((first, database))
        if action == sqlite3.SQLITE_FUNCTION:
            name = (second or "").lower()
            self.functions.add(name)
            return sqlite3.SQLITE_DENY if name in REFUSED_FUNCTIONS else sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA:
            return sqlite3.SQLITE_OK if (first or "").lower() in PRAGMAS else sqlite3.SQLITE_DENY
        self.writes = self.writes or action not in READ_ACTIONS
        return sqlite3.SQLITE_OK if action in self.allowed else sqlite3.SQLITE_DENY

    def query(self, connection: sqlite3.Connection, sql: str, request: dict) -> str:
        return self.readable(lambda replaced: self.fetch(connection, sql, request, replaced))

    def fetch(self, connection: sqlite3.Connection, sql: str, request: dict, replaced: list[int] | None) -> str:
        with self.running(connection, sql, replaced) as cursor:
            columns = [d[0] for d in cursor.description or ()]
            rows, _ = encode_rows(lambda: cursor.fetchmany(256), request["max_rows"], request["max_bytes"], encode_cell)
        unstable = json.dumps(sorted(self.functions & UNSTABLE_FUNCTIONS))
        return f'{{"columns":{json.dumps(columns)},"rows":[{rows}],"replaced":{len(replaced or ())},"unstable":{unstable}}}'

    def lines(self, connection: sqlite3.Connection, request: dict) -> str:
        sql = self.table_query(connection, request["table"], request["max_rows"])
        return self.readable(lambda replaced: self.fetch_lines(connection, sql, request, replaced))

    def fetch_lines(self, connection: sqlite3.Connection, sql: str, request: dict, replaced: list[int] | None) -> str:
        with self.running(connection, sql, replaced) as cursor:
            pieces, num_rows = written_rows(lambda: cursor.fetchmany(256), request["max_rows"], request["max_bytes"], csv_lines)
        return "\n".join([json.dumps({"num_rows": num_rows, "replaced": len(replaced or ())}), *pieces])

    @staticmethod
    def readable(fetch: Callable[[list[int] | None], str]) -> str:
        """Text that is not UTF-8 is decoded again, with the damaged cells counted."""
        try:
            return fetch(None)
        except sqlite3.OperationalError as e:
            if "Could not decode" not in str(e):
                raise
        return fetch([])

    @staticmethod
    @contextlib.contextmanager
    def running(connection: sqlite3.Connection, sql: str, replaced: list[int] | None) -> Iterator[sqlite3.Cursor]:
        def decode(data: bytes) -> str:
            text = data.decode("utf-8", "replace")
            if "\ufffd" in text and text.encode() != data:
                replaced.append(1)
            return text

        connection.text_factory = str if replaced is None else decode
        with contextlib.closing(connection.execute(sql)) as cursor:
            yield cursor

    def describe(self, error: Exception, deadline: float) -> tuple[str, str]:
        message = str(error)
        if "interrupted" in message or time.monotonic() > deadline:
            return "timeout", "interrupted at the deadline"
        if "prohibited" in message or "not authorized" in message:
            return "refused", message
        if "malformed" in message or "not a database" in message or "unsupported file format" in message:
            return "bad_database", message
        return "sql", message

    def list_tables(self, connection: sqlite3.Connection) -> list[tuple[str, str, bool]]:
        """(name, table or view, without rowid) of everything a query can name, in the order of the schema."""
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        listed = {name: wr for _, name, _, _, wr, _ in connection.execute("PRAGMA main.table_list")}
        found = connection.execute(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
        ).fetchall()
        return [(name, kind, bool(listed.get(name))) for name, kind in found]

    def describe_table(self, connection: sqlite3.Connection, name: str, kind: str, without_rowid: bool) -> dict:
        try:
            columns = connection.execute(f"PRAGMA table_xinfo({quote(name)})").fetchall()
            keys = connection.execute(f"PRAGMA foreign_key_list({quote(name)})").fetchall()
        except sqlite3.Error:
            # A view over what no longer exists, or a virtual table of an absent module.
            columns = keys = []
        return {
            "name": name,
            "view": kind == "view",
            "without_rowid": without_rowid,
            # hidden = 1 is a virtual table's hidden column, which SELECT * leaves out
            "columns": [[c[1], c[2], bool(c[3]), c[5]] for c in columns if c[6] != 1],
            "foreign_keys": [[k[3], k[2], k[4] or ""] for k in keys],
        }

    def reads(self, connection: sqlite3.Connection, sql: str) -> list[str]:
        """Tables that SQLite itself touches when it prepares `sql`; a view counts as the tables under it."""
        self.touched = set()
        try:
            connection.execute(f"EXPLAIN {sql}").close()
        finally:
            touched, self.touched = self.touched, None
        names = {name.lower() for name, database in touched if database in (None, "main")}
        return [name for name, kind, *_ in self.list_tables(connection) if kind == "table" and name.lower() in names]

    def table_query(self, connection: sqlite3.Connection, table: str, max_rows: int) -> str:
        match = [t for t in self.list_tables(connection) if t[0] == table]
        if not match:
            raise Refused(f"no table `{table}`")
        columns = self.describe_table(connection, *match[0])["columns"]
        if match[0][2]:
            order = [quote(c[0]) for c in sorted((c for c in columns if c[3]), key=lambda c: c[3])]
        else:
            taken = {c[0].lower() for c in columns}
            order = [name for name in ("rowid", "_rowid_", "oid") if name not in taken][:1]
        listed = ", ".join(quote(c[0]) for c in columns) or "*"
        return f"SELECT {listed} FROM {quote(table)}" + (f" ORDER BY {', '.join(order)}" if order else "") + f" LIMIT {max_rows + 1}"

    def reversed(self, connection: sqlite3.Connection, request: dict) -> str:
        """The query again, with the rows of every unordered scan met in reverse."""
        connection.set_authorizer(None)
        connection.execute("PRAGMA reverse_unordered_selects=1")
        connection.set_authorizer(self.authorize)
        try:
            return self.query(connection, request["sql"], request)
        finally:
            connection.set_authorizer(None)
            connection.execute("PRAGMA reverse_unordered_selects=0")

    def scratch(self, connection: sqlite3.Connection, request: dict, deadline: float) -> str:
        """Run `statements`, then `queries`, on a writable copy in memory; the file stays as it is.

        A statement that fails is skipped (a changed row may break a rule of its table). Each query gives
        a table or an error of its own.
        """
        key = (request["path"], request["identity"], tuple(request["statements"]))
        if self.changed is None or self.changed[0] != key:
            if self.changed is not None:
                self.changed[1].close()
                self.changed = None
            self.changed = (key, self.copied(connection, request["statements"], deadline))
        copy = self.changed[1]
        self.guard(copy, deadline, SCRATCH_ACTIONS)
        results = []
        for sql in request["queries"]:
            try:
                results.append(self.query(copy, sql, request))
            except self.errors as e:
                results.append(json.dumps({"error": self.describe(e, deadline)}))
        if self.writes:  # a query may change the copy, and the next one must not see it
            copy.close()
            self.changed = None
        return f'{{"results":[{",".join(results)}]}}'

    def copied(self, connection: sqlite3.Connection, statements: list[str], deadline: float) -> sqlite3.Connection:
        connection.set_authorizer(None)
        (size,) = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
        if size > SCRATCH_BYTES:
            raise Refused(f"a database of {size} bytes is over the {SCRATCH_BYTES} bytes that are copied")
        copy = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
        try:
            connection.backup(copy)
            copy.execute("PRAGMA trusted_schema=off")
            copy.execute("PRAGMA temp_store=memory")
            for limit, value in LIMITS.items():
                copy.setlimit(limit, value)
            copy.create_function("bucket", 2, bucket, deterministic=True)
            self.guard(copy, deadline, SCRATCH_ACTIONS)
            triggers = copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for statement in [f"DROP TRIGGER {quote(name)}" for (name,) in triggers] + statements:
                try:
                    copy.execute(statement).close()
                except sqlite3.Error:
                    if time.monotonic() > deadline:
                        raise
            return copy
        except BaseException:
            copy.close()
            raise
