"""Verdicts on real runs beside what their sources say of them.

The folder holds search/, sql/ and swe/ with the public runs: FireAct (`em`), WebDancer (a flag that the source lacks: its
answers), InterCode-SQL (rewards), mini-swe-agent on SWE-bench (report.json), SWE-Gym and nebius (their resolved flags).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory import formats
from factory.cage.gold import run_gold
from factory.cage.sql import SqlError, shared_cage
from factory.containers import read_records
from factory.domains import swe
from factory.errors import RowError
from factory.joins import Join
from factory.recipe import Compile, GoldTable, Input, Verify
from factory.records import AgentTrace, Example, GroundTruth, Piece, Trajectory
from factory.side import SideInputs
from factory.verifiers import answer, patch, sql_result

NAMES = {"question": "query", "sql": "gold", "database": "db"}


class Seen(NamedTuple):
    source: str
    task: str
    flag: str
    """solved, unsolved or unknown."""
    outcome: str
    """Of the verifier; `no verdict` where the run cannot be judged."""
    reason: str
    question: str
    gold: str
    answer: str
    detail: str = ""


def runs(source: Input, path: Path, side: SideInputs) -> Iterator[Trajectory]:
    join = Join(source, side)
    with open(path, "rb") as stream:
        for record in read_records(str(path), stream, whole=formats.reads_whole_file(source.format, str(path), stream)):
            for run in formats.parse(record.value, source.format, source.domain):
                place = run.source.model_copy(update={"uri": str(path)})
                yield join(run.model_copy(update={"source": place}))[0]


def example_of(run: Trajectory, truth: GroundTruth, files: dict[str, str] | None = None) -> Example:
    context, pieces = "", []
    for path, text in (files or {}).items():
        pieces.append(Piece(role="gold", kind="file", name=path, start=len(context), end=len(context) + len(text), token_start=0, token_end=1))
        context += text
    return Example(
        id="e", pair_id="p", unit="u", domain=run.domain, task_id=run.task_id, question=run.question, context=context, pieces=tuple(pieces),
        ground_truth=truth, agent=AgentTrace(answer=run.final_answer), solved=run.solved, environment=run.environment, source=run.source,
        tokenizer="", seed=0, budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip


def judged(source: str, run: Trajectory, example: Example, verify, side: SideInputs) -> Seen:
    verdict = verify(example, run.final_answer, Verify(swe_tests="never"), side)
    return seen(source, run, verdict.outcome, verdict.reason, verdict.detail, example.ground_truth.text)


def seen(source: str, run: Trajectory, outcome: str, reason: str, detail: str = "", gold: str = "") -> Seen:
    flag = {True: "solved", False: "unsolved", None: "unknown"}[run.solved]
    return Seen(source, run.task_id, flag, outcome, reason, run.question, gold or run.ground_truth.text, run.final_answer, detail)


def search(folder: Path, side: SideInputs) -> Iterator[Seen]:
    for source, pattern in (("FireAct", "search/fireact_react-messages/*.json"), ("WebDancer", "search/webdancer_chatml-xml/*.jsonl")):
        for path in sorted(folder.glob(pattern)):
            for run in runs(Input(uri=str(path)), path, side):
                if not run.ground_truth.text:
                    yield seen(source, run, "no verdict", "no_ground_truth")
                else:
                    yield judged(source, run, example_of(run, run.ground_truth), answer.verify, side)


def sql(folder: Path, side: SideInputs) -> Iterator[Seen]:
    place = folder / "sql" / "intercode"
    gold = GoldTable(uri=str(place / "gold/ic_spider_dev.subset.json"), ids=str(place / "gold/ic_spider_dev.task_ids.json"), fields=NAMES)
    database = str(place / "databases/derived_sqlite/{database}.sqlite")
    for path in sorted(place.glob("*.json")):
        source = f"InterCode {path.stem}"
        for run in runs(Input(uri=str(path), gold=gold, database=database, dialect="sqlite"), path, side):
            if not run.ground_truth.sql:
                continue  # the subset holds no gold for it
            try:
                found = run_gold(shared_cage("source"), side.path(run.environment.database), "sqlite", run.ground_truth.sql)
            except (SqlError, RowError) as e:
                yield seen(source, run, "no verdict", e.kind if isinstance(e, SqlError) else e.reason)
                continue
            if not found.table.rows or found.unstable:
                yield seen(source, run, "no verdict", "gold_nondeterministic" if found.unstable else "gold_sql_empty")
                continue
            truth = run.ground_truth.model_copy(update={"text": found.table.to_markdown(), "result": found.table.to_json()})
            yield judged(source, run, example_of(run, truth), sql_result.verify, side)


def code(folder: Path, side: SideInputs) -> Iterator[Seen]:
    gold = GoldTable(uri=str(folder / "swe/gold/mini-swe-agent.swebench_verified_records.jsonl"))
    sources = [("SWE-bench, mini-swe-agent", "swe/mini-swe-agent/*/*.traj.json", {"gold": gold, "report": "{folder}/report.json"})]
    for source, pattern, extra in sources:
        for path in sorted(folder.glob(pattern)):
            for run in runs(Input(uri=str(path), **extra), path, side):
                try:
                    collected = swe.collect(run, Compile(), side)
                except RowError as e:
                    yield seen(source, run, "no verdict", e.reason)
                    continue
                files = {piece.name: piece.text for piece in collected.evidence}
                yield judged(source, run, example_of(run, collected.ground_truth, files), patch.verify, side)


def report(folder: Path, disagreements: Path | None) -> int:
    """Print the counts; `disagreements`: a JSONL file for every run in which verdict and flag differ."""
    side, found = SideInputs(), []
    for read in (search, sql, code):
        found += read(folder, side)
    counts = Counter((s.source, s.flag, s.outcome) for s in found)
    outcomes = ("accept", "reject", "undecided", "no verdict")
    print(f"{'source':32}{'its flag':10}" + "".join(f"{name:>11}" for name in outcomes))
    for source, flag in sorted({key[:2] for key in counts}):
        print(f"{source:32}{flag:10}" + "".join(f"{counts[source, flag, name]:>11}" for name in outcomes))
    differ = [s for s in found if (s.flag, s.outcome) in (("solved", "reject"), ("solved", "undecided"), ("unsolved", "accept"))]
    print(f"\n{len(found)} runs; verdict and flag differ in {len(differ)}:")
    for (source, flag, outcome, reason), n in sorted(Counter((s.source, s.flag, s.outcome, s.reason) for s in differ).items()):
        print(f"  {n:5}  {source}: {flag}, {outcome} ({reason})")
    why = Counter((s.source, s.reason) for s in found if s.outcome == "no verdict")
    print("no verdict: " + ", ".join(f"{source} {reason} {n}" for (source, reason), n in sorted(why.items())))
    if disagreements:
        disagreements.write_text("".join(json.dumps(s._asdict(), ensure_ascii=False) + "\n" for s in found if s in differ or s.flag == "unknown"), "utf-8", "replace")
    return 0
