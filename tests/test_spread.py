"""Every task's receipt comes once, whatever happens to workers and to receipts on their way."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factory.errors import FactoryError
from factory.recipe import Placement
from factory.stages.cluster import Watchdog
from factory.stages.spread import Broken, collect, spread


def run(rounds: list[Any], num_tasks: int = 4) -> list[Any]:
    """Receipts of tasks 0, 1, ... when each round brings what is listed; a string breaks it off."""
    left = iter(rounds)

    def hand_out(pending: dict[int, Any]) -> Iterator[tuple[int, Any]]:
        for number in next(left):
            if isinstance(number, str):
                raise Broken(number)
            yield number, f"receipt {number}"

    return list(collect([f"task {number}" for number in range(num_tasks)], hand_out, lambda pending: None))


ALL = [f"receipt {number}" for number in range(4)]


def test_a_receipt_that_comes_twice_counts_once() -> None:
    assert run([[0, 1, 1, 2, 0, 3, 3]]) == ALL


def test_what_a_round_lost_is_handed_out_again() -> None:
    assert sorted(run([[0, 2], [1], [0, 3]])) == ALL


def test_what_a_broken_round_brought_is_kept() -> None:
    assert sorted(run([[1, "a worker died"], ["a worker died"], ["and again"], [0, 2, 3]])) == ALL


def test_rounds_that_bring_nothing_end_with_the_reason() -> None:
    with pytest.raises(FactoryError, match="a node is gone, and 3 of 4 tasks are not done"):
        run([[0], ["x"], ["y"], ["a node is gone"]])


def test_the_watchdog_names_what_is_out() -> None:
    said: list[str] = []
    heard = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        heard.set()

    with Watchdog("Compile", 0.05, say) as watchdog:
        watchdog.moved({7: "shard of s3://bucket/runs.jsonl"})
        assert heard.wait(60)
    assert "Compile" in said[0] and "s3://bucket/runs.jsonl" in said[0]


class Deadly:
    """Kills its process the first time that it gets a task."""

    def __init__(self, folder: str):
        self.folder = Path(folder)

    def __call__(self, task: int) -> int:
        mark = self.folder / str(task)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return task


@pytest.mark.ray
def test_workers_that_die_lose_no_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    try:
        assert sorted(spread(Deadly, (str(tmp_path),), range(5), Placement(workers=2), True)) == list(range(5))
    finally:
        ray.shutdown()
