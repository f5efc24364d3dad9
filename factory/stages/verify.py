"""Verify: traces to verdicts, and the passing ones to training rows. One task is one part of examples with its traces.

An example's unit ends as rows, or as one rejection that names the stage at which it left the line. Every
trace gets a verdict, and every verdict is kept.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from factory import cleaning, exports, identity, measures, parts, prompts, schemas, tokens
from factory.cage.tests import has_cage
from factory.errors import REASONS, FactoryError
from factory.ledger import Commit, PartRecord, UnitRecord
from factory.recipe import Recipe
from factory.records import RAW_LIMIT, Example, Rejection, Trace, Verdict
from factory.side import SideInputs
from factory.stages.output import Output
from factory.verifiers import VERIFIERS

NO_PATCH = "the last message holds no patch, and no field of the run does (`model_patch`, `git_patch`, `submission`)"


class VerifyTask(NamedTuple):
    part: PartRecord
    pending: dict[str, tuple[str, ...]]
    """Example unit -> units of its traces."""
    traces: dict[str, tuple[int, ...]]
    """Part -> places of the traces in it."""
    verdicts: dict[str, tuple[int, ...]]
    """Part -> places of verdicts that were made while others were generated, and still hold."""
    refused: dict[str, tuple[str, str]]
    """Example unit -> (reason, detail) of an attempt that the teacher refused."""


def by_path(places: Mapping[str, tuple[str, int]], units: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Part -> sorted places, for those of `units` that have one."""
    found: dict[str, list[int]] = {}
    for path, place in {places[unit] for unit in units if unit in places}:
        found.setdefault(path, []).append(place)
    return {path: tuple(sorted(found[path])) for path in sorted(found)}


class VerifyStage:
    def __init__(self, root: str, recipe: Recipe, scope: dict[str, str], part_bytes: int):
        self.root, self.recipe, self.scope, self.part_bytes = root, recipe, scope, part_bytes
        self.judge = Judge(recipe)

    def __call__(self, task: VerifyTask) -> Commit:
        traces: dict[str, Trace] = {}
        for path, places in task.traces.items():
            for row in parts.read_rows_at(self.root, path, places):
                traces[row["unit"]] = schemas.trace_of(row)
        known: dict[tuple[str, str], Verdict] = {}
        for path, places in task.verdicts.items():
            for row in parts.read_rows_at(self.root, path, places):
                known[row["example_unit"], row["trace_unit"]] = schemas.verdict_of(row)
        outputs = Outputs(self.root, self.part_bytes)
        units: list[UnitRecord] = []
        try:
            for row in parts.read_rows(self.root, task.part.path):
                if row["unit"] in task.pending:
                    example = schemas.example_of(row)
                    mine = [traces[unit] for unit in task.pending[example.unit] if unit in traces]
                    self._check_cage(example)
                    judged = [(trace, known.get((example.unit, trace.unit)) or self.judge(example, trace)) for trace in mine]
                    units.append(self._example(example, judged, task, outputs))
            records = outputs.close()
        except BaseException:
            outputs.abort()
            raise
        return Commit(stage="verify", scope=self.scope, units=tuple(units), parts=records)

    def _check_cage(self, example: Example) -> None:
        wanted = self.scope.get("verify.swe_cage")
        if wanted and example.domain == "swe" and example.ground_truth.test_command and str(has_cage()) != wanted:
            raise FactoryError(
                "bubblewrap works on the driver or on this worker, and not on both, so verdicts would depend on where they are made; "
                'install it on all nodes, or set verify.swe_tests = "never"'
            )

    def _example(self, example: Example, judged: list[tuple[Trace, Verdict]], task: VerifyTask, outputs: Outputs) -> UnitRecord:
        unit = identity.verify_unit(self.scope, example.unit, example.domain, task.pending[example.unit])
        judged = sorted(judged, key=lambda pair: pair[0].attempt)
        for trace, verdict in judged:
            outputs.verdicts.write(unit, schemas.verdict_row(verdict, example.unit, trace.unit), 500)
        passing = [(trace, verdict) for trace, verdict in judged if verdict.passed]
        chosen = self._choose(passing, example.domain)
        if chosen:
            for trace, verdict in chosen:
                row = exports.row(example, *self._cleaned(trace, verdict), self.judge.tokenizer.count, unit)
                outputs.rows[example.domain].write(unit, row, len(example.context))
            return UnitRecord(unit=unit, example_unit=example.unit, domain=example.domain, rows=len(chosen))
        stage, reason, detail = self._why(judged, task.refused.get(example.unit))
        rejection = Rejection(
            unit=unit,
            stage=stage,
            domain=example.domain,
            reason=reason,
            detail=detail,
            source=example.source,
            task_id=example.task_id,
            raw=self._clean(judged[-1][0].answer[: 2 * RAW_LIMIT])[:RAW_LIMIT] if judged else "",
        )
        outputs.rejections.write(unit, schemas.rejection_row(rejection), 500)
        return UnitRecord(unit=unit, example_unit=example.unit, domain=example.domain, stage=stage, reason=reason)

    def _cleaned(self, trace: Trace, verdict: Verdict) -> tuple[Trace, Verdict]:
        """What of a reply may stand in a row: a teacher's words are no more trusted than the evidence."""
        said = {"reasoning": self._clean(trace.reasoning), "answer": self._clean(trace.answer)}
        return trace.model_copy(update=said), verdict.model_copy(update={"extracted": self._clean(verdict.extracted)})

    def _clean(self, text: str) -> str:
        return cleaning.clean(text, self.recipe.compile.cleaning, self.judge.tokenizer.special_tokens).text

    def _choose(self, passing: list[tuple[Trace, Verdict]], domain: str) -> list[tuple[Trace, Verdict]]:
        if self.recipe.verify.keep == "shortest":
            passing = sorted(passing, key=lambda pair: (len(pair[0].reasoning) + len(pair[0].answer), pair[0].attempt))
        return passing if self.recipe.verify.keep == "all" else passing[: self.recipe.teacher.sampling(domain).wanted]

    def _why(self, judged: list[tuple[Trace, Verdict]], refused: tuple[str, str] | None) -> tuple[Any, str, str]:
        """(stage, reason, detail) of an example without a row: what its furthest attempt met."""
        if not judged:
            return "trace", *(refused or ("no_trace", ""))
        at_verify = [verdict for _, verdict in judged if verdict.rule != "trace"]
        if not at_verify:
            verdict = judged[-1][1]
            return "trace", verdict.reason, verdict.detail
        verdict = at_verify[-1]
        if verdict.outcome == "undecided":
            return "verify", "undecided", f"{verdict.reason} {verdict.detail}".strip()
        reason = verdict.reason if verdict.reason in REASONS else "wrong_answer"
        return "verify", reason, f"{verdict.reason} {verdict.detail}".strip()


class Judge:
    """The verdict on one trace of one example."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.verifiers = {name: importlib.import_module(f"factory.verifiers.{module}") for name, module in VERIFIERS.items()}
        self.tokenizer = tokens.load(recipe.compile.tokenizer)
        self.side = SideInputs()

    def __call__(self, example: Example, trace: Trace) -> Verdict:
        def left(reason: str, rule: str, detail: str = "") -> Verdict:
            return Verdict(outcome="reject", reason=reason, rule=rule, version=identity.VERSION, detail=detail)

        if trace.finish_reason == "length":
            return left("truncated", "trace")
        if not trace.answer.strip():
            return left("no_answer", "trace", NO_PATCH if example.domain == "swe" else "the last message holds no answer")
        if not trace.reasoning.strip() and not self.recipe.teacher.answer_only:
            return left("no_reasoning", "trace", "an answer and no word before it; `teacher.answer_only = true` keeps such rows")
        self.side.begin()
        verdict = self.verifiers[example.domain].verify(example, trace.answer, self.recipe.verify, self.side)
        if not verdict.passed:
            return verdict
        total = example.prompt_tokens + self.tokenizer.count(prompts.assistant_text(trace.reasoning, trace.answer))
        most = self.recipe.compile.packing.sequence_tokens
        if total > most:
            return left("over_sequence", "length", f"{total:,} tokens; sequence_tokens = {most:,}")
        return verdict.model_copy(update={"marks": (*verdict.marks, *measures.marks(example, trace))})


class Outputs:
    def __init__(self, root: str, part_bytes: int):
        self.rows = {domain: Output(root, f"data/{domain}", schemas.ROW, part_bytes) for domain in VERIFIERS}
        self.verdicts = Output(root, "parts/verdicts", schemas.VERDICT, part_bytes)
        self.rejections = Output(root, "parts/rejections", schemas.REJECTION, part_bytes)

    def close(self) -> tuple[PartRecord, ...]:
        rows = tuple(record for output in self.rows.values() for record in output.close("rows"))
        return rows + self.verdicts.close("verdicts") + self.rejections.close("rejections")

    def abort(self) -> None:
        for output in (*self.rows.values(), self.verdicts, self.rejections):
            output.abort()
