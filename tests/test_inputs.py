"""Which objects of an input are read as runs, and which of those may be cut into shards."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from lines import INLINE, build, recipe_for, rejections, rows

from factory import run, worlds
from factory.recipe import GoldTable, Input, Recipe


@pytest.fixture
def lines(tmp_path: Path) -> list[bytes]:
    written = worlds.write("search", 12, 3, tmp_path / "world")
    return (Path(written.folder) / written.files[0]).read_bytes().splitlines()


def test_an_array_of_runs_under_a_name_for_lines_is_not_cut_into_shards(tmp_path: Path, lines: list[bytes]) -> None:
    for name, data in {"array": b"[" + b",".join(lines) + b"]", "lines": b"\n".join(lines)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "runs.jsonl").write_bytes(data)
        build(tmp_path / f"{name}-out", recipe_for(tmp_path / name), INLINE.model_copy(update={"shard_bytes": len(data) // 5}))
    array, lined = tmp_path / "array-out", tmp_path / "lines-out"
    assert {row["task_id"] for row in rows(array)} == {row["task_id"] for row in rows(lined)} != set()
    assert sorted(row["reason"] for row in rejections(array)) == sorted(row["reason"] for row in rejections(lined))


def test_lines_are_cut_into_shards_whatever_their_object_is_called(tmp_path: Path, lines: list[bytes]) -> None:
    (tmp_path / "runs.json").write_bytes(b"\n".join(lines))
    recipe = recipe_for(tmp_path / "runs.json")
    tasks = run.shards(run.listing(recipe, [{}]).objects, 10_000, recipe.inputs)
    assert len(tasks) > 2


def test_a_session_log_is_one_shard_when_its_format_reads_whole_files(tmp_path: Path, lines: list[bytes]) -> None:
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join(lines))
    recipe = Recipe(inputs=(Input(uri=str(tmp_path / "runs.jsonl"), format="claude_code"),))
    tasks = run.shards(run.listing(recipe, [{}]).objects, 10_000, recipe.inputs)
    assert [(shard.start, shard.end) for task in tasks for shard in task] == [(0, 0)]


def test_gold_tables_and_success_reports_that_lie_among_the_runs_are_not_read_as_runs(tmp_path: Path) -> None:
    for name in ("run.json", "gold.jsonl", "golds/a.jsonl", "one/report.json", "one/run.json", "report.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(orjson.dumps({"name": name}))

    def read(**settings: object) -> list[str]:
        recipe = Recipe(inputs=(Input(uri=str(tmp_path), **settings),))  # type: ignore[arg-type]
        return [info.uri.removeprefix(f"{tmp_path}/") for _, info in run.listing(recipe, [{}]).objects]

    assert read(gold=GoldTable(uri=f"{tmp_path}/gold.jsonl"), report="{folder}/report.json") == ["golds/a.jsonl", "one/run.json", "run.json"]
    assert "report.json" in read(report=f"{tmp_path}/one/report.json", gold=GoldTable(uri=f"{tmp_path}/golds"))
    assert "one/report.json" not in read(report=f"{tmp_path}/one/report.json")
    assert "golds/a.jsonl" not in read(gold=GoldTable(uri=f"{tmp_path}/golds"))
    assert "run.json" in read(report="{folder}/{task_id}.json")
