"""Two runs at once over one dataset: nothing is lost, nothing is there twice, no version is broken."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from killed import FORKS
from lines import build, canonical, recipe_for, write_world
from object_stores import new_bucket

from factory import history, storage
from factory.recipe import Placement, Recipe

pytestmark = pytest.mark.crash

TURNS = {"disk": 20, "s3_server": 20, "ceph_server": 4}

SMALL = Placement(runner="inline", shard_bytes=1 << 17, part_bytes=1 << 18)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """Runs that are there, and runs that arrive while the first writer is at work."""
    folder = write_world("search", 8, tmp_path_factory.mktemp("world"))
    lines = (folder / "runs-00000.jsonl").read_bytes().splitlines(keepends=True)
    return b"".join(lines[:5]), b"".join(lines[5:])


@pytest.fixture(params=["disk", pytest.param("s3_server", marks=pytest.mark.s3), pytest.param("ceph_server", marks=pytest.mark.s3)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int]:
    """Where the datasets lie, and how often two writers meet there."""
    if request.param == "disk":
        return str(tmp_path), TURNS["disk"]
    request.getfixturevalue(request.param)
    return new_bucket(), TURNS[request.param]


def write_in_turns(turns: list[tuple[str, Recipe, float, str, bytes]], gate: Any, environment: dict[str, str]) -> None:
    """In every turn, after a while: more arrives, or does not, and this writer builds."""
    os.environ.update(environment)  # that of the fork server may be older than the object store
    for root, recipe, seconds, arriving, content in turns:
        gate.wait()
        time.sleep(seconds)
        if content:
            storage.put(arriving, content)
        build(root, recipe, SMALL)
        gate.wait()


def test_two_writers_at_once_again_and_again(halves: tuple[bytes, bytes], place: tuple[str, int]) -> None:
    there, more = halves
    folder, num_turns = place
    waits = random.Random(3)
    gate = FORKS.Barrier(3, timeout=120)
    turns: tuple[list[Any], list[Any]] = ([], [])
    for turn in range(num_turns):
        world = f"{folder}/world-{turn}"
        storage.put(f"{world}/runs-00000.jsonl", there)
        for writer, content in enumerate((b"", more)):
            turns[writer].append((f"{folder}/out-{turn}", recipe_for(world), waits.uniform(0, 0.3), f"{world}/runs-00001.jsonl", content))
    writers = [FORKS.Process(target=write_in_turns, args=(own, gate, dict(os.environ))) for own in turns]
    for writer in writers:
        writer.start()
    try:
        for root, recipe, *_ in turns[0]:
            gate.wait()
            gate.wait()
            check(root, recipe)
    finally:
        for writer in writers:
            writer.kill()
            writer.join()


def check(root: str, recipe: Recipe) -> None:
    build(f"{root}-alone", recipe, SMALL)
    assert canonical(root) == canonical(f"{root}-alone")
    known = history.versions(root)
    assert [version.version for version in known] == list(range(len(known), 0, -1))
    assert json.loads(storage.read(f"{root}/CURRENT"))["version"] == len(known)
    for version in known:
        assert all(storage.stat(f"{root}/{file.path}") for file in (*version.files, *version.rejections))
