"""Measure the verifiers, show that no named fault is open, and attack the cages. Needs a checkout: the labelled answers, the
references and the attacks are those of tests/.

    python -m jobs.bench verify [--runs 40] [--mutations 3000] [--workers 2]
    python -m jobs.bench verify --faults            every fault of the specification: tests, result
    python -m jobs.bench verify --attacks           every attack: what stopped it, milliseconds
    python -m jobs.bench verify --real FOLDER       verdicts on public runs beside their sources' own flags

A right answer that is undecided counts as a false reject.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from factory.recipe import Verify
from factory.records import Example, Verdict
from factory.side import SideInputs
from factory.verifiers import patch, sql_result
from jobs import bench_answers

SETTINGS = Verify(swe_tests="never")
SIZES = (15_900, 400_000)
"""Characters of a hostile answer."""
HOSTILE_SQL = (
    "| a ", "[", "(", "{", "[(1, ", "SELECT ", "SELECT (", "1,", "- x\n", "1. x\n", "'", '"', "\\", "```\n", "|---|\n", "a,b\n", "4 or ",
    "not 4 ", "NULL ", "answer: ", "<answer>", "9", "-", ";\n", "{'a': ", "Decimal(", "x'", "&amp;",
)  # fmt: skip
HOSTILE_PATCHES = (
    "--- a/f\n+++ b/f\n", "@@ -1 +1 @@\n", "@@ ... @@\n", "<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n", "+x\n", " a\n-b\n+c\n",
    "```\n", "```diff\n", "diff --git a/f b/f\n", "### f\n", "@@ -1,99999 +1,99999 @@\n", "-\n", "+\n", "\\ No newline at end of file\n", "(", '"',
)  # fmt: skip


class Labelled(NamedTuple):
    """What the table of bench_answers asks of a pair."""

    right: bool
    kind: str
    type: str


class Judged(NamedTuple):
    pair: Labelled
    verdict: Verdict
    seconds: float
    text: str


def judge_all(answers: Iterable, verify: Callable[..., Verdict]) -> list[Judged]:
    found = []
    side = SideInputs()
    for answer in answers:
        start = time.perf_counter()
        verdict = verify(answer.example, answer.text, SETTINGS, side)
        found.append(Judged(Labelled(answer.right, answer.kind, answer.type), verdict, time.perf_counter() - start, answer.text))
    return found


def show(title: str, found: list[Judged]) -> None:
    pairs = [(j.pair, j.verdict.outcome) for j in found]
    print(f"\n{title} by form", *bench_answers.table(pairs, lambda p: p.type), sep="\n")
    print(f"\n{title} by change", *bench_answers.table(pairs, lambda p: p.kind[:23]), sep="\n")
    for j in found:
        if j.verdict.passed and not j.pair.right:
            print(f"  FALSE ACCEPT ({j.pair.type}, {j.pair.kind}): {j.text[:300]!r}: {j.verdict.reason} {j.verdict.detail}")
    for kind, why in sorted({(j.pair.kind, f"{j.verdict.outcome} {j.verdict.reason}") for j in found if j.pair.right and not j.verdict.passed}):
        print(f"  false reject: {kind}: {why}")
    seconds = [j.seconds for j in found]
    print(f"  {1 / statistics.mean(seconds):,.0f} verdicts per second and core; median {1e3 * statistics.median(seconds):.2f} ms, longest {1e3 * max(seconds):.0f} ms")


def under_attack(title: str, pieces: Iterable[str], example: Example, verify: Callable[..., Verdict]) -> None:
    """Median and longest time over texts made of one piece."""
    times = []
    for piece in pieces:
        for size in SIZES:
            text = (piece * (size // len(piece) + 1))[:size]
            start = time.perf_counter()
            passed = verify(example, text, SETTINGS, SideInputs()).passed
            times.append((time.perf_counter() - start, f"{piece!r} x {size:,} characters"))
            assert not passed, f"{piece!r} is accepted"
    worst = max(times)
    print(f"{title}: {len(times)} hostile texts, none accepted; median {1e3 * statistics.median(t for t, _ in times):.1f} ms, longest {1e3 * worst[0]:.0f} ms ({worst[1]})")


def secrets() -> None:
    """Labelled secrets and innocent lines (tests/labelled_secrets.py) through the cleaning step."""
    from factory.cleaning import clean
    from factory.recipe import Cleaning
    from tests.labelled_secrets import false_secrets, true_secrets

    found = total = 0
    print("\nSecrets\n" + f"{'kind':24}{'found':>6}{'of':>5}")
    for kind, lines in true_secrets().items():
        hits = sum(f"secret_{kind}:1" in clean(f"Before it.\n{line}\nAfter it.", Cleaning(), ()).edits for line in lines)
        found, total = found + hits, total + len(lines)
        print(f"{kind:24}{hits:>6}{len(lines):>5}")
    innocent = false_secrets()
    wrong = sum(clean(f"Before it.\n{line}\nAfter it.", Cleaning(), ()).text != f"Before it.\n{line}\nAfter it." for line in innocent)
    shares = [f"{hits} of {n} = {hits / n:.1%} [{low:.1%}, {high:.1%}]" for hits, n in ((found, total), (wrong, len(innocent))) for low, high in (bench_answers.wilson(hits, n),)]
    print(f"found {shares[0]}; innocent lines redacted {shares[1]}")


def measure(folder: Path, runs: int, mutations: int, workers: int) -> int:
    """Print the tables; the number of false accepts, crashes and late verdicts among what a reference decides."""
    from jobs.benches import labelled_patches, labelled_sql, mutated, written_answers

    folder.mkdir(parents=True, exist_ok=True)
    bench_answers.report(0)
    results = judge_all(labelled_sql.answers(folder, runs), sql_result.verify)
    show("SQL answers", results)
    patches = judge_all(labelled_patches.answers(folder, runs), patch.verify)
    show("Patches", patches)
    written = judge_all(written_answers.sql_answers(folder), sql_result.verify)
    show("SQL answers written by hand", written)
    written_patches = judge_all(written_answers.patches(), patch.verify)
    show("Patches written by hand", written_patches)
    secrets()
    print("\nUnder attack")
    under_attack("SQL answers", HOSTILE_SQL, next(labelled_sql.examples(folder, runs))[0], sql_result.verify)
    under_attack("Patches", HOSTILE_PATCHES, next(labelled_patches.cases(folder, runs))[0].example, patch.verify)
    wrong = 0
    print(f"\nMutated, {mutations:,} in all, each beside a slow reference; at most {mutated.LIMIT_S} s a verdict")
    for kind, found in mutated.run(mutations, folder, workers).items() if mutations else ():
        outcomes = ", ".join(f"{name} {n:,}" for name, n in found.outcomes.most_common())
        print(f"{kind}: {found.outcomes.total():,}: {outcomes}; longest {1e3 * found.slowest_s:.0f} ms; {len(found.wrong)} wrong")
        for text in found.wrong[:20]:
            print(f"  {text[:600]}")
        wrong += len(found.wrong)
    return wrong + sum(j.verdict.passed and not j.pair.right for j in results + patches + written + written_patches)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m jobs.bench verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="runs of the SQL and the SWE world that labelled answers are made from")
    parser.add_argument("--mutations", type=int, default=3_000)
    parser.add_argument("--workers", type=int, default=2, help="processes for the mutations")
    parser.add_argument("--folder", type=Path, help="where the worlds are written and found again; default: a temporary one")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--attacks", action="store_true")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="public runs: search/, sql/, swe/")
    parser.add_argument("--disagreements", type=Path, metavar="FILE", help="with --real: a JSONL file of the runs in which verdict and flag differ")
    options = parser.parse_args(argv)
    if options.faults or options.attacks:
        from jobs.benches import tested

        return min(1, (tested.faults() if options.faults else 0) + (tested.attacks() if options.attacks else 0))
    if options.real:
        from jobs.benches import flags

        return flags.report(options.real, options.disagreements)
    with tempfile.TemporaryDirectory(prefix="bench-verify-") as folder:
        return min(1, measure(options.folder or Path(folder), options.runs, options.mutations, options.workers))


if __name__ == "__main__":
    sys.exit(main())
