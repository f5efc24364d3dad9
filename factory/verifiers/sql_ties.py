"""LIMIT on changed data: where it cuts rows of equal order, another choice among them is no other query."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import NamedTuple

from factory.cage.cells import Key, key_of
from factory.cage.compare import plain
from factory.cage.gold import key_values
from factory.cage.queries import OrderKey, limit_of, order_keys, outer_query, parse_query, with_keys
from factory.cage.results import ResultTable

MAX_ROWS = 50_000
MAX_SWAPPED_COLUMNS = 5


class Cut(NamedTuple):
    """The gold query's LIMIT."""

    longer: str
    """The query without its limit, its order keys as further columns."""
    keys: list[OrderKey]
    limit: int
    width: int

    @classmethod
    def of(cls, sql: str, columns: tuple[str, ...], dialect: str) -> Cut | None:
        """None where the query has no limit, or one that cannot be told apart from its rows."""
        tree = parse_query(sql, dialect)
        tree = outer_query(tree) if tree is not None else None
        limit = limit_of(tree) if tree is not None else None
        if tree is None or not limit:
            return None
        keys = order_keys(tree, columns) or []
        longer = with_keys(tree, keys, MAX_ROWS, dialect)
        return cls(longer, keys, limit, len(columns)) if longer else None

    def allows(self, given: ResultTable, longer: ResultTable) -> bool:
        """Whether the limit cuts a tie in `longer`, and `given` holds all rows before the tie and else only rows of it."""
        values = [key_values(row, self.keys, self.width) for row in longer.rows]
        if len(values) <= self.limit or values[self.limit - 1] != values[self.limit]:
            return False
        tied = values[self.limit]
        rows = [tuple(plain(key_of(cell)) for cell in row[: self.width]) for row in longer.rows]
        before = Counter(row for row, value in zip(rows[: self.limit], values) if value != tied)
        allowed = before + Counter(row for row, value in zip(rows, values) if value == tied)
        if len(given.columns) != self.width or len(given.rows) != self.limit:
            return False
        orders = itertools.permutations(range(self.width)) if self.width <= MAX_SWAPPED_COLUMNS else [tuple(range(self.width))]
        return any(before <= held <= allowed for held in (self.swapped(given, order) for order in orders))

    @staticmethod
    def swapped(given: ResultTable, order: tuple[int, ...]) -> Counter[tuple[Key, ...]]:
        return Counter(tuple(plain(key_of(row[i])) for i in order) for row in given.rows)
