"""What a change costs:  python -m jobs.bench incremental [--runs 10000] [--peer-runs 200] [--s3-runs N] [--no-check]

One dataset over a search and a SQL world, changed step by step: seconds, units done by stage, and rows that are stale,
missing or there twice, found by comparing every row's hash with a dataset that is built from nothing after each step
(untimed; as long as a full build each time). All in this process, without Ray; that nothing is new also as a command,
on this disk and in an object store.
Beside it, on fewer runs: Ray Data with its own checkpoint and datatrove, over the same row function, each run again
after the same changes of the input; of changed rules they know nothing, and what they would keep is all stale.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from factory import identity, parts, prompts, publish, run, worlds
from factory.recipe import Input, Placement, Recipe, Search
from factory.records import digest
from jobs.benches import increments
from jobs.benches.object_store import object_store

INLINE = Placement(runner="inline")


def main() -> None:
    parser = argparse.ArgumentParser(prog="jobs.bench incremental", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000, help="runs of both worlds together")
    parser.add_argument("--peer-runs", type=int, default=200, help="search runs that the other frames get; 0 leaves them out")
    parser.add_argument("--s3-runs", type=int, default=0, help="runs in an object store, moto on this machine (default: as many as --runs)")
    parser.add_argument("--no-check", action="store_true", help="do not build everything anew after each step to count stale rows")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acc-bench-") as folder:
        print(f"{arguments.runs:,} runs; {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
        ours(Path(folder) / "ours", arguments.runs, not arguments.no_check)
        in_object_store(Path(folder), arguments.s3_runs or arguments.runs)
        if arguments.peer_runs:
            peers(Path(folder) / "peers", arguments.peer_runs)


def ours(folder: Path, num_runs: int, is_checked: bool) -> None:
    world, root = folder / "world", folder / "dataset"
    for domain in ("search", "sql"):
        worlds.write(domain, num_runs // 2, 0, world)
    recipe = Recipe(inputs=tuple(Input(uri=str(world / domain)) for domain in ("search", "sql")))
    cited = recipe.model_copy(update={"compile": recipe.compile.model_copy(update={"search": Search(gold="cited")})})
    steps: list[tuple[str, Callable[[], object], Recipe]] = [
        ("full", lambda: None, recipe),
        ("nothing new", lambda: None, recipe),
        ("+1 %", lambda: add_runs(world, max(1, num_runs // 100)), recipe),
        ("one changed row in a big object", lambda: change_row(world / "search" / "runs-00000.jsonl"), recipe),
        ("one changed database", lambda: change_database(world / "sql"), recipe),
        ("new verifier", lambda: raise_version("factory.verifiers.answer"), recipe),
        ("new prompt", lambda: raise_version(prompts.__name__), recipe),
        ("new distractor rule", lambda: None, cited),
    ]
    print(f"  {'ours':34}{'seconds':>9}  units done")
    with versions_kept():
        for name, change, asked in steps:
            change()
            started = time.perf_counter()
            result = run.build(str(root), asked, INLINE, lambda *_: None)
            seconds = time.perf_counter() - started
            did = ", ".join(f"{count:,} {stage}" for stage, count in result.did.items()) or "none"
            checked = f"; {compare(root, folder / 'fresh', asked)}" if is_checked and name != "full" else ""  # full is built from nothing
            print(f"  {name:34}{seconds:9.2f}  {did}{checked}", flush=True)
    again(folder / "recipe.json", cited, str(root), "nothing new, as a command")


def again(file: Path, recipe: Recipe, root: str, name: str) -> None:
    """`factory build` once where it may find something, then timed: it must say that there is nothing to do, without Ray."""
    file.write_text(recipe.model_dump_json())
    command = [sys.executable, "-X", "importtime", "-m", "factory.cli", "build", str(file), "--out", root, "--runner", "inline"]
    subprocess.run(command, capture_output=True, check=True)
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    assert "nothing to do" in done.stdout, done.stdout
    used = "with Ray" if any(line.split("|")[-1].strip() == "ray" for line in done.stderr.splitlines()) else "without Ray"
    print(f"  {name:34}{seconds:9.2f}  {used}", flush=True)


def in_object_store(folder: Path, num_runs: int) -> None:
    """The same question with runs, databases and dataset in an object store."""
    with object_store() as bucket:
        if not bucket:
            print("  in an object store: moto is not installed (pip install acc-factory[test])")
            return
        for domain in ("search", "sql"):
            worlds.write(domain, num_runs // 2, 0, f"{bucket}/world")
        recipe = Recipe(inputs=tuple(Input(uri=f"{bucket}/world/{domain}") for domain in ("search", "sql")))
        again(folder / "recipe-s3.json", recipe, f"{bucket}/dataset", f"nothing new on S3, {num_runs:,} runs")


def compare(root: Path, fresh: Path, recipe: Recipe) -> str:
    """Published rows and rejections of the dataset beside those of one that is built from nothing."""
    run.build(str(fresh), recipe, INLINE, lambda *_: None)
    have, want = rows(root), rows(fresh)
    shutil.rmtree(fresh)
    return f"{(have - want).total():,} stale, {(want - have).total():,} missing of {want.total():,} rows"


def rows(root: Path) -> Counter[str]:
    """Hash of every published row and rejection -> how often it stands there."""
    version = publish.current(str(root))
    assert version is not None
    found: Counter[str] = Counter()
    for file in (*version.files, *version.rejections):
        for row in parts.read_rows(str(root), file.path):
            found[digest(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))] += 1
    return found


def add_runs(world: Path, count: int) -> None:
    """Runs of another seed, in an object of their own."""
    with tempfile.TemporaryDirectory() as other:
        written = worlds.write("search", count, 1, other)
        shutil.copy(Path(written.folder, written.files[0]), world / "search" / "runs-added.jsonl")


def change_row(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    at = len(lines) // 2
    changed = json.loads(lines[at])
    lines[at] = json.dumps(changed | {"task_id": changed["task_id"] + "-changed"}).encode() + b"\n"
    path.write_bytes(b"".join(lines))


def change_database(folder: Path) -> None:
    path = sorted((folder / "databases").iterdir())[0]
    connection = sqlite3.connect(path)
    connection.execute("create table added (x integer)")
    connection.commit()
    connection.close()


TOUCHED: dict[str, str] = {}


def raise_version(module: str) -> None:
    """As when the module's code changed."""
    loaded = importlib.import_module(module)
    TOUCHED.setdefault(module, loaded.VERSION)
    loaded.VERSION += "+"  # type: ignore[attr-defined]
    identity.version.cache_clear()


@contextmanager
def versions_kept() -> Iterator[None]:
    try:
        yield
    finally:
        for module, version in TOUCHED.items():
            importlib.import_module(module).VERSION = version  # type: ignore[attr-defined]
        identity.version.cache_clear()


def peers(folder: Path, num_runs: int) -> None:
    world = folder / "world"
    worlds.write("search", num_runs, 0, world)
    for name, frame in increments.FRAMES.items():
        print(f"  {name + f', {num_runs} runs':34}{'seconds':>9}")
        shutil.copytree(world, folder / name / "world")
        source, out = folder / name / "world" / "search", folder / name / "out"
        changes: list[tuple[str, Callable[[], Any]]] = [
            ("full", lambda: None),
            ("nothing new", lambda: None),
            ("+1 %", lambda source=source: add_runs(source.parent, max(1, num_runs // 100))),
            ("one changed row in a big object", lambda source=source: change_row(source / "runs-00000.jsonl")),
        ]
        for step, change in changes:
            change()
            print(f"  {step:34}{increments.measure(name, frame, source, out)}", flush=True)


if __name__ == "__main__":
    main()
