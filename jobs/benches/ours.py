"""The compile stage as a build runs it, with clocks around its parts: in this process, or as Ray Data actors.

Start-up (imports, tokenizer, scanner, actors) ends with one run that is not counted; its time is given apart.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from factory import identity, ledger, run
from factory.ledger import Commit
from factory.recipe import Compile as Settings
from factory.recipe import Input, Packing, Placement, Recipe
from factory.stages.compile import Compile, Shard
from factory.stages.line import Line
from factory.stages.output import Output
from factory.stages.spread import spread
from factory.stages.texts import Texts
from jobs.benches.clock import Took, cpu_seconds

PATIENCE_S = 120


def recipe_of(folder: Path) -> Recipe:
    return Recipe(inputs=(Input(uri=str(folder)),), compile=Settings(packing=Packing(min_context_tokens=0)))


def scopes_of(recipe: Recipe) -> list[dict[str, str]]:
    return [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]


def tasks_of(recipe: Recipe, num_tasks: int) -> list[tuple[Shard, ...]]:
    """The input in shards, some for every worker."""
    asked = run.listing(recipe, scopes_of(recipe))
    total = sum(info.size for _, info in asked.objects)
    return run.shards(asked.objects, min(Placement().shard_bytes, total // num_tasks + 1), recipe.inputs)


def compile(folder: Path, warm: Path, root: Path, workers: int) -> Took:
    """Compile the runs in `folder` into `root`; `workers` = 0 stays in this process. The runs in `warm` are for the start-up."""
    recipe = recipe_of(folder)
    tasks = tasks_of(recipe, 8)
    placement = Placement(workers=workers)
    worker = (str(root), recipe, tuple(scopes_of(recipe)), frozenset(), placement.part_bytes)
    began = time.time()
    for commit in spread(Timed, (worker, str(warm), max(1, workers)), tasks, placement, use_ray=workers > 0):
        ledger.write(str(root), commit)
    clocks = [json.loads(path.read_bytes()) for path in gate_of(root).glob("*.json")]
    start, end = min(clock["start"] for clock in clocks), max(clock["end"] for clock in clocks)
    items: Counter[str] = Counter()
    for clock in clocks:
        items.update(clock["items"])
    return Took(end - start, sum(clock["cpu"] for clock in clocks), start - began, dict(items))


def gate_of(root: str | Path) -> Path:
    """Where workers say that they have started, and what their tasks took."""
    return Path(f"{root}.gate")


class Timed:
    """A compile worker that waits until all workers have started, and notes what each task took."""

    def __init__(self, arguments: tuple[Any, ...], warm: str, num_workers: int):
        root, _, _, known, part_bytes = arguments
        self.items: Counter[str] = Counter()
        self.worker = Compile(*arguments)
        recipe = recipe_of(Path(warm))
        warmed = Compile(f"{root}.warm", recipe, tuple(scopes_of(recipe)), known, part_bytes)
        for task in tasks_of(recipe, 1):
            warmed(task)
        self.watch()
        self.gate, self.num_workers = gate_of(root), num_workers
        self.gate.mkdir(parents=True, exist_ok=True)
        (self.gate / f"{os.getpid()}.started").touch()

    def __call__(self, task: tuple[Shard, ...]) -> Commit:
        late = time.time() + PATIENCE_S
        while len(list(self.gate.glob("*.started"))) < self.num_workers and time.time() < late:
            time.sleep(0.005)
        self.items.clear()
        start, cpu = time.time(), cpu_seconds(os.getpid())
        commit = self.worker(task)
        clock = {"end": time.time(), "start": start, "cpu": cpu_seconds(os.getpid()) - cpu, "items": self.items}
        (self.gate / f"{commit.id}.json").write_text(json.dumps(clock))
        return commit

    def watch(self) -> None:
        """Put clocks around the parts of the stage; a part may hold another."""
        from factory import containers, formats, joins, packing, repositories, windows
        from factory.cage import sql
        from factory.domains import swe

        for name, owner, attribute in (
            ("decode", containers, "decode"),
            ("parse", formats, "parse"),
            ("join", joins.Join, "__call__"),
            ("collect: tables", sql.SqlCage, "read_lines"),
            ("collect: gold query, its other orders, schema", sql.SqlCage, "foresee"),
            ("collect: gold query again", sql.SqlCage, "query"),
            ("collect: patch applies", swe, "_check_gold"),
            ("collect: files of git", repositories, "read_files"),
            ("collect: windows", windows, "read"),
            ("clean", Texts, "evidence"),
            ("pack", packing, "pack"),
            ("gold check", Line, "_check_gold"),
            ("write", Compile, "_row"),
            ("write", Output, "close"),
        ):
            setattr(owner, attribute, self.timed(name, getattr(owner, attribute)))
        for domain in self.worker.line.domains.values():
            domain.collect = self.timed("collect", domain.collect)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.items[name] += time.perf_counter() - start

        return called
