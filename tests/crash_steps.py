"""The crash certificate's list: every kind of durable step, and where processes of a cluster are killed.

The tests that kill hold themselves to it (no step outside the list, none in it that was not met), and the README's
table is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from killed import STEPS

from factory import storage

BUILD = {
    "upload parts/examples": "compile: a part of examples",
    "upload parts/rejections": "compile, verify, publish: a part of rejections",
    "put_if_absent ledger/scopes": "the settings that commit records name",
    "put_if_absent ledger/compile": "compile: the commit record of its parts",
    "upload parts/traces": "trace: a part of traces",
    "put_if_absent ledger/trace": "trace: the commit record",
    "upload data": "verify: a part of rows",
    "upload parts/verdicts": "verify: a part of verdicts",
    "put_if_absent ledger/verify": "verify: the commit record",
    "put versions": "publish: the version",
    "swap CURRENT": "publish: the swap of the pointer",
}
PACK = {
    "put ledger/packed": "commit records packed, or cleared of what objects held before: the new object",
    "delete ledger": "the same: an old one is deleted",
}
COLLECT = {"delete garbage": "garbage collection: a file is deleted"}

POINTS: list[str] = []
"""What is killed on a Ray cluster; each test of `test_crash_ray.py` adds its own."""


def point(name: str) -> Callable[[Any], Any]:
    POINTS.append(name)
    return lambda test: test


def step_name(function: str, uri: str) -> str:
    """The kind of a durable step."""
    if function == "delete":
        return "delete ledger" if "/ledger/" in uri else "delete garbage"
    if "/packed-" in uri:
        return f"{function} ledger/packed"
    found = re.search(r"/(parts/[a-z]+|ledger/[a-z]+|data|versions|CURRENT)(?:/|$)", uri)
    assert found, f"`{function}` of {uri} is a durable step of no known kind"
    return f"{function} {found[1]}"


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The durable steps of this process, as they are done."""
    names: list[str] = []

    def recording(function: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            names.append(step_name(function, next(str(value) for value in reversed(arguments[:2]) if isinstance(value, str))))
            return real(*arguments)

        return step

    real = {name: getattr(storage, name) for name in STEPS}
    for name in STEPS:
        setattr(storage, name, recording(name, real[name]))
    try:
        yield names
    finally:
        for name in STEPS:
            setattr(storage, name, real[name])


def table() -> str:
    """The README's table."""
    lines = ["| killed at | before it | after it |", "| --- | --- | --- |"]
    lines += [f"| {text} | same rows | same rows |" for text in (BUILD | PACK | COLLECT).values()]
    lines += ["", "| killed on a Ray cluster of several nodes | |", "| --- | --- |"]
    return "\n".join(lines + [f"| {name} | same rows |" for name in POINTS])
