"""Compile: raw runs to examples. A task is a shard of input objects; its receipt is a commit of what became of each row.

Every record of a shard comes out as an example or as a rejection with a reason. Rows that the ledger already
holds under the same unit are named in the receipt and not made again.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from factory import containers, formats, prompts, schemas, storage
from factory.errors import NoPermission, RowError
from factory.ledger import Commit, ObjectRecord, RowRecord
from factory.recipe import Recipe
from factory.records import Rejection, digest
from factory.side import merge
from factory.stages.line import Line, Made, Run
from factory.stages.output import Output

BATCH_BYTES = 8 << 20
BATCH_RUNS = 256
"""Runs that go through the line together: so many, or the first whose records bring them to so many bytes."""


class Shard(NamedTuple):
    uri: str
    etag: str
    size: int
    start: int
    end: int
    """Bytes [start, end) of a JSONL object; 0, 0 for the whole."""
    source: int
    """Index of the recipe's input that the object belongs to."""


class Reading:
    """An object that is read, and what became of its rows so far."""

    def __init__(self, shard: Shard):
        self.shard = shard
        self.rows: list[RowRecord] = []
        self.sides: dict[str, str] = {}
        self.refused = False

    def add(self, row: RowRecord, sides: dict[str, str]) -> None:
        """A row, and what it found of its side inputs."""
        self.rows.append(row)
        merge(self.sides, sides)


class Compile:
    def __init__(self, root: str, recipe: Recipe, scopes: tuple[dict[str, str], ...], known: frozenset[str], part_bytes: int):
        self.root, self.recipe, self.scopes, self.part_bytes = root, recipe, scopes, part_bytes
        self.line = Line(recipe, scopes, known)

    def __call__(self, shards: tuple[Shard, ...]) -> Commit:
        examples = Output(self.root, "parts/examples", schemas.EXAMPLE, self.part_bytes)
        rejections = Output(self.root, "parts/rejections", schemas.REJECTION, self.part_bytes)
        readings = [Reading(shard) for shard in shards]
        made: dict[str, RowRecord] = {}
        try:
            with rare_collections():
                for origins, runs in self._batches(readings):
                    for reading, run in zip(origins, self.line.pass_through(runs, made), strict=True):
                        reading.add(self._row(run, made, examples, rejections), run.sides)
                objects = tuple(map(self._object, readings))
            records = examples.close("examples") + rejections.close("rejections")
        except BaseException:
            examples.abort()
            rejections.abort()
            raise
        return Commit(stage="compile", objects=objects, parts=records)

    def _batches(self, readings: list[Reading]) -> Iterator[tuple[list[Reading], list[Run]]]:
        """Runs in batches, and what each was read from."""
        origins: list[Reading] = []
        runs: list[Run] = []
        num_bytes = 0
        for reading in readings:
            for record in self._records(reading):
                runs += self.line.runs_of(record, reading.shard.uri, reading.shard.source)
                origins += [reading] * (len(runs) - len(origins))
                num_bytes += len(record.raw)
                if num_bytes >= BATCH_BYTES or len(runs) >= BATCH_RUNS:
                    yield origins, runs
                    origins, runs, num_bytes = [], [], 0
        yield origins, runs

    def _records(self, reading: Reading) -> Iterator[containers.RawRecord]:
        shard = reading.shard
        try:
            opened = storage.open_read(shard.uri)
        except NoPermission as e:
            reading.refused = True  # no etag is kept, so that the next run tries again
            yield containers.failed("", b"", RowError("no_permission", str(e)), digest(shard.uri, str(e)))
            return
        with opened as stream:
            if shard.end:
                yield from containers.read_lines(stream, shard.start, shard.end)
            else:
                whole = formats.reads_whole_file(self.recipe.inputs[shard.source].format, shard.uri, stream)
                yield from containers.read_records(shard.uri, stream, whole)

    def _row(self, run: Run, made: dict[str, RowRecord], examples: Output, rejections: Output) -> RowRecord:
        """The run's row in the receipt; what came of it is written where it is the first of its unit."""
        if row := made.get(run.unit):
            return row.model_copy(update={"position": run.source.position})
        row = made[run.unit] = RowRecord(unit=run.unit, content=run.content, position=run.source.position, **self._write(run.outcome, examples, rejections))
        return row

    def _write(self, outcome: Made | Rejection | None, examples: Output, rejections: Output) -> dict[str, str | int]:
        """Writes a row's outcome; gives what its record says of it. Of a unit that the ledger holds, that holds all there is to say."""
        if outcome is None:
            return {"domain": ""}
        if isinstance(outcome, Rejection):
            rejections.write(outcome.unit, schemas.rejection_row(outcome), len(outcome.raw) + 200)
            return {"domain": outcome.domain, "task_id": outcome.task_id, "reason": outcome.reason}
        made, context = outcome.example, outcome.context_id
        ask = digest(prompts.VERSION, made.domain, made.question, context, made.agent.model_dump_json())
        examples.write(made.unit, schemas.example_row(made, ask), len(made.context))
        prompt = digest(prompts.VERSION, context, *prompts.user_prompt(made.domain, made.question))
        hashes = {"ask": ask, "prompt": prompt, "gold": digest(made.ground_truth.text)}
        return {"domain": made.domain, "task_id": made.task_id, "prompt_tokens": made.prompt_tokens} | hashes

    def _object(self, reading: Reading) -> ObjectRecord:
        shard = reading.shard
        return ObjectRecord(
            uri=shard.uri,
            etag=shard.etag if self._stands(shard) and not reading.refused else "",
            size=shard.size,
            start=shard.start,
            end=shard.end,
            scope=self.scopes[shard.source],
            sides=reading.sides,
            rows=tuple(reading.rows),
        )

    def _stands(self, shard: Shard) -> bool:
        """Whether what was read is what was listed; what a manifest says is taken as true."""
        info = None if self.recipe.inputs[shard.source].manifest else storage.stat(shard.uri)
        return info is None or info.etag == shard.etag


@contextmanager
def rare_collections() -> Iterator[None]:
    """Rows hold no cycles: looking for some as often as usual takes a twentieth of the stage's time."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
