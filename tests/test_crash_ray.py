"""The crash certificate on a real Ray cluster: whatever dies, the next run publishes what an unkilled run publishes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from killed import FORKS, build_and_die_at, run_killed
from lines import INLINE, build, canonical, recipe_for, rows, write_world
from ray_nodes import children, cluster, kill_node

from factory import run
from factory.recipe import Placement, Recipe

pytestmark = [pytest.mark.crash, pytest.mark.ray]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    with cluster(2, cpus=2) as started:
        yield started


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world("search", 16, folder)
    write_world("sql", 16, folder)
    return folder


@pytest.fixture(scope="module")
def recipe(world: Path) -> Recipe:
    return recipe_for(world / "search", world / "sql")


@pytest.fixture(scope="module")
def unkilled(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("unkilled")
    build(root, recipe)
    return canonical(root)


def on(nodes: Any) -> Placement:
    return Placement(runner="ray", address=nodes.address, workers=2, shard_bytes=1 << 16, part_bytes=1 << 18, stuck_seconds=20)


def check(root: Path, unkilled: str) -> None:
    assert canonical(root) == unkilled
    ids = [row["id"] for row in rows(root)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("step", "where"), [("put_if_absent", "/ledger/compile/"), ("put_if_absent", "/ledger/verify/"), ("swap", "/CURRENT")]
)
def test_the_driver_dies(nodes: Any, recipe: Recipe, unkilled: str, tmp_path: Path, step: str, where: str) -> None:
    if "/compile/" not in where:  # what comes before needs no cluster to be done
        assert run_killed(build_and_die_at, str(tmp_path), recipe, "put_if_absent", "/ledger/verify/", INLINE)
    assert run_killed(build_and_die_at, str(tmp_path), recipe, step, where, on(nodes))
    build(tmp_path, recipe)
    check(tmp_path, unkilled)


def once(kill: Callable[[], None]) -> run.Progress:
    """A progress function that kills when the first task of the first stage has ended."""
    left = [kill]

    def progress(stage: str, done: int, total: int) -> None:
        if 0 < done < total and left:
            left.pop()()

    progress.left = left  # type: ignore[attr-defined]
    return progress


def test_a_worker_dies(nodes: Any, recipe: Recipe, unkilled: str, tmp_path: Path) -> None:
    import ray

    def kill() -> None:
        workers = [pid for node in nodes.worker_nodes for info in node.all_processes["raylet"] for pid in children(info.process.pid)]
        busy = [pid for pid in workers if b"MapWorker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert busy
        os.kill(busy[0], signal.SIGKILL)

    progress = once(kill)
    try:
        run.build(str(tmp_path), recipe, on(nodes), progress)
    finally:
        ray.shutdown()
    assert not progress.left
    check(tmp_path, unkilled)


def test_a_node_dies(nodes: Any, recipe: Recipe, unkilled: str, tmp_path: Path) -> None:
    import ray

    def kill() -> None:
        own = ray._private.worker.global_worker.node  # the driver talks to the cluster through this one
        kill_node(next(node for node in nodes.worker_nodes if node._raylet_socket_name != own._raylet_socket_name))

    progress = once(kill)
    try:
        run.build(str(tmp_path), recipe, on(nodes), progress)
    finally:
        ray.shutdown()
    assert not progress.left
    check(tmp_path, unkilled)


def test_the_head_dies(nodes: Any, recipe: Recipe, unkilled: str, tmp_path: Path) -> None:
    process = FORKS.Process(target=build_and_die_at, args=(str(tmp_path), recipe, "swap", "/CURRENT", on(nodes)))
    process.start()
    until = time.monotonic() + 120
    while not list(tmp_path.glob("ledger/compile/*.json")) and process.is_alive() and time.monotonic() < until:
        time.sleep(0.05)
    assert list(tmp_path.glob("ledger/compile/*.json"))
    kill_node(nodes.head_node)
    process.join(5)
    process.kill()
    process.join()
    build(tmp_path, recipe)
    check(tmp_path, unkilled)
