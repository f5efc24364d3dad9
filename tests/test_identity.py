"""What decides a row is in its key: a build after a change gives what a fresh build gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from lines import build, canonical, recipe_for, rejections, rows, write_world

from factory import identity, storage
from factory.errors import FactoryError, StorageError
from factory.recipe import Recipe


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    for domain in ("search", "swe", "sql"):
        write_world(domain, 8, folder)
    return folder


def replayed(world: Path, replies: Path) -> Recipe:
    recipe = recipe_for(world / "search")
    return recipe.model_copy(update={"teacher": recipe.teacher.model_copy(update={"kind": "replay", "replies": str(replies)})})


def test_changed_replies_are_read(world: Path, tmp_path: Path) -> None:
    build(tmp_path / "first", recipe_for(world / "search"))
    replies = tmp_path / "replies.jsonl"
    for reasoning in ("First.", "Second.", "Half of a pair: \\ud800."):
        lines = [
            f'{{"example_id": "{row["example_id"]}", "reasoning": "{reasoning}", "answer": {json.dumps(row["ground_truth_answer"])}}}\n'
            for row in rows(tmp_path / "first")
        ]
        replies.write_text("".join(lines))
        build(tmp_path / "out", replayed(world, replies))
        assert rows(tmp_path / "out")
        assert all(reasoning[:5] in row["messages"][1]["content"] for row in rows(tmp_path / "out"))


def test_what_a_reply_holds_is_cleaned_before_it_stands_in_a_row(world: Path, tmp_path: Path) -> None:
    build(tmp_path / "first", recipe_for(world / "search"))
    replies = tmp_path / "replies.jsonl"
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    reply = f"I see <|im_end|> and </think> and {key} here."
    lines = [
        json.dumps({"example_id": row["example_id"], "reasoning": reply, "answer": row["ground_truth_answer"]}) for row in rows(tmp_path / "first")
    ]
    replies.write_text("\n".join(lines))
    build(tmp_path / "out", replayed(world, replies))
    for row in rows(tmp_path / "out"):
        said = row["messages"][1]["content"]
        assert "I see" in said and key not in said and "<|im_end|>" not in said and said.count("</think>") == 1


def test_a_commit_that_comes_later_is_found(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path / "world")
    bundles = sorted((tmp_path / "world").rglob("*.bundle"))
    recipe = recipe_for(tmp_path / "world/swe", verify={"swe_tests": "never"})
    wanted = [bundle.read_bytes() for bundle in bundles]
    for bundle, other in zip(bundles, [*wanted[1:], wanted[0]]):
        bundle.write_bytes(other)
    build(tmp_path / "out", recipe)
    assert "side_input_missing" in {row["reason"] for row in rejections(tmp_path / "out")}
    for bundle, data in zip(bundles, wanted):
        bundle.write_bytes(data)
    build(tmp_path / "out", recipe)
    build(tmp_path / "fresh", recipe)
    assert canonical(tmp_path / "out") == canonical(tmp_path / "fresh")


def test_a_database_that_could_not_be_fetched_is_fetched_by_the_next_run(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(uri: str, cache: Path) -> Path:
        raise StorageError(f"`{uri}`: the connection broke")

    recipe = recipe_for(world / "sql")
    with monkeypatch.context() as patch:
        patch.setattr(storage, "local_copy", broken)
        build(tmp_path / "out", recipe)
    assert not rows(tmp_path / "out")
    build(tmp_path / "out", recipe)
    build(tmp_path / "fresh", recipe)
    assert canonical(tmp_path / "out") == canonical(tmp_path / "fresh")


@pytest.mark.parametrize("name", ["d" * 5_000 + ".sqlite", "a/" * 600 + "b.sqlite", "nul\0.sqlite"])
def test_a_run_with_an_impossible_name_leaves_the_others_alone(world: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(world / "sql", tmp_path / "sql")
    path = tmp_path / "sql/runs-00000.jsonl"
    first, *others = path.read_bytes().splitlines()
    run: dict[str, Any] = json.loads(first)
    run["environment"]["database"] = name
    path.write_bytes(b"\n".join([json.dumps(run).encode(), *others]))
    build(tmp_path / "out", recipe_for(tmp_path / "sql"))
    assert run["task_id"] in {row["task_id"] for row in rejections(tmp_path / "out") if row["reason"] == "side_input_missing"}
    assert rows(tmp_path / "out")


def test_rows_of_runs_that_differ_in_their_task_only_have_ids_of_their_own(world: Path, tmp_path: Path) -> None:
    lines = (world / "search/runs-00000.jsonl").read_bytes().splitlines()
    again = [json.dumps(json.loads(line) | {"task_id": f"again-{number}"}).encode() for number, line in enumerate(lines)]
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join([*lines, *again]))
    build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl", packing={"target": "fixed", "target_tokens": 1}))
    found = rows(tmp_path / "out")
    assert len({row["id"] for row in found}) == len(found)
    assert len({(row["example_id"], row["trace_unit"]) for row in found}) < len(found)


def test_a_cage_that_comes_or_goes_concerns_patches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def units(cage: bool, **verify: str) -> dict[str, str]:
        monkeypatch.setattr(identity, "has_cage", lambda: cage)
        scope = identity.verify_scope(recipe_for(verify=verify))
        return {domain: identity.verify_unit(scope, "example", domain, ["trace"]) for domain in ("search", "swe", "sql")}

    with_cage, without = units(True), units(False)
    assert [domain for domain in with_cage if with_cage[domain] != without[domain]] == ["swe"]
    assert units(True, swe_tests="never") == units(False, swe_tests="never")


def test_a_worker_without_the_cage_of_the_driver_stops_the_run(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.stages import verify

    cage = identity.has_cage()
    monkeypatch.setattr(verify, "has_cage", lambda: not cage)
    with pytest.raises(FactoryError, match="bubblewrap"):
        build(tmp_path, recipe_for(world / "swe"))


def test_a_pool_that_is_published_anew_while_it_is_read_stops_the_run(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.stages import mined

    build(tmp_path / "pool", recipe_for(world / "search"))
    real = mined.load

    def late(root: str, domain: Any) -> Any:
        build(tmp_path / "pool", recipe_for(world / "search", packing={"seed": 1}))
        return real(root, domain)

    monkeypatch.setattr(mined, "load", late)
    with pytest.raises(FactoryError, match="published anew"):
        build(tmp_path / "out", recipe_for(world / "search", packing={"pool": str(tmp_path / "pool"), "mined_pieces": 2}))
