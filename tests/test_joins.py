"""Gold records, success reports, databases and repositories beside runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from factory import formats
from factory.containers import read_records
from factory.errors import RowError, SettingsError
from factory.inputs import located
from factory.joins import Join
from factory.recipe import GoldTable, Input, Recipe, validate
from factory.records import Environment, GroundTruth, Source, Trajectory
from factory.side import UNREAD, SideInputs

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n"


def run(folder: Path, domain: str = "sql", task_id: str = "t1", **more) -> Trajectory:
    source = Source(uri=str(folder / "runs.jsonl"))
    return Trajectory(domain=domain, task_id=task_id, question="How many?", steps=(), source=source, **more)


def join(settings: Input, trajectory: Trajectory) -> tuple[Trajectory, str]:
    return Join(settings, SideInputs())(trajectory)


@pytest.mark.parametrize("name", ["gold.json", "keyed.json", "gold.jsonl", "gold.csv"])
def test_a_gold_record_is_found_by_task_id_in_every_container(tmp_path, name):
    records = [{"id": "t0", "gold": "SELECT 0", "db": "x"}, {"id": "t1", "gold": "SELECT 1", "db": "coast"}]
    if name == "gold.csv":
        text = "id,gold,db\n" + "".join(f"{r['id']},{r['gold']},{r['db']}\n" for r in records)
    elif name == "keyed.json":
        text = json.dumps({record["id"]: record for record in records})
    else:
        text = json.dumps(records) if name == "gold.json" else "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / name).write_text(text)
    fields = {"sql": "gold", "database": "db"}
    settings = Input(uri="x", gold=GoldTable(uri=str(tmp_path / name), key="id", fields=fields), database=str(tmp_path / "{database}.sqlite"))
    joined, content = join(settings, run(tmp_path))
    assert joined.ground_truth.sql == "SELECT 1" and joined.environment == Environment(database=str(tmp_path / "coast.sqlite"), dialect="sqlite")
    missed, other = join(settings, run(tmp_path, task_id="t9"))
    assert missed.ground_truth == GroundTruth() and other != content


def test_ids_beside_the_table_give_the_task_of_each_record(tmp_path):
    (tmp_path / "gold.json").write_text(json.dumps([{"gold": "SELECT 0"}, {"gold": "SELECT 1"}]))
    (tmp_path / "ids.json").write_text("[5, 17]")
    table = GoldTable(uri=str(tmp_path / "gold.json"), ids=str(tmp_path / "ids.json"), fields={"sql": "gold"})
    assert join(Input(uri="x", gold=table), run(tmp_path, task_id="17"))[0].ground_truth.sql == "SELECT 1"
    (tmp_path / "ids.json").write_text("[5]")
    with pytest.raises(SettingsError, match="2 ids"):
        join(Input(uri="x", gold=table), run(tmp_path, task_id="17"))


def test_usual_field_names_need_no_mapping_and_answers_may_be_lists(tmp_path):
    gold = {"instance_id": "t1", "patch": PATCH, "FAIL_TO_PASS": "[\"a::b\"]", "PASS_TO_PASS": ["c"], "repo": "django/django", "base_commit": "ab", "problem_statement": "It breaks."}
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold) + "\n" + json.dumps({"instance_id": "t2", "answer": ["Voss", "E. Voss"]}))
    settings = Input(uri="x", gold=GoldTable(uri=str(tmp_path / "gold.jsonl")))
    joined, _ = join(settings, run(tmp_path, "swe"))
    assert joined.ground_truth == GroundTruth(text=PATCH, fail_to_pass=("a::b",), pass_to_pass=("c",))
    assert joined.question == "It breaks." and joined.environment.repository == "django/django"
    searched, _ = join(settings, run(tmp_path, "search", "t2"))
    assert searched.ground_truth == GroundTruth(text="Voss", aliases=("E. Voss",))


def test_a_run_without_a_known_id_finds_its_record_by_its_question(tmp_path):
    records = [{"question": "How  many?", "answer": "three"}, {"question": "Who?", "answer": "Ada"}, {"question": "Who?", "answer": "Brook"}]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    table = Input(uri="x", gold=GoldTable(uri=str(tmp_path / "gold.jsonl")))
    assert join(table, run(tmp_path, "search", "session-7"))[0].ground_truth.text == "three"
    assert join(table, run(tmp_path, "search", "").model_copy(update={"question": "Who?"}))[0].ground_truth.text == ""
    (tmp_path / "gold.jsonl").write_text(json.dumps({"qid": "t1", "question": "Other?", "answer": "four"}))
    assert join(table, run(tmp_path, "search"))[0].ground_truth.text == "four"


def test_a_changed_gold_table_is_read_again_and_a_missing_one_is_refused(tmp_path):
    path = tmp_path / "gold.json"
    side, settings = SideInputs(), Input(uri="x", gold=GoldTable(uri=str(path), fields={"sql": "gold"}))
    joined = Join(settings, side)
    with pytest.raises(RowError, match="side_input_missing"):
        joined(run(tmp_path))
    hashes = set()
    for number in range(2):
        path.write_text(json.dumps([{"instance_id": "t1", "gold": f"SELECT {number}"}]))
        side.begin()
        trajectory, content = joined(run(tmp_path))
        assert trajectory.ground_truth.sql == f"SELECT {number}"
        hashes.add(content)
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("report", "solved"),
    [({"resolved": True}, True), ({"t1": {"resolved": False}}, False), ({"resolved_ids": ["t1"], "unresolved_ids": []}, True),
     ({"resolved_ids": [], "unresolved_ids": ["t1"]}, False), ({"other": 1}, None), (None, None)],
)  # fmt: skip
def test_a_report_beside_the_run_says_whether_it_was_solved(tmp_path, report, solved):
    if report is not None:
        (tmp_path / "report.json").write_text(json.dumps(report))
    joined, _ = join(Input(uri="x", report="{folder}/report.json"), run(tmp_path, "swe", final_answer=PATCH))
    assert joined.solved is solved
    assert joined.ground_truth.text == (PATCH if solved else ""), "the patch of a run whose tests passed is the verified one"


def test_rows_name_side_inputs_inside_their_own_folder_only(tmp_path):
    (tmp_path / "repositories" / "mill").mkdir(parents=True)
    own = Environment(database="databases/coast.duckdb", repository="repositories/mill", pages="pages")
    joined, _ = join(Input(uri="x"), run(tmp_path, environment=own))
    assert joined.environment.database == str(tmp_path / "databases/coast.duckdb") and joined.environment.dialect == "duckdb"
    assert joined.environment.repository == str(tmp_path / "repositories/mill") and joined.environment.pages == str(tmp_path / "pages")
    named, _ = join(Input(uri="x"), run(tmp_path, environment=Environment(repository="django/django")))
    assert named.environment.repository == "django/django"
    for hostile in ("/etc/passwd", "../secret.sqlite", "s3://other/db.sqlite", "a/../../b.sqlite"):
        with pytest.raises(RowError, match="outside the run's own folder"):
            join(Input(uri="x"), run(tmp_path, environment=Environment(database=hostile)))
    for hostile in ("../x", "a/../../x", "/etc/passwd", ".hidden", "x" * 5 + "\n"):
        with pytest.raises(RowError, match="no plain name"):
            join(Input(uri="x", database="/data/{database}.sqlite"), run(tmp_path, environment=Environment(database=hostile)))


def test_a_recipe_read_again_looks_for_the_usual_keys(tmp_path):
    (tmp_path / "gold.jsonl").write_text('{"task_id": "t1", "answer": "1874"}\n')
    recipe = located(validate(Recipe, {"inputs": [{"uri": "x", "gold": {"uri": str(tmp_path / "gold.jsonl")}}]}, "r"))
    assert join(recipe.inputs[0], run(tmp_path, "search"))[0].ground_truth.text == "1874"


@pytest.mark.parametrize(
    ("content", "settings", "said"),
    [
        ('{"task_id": "t1", "answer": "1"}', {"fields": {"answer": "zzz"}}, "`gold.fields.answer` = `zzz`: no record"),
        ('{"task_id": "t1", "answer": "1"}', {"key": "qid"}, "`gold.key` = `qid`: no record"),
        ("[1, 2, 3]", {}, "holds no record"),
        ("", {}, "holds no record"),
    ],
)
def test_a_gold_table_that_can_match_nothing_stops_the_run(tmp_path, content, settings, said):
    (tmp_path / "gold.json").write_text(content)
    with pytest.raises(SettingsError, match=re.escape(said)):
        join(Input(uri="x", gold=GoldTable(uri=str(tmp_path / "gold.json"), **settings)), run(tmp_path))


def test_records_of_one_id_that_differ_are_no_gold_and_equal_ones_are(tmp_path):
    (tmp_path / "gold.jsonl").write_text('{"id": "t1", "answer": "1"}\n{"id": "t1", "answer": "2"}\n' + 2 * '{"id": "t2", "answer": "3"}\n')
    settings = Input(uri="x", gold=GoldTable(uri=str(tmp_path / "gold.jsonl")))
    with pytest.raises(RowError, match="they differ"):
        join(settings, run(tmp_path, "search"))
    assert join(settings, run(tmp_path, "search", "t2"))[0].ground_truth.text == "3"


def test_what_a_table_holds_for_no_run_is_said_with_ids_of_both(tmp_path):
    (tmp_path / "gold.jsonl").write_text('{"id": "q-7", "question": "Why?", "answer": "1"}\n')
    table = Join(Input(uri="x", gold=GoldTable(uri=str(tmp_path / "gold.jsonl"))), SideInputs())
    table(run(tmp_path, "search"))
    assert "1 records, none for `t1`" in table.miss and "`q-7`" in table.miss
    table(run(tmp_path, "search", "q-7"))
    assert not table.miss


def test_a_bare_name_of_a_database_is_the_file_beside_the_run(tmp_path):
    for name in ("shop.sqlite", "bank/bank.sqlite", "lab.duckdb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    places = {name: join(Input(uri="x"), run(tmp_path, environment=Environment(database=name)))[0].environment for name in ("shop", "bank", "lab", "none")}
    assert {name: place.database.removeprefix(f"{tmp_path}/") for name, place in places.items()} == {
        "shop": "shop.sqlite", "bank": "bank/bank.sqlite", "lab": "lab.duckdb", "none": "none"
    }  # fmt: skip
    assert places["lab"].dialect == "duckdb"


def test_a_side_input_that_may_not_be_read_is_tried_again(tmp_path, monkeypatch):
    (tmp_path / "gold.jsonl").write_text('{"id": "t1", "answer": "1"}\n')
    uri, side = str(tmp_path / "gold.jsonl"), SideInputs()

    def refused(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("factory.side._hash", refused)  # root may read everything
    with pytest.raises(RowError, match="Permission denied; the next run tries again"):
        Join(Input(uri="x", gold=GoldTable(uri=uri)), side)(run(tmp_path, "search"))
    assert side.found == {uri: UNREAD}


def test_an_unknown_field_of_ours_stops_the_run(tmp_path):
    with pytest.raises(SettingsError, match=r"gold\.fields\.golden"):
        Join(Input(uri="x", gold=GoldTable(uri="g.json", fields={"golden": "x"})), SideInputs())


def test_real_gold_tables_reach_their_runs(shared_trajectories):
    sql, swe = shared_trajectories / "sql" / "intercode", shared_trajectories / "swe"
    gold = GoldTable(uri=str(sql / "gold/ic_spider_dev.subset.json"), ids=str(sql / "gold/ic_spider_dev.task_ids.json"), fields={"sql": "gold", "question": "query", "database": "db"})
    joined = Join(Input(uri="x", gold=gold, database=str(sql / "databases/derived_sqlite/{database}.sqlite")), SideInputs())
    for name in ("multiturn_gpt-4.json", "react_gpt-3.5.json"):
        with open(sql / name, "rb") as stream:
            for record in read_records(name, stream):
                trajectory, _ = joined(formats.parse(record.value)[0])
                assert trajectory.ground_truth.sql and Path(trajectory.environment.database).is_file()
    joined = Join(Input(uri="x", gold=GoldTable(uri=str(swe / "gold")), report="{folder}/report.json"), SideInputs())
    found = []
    for path in sorted((swe / "mini-swe-agent").glob("[a-z]*/*.traj.json")):
        (record,) = read_records(str(path), path.read_bytes())
        trajectory, _ = joined(formats.parse(record.value)[0].model_copy(update={"source": Source(uri=str(path))}))
        assert trajectory.solved is not None and trajectory.ground_truth.text.startswith("diff --git"), path.name
        found.append(bool(trajectory.environment.base_commit))
    assert len(found) == 40


def test_a_relative_place_in_the_recipe_counts_from_where_the_command_runs(tmp_path, monkeypatch):
    (tmp_path / "databases").mkdir()
    (tmp_path / "databases" / "coast.sqlite").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    joined, _ = join(Input(uri="x", database="databases/{database}.sqlite"), run(tmp_path / "runs", environment=Environment(database="coast")))
    assert Path(joined.environment.database).read_bytes() == b"x"
