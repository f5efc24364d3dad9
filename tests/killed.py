"""Runs in a child process that kill themselves at a chosen durable step."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from factory import history, storage
from factory.recipe import Recipe

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["killed", "factory.run", "factory.stages.compile", "factory.stages.verify", "factory.verifiers.answer", "factory.verifiers.sql_result"])

STEPS = ("put", "put_if_absent", "swap", "upload", "delete")
"""The only functions that make something durable."""


def build_and_die(root: str, recipe: Recipe, at: int, after: bool, placement: Any) -> None:
    from lines import build

    die_at_step(at, after)
    build(root, recipe, placement)


def collect_garbage(root: str) -> None:
    for info in history.garbage(root, now=4e9):
        storage.delete(info.uri)


def collect_garbage_and_die(root: str, at: int, after: bool) -> None:
    die_at_step(at, after)
    collect_garbage(root)


def build_and_die_after(root: str, recipe: Recipe, seconds: float, placement: Any) -> None:
    from lines import build

    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    build(root, recipe, placement)


def build_and_die_at(root: str, recipe: Recipe, step: str, where: str, placement: Any) -> None:
    """SIGKILL just after the first durable `step` on an object whose URI holds `where`."""
    from lines import build

    real = getattr(storage, step)

    def deadly(uri: str, *arguments: Any) -> Any:
        result = real(uri, *arguments)
        if where in uri:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(storage, step, deadly)
    build(root, recipe, placement)


def die_at_step(at: int, after: bool) -> None:
    """SIGKILL this process just before (or after) its `at`-th durable step."""
    count = 0

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            nonlocal count
            count += 1
            if count == at and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = function(*arguments)
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step

    for name in STEPS:
        setattr(storage, name, wrap(getattr(storage, name)))


def run_killed(target: Callable[..., None], *arguments: Any) -> bool:
    """Run `target` in a child; True when it was killed before it was done."""
    process = FORKS.Process(target=target, args=arguments)
    process.start()
    process.join(240)
    assert process.exitcode in (0, -signal.SIGKILL), f"exit code {process.exitcode}"
    return process.exitcode != 0
