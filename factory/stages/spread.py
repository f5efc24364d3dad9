"""Tasks spread over workers: in this process, or as Ray Data actors. Receipts come back as they finish.

A worker's known failure comes back as a message, so that the user reads one sentence instead of a remote
stack. Ray Data hands out references only: a task is a few hundred bytes and so is a receipt's way back.
Receipts carry the number of their task: one that comes twice counts once, and tasks whose receipt never came
(workers died, a node went away) are handed out again as long as each round brings some receipt.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import factory
from factory.errors import FactoryError
from factory.recipe import Placement
from factory.stages import cluster, metrics

UNPACKING_SECONDS = 5
FRUITLESS_ROUNDS = 3
"""A run of so many rounds without a single receipt ends the build."""


class Worker(Protocol):
    def __call__(self, task: Any) -> Any: ...


def spread(worker: type[Worker], arguments: tuple[Any, ...], tasks: Sequence[Any], placement: Placement, use_ray: bool) -> Iterator[Any]:
    """Yield `worker(*arguments)(task)` for every task, once, in the order in which they finish."""
    if not tasks:
        return
    if not use_ray:
        called = worker(*arguments)
        for task in tasks:
            yield called(task)
        return
    cluster.start_ray(placement)

    def hand_out(pending: dict[int, Any]) -> Iterator[tuple[int, Any]]:
        return _round(worker, arguments, pending, cluster.count_workers(placement, len(pending)))

    with cluster.Watchdog(worker.__name__, placement.stuck_seconds) as watchdog:
        yield from collect(tasks, hand_out, watchdog.moved)


class Broken(Exception):
    """A round of work ended before its tasks did."""


def collect(tasks: Sequence[Any], hand_out: Callable[[dict[int, Any]], Iterator[tuple[int, Any]]], moved: Callable[[dict[int, Any]], None]) -> Iterator[Any]:
    """Hand out the tasks that have no receipt yet, round after round, and yield each task's receipt once."""
    pending = dict(enumerate(tasks))
    fruitless = 0
    while pending:
        before, failure = len(pending), "Ray Data ended early"
        moved(pending)
        try:
            for number, receipt in hand_out(dict(pending)):
                if pending.pop(number, None) is not None:
                    moved(pending)
                    metrics.count(receipt)
                    yield receipt
        except Broken as e:
            failure = str(e)
        fruitless = 0 if len(pending) < before else fruitless + 1
        if fruitless == FRUITLESS_ROUNDS:
            raise FactoryError(f"{failure}, and {len(pending)} of {len(tasks)} tasks are not done; what was committed is kept, run again to go on")


def _round(worker: type[Worker], arguments: tuple[Any, ...], pending: dict[int, Any], num_workers: int) -> Iterator[tuple[int, Any]]:
    """(number of the task, receipt), as Ray Data brings them."""
    import ray
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.use_datasource_v2 = False  # the newer reader ignores override_num_blocks for small inputs
    context.execution_options.preserve_order = False
    shards = ray.data.from_items(
        [{"number": number, "task": pickle.dumps(task)} for number, task in pending.items()], override_num_blocks=len(pending)
    )
    results = shards.map(
        _Remote,
        fn_constructor_args=(worker, arguments, code_digest()),
        concurrency=num_workers,
        num_cpus=1,
    )
    try:
        for row in results.iter_rows():
            receipt = pickle.loads(row["receipt"])
            if isinstance(receipt, FactoryError):
                raise receipt
            yield row["number"], receipt
    except ray.exceptions.RayError as e:
        last = str(e).strip().splitlines()[-1] if str(e).strip() else ""
        failure = f"a Ray worker failed ({type(e).__name__}: {last})"
        if not isinstance(e, ray.exceptions.RayTaskError):
            raise Broken(failure) from e
        cause: BaseException | None = e  # what the task itself raised would be raised again
        while cause and not isinstance(cause, OSError):
            cause = getattr(cause, "cause", None) or cause.__cause__
        raise cause or FactoryError(f"{failure}; what was committed is kept, run again to go on") from e


class _Remote:
    """What Ray Data calls: tasks and receipts travel as pickled bytes in one column."""

    def __init__(self, worker: type[Worker], arguments: tuple[Any, ...], driver_code: str):
        self.failure: FactoryError | None = None
        if not runs_same_code(driver_code):  # its keys would not be the driver's
            self.failure = FactoryError(
                f"`{factory.__path__[0]}` on a worker is not the code that the driver runs; give all nodes the same image, or submit with a working directory"
            )
            return
        try:
            self.called = worker(*arguments)
        except FactoryError as e:
            self.failure = e

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            receipt = self.failure or self.called(pickle.loads(row["task"]))
        except FactoryError as e:
            receipt = e
        return {"number": row["number"], "receipt": pickle.dumps(receipt)}


def runs_same_code(digest: str) -> bool:
    """Looks again for a while where it differs: another worker may still be unpacking the job's working directory."""
    for _ in range(UNPACKING_SECONDS):
        if code_digest() == digest:
            return True
        code_digest.cache_clear()
        time.sleep(1)
    return False


@cache
def code_digest() -> str:
    """Digest of this package's source."""
    root = Path(factory.__path__[0])
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        total.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
