"""Ray Data with its checkpoint and datatrove, run again over an input that changed: what they do, and what they leave.

Both write one row for every run, with the hash of the run as its id, and an empty context where the run is rejected:
a row that a frame drops is never checkpointed, and would be done again every time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.benches import peers

WORKERS = 2
FRAMES = {"Ray Data with checkpoint": "ray", "datatrove": "datatrove"}


def measure(name: str, package: str, source: Path, out: Path) -> str:
    if importlib.util.find_spec(package) is None:
        return "not installed (pip install acc-factory[bench])"
    before = sum(found(name, out).values())
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "jobs.benches.increments", name, str(source), str(out)], capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        return f"did not run: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}"
    have, want = found(name, out), Counter(identifier(line) for _, line in lines_of(source))
    written = have.total() - before
    return f"{seconds:9.2f}  {written:,} rows written; {(have - want).total():,} stale, {(want - have).total():,} missing of {want.total():,} rows"


def identifier(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:32]


def lines_of(source: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(source.glob("*.jsonl")):
        yield from ((path, line) for line in path.read_text("utf-8").splitlines())


def found(name: str, out: Path) -> Counter[str]:
    """Ids in the output, as often as they stand there."""
    paths = out.rglob("*.parquet") if out.exists() else []
    return Counter(value for path in paths if "checkpoint" not in path.parts for value in pq.read_table(path, columns=["id"])["id"].to_pylist())


class Rows:
    def __init__(self, folder: str):
        self.folder = folder
        peers.compiler(folder)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        contexts = [(row or {}).get("context", "") for row in peers.rows_of([str(line) for line in batch["text"]], self.folder)]
        return {"id": [str(value) for value in batch["id"]], "context": contexts}


def ray_data(source: Path, out: Path) -> None:
    """Its checkpoint wants an id in what is read, so the runs lie in Parquet, one file for each of ours."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    import ray
    from ray.data.checkpoint import CheckpointConfig

    staged = out.parent / "staged"
    staged.mkdir(exist_ok=True)
    for path in sorted(source.glob("*.jsonl")):
        lines = path.read_text("utf-8").splitlines()
        pq.write_table(pa.table({"id": [identifier(line) for line in lines], "text": lines}), staged / f"{path.stem}.parquet")
    ray.init(address="local", num_cpus=WORKERS + 4, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.checkpoint_config = CheckpointConfig(id_column="id", checkpoint_path=str(out / "checkpoint"), delete_checkpoint_on_success=False)
    rows = ray.data.read_parquet(str(staged)).map_batches(Rows, fn_constructor_args=(str(source),), concurrency=WORKERS, batch_size=peers.BATCH_ROWS)
    rows.write_parquet(str(out / "rows"))


def trove(source: Path, out: Path) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers import ParquetWriter

    writer = ParquetWriter(str(out / "rows"), batch_size=50)
    LocalPipelineExecutor([Documents(str(source)), writer], tasks=WORKERS, workers=WORKERS, logging_dir=str(out / "logs")).run()


class Documents:
    def __init__(self, source: str):
        self.source = source

    def __call__(self, _: Any, rank: int, world_size: int) -> Iterator[Any]:
        from datatrove.data import Document

        for path in sorted(Path(self.source).glob("*.jsonl"))[rank::world_size]:
            lines = iter(path.read_text("utf-8").splitlines())
            while batch := list(islice(lines, peers.BATCH_ROWS)):
                for line, row in zip(batch, peers.rows_of(batch, self.source)):
                    yield Document(text=row["context"] if row else " ", id=identifier(line))


if __name__ == "__main__":
    from jobs.benches import increments  # so that what travels to other processes is found there by its name

    own = {"Ray Data with checkpoint": increments.ray_data, "datatrove": increments.trove}
    own[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps({"done": True}))
