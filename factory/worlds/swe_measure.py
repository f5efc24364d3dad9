"""Run generated code for real, in a process that can be killed, and remember what it gave by content.

What is remembered is never needed: without the cache the same work gives the same results. Outputs are
scrubbed of times, addresses and of the place where they were made.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import pprint
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

VERSION = "1"
TIMEOUT_S = 60
TIMES = re.compile(r" in \d+\.\d+s(?: \(\d+:\d\d:\d\d\))?")
ADDRESSES = re.compile(r"0x[0-9a-f]{6,}")

RECORDER = """
import ast, json, sys
sys.path.insert(0, ".")
found = {}
for path in json.load(sys.stdin):
    values = []
    def expect(value):
        values.append(value)
        return value
    names = {"expect": expect, "__name__": path}
    exec(compile(open(path).read(), path, "exec"), names)
    for name, test in list(names.items()):
        if name.startswith("test_"):
            values.clear()
            test()
            found[path + "::" + name] = [repr(value) for value in values]
print(json.dumps(found))
"""


class Result(NamedTuple):
    status: int
    """Exit status; -9 when the time was over."""
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


def environment(home: str) -> dict[str, str]:
    """All that a process of ours sees of the environment: nothing of the user's."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
    }


def execute(command: list[str], folder: Path, timeout_s: float = TIMEOUT_S, text: str = "") -> tuple[int, str]:
    """(status, output and errors as one text); the whole process group is killed when the time is over."""
    with tempfile.TemporaryDirectory(prefix="swe-home-") as home:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(home), encoding="utf-8", errors="replace", start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = process.communicate(text, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return -9, "timed out"
    return process.returncode, output


def scrub(output: str, folder: Path) -> str:
    """Without times, addresses, and the folders of this machine."""
    lines = [line for line in output.splitlines() if "generated xml file" not in line]
    text = "\n".join(lines).replace(str(folder), "/repo").replace(sys.base_prefix, "/usr").replace(sys.prefix, "/usr")
    return ADDRESSES.sub("0x0", TIMES.sub("", text))


def write_tree(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")


def tree_key(files: dict[str, str], *more: str) -> str:
    import pytest

    parts = [VERSION, sys.version, pytest.__version__, *more, *(part for item in sorted(files.items()) for part in item)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def remember(cache: Path, key: str, value: object) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    scratch = cache / f".{key}.{os.getpid()}.{os.urandom(4).hex()}"
    scratch.write_text(json.dumps(value), "utf-8")
    os.replace(scratch, cache / key)


def recall(cache: Path, key: str) -> object:
    try:
        return json.loads((cache / key).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def run_tests(files: dict[str, str], cache: Path, path: str = "") -> Result:
    """`python -m pytest -q [path]` in a scratch copy of `files`."""
    key = tree_key(files, "pytest", path)
    known = recall(cache, key)
    if isinstance(known, list):
        return Result(*known)
    with tempfile.TemporaryDirectory(prefix="swe-tests-") as scratch:
        folder, xml = Path(scratch) / "repo", Path(scratch) / "results.xml"
        write_tree(files, folder)
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={xml}", *([path] if path else [])]
        status, output = execute(command, folder)
        result = Result(status, scrub(output, folder), outcomes(xml) if status in (0, 1) else {})
    remember(cache, key, result)
    return result


def run_all(trees: Iterable[dict[str, str]], cache: Path, workers: int) -> None:
    """Run the tests of several trees at a time, so that their results are remembered."""
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda files: run_tests(files, cache), trees))


def outcomes(xml: Path) -> dict[str, str]:
    """Test id -> outcome from a JUnit file; our tests are plain functions."""
    found = {}
    for case in ElementTree.parse(xml).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        tags = {child.tag for child in case}
        found[name] = "failed" if "failure" in tags else "error" if "error" in tags else "skipped" if "skipped" in tags else "passed"
    return found


def record(files: dict[str, str], cache: Path) -> dict[str, str]:
    """The same files with every `expect(x)` of the tests replaced by an assertion of what `x` gives."""
    tests = sorted(path for path in files if path.startswith("tests/"))
    key = tree_key(files, "record", RECORDER)
    values = recall(cache, key)
    if not isinstance(values, dict):
        with tempfile.TemporaryDirectory(prefix="swe-record-") as scratch:
            write_tree(files, Path(scratch))
            status, output = execute([sys.executable, "-c", RECORDER], Path(scratch), text=json.dumps(tests))
        if status:
            raise AssertionError(f"generated code fails:\n{output[-2000:]}")
        values = json.loads(output)
        remember(cache, key, values)
    return {**files, **{path: asserted(path, files[path], values) for path in tests}}


def asserted(path: str, text: str, values: dict[str, list[str]]) -> str:
    lines = text.splitlines()
    for test in reversed(ast.parse(text).body):
        if not isinstance(test, ast.FunctionDef):
            continue
        calls = [node.value for node in test.body if isinstance(node, ast.Expr) and is_expect(node.value)]
        known = values[f"{path}::{test.name}"]
        assert len(calls) == len(known), f"{path}::{test.name} has {len(calls)} expectations and gave {len(known)}"
        for call, value in reversed(list(zip(calls, known))):
            argument = ast.get_source_segment(text, call.args[0])
            lines[call.lineno - 1 : call.end_lineno] = assertion(argument or "", value)
    return "\n".join(lines) + "\n"


def is_expect(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "expect"


def assertion(argument: str, value: str) -> list[str]:
    if value in ("True", "False"):
        shown = f"({argument})" if " == " in argument and value == "False" else argument
        return [f"    assert {shown}" if value == "True" else f"    assert not {shown}"]
    if value == "None":
        return [f"    assert {argument} is None"]
    line = f"    assert {argument} == {value}"
    if len(line) <= 110:
        return [line]
    shown = pprint.pformat(ast.literal_eval(value), width=96, compact=True, sort_dicts=False).splitlines()
    return [f"    assert {argument} == (", *(f"        {line}" for line in shown), "    )"]
