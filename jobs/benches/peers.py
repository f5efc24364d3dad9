"""The same row function in the frames that people usually put around one, each as its documentation shows it.

The rows travel as each frame likes it: Ray Data through blocks, `datasets` through Arrow files, datatrove through
documents. Parsing, collecting, cleaning, packing, gigatoken and the gold check are ours in all of them, so that the
difference is the frame. Start-up ends when the first process has compiled one run, which is not counted; what a frame
reads before that is not counted either.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from factory import containers
from factory.records import Example
from factory.stages.line import Line, Made
from jobs.benches.clock import Took, own_cpu_seconds, tree
from jobs.benches.ours import recipe_of, scopes_of

POLL_S = 0.05
BATCH_ROWS = 64
"""Rows that a frame hands over together: about what ours takes of real text."""
STARTED = "BENCH_PEER_STARTED"
"""Environment variable with the path of a file that appears when the first process is ready."""
PACKAGES = {"Ray Data, rows in blocks": "ray", "datasets.map": "datasets", "datatrove": "datatrove"}


@functools.cache
def compiler(folder: str) -> Line:
    recipe = recipe_of(Path(folder))
    line = Line(recipe, tuple(scopes_of(recipe)), frozenset())
    with open(min(Path(folder).glob("*.jsonl")), encoding="utf-8") as file:
        compiled(line, [file.readline()], folder)
    if started := os.environ.get(STARTED):  # nobody waits for it where peers are run step by step
        Path(started).touch()
    return line


def rows_of(lines: list[str], folder: str) -> list[dict[str, str] | None]:
    """An example of each line as a flat row; None for a run that is rejected."""
    return compiled(compiler(folder), lines, folder)


def compiled(line: Line, texts: list[str], folder: str) -> list[dict[str, str] | None]:
    records = [containers.record_of("0", data, containers.decode(data)) for data in map(str.encode, texts)]
    runs = [run for record in records for run in line.runs_of(record, f"{folder}/runs.jsonl", 0)]
    return [flat(run.outcome.example) if isinstance(run.outcome, Made) else None for run in line.pass_through(runs, ())]


def flat(made: Example) -> dict[str, str]:
    return {"id": made.id, "question": made.question, "context": made.context, "agent": made.agent.reasoning, "answer": made.agent.answer}


class Rows:
    """A batch function for actors."""

    def __init__(self, folder: str):
        self.folder = folder
        compiler(folder)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        found = [row for row in rows_of([str(line) for line in batch["text"]], self.folder) if row]
        return {name: [row[name] for row in found] for name in ("id", "question", "context", "agent", "answer")}


def ray_data(folder: str, out: str, workers: int) -> None:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    ray.init(address="local", num_cpus=workers + 1, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    lines = ray.data.read_text(folder, file_extensions=["jsonl"])
    lines.map_batches(Rows, fn_constructor_args=(folder,), concurrency=workers, batch_size=BATCH_ROWS).write_parquet(out, compression="zstd")


def datasets_map(folder: str, out: str, workers: int) -> None:
    os.environ["HF_DATASETS_CACHE"] = f"{out}/cache"
    import datasets

    datasets.disable_progress_bars()
    lines = datasets.load_dataset("text", data_files=f"{folder}/*.jsonl", split="train")
    rows = lines.map(Rows(folder), batched=True, batch_size=BATCH_ROWS, num_proc=min(workers, len(lines)), remove_columns=["text"])
    rows.to_parquet(f"{out}/rows.parquet")


def trove(folder: str, out: str, workers: int) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers import ParquetWriter

    pipeline = [functools.partial(read_documents, folder=folder), functools.partial(compile_documents, folder=folder)]
    writer = ParquetWriter(f"{out}/rows", compression="zstd", batch_size=50)
    LocalPipelineExecutor([*pipeline, writer], tasks=workers, workers=workers, logging_dir=f"{out}/logs").run()


def read_documents(_: Any, rank: int, world_size: int, folder: str) -> Iterator[Any]:
    """Every line as a document: datatrove's own reader decodes lines by a slower path."""
    from datatrove.data import Document

    for path in sorted(Path(folder).glob("*.jsonl"))[rank::world_size]:
        with open(path, encoding="utf-8") as file:
            for index, line in enumerate(file):
                yield Document(text=line, id=f"{path.name}/{index}")


def compile_documents(documents: Iterable[Any], rank: int, world_size: int, folder: str) -> Iterator[Any]:
    waiting = iter(documents)
    while batch := list(itertools.islice(waiting, BATCH_ROWS)):
        for document, row in zip(batch, rows_of([document.text for document in batch], folder)):
            if row:
                document.text = row.pop("context")
                document.metadata = dict(row)
                yield document


PEERS: dict[str, Callable[[str, str, int], None]] = {
    "Ray Data, rows in blocks": ray_data,
    "datasets.map": datasets_map,
    "datatrove": trove,
}


def measure(name: str, folder: Path, out: Path, workers: int) -> Took | str:
    """What a peer took; a sentence where it is not installed or failed."""
    if importlib.util.find_spec(PACKAGES[name]) is None:
        return "not installed (pip install acc-factory[bench])"
    target = out / PACKAGES[name]
    target.mkdir(parents=True)
    began, started = time.time(), target / "started"
    command = [sys.executable, "-m", "jobs.benches.peers", name, str(folder), str(target), str(workers)]
    with open(target / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, STARTED: str(started)})
    seen: dict[int, float] = {}
    start, before = 0.0, 0.0
    while process.poll() is None:
        for pid in tree(process.pid):
            seen[pid] = max(seen.get(pid, 0.0), own_cpu_seconds(pid))
        if not start and started.exists():
            start, before = started.stat().st_mtime, sum(seen.values())
        time.sleep(POLL_S)
    if process.returncode or not start:
        return "failed:\n" + (target / "log").read_text("utf-8", "replace")[-1_500:]
    end = (target / "ended").stat().st_mtime
    return Took(end - start, sum(seen.values()) - before, start - began, {})


if __name__ == "__main__":
    from jobs.benches import peers  # so that what travels to other processes is found there by its name

    peers.PEERS[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
    (Path(sys.argv[3]) / "ended").touch()
