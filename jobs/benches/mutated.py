"""Answers, results and patches changed at random and judged: nothing may raise, hang, or be accepted where a slow reference
refuses it. The references are those of the tests, so this needs a checkout."""

from __future__ import annotations

import functools
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from factory.cage.results import ResultTable, print_cell
from factory.patches import apply_answer, extract, parse
from factory.patches.render import render
from factory.recipe import Verify
from factory.side import SideInputs
from factory.verifiers import patch, sql_result
from factory.verifiers.answer import judge
from jobs import bench_answers
from jobs.benches import labelled_patches, labelled_sql, written_tables
from tests import answer_reference, patch_reference, table_reference

LIMIT_S = 5.0
"""Seconds that one verdict may take."""
CHUNK = 500
SHARES = {"answers": 0.45, "results": 0.45, "patches": 0.06, "patches over git": 0.04}


class Found(NamedTuple):
    outcomes: Counter[str]
    slowest_s: float
    wrong: list[str]
    """Crashes, verdicts over the limit, and accepts that the reference refuses."""


def run(total: int, folder: Path, workers: int) -> dict[str, Found]:
    """`total` mutations, by what was mutated."""
    tasks = [(kind, seed, str(folder)) for kind, share in SHARES.items() for seed in range(max(1, round(total * share / CHUNK)))]
    size = min(CHUNK, max(1, total))
    results: dict[str, list[Found]] = {kind: [] for kind in SHARES}
    random.Random(0).shuffle(tasks)
    golds(folder), bugs(folder)  # written before several processes read them
    done = complaints = 0
    with get_context("spawn").Pool(workers) as pool:
        for kind, found in pool.imap_unordered(functools.partial(chunk, size), tasks):
            results[kind].append(found)
            done, complaints = done + found.outcomes.total(), complaints + len(found.wrong)
            print(f"{done:,} mutations judged, {complaints} wrong", *found.wrong, sep="\n  ", file=sys.stderr)
    return {kind: merged(parts) for kind, parts in results.items()}


def merged(parts: list[Found]) -> Found:
    total: Counter[str] = Counter()
    for part in parts:
        total += part.outcomes
    return Found(total, max(p.slowest_s for p in parts), [text for p in parts for text in p.wrong])


def chunk(size: int, task: tuple[str, int, str]) -> tuple[str, Found]:
    kind, seed, folder = task
    one = {"answers": one_answer, "results": one_result, "patches": one_patch, "patches over git": one_over_git}[kind]
    rng = random.Random(f"{kind} {seed}")
    found = Found(Counter(), 0.0, [])
    for _ in range(size):
        start = time.perf_counter()
        try:
            outcome, seconds, complaint = one(rng, Path(folder))
        except Exception:
            outcome, seconds, complaint = "crash", time.perf_counter() - start, traceback.format_exc()[-1_500:]
        if seconds > LIMIT_S:
            complaint = complaint or f"{seconds:.1f} s"
        found.outcomes[outcome] += 1
        found = found._replace(slowest_s=max(found.slowest_s, seconds))
        if complaint:
            found.wrong.append(f"{kind}, seed {seed}: {complaint}")
    return kind, found


Judged = tuple[str, float, str]
"""Outcome, seconds, what is wrong with it."""


def timed(call: Callable[[], object]) -> tuple[object, float]:
    start = time.perf_counter()
    return call(), time.perf_counter() - start


@functools.cache
def labelled_pairs() -> list[bench_answers.Pair]:
    return bench_answers.pairs()


def one_answer(rng: random.Random, folder: Path) -> Judged:
    pair = rng.choice(labelled_pairs())
    text = bench_answers.mutate(pair.answer, rng)
    verdict, seconds = timed(lambda: judge(pair.question, pair.golds, text))
    if verdict.passed and not answer_reference.confirms(pair.question, pair.golds, text):
        return "accept", seconds, f"rule {verdict.rule} accepts {text!r} for {pair.golds!r} ({pair.question})"
    return verdict.outcome, seconds, ""


@functools.cache
def golds(folder: Path) -> list[tuple[labelled_sql.Example, ResultTable]]:
    made = [(example, table) for example, table, _ in labelled_sql.examples(folder, 60)]
    return [(example, table) for example, table in made if len(table.rows) <= 12 and len(table.columns) <= 4]


def one_result(rng: random.Random, folder: Path) -> Judged:
    example, gold = rng.choice(golds(folder))
    if rng.random() < 0.5:
        gold = written_tables.thirds(gold)
        example = labelled_sql.example_of(gold, example.question)
    change = rng.choice(list(written_tables.changes(gold, rng)))
    for _ in range(rng.randrange(3)):
        change = change._replace(table=scrambled(change.table, rng))
    shape = rng.choice([s for s in written_tables.SHAPES if written_tables.can_write(change.table, s)])
    text = written_tables.write(change.table, shape)
    damaged = rng.random() < 0.4
    if damaged:
        text = bench_answers.mutate(text, rng)
    verdict, seconds = timed(lambda: sql_result.verify(example, text, Verify(), SideInputs()))
    if verdict.passed:
        right = holds_all(gold, text) if damaged else confirmed(gold, change, shape)
        if not right:
            return "accept", seconds, f"{verdict.rule} accepts {text!r} for {example.ground_truth.text!r}"
    return verdict.outcome, seconds, ""


def scrambled(table: ResultTable, rng: random.Random) -> ResultTable:
    """One cell exchanged with another, or one row moved."""
    rows = [list(row) for row in table.rows]
    if len(rows) < 2:
        return table
    a, b = rng.sample(range(len(rows)), 2)
    if rng.random() < 0.5:
        rows[a], rows[b] = rows[b], rows[a]
    else:
        column = rng.randrange(len(table.columns))
        rows[a][column], rows[b][column] = rows[b][column], rows[a][column]
    return written_tables.replace(table, rows=tuple(map(tuple, rows)), order=None)


def confirmed(gold: ResultTable, change: written_tables.Change, shape: str) -> bool:
    printed = shape in ("markdown", "csv", "sentence")
    rows = [tuple(print_cell(c) if printed and isinstance(c, float) else c for c in row) for row in change.table.rows]
    return len(change.table.columns) == len(gold.columns) and table_reference.same(gold.rows, gold.order, rows)


def holds_all(gold: ResultTable, text: str) -> bool:
    """A damaged text is no table any more for us: every cell of the gold must stand in it."""
    spoken = answer_reference.plain(text.replace("\\", ""))
    numbers = [n for n in map(table_reference.number, answer_reference.re.findall(r"\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?", text.replace("\u2212", "-"))) if n is not None]
    for cell in {c for row in gold.rows for c in row if c is not None}:
        value = table_reference.number(cell)
        if value is None:
            if answer_reference.plain(str(cell).replace("\\", "")) not in spoken and answer_reference.words(str(cell)) != [
                w for w in answer_reference.words(str(cell)) if w in answer_reference.words(text)
            ]:
                return False
        elif not any(abs(abs(value) - n) <= max(abs(value) * table_reference.Decimal("1e-9"), table_reference.Decimal("0.005")) for n in numbers):
            return str(cell) in ("0", "1") or str(cell) in text or any(w in answer_reference.SPELT for w in answer_reference.words(text))
    return True


@functools.cache
def bugs(folder: Path) -> list[labelled_patches.Answer]:
    return list(labelled_patches.answers(folder, 12))


def one_patch(rng: random.Random, folder: Path) -> Judged:
    """A labelled patch damaged line by line: what is accepted must give the verified programs by git's own application."""
    case = rng.choice(bugs(folder))
    said = patch_reference.mutate(rng, case.text)
    text = patch.without_reasoning(said)
    verdict, seconds = timed(lambda: patch.verify(case.example, said, Verify(swe_tests="never"), SideInputs()))
    if verdict.passed:
        base = {piece.name: case.example.text_of(piece) for piece in case.example.pieces}
        gold = patch_reference.git_apply(base, case.example.ground_truth.text)
        ours = patch_reference.whole(base, apply_answer(base, text).applied.files)
        if not labelled_patches.same({k: v.replace("\r\n", "\n").rstrip() for k, v in ours.items()}, {k: v.rstrip() for k, v in gold.items()}):
            return "accept", seconds, f"accepts {text!r}"
        if "<<<<<" not in text and "\r" not in text:
            given = patch_reference.git_apply(base, render(parse(extract(text))))
            if given is not None and not labelled_patches.same(given, gold):
                return "accept", seconds, f"git gives other files for {text!r}"
    return verdict.outcome, seconds, ""


def one_over_git(rng: random.Random, folder: Path) -> Judged:
    """A made file, a made edit, a mutated patch, and git beside it (tests/patch_reference.py)."""
    start = time.perf_counter()
    text = patch_reference.random_file(rng)
    files = {"src/f.py": text, "other.txt": "other\n"}
    made = patch_reference.diff("src/f.py", text, patch_reference.random_edit(rng, text), rng.choice((0, 1, 3, 3, 3)))
    mutant = patch_reference.mutate(rng, made)
    try:
        return patch_reference.check(files, extract(mutant)), time.perf_counter() - start, ""
    except AssertionError as e:
        return "disagrees", time.perf_counter() - start, f"{e}: {mutant!r} on {text!r}"
