"""Labelled SQL answers from the SQL world: its gold results written in many shapes, changed, and queries of both kinds."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory import worlds
from factory.cage.gold import run_gold
from factory.cage.results import ResultTable
from factory.cage.sql import SqlError, shared_cage
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source
from factory.verifiers.sql_answer import final_part
from jobs.benches import written_tables as tables
from tests import table_reference

SEED = 11


class Answer(NamedTuple):
    example: Example
    text: str
    right: bool
    kind: str
    """What was changed."""
    type: str
    """Shape of the answer."""


def examples(folder: Path, num_runs: int) -> Iterator[tuple[Example, ResultTable, str]]:
    """(example, gold result, a query of the run that gives another result or "") of each question of the world."""
    folder = written_world("sql", num_runs, folder)
    asked: set[str] = set()
    for line in (folder / "sql" / "runs-00000.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        sql = row["ground_truth"].get("sql", "")
        database = folder / "sql" / row["environment"]["database"]
        if sql in asked or not sql or not database.exists():
            continue
        asked.add(sql)
        try:
            gold = run_gold(shared_cage("source"), database, "sqlite", sql)
        except SqlError:
            continue
        if gold.table.rows and not gold.unstable:
            question = next((m["content"] for m in row["messages"] if m["role"] == "user"), "")
            yield example_of(gold.table, question, sql, str(database)), gold.table, row["messages"][-1]["content"]


def written_world(domain: str, num_runs: int, folder: Path) -> Path:
    """Folder that holds the world, written once."""
    place = folder / f"{domain}-{num_runs}"
    if not (place / "expected").exists():
        worlds.write(domain, num_runs, SEED, place)
    return place


def example_of(table: ResultTable, question: str = "", sql: str = "", database: str = "") -> Example:
    return Example(
        id="e", pair_id="p", unit="u", domain="sql", task_id="t", question=question, context="", pieces=(),
        ground_truth=GroundTruth(text=table.to_markdown(), sql=sql, result=table.to_json()), agent=AgentTrace(), solved=None,
        environment=Environment(database=database, dialect="sqlite"), source=Source(), tokenizer="", seed=0,
        budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip


def answers(folder: Path, num_runs: int) -> Iterator[Answer]:
    rng = random.Random(SEED)
    for example, gold, last in examples(folder, num_runs):
        yield from written(example, gold, rng)
        yield from precise(example, gold, rng)
        yield from queried(example, gold)
        said = final_part(last)
        if said.startswith("|") and said != example.ground_truth.text:
            yield from of_agent(example, gold, said)


def written(example: Example, gold: ResultTable, rng: random.Random) -> Iterator[Answer]:
    for change in tables.changes(gold, rng):
        named = change.fixed is not None
        if not change.right and table_reference.same(gold.rows, gold.order, change.table.rows, change.fixed if named else None):
            continue  # the change gave the same table
        for shape in tables.SHAPES:
            header = shape in ("markdown", "csv", "json dicts")
            if not tables.can_write(change.table, shape) or (change.kind in ("names on other columns", "columns in another order") and not header):
                continue
            yield Answer(example, tables.write(change.table, shape), change.right, change.kind, shape)


def precise(example: Example, gold: ResultTable, rng: random.Random) -> Iterator[Answer]:
    """Printed precision: golds with digits without end, rounded rightly and wrongly."""
    if not any(isinstance(c, float) for row in gold.rows for c in row):
        return
    endless = tables.thirds(gold)
    made = example_of(endless, example.question)
    for places in (2, 4):
        right = tables.rounded(endless, places)
        shape = rng.choice(tables.SHAPES[:5])
        if all(c is None or not isinstance(c, float) or abs(c) >= 1 for row in right.rows for c in row):
            yield Answer(made, tables.write(right, shape), True, f"rounded to {places} decimals", shape)
            step = 10.0**-places
            if any(isinstance(c, float) and step < 1e-8 * abs(c) for row in right.rows for c in row):
                continue  # the verifier's relative tolerance of 1e-9 is near
            off = tables.rounded(tables.replace(right, rows=tuple(tuple(c + step if isinstance(c, float) else c for c in row) for row in right.rows)), places)
            yield Answer(made, tables.write(off, shape), False, f"last of {places} decimals wrong", shape)
    whole = tables.replace(endless, rows=tuple(tuple(int(c) if isinstance(c, float) else c for c in row) for row in endless.rows))
    yield Answer(made, tables.write(whole, "markdown"), False, "cut to whole numbers", "markdown")


def queried(example: Example, gold: ResultTable) -> Iterator[Answer]:
    """Queries: the gold query in other words, and queries that give its rows by chance or other rows."""
    import sqlglot
    from sqlglot import exp

    sql = example.ground_truth.sql

    def query(text: str, right: bool, kind: str) -> Answer:
        return Answer(example, f"```sql\n{text}\n```", right, kind, "sql")

    yield query(sql, True, "gold query")
    tree = sqlglot.parse_one(sql, dialect="sqlite")
    yield query(tree.sql(dialect="sqlite", pretty=True), True, "gold query in other layout")
    if gold.order is None:
        yield query(f"SELECT * FROM ({sql}) AS result", True, "gold query inside another")
    numbers = [node for node in tree.find_all(exp.Literal) if not node.is_string and node.name.isdigit()]
    if numbers:
        node = numbers[-1]
        node.replace(exp.Literal.number(int(node.name) + 1))
        changed = tree.sql(dialect="sqlite")
        if differs(example, changed, gold):
            yield query(changed, False, "another number in the query")
    if differs(example, f"SELECT * FROM ({sql}) LIMIT {max(0, len(gold.rows) - 1)}", gold):
        yield query(f"SELECT * FROM ({sql}) LIMIT {len(gold.rows) - 1}", False, "a row less")
    yield query(f"SELECT * FROM ({sql}) UNION ALL SELECT * FROM ({sql})", False, "every row twice")
    values = ", ".join("(" + ", ".join(literal(c) for c in row) + ")" for row in gold.rows)
    yield query(f"SELECT * FROM (VALUES {values})", False, "the rows as constants")


def literal(cell) -> str:
    return "NULL" if cell is None else "'" + cell.replace("'", "''") + "'" if isinstance(cell, str) else repr(cell)


def differs(example: Example, sql: str, gold: ResultTable) -> bool:
    try:
        table = shared_cage("answer").query(Path(example.environment.database), "sqlite", sql, timeout=5)
    except SqlError:
        return False
    return not table_reference.same(gold.rows, gold.order, table.rows)


def of_agent(example: Example, gold: ResultTable, said: str) -> Iterator[Answer]:
    """What the world's own agent answered after a mistake."""
    rows = [tuple(c.strip() for c in line.strip("|").split("|")) for line in said.splitlines()[2:]]
    fixed = tuple(range(len(gold.columns)))
    if "\\" not in said and not table_reference.same(gold.rows, gold.order, rows, fixed):
        yield Answer(example, said, False, "the agent's mistake", "markdown")
