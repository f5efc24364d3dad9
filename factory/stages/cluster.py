"""The Ray cluster under a run: connect to it, check that the placement fits into it, say what is stuck.

Ray waits for ever and without a word for resources that no node has. So demands are checked before anything
starts, and a watchdog speaks when no task has ended for a while.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from factory import stops, storage
from factory.errors import SettingsError
from factory.recipe import Placement


def start_ray(placement: Placement) -> None:
    """Connect to the cluster that the placement names, or start Ray here, quietly."""
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if not ray.is_initialized():
        inside_job = os.environ.get("RAY_ADDRESS") or os.environ.get("RAY_JOB_ID")
        address = placement.address or ("auto" if inside_job else "local")
        options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
        if address == "local":
            os.environ.setdefault("RAY_AUTH_MODE", "disabled")
            workers = placement.workers or os.cpu_count() or 1
            options |= {"include_dashboard": False, "num_cpus": workers + 1}  # one more: reads need a CPU beside the actors
        elif settings := storage.settings():
            options["runtime_env"] = {"env_vars": settings}
        try:
            with stops.kept():
                ray.init(address=address, **options)
        except ConnectionError as e:
            raise SettingsError(f"`address` = {address!r}: no Ray cluster answers there ({e})") from None
        check(placement)
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)


def check(placement: Placement) -> None:
    """Refuse workers that the cluster cannot hold beside the CPU that Ray Data needs: it would wait for ever without a word."""
    import ray

    wanted = placement.workers or 1
    until = time.monotonic() + placement.join_seconds
    while (cpus := int(ray.cluster_resources().get("CPU", 0))) <= wanted:
        if time.monotonic() >= until:
            raise SettingsError(
                f"`workers` = {wanted} needs {wanted + 1} CPUs (one is left to Ray Data), and the cluster has {cpus}; "
                "lower `workers`, add nodes, or set `join_seconds` where nodes are on their way"
            )
        time.sleep(1)


def count_workers(placement: Placement, num_tasks: int) -> int:
    """Actors to start now; fewer than the placement says when a node has gone since."""
    import ray

    spare = int(ray.cluster_resources().get("CPU", 0)) - 1
    return max(1, min(placement.workers or spare, spare, num_tasks))


class Watchdog:
    """Says what is out when nothing has moved for `stuck_seconds`, and again after each further wait."""

    def __init__(self, work: str, stuck_seconds: float, say: Callable[[str], None] | None = None):
        self.work, self.stuck_seconds = work, stuck_seconds
        self.say = say or (lambda text: print(text, file=sys.stderr, flush=True))
        self.pending: Mapping[int, Any] = {}
        self.last = time.monotonic()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watchdog:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()

    def moved(self, pending: Mapping[int, Any]) -> None:
        """A task has ended, and these are out."""
        self.last, self.pending = time.monotonic(), pending

    def _watch(self) -> None:
        said = self.last
        while not self.ended.wait(min(5.0, self.stuck_seconds)):
            if time.monotonic() - max(said, self.last) >= self.stuck_seconds:
                said = time.monotonic()
                tasks = list(self.pending.values())
                out = f"{len(tasks)} tasks are out, among them {str(tasks[0])[:300]}" if tasks else "no task is out"
                self.say(f"factory: {self.work}: no task has ended for {said - self.last:.0f} s; {out}; {_resources()}")


def _resources() -> str:
    import ray

    try:
        total, free = ray.cluster_resources(), ray.available_resources()
        nodes = [node for node in ray.nodes() if node["Alive"]]
    except Exception as e:  # the watchdog must outlive a cluster that does not answer
        return f"Ray does not answer ({type(e).__name__}: {e})"
    amounts = ", ".join(f"{free.get(name, 0):g} of {total.get(name, 0):g} {name} free" for name in ("CPU", "GPU") if name in total)
    return f"Ray has {len(nodes)} nodes, {amounts}"
