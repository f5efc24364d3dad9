"""Processes that verify attempts while others are generated, so that slow tests never hold up the event loop.

A worker reads the example from its part itself: only a place and a reply travel. Workers end with the process that
started them, however that ends.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from factory import parts, schemas
from factory.errors import FactoryError
from factory.recipe import Placement, Recipe
from factory.stages.verify import Judge
from factory.verifiers import VERIFIERS

TRIES = 3
"""Times that a judge may die over one attempt."""


class Judges:
    """Use as an async context manager."""

    def __init__(self, root: str, recipe: Recipe, placement: Placement):
        self.root, self.recipe = root, recipe
        self.num_workers = placement.judges or max(1, (os.cpu_count() or 1) // 2)
        self._executor: ProcessPoolExecutor | None = None

    async def __aenter__(self) -> Judges:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._executor:
            self._executor.shutdown(wait=False, cancel_futures=True)

    async def judge(self, place: tuple[str, int], trace: dict[str, Any]) -> dict[str, Any]:
        """Row of the verdict on a trace (a row of schemas.TRACE) of the example at `place`."""
        for _ in range(TRIES):
            executor = self._executor = self._executor or self._start()
            try:
                return await asyncio.get_running_loop().run_in_executor(executor, _judge, place, trace)
            except BrokenProcessPool:
                if self._executor is executor:
                    executor.shutdown(wait=False)
                    self._executor = None
        raise FactoryError(f"judges died {TRIES} times over attempt `{trace['unit']}`, out of memory perhaps; set `judges` = 1, and run again to go on")

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["factory.stages.judges", *(f"factory.verifiers.{module}" for module in VERIFIERS.values())])
        return ProcessPoolExecutor(self.num_workers, context, _prepare, (self.root, self.recipe))


_worker: tuple[Judge, parts.RowReader] | None = None


def _prepare(root: str, recipe: Recipe) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = Judge(recipe), parts.RowReader(root)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _judge(place: tuple[str, int], trace: dict[str, Any]) -> dict[str, Any]:
    assert _worker is not None
    judge, examples = _worker
    example = schemas.example_of(examples.row(*place))
    return schemas.verdict_row(judge(example, schemas.trace_of(trace)), example.unit, trace["unit"])
