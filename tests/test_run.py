"""The whole line on small worlds: what comes out, that it comes out once, and that only what changed is done."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from lines import INLINE, build, canonical, differences, expected, recipe_for, rejections, rows, write_world

from factory import history, plan, publish
from factory.errors import SettingsError
from factory.recipe import GoldTable, Placement, Recipe, Teacher, validate


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    for domain in ("search", "sql"):
        write_world(domain, 40, folder)
    return folder


@pytest.fixture(scope="module")
def dataset(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("dataset")
    build(root, recipe_for(world / "search", world / "sql"))
    return root


@pytest.fixture
def copied(world: Path, dataset: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the world and a dataset built from the copy, both free to change."""
    shutil.copytree(world, tmp_path / "world")
    build(tmp_path / "out", recipe_for(tmp_path / "world/search", tmp_path / "world/sql"))
    return tmp_path / "world", tmp_path / "out"


def both(folder: Path) -> list[dict]:
    return expected(folder, "search") + expected(folder, "sql")


def test_every_run_becomes_what_the_world_expects(world: Path, dataset: Path) -> None:
    assert differences(dataset, both(world)) == []


def test_counts_reconcile_with_the_input(world: Path, dataset: Path) -> None:
    version = publish.current(str(dataset))
    assert version
    for domain, counts in version.summary["domains"].items():
        lines = (world / domain / "runs-00000.jsonl").read_bytes().splitlines()
        assert counts["read"] == len(lines) == counts["accepted"] + sum(counts["rejected"].values())
    assert sum(file.rows for file in version.files) == len(rows(dataset))
    assert sum(file.rows for file in version.rejections) == len(rejections(dataset))


def test_every_span_slices_to_the_same_bytes_and_the_prompt_stays_in_budget(dataset: Path) -> None:
    for row in rows(dataset):
        user = row["messages"][0]["content"]
        assert row["prompt_tokens"] <= row["budget_tokens"]
        ends = [0]
        for piece in sorted(row["pieces"], key=lambda piece: piece["start"]):
            text = user[row["context_start"] + piece["start"] : row["context_start"] + piece["end"]]
            assert text and piece["start"] >= ends[-1]
            ends.append(piece["end"])


def test_a_version_can_be_read_with_pyarrow_alone(dataset: Path) -> None:
    pointer = json.loads((dataset / "CURRENT").read_text())
    version = json.loads((dataset / pointer["path"]).read_text())
    tables = [pq.read_table(dataset / file["path"]) for file in version["files"]]
    assert len({str(table.schema) for table in tables}) == 1
    assert sum(table.num_rows for table in tables) == len(rows(dataset))


def test_a_second_run_does_nothing(world: Path, dataset: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in dataset.rglob("*") if path.is_file()}
    result = build(dataset, recipe_for(world / "search", world / "sql"))
    assert result.did == {}
    assert before == {path: path.stat().st_mtime_ns for path in dataset.rglob("*") if path.is_file()}


def test_a_touched_file_is_read_again_and_nothing_is_made_again(copied: tuple[Path, Path]) -> None:
    world, root = copied
    before = canonical(root)
    os.utime(world / "search" / "runs-00000.jsonl", (1, 1))
    result = build(root, recipe_for(world / "search", world / "sql"))
    assert set(result.did.values()) == {0}
    assert canonical(root) == before


def test_distrusting_etags_reads_everything_and_makes_nothing_again(world: Path, dataset: Path) -> None:
    from factory import run

    before = canonical(dataset)
    recipe = recipe_for(world / "search", world / "sql")
    result = run.build(str(dataset), recipe, INLINE, lambda *_: None, reread=True)
    assert set(result.did.values()) == {0}
    assert canonical(dataset) == before


def test_only_changed_and_new_rows_are_made(copied: tuple[Path, Path], tmp_path: Path) -> None:
    world, root = copied
    path = world / "search" / "runs-00000.jsonl"
    lines = path.read_bytes().splitlines()
    run = json.loads(lines[3])
    run["task_id"] = "changed"
    lines[3] = json.dumps(run).encode()
    added = json.loads(lines[5]) | {"task_id": "added"}
    path.write_bytes(b"\n".join([json.dumps(added).encode(), *lines]) + b"\n")
    recipe = recipe_for(world / "search", world / "sql")
    assert plan.plan(str(root), recipe).objects == {"changed": 1, "unchanged": 1}
    result = build(root, recipe)
    assert result.did["compile"] == 2
    build(tmp_path / "fresh", recipe)
    assert canonical(root) == canonical(tmp_path / "fresh")


def test_rows_leave_with_their_object_and_stay_in_the_old_version(copied: tuple[Path, Path]) -> None:
    world, root = copied
    before = len(rows(root))
    num_search = sum(row["domain"] == "search" for row in rows(root))
    recipe = recipe_for(world / "sql")
    result = build(root, recipe)
    assert result.did == {"compile": 0, "trace": 0, "verify": 0}
    assert len(rows(root)) == before - num_search
    old, new = history.version(str(root), 1), history.version(str(root), 2)
    assert sum(file.rows for file in old.files) == before
    assert len(history.diff(str(root), old, new).removed) == num_search


def test_a_changed_database_makes_its_own_rows_again_and_no_others(copied: tuple[Path, Path], tmp_path: Path) -> None:
    world, root = copied
    runs = (world / "sql" / "runs-00000.jsonl").read_text().splitlines()
    database = min((world / "sql" / "databases").iterdir())
    users = [run for run in runs if json.loads(run).get("environment", {}).get("database", "").endswith("/" + database.name)]
    connection = sqlite3.connect(database)
    table = connection.execute("select name from sqlite_master where type = 'table' limit 1").fetchone()[0]
    connection.execute(f'create table "copy of {table}" as select * from "{table}" limit 1')
    connection.commit()
    connection.close()
    recipe = recipe_for(world / "search", world / "sql")
    assert plan.plan(str(root), recipe).objects == {"side_input_changed": 1, "unchanged": 1}
    result = build(root, recipe)
    assert 0 < result.did["compile"] <= len(users)
    build(tmp_path / "fresh", recipe)
    assert canonical(root) == canonical(tmp_path / "fresh")


def test_a_changed_setting_touches_only_what_reads_it(copied: tuple[Path, Path], tmp_path: Path) -> None:
    world, root = copied
    num_sql = sum(row["domain"] == "sql" for row in rows(root))
    recipe = recipe_for(world / "search", world / "sql", search={"gold": "cited"})
    found = plan.plan(str(root), recipe)
    assert set(found.fields) == {"compile.search"}
    result = build(root, recipe)
    assert 0 < result.did["compile"] <= 40
    assert sum(row["domain"] == "sql" for row in rows(root)) == num_sql
    build(tmp_path / "fresh", recipe)
    assert canonical(root) == canonical(tmp_path / "fresh")


def test_a_new_seed_shuffles_and_keeps_pairs(world: Path, dataset: Path, tmp_path: Path) -> None:
    build(tmp_path / "other", recipe_for(world / "search", packing={"seed": 1}))
    first = {row["pair_id"]: row for row in rows(dataset) if row["domain"] == "search"}
    second = {row["pair_id"]: row for row in rows(tmp_path / "other")}
    assert first.keys() == second.keys()
    orders = [[piece["name"] for piece in found[key]["pieces"]] for key in first for found in (first, second)]
    assert any(a != b for a, b in zip(orders[::2], orders[1::2]))


@pytest.mark.parametrize("shard_bytes", [1 << 16, 1 << 20, 1 << 30])
def test_the_cut_into_shards_changes_nothing(world: Path, dataset: Path, tmp_path: Path, shard_bytes: int) -> None:
    recipe = recipe_for(world / "search", world / "sql")
    build(tmp_path / "out", recipe, Placement(runner="inline", shard_bytes=shard_bytes, part_bytes=shard_bytes))
    assert canonical(tmp_path / "out") == canonical(dataset)


def test_the_order_of_lines_and_inputs_changes_no_row(world: Path, dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path / "world")
    path = tmp_path / "world" / "search" / "runs-00000.jsonl"
    path.write_bytes(b"\n".join(reversed(path.read_bytes().splitlines())) + b"\n")
    build(tmp_path / "out", recipe_for(tmp_path / "world/sql", tmp_path / "world/search"))
    first = [(row["id"], row["messages"]) for row in rows(dataset)]
    second = [(row["id"], row["messages"]) for row in rows(tmp_path / "out")]
    assert sorted(first, key=str) == sorted(second, key=str)


def test_an_input_that_holds_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="empty"):
        build(tmp_path / "out", recipe_for(tmp_path / "empty"))


@pytest.mark.ray
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_ray_publishes_the_same_rows_for_any_number_of_workers(world: Path, dataset: Path, tmp_path: Path, workers: int) -> None:
    import ray

    recipe = recipe_for(world / "search", world / "sql")
    try:
        placement = Placement(runner="ray", workers=workers, shard_bytes=1 << 18, part_bytes=1 << 20)
        build(tmp_path / "out", recipe, placement)
    finally:
        ray.shutdown()
    assert canonical(tmp_path / "out") == canonical(dataset)


def test_pieces_of_another_dataset_are_mined_and_none_holds_the_answer(world: Path, dataset: Path, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search", packing={"pool": str(dataset), "mined_pieces": 5})
    build(tmp_path / "mined", recipe)
    before = {row["pair_id"]: row for row in rows(dataset)}
    grown = 0
    for row in rows(tmp_path / "mined"):
        names = {piece["name"] for piece in row["pieces"]}
        own = {piece["name"] for piece in before[row["pair_id"]]["pieces"]}
        assert len(names - own) <= 5
        grown += bool(names - own)
        user = row["messages"][0]["content"]
        for piece in row["pieces"]:
            if piece["name"] not in own:
                text = user[row["context_start"] + piece["start"] : row["context_start"] + piece["end"]]
                assert piece["role"] == "tier2" and row["ground_truth_answer"] not in text
    assert grown > 5
    assert build(tmp_path / "mined", recipe).did == {}


def test_a_missing_gold_table_is_named_before_any_work(world: Path, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search")
    for missing in ({"uri": str(tmp_path / "absent.json")}, {"uri": str(world / "search"), "ids": str(tmp_path / "absent.json")}):
        source = recipe.inputs[0].model_copy(update={"gold": GoldTable(**missing)})
        with pytest.raises(SettingsError, match="absent.json"):
            build(tmp_path / "out", recipe.model_copy(update={"inputs": (source,)}))
    assert not (tmp_path / "out").exists()


def test_secrets_beside_the_context_enter_no_row(world: Path, tmp_path: Path) -> None:
    key = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    (tmp_path / "runs").mkdir()
    lines = (world / "search/runs-00000.jsonl").read_text().splitlines()
    runs = [json.loads(line) | {"task_id": f"task {key} {i}"} for i, line in enumerate(lines)]
    for run in runs:
        run["environment"] = {**run.get("environment", {}), "repository": f"me/{key}"}
    (tmp_path / "runs/runs-00000.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    shutil.copytree(world / "search", tmp_path / "runs", dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs-*"))
    build(tmp_path / "out", recipe_for(tmp_path / "runs"))
    made = rows(tmp_path / "out")
    assert made and all("[REDACTED:" in row["task_id"] and "[REDACTED:" in row["environment"] for row in made)
    assert key not in json.dumps(made, default=str) and key not in json.dumps(rejections(tmp_path / "out"), default=str)


def test_secrets_behind_json_escapes_and_in_field_names_enter_no_rejection(tmp_path: Path) -> None:
    key, password = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8", "q7ZxK2mW9pLr4TsV"
    said = f'it is:\n{key}\npassword = "{password}"\n'
    runs = [{"messages": [{"role": "user", "content": said}, {"role": "assistant", "content": "no"}]}, {key: 1}]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl"))
    found = rejections(tmp_path / "out")
    assert len(found) == 2 and not rows(tmp_path / "out")
    assert not any(secret in json.dumps(found, default=str) for secret in (key, key[:20], password))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_secrets_in_texts_inside_texts_enter_no_rejection(tmp_path: Path, depth: int) -> None:
    key, password = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8", "q7ZxK2mW9pLr4TsV"
    said = json.dumps({"password": password, "url": f"https://me:{password}@host.example/x"}).replace("/", "\\/")
    for _ in range(depth):
        said = json.dumps({"said": said, "key": "KEY"})
    hidden = "".join(f"\\u{ord(letter):04x}" for letter in key)
    (tmp_path / "runs.jsonl").write_text(json.dumps({"messages": [{"role": "user", "content": said}]}).replace("KEY", hidden) + "\n")
    build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl"))
    (found,) = rejections(tmp_path / "out")
    assert "host.example" in found["raw"] and password not in found["raw"]
    for _ in range(12):  # undo every escape
        found["raw"] = found["raw"].encode().decode("unicode_escape") if "\\" in found["raw"] else found["raw"]
    assert key not in found["raw"] and password not in found["raw"] and key[4:24] not in found["raw"]


def test_a_teacher_that_cannot_be_reached_is_named_before_any_work(world: Path, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search").model_copy(update={"teacher": Teacher(kind="openai", model="m")})
    with pytest.raises(SettingsError, match="endpoints"):
        build(tmp_path / "out", recipe)
    assert not (tmp_path / "out" / "parts").exists()


def test_the_records_of_the_readme_become_rows(tmp_path):
    lines = [line for line in (Path(__file__).parents[1] / "README.md").read_text("utf-8").splitlines() if line.startswith('{"task_id"')]
    (tmp_path / "runs.jsonl").write_text("\n".join(lines))
    with sqlite3.connect(tmp_path / "shop.sqlite") as shop:
        shop.execute("CREATE TABLE goods (name TEXT, price REAL)")
        shop.executemany("INSERT INTO goods VALUES (?, ?)", [("cup", 1), ("pot", 6), ("jug", 7)])
    shop.close()
    settings = {"inputs": [{"uri": str(tmp_path / "runs.jsonl")}], "compile": {"packing": {"min_context_tokens": 0}}}
    root = str(tmp_path / "out")
    build(root, validate(Recipe, settings, "readme"))
    assert len(lines) == 3 and sorted(row["domain"] for row in rows(root)) == ["search", "sql", "swe"]
