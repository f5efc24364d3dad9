"""How soon a finished attempt is on storage:  python -m jobs.benches.durable

A build asks the scripted server of `resume`, whose replies say when they were sent; beside it this process reads the
dataset's ledger again and again, as another reader of the same storage would. Of every attempt: the seconds from its reply
to the moment at which its trace had been read back, reading included. On the local disk and on S3 (moto, where installed).
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from factory import ledger, parts
from jobs.benches import resume
from jobs.benches.object_store import object_store

LOADS = ((16, 4), (512, 32))
"""(requests in flight, attempts at each prompt)"""
PATIENCE_S = 300
SENT = re.compile(r"Answered at (\d+\.\d+)")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, object_store() as bucket:
        for place in filter(None, (folder, bucket)):
            for in_flight, attempts in LOADS:
                root = f"{place}/durable-{in_flight}"
                num_prompts = resume.compiled(Path(folder), root)
                lags, seconds = watched(Path(folder), root, in_flight, attempts)
                print(
                    f"durable: {'S3' if place == bucket else 'disk'}, {in_flight} in flight, {len(lags):,} of {num_prompts * attempts:,} attempts, {len(lags) / seconds:,.0f} a second: "
                    f"on storage after {statistics.median(lags):.2f} s (median), {max(lags):.2f} s (worst; at most 2)"
                )


def watched(folder: Path, root: str, in_flight: int, attempts: int) -> tuple[list[float], float]:
    """Seconds to storage of every attempt of a build, and from the first attempt to the last."""
    found: dict[str, float] = {}
    read: set[str] = set()
    first = last = 0.0
    with resume.serving() as url:
        build = subprocess.Popen([sys.executable, "-m", "jobs.benches.durable", str(folder), root, url, str(in_flight), str(attempts)], stdout=subprocess.DEVNULL)
        late = time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < late:
                ended = build.poll() is not None
                for part in ledger.parts(ledger.load(root, "trace"), "traces"):
                    if part.path in read:
                        continue
                    read.add(part.path)
                    for row in parts.read_rows(root, part.path, ("unit", "raw")):
                        sent = SENT.search(row["raw"])
                        if sent and row["unit"] not in found:
                            last = time.time()
                            first = first or last
                            found[row["unit"]] = last - float(sent[1])
                if ended:
                    break
                time.sleep(0.05)
        finally:
            build.kill()
            build.wait()
    if build.returncode or not found:
        raise RuntimeError(f"the build ended with {build.returncode}, and {len(found)} attempts were seen")
    return list(found.values()), max(last - first, 1e-3)


def build(folder: str, root: str, url: str, in_flight: str, attempts: str) -> None:
    from factory import run

    run.build(root, resume.recipe(Path(folder), "openai", int(attempts)), resume.placement(url, int(in_flight)), lambda *_: None)


if __name__ == "__main__":
    build(*sys.argv[1:]) if len(sys.argv) > 1 else main()
