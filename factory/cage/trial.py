"""Tests decide on an edit of a repository: the base must fail what the gold passes, and the edit must do as the gold.

Every run has a fresh copy of the tree. Files of tests are the gold's in every run, whatever the edit made of
them. Not covered: code under test runs in the process that reports, so code written to forge a report can.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from factory import repositories
from factory.cage import tests
from factory.cage.reports import Statuses, reporter_of, status_of
from factory.patches import apply

MAX_TREE_FILES = 50_000
MAX_TREE_BYTES = 256 << 20

TEST_NAME = re.compile(r"(test_[^/]*|[^/]*_test|tests?|conftest)\.py")
CONFIGURATION = {
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
}
START_FILES = {"sitecustomize.py", "usercustomize.py"}
SHADOWS = {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "exceptiongroup", "tomli", "pygments", "coverage"}
"""Modules that a test run imports; `python -m pytest` looks for them in the repository's root first."""
FORGING = re.compile(
    r"\b(?:_exit|pytest|_pytest|junit\w*|PYTEST_\w+|atexit|settrace|setprofile|__main__\.__dict__)\b|/proc/|factory-report"
)

LINK = 0o120000
SUBMODULE = 0o160000

Tree = dict[str, tuple[int, bytes]]
"""Path -> (git mode, content). For a LINK the content is its target."""


class Task(NamedTuple):
    """What a repository's environment says of one issue. Hashable: trials are cached by it."""

    repository: Path
    commit: str
    gold_patch: str
    test_patch: str
    command: str
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    seconds: int
    unsandboxed: bool


class Trial(NamedTuple):
    outcome: Literal["pass", "fail", "env_broken", "flaky"]
    detail: str
    sandbox: str = ""


class Run(NamedTuple):
    statuses: Statuses
    why: str
    """What is odd about the run, for people."""
    sandbox: str


class Reference(NamedTuple):
    """Base and gold, run once per task."""

    broken: str
    """Why the environment cannot judge; "" where it can."""
    fail_to_pass: tuple[str, ...] = ()
    """Keys of the reporter."""
    pass_to_pass: tuple[str, ...] = ()
    gold: tuple[tuple[str, str], ...] = ()
    sandbox: str = ""


@functools.lru_cache(maxsize=2)
def base_tree(repository: Path, commit: str) -> Tree:
    """All files at the commit. RowError side_input_missing."""
    modes = repositories.list_files(repository, commit)
    paths = [path for path, mode in modes.items() if mode != SUBMODULE][: MAX_TREE_FILES + 1]
    if len(paths) > MAX_TREE_FILES:
        return {}
    found = repositories.read_files(repository, commit, paths)
    tree = {path: (modes[path], data) for path, data in found.items() if data is not None}
    return tree if sum(len(data) for _, data in tree.values()) <= MAX_TREE_BYTES else {}


@functools.lru_cache(maxsize=2)
def base_texts(repository: Path, commit: str) -> dict[str, str]:
    """The texts that an edit is applied to; undecodable bytes survive the way back."""
    tree = base_tree(repository, commit)
    return {path: data.decode("utf-8", "surrogateescape") for path, (mode, data) in tree.items() if mode != LINK}


def judge(task: Task, changes: dict[str, str | None]) -> Trial:
    """Run the task's tests on the edit, given as new texts by path. Raises NoCage, RowError side_input_missing."""
    reference = reference_of(task)
    if reference.broken:
        return Trial("env_broken", reference.broken, reference.sandbox)
    gold = dict(reference.gold)
    verdicts = []
    for _ in range(2):
        run = _run(task, _with_gold_tests(task, changes))
        verdicts.append(_missed(run, reference, gold))
        if len(verdicts) == 1 and verdicts[0]:
            return Trial("fail", verdicts[0], run.sandbox)
    if verdicts[1]:
        return Trial("flaky", f"passed, then: {verdicts[1]}", run.sandbox)
    return Trial("pass", f"{len(reference.fail_to_pass)} + {len(reference.pass_to_pass)} tests", run.sandbox)


def _missed(run: Run, reference: Reference, gold: Statuses) -> str:
    """What the run failed; "" when it passed. A test that is missing has failed."""
    if not run.statuses:
        return run.why
    for name in reference.fail_to_pass:
        if status_of(run.statuses, name) not in ("passed", "xfail"):
            return f"`{name}` is {status_of(run.statuses, name)}"
    for name in reference.pass_to_pass:
        if status_of(run.statuses, name) not in ("passed", status_of(gold, name)):
            return f"`{name}` is {status_of(run.statuses, name)}"
    return ""


@functools.lru_cache(maxsize=256)
def reference_of(task: Task) -> Reference:
    """Run the base once and the gold twice."""
    reporter = reporter_of(task.command)
    if reporter is None:
        return Reference(f"the results of `{task.command[:200]}` cannot be read; use pytest or unittest")
    if not base_tree(task.repository, task.commit):
        return Reference(f"the repository has over {MAX_TREE_FILES} files or {MAX_TREE_BYTES} bytes")
    applied = apply(base_texts(task.repository, task.commit), task.gold_patch)
    if not applied.ok:
        return Reference(f"the gold patch does not apply to the repository: {applied.detail}")
    tests_of_gold = gold_tests(task)
    if tests_of_gold is None:
        return Reference("the test patch does not apply to the repository")
    linked = [path for path in (*applied.files, *tests_of_gold) if _is_link(task, path)]
    if linked:
        return Reference(f"`{linked[0]}` goes through a symbolic link")
    gold = _run(task, _with_gold_tests(task, applied.files))
    if not gold.statuses:
        return Reference(f"the gold's tests: {gold.why}", sandbox=gold.sandbox)
    base = _run(task, _with_gold_tests(task, {}))
    again = _run(task, _with_gold_tests(task, applied.files))
    steady = {name: status for name, status in gold.statuses.items() if again.statuses.get(name) == status}
    if task.fail_to_pass:
        fail_to_pass = tuple(map(reporter.key, task.fail_to_pass))
        pass_to_pass = tuple(map(reporter.key, task.pass_to_pass))
    else:
        fail_to_pass = tuple(n for n, s in steady.items() if s == "passed" and base.statuses.get(n) in (None, "failed"))
        pass_to_pass = tuple(n for n, s in steady.items() if s == "passed" and base.statuses.get(n) == "passed")
    broken = "" if fail_to_pass else "no test fails before the gold patch and passes after it"
    for name in fail_to_pass + pass_to_pass:
        if status_of(steady, name) not in ("passed", "xfail", *(() if name in fail_to_pass else ("skipped",))):
            state = status_of(gold.statuses, name)
            broken = broken or f"`{name}` is {state} with the gold patch, or not the same in a second run"
        elif name in fail_to_pass and status_of(base.statuses, name) in ("passed", "xfail"):
            broken = broken or f"`{name}` passes without the gold patch"
    return Reference(broken, fail_to_pass, pass_to_pass, tuple(gold.statuses.items()), gold.sandbox)


def is_test_file(path: str, task: Task) -> bool:
    """A file of tests by its name or folder, or because a test to judge by stands in it."""
    place = PurePosixPath(path)
    named = {test.split("::")[0] for test in (*task.fail_to_pass, *task.pass_to_pass)}
    return (
        path in named or TEST_NAME.fullmatch(place.name) is not None or bool({"tests", "test"} & set(place.parts[:-1]))
    )


@functools.lru_cache(maxsize=16)
def gold_tests(task: Task) -> dict[str, str | None] | None:
    """Test files as gold and test patch leave them; None where the test patch does not apply."""
    texts = base_texts(task.repository, task.commit)
    gold = apply(texts, task.gold_patch).files
    found = {path: text for path, text in gold.items() if is_test_file(path, task)}
    if not task.test_patch.strip():
        return found
    applied = apply({path: text for path, text in (texts | found).items() if text is not None}, task.test_patch)
    return found | applied.files if applied.ok else None


def _kept(task: Task, changes: dict[str, str | None]) -> dict[str, str | None]:
    """An edit without what it does to tests."""
    restored = gold_tests(task) or {}
    return {path: text for path, text in changes.items() if path not in restored and not is_test_file(path, task)}


def _with_gold_tests(task: Task, changes: dict[str, str | None]) -> Tree:
    """The base tree with an edit, its test files the gold's."""
    tree = dict(base_tree(task.repository, task.commit))
    for path, text in (_kept(task, changes) | (gold_tests(task) or {})).items():
        if text is None:
            tree.pop(path, None)
        else:
            tree[path] = (tree[path][0] if path in tree else 0o100644, _encoded(text))
    return tree


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # a lone surrogate that no file could have given
        return text.encode("utf-8", "replace")


def _run(task: Task, tree: Tree) -> Run:
    reporter = reporter_of(task.command)
    assert reporter is not None
    with tests.scratch() as scratch:
        folder = scratch / "repository"
        write_tree(tree, folder)
        limits = reporter.limits._replace(wall_s=task.seconds, cpu_s=task.seconds)
        ran = tests.run(task.command, folder, limits, reporter.variables, reporter.report, task.unsandboxed)
    statuses = reporter.read(ran)
    if statuses:
        return Run(statuses, "", ran.sandbox)
    stopped = (
        f"stopped for {ran.stopped}" if ran.stopped else f"exit code {ran.exit_code} and no report that agrees with it"
    )
    return Run({}, f"{stopped}: {ran.output[-300:].strip()}", ran.sandbox)


def write_tree(tree: Tree, folder: Path) -> None:
    """Write files, then links: nothing is ever written through a link."""
    folder.mkdir()
    for path, (mode, data) in tree.items():
        if mode != LINK:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            place.chmod(0o755 if mode & 0o111 else 0o644)
    for path, (mode, data) in tree.items():
        if mode == LINK:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            os.symlink(os.fsdecode(data), place)


def refused(task: Task, changes: dict[str, str | None], gold: dict[str, str | None]) -> str:
    """Why an edit may not be put to the test: it changes what runs the tests, and the gold does not."""
    texts = base_texts(task.repository, task.commit)
    for path, text in changes.items():
        place = PurePosixPath(path)
        if _is_link(task, path):
            return f"`{path}` goes through a symbolic link"
        if path in gold or text == texts.get(path):
            continue
        if place.name in CONFIGURATION or place.name in START_FILES or place.suffix == ".pth":
            return f"`{path}` steers the test run"
        if any(part.endswith((".egg-info", ".dist-info")) for part in place.parts):
            return f"`{path}` can register plugins of the test run"
        if path not in texts and place.parts[0].removesuffix(".py") in _importable():
            return f"`{path}` would stand in for a module that the test run imports"
        if path in task.command.split():
            return f"`{path}` is part of the test command"
    return ""


def _is_link(task: Task, path: str) -> bool:
    """Whether `path`, or a folder on its way, is a symbolic link of the repository."""
    tree = base_tree(task.repository, task.commit)
    steps = [path, *map(str, PurePosixPath(path).parents)]
    return any(tree[step][0] == LINK for step in steps if step in tree)


def forging(task: Task, changes: dict[str, str | None], gold: dict[str, str | None]) -> str:
    """A word in the edit's new lines that has to do with the test run, and is not already at home in the file or brought
    there by the gold; "" for none."""
    texts = base_texts(task.repository, task.commit)
    for path, text in _kept(task, changes).items():
        before = f"{texts.get(path, '')}\n{gold.get(path) or ''}"
        known = set(before.split("\n"))
        for line in (text or "").split("\n"):
            for found in FORGING.finditer(line) if line not in known else ():
                if found[0] not in before:
                    return found[0]
    return ""


def _importable() -> set[str]:
    import sys

    return SHADOWS | set(sys.stdlib_module_names)
