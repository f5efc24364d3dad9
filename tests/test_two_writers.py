"""Two runs at once over one dataset: nothing is lost, nothing is there twice, no version is broken."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from killed import FORKS
from lines import build, canonical, recipe_for, write_world

from factory import history, storage
from factory.recipe import Placement, Recipe

pytestmark = pytest.mark.crash

TURNS = 20

SMALL = Placement(runner="inline", shard_bytes=1 << 17, part_bytes=1 << 18)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A world's folder, and the runs that arrive while the first writer is at work."""
    folder = write_world("search", 14, tmp_path_factory.mktemp("world"))
    path = folder / "runs-00000.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:10]))
    return folder, b"".join(lines[10:])


def write_in_turns(turns: list[tuple[str, Recipe, float, str, bytes]], gate: Any) -> None:
    """In every turn, after a while: more arrives, or does not, and this writer builds."""
    for root, recipe, seconds, arriving, content in turns:
        gate.wait()
        time.sleep(seconds)
        if content:
            storage.put(arriving, content)
        build(root, recipe, SMALL)
        gate.wait()


def test_twenty_times_two_writers(halves: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, more = halves
    waits = random.Random(3)
    gate = FORKS.Barrier(3, timeout=120)
    turns: tuple[list[Any], list[Any]] = ([], [])
    for turn in range(TURNS):
        world = tmp_path / f"world-{turn}"
        shutil.copytree(folder, world)
        for writer, content in enumerate((b"", more)):
            turns[writer].append((str(tmp_path / f"out-{turn}"), recipe_for(world), waits.uniform(0, 0.3), str(world / "runs-00001.jsonl"), content))
    writers = [FORKS.Process(target=write_in_turns, args=(own, gate)) for own in turns]
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
    assert json.loads(Path(root, "CURRENT").read_bytes())["version"] == len(known)
    for version in known:
        assert all(Path(root, file.path).exists() for file in (*version.files, *version.rejections))
