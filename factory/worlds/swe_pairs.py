"""Pairs of a repository and a bug: drawn, measured by running the tests, and put into git.

Pair p of a seed is the same whatever else is made. A bug counts when the tests that fail because of it can be
named: some fail, some still pass, none is broken or endless.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from factory.worlds import swe_bugs, swe_git, swe_record, swe_repositories
from factory.worlds.runs import chance
from factory.worlds.swe_bugs import Place
from factory.worlds.swe_measure import Bench, Result
from factory.worlds.swe_repositories import Repository

MOST_PAIRS = 200
SPREAD = 3
"""Neighbouring pairs lie in this many repositories, so that the first few pairs already differ in size."""
PAIRS_A_REPOSITORY = 4
MOST_FAILURES = 12


@dataclass
class Pair:
    number: int
    repository: Repository
    kind: str
    bugs: list[tuple[str, Place]]
    """(path, edit of the right text) of every place."""
    base: dict[str, str]
    """The files with the bug."""
    before: Result
    """What the tests say of them."""
    pass_to_pass: list[str]
    patch: str = ""
    """`git diff` from the files with the bug to the right ones."""
    commit: str = ""
    """The commit that holds `base`."""
    spoiled: dict[str, str] | None = None
    """The files after a change that repairs nothing, where a run needs one."""

    @property
    def branch(self) -> str:
        return f"work-{self.number:03d}"

    @property
    def fixed(self) -> dict[str, str]:
        return self.repository.files

    @property
    def fail_to_pass(self) -> list[str]:
        return self.before.failed

    @property
    def gold(self) -> list[str]:
        """Paths that the patch touches."""
        return sorted({path for path, _ in self.bugs})


def prepare(folder: Path, seed: int, numbers: Iterable[int], bench: Bench) -> dict[int, Pair]:
    """Make the pairs and the bundles `folder/repositories/NAME.bundle` that hold them, several repositories at a time."""
    wanted: dict[int, list[int]] = {}
    for number in sorted(set(numbers)):
        wanted.setdefault(repository_of(number), []).append(number)
    with tempfile.TemporaryDirectory(prefix="swe-git-") as scratch:
        made = bench.each(lambda index: one(folder, seed, index, wanted[index], bench, Path(scratch)), sorted(wanted))
    return {pair.number: pair for pairs in made for pair in pairs}


def repository_of(number: int) -> int:
    block, inside = divmod(number, SPREAD * PAIRS_A_REPOSITORY)
    return block * SPREAD + inside % SPREAD


def one(folder: Path, seed: int, index: int, numbers: list[int], bench: Bench, scratch: Path) -> list[Pair]:
    """The pairs of one repository, with its bundle."""
    repository = swe_repositories.draw(seed, index)
    repository.files = swe_record.record(repository.files, bench)
    right = bench.run_tests(repository.files)
    assert right.status == 0, f"{repository.name} fails its own tests:\n{right.output[-2000:]}"
    pairs = [draw(repository, right, seed, number, bench) for number in numbers]
    first = {path: repository.files[path] for path in ("README.md", "pyproject.toml")}
    place = scratch / repository.name
    made = swe_git.make(place, first, {pair.branch: pair.base for pair in pairs}, repository.files, index)
    swe_git.bundle(place, folder / "repositories" / f"{repository.name}.bundle")
    for pair in pairs:
        pair.commit, pair.patch = made[pair.branch]
    return pairs


def draw(repository: Repository, right: Result, seed: int, number: int, bench: Bench) -> Pair:
    """The first drawn bug that the tests notice in the way that we want."""
    kind = swe_bugs.KINDS[(number * 7 + number // len(swe_bugs.KINDS)) % len(swe_bugs.KINDS)]
    for attempt in range(200):
        rng = chance("swe-bug", seed, number, attempt)
        if attempt % 8 == 7:  # the repository may hold no place of the kind
            kind = rng.choice(swe_bugs.KINDS)
        bugs = draw_bugs(repository, kind, rng)
        if not bugs:
            continue
        base = dict(repository.files)
        for path, place in bugs:
            base[path] = place.apply(base[path])
        before = bench.run_tests(base)
        if before.status != 1 or set(before.tests) != set(right.tests) or "error" in before.tests.values():
            continue
        if 1 <= len(before.failed) <= MOST_FAILURES and before.passed and all_noticed(repository, bugs, before):
            return Pair(number, repository, kind, bugs, base, before, before.passed)
    raise AssertionError(f"no bug found for pair {number} of seed {seed}")


def draw_bugs(repository: Repository, kind: str, rng: random.Random) -> list[tuple[str, Place]]:
    paths = sorted(repository.tests_of)
    if kind != "two_files":
        path = rng.choice(paths)
        place = swe_bugs.draw(rng, kind, repository.files[path])
        return [(path, place)] if place else []
    bugs = []
    for path in sorted(rng.sample(paths, 2)):
        place = swe_bugs.draw(rng, rng.choice(swe_bugs.KINDS[:-1]), repository.files[path])
        if place:
            bugs.append((path, place))
    return bugs if len(bugs) == 2 else []


def all_noticed(repository: Repository, bugs: list[tuple[str, Place]], before: Result) -> bool:
    """Whether the tests of every module with a bug fail, so that no half of a bug is enough."""
    return all(any(name.startswith(repository.tests_of[path] + "::") for name in before.failed) for path, _ in bugs)


def not_fixed(pair: Pair, files: dict[str, str], bench: Bench) -> bool:
    """Whether files that somebody changed still fail a test that the right ones pass."""
    result = bench.run_tests(files)
    return any(result.tests.get(name) != "passed" for name in (*pair.fail_to_pass, *pair.pass_to_pass))
