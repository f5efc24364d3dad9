"""ORDER BY and LIMIT of the gold query on any data: the order that a result keeps, and where the limit cuts rows of
equal order, of which another choice is no other query."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from factory.cage.cells import Key, key_of
from factory.cage.compare import compare, plain
from factory.cage.gold import key_values, order_groups
from factory.cage.queries import OrderKey, limit_of, order_keys, outer_query, parse_query, with_keys
from factory.cage.results import ResultTable

MAX_ROWS = 50_000
MAX_SWAPPED_COLUMNS = 5
MAX_CHOICES = 60


class Order(NamedTuple):
    """The gold query's ORDER BY and LIMIT."""

    longer: str
    """The query without its limit, its order keys as further columns."""
    keys: list[OrderKey]
    limit: int | None
    width: int

    @classmethod
    def of(cls, sql: str, columns: tuple[str, ...], dialect: str) -> Order | None:
        """None where the query has neither, or its keys cannot be told apart from its rows."""
        tree = parse_query(sql, dialect)
        tree = outer_query(tree) if tree is not None else None
        if tree is None:
            return None
        keys, limit = order_keys(tree, columns), limit_of(tree) or None
        if keys is None and limit is None:
            return None
        longer = with_keys(tree, keys or [], MAX_ROWS if limit else None, dialect)
        return cls(longer, keys or [], limit, len(columns)) if longer else None

    def ordered(self, table: ResultTable, longer: ResultTable) -> ResultTable:
        """`table` with the groups of its order; a bag where there is no ORDER BY or `longer` shows other rows."""
        rows = [row[: self.width] for row in longer.rows[: len(table.rows)]]
        bag = dataclasses.replace(table, order=None)
        if not self.keys or compare(bag, ResultTable(table.columns, tuple(rows))).outcome != "accept":
            return bag
        return dataclasses.replace(table, rows=tuple(rows), order=order_groups(self.values(longer)[: len(rows)]))

    def values(self, longer: ResultTable) -> list[tuple]:
        return [key_values(row, self.keys, self.width) for row in longer.rows]

    def tie(self, longer: ResultTable) -> tuple[list[tuple], list[tuple]] | None:
        """(rows before the tie that the limit cuts, rows of the tie); None where it cuts none."""
        values = self.values(longer)
        if not self.limit or len(values) <= self.limit or values[self.limit - 1] != values[self.limit]:
            return None
        tied, rows = values[self.limit], [row[: self.width] for row in longer.rows]
        start = values.index(tied)
        return rows[:start], [row for row, value in zip(rows, values, strict=True) if value == tied]

    def with_choice(self, columns: tuple[str, ...], longer: ResultTable, before: list[tuple], chosen: list[tuple]) -> ResultTable:
        order = order_groups(self.values(longer)[: len(before) + len(chosen)]) if self.keys else None
        return ResultTable(columns, tuple(before + chosen), order)

    def choices(self, columns: tuple[str, ...], longer: ResultTable) -> Iterator[ResultTable]:
        """The result with each choice among the tie; none where there are too many."""
        if found := self.tie(longer):
            before, tied = found
            if math.comb(len(tied), self.limit - len(before)) <= MAX_CHOICES:
                for chosen in itertools.combinations(tied, self.limit - len(before)):
                    yield self.with_choice(columns, longer, before, list(chosen))

    def allows(self, given: ResultTable, longer: ResultTable) -> bool:
        """Whether `given`, typed, is the result with some choice among the tie, or with the whole of it."""
        found = self.tie(longer)
        if not found or len(given.columns) != self.width:
            return False
        before, tied = found
        if len(given.rows) not in (self.limit, len(before) + len(tied)):
            return False
        first, allowed = Counter(map(row_key, before)), Counter(map(row_key, before + tied))
        orders = itertools.permutations(range(self.width)) if self.width <= MAX_SWAPPED_COLUMNS else [tuple(range(self.width))]
        for order in orders:
            rows = [tuple(row[i] for i in order) for row in given.rows]
            if first <= Counter(map(row_key, rows)) <= allowed:
                choice = self.with_choice(given.columns, longer, before, rows[len(before) :])
                if compare(choice, dataclasses.replace(given, rows=tuple(rows))).outcome == "accept":
                    return True
        return False


def row_key(row: tuple) -> tuple[Key, ...]:
    return tuple(plain(key_of(cell)) for cell in row)
