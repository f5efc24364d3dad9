"""The compile stage takes runs through its line by the batch: what beside a run stands in one changes nothing about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lines import recipe_for, write_world

from factory import identity, parts, run
from factory.ledger import Commit
from factory.stages import compile as stage
from factory.stages.compile import Compile, Shard


def compiled(folder: Path, out: Path, known: frozenset[str] = frozenset()) -> Commit:
    """All objects of the folder as one task."""
    recipe = recipe_for(folder)
    scopes = tuple(identity.compile_scope(recipe.compile, source) for source in recipe.inputs)
    objects = run.listing(recipe, list(scopes)).objects
    shards = tuple(Shard(info.uri, info.etag, info.size, 0, 0, source) for source, info in objects)
    return Compile(str(out), recipe, scopes, known, 1 << 24)(shards)


def written(commit: Commit, out: Path) -> list[str]:
    rows = [row for part in commit.parts for row in parts.read_rows(str(out), part.path)]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


@pytest.mark.parametrize("domain", ["search", "sql"])
def test_batches_of_any_size_give_the_same_rows(domain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_world(domain, 40, tmp_path / "world")
    whole = compiled(folder, tmp_path / "whole")
    for name, limit in (("BATCH_RECORDS", 1), ("BATCH_RECORDS", 7), ("BATCH_BYTES", 20_000)):
        with monkeypatch.context() as patched:
            patched.setattr(stage, name, limit)
            again = compiled(folder, tmp_path / f"{name}-{limit}")
        assert again.objects == whole.objects
        assert written(again, tmp_path / f"{name}-{limit}") == written(whole, tmp_path / "whole")


def test_twins_of_one_batch_are_written_once(tmp_path: Path) -> None:
    folder = write_world("sql", 3, tmp_path / "world")
    (file,) = folder.glob("*.jsonl")
    first = json.loads(file.read_bytes().splitlines()[0])
    lost = first | {"environment": {"database": "databases/lost.sqlite", "dialect": "sqlite"}}
    lines = [json.dumps(first), "{", json.dumps(lost), json.dumps(first), json.dumps(lost), "{"]
    file.write_text("\n".join(lines) + "\n")
    commit = compiled(folder, tmp_path / "out")
    (read,) = commit.objects
    reasons = [row.reason for row in read.rows]
    assert reasons[1:3] == ["bad_json", "side_input_missing"]
    assert reasons[3:] == [reasons[0], reasons[2], reasons[1]]
    assert [row.unit for row in read.rows[3:]] == [read.rows[place].unit for place in (0, 2, 1)]
    assert len({row.position for row in read.rows}) == len(lines)
    assert sorted(unit for part in commit.parts for unit in part.units) == sorted({row.unit for row in read.rows})
    again = compiled(folder, tmp_path / "again", frozenset(row.unit for row in read.rows))
    assert again.parts == () and [row.unit for row in again.objects[0].rows] == [row.unit for row in read.rows]


def test_an_object_names_the_side_inputs_of_its_own_rows(tmp_path: Path) -> None:
    folder = write_world("sql", 30, tmp_path / "world")
    (file,) = folder.glob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    file.unlink()
    for number, line in enumerate(lines):
        (folder / f"run-{number:02d}.jsonl").write_bytes(line)
    (folder / json.loads(lines[0])["environment"]["database"]).unlink()
    commit = compiled(folder, tmp_path / "out")
    assert len(commit.objects) == len(lines)
    for line, read in zip(lines, commit.objects, strict=True):
        name = json.loads(line)["environment"]["database"]
        etags = {uri.removeprefix(f"{folder}/"): etag for uri, etag in read.sides.items()}
        assert etags.keys() == {name} and bool(etags[name]) == (folder / name).exists()
