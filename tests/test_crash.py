"""The crash certificate: a run killed at any durable step, then run again, publishes what an unkilled run publishes."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from itertools import product
from pathlib import Path

import pytest
from crash_steps import BUILD, COLLECT, PACK, recorded, table
from killed import build_and_die, build_and_die_after, collect_garbage, collect_garbage_and_die, die_at_step, run_killed
from lines import build, canonical, recipe_for, rows, write_world

from factory import ledger
from factory.recipe import Placement

pytestmark = [pytest.mark.crash, pytest.mark.timeout(1_200)]

SMALL = Placement(runner="inline", shard_bytes=1 << 19, part_bytes=1 << 18)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world("search", 14, folder)
    write_world("sql", 14, folder)
    return folder


@pytest.fixture(scope="module")
def recording(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """What a run that is never killed publishes, and its durable steps by kind, in order."""
    root = tmp_path_factory.mktemp("unkilled")
    with recorded() as steps:
        build(root, recipe_for(world / "search", world / "sql"), SMALL)
    return canonical(root), steps


@pytest.fixture(scope="module")
def unkilled(recording: tuple[str, list[str]]) -> str:
    return recording[0]


def test_killed_before_and_after_every_durable_step(world: Path, recording: tuple[str, list[str]], tmp_path: Path) -> None:
    recipe = recipe_for(world / "search", world / "sql")
    unkilled, steps = recording
    assert steps and set(steps) == set(BUILD)
    for after in (False, True):
        killed = []
        for at in range(1, 1_000):
            root = tmp_path / f"{at}-{after}"
            if not run_killed(build_and_die, str(root), recipe, at, after, SMALL):
                break
            killed.append(steps[at - 1])
            build(root, recipe, SMALL)
            assert canonical(root) == unkilled, f"killed {'after' if after else 'before'} step {at}, {steps[at - 1]}"
            ids = [row["id"] for row in rows(root)]
            assert len(ids) == len(set(ids))
            shutil.rmtree(root)
        assert killed == steps


def test_killed_again_and_again_it_still_ends(world: Path, unkilled: str, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search", world / "sql")
    for _ in range(30):  # a task takes up to five steps; its commit is the last of them
        if not run_killed(build_and_die, str(tmp_path), recipe, 6, True, SMALL):
            break
    else:
        raise AssertionError("no progress: every run dies at its sixth step")
    assert canonical(tmp_path) == unkilled


def test_killed_at_ten_random_moments(world: Path, unkilled: str, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search", world / "sql")
    moments = random.Random(7)
    for turn in range(10):
        run_killed(build_and_die_after, str(tmp_path / str(turn)), recipe, moments.uniform(0.05, 2.0), SMALL)
        build(tmp_path / str(turn), recipe, SMALL)
        assert canonical(tmp_path / str(turn)) == unkilled


def change(folder: Path) -> None:
    """A changed run, a removed run and changed databases."""
    path = folder / "search" / "runs-00000.jsonl"
    first, _, *others = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([json.dumps(json.loads(first) | {"task_id": "changed"}).encode(), *others]) + b"\n")
    for database in (folder / "sql" / "databases").iterdir():
        connection = sqlite3.connect(database)
        connection.execute("create table added (x integer)")
        connection.commit()
        connection.close()


def test_killed_in_an_increment_nothing_stale_is_left(world: Path, tmp_path: Path) -> None:
    folder, before = tmp_path / "world", tmp_path / "before"
    shutil.copytree(world, folder)
    recipe = recipe_for(folder / "search", folder / "sql")
    build(before, recipe, SMALL)
    change(folder)
    build(tmp_path / "fresh", recipe, SMALL)
    wanted = canonical(tmp_path / "fresh")
    for at in range(1, 1_000, 2):
        root = tmp_path / f"at-{at}"
        shutil.copytree(before, root)
        if not run_killed(build_and_die, str(root), recipe, at, bool(at % 4 == 1), SMALL):
            break
        build(root, recipe, SMALL)
        assert canonical(root) == wanted, f"killed at step {at}"
        shutil.rmtree(root)
    else:
        raise AssertionError("the increment never ended")


def pack_all(root: str) -> None:
    for stage in ledger.STAGES:
        ledger.pack(root, stage, most=1)


def pack_and_die(root: str, at: int, after: bool) -> None:
    die_at_step(at, after)
    pack_all(root)


def test_killed_while_commit_records_are_packed(world: Path, unkilled: str, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search", world / "sql")
    build(tmp_path / "whole", recipe, SMALL)
    shutil.copytree(tmp_path / "whole", tmp_path / "packed")
    with recorded() as steps:
        pack_all(str(tmp_path / "packed"))
    assert set(steps) == set(PACK)
    killed = set()
    for at, after in product(range(1, 7), (False, True)):
        root = tmp_path / f"{at}-{after}"
        shutil.copytree(tmp_path / "whole", root)
        assert run_killed(pack_and_die, str(root), at, after)
        killed.add((steps[at - 1], after))
        build(root, recipe, SMALL)
        assert canonical(root) == unkilled
        pack_all(str(root))
        build(root, recipe_for(world / "search"), SMALL)
        result = build(root, recipe, SMALL)
        assert canonical(root) == unkilled and set(result.did.values()) == {0}
    assert killed == set(product(PACK, (False, True)))


def test_killed_while_garbage_is_collected(world: Path, unkilled: str, tmp_path: Path) -> None:
    recipe = recipe_for(world / "search", world / "sql")
    run_killed(build_and_die, str(tmp_path / "left"), recipe, 6, True, SMALL)
    shutil.copytree(tmp_path / "left", tmp_path / "collected")
    with recorded() as steps:
        collect_garbage(str(tmp_path / "collected"))
    assert set(steps) == set(COLLECT)
    for at, after in product(range(1, len(steps) + 1), (False, True)):
        root = tmp_path / f"{at}-{after}"
        shutil.copytree(tmp_path / "left", root)
        assert run_killed(collect_garbage_and_die, str(root), at, after)
        build(root, recipe, SMALL)
        collect_garbage(str(root))
        assert canonical(root) == unkilled


def test_the_readme_shows_the_steps_that_these_tests_kill_at() -> None:
    import test_crash_ray  # adds the points of a cluster

    assert test_crash_ray.POINTS and table() in (Path(__file__).parents[1] / "README.md").read_text("utf-8")
