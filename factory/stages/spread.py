"""Tasks spread over workers: in this process, or as Ray Data actors. Receipts come back as they finish.

A worker's known failure comes back as a message, so that the user reads one sentence instead of a remote
stack. Ray Data hands out references only: a task is a few hundred bytes and so is a receipt's way back.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from factory.errors import FactoryError, SettingsError
from factory.recipe import Placement


class Worker(Protocol):
    def __call__(self, task: Any) -> Any: ...


def spread(worker: type[Worker], arguments: tuple[Any, ...], tasks: Sequence[Any], placement: Placement, use_ray: bool) -> Iterator[Any]:
    """Yield `worker(*arguments)(task)` for every task, in the order in which they finish."""
    if not tasks:
        return
    if not use_ray:
        called = worker(*arguments)
        for task in tasks:
            yield called(task)
        return
    yield from _spread_ray(worker, arguments, tasks, placement)


class _Remote:
    """What Ray Data calls: tasks and receipts travel as pickled bytes in one column."""

    def __init__(self, worker: type[Worker], arguments: tuple[Any, ...]):
        self.failure = ""
        try:
            self.called = worker(*arguments)
        except FactoryError as e:
            self.failure = str(e)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        if self.failure:
            return {"receipt": pickle.dumps(FactoryError(self.failure))}
        try:
            return {"receipt": pickle.dumps(self.called(pickle.loads(row["task"])))}
        except FactoryError as e:
            return {"receipt": pickle.dumps(e)}


def _spread_ray(worker: type[Worker], arguments: tuple[Any, ...], tasks: Sequence[Any], placement: Placement) -> Iterator[Any]:
    import ray

    start_ray(placement)
    num_workers = count_workers(placement, len(tasks))
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.use_datasource_v2 = False  # the newer reader ignores override_num_blocks for small inputs
    context.execution_options.preserve_order = False
    shards = ray.data.from_items([{"task": pickle.dumps(task)} for task in tasks], override_num_blocks=len(tasks))
    results = shards.map(
        _Remote,
        fn_constructor_args=(worker, arguments),
        concurrency=num_workers,
        num_cpus=1,
    )
    rows = iter(results.iter_rows())
    for number in range(len(tasks) + 1):
        try:
            row = next(rows)
        except StopIteration:
            if number < len(tasks):
                raise FactoryError(f"Ray Data gave {number} of {len(tasks)} receipts; what was committed is kept, run again to go on") from None
            return
        except ray.exceptions.RayError as e:
            last = str(e).strip().splitlines()[-1] if str(e).strip() else ""
            raise FactoryError(f"a Ray worker failed ({type(e).__name__}: {last}); what was committed is kept, run again to go on") from e
        receipt = pickle.loads(row["receipt"])
        if isinstance(receipt, FactoryError):
            raise receipt
        yield receipt


def start_ray(placement: Placement) -> None:
    """Connect to the cluster that the placement names, or start Ray here, quietly."""
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if not ray.is_initialized():
        inside_job = os.environ.get("RAY_ADDRESS") or os.environ.get("RAY_JOB_ID")
        address = placement.address or ("auto" if inside_job else "local")
        options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
        if address == "local":
            workers = placement.workers or os.cpu_count() or 1
            options |= {"include_dashboard": False, "num_cpus": workers + 1}  # one more: reads need a CPU beside the actors
        try:
            ray.init(address=address, **options)
        except ConnectionError as e:
            raise SettingsError(f"`address` = {address!r}: no Ray cluster answers there ({e})") from None
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)


def count_workers(placement: Placement, num_tasks: int) -> int:
    """Actors to start. Ray Data must keep a CPU of its own, or it waits for ever without a word."""
    import ray

    cpus = int(ray.cluster_resources().get("CPU", 0))
    if placement.workers and placement.workers + 1 > cpus:
        raise SettingsError(
            f"`workers` = {placement.workers} needs {placement.workers + 1} CPUs (one is left to Ray Data), and the cluster has {cpus}; "
            "lower `workers` or add nodes"
        )
    return max(1, min(placement.workers or cpus - 1, num_tasks))
