"""Verify: traces to verdicts, and the passing ones to training rows. One task is one part of examples with its traces.

An example's unit ends as rows, or as one rejection that names the stage at which it left the line. Every
trace gets a verdict, and every verdict is kept.
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

from factory import exports, identity, parts, schemas, tokens
from factory.errors import REASONS
from factory.ledger import Commit, PartRecord, UnitRecord
from factory.recipe import Recipe
from factory.records import Example, Rejection, Trace, Verdict
from factory.side import SideInputs
from factory.stages.compile import Output
from factory.verifiers import VERIFIERS


class VerifyTask(NamedTuple):
    part: PartRecord
    pending: dict[str, tuple[str, ...]]
    """Example unit -> units of its traces."""
    trace_parts: tuple[str, ...]


class VerifyStage:
    def __init__(self, root: str, recipe: Recipe, scope: dict[str, str], part_bytes: int):
        self.root, self.recipe, self.scope, self.part_bytes = root, recipe, scope, part_bytes
        self.verifiers = {name: importlib.import_module(f"factory.verifiers.{module}") for name, module in VERIFIERS.items()}
        self.tokenizer = tokens.load(recipe.compile.tokenizer)
        self.side = SideInputs()

    def __call__(self, task: VerifyTask) -> Commit:
        wanted = {unit for units in task.pending.values() for unit in units}
        traces: dict[str, Trace] = {}
        for path in task.trace_parts:
            for row in parts.read_rows(self.root, path):
                if row["unit"] in wanted:
                    traces[row["unit"]] = schemas.trace_of(row)
        outputs = Outputs(self.root, self.part_bytes)
        units: list[UnitRecord] = []
        try:
            for row in parts.read_rows(self.root, task.part.path):
                if row["unit"] in task.pending:
                    example = schemas.example_of(row)
                    units.append(self._example(example, [traces[u] for u in task.pending[example.unit] if u in traces], task, outputs))
            records = outputs.close()
        except BaseException:
            outputs.abort()
            raise
        return Commit(stage="verify", scope=self.scope, units=tuple(units), parts=records)

    def _example(self, example: Example, traces: list[Trace], task: VerifyTask, outputs: Outputs) -> UnitRecord:
        unit = identity.verify_unit(self.scope, example.unit, example.domain, task.pending[example.unit])
        self.side.begin()
        judged = [(trace, self._judge(example, trace)) for trace in sorted(traces, key=lambda t: t.attempt)]
        for trace, verdict in judged:
            outputs.verdicts.write(unit, dict(verdict) | {"example_unit": example.unit, "trace_unit": trace.unit}, 500)
        passing = [(trace, verdict) for trace, verdict in judged if verdict.passed]
        rows = [exports.row(example, trace, verdict, self.tokenizer.count, unit) for trace, verdict in self._choose(passing)]
        fitting = [row for row in rows if row["total_tokens"] <= self.recipe.compile.packing.sequence_tokens]
        if fitting:
            for row in fitting:
                outputs.rows[example.domain].write(unit, row, len(example.context))
            return UnitRecord(unit=unit, example_unit=example.unit, domain=example.domain, rows=len(fitting))
        stage, reason, detail = self._why(judged, rows)
        rejection = Rejection(
            unit=unit,
            stage=stage,
            domain=example.domain,
            reason=reason,
            detail=detail,
            source=example.source,
            task_id=example.task_id,
            raw=judged[-1][0].answer[:4_000] if judged else "",
        )
        outputs.rejections.write(unit, schemas.rejection_row(rejection), 500)
        return UnitRecord(unit=unit, example_unit=example.unit, domain=example.domain, stage=stage, reason=reason)

    def _judge(self, example: Example, trace: Trace) -> Verdict:
        def left(reason: str, detail: str = "") -> Verdict:
            return Verdict(outcome="reject", reason=reason, rule="trace", version=identity.VERSION, detail=detail)

        if trace.finish_reason == "length":
            return left("truncated")
        if not trace.answer.strip():
            return left("no_answer")
        if not trace.reasoning.strip() and not self.recipe.teacher.answer_only:
            return left("no_reasoning")
        return self.verifiers[example.domain].verify(example, trace.answer, self.recipe.verify, self.side)

    def _choose(self, passing: list[tuple[Trace, Verdict]]) -> list[tuple[Trace, Verdict]]:
        if self.recipe.verify.keep == "shortest":
            passing = sorted(passing, key=lambda pair: (len(pair[0].reasoning) + len(pair[0].answer), pair[0].attempt))
        return passing if self.recipe.verify.keep == "all" else passing[: self.recipe.teacher.wanted]

    def _why(self, judged: list[tuple[Trace, Verdict]], rows: list[dict[str, Any]]) -> tuple[Any, str, str]:
        """(stage, reason, detail) of an example without a row: what its furthest attempt met."""
        if rows:
            longest = max(row["total_tokens"] for row in rows)
            return "verify", "over_sequence", f"{longest:,} tokens; sequence_tokens = {self.recipe.compile.packing.sequence_tokens:,}"
        if not judged:
            return "trace", "no_trace", ""
        at_verify = [verdict for _, verdict in judged if verdict.rule != "trace"]
        if not at_verify:
            verdict = judged[-1][1]
            return "trace", verdict.reason, verdict.detail
        verdict = at_verify[-1]
        if verdict.outcome == "undecided":
            return "verify", "undecided", f"{verdict.reason} {verdict.detail}".strip()
        reason = verdict.reason if verdict.reason in REASONS else "wrong_answer"
        return "verify", reason, f"{verdict.reason} {verdict.detail}".strip()


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
