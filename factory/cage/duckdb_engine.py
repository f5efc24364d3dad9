"""DuckDB inside the SQL worker: attached read-only, locked, one thread, its own memory limit.

The locks are settings of the engine, so they are the second line: the worker's process limits, its empty
environment and the client's kill are the first. DuckDB's catalogue functions tell host paths; they are
refused by name, and any path that still reaches a cell is cut out.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import re
import struct
import sys
import threading
import time
import types
import uuid
import zoneinfo
from collections.abc import Sequence

import duckdb

from factory.cage.sql_worker import BadDatabase, Refused, encode_rows

SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "memory_limit": "512MB",
    "threads": "1",
    "temp_directory": "",
    "max_temp_directory_size": "0B",
    "python_enable_replacements": "false",
}
TELLING = re.compile(
    r"\b(duckdb_(?:settings|databases|secrets|logs?\w*|extensions|temporary_files|external_file_cache)"
    r"|pragma_(?:database\w*|user_agent)|current_setting|write_log|getenv|which_secret)\b",
    re.IGNORECASE,
)
UNSTABLE = re.compile(
    r"\b(random|setseed|uuid|gen_random_uuid|uuidv[47]|now|today|current_(?:date|time|timestamp|localtime\w*)|get_current_\w+"
    r"|transaction_timestamp|localtime|localtimestamp|nextval|tablesample|using\s+sample)\b",
    re.IGNORECASE,
)
SCRATCH_BYTES = 64 << 20


class Zone(zoneinfo.ZoneInfo):
    """A zone of the standard library with the one method of pytz that DuckDB calls to hand out TIMESTAMPTZ values."""

    def localize(self, moment: datetime.datetime) -> datetime.datetime:
        return moment.replace(tzinfo=self)


sys.modules.setdefault("pytz", types.ModuleType("pytz")).timezone = Zone


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def plain(value):
    """A value as JSON can hold it, for cells and inside lists and structs."""
    if isinstance(value, decimal.Decimal):
        return {"d": str(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"x": bytes(value).hex()}
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta | uuid.UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def encode_cell(value, redact):
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | dict | tuple):
        return {"j": redact(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain))}
    return value


def shortest_single(value: float) -> float:
    """A 32-bit float by its shortest digits: 1.1, where its exact value is 1.10000002384185791."""
    for digits in (6, 7, 8):
        shorter = float(f"{value:.{digits}g}")
        if struct.pack("f", shorter) == struct.pack("f", value):
            return shorter
    return value


class DuckdbEngine:
    errors = (duckdb.Error,)

    def __init__(self):
        self.connections: dict[str, duckdb.DuckDBPyConnection] = {}

    def run(self, request: dict, deadline: float) -> str:
        base = self.open(request)
        connection = base.cursor()  # a cursor has its own temporary schema
        connection.execute(f"USE {quote(self.catalog(request))}")
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            match request["op"]:
                case "query":
                    return self.query(connection, request["sql"], request)
                case "tables":
                    return json.dumps({"tables": self.describe_tables(connection)})
                case "reads":
                    return json.dumps({"tables": self.reads(connection, request["sql"])})
                case "table":
                    sql = f"SELECT * FROM main.{quote(request['table'])} ORDER BY rowid LIMIT {request['max_rows'] + 1}"
                    return self.query(connection, sql, request)
                case "reversed":
                    return self.on_copy(connection, request, deadline, order="ORDER BY rowid DESC", queries=[request["sql"]])[0]
                case "scratch":
                    results = self.on_copy(connection, request, deadline, request["statements"], request["queries"])
                    return f'{{"results":[{",".join(results)}]}}'
            raise Refused(f"no operation `{request['op']}`")
        finally:
            timer.cancel()
            connection.close()

    @staticmethod
    def catalog(request: dict) -> str:
        """The name that DuckDB itself would give the file, so that qualified names in queries resolve."""
        return os.path.basename(request["path"]).split(".")[0] or "data"

    def open(self, request: dict) -> duckdb.DuckDBPyConnection:
        key = f"{request['path']}|{request['identity']}"
        if key in self.connections:
            return self.connections[key]
        while self.connections:
            self.connections.pop(next(iter(self.connections))).close()
        connection = duckdb.connect(":memory:", config=SETTINGS)
        path = request["path"].replace("'", "''")
        try:
            connection.execute(f"ATTACH '{path}' AS {quote(self.catalog(request))} (READ_ONLY, TYPE duckdb)")
        except duckdb.Error as e:
            raise BadDatabase(str(e).splitlines()[0].replace(request["path"], "the file")) from None
        connection.execute("SET TimeZone='UTC'")
        connection.execute("SET enable_external_access=false")
        connection.execute("SET lock_configuration=true")
        self.connections[key] = connection
        return connection

    def query(self, connection, sql: str, request: dict) -> str:
        self.refuse(connection, sql)
        return self.fetch(connection, sql, request)

    def refuse(self, connection, sql: str) -> None:
        if len(sql) > 100_000:
            raise Refused("the statement is over 100,000 characters")
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise Refused(f"{len(statements)} statements where one is run")
        if statements[0].type != duckdb.StatementType.SELECT:
            raise Refused(f"a {statements[0].type.name} statement; only SELECT is run")
        if found := TELLING.search(sql):
            raise Refused(f"`{found[1]}` tells of the host")

    def fetch(self, connection, sql: str, request: dict) -> str:
        cursor = connection.execute(sql)
        columns = [d[0] for d in cursor.description or ()]
        hidden = {os.path.dirname(request["path"]), os.path.expanduser("~")} - {"/", ""}

        def redact(text: str) -> str:
            for path in hidden:
                text = text.replace(path, "[path]")
            return text

        singles = {i for i, d in enumerate(cursor.description or ()) if str(d[1]) == "FLOAT"}

        def fetch_some():
            return [
                [shortest_single(v) if i in singles and v is not None else encode_cell(v, redact) for i, v in enumerate(row)]
                for row in cursor.fetchmany(256)
            ]

        rows, _ = encode_rows(fetch_some, request["max_rows"], request["max_bytes"], plain)
        unstable = json.dumps(sorted({m.lower() for m in UNSTABLE.findall(sql)}))
        return f'{{"columns":{json.dumps(columns)},"rows":[{rows}],"replaced":0,"unstable":{unstable}}}'

    def describe(self, error: Exception, deadline: float) -> tuple[str, str]:
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, duckdb.InterruptException) or time.monotonic() > deadline:
            return "timeout", "interrupted at the deadline"
        if isinstance(error, duckdb.OutOfMemoryException):
            return "memory", "out of memory"
        if isinstance(error, duckdb.PermissionException):
            return "refused", message
        if isinstance(error, duckdb.IOException | duckdb.SerializationException | duckdb.FatalException):
            return "bad_database", message
        return "sql", message

    def describe_tables(self, connection) -> list[dict]:
        catalog = connection.execute("SELECT current_database()").fetchone()[0]
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, NOT is_nullable FROM duckdb_columns()"
            " WHERE database_name = ? AND schema_name = 'main' AND NOT internal ORDER BY table_oid, column_index",
            [catalog],
        ).fetchall()
        constraints = connection.execute(
            "SELECT table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names"
            " FROM duckdb_constraints() WHERE database_name = ? AND schema_name = 'main'",
            [catalog],
        ).fetchall()
        names = connection.execute(
            "SELECT table_name, false, table_oid FROM duckdb_tables() WHERE database_name = $1 AND schema_name = 'main' AND NOT internal"
            " UNION ALL SELECT view_name, true, view_oid FROM duckdb_views() WHERE database_name = $1 AND schema_name = 'main' AND NOT internal"
            " ORDER BY 2, 3",
            [catalog],
        ).fetchall()
        tables = []
        for name, view, _ in names:
            keys = [c for c in constraints if c[0] == name]
            primary = next((c[2] for c in keys if c[1] == "PRIMARY KEY"), [])
            tables.append(
                {
                    "name": name,
                    "view": view,
                    "without_rowid": False,
                    "columns": [
                        [c[1], c[2], c[3], primary.index(c[1]) + 1 if c[1] in primary else 0] for c in columns if c[0] == name
                    ],
                    "foreign_keys": [
                        [a, k[3], b] for k in keys if k[1] == "FOREIGN KEY" for a, b in zip(k[2], k[4] or [], strict=False)
                    ],
                }
            )
        return tables

    def reads(self, connection, sql: str) -> list[str]:
        """Tables that DuckDB's own parser finds in `sql`; a view counts as the tables under it."""
        self.refuse(connection, sql)
        connection.execute(f"EXPLAIN {sql}").fetchall()  # binds every name, so that a query that cannot run reads nothing
        tables = {t["name"].lower(): t for t in self.describe_tables(connection)}
        views = dict(
            connection.execute(
                "SELECT lower(view_name), sql FROM duckdb_views() WHERE NOT internal AND database_name = current_database()"
            ).fetchall()
        )
        found: set[str] = set()
        waiting, seen = [sql], set()
        while waiting and len(seen) < 200:
            for name in connection.get_table_names(waiting.pop()):
                name = name.lower()
                if name in seen or name not in tables:
                    continue
                seen.add(name)
                if name in views:
                    waiting.append(re.sub(r"^\s*CREATE\s+VIEW\s.*?\sAS\s", "", views[name], count=1, flags=re.IGNORECASE | re.DOTALL))
                else:
                    found.add(tables[name]["name"])
        return [t["name"] for t in tables.values() if t["name"] in found]

    def on_copy(
        self, connection, request: dict, deadline: float, statements: Sequence[str] = (), queries: Sequence[str] = (), order: str = ""
    ) -> list[str]:
        """Replies to `queries` on a copy in memory, changed by `statements`, its tables filled in `order`.

        A statement that fails is skipped; each query gives a table or an error of its own.
        """
        size = os.stat(request["path"]).st_size
        if size > SCRATCH_BYTES:
            raise Refused(f"a database of {size} bytes is over the {SCRATCH_BYTES} bytes that are copied")
        catalog = self.catalog(request)
        tables = self.describe_tables(connection)
        copy = duckdb.connect(":memory:", config=SETTINGS)
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), copy.interrupt)
        timer.daemon = True
        try:
            timer.start()
            path = request["path"].replace("'", "''")
            copy.execute(f"ATTACH '{path}' AS source_ (READ_ONLY, TYPE duckdb)")
            copy.execute("SET TimeZone='UTC'")
            copy.execute("SET enable_external_access=false")
            copy.execute(f"ATTACH ':memory:' AS {quote(catalog)}")
            copy.execute("SET lock_configuration=true")
            copy.execute(f"USE {quote(catalog)}")
            for table in tables:
                if not table["view"]:
                    name = quote(table["name"])
                    copy.execute(f"CREATE TABLE {name} AS SELECT * FROM source_.main.{name} {order}")
            views = connection.execute(
                "SELECT sql FROM duckdb_views() WHERE NOT internal AND database_name = current_database() ORDER BY view_oid"
            ).fetchall()
            copy.execute("DETACH source_")
            copy.execute("CREATE MACRO bucket(value, seed) AS hash(concat(seed, ':', CAST(value AS VARCHAR))) % 4294967296")
            for statement in [*(sql for (sql,) in views), *statements]:
                try:
                    copy.execute(statement)
                except duckdb.InterruptException:
                    raise
                except duckdb.Error:
                    continue
            results = []
            for sql in queries:
                try:
                    results.append(self.query(copy, sql, request))
                except (duckdb.Error, Refused) as e:
                    kind, message = ("refused", str(e)) if isinstance(e, Refused) else self.describe(e, deadline)
                    results.append(json.dumps({"error": [kind, message]}))
            return results
        finally:
            timer.cancel()
            copy.close()
