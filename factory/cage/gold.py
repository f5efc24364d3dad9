"""The gold query run: its result with the order that it promises, and whether the result hangs on chance."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory.cage import requests
from factory.cage.cells import key_of
from factory.cage.compare import compare, plain
from factory.cage.queries import (
    OrderKey,
    limit_of,
    order_keys,
    outer_query,
    parse_query,
    reads_clock,
    says_more,
    with_keys,
)
from factory.cage.results import ResultTable
from factory.cage.sql import SqlCage, SqlError, Table

MAX_ROWS = 50_000
TIMEOUT = 30.0


class Gold(NamedTuple):
    table: ResultTable
    unstable: str
    """Why another run could give another result; "" where nothing says so."""


def bare(sql: str) -> str:
    """The statement without semicolons at its end."""
    return sql.strip().rstrip(";").strip()


def gold_request(sql: str) -> requests.Request:
    """What `run_gold` asks first."""
    return requests.query(bare(sql), MAX_ROWS, TIMEOUT)


def run_gold(cage: SqlCage, database: Path, dialect: str, sql: str, max_rows: int = MAX_ROWS, timeout: float = TIMEOUT) -> Gold:
    """Run the gold query and learn its order. Raises SqlError where it does not run."""
    sql = bare(sql)
    table = cage.query(database, dialect, sql, max_rows, timeout)
    if table.unstable:
        return Gold(table, f"{', '.join(table.unstable)} gives another value each time")
    tree = parse_query(sql, dialect) if says_more(sql) else None
    if tree is None:
        # An order that cannot be read is taken as it stands: no two rows may change places.
        order = tuple(range(len(table.rows))) if "order by" in sql.lower() else None
        table = dataclasses.replace(table, order=order)
    else:
        if reads_clock(tree):
            return Gold(table, "it reads the clock")
        table, unstable = learn_order(cage, database, dialect, outer_query(tree), table, timeout)
        if unstable:
            return Gold(table, unstable)
    # Outside of its order the result has to be the same however the rows lie.
    for again in other_orders(cage, database, dialect, sql, max_rows, timeout):
        if again.rows != table.rows and compare(table, again).outcome == "reject":
            return Gold(table, "the result depends on the order in which rows are met")
    return Gold(table, "")


def other_orders(
    cage: SqlCage, database: Path, dialect: str, sql: str, max_rows: int, timeout: float
) -> Iterator[ResultTable]:
    """The result with rows met in other orders; none where a run fails (too slow the other way round, too large to copy)."""
    turned: list[str] | None = None
    if dialect == "sqlite":
        # The reversal leaves the scans under GROUP BY and DISTINCT alone; hidden row numbers turned round reach those
        # too. A row number that is a column of the table stays.
        with contextlib.suppress(SqlError):
            turned = [turn_round(t) for t in cage.tables(database, dialect) if not t.view and not has_row_number(t)]
            both = [requests.query_reversed(sql, max_rows, timeout), requests.query_copy(turned, [sql], max_rows, timeout)]
            cage.foresee(database, dialect, both)
    with contextlib.suppress(SqlError):
        yield cage.query_reversed(database, dialect, sql, max_rows, timeout)
    if turned is not None:
        with contextlib.suppress(SqlError):
            for result in cage.query_copy(database, dialect, turned, [sql], max_rows, timeout):
                if isinstance(result, ResultTable):
                    yield result


def has_row_number(table: Table) -> bool:
    keys = [c for c in table.columns if c.primary_key]
    return len(keys) == 1 and keys[0].type.upper() == "INTEGER"


def turn_round(table: Table) -> str:
    return 'UPDATE "' + table.name.replace('"', '""') + '" SET rowid = -rowid'


def learn_order(
    cage: SqlCage, database: Path, dialect: str, tree, table: ResultTable, timeout: float
) -> tuple[ResultTable, str]:
    """`table` with the groups of its outermost ORDER BY, and why it is unstable."""
    keys, limit = order_keys(tree, table.columns), limit_of(tree)
    full = limit is not None and len(table.rows) == limit and limit > 0
    if keys is None and not full:
        return table, ""
    strict = dataclasses.replace(table, order=tuple(range(len(table.rows))))
    longer = table
    if full or any(key.column < 0 for key in keys or ()):
        wanted = with_keys(tree, keys or [], limit + 1 if full else None, dialect)
        if wanted is None:
            return strict, ""
        try:
            longer = cage.query(database, dialect, wanted, len(table.rows) + 1, timeout)
        except SqlError:
            return strict if keys is not None else table, ""
    values = [key_values(row, keys or [], len(table.columns)) for row in longer.rows]
    rows = [row[: len(table.columns)] for row in longer.rows]
    cut = full and len(longer.rows) > limit and values[limit - 1] == values[limit]
    if cut:
        # Not a choice where every row of the group that LIMIT cuts is the same.
        cut = any(row != rows[limit] for row, value in zip(rows, values, strict=True) if value == values[limit])
    if keys is None:
        return table, "LIMIT without ORDER BY" if cut else ""
    shown = ResultTable(table.columns, tuple(rows[: len(table.rows)]))
    if not cut and shown.rows != table.rows and compare(dataclasses.replace(table, order=None), shown).outcome != "accept":
        return strict, ""
    return dataclasses.replace(table, order=order_groups(values[: len(table.rows)]), cut_tie=cut), ""


def order_groups(values: list[tuple]) -> tuple[int, ...]:
    """The number of each row's group of equal order keys."""
    order = [0]
    for before, value in itertools.pairwise(values):
        order.append(order[-1] + (value != before))
    return tuple(order[: len(values)])


def key_values(row: tuple, keys: list[OrderKey], width: int) -> tuple:
    """The values that a row is ordered by; `order_key_i` columns stand behind the result's own."""
    values, hidden = [], width
    for key in keys:
        if key.column >= 0:
            cell = row[key.column]
        else:
            cell, hidden = row[hidden], hidden + 1
        value = plain(key_of(cell))
        if key.folded and value[0] == "text":
            value = ("text", value[1].casefold())
        values.append(value)
    return tuple(values)
