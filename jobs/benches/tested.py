"""Tests run for a report: the table of faults, and the attacks with what stopped each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests import attack_corpus, machine

TESTS = Path(__file__).parents[2] / "tests"
ATTACKS = TESTS / "attacks"


class Case(NamedTuple):
    id: str
    """Below tests/, such as `test_patches.py::test_x[name]`."""
    outcome: str
    """passed, failed or skipped."""
    ms: float
    """Of the test's own call, without its fixtures."""
    stopped_by: str
    """What the test says of it."""


def run(names: Iterable[str]) -> list[Case]:
    """Run the tests whose ids begin with one of `names`."""
    names = tuple(dict.fromkeys(names))
    functions = sorted({name.partition("[")[0] for name in names})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_duration_report=call"]
        done = subprocess.run([*command, *(f"tests/{name}" for name in functions)], cwd=TESTS.parent, stdout=sys.stderr)
        if done.returncode not in (0, 1):  # not even a test that failed: a name that no test has
            raise SystemExit(done.returncode)
        cases = [case_of(element) for element in ElementTree.parse(report).iter("testcase")]
    return [case for case in cases if case.id.startswith(names)]


def case_of(element: ElementTree.Element) -> Case:
    name = element.get("classname", "").removeprefix("tests.").replace(".", "/") + ".py::" + element.get("name", "")
    outcome = next((word for tag, word in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")) if element.find(tag) is not None), "passed")
    said = next((p.get("value", "") for p in element.iter("property") if p.get("name") == "stopped_by"), "")
    return Case(name, outcome, 1_000 * float(element.get("time", 0)), said)


def faults() -> int:
    """Print every fault with its tests and their result; the number of faults that are not shown to be absent."""
    table = tomllib.loads((TESTS / "faults.toml").read_text("utf-8"))
    cases = run(name for faults in table.values() for fault in faults for name in fault["tests"])
    open_faults = 0
    for section, listed in table.items():
        for fault in listed:
            print(f"{section:5}{fault['fault']}")
            good = True
            for name in fault["tests"]:
                found = [case for case in cases if case.id.startswith(name)]
                passed = sum(case.outcome == "passed" for case in found)
                good = good and bool(found) and passed == len(found)
                print(f"       {passed} of {len(found)} passed   {name}")
            open_faults += not good
            print(f"       {'holds' if good else 'OPEN'}")
    total = sum(map(len, table.values()))
    print(f"\n{total - open_faults} of {total} faults are shown to be absent by {len(cases)} tests")
    return open_faults


def attacks() -> int:
    """Try every attack for real and print what stopped it; the number that got through."""
    groups = tomllib.loads((ATTACKS / "index.toml").read_text("utf-8"))["group"]
    machine.adopt_orphans()
    before, known = machine.state(), machine.descendants()
    cases = run(name for group in groups for name in group["tests"])
    left = machine.left_behind(known)
    changed = machine.changes(before)
    stoppers = {name: attack["stopped_by"] for name, attack in attack_corpus.attacks("code").items()}
    through = 0
    for group in groups:
        found = [case for case in cases if case.id.startswith(tuple(group["tests"]))]
        print(f"\n{group['name']}: {sum(case.outcome == 'passed' for case in found)} of {len(found)} stopped")
        for case in found:
            name = case.id.partition("[")[2].removesuffix("]") or case.id.partition("::")[2].removeprefix("test_").replace("_", " ")
            stopped_by = case.stopped_by or stoppers.get(name.rpartition("-")[0], "") or group.get("stopped_by", "")
            print(f"  {'stopped' if case.outcome == 'passed' else case.outcome.upper():8} {case.ms:7.0f} ms  {shown(name, 70):70}  {stopped_by}")
            through += case.outcome != "passed"
    print(f"\n{len(cases) - through} of {len(cases)} attacks stopped; {median(c.ms for c in cases):.0f} ms median, {max(c.ms for c in cases):.0f} ms the longest")
    print(f"machine before and after ({len(before)} entries of {', '.join(machine.WATCHED)}, mounts, host name, users): {len(changed)} changes {changed or ''}")
    print(f"processes left behind: {len(left)} {left or ''}")
    return through + len(changed) + len(left)


def shown(name: str, width: int) -> str:
    text = name if name.isprintable() else repr(name)
    return text if len(text) <= width else text[: width - 3] + "..."
