"""Speed of the compile stage:  python -m jobs.bench compile [--quick] [--inputs text tables search sql swe] [--runs 1000]

MB of evidence text (of the finished contexts, UTF-8) a second, best of several rounds, start-up excluded and printed:
ours in this process and on Ray Data beside the floor (jobs/benches/floor.py: the same reading, decoding, tokenising and
writing without any logic, in plain processes), and on fewer runs the floor with `tokenizers`, Ray Data with rows in
blocks, `datasets.map` and datatrove. Inputs: `text` (search) and `tables` (SQL) are runs over the real prose and code of
this installation, every page distinct; the others are the worlds. Seconds of CPU stand beside those of the clock: they hold on a busy machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from factory import ledger
from jobs.benches import floor, inputs, ours, peers
from jobs.benches.clock import Took

WARM_RUNS = 6
SWE_RUNS = 150
"""The swe world takes about half a second to make a run."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="jobs.bench compile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", nargs="+", default=["text", "tables", "search", "sql", "swe"], choices=["text", "tables", "search", "sql", "swe"])
    parser.add_argument("--runs", type=int, default=1_000, help="runs of each input")
    parser.add_argument("--swe-runs", type=int, default=SWE_RUNS)
    parser.add_argument("--rounds", type=int, default=3, help="the best one counts")
    parser.add_argument("--workers", type=int, default=2, help="processes of the floor, of Ray Data and of the peers")
    parser.add_argument("--peers", nargs="*", default=["text"], help="inputs that the peers compile too")
    parser.add_argument("--peer-runs", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "acc-bench", help="inputs are kept here")
    parser.add_argument("--quick", action="store_true", help="few runs and one round: does it work?")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs, arguments.swe_runs, arguments.rounds, arguments.peer_runs = 40, 12, 1, 20
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {arguments.rounds} rounds, the best counts")
    for name in arguments.inputs:
        bench(name, arguments)


def bench(name: str, arguments: argparse.Namespace) -> None:
    num_runs, workers = arguments.swe_runs if name == "swe" else arguments.runs, arguments.workers
    folder, warm = inputs.prepare(arguments.folder, name, num_runs), inputs.prepare(arguments.folder, name, WARM_RUNS)
    scratch = Path(tempfile.mkdtemp(prefix="acc-bench-", dir=arguments.folder))
    took: dict[str, list[Took]] = {}
    work = None
    try:
        for number in range(arguments.rounds):
            root = scratch / f"inline-{number}"
            took.setdefault("ours, inline", []).append(apart(ours.compile, folder, warm, root, 0))
            work = work or floor.plan(root, ledger.load(str(root), "compile"))
            took.setdefault("floor x 1", []).append(floor.measure(work, scratch / f"floor-{number}", 1))
            took.setdefault(f"ours, Ray Data x {workers}", []).append(apart(ours.compile, folder, warm, scratch / f"ray-{number}", workers))
            took.setdefault(f"floor x {workers}", []).append(floor.measure(work, scratch / f"floors-{number}", workers))
        assert work
        say(name, num_runs, work, took, workers)
        if name in arguments.peers:
            say_peers(name, min(arguments.peer_runs, num_runs), warm, scratch, arguments)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function called in a fresh process: no cache of an earlier round is warm."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def say(name: str, num_runs: int, work: floor.Plan, took: dict[str, list[Took]], workers: int) -> None:
    megabytes = work.evidence_bytes / 1e6
    print(f"\n{name}: {num_runs:,} runs, {work.num_examples:,} examples, {work.num_rejected:,} rejected; {megabytes:,.1f} MB of evidence, ")
    print(f"  of it {work.distinct_bytes / 1e6:,.1f} MB distinct and {work.given_bytes / 1e6:,.1f} MB given to the floor ready-made")
    head()
    best = {program: fastest(rounds) for program, rounds in took.items()}
    for program, one in best.items():
        line(program, one, megabytes)
    for program, under in (("ours, inline", "floor x 1"), (f"ours, Ray Data x {workers}", f"floor x {workers}")):
        mine, least = best[program], best[under]
        print(f"  {program}: {least.wall_s / mine.wall_s:.0%} of the floor by the clock, {least.cpu_s / mine.cpu_s:.0%} by CPU")
    items = best["ours, inline"].items
    parts = ", ".join(f"{item} {seconds:.2f}" for item, seconds in sorted(items.items(), key=lambda pair: -pair[1]))
    print(f"  inside ours, inline (s; a part may hold another): {parts}")


def say_peers(name: str, num_runs: int, warm: Path, scratch: Path, arguments: argparse.Namespace) -> None:
    folder, workers = inputs.prepare(arguments.folder, name, num_runs), arguments.workers
    root = scratch / "peers-ours"
    mine = apart(ours.compile, folder, warm, root, workers)
    work = floor.plan(root, ledger.load(str(root), "compile"))
    megabytes = work.evidence_bytes / 1e6
    print(f"\n{name}, {num_runs:,} runs, {megabytes:,.1f} MB of evidence, {workers} processes, one round")
    head()
    line("ours, Ray Data", mine, megabytes)
    others = {"multiprocessing with tokenizers": floor.measure(work, scratch / "tokenizers", workers, "tokenizers")}
    others |= {peer: peers.measure(peer, folder, scratch, workers) for peer in peers.PEERS}
    for peer, one in others.items():
        if isinstance(one, str):
            print(f"  {peer:32} {one}")
        else:
            line(peer, one, megabytes)
            print(f"  {'':32} ours is {one.wall_s / mine.wall_s:.1f} times as fast by the clock, {one.cpu_s / mine.cpu_s:.1f} by CPU")


def head() -> None:
    print(f"  {'':32} {'wall s':>8} {'CPU s':>8} {'MB/s':>8} {'MB/CPU s':>9} {'start-up s':>11}")


def line(program: str, took: Took, megabytes: float) -> None:
    wall, cpu = max(took.wall_s, 1e-3), max(took.cpu_s, 1e-3)
    print(f"  {program:32} {took.wall_s:8.2f} {took.cpu_s:8.2f} {megabytes / wall:8.1f} {megabytes / cpu:9.1f} {took.startup_s:11.1f}")


def fastest(rounds: list[Took]) -> Took:
    """The least wall time and the least CPU time, which on a busy machine may come from different rounds."""
    by_cpu = min(rounds, key=lambda one: one.cpu_s)
    return Took(min(one.wall_s for one in rounds), by_cpu.cpu_s, min(one.startup_s for one in rounds), by_cpu.items)


if __name__ == "__main__":
    main()
