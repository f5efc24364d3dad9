"""What a test run says of each test: pytest through its JUnit file, unittest and Django through their lines.

A reporter adds variables to the run, and reads what came back. Output and report come from untrusted code:
a report is believed only where it is well-formed, complete and agrees with the exit code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from xml.etree import ElementTree

from factory.cage.bubblewrap import Limits
from factory.cage.tests import Ran

Statuses = dict[str, str]
"""Test key -> `passed`, `failed`, `skipped` or `xfail`. Empty where the report cannot be believed."""

MAX_LINES = 200_000


class Reporter(NamedTuple):
    variables: dict[str, str]
    """Environment of the run; `{tmp}` is its temporary folder."""
    report: str
    """File that the run writes; "" where the output is read."""
    limits: Limits
    read: Callable[[Ran], Statuses]
    key: Callable[[str], str]
    """A test id, as SWE data sets write them, as a key of Statuses."""


def reporter_of(command: str) -> Reporter | None:
    """How to read the tests of `command`; None where we cannot."""
    words = re.split(r"[\s/;&|]+", command)
    if "pytest" in words or "py.test" in words:
        return PYTEST
    if "unittest" in words or "runtests.py" in words or "manage.py" in words:
        return UNITTEST
    return None


def read_junit(ran: Ran) -> Statuses:
    """Statuses from a JUnit file, where it agrees with pytest's exit code (0: none failed, 1: some did)."""
    if ran.stopped or ran.exit_code not in (0, 1) or b"<!DOCTYPE" in ran.report or b"<!ENTITY" in ran.report:
        return {}
    try:
        cases = list(ElementTree.fromstring(ran.report).iter("testcase"))
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    found: Statuses = {}
    for case in cases:
        key = f"{case.get('classname', '')}::{case.get('name', '')}"
        tags = {child.tag: child for child in case}
        if "failure" in tags or "error" in tags:
            status = "failed"
        elif "skipped" in tags:
            status = "xfail" if tags["skipped"].get("type") == "pytest.xfail" else "skipped"
        else:
            status = "passed"
        # a test with a failing teardown stands twice
        found[key] = "failed" if "failed" in (status, found.get(key)) else status
    return found if ("failed" in found.values()) == (ran.exit_code == 1) else {}


def status_of(statuses: Statuses, key: str) -> str:
    """`missing` where there is no such test. Lists of tests hold parametrised ids that were cut at a blank: such an id
    stands for all that begin with it, where they agree."""
    if key in statuses or "[" not in key or key.endswith("]"):
        return statuses.get(key, "missing")
    found = {status for name, status in statuses.items() if name.startswith(key)}
    return found.pop() if len(found) == 1 else "missing"


def pytest_key(test_id: str) -> str:
    """`tests/test_a.py::TestB::test_c[x]` as JUnit has it: `tests.test_a.TestB::test_c[x]`."""
    address, bracket, parameters = test_id.partition("[")
    names = address.split("::")
    names[0] = names[0].removesuffix(".py").replace("/", ".")
    return ".".join(names[:-1]) + "::" + names[-1] + bracket + parameters


LINE = re.compile(r"(\w{1,200}) \(([\w.]{1,500})\)")
STATUS_WORDS = {
    "ok": "passed",
    "FAIL": "failed",
    "ERROR": "failed",
    "expected failure": "xfail",
    "unexpected success": "failed",
}


def read_unittest(ran: Ran) -> Statuses:
    """Statuses from the lines `test_a (module.Class) ... ok` of a verbose run, whose number must be the one that
    the run gives (`Ran 3 tests`), each test once, in agreement with the exit code."""
    lines = ran.output.split("\n")
    if ran.stopped or ran.exit_code not in (0, 1) or len(lines) > MAX_LINES:
        return {}
    found: Statuses = {}
    current = ""
    num_run = -1
    for line in lines:
        named = LINE.match(line)
        if named:
            current = unittest_key(named[0])
        _, dots, word = line.rpartition(" ... ")
        status = STATUS_WORDS.get(word.strip(), "skipped" if word.startswith("skipped") else "")
        if dots and status and current:
            if current in found:
                return {}
            found[current] = status
            current = ""
        total = re.match(r"Ran (\d{1,9}) tests? in ", line)
        if total:
            if num_run >= 0:
                return {}
            num_run = int(total[1])
    if num_run != len(found) or ("failed" in found.values()) != (ran.exit_code == 1):
        return {}
    return found


def unittest_key(test_id: str) -> str:
    """`test_a (module.Class)`, or with the name again as newer versions print it, as `module.Class::test_a`."""
    named = LINE.match(test_id)
    if not named:
        module, _, name = test_id.rpartition(".")
        return f"{module}::{name}"
    return f"{named[2].removesuffix('.' + named[1])}::{named[1]}"


PYTEST = Reporter(
    {"PYTEST_ADDOPTS": "-p no:cacheprovider -o junit_family=xunit1 --junitxml={tmp}/factory-report.xml"},
    "{tmp}/factory-report.xml",
    Limits(),
    read_junit,
    pytest_key,
)
UNITTEST = Reporter({}, "", Limits(output_bytes=4 << 20), read_unittest, unittest_key)
