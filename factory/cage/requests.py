"""What the SQL cage's process is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from factory.cage.sql_process import MAX_RESULT_BYTES

# max_bytes counts the UTF-8 of rows as they are written: as JSON, or as lines of CSV.


class Request(NamedTuple):
    operation: str
    timeout: float
    """Seconds."""
    fields: dict[str, Any]

    @property
    def key(self) -> str:
        return json.dumps([self.operation, float(self.timeout), self.fields], sort_keys=True)


def query(sql: str, max_rows: int = 200_000, timeout: float = 30.0, max_bytes: int = MAX_RESULT_BYTES) -> Request:
    return Request("query", timeout, {"sql": sql, "max_rows": max_rows, "max_bytes": max_bytes})


def query_reversed(sql: str, max_rows: int = 200_000, timeout: float = 30.0) -> Request:
    return Request("reversed", timeout, {"sql": sql, "max_rows": max_rows, "max_bytes": MAX_RESULT_BYTES})


def query_copy(statements: Sequence[str], queries: Sequence[str], max_rows: int = 200_000, timeout: float = 30.0) -> Request:
    return Request("scratch", timeout, {"statements": list(statements), "queries": list(queries), "max_rows": max_rows, "max_bytes": MAX_RESULT_BYTES})


def tables(timeout: float = 30.0) -> Request:
    return Request("tables", timeout, {})


def tables_read(sql: str, timeout: float = 10.0) -> Request:
    return Request("reads", timeout, {"sql": sql})


def read_table(table: str, max_rows: int, timeout: float = 60.0, max_bytes: int = MAX_RESULT_BYTES) -> Request:
    return Request("table", timeout, {"table": table, "max_rows": max_rows, "max_bytes": max_bytes})


def read_lines(table: str, max_rows: int, timeout: float = 60.0, max_bytes: int = MAX_RESULT_BYTES) -> Request:
    return Request("lines", timeout, {"table": table, "max_rows": max_rows, "max_bytes": max_bytes})
