"""Trace with a teacher that needs no GPU (trajectory, replay): one task is one part of examples.

The task's receipt is a commit of the traces made. An attempt for which the teacher has nothing leaves a unit
without a row, so that it is not asked again.
"""

from __future__ import annotations

import importlib
import json
from typing import NamedTuple

from factory import identity, parts, schemas, storage
from factory.ledger import Commit, PartRecord, UnitRecord
from factory.recipe import Recipe
from factory.records import Trace, canonical_json
from factory.stages.compile import Output
from factory.teachers import TEACHERS, AskRow

COLUMNS = ("unit", "ask", "id", "domain", "question", "agent")


class TraceTask(NamedTuple):
    part: PartRecord
    pending: frozenset[tuple[str, int]]
    """(example unit, attempt) to ask for."""


class TraceStage:
    def __init__(self, root: str, recipe: Recipe, scope: dict[str, str], part_bytes: int):
        self.root, self.recipe, self.scope, self.part_bytes = root, recipe, scope, part_bytes
        teacher = importlib.import_module(f"factory.teachers.{TEACHERS[recipe.teacher.kind]}")
        self.mode = teacher.MODE
        self.generate = teacher.open(recipe.teacher, storage.read)

    def __call__(self, task: TraceTask) -> Commit:
        output = Output(self.root, "parts/traces", schemas.TRACE, self.part_bytes)
        units: list[UnitRecord] = []
        try:
            for row in parts.read_rows(self.root, task.part.path, COLUMNS):
                attempts = [i for i in range(self.recipe.teacher.max_attempts) if (row["unit"], i) in task.pending]
                for attempt in attempts:
                    trace = self._trace(row, attempt)
                    units.append(
                        UnitRecord(unit=trace_unit(self.recipe, self.scope, row["ask"], attempt), example_unit=row["unit"], domain=row["domain"], rows=int(trace is not None))
                    )
                    if trace:
                        output.write(trace.unit, schemas.trace_row(trace, row["unit"]), len(trace.reasoning) + len(trace.answer))
            records = output.close("traces")
        except BaseException:
            output.abort()
            raise
        return Commit(stage="trace", scope=self.scope, units=tuple(units), parts=records)

    def _trace(self, row: dict[str, str], attempt: int) -> Trace | None:
        agent = json.loads(row["agent"])
        reply = self.generate(AskRow(row["id"], row["domain"], row["question"], agent["reasoning"], agent["answer"]), attempt)
        if reply is None:
            return None
        return Trace(
            example_id=row["id"],
            unit=trace_unit(self.recipe, self.scope, row["ask"], attempt),
            attempt=attempt,
            teacher=self.scope["teacher"],
            sampling=sampling(self.recipe, attempt),
            mode=self.mode,
            reasoning=reply.reasoning,
            answer=reply.answer,
            finish_reason=reply.finish_reason,
            raw=reply.raw,
            marks=reply.marks,
        )


def sampling(recipe: Recipe, attempt: int) -> str:
    """Sampling settings of an attempt, as canonical JSON."""
    ladder = recipe.teacher.ladder
    rung = ladder[min(attempt, len(ladder) - 1)]
    past = max(0, attempt - len(ladder) + 1)
    return canonical_json(rung.model_dump() | {"seed": rung.seed + past, "max_tokens": recipe.teacher.max_answer_tokens})


def trace_unit(recipe: Recipe, scope: dict[str, str], ask: str, attempt: int) -> str:
    return identity.trace_unit(scope, ask, attempt, sampling(recipe, attempt))
