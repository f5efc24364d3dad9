"""What a version holds when parts are cut, written again and collected as garbage."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from lines import INLINE, build, canonical, recipe_for, rows, write_world

from factory import history, parts, publish, storage
from factory.errors import FactoryError
from factory.recipe import Recipe


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world("search", 12, tmp_path_factory.mktemp("world"))


def replayed(recipe: Recipe, replies: Path, attempts: int) -> Recipe:
    teacher = recipe.teacher.model_copy(update={"kind": "replay", "replies": str(replies), "max_attempts": attempts})
    verify = recipe.verify.model_copy(update={"keep": "all"})
    return recipe.model_copy(update={"teacher": teacher, "verify": verify})


def write_replies(path: Path, dataset: Path, attempts: int) -> None:
    """Several right replies to every example of a dataset."""
    replies = [
        {"example_id": row["example_id"], "attempt": attempt, "reasoning": f"Way {attempt}.", "answer": row["ground_truth_answer"]}
        for row in rows(dataset)
        for attempt in range(attempts)
    ]
    path.write_text("".join(json.dumps(reply) + "\n" for reply in replies))


def test_all_rows_of_an_example_are_published_however_small_the_parts_are(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_for(world)
    build(tmp_path / "first", recipe)
    write_replies(tmp_path / "replies.jsonl", tmp_path / "first", 3)
    monkeypatch.setattr(parts, "ROW_GROUP_BYTES", 1)
    placement = INLINE.model_copy(update={"part_bytes": 1})
    version = build(tmp_path / "out", replayed(recipe, tmp_path / "replies.jsonl", 3), placement).version
    wanted = 3 * len(rows(tmp_path / "first"))
    assert len(rows(tmp_path / "out")) == version.summary["domains"]["search"]["rows"] == wanted
    assert len(version.files) > 2


def test_rows_that_are_written_again_stay_in_small_row_groups(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, recipe_for(world), INLINE.model_copy(update={"part_bytes": 1 << 27, "shard_bytes": 1 << 27}))
    (file,) = publish.current(str(tmp_path)).files  # type: ignore[union-attr]
    units = [row["unit"] for row in rows(tmp_path)]
    part = publish.PartRecord(kind="rows", path=file.path, rows=file.rows, bytes=file.bytes, units=tuple(units))
    monkeypatch.setattr(parts, "ROW_GROUP_BYTES", 20_000)
    schema = parts.pq.read_schema(tmp_path / file.path)
    written = publish.live_files(str(tmp_path), "data/search", schema, dict.fromkeys(units, part), units[1:], "unit", "search", 1 << 30)
    metadata = parts.pq.read_metadata(tmp_path / written[0].path)
    assert metadata.num_row_groups > 1 and sum(one.rows for one in written) == len(units) - 1


def test_a_part_of_which_some_rows_left_is_written_again_once(tmp_path: Path) -> None:
    world = write_world("search", 12, tmp_path / "world")
    first = build(tmp_path / "out", recipe_for(world), INLINE.model_copy(update={"part_bytes": 1 << 27, "shard_bytes": 1 << 27})).version
    lines = (world / "runs-00000.jsonl").read_bytes().splitlines(keepends=True)
    leaving = next(line for line in lines if json.loads(line)["task_id"] == rows(tmp_path / "out")[0]["task_id"])
    (world / "runs-00000.jsonl").write_bytes(b"".join(line for line in lines if line != leaving))
    second = build(tmp_path / "out", recipe_for(world)).version
    assert {file.path for file in first.files}.isdisjoint(file.path for file in second.files)
    for file in first.files:  # if it were read again, it would be missed
        (tmp_path / "out" / file.path).unlink()
    (world / "runs-00001.jsonl").write_bytes(leaving)
    third = build(tmp_path / "out", recipe_for(world)).version
    assert set(second.files) < set(third.files)
    build(tmp_path / "fresh", recipe_for(world))
    assert canonical(tmp_path / "out") == canonical(tmp_path / "fresh")
    assert third.summary["tokens"] == publish.current(str(tmp_path / "fresh")).summary["tokens"]  # type: ignore[union-attr]


def test_a_version_cannot_be_left_without_files(world: Path, tmp_path: Path) -> None:
    build(tmp_path, recipe_for(world))
    with pytest.raises(FactoryError, match="always kept"):
        history.garbage(str(tmp_path), keep=0, now=4e9)


def test_versions_before_the_kept_ones_are_gone_and_the_others_can_be_read(world: Path, tmp_path: Path) -> None:
    for seed in (0, 1, 2):
        build(tmp_path, recipe_for(world, packing={"seed": seed}))
    wanted = canonical(tmp_path)
    for info in history.garbage(str(tmp_path), keep=2, now=4e9):
        storage.delete(info.uri)
    assert [version.version for version in history.versions(str(tmp_path))] == [3, 2]
    assert canonical(tmp_path) == wanted
    assert history.garbage(str(tmp_path), keep=2, now=4e9) == []


def test_another_spelling_of_a_dataset_does_not_make_its_files_garbage(world: Path, tmp_path: Path) -> None:
    build(tmp_path, recipe_for(world))
    with pytest.raises(FactoryError, match="does not lie under"):
        history.garbage(f"file://{tmp_path}", now=4e9)


def test_published_files_may_be_read_by_others(world: Path, tmp_path: Path) -> None:
    version = build(tmp_path, recipe_for(world)).version
    for file in (*version.files, *version.rejections):
        assert (tmp_path / file.path).stat().st_mode & stat.S_IROTH


def test_what_killed_writers_left_is_garbage_and_no_input_waits_for_a_pipe(world: Path, tmp_path: Path) -> None:
    build(tmp_path / "out", recipe_for(world))
    left = tmp_path / "out" / "parts" / "examples" / ".part-killed"
    left.write_bytes(b"PAR1")
    assert [info.uri for info in history.garbage(str(tmp_path / "out"), now=4e9)] == [str(left)]
    assert history.garbage(str(tmp_path / "out")) == []
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    assert [info.uri for info in storage.find(str(tmp_path)) if info.uri.endswith(".jsonl")] == []
    assert storage.stat(str(tmp_path / "pipe.jsonl")) is None
