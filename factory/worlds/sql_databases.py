"""Databases of the SQL world: real SQLite files, filled from a schema, a seed and a size."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

from factory.worlds import create
from factory.worlds.runs import chance
from factory.worlds.sql_schemas import SCHEMAS, Schema

SMALLEST = 150
"""Fewest rows of the largest table; sizes lie between it and the schema's `most_rows`, evenly on a logarithmic scale."""
OVERSIZED = 14_000
"""Rows of the largest table of a database whose contents no budget of 131,072 tokens can hold."""
KEPT_OPEN = 4


class Database(NamedTuple):
    uri: str
    """Relative to the folder of the runs."""
    schema: Schema
    connection: sqlite3.Connection
    """A copy in memory; only the world's own queries run on it."""
    nudged: sqlite3.Connection
    """Another copy, whose ROUND first adds a little: a result that differs there hangs on the last bit of a sum."""
    tokens: dict[str, int]
    """Table -> about as many tokens as its contents take as CSV."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


class Databases:
    """Makes each database when a run first needs it, and keeps the last few open."""

    def __init__(self, folder: Path, seed: int):
        self.folder, self.seed = folder, seed
        self.open: OrderedDict[tuple[int, bool], Database] = OrderedDict()

    def get(self, number: int, oversized: bool = False) -> Database:
        key = (number, oversized)
        if key not in self.open:
            while len(self.open) >= KEPT_OPEN:
                _, closed = self.open.popitem(last=False)
                closed.connection.close()
                closed.nudged.close()
            self.open[key] = self.make(number, oversized)
        self.open.move_to_end(key)
        return self.open[key]

    def make(self, number: int, oversized: bool) -> Database:
        rng = chance("sql database", self.seed, number, oversized)
        kind = list(SCHEMAS)[number % len(SCHEMAS)]
        schema = SCHEMAS[kind]
        size = OVERSIZED if oversized else int(SMALLEST * (schema.most_rows / SMALLEST) ** rng.random())
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute("BEGIN")
        counts: dict[str, int] = {}
        tokens: dict[str, int] = {}
        for table in schema.tables:
            counts[table.name] = max(5, int(size * table.weight))
            columns = ", ".join(f"{name} {type_}" for name, (type_, _) in table.columns.items())
            connection.execute(f"CREATE TABLE {table.name} (id INTEGER PRIMARY KEY, {columns})")
            makers = [make for _, make in table.columns.values()]
            rows = [(i, *(make(rng, counts) for make in makers)) for i in range(1, counts[table.name] + 1)]
            connection.executemany(f"INSERT INTO {table.name} VALUES ({', '.join('?' * (len(makers) + 1))})", rows)
            tokens[table.name] = estimate_tokens(rows)
        connection.execute("COMMIT")
        name = f"databases/{kind}-{number:03d}{'-full' if oversized else ''}.sqlite"
        image = connection.serialize()
        with create(self.folder / name) as file:
            file.write(image)
        nudged = sqlite3.connect(":memory:", isolation_level=None)
        nudged.deserialize(image)
        nudged.create_function("round", 2, nudged_round, deterministic=True)
        return Database(name, schema, connection, nudged, tokens)


def estimate_tokens(rows: list[tuple[Any, ...]]) -> int:
    """Digits and signs are a token each in the Qwen vocabulary, letters of these words about 2.5 a token."""
    text = "\n".join(",".join("" if value is None else str(value) for value in row) for row in rows)
    letters = sum(map(str.isalpha, text))
    spaces = text.count(" ") + text.count(".,")
    return len(text) - letters - spaces + letters * 2 // 5


def nudged_round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value + 1e-7, digits)
