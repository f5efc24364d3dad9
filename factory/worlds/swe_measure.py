"""What the tests of a tree of files say, run for real once and remembered by content.

What is remembered is never needed: without it the same work gives the same results. Outputs are scrubbed of times,
addresses and of the place where they were made.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from factory.worlds.swe_process import Pytest

VERSION = "2"
TIMES = re.compile(r" in \d+\.\d+s(?: \(\d+:\d\d:\d\d\))?")
ADDRESSES = re.compile(r"0x[0-9a-f]{6,}")


class Result(NamedTuple):
    status: int
    """Exit status of pytest; negative when the time was over."""
    output: str
    tests: dict[str, str]
    """Test id -> passed, failed, error or skipped."""

    @property
    def failed(self) -> list[str]:
        return sorted(name for name, outcome in self.tests.items() if outcome != "passed")

    @property
    def passed(self) -> list[str]:
        return sorted(name for name, outcome in self.tests.items() if outcome == "passed")


def cache_folder() -> Path:
    """Where results are remembered between runs: the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "acc-factory" / "swe-world"


class Bench:
    """Runs tests in up to `num_workers` processes at a time, and remembers the results under `cache`."""

    def __init__(self, cache: Path, num_workers: int):
        self.cache = cache
        self.num_workers = num_workers
        self.stack = ExitStack()
        self.idle: queue.SimpleQueue[Pytest] = queue.SimpleQueue()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stack.close()

    def each(self, work: Callable[..., Any], *items: Iterable[Any]) -> list[Any]:
        """The results of `work` over items, `num_workers` at a time."""
        with ThreadPoolExecutor(self.num_workers) as pool:
            return list(pool.map(work, *items))

    def run_tests(self, files: dict[str, str], path: str = "") -> Result:
        """`python -m pytest -q [path]` in a scratch copy of `files`."""
        key = tree_key(files, "pytest", path)
        known = self.recall(key)
        if isinstance(known, list):
            return Result(*known)
        try:
            pytest = self.idle.get_nowait()
        except queue.Empty:
            pytest = self.stack.enter_context(Pytest())
        status, output, xml = pytest.run(files, ["-q", *([path] if path else [])])
        result = Result(status, scrub(output, pytest.folder), outcomes(xml) if status in (0, 1) else {})
        self.idle.put(pytest)
        self.remember(key, result)
        return result

    def remember(self, key: str, value: object) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        scratch = self.cache / f".{key}.{os.getpid()}.{os.urandom(4).hex()}"
        scratch.write_text(json.dumps(value), "utf-8")
        os.replace(scratch, self.cache / key)

    def recall(self, key: str) -> object:
        try:
            return json.loads((self.cache / key).read_text("utf-8"))
        except (OSError, ValueError):
            return None


def tree_key(files: dict[str, str], *more: str) -> str:
    import pytest

    parts = [VERSION, sys.version, pytest.__version__, *more, *(part for item in sorted(files.items()) for part in item)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def scrub(output: str, folder: Path) -> str:
    """Without times, addresses, and the folders of this machine."""
    lines = [line for line in output.splitlines() if "generated xml file" not in line]
    text = "\n".join(lines).replace(str(folder), "/repo").replace(sys.base_prefix, "/usr").replace(sys.prefix, "/usr")
    return ADDRESSES.sub("0x0", TIMES.sub("", text))


def outcomes(xml: Path) -> dict[str, str]:
    """Test id -> outcome from a JUnit file; our tests are plain functions."""
    found = {}
    for case in ElementTree.parse(xml).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        tags = {child.tag for child in case}
        found[name] = "failed" if "failure" in tags else "error" if "error" in tags else "skipped" if "skipped" in tags else "passed"
    return found
