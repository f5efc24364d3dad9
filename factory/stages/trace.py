"""Trace with a teacher that needs no GPU (trajectory, replay): one task is one part of examples.

The task's receipt is a commit of the traces made. An attempt for which the teacher has nothing leaves a unit
without a row, so that it is not asked again.
"""

from __future__ import annotations

import importlib
import json
from typing import Any, NamedTuple

from factory import identity, parts, schemas, storage
from factory.ledger import Commit, PartRecord, RowRecord, UnitRecord
from factory.recipe import Recipe
from factory.records import DOMAINS, Trace, canonical_json, digest
from factory.stages.output import Output
from factory.teachers import TEACHERS, AskRow

COLUMNS = ("unit", "ask", "id", "domain", "question", "agent")


class TraceTask(NamedTuple):
    part: PartRecord
    pending: frozenset[tuple[str, int]]
    """(example unit, attempt) to ask for."""


class TraceStage:
    def __init__(self, root: str, recipe: Recipe, scope: dict[str, str], part_bytes: int):
        self.root, self.recipe, self.scope, self.part_bytes = root, recipe, scope, part_bytes
        teacher = load_teacher(recipe)
        self.mode = teacher.MODE
        self.attempts = Attempts(recipe, scope)
        self.generate = teacher.open(recipe.teacher, storage.read)

    def __call__(self, task: TraceTask) -> Commit:
        output = Output(self.root, "parts/traces", schemas.TRACE, self.part_bytes)
        units: list[UnitRecord] = []
        try:
            for row in parts.read_rows(self.root, task.part.path, COLUMNS):
                for attempt, unit in enumerate(self.attempts(row["domain"], row["ask"])):
                    if (row["unit"], attempt) not in task.pending:
                        continue
                    trace = self._trace(row, attempt, unit)
                    units.append(UnitRecord(unit=unit, example_unit=row["unit"], domain=row["domain"], rows=int(trace is not None)))
                    if trace:
                        output.write(trace.unit, schemas.trace_row(trace, row["unit"]), len(trace.reasoning) + len(trace.answer))
            records = output.close("traces")
        except BaseException:
            output.abort()
            raise
        return Commit(stage="trace", scope=self.scope, units=tuple(units), parts=records)

    def _trace(self, row: dict[str, str], attempt: int, unit: str) -> Trace | None:
        agent = json.loads(row["agent"])
        reply = self.generate(AskRow(row["id"], row["domain"], row["question"], agent["reasoning"], agent["answer"]), attempt)
        if reply is None:
            return None
        return Trace(
            example_id=row["id"],
            unit=unit,
            attempt=attempt,
            teacher=self.scope["teacher"],
            sampling=self.attempts.samplings[row["domain"]][attempt],
            mode=self.mode,
            reasoning=reply.reasoning,
            answer=reply.answer,
            finish_reason=reply.finish_reason,
            raw=reply.raw,
            marks=reply.marks,
        )


class Attempts:
    """Trace units of all attempts that the recipe allows, by domain and hash of what is asked."""

    def __init__(self, recipe: Recipe, scope: dict[str, str]):
        self.scope = canonical_json(scope)
        self.given = recipe.teacher.mode == "answer_given"
        self.pooled = is_pooled(recipe)
        self.samplings = {domain: samplings(recipe, domain) for domain in DOMAINS}
        """Domain -> sampling settings of each attempt, as canonical JSON."""

    def __call__(self, domain: str, ask: str) -> list[str]:
        return [identity.trace_unit(self.scope, ask, i, sampling) for i, sampling in enumerate(self.samplings[domain])]

    def of(self, row: RowRecord) -> list[str]:
        return self(row.domain, self.ask(row))

    def ask(self, row: RowRecord) -> str:
        """Hash of what the teacher is shown of a row."""
        if not self.pooled:
            return row.ask
        return digest(row.prompt, row.gold) if self.given else row.prompt


def is_pooled(recipe: Recipe) -> bool:
    """Whether the teacher is a model behind engines (see `factory/teachers/__init__.py`)."""
    return getattr(load_teacher(recipe), "POOLED", False)


def load_teacher(recipe: Recipe) -> Any:
    return importlib.import_module(f"factory.teachers.{TEACHERS[recipe.teacher.kind]}")


def samplings(recipe: Recipe, domain: str) -> list[str]:
    settings = recipe.teacher.sampling(domain)
    ladder, found = settings.ladder, []
    for attempt in range(settings.max_attempts):
        rung = ladder[min(attempt, len(ladder) - 1)]
        past = max(0, attempt - len(ladder) + 1)
        found.append(canonical_json(rung.model_dump() | {"seed": rung.seed + past, "max_tokens": recipe.teacher.max_answer_tokens}))
    return found
