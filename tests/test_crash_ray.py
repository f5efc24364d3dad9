"""The crash certificate on a real Ray cluster: whatever dies, the next run publishes what an unkilled run publishes."""

from __future__ import annotations

import importlib.util
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from crash_steps import POINTS, point
from killed import FORKS, build_and_die_at, run_killed
from lines import INLINE, build, canonical, expected, recipe_for, rows, write_world
from ray_nodes import children, cluster, kill_node

from factory import run
from factory.recipe import Placement, Recipe, validate

__all__ = ["POINTS"]

pytestmark = [pytest.mark.crash, pytest.mark.ray]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    os.environ["HF_HUB_OFFLINE"] = "1"
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


@point("the driver, after a commit record of compile, of verify, and after the swap of the pointer (three tests)")
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


def busy(nodes: Any, name: bytes) -> list[int]:
    """Processes of the cluster's workers that run an actor of this name."""
    workers = [pid for node in (*nodes.worker_nodes, nodes.head_node) for info in node.all_processes["raylet"] for pid in children(info.process.pid)]
    return [pid for pid in workers if name in Path(f"/proc/{pid}/cmdline").read_bytes()]


@point("a worker process in the middle of compile")
def test_a_worker_dies(nodes: Any, recipe: Recipe, unkilled: str, tmp_path: Path) -> None:
    import ray

    def kill() -> None:
        os.kill(busy(nodes, b"MapWorker")[0], signal.SIGKILL)

    progress = once(kill)
    try:
        run.build(str(tmp_path), recipe, on(nodes), progress)
    finally:
        ray.shutdown()
    assert not progress.left
    check(tmp_path, unkilled)


@point("a teacher's engine (vLLM) while it answers; another takes its place")
@pytest.mark.vllm
@pytest.mark.timeout(900)
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM for CPU is not installed (the extra `cpu`)")
def test_a_teachers_engine_dies(nodes: Any, tmp_path: Path) -> None:
    """The replies are forced, so that two runs can be compared: every one names the answer of one question."""
    import ray

    folder, model = write_world("search", 40, tmp_path / "world"), tiny_model.write(tmp_path / "tiny", 16_384)
    gold = next(run["answer"] for run in expected(tmp_path / "world", "search") if run["outcome"] == "accepted")
    teacher = {
        "kind": "vllm",
        "model": str(model),
        "context_tokens": 8_192,
        "max_answer_tokens": 128,
        "max_attempts": 1,
        "ladder": [{"temperature": 1.0, "top_p": 1.0}],
        "structured": {"choice": [f"<think>\nThe documents name it.\n</think>\n\n{gold}"]},
    }
    plain = recipe_for(folder, tokenizer=str(model), packing={"sequence_tokens": 8_192, "reserve_trace_tokens": 256}).model_dump()
    recipe = validate(Recipe, plain | {"teacher": teacher}, "test")
    placement = Placement(runner="inline", address=nodes.address, workers=2, judges=1, hang_seconds=60)
    killed: list[int] = []

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "trace" and 0 < done < total and not killed:
            killed.append(busy(nodes, b"EngineActor")[0])
            os.kill(killed[0], signal.SIGKILL)

    try:
        run.build(str(tmp_path / "killed"), recipe, placement, kill)
        run.build(str(tmp_path / "unkilled"), recipe, placement, lambda *_: None)
    finally:
        ray.shutdown()
    assert killed
    check(tmp_path / "killed", canonical(tmp_path / "unkilled"))
    assert len(rows(tmp_path / "killed")) >= 1


@point("a worker node in the middle of compile")
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


@point("the head node, and the driver with it")
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
