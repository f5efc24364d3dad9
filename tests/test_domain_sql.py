"""SQL evidence: which tables are gold, their text, the executed gold, and real InterCode runs beside their rewards."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from factory.cage.results import ResultTable
from factory.cage.sql import SqlError, shared_cage
from factory.domains.sql import collect
from factory.errors import RowError
from factory.formats import intercode
from factory.recipe import Compile, Packing, Sql, Verify
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source, Step, Trajectory
from factory.verifiers.sql_answer import read_answer
from factory.verifiers.sql_readings import judge_table
from factory.verifiers.sql_result import verify

SCHEMA = [
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT)",
    "INSERT INTO author VALUES (2, 'Lem, Stanis\u0142aw', '1921'), (1, 'Ursula \"K\"', NULL), (3, '', 'x\ny')",
    "CREATE TABLE book (author INTEGER REFERENCES author(id), title TEXT, price REAL, shelf BLOB)",
    "INSERT INTO book VALUES (2, 'Solaris', 9.5, x'00ff'), (2, '1984', 0.1, NULL), (1, 'NULL', 1e300, NULL), (1, ' x ', 3.0, NULL)",
    "CREATE TABLE \"order\" (\"a b\" INTEGER, c TEXT, PRIMARY KEY (\"a b\", c))",
    "INSERT INTO \"order\" VALUES (1, 'true')",
    "CREATE TABLE unused (x INTEGER)",
    "INSERT INTO unused VALUES (7)",
    "CREATE VIEW titles AS SELECT title, name FROM book JOIN author ON author = id",
]


class Side:
    def path(self, uri: str) -> Path:
        if not Path(uri).exists():
            raise RowError("side_input_missing", uri)
        return Path(uri)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    connection = sqlite3.connect(path)
    for statement in SCHEMA:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def run(database, queries, gold="SELECT count(*) FROM book", failed=(), observations=(), dialect="sqlite", tool="execute_sql") -> Trajectory:
    steps = tuple(
        Step(turn=i, tool=tool, arguments={"sql": q}, observation=observations[i] if observations else "[]", failed=i in failed)
        for i, q in enumerate(queries)
    )
    return Trajectory(
        domain="sql", question="q", steps=steps, ground_truth=GroundTruth(sql=gold),
        environment=Environment(database=str(database), dialect=dialect),
    )  # fmt: skip


def gold_tables(trajectory: Trajectory, settings: Compile = Compile()) -> list[tuple[str, tuple[int, ...]]]:  # noqa: B008
    return [(e.name, e.turns) for e in collect(trajectory, settings, Side()).evidence if e.role == "gold"]


@pytest.mark.parametrize(
    ("queries", "tables"),
    [
        (["SELECT * FROM author"], [("author", (0,)), ("book", ())]),
        (["SELECT * FROM titles"], [("author", (0,)), ("book", (0,))]),
        (["SELECT 1 FROM book WHERE author IN (SELECT id FROM author)"] * 2, [("author", (0, 1)), ("book", (0, 1))]),
        (["select count(*) from Book"], [("book", (0,))]),
        (['SELECT c FROM "order"'], [("order", (0,)), ("book", ())]),
        (["PRAGMA table_info(author)", "SHOW COLUMNS FROM author", "DESCRIBE author", "EXPLAIN SELECT * FROM author"], [("book", ())]),
        (["SELECT sql FROM sqlite_master"], [("book", ())]),
        (["SELECT nope FROM unused WHERE DATE_FORMAT(x, '%Y') = library.author"], [("unused", (0,)), ("book", ())]),
        (["SELECT CONCAT(a.name, '!') FROM library.author a"], [("author", (0,)), ("book", ())]),
        (["SELECT 'from author' FROM absent"], [("book", ())]),
        (["WITH author AS (SELECT 1 AS x) SELECT * FROM author"], [("book", ())]),
        (["SELECT * FROM author; SELECT * FROM unused"], [("author", (0,)), ("unused", (0,)), ("book", ())]),
    ],
)
def test_gold_tables_are_those_that_queries_read(library, queries, tables):
    assert gold_tables(run(library, queries)) == tables


def test_failed_query_reads_no_table(library):
    assert gold_tables(run(library, ["SELECT * FROM author"], failed={0})) == [("book", ())]
    observations = ["Error executing query: no such column", "OperationalError: x", '{"error": "x"}', "[('Error handling',)] is a title"]
    found = gold_tables(run(library, ["SELECT * FROM author", "SELECT * FROM unused", 'SELECT * FROM "order"', "SELECT * FROM titles"], observations=observations))
    assert found == [("author", (3,)), ("book", (3,))]


def test_table_text_reads_back_exactly(library):
    evidence = {e.name: e for e in collect(run(library, ["SELECT * FROM titles", 'SELECT * FROM "order"']), Compile(), Side()).evidence}
    create, count, *rest = evidence["book"].text.split("\n")
    assert create == "CREATE TABLE book (author INTEGER REFERENCES author(id), title TEXT, price REAL, shelf BLOB)"
    assert count == "4 rows:"
    assert rest == ["author,title,price,shelf", "2,Solaris,9.5,X'00FF'", '2,"1984",0.1,', '1,"NULL",1e+300,', '1," x ",3.0,']
    assert evidence["order"].text.startswith('CREATE TABLE "order" ("a b" INTEGER, c TEXT, PRIMARY KEY ("a b", c))\n1 rows:\na b,c\n1,"true"')
    rows = list(csv.reader(io.StringIO(evidence["author"].text.split("\n", 2)[2])))
    assert rows == [["id", "name", "born"], ["1", 'Ursula "K"', ""], ["2", "Lem, Stanis\u0142aw", "1921"], ["3", "", "x\ny"]]
    assert '1,"Ursula ""K""",\n' in evidence["author"].text, "NULL is bare and empty"
    assert '\n3,"","x' in evidence["author"].text, "empty text is quoted"
    assert all(e.whole and e.kind == "table" for e in evidence.values())


def test_gold_is_executed_and_becomes_the_ground_truth(library):
    truth = collect(run(library, ["SELECT 1"], "SELECT title FROM book WHERE author = 2 ORDER BY price;"), Compile(), Side()).ground_truth
    assert truth.text == "| title |\n| --- |\n| 1984 |\n| Solaris |"
    table = ResultTable.from_json(truth.result)
    assert table.rows == (("1984",), ("Solaris",)) and table.order == (0, 1)


def test_unqueried_tables_are_distractors_when_the_recipe_asks(library):
    settings = Compile(sql=Sql(distractors="unqueried"))
    found = collect(run(library, ["SELECT * FROM author"]), settings, Side())
    assert [(e.role, e.name) for e in found.evidence] == [("gold", "author"), ("gold", "book"), ("tier2", "order"), ("tier2", "unused")]
    assert {e.role for e in collect(run(library, ["SELECT * FROM author"]), Compile(), Side()).evidence} == {"gold"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gold": ""}, "no_ground_truth"),
        ({"queries": []}, "no_tool_call"),
        ({"tool": "submit_sql"}, "no_tool_call"),
        ({"database": ""}, "side_input_missing"),
        ({"database": "/absent.sqlite"}, "side_input_missing"),
        ({"database": __file__}, "side_input_missing"),
        ({"dialect": "duckdb"}, "side_input_missing"),
        ({"gold": "SELECT nope"}, "gold_sql_fails"),
        ({"gold": "DELETE FROM book"}, "gold_sql_fails"),
        ({"gold": "SELECT title FROM book WHERE author = 99"}, "gold_sql_empty"),
        ({"gold": "SELECT title FROM book ORDER BY random()"}, "gold_nondeterministic"),
        ({"gold": "SELECT title FROM book LIMIT 1"}, "gold_nondeterministic"),
        ({"gold": "SELECT 1", "queries": ["SELECT 2"]}, "no_queried_table"),
    ],
)
def test_run_that_gives_no_example_says_why(library, changes, reason):
    with pytest.raises(RowError) as e:
        collect(run(**{"database": library, "queries": ["SELECT * FROM author"], **changes}), Compile(), Side())
    assert e.value.reason == reason
    assert str(library.parent) not in e.value.detail


def test_table_over_the_caps_is_over_budget_and_not_read(library):
    with pytest.raises(RowError) as e:
        collect(run(library, ["SELECT * FROM author"]), Compile(sql=Sql(max_rows=3)), Side())
    assert e.value.reason == "over_budget" and "book" in e.value.detail
    with pytest.raises(RowError) as e:
        collect(run(library, ["SELECT * FROM author"]), Compile(packing=Packing(sequence_tokens=1)), Side())
    assert e.value.reason == "over_budget"
    settings = Compile(sql=Sql(max_rows=3, distractors="unqueried"))
    found = collect(run(library, ["SELECT * FROM author"], "SELECT count(*) FROM author"), settings, Side())
    assert found.dropped == {"too_large": 1}


def test_changed_database_is_collected_anew(tmp_path):
    def write(value: int) -> None:
        connection = sqlite3.connect(tmp_path / "new.sqlite")
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (?)", [value])
        connection.commit()
        connection.close()
        os.replace(tmp_path / "new.sqlite", tmp_path / "t.sqlite")

    for value in (1, 2):
        write(value)
        found = collect(run(tmp_path / "t.sqlite", ["SELECT * FROM t"], "SELECT a FROM t"), Compile(), Side())
        assert found.evidence[0].text.endswith(f"\na\n{value}") and f"| {value} |" in found.ground_truth.text


def test_damaged_text_is_replaced_and_said(tmp_path):
    connection = sqlite3.connect(tmp_path / "t.sqlite")
    connection.execute("CREATE TABLE t (a TEXT)")
    connection.execute("INSERT INTO t VALUES (CAST(x'61ff' AS TEXT))")
    connection.commit()
    connection.close()
    (table,) = collect(run(tmp_path / "t.sqlite", ["SELECT * FROM t"], "SELECT count(*) FROM t"), Compile(), Side()).evidence
    assert table.text.endswith("\na\n\x61\ufffd") and table.edits == ("undecodable:1",)


def test_duckdb_database_is_collected_in_its_own_dialect(tmp_path):
    connection = duckdb.connect(str(tmp_path / "shop.duckdb"))
    connection.execute("CREATE TABLE sale (day DATE, price DECIMAL(6,2), tags TEXT[])")
    connection.execute("INSERT INTO sale VALUES ('2020-01-02', 1.10, ['a']), ('2020-01-01', 7, NULL)")
    connection.execute("CREATE VIEW dear AS SELECT * FROM sale WHERE price > 5")
    connection.close()
    found = collect(run(tmp_path / "shop.duckdb", ["FROM dear", "DESCRIBE sale"], "SELECT sum(price) FROM sale", dialect=""), Compile(), Side())
    assert [(e.name, e.turns) for e in found.evidence] == [("sale", (0,))]
    assert found.evidence[0].text.split("\n")[3:] == ['2020-01-02,1.10,"[""a""]"', "2020-01-01,7.00,"]
    assert found.ground_truth.text.endswith("| 8.10 |")


# InterCode: real runs, MySQL agents, SQLite conversions of the databases


def intercode_runs(folder: Path):
    base = folder / "sql" / "intercode"
    ids = json.loads((base / "gold" / "ic_spider_dev.task_ids.json").read_text())
    golds = dict(zip(map(str, ids), json.loads((base / "gold" / "ic_spider_dev.subset.json").read_text()), strict=True))
    for name in ("multiturn_gpt-4.json", "react_gpt-3.5.json"):
        for value in json.loads((base / name).read_text()).values():
            run = intercode.parse(value, "sql")
            gold = golds[run.task_id]
            database = base / "databases" / "derived_sqlite" / f"{gold['db']}.sqlite"
            run = run.model_copy(
                update={
                    "ground_truth": GroundTruth(sql=gold["gold"]),
                    "environment": Environment(database=str(database), dialect="sqlite"),
                }
            )
            yield name, run, value["summary"]["max_reward"] == 1, value["turn_history"]["rewards"][-1]


def as_example(run: Trajectory, truth: GroundTruth) -> Example:
    return Example(
        id="e", pair_id="p", unit="u", domain="sql", task_id=run.task_id, question=run.question, context="", pieces=(),
        ground_truth=truth, agent=AgentTrace(answer=run.final_answer), solved=run.solved, environment=run.environment, source=Source(),
        tokenizer="", seed=0, budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip


def replays(run: Trajectory) -> str:
    """"" where the agent's last query, run on the SQLite file, gives what the log shows; else the cause."""
    asked = [s for s in run.steps if s.arguments.get("sql") and not s.failed]
    if not asked:
        return "no query succeeded"
    try:
        table = shared_cage("source").query(Path(run.environment.database), "sqlite", asked[-1].arguments["sql"], timeout=5)
    except SqlError:
        return "the query is MySQL's"
    logged = read_answer(asked[-1].observation, "sqlite")
    if logged.shape is None:
        return "the log holds no rows"
    found = judge_table(logged, table, rounded=True)
    if found.outcome == "accept":
        return ""
    if found.reason == "wrong_rows" and table.rows and len(logged.shape[1]) < len(table.rows) and len(logged.shape[1]) % 5 == 0:
        return "the log is cut"
    return "MySQL gives other values" if found.reason == "wrong_values" else f"other rows: {found.reason}"


def test_intercode_runs_become_examples_and_verdicts_agree_with_rewards(shared_trajectories):
    compiled: Counter = Counter()
    verdicts: Counter = Counter()
    strange = []
    for name, run, solved, last_reward in intercode_runs(shared_trajectories):
        why_not = replays(run) if solved else "unsolved"
        try:
            collected = collect(run, Compile(), Side())
        except RowError as e:
            compiled[why_not == "", e.reason] += 1
            assert e.reason in ("gold_sql_empty", "gold_nondeterministic"), (run.task_id, e)
            continue
        compiled[why_not == "", "example"] += 1
        example = as_example(run, collected.ground_truth)
        assert verify(example, collected.ground_truth.text, Verify(), Side()).passed, (run.task_id, "the gold fails")
        found = verify(example, run.final_answer, Verify(), Side())
        cause = explain(run, example, found, solved, last_reward, why_not)
        verdicts["solved" if solved else "unsolved", found.outcome, found.reason if found.outcome != "accept" else "", cause] += 1
        if not cause:
            strange.append((name, run.task_id, found.reason, run.ground_truth.sql, run.final_answer[:200]))
    table = "\n".join(f"{n:5}  {' | '.join(key)}" for key, n in sorted(verdicts.items()))
    print(f"\n{table}\n{dict(compiled)}")
    assert not strange, strange
    total = sum(n for (replayed, _), n in compiled.items() if replayed)
    assert total > 500 and compiled[True, "example"] / total >= 0.95, dict(compiled)
    accepted = sum(n for key, n in verdicts.items() if key[:2] == ("solved", "accept"))
    assert accepted / total >= 0.95, table


def explain(run, example, found, solved, last_reward, why_not) -> str:
    """Why verdict and reward differ; "agrees" where they do not, "" where nothing explains it."""
    if found.passed == solved:
        return "agrees"
    if solved:
        if found.reason == "tie_ambiguous":
            return "a limit cuts equal rows"
        if last_reward < 1:
            return "the reward was for an earlier query"
        return why_not
    read = read_answer(run.final_answer, "sqlite")
    gold = ResultTable.from_json(example.ground_truth.result)
    in_place = judge_table(read._replace(shape=(list(gold.columns), read.shape[1])), gold, rounded=True)
    return "" if in_place.outcome == "accept" else "columns in another order"
