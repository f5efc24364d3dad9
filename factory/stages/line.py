"""The line: what happens to a run between its raw record and its example.

Runs go through it by the batch, one stage after the other: a stage that goes on with what it just did finds its code
and its tables near the processor, and is half as slow again where every run changes from reading to the next stage.
What a stage raises ends the run's way with a rejection; the others go on. What is collected of a batch is bounded too:
once it is HELD_CHARACTERS, the runs that hold it go to the end of the line before more is collected.
"""

from __future__ import annotations

import errno
import importlib
import traceback
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from factory import formats, identity, joins, mining, packing, tokens
from factory.containers import RawRecord
from factory.domains import DOMAINS
from factory.errors import FactoryError, RowError
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
from factory.side import UNREAD, SideInputs, is_place
from factory.stages import mined
from factory.stages.texts import Beside, Texts
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

HELD_CHARACTERS = 8 << 20
"""Of evidence, which runs hold between collecting and packing, or a run's more."""

RAW_KEPT = 2 * RAW_LIMIT
"""Bytes of a raw record that a rejection may need: more than it shows, so that a secret that the cut would split is seen whole."""

OF_THE_MACHINE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EIO}
"""What no row is to blame for: it ends the run, and no row is rejected for it."""


class Made(NamedTuple):
    example: Example
    context_id: str


@dataclass(slots=True)
class Run:
    """A run on its way; a stage fills in what it finds, and what no later one needs is let go. One whose record could not be
    read holds no trajectory."""

    input: int
    """Index of the recipe's input that it came from."""
    source: Source
    content: str
    """Hash of the run."""
    raw: bytes
    """The beginning of the raw record."""
    trajectory: Trajectory | None = None
    sides: dict[str, str] = field(default_factory=dict)
    hashed: set[str] = field(default_factory=set)
    """What it found of the side inputs that it asked for, and those of them whose content counts (`SideInputs`)."""
    miss: str = ""
    """Why the gold table gave it nothing."""
    unit: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    ground_truth: GroundTruth = field(default_factory=GroundTruth)
    """Completed by what was collected."""
    dropped: dict[str, int] = field(default_factory=dict)
    beside: Beside | None = None
    packed: packing.Packed | None = None
    outcome: Made | Rejection | None = None
    """None at the end of the line for a unit that is made already."""
    ended: bool = False

    @property
    def pair_id(self) -> str:
        return digest("run", self.content)


class Line:
    def __init__(self, recipe: Recipe, scopes: tuple[dict[str, str], ...], known: Container[str]):
        self.recipe, self.scopes, self.known = recipe, scopes, known
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

    def runs_of(self, record: RawRecord, uri: str, source: int) -> list[Run]:
        """The runs in one record of the object `uri`, which belongs to the recipe's input `source`."""
        settings, raw = self.recipe.inputs[source], record.raw[:RAW_KEPT]
        place = Source(uri=uri, position=record.position, record=record.content)
        try:
            if record.error:
                raise record.error
            parsed = formats.parse(record.value, settings.format, settings.domain)
        except Exception as e:
            unread = Run(source, place, record.content, raw)
            self._end(unread, e)
            return [unread]
        runs = []
        for index, trajectory in enumerate(parsed):
            content = record.content if len(parsed) == 1 else digest(trajectory.model_dump_json())
            own = Source(uri=uri, position=_position(record.position, index, len(parsed)), record=content, format=trajectory.source.format)
            runs.append(Run(source, own, content, raw, trajectory.model_copy(update={"source": own})))
        return runs

    def pass_through(self, runs: list[Run], made: Container[str]) -> Iterator[Run]:
        """The runs in their order, each with its unit, and an outcome unless that unit is known or among the `made`. They are
        taken out of the list, and freed as the caller lets them go."""
        self.side.begin()
        waiting = deque(runs)
        runs.clear()
        self._each(waiting, self._join)
        for run in waiting:
            run.ended = run.ended or run.unit in self.known or run.unit in made
        while waiting:
            group = self._collected(waiting)
            for stage in (self._clean, self._pack, self._finish):
                self._each(group, stage)
            while group:
                yield group.popleft()

    def _collected(self, waiting: deque[Run]) -> deque[Run]:
        """The next runs, with their evidence."""
        group: deque[Run] = deque()
        num_characters = 0
        while waiting and num_characters < HELD_CHARACTERS:
            group.append(run := waiting.popleft())
            self._each([run], self._collect)
            num_characters += sum(len(piece.text) for piece in run.evidence)
        if moved := self.side.moved(uri for run in group for uri in run.hashed):
            for run in group:  # those that were rejected, too: perhaps for what stands there now
                if (run.outcome or not run.ended) and (uri := min(moved & run.hashed, default="")):
                    run.sides[uri] = UNREAD
                    self._end(run, RowError("side_input_missing", f"`{uri}` changed while it was read; the next run tries again"))
        return group

    def _each(self, runs: Iterable[Run], stage: Callable[[Run, Trajectory], None]) -> None:
        for run in runs:
            if run.ended or run.trajectory is None:
                continue
            self.side.found, self.side.hashed = run.sides, run.hashed
            try:
                stage(run, run.trajectory)
            except Exception as e:
                self._end(run, e)

    def _join(self, run: Run, trajectory: Trajectory) -> None:
        """What stands beside the run is joined to it, and both together give its unit."""
        trajectory, gold_hash = self.joins[run.input](trajectory)
        run.miss = self.joins[run.input].miss
        sides = [gold_hash, *self._side_hashes(trajectory)]
        kind = (run.input, run.source.format, trajectory.domain)
        if kind not in self.row_scopes:
            self.row_scopes[kind] = identity.row_scope(self.scopes[run.input], *kind[1:])
        run.trajectory = trajectory
        run.unit = identity.compile_unit(self.row_scopes[kind], run.source.uri, run.content, sides)

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

    def _collect(self, run: Run, trajectory: Trajectory) -> None:
        if not trajectory.question.strip():
            raise RowError("no_question")
        run.evidence, run.ground_truth, run.dropped = self.domains[trajectory.domain].collect(trajectory, self.settings, self.side)

    def _clean(self, run: Run, trajectory: Trajectory) -> None:
        run.beside = self.texts.beside(trajectory, run.ground_truth)
        run.evidence = self.texts.evidence(run.evidence)
        if not any(piece.role == "gold" for piece in run.evidence):
            raise RowError("no_gold_evidence", "every gold piece is empty after cleaning")

    def _pack(self, run: Run, trajectory: Trajectory) -> None:
        assert run.beside
        question, domain = run.beside.question, trajectory.domain
        found, passed_over = self._mine(question, domain, run.evidence, run.beside.ground_truth)
        packed = packing.pack(question, domain, run.evidence + found, self.tokenizer, self.settings.packing, run.pair_id)
        run.packed = packed._replace(dropped=_add(run.dropped, passed_over, packed.dropped))
        run.evidence = []

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

    def _finish(self, run: Run, trajectory: Trajectory) -> None:
        """The example, once its gold has passed its own verifier."""
        beside, packed = run.beside, run.packed
        assert beside and packed
        example = Example(
            id=digest(beside.question, beside.ground_truth.model_dump_json(), *packed.evidence_ids, self.packing),
            pair_id=run.pair_id,
            unit=run.unit,
            domain=trajectory.domain,
            task_id=beside.task_id,
            question=beside.question,
            context=packed.context,
            pieces=packed.pieces,
            ground_truth=beside.ground_truth,
            agent=beside.agent,
            solved=trajectory.solved,
            environment=beside.environment,
            source=run.source,
            tokenizer=self.tokenizer.identity,
            seed=self.settings.packing.seed,
            budget_tokens=self.settings.packing.budget_tokens,
            prompt_tokens=packed.prompt_tokens,
            context_tokens=packed.context_tokens,
            dropped=packed.dropped,
        )
        self._check_gold(example)
        if self.num_unchecked:
            self.num_unchecked -= 1
            self.tokenizer.check([example.context[:CHECKED_CHARACTERS]])
        run.outcome, run.ended, run.packed = Made(example, packed.context_id), True, None

    def _check_gold(self, example: Example) -> None:
        verify = self.verifiers[example.domain].verify
        verdict = verify(example, example.ground_truth.text, GOLD_CHECK, self.side)
        if not verdict.passed:
            raise RowError("gold_fails", f"{verdict.outcome}: {verdict.reason} {verdict.detail}".strip())
        for foreign in FOREIGN_GOLDS[example.domain]:
            verdict = verify(example, foreign, GOLD_CHECK, self.side)
            if verdict.passed and foreign != example.ground_truth.text:
                raise RowError("gold_accepts_anything", f"`{foreign[:60]}` passes by rule {verdict.rule}")

    def _end(self, run: Run, error: Exception) -> None:
        """The run leaves the line. Its unit covers what it found of its side inputs where those, or the lack of them, ended it."""
        found = (f"{uri} {etag}" for uri, etag in sorted(run.sides.items()))
        if run.trajectory is None:
            run.unit = digest("unread", run.source.uri, run.content, canonical_json(self.scopes[run.input]))
        elif not run.unit:
            run.unit = digest("unjoined", run.source.uri, run.content, canonical_json(self.scopes[run.input]), digest(*found))
        elif isinstance(error, RowError) and error.reason == "no_ground_truth" and run.miss:
            error = RowError(error.reason, run.miss)
        elif isinstance(error, RowError) and error.reason == "side_input_missing":  # it may come, as a commit does with the next fetch
            run.unit = digest("missing", run.unit, digest(*found))
        run.ended, run.evidence, run.packed = True, [], None
        run.outcome = None if run.unit in self.known else self._rejection(run, error)

    def _rejection(self, run: Run, error: Exception) -> Rejection:
        if isinstance(error, FactoryError):
            raise error
        if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
            raise FactoryError(f"`{run.source.uri}`: {error.strerror}; give the machine more of it (`ulimit -a`, `df`), then run again: what was committed is kept")
        if isinstance(error, RowError):
            reason, detail = error.reason, error.detail
        else:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            reason, detail = "internal_error", f"{type(error).__name__} in {frame.name} line {frame.lineno}: {error}"
        return Rejection(
            unit=run.unit,
            stage="compile",
            domain=run.trajectory.domain if run.trajectory else "",
            reason=reason,
            detail=self.texts.clean(detail[:RAW_LIMIT]),
            source=run.source,
            task_id=self.texts.clean(run.trajectory.task_id if run.trajectory else ""),
            raw=self.texts.raw(run.raw.decode("utf-8", "replace"))[:RAW_LIMIT],
        )


def _position(position: str, index: int, count: int) -> str:
    return position if count == 1 else f"{position}#{index}" if position else str(index)


def _add(*counts: dict[str, int]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total
