"""SQL evidence: the complete contents of every table that the agent, or the gold query, read.

Which tables a query reads is asked of the engine, which follows views and subqueries; a query in a dialect
that the engine does not speak (InterCode's agents spoke MySQL to what is now SQLite) is matched by the
names after FROM and JOIN. Looking at the schema is not reading a table.
The gold query is executed read-only; its result is the ground truth.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from factory import cage, vocabulary
from factory.cage import requests
from factory.cage.database_files import dialect_of, identify
from factory.cage.gold import Gold, gold_request, run_gold
from factory.cage.queries import names_after_from
from factory.cage.sql import SqlError, Table, shared_cage
from factory.domains import Collected
from factory.domains.sql_tables import table_text
from factory.errors import RowError
from factory.joins import DATABASE_NAMES
from factory.kept import Kept
from factory.recipe import Compile
from factory.records import Evidence, GroundTruth, Role, Trajectory
from factory.side import SideInputs, is_place
from factory.vocabulary import classify

VERSION = f"1.{vocabulary.VERSION}.{cage.VERSION}"

READING = frozenset({"select", "with", "from", "values", "table", "("})
"""First words of statements that read rows; SHOW, DESCRIBE, PRAGMA, EXPLAIN look at the schema."""
FAILURES = ("error", "exception", "traceback", "query failed", "sql error", "failed to", "operationalerror", "sqlite3.", "duckdb.",
            "(sqlite3.", "(duckdb.", "{\"error", "{'error", "{ \"error")  # fmt: skip
BYTES_PER_TOKEN = 32
"""More than any table needs: a table of more bytes than this per token of the budget is not read whole."""
MAX_QUERIES = 200
FORESEEN_QUERIES = 40
"""So many are asked about in one trip, at most."""
KEPT_CHARACTERS = 32 << 20
"""Of the texts of tables that are kept: runs over one database come in rows."""


def holder(truth: GroundTruth) -> Callable[[str], bool]:
    """Whether a text of another database holds every cell of a gold result of more than one cell."""
    cells = {cell.strip() for line in truth.text.splitlines()[2:] for cell in line.strip("| ").split("|")}
    return lambda text: len(cells) > 1 and all(cell in text for cell in cells)


def collect(trajectory: Trajectory, settings: Compile, side: SideInputs) -> Collected:
    truth = trajectory.ground_truth
    if not truth.sql.strip():
        raise RowError("no_ground_truth", "no gold SQL is known for the run; write it as `gold_sql` beside the messages, or join one with [inputs.gold] in a recipe")
    asked = [
        (step, action.target)
        for step in trajectory.steps
        for action in classify(step, settings.vocabulary)
        if action.kind == "query" and action.target
    ]
    if not asked:
        raise RowError("no_tool_call", "the agent never queried the database")
    database = Database.find(trajectory, side)
    answered = [(step, sql) for step, sql in asked[:MAX_QUERIES] if not (step.failed or looks_failed(step.observation))]
    database.foresee(truth.sql, [sql for _, sql in answered])
    gold = database.gold(truth.sql)
    turns: dict[str, list[int]] = {}
    for step, sql in answered:
        for name in database.tables_read(sql):
            turns.setdefault(name, []).append(step.turn)
    for name in database.tables_read(truth.sql):
        turns.setdefault(name, [])
    if not turns:
        raise RowError("no_queried_table", "neither the agent's queries nor the gold query read a table")
    max_bytes = BYTES_PER_TOKEN * settings.packing.sequence_tokens
    evidence = [
        database.evidence("gold", name, settings.sql.max_rows, max_bytes, tuple(dict.fromkeys(seen))) for name, seen in turns.items()
    ]
    dropped: dict[str, int] = {}
    if settings.sql.distractors == "unqueried":
        for table in database.tables():
            if table.view or table.name in turns:
                continue
            try:
                evidence.append(database.evidence("tier2", table.name, settings.sql.max_rows, max_bytes))
            except RowError:
                dropped["too_large"] = dropped.get("too_large", 0) + 1
    completed = truth.model_copy(update={"text": gold.table.to_markdown(), "result": gold.table.to_json()})
    return Collected(evidence, completed, dropped)


def looks_failed(observation: str) -> bool:
    """Whether the observation opens like an error; a list of rows that hold the word does not."""
    return observation[:80].lstrip().lower().startswith(FAILURES)


class Database:
    """One database file; what is asked of it is remembered by the file's identity."""

    def __init__(self, path: Path, dialect: str, identity: str):
        self.path, self.dialect, self.identity = path, dialect, identity

    @classmethod
    def find(cls, trajectory: Trajectory, side: SideInputs) -> Database:
        uri = trajectory.environment.database
        if not uri:
            raise RowError("side_input_missing", "the run names no database; set `database` on the input")
        if not is_place(uri):
            looked = ", ".join(form.format(uri) for form in DATABASE_NAMES)
            raise RowError("side_input_missing", f"no database `{uri[:120]}` lies beside the run (looked for {looked}); give a file name, or set `database` on the input, as \"FOLDER/{{database}}.sqlite\"")
        path = side.path(uri)
        try:
            dialect = trajectory.environment.dialect or dialect_of(path)
            real, identity = identify(path, dialect)
        except SqlError as e:
            raise RowError("side_input_missing", e.message) from None
        return cls(Path(real), dialect, identity)

    def foresee(self, gold: str, asked: list[str]) -> None:
        """What will be asked first, asked together: a trip to the cage costs more than most answers."""
        place = (self.path, self.dialect, self.identity)
        wanted = [gold_request(gold)] if GOLDS.get((*place, gold)) is None else []
        unread = [sql for sql in dict.fromkeys([*asked, gold]) if READS.get((*place, sql)) is None and reads_rows(sql)]
        unread = unread[:FORESEEN_QUERIES]
        shared_cage("source").foresee(self.path, self.dialect, [*map(requests.tables_read, unread), requests.tables(), *wanted])
        for sql in unread:
            self.tables_read(sql)

    def gold(self, sql: str) -> Gold:
        try:
            gold = read_gold(self.path, self.dialect, self.identity, sql)
        except SqlError as e:
            raise RowError("side_input_missing" if e.kind == "bad_database" else "gold_sql_fails", str(e)) from None
        if not gold.table.rows:
            raise RowError("gold_sql_empty", sql[:300])
        if gold.unstable:
            raise RowError("gold_nondeterministic", gold.unstable)
        return gold

    def tables(self) -> list[Table]:
        try:
            return shared_cage("source").tables(self.path, self.dialect)
        except SqlError as e:
            raise RowError("side_input_missing", str(e)) from None

    def tables_read(self, sql: str) -> tuple[str, ...]:
        return find_tables_read(self.path, self.dialect, self.identity, sql)

    def evidence(self, role: Role, name: str, max_rows: int, max_bytes: int, turns: tuple[int, ...] = ()) -> Evidence:
        try:
            text, replaced = read_text(self.path, self.dialect, self.identity, name, max_rows, max_bytes)
        except SqlError as e:
            reason = "over_budget" if e.kind in ("overflow", "memory") else "side_input_missing"
            raise RowError(reason, f"table `{name}`: {e}") from None
        edits = (f"undecodable:{replaced}",) if replaced else ()
        return Evidence(role=role, kind="table", name=name, text=text, turns=turns, edits=edits)


# Questions to a database, answered once: `identity` is part of the key only.

GOLDS: Kept[Gold] = Kept(512)
READS: Kept[tuple[str, ...]] = Kept(4_096)
TEXTS: Kept[tuple[str, int]] = Kept(KEPT_CHARACTERS)


def read_gold(path: Path, dialect: str, identity: str, sql: str) -> Gold:
    key = (path, dialect, identity, sql)
    return GOLDS.get(key) or GOLDS.keep(key, run_gold(shared_cage("source"), path, dialect, sql))


def reads_rows(sql: str) -> bool:
    stripped = sql.lstrip()
    return ("(" if stripped.startswith("(") else (stripped.split(None, 1) or [""])[0].lower()) in READING


def find_tables_read(path: Path, dialect: str, identity: str, sql: str) -> tuple[str, ...]:
    key = (path, dialect, identity, sql)
    found = READS.get(key)
    return READS.keep(key, ask_tables_read(path, dialect, sql)) if found is None else found


def ask_tables_read(path: Path, dialect: str, sql: str) -> tuple[str, ...]:
    if not reads_rows(sql):
        return ()
    cage = shared_cage("source")
    try:
        return tuple(cage.tables_read(path, dialect, sql))
    except SqlError as e:
        if e.kind == "bad_database":
            raise RowError("side_input_missing", str(e)) from None
        by_name = {t.name.casefold(): t.name for t in cage.tables(path, dialect) if not t.view}
        found = [by_name[n.casefold()] for n in names_after_from(sql) if n.casefold() in by_name]
        return tuple(dict.fromkeys(found))


def read_text(path: Path, dialect: str, identity: str, name: str, max_rows: int, max_bytes: int) -> tuple[str, int]:
    """The table's text, and how many of its cells were not UTF-8."""
    key = (path, dialect, identity, name, max_rows, max_bytes)
    if known := TEXTS.get(key):
        return known
    table = next((t for t in shared_cage("source").tables(path, dialect) if t.name == name), None)
    if table is None:
        raise SqlError("sql", f"no table `{name}`")
    contents = shared_cage("source").read_lines(path, dialect, name, max_rows, max_bytes=max_bytes)
    text = table_text(table, contents)
    return TEXTS.keep(key, (text, contents.replaced), len(text))
