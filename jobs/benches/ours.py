"""The compile stage as a build runs it, with clocks around its parts: in this process, or as Ray Data actors.

Start-up (imports, tokenizer, scanner, actors) ends with one run that is not counted; its time is given apart.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from factory import identity, ledger, packing, run
from factory.ledger import Commit
from factory.recipe import Compile as Settings
from factory.recipe import Input, Packing, Placement, Recipe
from factory.stages.compile import Compile, Output, Shard
from factory.stages.spread import spread
from jobs.benches.clock import cpu_seconds

ITEMS = ("read", "parse", "join", "collect", "clean", "pack", "gold check", "write")
PATIENCE_S = 120


class Took(NamedTuple):
    """What one program took for one input."""

    wall_s: float
    cpu_s: float
    startup_s: float
    items: dict[str, float]
    """Wall seconds inside parts of the work, over all processes; an item may hold another."""
    commits: list[Commit]


class Receipt(NamedTuple):
    commit: Commit
    start: float
    end: float
    cpu_s: float
    startup_s: float
    items: dict[str, float]


def recipe_of(folder: Path) -> Recipe:
    return Recipe(inputs=(Input(uri=str(folder)),), compile=Settings(packing=Packing(min_context_tokens=0)))


def tasks_of(recipe: Recipe, num_tasks: int) -> list[tuple[Shard, ...]]:
    """The input in shards, some for every worker."""
    asked = run.listing(recipe, scopes_of(recipe))
    total = sum(info.size for _, info in asked.objects)
    return run.shards(asked.objects, min(Placement().shard_bytes, total // num_tasks + 1), recipe)


def scopes_of(recipe: Recipe) -> list[dict[str, str]]:
    return [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]


def compile(folder: Path, warm: Path, root: Path, workers: int) -> Took:
    """Compile the runs in `folder`; `workers` = 0 stays in this process. The run in `warm` is for the start-up."""
    recipe = recipe_of(folder)
    tasks = tasks_of(recipe, 8)
    placement = Placement(workers=workers)
    arguments = (str(root), recipe, tuple(scopes_of(recipe)), frozenset(), placement.part_bytes)
    startup = time.time()
    receipts = []
    for receipt in spread(Timed, (arguments, str(warm), max(1, workers)), tasks, placement, use_ray=workers > 0):
        ledger.write(str(root), receipt.commit)
        receipts.append(receipt)
    start, end = min(r.start for r in receipts), max(r.end for r in receipts)
    items: Counter[str] = Counter()
    for receipt in receipts:
        items.update(receipt.items)
    return Took(end - start, sum(r.cpu_s for r in receipts), start - startup, dict(items), [r.commit for r in receipts])


class Timed:
    """A compile worker that waits until all workers have started, and says what each task took."""

    def __init__(self, arguments: tuple[Any, ...], warm: str, num_workers: int):
        root, _, scopes, known, part_bytes = arguments
        self.items: Counter[str] = Counter()
        started = time.time()
        self.worker = Compile(*arguments)
        recipe = recipe_of(Path(warm))
        warmed = f"{root}.warm-{os.getpid()}"
        for task in tasks_of(recipe, 1):
            Compile(warmed, recipe, scopes, known, part_bytes)(task)
        self.watch()
        self.startup_s = time.time() - started
        self.gate, self.num_workers = Path(f"{root}.gate"), num_workers
        self.gate.mkdir(parents=True, exist_ok=True)
        (self.gate / str(os.getpid())).touch()

    def __call__(self, task: tuple[Shard, ...]) -> Receipt:
        late = time.time() + PATIENCE_S
        while len(os.listdir(self.gate)) < self.num_workers and time.time() < late:
            time.sleep(0.005)
        self.items.clear()
        start, cpu = time.time(), cpu_seconds(os.getpid())
        commit = self.worker(task)
        end = time.time()
        return Receipt(commit, start, end, cpu_seconds(os.getpid()) - cpu, self.startup_s, dict(self.items))

    def watch(self) -> None:
        """Put clocks around the parts of the stage."""
        from factory import containers, formats, repositories, windows
        from factory.cage import sql
        from factory.domains import swe

        worker = self.worker
        worker._clean = self.timed("clean", worker._clean)  # type: ignore[method-assign]
        worker._clean_evidence = self.timed("clean", worker._clean_evidence)  # type: ignore[method-assign]
        worker._check_gold = self.timed("gold check", worker._check_gold)  # type: ignore[method-assign]
        worker._write = self.timed("write", worker._write)  # type: ignore[method-assign]
        worker.joins = [self.timed("join", join) for join in worker.joins]
        packing.pack = self.timed("pack", packing.pack)
        formats.parse = self.timed("parse", formats.parse)
        containers.decode = self.timed("decode", containers.decode)
        Output.close = self.timed("write", Output.close)  # type: ignore[method-assign]
        for domain in worker.domains.values():
            domain.collect = self.timed("collect", domain.collect)
        sql.SqlCage.read_table = self.timed("collect: tables", sql.SqlCage.read_table)  # type: ignore[method-assign]
        swe._check_gold = self.timed("collect: patch check", swe._check_gold)
        repositories.read_files = self.timed("collect: files of git", repositories.read_files)
        windows.read = self.timed("collect: windows", windows.read)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.items[name] += time.perf_counter() - start

        return called
