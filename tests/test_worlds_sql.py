"""The SQL world: what its agent leaves, and whether what is expected of each run follows from the run and its database."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from factory import worlds
from factory.errors import REASONS

NUM_RUNS = 300


def lines(path: str | Path) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    written = worlds.write("sql", NUM_RUNS, 0, tmp_path_factory.mktemp("world"))
    rows = [row for name in written.files for row in lines(Path(written.folder) / name)]
    return Path(written.folder), rows, lines(written.expected)


def calls_of(row):
    """(tool, arguments, observation) in order."""
    answers = {m["tool_call_id"]: m["content"] for m in row["messages"] if m["role"] == "tool"}
    calls = [call for m in row["messages"] for call in m.get("tool_calls", [])]
    return [(c["function"]["name"], json.loads(c["function"]["arguments"]), answers[c["id"]]) for c in calls]


def queries_of(row):
    return [(a["sql"], seen) for name, a, seen in calls_of(row) if name == "query"]


class Reader:
    """The runs' databases, opened read-only; `read` tells which tables a statement reads, as SQLite itself says."""

    def __init__(self, folder):
        self.folder, self.open, self.touched = folder, {}, set()

    def connect(self, row):
        uri = row["environment"]["database"]
        if uri not in self.open:
            path = self.folder / uri
            assert path.is_file() and not Path(uri).is_absolute()
            self.open[uri] = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        return self.open[uri]

    def run(self, row, sql):
        connection, self.touched = self.connect(row), set()
        connection.set_authorizer(self.note)
        return connection.execute(sql).fetchall()

    def note(self, action, table, *_):
        if action == sqlite3.SQLITE_READ and not table.startswith("sqlite_"):
            self.touched.add(table)
        return sqlite3.SQLITE_OK


@pytest.fixture(scope="module")
def reader(world):
    return Reader(world[0])


def final_rows(row):
    """Cells of the Markdown table of the final answer, as text."""
    body = row["messages"][-1]["content"].split("</think>")[-1].strip().splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in body]
    assert set("".join(cells[1])) <= {"-"}
    return [[cell.replace("\\|", "|") for cell in line] for line in cells[2:]]


def printed(rows):
    return [["NULL" if value is None else str(value) for value in row] for row in rows]


def test_same_seed_gives_same_bytes_and_a_longer_world_starts_with_the_shorter(tmp_path, world):
    folder, _, _ = world
    for name, seed in (("again", 0), ("other", 1)):
        worlds.write("sql", 45, seed, tmp_path / name)
    short = (tmp_path / "again/sql/runs-00000.jsonl").read_bytes()
    assert (folder / "runs-00000.jsonl").read_bytes().startswith(short)
    assert (folder.parent / "expected/sql.jsonl").read_bytes().startswith((tmp_path / "again/expected/sql.jsonl").read_bytes())
    assert short != (tmp_path / "other/sql/runs-00000.jsonl").read_bytes()
    databases = sorted((tmp_path / "again/sql/databases").iterdir())
    assert databases
    for path in databases:
        assert path.read_bytes() == (folder / "databases" / path.name).read_bytes()


def test_every_expected_line_belongs_to_its_run_and_every_reason_occurs(world):
    _, rows, expected = world
    assert [(r["task_id"], r["domain"]) for r in rows] == [(e["task_id"], e["domain"]) for e in expected]
    reasons = Counter(e["reason"] for e in expected)
    assert reasons.keys() == {
        None, "wrong_answer", "gold_sql_fails", "gold_sql_empty", "side_input_missing", "no_tool_call", "no_question",
        "no_ground_truth", "no_reasoning", "over_budget", "duplicate",
    }  # fmt: skip
    assert reasons.keys() - {None} <= REASONS.keys()
    assert reasons[None] > NUM_RUNS * 0.6


def test_final_tables_are_the_executed_gold_exactly_where_the_run_is_accepted(world, reader):
    _, rows, expected = world
    for row, e in zip(rows, expected):
        if e["outcome"] != "accepted" and e["reason"] != "wrong_answer":
            continue
        sql = row["ground_truth"]["sql"]
        gold, said = printed(reader.run(row, sql)), final_rows(row)
        assert gold, sql
        if e["outcome"] == "accepted":
            assert said == gold and row["solved"]
        else:
            assert sorted(map(sorted, said)) != sorted(map(sorted, gold)) and not row["solved"]


def test_gold_are_the_tables_that_sqlite_says_were_read(world, reader):
    _, rows, expected = world
    wide = 0
    for row, e in zip(rows, expected):
        if e["stage"] == "compile":
            assert not e["gold"]
            continue
        reader.run(row, row["ground_truth"]["sql"])
        of_gold = set(reader.touched)
        read = set(of_gold)
        for sql, seen in queries_of(row):
            if not seen.startswith("Error"):
                reader.run(row, sql)
                read |= reader.touched
        assert e["gold"] == sorted(read) and not e["tier1"] and not e["tier2"]
        wide += read != of_gold
    assert wide > 0


def test_observations_are_what_the_database_answers(world, reader):
    _, rows, expected = world
    failed = cut = 0
    for row, e in zip(rows, expected):
        if e["reason"] == "side_input_missing":
            continue
        for sql, seen in queries_of(row):
            if seen.startswith("Error: "):
                with pytest.raises(sqlite3.Error, match=re.escape(seen.removeprefix("Error: "))):
                    reader.run(row, sql)
                failed += 1
                continue
            found = reader.run(row, sql)
            for value in found[0] if found else ():
                shown = "NULL" if value is None and "|" in seen else str(value)
                assert shown in seen or repr(value) in seen
            cut += seen.endswith("rows in all)")
    assert failed > NUM_RUNS / 5 and cut > 0


def test_flaws_stand_in_the_runs(world, reader):
    folder, rows, expected = world
    for row, e in zip(rows, expected):
        assert any(m["role"] == "user" for m in row["messages"]) == (e["reason"] != "no_question")
        assert bool(row["ground_truth"]) == (e["reason"] != "no_ground_truth")
        assert bool(calls_of(row)) == (e["reason"] != "no_tool_call")
        assert (folder / row["environment"]["database"]).is_file() == (e["reason"] != "side_input_missing")
        assert ("<think>" in row["messages"][-1]["content"]) == (e["reason"] != "no_reasoning")
        if e["reason"] == "gold_sql_fails":
            with pytest.raises(sqlite3.Error):
                reader.run(row, row["ground_truth"]["sql"])
        if e["reason"] == "gold_sql_empty":
            assert reader.run(row, row["ground_truth"]["sql"]) == []


def test_gold_results_do_not_hang_on_the_order_of_rows(world, reader):
    _, rows, expected = world
    for row, e in zip(rows, expected):
        if e["outcome"] != "accepted":
            continue
        sql, connection = row["ground_truth"]["sql"], reader.connect(row)
        forward = reader.run(row, sql)
        connection.set_authorizer(None)
        connection.execute("PRAGMA reverse_unordered_selects = ON")
        backward = reader.run(row, sql)
        connection.set_authorizer(None)
        connection.execute("PRAGMA reverse_unordered_selects = OFF")
        if re.search(r"ORDER BY [^()]*$", sql):
            assert forward == backward
        assert Counter(forward) == Counter(backward)


def test_questions_need_many_kinds_of_query(world):
    _, rows, _ = world
    golds = [row["ground_truth"]["sql"] for row in rows if row["ground_truth"]]
    for word in ("JOIN", "GROUP BY", "HAVING", " OVER (", "WITH ", "ORDER BY", "LIMIT", "NOT EXISTS", "JOIN .* JOIN"):
        assert sum(bool(re.search(re.escape(word) if "*" not in word else word, sql)) for sql in golds) >= 5, word
    asked = Counter(m["content"] for row in rows for m in row["messages"] if m["role"] == "user")
    assert len(asked) > NUM_RUNS * 0.6


def test_databases_hold_varied_types_and_every_size(world):
    folder, _, expected = world
    types, text = set(), []
    for path in sorted((folder / "databases").glob("*[0-9].sqlite"))[:5]:
        connection = sqlite3.connect(path)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        assert 4 <= len(tables) <= 8
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table} LIMIT 200"):
                types |= {type(value) for value in row}
                text += [value for value in row if isinstance(value, str)]
    assert types == {int, float, str, type(None)}
    for mark in (",", '"', "'", "Ł", "–"):
        assert any(mark in value for value in text)
    sizes = [e["evidence_tokens_estimate"] for e in expected if e["outcome"] == "accepted"]
    assert min(sizes) < 3_000 and 60_000 < max(sizes) < 110_000
    assert all(any(low < size <= 2 * low for size in sizes) for low in (2_000, 4_000, 8_000, 16_000, 32_000))


def test_rows_hold_no_path_of_this_machine(world):
    folder, rows, _ = world
    text = json.dumps(rows)
    assert str(folder) not in text and not re.search(r"(?<![\w/:.])/(tmp|home|root|usr|var)/", text)
