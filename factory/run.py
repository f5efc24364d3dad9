"""Drive the three stages: what is pending, the work, the commits, one published version, a summary that reconciles.

New files, a changed row, a changed recipe, a bigger cluster and a crash are one code path: wanted units minus
committed units. That there is nothing to do is found out without Ray and without opening an input.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from factory import checks, identity, ledger, publish, repairs, storage, yields
from factory.errors import FactoryError, SettingsError
from factory.inputs import listing, shards
from factory.ledger import ObjectRecord, PartRecord
from factory.live import Live, duplicates, filled, gather, summarize
from factory.recipe import Placement, Recipe
from factory.records import DOMAINS
from factory.repairs import Agree, Say
from factory.stages import generate
from factory.stages.compile import Compile
from factory.stages.discarded import count_discarded
from factory.stages.refusals import OVER_KV, TOO_LONG, is_decided, kv_key, standing
from factory.stages.spread import spread
from factory.stages.superseded import compact
from factory.stages.trace import Attempts, TraceStage, TraceTask
from factory.stages.verify import VerifyStage, VerifyTask, by_path
from factory.state import State, unchanged

LOST_RACES = 20

Progress = Callable[[str, int, int], None]
"""(stage, done, total); bytes for compile, examples for the others."""


class Result(NamedTuple):
    version: publish.Version
    did: dict[str, int]
    """Units done by this run, by stage; empty when there was nothing to do."""


def to_stderr(text: str) -> None:
    print(f"factory: {text}", file=sys.stderr, flush=True)


def build(
    root: str, recipe: Recipe, placement: Placement, progress: Progress, reread: bool = False, agree: Agree = lambda num_rows: True, say: Say = to_stderr
) -> Result:
    """Bring the dataset at `root` to what `recipe` asks for, and publish it. `reread` distrusts etags and part files;
    `agree(num_rows)` is asked before a model is called again for rows that it has answered.

    When another run publishes meanwhile, this one looks at the inputs again: what both have done is in the ledger."""
    use_store(placement)
    did: Counter[str] = Counter()
    for _ in range(LOST_RACES):
        version, done = attempt(root, recipe, placement, progress, reread, agree, say)
        did.update(done)
        if version:
            return Result(version, dict(did))
    raise FactoryError(f"`{root}` was published {LOST_RACES} times by other runs while this one worked; run again")


def attempt(root: str, recipe: Recipe, placement: Placement, progress: Progress, reread: bool, agree: Agree, say: Say) -> tuple[publish.Version | None, dict[str, int]]:
    """The version that is published now, None when another run was first; and the units done by stage."""
    checks.check_recipe(recipe)
    if reread and (said := publish.mend(root)):
        say(said)
    before = publish.pointer(root)
    scopes = [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]
    asked = listing(recipe, scopes, root)
    if not reread and (version := unchanged(root, asked, placement)):
        return version, {}
    checks.check_places(root, recipe, placement)
    if reread:
        repairs.drop_damaged(root, recipe, agree, say)
        repairs.drop_lost(root, agree, say)
    state = State(root, recipe, asked, scopes, reread)
    driver = Driver(root, recipe, placement, state, progress)
    live = driver.compile()
    discarded = count_discarded(driver.attempts, live.rows, state.commits, scopes)
    if discarded and not agree(discarded):
        raise SettingsError(
            f"{discarded:,} rows that a model has answered would be asked again, because the recipe changed; `factory plan` names the fields. "
            "Add --yes to go on, or change the recipe back: nothing that was made is lost"
        )
    driver.trace(live)
    finished = driver.verify(live)
    return driver.publish(live, finished, before), driver.did


def use_store(placement: Placement) -> None:
    storage.configure(placement.s3_endpoint, placement.s3_region, placement.s3_addressing, placement.single_writer)


class Driver:
    def __init__(self, root: str, recipe: Recipe, placement: Placement, state: State, progress: Progress):
        self.root, self.recipe, self.placement, self.state, self.progress = root, recipe, placement, state, progress
        self.trace_scope = identity.trace_scope(recipe)
        self.verify_scope = identity.verify_scope(recipe)
        self.attempts = Attempts(recipe, self.trace_scope)
        self.use_ray = placement.runner == "ray"
        self.did: dict[str, int] = {}

    def compile(self) -> Live:
        state, placement = self.state, self.placement
        done = {} if state.reread else state.done()
        pending = [(index, info) for index, info in state.asked.objects if (index, info.uri, info.etag) not in done]
        tasks = shards(pending, placement.shard_bytes, self.recipe.inputs)
        total = sum(info.size for _, info in pending)
        if placement.runner == "auto":
            self.use_ray = total > placement.inline_bytes
        known = state.rows()
        arguments = (self.root, self.recipe, tuple(state.scopes), frozenset(known), placement.part_bytes)
        made = read = 0
        if tasks:
            self.progress("compile", 0, total)
        fresh: list[ObjectRecord] = []
        for commit in spread(Compile, arguments, tasks, placement, self.use_ray):
            made += sum(row.unit not in known for item in commit.objects for row in item.rows)
            commit = filled(commit, known)
            ledger.write(self.root, commit)
            state.commits["compile"].append(commit)
            fresh.extend(commit.objects)
            read += sum(item.end - item.start if item.end else item.size for item in commit.objects)
            self.progress("compile", read, total)
        self.did["compile"] = made
        return gather(self.state, done, fresh)

    def trace(self, live: Live) -> None:
        if self.attempts.pooled:
            rows = [row for row in live.rows if row.ask]
            job = generate.Job(self.root, self.recipe, self.placement, self.trace_scope, self.verify_scope, self.state.reread)
            self.did["trace"] = generate.generate(job, self.attempts, rows, self.state.commits, self.progress)
            return
        asked = {(row.unit, i): unit for row in live.rows if row.ask for i, unit in enumerate(self.attempts.of(row))}
        done = {unit.unit for commit in self.state.commits["trace"] for unit in commit.units}
        pending: dict[str, set[tuple[str, int]]] = {}
        homes = ledger.homes(self.state.commits["compile"], "examples")
        parts: dict[str, PartRecord] = {}
        taken: set[str] = set()
        for key, unit in asked.items():
            if unit not in done and unit not in taken:
                taken.add(unit)
                part = homes[key[0]]
                parts[part.path] = part
                pending.setdefault(part.path, set()).add(key)
        tasks = [TraceTask(parts[path], frozenset(pending[path])) for path in sorted(pending)]
        self._work("trace", TraceStage, self.trace_scope, tasks, len(taken))

    def verify(self, live: Live) -> dict[str, ledger.UnitRecord]:
        """Unit of an example -> what became of it."""
        asked = {unit.unit: unit for commit in self.state.commits["trace"] for unit in commit.units}
        traces = {row.unit: standing(self.recipe, self.placement, self.attempts.of(row), asked) for row in live.rows if row.ask}
        units = {row.unit: identity.verify_unit(self.verify_scope, row.unit, row.domain, traces[row.unit]) for row in live.rows if row.ask}
        done = {unit.unit for commit in self.state.commits["verify"] for unit in commit.units}
        domains = {row.unit: row.domain for row in live.rows}
        trace_places = ledger.places(self.state.commits["trace"], "traces")
        verdict_places = ledger.places(self.state.commits["trace"], "verdicts")
        homes = ledger.homes(self.state.commits["compile"], "examples")
        pending: dict[str, dict[str, tuple[str, ...]]] = {}
        parts: dict[str, PartRecord] = {}
        for example, unit in units.items():
            if unit not in done:
                part = homes[example]
                parts[part.path] = part
                pending.setdefault(part.path, {})[example] = traces[example]
        tasks = []
        for path in sorted(pending):
            wanted = {unit: example for example, units in pending[path].items() for unit in units}
            verdicts = [identity.verdict_unit(self.verify_scope, example, domains[example], unit) for unit, example in wanted.items()]
            reasons = {example: (asked[unit].reason, asked[unit].detail) for unit, example in wanted.items() if asked[unit].reason}
            tasks.append(VerifyTask(parts[path], pending[path], by_path(trace_places, wanted), by_path(verdict_places, verdicts), reasons))
        self._work("verify", VerifyStage, self.verify_scope, tasks, sum(map(len, pending.values())))
        finished = {unit.unit: unit for commit in self.state.commits["verify"] for unit in commit.units}
        return {example: finished[unit] for example, unit in units.items()}

    def _work(self, stage: ledger.Stage, worker: Any, scope: dict[str, str], tasks: list[Any], total: int) -> None:
        arguments = (self.root, self.recipe, scope, self.placement.part_bytes)
        finished = 0
        if tasks:
            self.progress(stage, 0, total)
        for commit in spread(worker, arguments, tasks, self.placement, self.use_ray):
            ledger.write(self.root, commit)
            self.state.commits[stage].append(commit)
            finished += len(commit.units)
            self.progress(stage, finished, total)
        self.did[stage] = finished

    def publish(self, live: Live, finished: dict[str, ledger.UnitRecord], before: tuple[bytes, str] | None) -> publish.Version | None:
        from factory import schemas

        commits, root, part_bytes = self.state.commits, self.root, self.placement.part_bytes
        row_homes = ledger.homes(commits["verify"], "rows")
        last = publish.read_version(root, publish.visible(root, before)["path"]) if before and not self.state.reread else None
        written, rejected_before = (last.files, last.rejections) if last else ((), ())
        files: list[publish.File] = []
        for domain in DOMAINS:
            units = [unit.unit for unit in finished.values() if unit.rows and unit.domain == domain]
            files += publish.live_files(root, f"data/{domain}", schemas.ROW, row_homes, units, "unit", domain, part_bytes, written)
        files = publish.with_tokens(root, files, written)
        rejected = [row.unit for row in live.rows if row.reason] + [unit.unit for unit in finished.values() if not unit.rows]
        homes = ledger.homes(commits["compile"], "rejections") | ledger.homes(commits["verify"], "rejections")
        rejections = publish.live_files(root, "parts/rejections", schemas.REJECTION, homes, rejected, "unit", "", part_bytes, rejected_before)
        rejections += publish.write_rejections(root, duplicates(live), part_bytes)
        scopes = {name: value for scope in (*self.state.scopes, self.trace_scope, self.verify_scope) for name, value in scope.items()}

        teacher = {}
        if self.attempts.pooled:
            allowed = {row.unit: self.attempts.of(row) for row in live.rows if row.ask}
            made = {unit.unit: unit.reason for commit in commits["trace"] for unit in commit.units}
            missing = {row.unit for row in live.rows if row.ask and finished[row.unit].rows < (self.recipe.teacher.sampling(row.domain).wanted or 1)}
            short = {example for example in missing if not is_decided(self.recipe, self.placement, allowed[example], made)}
            teacher["teacher"] = yields.summarize(root, self.trace_scope["teacher"], self.trace_scope, live.rows, allowed, commits, finished, short)
            if any(unit.reason in (OVER_KV, TOO_LONG) for unit in finished.values()):
                teacher["teacher"]["kv_key"] = kv_key(self.placement)

        def make(number: int, parent: str) -> publish.Version:
            return publish.Version(
                version=number,
                parent=parent,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                request=self.state.asked.request if live.settled else "",
                sides=live.sides,
                recipe=self.recipe.model_dump(mode="json"),
                scopes=scopes,
                files=tuple(files),
                rejections=tuple(rejections),
                summary=summarize(live, finished, publish.count_tokens(files)) | teacher,
            )

        if last and make(last.version, last.parent).model_copy(update={"created": last.created}) == last:
            version: publish.Version | None = last  # an object that cannot be read is tried every time, and may change nothing
        else:
            version = publish.publish(root, make, before)
        if version and live.settled:
            compact(root, commits, live.objects)
        for stage in ledger.STAGES:
            ledger.pack(root, stage)
        return version
