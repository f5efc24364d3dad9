"""Compile: raw runs to examples. A task is a shard of input objects; its receipt is a commit of what became of each row.

Every record of a shard comes out as an example or as a rejection with a reason. Rows that the ledger already
holds under the same unit are named in the receipt and not made again.
"""

from __future__ import annotations

import errno
import gc
import importlib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from factory import (
    containers,
    formats,
    identity,
    joins,
    mining,
    packing,
    prompts,
    schemas,
    storage,
    tokens,
)
from factory.domains import DOMAINS
from factory.errors import FactoryError, NoPermission, RowError
from factory.ledger import Commit, ObjectRecord, RowRecord
from factory.recipe import Recipe, Verify, fingerprint
from factory.records import (
    RAW_LIMIT,
    Domain,
    Evidence,
    Example,
    GroundTruth,
    Rejection,
    Source,
    Trajectory,
    canonical_json,
    digest,
)
from factory.side import SideInputs, is_place
from factory.stages import mined
from factory.stages.output import Output
from factory.stages.texts import Texts
from factory.verifiers import VERIFIERS

GOLD_CHECK = Verify(swe_tests="never")
"""The gold is judged by the strict rules, whatever the recipe allows for answers."""

FOREIGN_GOLDS = {
    "search": ("The Treaty of Tordesillas", "Wenceslas Hollar"),
    "swe": (
        "diff --git a/zz/foreign.py b/zz/foreign.py\n--- a/zz/foreign.py\n+++ b/zz/foreign.py\n@@ -1 +1 @@\n-old = 1\n+old = 2\n",
    ),
    "sql": ("| foreign |\n| --- |\n| Wenceslas Hollar 1607 |",),
}
"""Answers to other questions: a gold whose verifier accepts one of them accepts anything."""


CHECKED_EXAMPLES, CHECKED_CHARACTERS = 4, 8_000
"""Of so many examples a worker counts the beginning with the slow tokenizer too, and stops the run on a difference."""


class Made(NamedTuple):
    example: Example
    context_id: str


OF_THE_MACHINE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EIO}
"""What no row is to blame for: it ends the run, and no row is rejected for it."""

Outcome = tuple[str, str, str, Made | Rejection | None]
"""Unit, hash of the run, its place in the object, and what became of it: None for a unit that the ledger holds."""


class Shard(NamedTuple):
    uri: str
    etag: str
    size: int
    start: int
    end: int
    """Bytes [start, end) of a JSONL object; 0, 0 for the whole."""
    source: int
    """Index of the recipe's input that the object belongs to."""


class Compile:
    def __init__(self, root: str, recipe: Recipe, scopes: tuple[dict[str, str], ...], known: frozenset[str], part_bytes: int):
        self.root, self.recipe, self.scopes, self.known, self.part_bytes = root, recipe, scopes, known, part_bytes
        self.settings = recipe.compile
        self.side = SideInputs()
        self.tokenizer = tokens.load(self.settings.tokenizer)
        if {scope["tokenizer"] for scope in scopes} - {self.tokenizer.identity}:
            raise FactoryError(f"`compile.tokenizer` = `{self.settings.tokenizer}` is another one on this worker than on the driver; name a revision or a shared folder")
        self.texts = Texts(self.settings.cleaning, self.tokenizer.special_tokens)
        self.joins = [joins.Join(source, self.side) for source in recipe.inputs]
        self.domains = {name: importlib.import_module(f"factory.domains.{module}") for name, module in DOMAINS.items()}
        self.verifiers = {name: importlib.import_module(f"factory.verifiers.{module}") for name, module in VERIFIERS.items()}
        self.row_scopes: dict[tuple[int, str, str], str] = {}
        """Scope of the rows of one input, format and domain."""
        self.pools: dict[str, mining.Pool] = {}
        self.packing = fingerprint(self.settings.packing)
        self.num_unchecked = CHECKED_EXAMPLES
        self.refused = False

    def __call__(self, shards: tuple[Shard, ...]) -> Commit:
        examples = Output(self.root, "parts/examples", schemas.EXAMPLE, self.part_bytes)
        rejections = Output(self.root, "parts/rejections", schemas.REJECTION, self.part_bytes)
        made: dict[str, RowRecord] = {}
        try:
            with rare_collections():
                objects = tuple(self._object(shard, examples, rejections, made) for shard in shards)
            records = examples.close("examples") + rejections.close("rejections")
        except BaseException:
            examples.abort()
            rejections.abort()
            raise
        return Commit(stage="compile", objects=objects, parts=records)

    def _object(self, shard: Shard, examples: Output, rejections: Output, made: dict[str, RowRecord]) -> ObjectRecord:
        self.side.begin()
        self.refused = False
        rows: list[RowRecord] = []
        for record in self._records(shard):
            for unit, content, position, outcome in self._compile_record(shard, record):
                row = made.get(unit) or RowRecord(unit=unit, content=content, domain="")
                if unit not in made and outcome is not None:
                    row = self._write(row, outcome, examples, rejections)
                made[unit] = row
                rows.append(row.model_copy(update={"position": position}))
        return ObjectRecord(
            uri=shard.uri,
            etag=shard.etag if self._stands(shard) and not self.refused else "",
            size=shard.size,
            start=shard.start,
            end=shard.end,
            scope=self.scopes[shard.source],
            sides=self.side.seen(),
            rows=tuple(rows),
        )

    def _stands(self, shard: Shard) -> bool:
        """Whether what was read is what was listed; what a manifest says is taken as true."""
        info = None if self.recipe.inputs[shard.source].manifest else storage.stat(shard.uri)
        return info is None or info.etag == shard.etag

    def _write(self, row: RowRecord, outcome: Made | Rejection, examples: Output, rejections: Output) -> RowRecord:
        if isinstance(outcome, Rejection):
            rejections.write(row.unit, schemas.rejection_row(outcome), len(outcome.raw) + 200)
            return row.model_copy(update={"domain": outcome.domain, "task_id": outcome.task_id, "reason": outcome.reason})
        made, context = outcome.example, outcome.context_id
        ask = digest(prompts.VERSION, made.domain, made.question, context, made.agent.model_dump_json())
        examples.write(row.unit, schemas.example_row(made, ask), len(made.context))
        prompt = digest(prompts.VERSION, context, *prompts.user_prompt(made.domain, made.question))
        hashes = {"ask": ask, "prompt": prompt, "gold": digest(made.ground_truth.text)}
        return row.model_copy(update={"domain": made.domain, "task_id": made.task_id, "prompt_tokens": made.prompt_tokens} | hashes)

    def _records(self, shard: Shard) -> Iterator[containers.RawRecord]:
        try:
            opened = storage.open_read(shard.uri)
        except NoPermission as e:
            self.refused = True  # no etag is kept, so that the next run tries again
            yield containers.failed("", b"", RowError("no_permission", str(e)), digest(shard.uri, str(e)))
            return
        with opened as stream:
            if shard.end:
                yield from containers.read_lines(stream, shard.start, shard.end)
            else:
                whole = formats.reads_whole_file(self.recipe.inputs[shard.source].format, shard.uri, stream)
                yield from containers.read_records(shard.uri, stream, whole)

    def _compile_record(self, shard: Shard, record: containers.RawRecord) -> Iterator[Outcome]:
        """What became of every run in the record."""
        scope, settings = self.scopes[shard.source], self.recipe.inputs[shard.source]
        source = Source(uri=shard.uri, position=record.position, record=record.content)
        try:
            if record.error:
                raise record.error
            trajectories = formats.parse(record.value, settings.format, settings.domain)
        except Exception as e:
            unit = digest("unread", shard.uri, record.content, canonical_json(scope))
            yield unit, record.content, record.position, None if unit in self.known else self._rejection(unit, e, source, "", "", record.raw)
            return
        for index, trajectory in enumerate(trajectories):
            content = record.content if len(trajectories) == 1 else digest(trajectory.model_dump_json())
            position = _position(record.position, index, len(trajectories))
            place = source.model_copy(update={"format": trajectory.source.format, "position": position, "record": content})
            unit, outcome = self._compile_trajectory(trajectory.model_copy(update={"source": place}), content, shard, record.raw)
            yield unit, content, position, outcome

    def _compile_trajectory(self, trajectory: Trajectory, content: str, shard: Shard, raw: bytes) -> tuple[str, Made | Rejection | None]:
        scope, place = self.scopes[shard.source], trajectory.source
        self.side.begin_row()
        try:
            trajectory, gold_hash = self.joins[shard.source](trajectory)
            sides = [gold_hash, *self._side_hashes(trajectory)]
        except Exception as e:
            unit = digest("unjoined", shard.uri, content, canonical_json(scope), self.side.seen_by_row())
            return unit, None if unit in self.known else self._rejection(unit, e, place, trajectory.domain, trajectory.task_id, raw)
        kind = (shard.source, place.format, trajectory.domain)
        if kind not in self.row_scopes:
            self.row_scopes[kind] = identity.row_scope(scope, *kind[1:])
        unit = identity.compile_unit(self.row_scopes[kind], shard.uri, content, sides)
        if unit in self.known:
            return unit, None
        try:
            return unit, self._example(trajectory, unit, digest("run", content))
        except Exception as e:
            if isinstance(e, RowError) and e.reason == "no_ground_truth" and (miss := self.joins[shard.source].miss):
                e = RowError(e.reason, miss)
            if isinstance(e, RowError) and e.reason == "side_input_missing":  # it may come, as a commit does with the next fetch
                unit = digest("missing", unit, self.side.seen_by_row())
            return unit, None if unit in self.known else self._rejection(unit, e, place, trajectory.domain, trajectory.task_id, raw)

    def _side_hashes(self, trajectory: Trajectory) -> list[str]:
        """Content of what the row reads. A full commit id names its tree: only the repository's presence counts."""
        environment = trajectory.environment
        hashes = [environment.model_dump_json(exclude={"database", "repository", "pages"})]
        for uri in (environment.database, environment.pages):
            hashes.append(self.side.content_hash(uri) if is_place(uri) else uri)
        if is_place(environment.repository):
            pinned = len(environment.base_commit) == 40
            hashes.append(str(self.side.present(environment.repository)) if pinned else self.side.content_hash(environment.repository))
        return hashes

    def _example(self, trajectory: Trajectory, unit: str, pair_id: str) -> Made:
        if not trajectory.question.strip():
            raise RowError("no_question")
        collected = self.domains[trajectory.domain].collect(trajectory, self.settings, self.side)
        beside = self.texts.beside(trajectory, collected.ground_truth)
        question, ground_truth = beside.question, beside.ground_truth
        evidence = self.texts.evidence(collected.evidence)
        if not any(piece.role == "gold" for piece in evidence):
            raise RowError("no_gold_evidence", "every gold piece is empty after cleaning")
        found, passed_over = self._mine(question, trajectory.domain, evidence, ground_truth)
        evidence += found
        packed = packing.pack(question, trajectory.domain, evidence, self.tokenizer, self.settings.packing, pair_id)
        example = Example(
            id=digest(question, ground_truth.model_dump_json(), *packed.evidence_ids, self.packing),
            pair_id=pair_id,
            unit=unit,
            domain=trajectory.domain,
            task_id=beside.task_id,
            question=question,
            context=packed.context,
            pieces=packed.pieces,
            ground_truth=ground_truth,
            agent=beside.agent,
            solved=trajectory.solved,
            environment=beside.environment,
            source=trajectory.source,
            tokenizer=self.tokenizer.identity,
            seed=self.settings.packing.seed,
            budget_tokens=self.settings.packing.budget_tokens,
            prompt_tokens=packed.prompt_tokens,
            context_tokens=packed.context_tokens,
            dropped=_add(collected.dropped, passed_over, packed.dropped),
        )
        self._check_gold(example)
        if self.num_unchecked:
            self.num_unchecked -= 1
            self.tokenizer.check([example.context[:CHECKED_CHARACTERS]])
        return Made(example, packed.context_id)

    def _mine(self, question: str, domain: Domain, own: list[Evidence], truth: GroundTruth) -> tuple[list[Evidence], dict[str, int]]:
        """Distractors from the recipe's pool, and what was passed over."""
        wanted = self.settings.packing
        if not (wanted.pool and wanted.mined_pieces):
            return [], {}
        if domain not in self.pools:
            self.pools[domain] = mined.load(wanted.pool, domain)
            if identity.pool(self.settings) != self.scopes[0]["pool"]:
                raise FactoryError(f"`compile.packing.pool` = `{wanted.pool}` was published anew while this run read it; run again")
        return mining.mine(question, self.pools[domain], wanted.mined_pieces, own, self.domains[domain].holder(truth))

    def _check_gold(self, example: Example) -> None:
        verify = self.verifiers[example.domain].verify
        verdict = verify(example, example.ground_truth.text, GOLD_CHECK, self.side)
        if not verdict.passed:
            raise RowError("gold_fails", f"{verdict.outcome}: {verdict.reason} {verdict.detail}".strip())
        for foreign in FOREIGN_GOLDS[example.domain]:
            verdict = verify(example, foreign, GOLD_CHECK, self.side)
            if verdict.passed and foreign != example.ground_truth.text:
                raise RowError("gold_accepts_anything", f"`{foreign[:60]}` passes by rule {verdict.rule}")

    def _rejection(self, unit: str, error: Exception, source: Source, domain: str, task_id: str, raw: bytes) -> Rejection:
        if isinstance(error, FactoryError | KeyboardInterrupt):
            raise error
        if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
            raise FactoryError(f"`{source.uri}`: {error.strerror}; give the machine more of it (`ulimit -a`, `df`), then run again: what was committed is kept")
        if isinstance(error, RowError):
            reason, detail = error.reason, error.detail
        else:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            reason, detail = "internal_error", f"{type(error).__name__} in {frame.name} line {frame.lineno}: {error}"
        # Clean more than is kept: a secret that the cut would split is then seen whole.
        start = raw[: 2 * RAW_LIMIT].decode("utf-8", "replace")
        return Rejection(
            unit=unit,
            stage="compile",
            domain=domain,
            reason=reason,
            detail=self.texts.clean(detail[:RAW_LIMIT]),
            source=source,
            task_id=self.texts.clean(task_id),
            raw=self.texts.raw(start)[:RAW_LIMIT],
        )


@contextmanager
def rare_collections() -> Iterator[None]:
    """Rows hold no cycles: looking for some as often as usual takes a twentieth of the stage's time."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _position(position: str, index: int, count: int) -> str:
    return position if count == 1 else f"{position}#{index}" if position else str(index)


def _add(*counts: dict[str, int]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total
