"""The SQL world's agent: it looks at the schema, tries queries that fail or miss the point, and hands in a result.

Every observation is what the database really answered, cut as agents' tools cut it.
"""

from __future__ import annotations

import random
import re
import sqlite3
from typing import Any

from factory.worlds.runs import Transcript
from factory.worlds.sql_databases import Database
from factory.worlds.sql_questions import Question

SYSTEMS = (
    "You answer questions about a SQLite database. Inspect it with the tools, then give the result as a Markdown table.",
    "You are a data analyst with read access to a SQLite database. Your final message is the result as a Markdown table.",
    "Use `list_tables`, `describe_table` and `query` to answer. Finish with a Markdown table that holds the answer and nothing else.",
)  # fmt: skip
MOST_ROWS, MOST_CHARACTERS = 20, 2_500
"""What a query's observation shows."""


class Agent:
    def __init__(self, database: Database, question: Question, rng: random.Random, silent: bool):
        self.database, self.question, self.rng, self.silent = database, question, rng, silent
        self.transcript = Transcript(rng.choice(SYSTEMS), question.text)
        self.shows_table = rng.random() < 0.6
        self.read: set[str] = set()
        """Tables that a query which ran has read."""

    def act(self, thought: str, tool: str, arguments: dict[str, Any], observation: str) -> None:
        silent = self.silent or self.rng.random() < 0.1
        self.transcript.act("" if silent else thought, (tool, arguments, observation))

    def query(self, thought: str, sql: str, tables: frozenset[str]) -> None:
        """Run `sql`, which reads `tables` if it runs."""
        try:
            cursor = self.database.connection.execute(sql)
        except sqlite3.Error as error:
            self.act(thought, "query", {"sql": sql}, f"Error: {error}")
            return
        self.read |= tables
        rows = cursor.fetchall()
        self.act(thought, "query", {"sql": sql}, self.show([c[0] for c in cursor.description], rows))

    def show(self, columns: list[str], rows: list[tuple[Any, ...]]) -> str:
        if not rows:
            return "(no rows)"
        shown = rows[:MOST_ROWS]
        text = markdown(columns, shown) if self.shows_table else "\n".join([", ".join(columns), *map(repr, shown)])
        if len(text) > MOST_CHARACTERS:
            text = text[:MOST_CHARACTERS].rsplit("\n", 1)[0]
        return text if text.count("\n") >= len(rows) else f"{text}\n... ({len(rows)} rows in all)"

    def look(self) -> None:
        """What a careful agent does first: tables, their columns, a few rows."""
        rng, tables = self.rng, [table.name for table in self.database.schema.tables]
        self.act("First I look at what the database holds.", "list_tables", {}, "\n".join(tables))
        wanted = sorted(self.question.tables)
        extra = [table for table in tables if table not in wanted]
        if rng.random() < 0.4:
            wanted.insert(rng.randrange(len(wanted) + 1), rng.choice(extra))
        if rng.random() < 0.15:
            self.describe("I describe the table.", wanted[0][:-1])
        for table in wanted:
            self.describe(f"The columns of {table} next.", table)
        if rng.random() < 0.35:
            table = rng.choice(wanted)
            self.query(f"A few rows of {table}, to see what values look like.", f"SELECT * FROM {table} LIMIT 3", frozenset((table,)))

    def describe(self, thought: str, table: str) -> None:
        found = self.database.rows(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")
        self.act(thought, "describe_table", {"table": table}, found[0][0] if found else f"Error: no such table: {table}")

    def try_things(self) -> None:
        """Queries that fail, or run and miss the point."""
        rng, question = self.rng, self.question
        if rng.random() < 0.45:
            self.query("I put the query together.", misspelt(question, rng), question.tables)
        if rng.random() < 0.3:
            wrong = question.wrong
            self.query("Now the main query.", restyle(wrong, rng), question.tables_of_wrong)
            self.act("That is not quite what was asked. Let me check the columns again.", "describe_table", {"table": question.star.fact}, self.database.rows(f"SELECT sql FROM sqlite_master WHERE name = '{question.star.fact}'")[0][0])

    def solve(self) -> None:
        self.look()
        self.try_things()
        self.query("This should give what the question asks for.", restyle(self.question.sql, self.rng), self.question.tables)

    def mistake(self) -> None:
        """The same, but what is handed in is the result of a wrong query."""
        self.look()
        self.query("This should give what the question asks for.", restyle(self.question.wrong, self.rng), self.question.tables_of_wrong)

    def finish(self, sql: str) -> None:
        """Hand in the whole result of `sql`."""
        cursor = self.database.connection.execute(sql)
        table = markdown([column[0] for column in cursor.description], cursor.fetchall())
        tables = " and ".join(sorted(self.question.tables))
        reasoning = (
            f"The question asks: {self.question.text}\nWhat is needed stands in {tables}. {self.question.star.fact} points to "
            f"{self.question.star.dim} by {self.question.star.key}. Following the conditions of the question row by row and grouping as asked "
            "leaves the rows below; I checked the rounding and that nothing is counted twice."
        )
        self.transcript.finish("" if self.silent else reasoning, table)


def misspelt(question: Question, rng: random.Random) -> str:
    """The gold query with a column or table name that does not exist."""
    star = question.star
    wrong = rng.choice(((star.fact, star.fact[:-1]), (star.measure, f"{star.measure}_value"), (star.key, f"{star.dim}_key")))
    return re.sub(rf"\b{wrong[0]}\b", wrong[1], question.sql)


def restyle(sql: str, rng: random.Random) -> str:
    """The same query as another hand would write it: lines, case, names of result columns."""
    if rng.random() < 0.5:
        sql = re.sub(r" (FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT) ", r"\n\1 ", sql)
    if rng.random() < 0.3:
        sql = re.sub(r"\b(SELECT|FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|JOIN|ON|AND|AS)\b", lambda m: m[0].lower(), sql)
    if rng.random() < 0.3:
        sql = re.sub(r"\bnum\b", "how_many", sql)
    return sql + rng.choice(("", "", ";"))


def markdown(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    lines = [columns, ["---"] * len(columns), *([cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: Any) -> str:
    return "NULL" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
