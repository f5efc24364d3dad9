"""Seconds of CPU and bytes of memory of processes, from /proc (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")


class Took(NamedTuple):
    """What one program took for one input, start-up excluded."""

    wall_s: float
    cpu_s: float
    """User and system time of all its processes."""
    startup_s: float
    items: dict[str, float]
    """Wall seconds inside parts of the work, summed over processes."""


def tree(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for task in tasks:
        try:
            children = Path(f"/proc/{pid}/task/{task}/children").read_text()
        except OSError:
            continue
        for child in children.split():
            yield from tree(int(child))


def times(pid: int) -> list[int]:
    """User and system ticks of a process, and those of the children that it has waited for."""
    try:
        return list(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    except OSError:
        return [0, 0, 0, 0]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, of all that descend from it and of those that it has waited for."""
    return sum(sum(times(one)) for one in tree(pid)) / TICKS


def own_cpu_seconds(pid: int) -> float:
    return sum(times(pid)[:2]) / TICKS


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def pss_bytes(pid: int) -> tuple[int, int]:
    """(proportional set size without shared memory, shared memory in it): pages that several processes map are divided
    among them, and the object store is shared memory."""
    values = {}
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if rest.endswith("kB"):
                values[name] = int(rest.split()[0]) << 10
    except OSError:
        return 0, 0
    shared = values.get("Pss_Shmem", 0)
    return values.get("Pss", 0) - shared, shared
