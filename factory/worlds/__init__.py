"""Small real worlds whose scripted agents leave true trajectories: for the demo, the tests and load.

A world's agent really searches, opens, edits and queries; nothing in a run is invented after the fact.
What the factory must make of each run is known by construction and stands in a side file that the build never reads.

A member is a module with
  prepare(folder: Path, seed: int, num_runs: int) -> prepared   side inputs under `folder` (made once; may be lazy);
                                                 `num_runs` may limit how many are made, never what a run holds
  run(index: int, seed: int, prepared) -> Run    the same for the same index and seed, whatever num_runs is

What is written under `out`:
  <domain>/runs-00000.jsonl    the runs, one JSON object a line: the folder that a build reads
  <domain>/...                 side inputs (databases, repositories); rows name them relative to <domain>/
  expected/<domain>.jsonl      one line a run, in the same order: {task_id, domain, outcome, stage, reason, gold,
                               tier1, tier2, answer, evidence_tokens_estimate}
"""

from __future__ import annotations

import filecmp
import importlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from factory import storage
from factory.errors import SettingsError
from factory.worlds.runs import Run, flaw, rejected

# domain -> module under factory.worlds, imported when first used
WORLDS: dict[str, str] = {"search": "search", "swe": "swe", "sql": "sql"}

FILE_RUNS = 1_000
FILE_BYTES = 64 << 20
"""A file of runs is closed after FILE_RUNS runs or FILE_BYTES bytes, whichever comes first."""

REPEATS = 2
"""Of a hundred runs this many are exact repeats of an earlier one."""


class Written(NamedTuple):
    folder: str
    """The input folder of a build."""
    files: list[str]
    """Names of the run files inside `folder`."""
    expected: str
    num_runs: int
    num_bytes: int
    """Bytes of the run files."""


def write(
    domain: str, num_runs: int, seed: int, out: str | Path, progress: Callable[[int], None] | None = None
) -> Written:
    """Write `num_runs` runs of `domain` under `out`, a folder or an s3:// prefix; `progress` is told the number of runs done."""
    if num_runs < 0:
        raise SettingsError(f"`num_runs` = {num_runs}; give a number of runs from 0 up")
    if storage.scheme(str(out)):
        return _write_remote(domain, num_runs, seed, str(out), progress)
    world = load(domain)
    folder = Path(out) / domain
    folder.mkdir(parents=True, exist_ok=True)
    prepared = world.prepare(folder, seed, num_runs)
    expected = Path(out) / "expected" / f"{domain}.jsonl"
    runs = stream(domain, world, prepared, num_runs, seed)
    files: list[str] = []
    num_bytes = index = 0
    with create(expected) as expectations:
        while index < num_runs:
            name = f"runs-{len(files):05d}.jsonl"
            with create(folder / name) as file:
                size = count = 0
                while index < num_runs and count < FILE_RUNS and size < FILE_BYTES:
                    made = next(runs)
                    size += file.write(orjson.dumps(made.row) + b"\n")
                    expectations.write(orjson.dumps(made.expected) + b"\n")
                    count, index = count + 1, index + 1
                    if progress:
                        progress(index)
            num_bytes += size
            files.append(name)
    for stale in sorted(folder.glob("runs-*.jsonl")):  # a longer earlier world in the same folder
        if stale.name not in files:
            stale.unlink()
    return Written(str(folder), files, str(expected), num_runs, num_bytes)


def _write_remote(domain: str, num_runs: int, seed: int, out: str, progress: Callable[[int], None] | None) -> Written:
    """Written here first: databases and repositories are made by programs that want a disk."""
    with tempfile.TemporaryDirectory() as scratch:
        written = write(domain, num_runs, seed, scratch, progress)
        for path in sorted(path for path in Path(scratch).rglob("*") if path.is_file()):
            storage.upload(path, storage.join(out, str(path.relative_to(scratch))))
    folder = storage.join(out, domain)
    for stale in storage.find(storage.join(folder, "runs-*.jsonl")):
        if stale.uri.rpartition("/")[2] not in written.files:
            storage.delete(stale.uri)
    return written._replace(folder=folder, expected=storage.join(out, "expected", f"{domain}.jsonl"))


def load(domain: str) -> Any:
    if domain not in WORLDS:
        raise SettingsError(f"`{domain}` is no world; known are {', '.join(WORLDS)}")
    return importlib.import_module(f"factory.worlds.{WORLDS[domain]}")


def stream(domain: str, world: Any, prepared: Any, num_runs: int, seed: int) -> Iterator[Run]:
    """The runs in order. A repeat copies the nearest earlier run that is read without complaint."""
    for index in range(num_runs):
        made = None
        for earlier in repeat_of(domain, seed, index):
            made = world.run(earlier, seed, prepared)
            if made.expected["outcome"] == "accepted":
                made = Run(made.row, rejected(made.expected, "compile", "duplicate"))
                break
            made = None
        yield made or world.run(index, seed, prepared)


def repeat_of(domain: str, seed: int, index: int) -> Iterator[int]:
    """Candidates for the run that `index` repeats, nearest first; none when `index` is a run of its own."""
    if flaw(f"{domain}-repeats", seed, index, {"repeat": REPEATS}):
        for earlier in range(index - 1, max(-1, index - 20), -1):
            if not flaw(f"{domain}-repeats", seed, earlier, {"repeat": REPEATS}):
                yield earlier


@contextmanager
def create(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing; it appears whole or not at all, and keeps its time where it already is what is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(scratch, "wb") as file:
            yield file
        appear(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def appear(scratch: Path, path: Path) -> None:
    """Move a finished file to its place. One that holds the same stays, so that a build which has read it has nothing to do."""
    if path.exists() and filecmp.cmp(scratch, path, shallow=False):
        scratch.unlink()
    else:
        os.replace(scratch, path)
