"""Memory of a build on Ray:  python -m jobs.bench memory [--runs 1000 10000] [--workers 2]

Proportional set size (PSS) of the driver and of its workers without the object store, its peak over the second half of
a build of search runs (compile, trace, verify, publish), for a small and a large number of runs. The large one may
take 1.10 times as much and 64 MiB more. Ray's own processes and the object store's peak are printed apart.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from jobs.benches import inputs
from jobs.benches.clock import command, pss_bytes, tree

TIMES, MORE_BYTES = 1.10, 64 << 20
POLL_S = 0.5
MIB = 1 << 20
BUILD = """
import sys
from factory import run
from factory.recipe import Input, Placement, Recipe
recipe = Recipe(inputs=(Input(uri=sys.argv[1]),))
run.build(sys.argv[2], recipe, Placement(runner="ray", workers=int(sys.argv[3])), lambda stage, done, total: None)
"""


class Sample(NamedTuple):
    at: float
    bytes: dict[str, int]
    """By `driver`, `workers`, `ray` (its own processes) and `object store`."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="jobs.bench memory", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--input", default="search", choices=["search", "sql", "swe", "text"])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "acc-bench", help="inputs are kept here")
    parser.add_argument("--quick", action="store_true", help="few runs: does it work?")
    arguments = parser.parse_args()
    counts = [20, 200] if arguments.quick else sorted(arguments.runs)
    peaks = [measure(arguments.folder, arguments.input, count, arguments.workers) for count in counts]
    allowed = TIMES * peaks[0] + MORE_BYTES
    held = peaks[-1] <= allowed
    print(f"{counts[-1]:,} runs take {peaks[-1] / MIB:,.0f} MiB where {allowed / MIB:,.0f} are allowed: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


def measure(folder: Path, name: str, num_runs: int, workers: int) -> int:
    """Peak bytes of driver and workers over the second half of a build."""
    source = inputs.prepare(folder, name, num_runs)
    out = Path(tempfile.mkdtemp(prefix="acc-bench-", dir=folder))
    samples: list[Sample] = []
    start = time.time()
    try:
        with open(out / "log", "w+b") as log:
            process = subprocess.Popen([sys.executable, "-c", BUILD, str(source), str(out / "dataset"), str(workers)], stdout=log, stderr=log)
            while process.poll() is None:
                samples.append(sample(process.pid))
                time.sleep(POLL_S)
            if process.returncode:
                log.seek(0)
                raise SystemExit(f"the build failed:\n{log.read().decode('utf-8', 'replace')[-3000:]}")
    finally:
        shutil.rmtree(out, ignore_errors=True)
    middle = start + (time.time() - start) / 2
    late = [one for one in samples if one.at >= middle]
    peak = max(late, key=lambda one: one.bytes["driver"] + one.bytes["workers"]).bytes
    total = peak["driver"] + peak["workers"]
    store = max(one.bytes["object store"] for one in samples)
    own = max(one.bytes["ray"] for one in samples)
    print(
        f"{name}, {num_runs:,} runs, {time.time() - start:,.0f} s: {total / MIB:,.0f} MiB (driver {peak['driver'] / MIB:,.0f}, workers "
        f"{peak['workers'] / MIB:,.0f}); Ray's own processes {own / MIB:,.0f} MiB, object store {store / MIB:,.0f} MiB",
        flush=True,
    )
    return total


def sample(driver: int) -> Sample:
    found: dict[str, int] = defaultdict(int)
    for pid in tree(driver):
        private, shared = pss_bytes(pid)
        name = command(pid)
        kind = "driver" if pid == driver else "ray" if is_rays_own(name) else "workers"
        found[kind] += private
        found["object store"] += shared
    return Sample(time.time(), found)


def is_rays_own(name: str) -> bool:
    """Ray's daemons and agents; its workers, idle ones too, are called `ray::` something."""
    return not name.startswith("ray::") and any(part in name for part in ("raylet", "gcs_server", "/ray/dashboard", "/ray/_private", "log_monitor"))


if __name__ == "__main__":
    raise SystemExit(main())
