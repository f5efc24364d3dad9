"""Trace with a model behind engines: rejection sampling, durable as it goes.

Every example that falls short of its wanted passing traces is asked in waves as large as its domain's pass rate so far
makes it need; attempts are verified while others are generated; no more is asked once enough passed. Longest prompts
go first. Texts are read from the examples' parts when a request is sent, so memory follows what is in flight and not
the size of the dataset.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from factory import identity, ledger, parts, prompts, schemas, tokens
from factory.ledger import Commit, RowRecord, UnitRecord
from factory.recipe import Placement
from factory.records import Trace
from factory.stages.judges import Judges
from factory.stages.keep import Attempt, Judged, Keeper
from factory.stages.opinions import Opinions
from factory.stages.refusals import ABOUT_ATTEMPT, TOO_LONG, refused_unit
from factory.stages.shortfall import Job, Short, falling_short
from factory.stages.trace import Attempts, load_teacher
from factory.teachers.engine import Answer, Request, RequestRefused
from factory.teachers.pool import Pool

PAPER_PASS_RATES = {"search": 1.0, "sql": 0.5, "swe": 0.1}
"""Answer-blind pass rates that the paper reports: what a domain is expected to do before it has shown it."""
PRIOR_ATTEMPTS = 4
"""Attempts that the expectation counts for."""
AHEAD = 256
"""Requests that wait in the pool beside as many as run, so that the longest of the next ones go first."""
RAW_CHARACTERS = 1 << 20
COLUMNS = ("unit", "domain", "question", "context", "ground_truth")


def generate(job: Job, attempts: Attempts, rows: list[RowRecord], commits: dict[str, list[Commit]], progress: Callable[[str, int, int], None]) -> int:
    """Ask until every row has its wanted passing traces or no attempt left. What was made is appended to
    `commits["trace"]`; returns the number of attempts."""
    short = falling_short(job, attempts, rows, commits)
    if not short:
        return 0
    generation = Generation(job, attempts, ledger.places(commits["trace"], "verdicts"), progress)
    try:
        asyncio.run(generation.run(short))
    finally:
        commits["trace"] += generation.keeper.commits
    return generation.num_attempts


def _all_slots(placement: Placement) -> int:
    return 0


class Generation:
    def __init__(self, job: Job, attempts: Attempts, verdicts: dict[str, tuple[str, int]], progress: Callable[[str, int, int], None]):
        self.job, self.attempts, self.verdicts, self.progress = job, attempts, verdicts, progress
        self.teacher = job.recipe.teacher
        self.counter = tokens.load(self.teacher.tokenizer or job.recipe.compile.tokenizer)
        self.examples = parts.RowReader(job.root, COLUMNS)
        self.traces = parts.RowReader(job.root)
        self.judged_before = parts.RowReader(job.root)
        self.sampling = {domain: [json.loads(text) for text in texts] for domain, texts in attempts.samplings.items()}
        self.passed = {domain: PRIOR_ATTEMPTS * rate for domain, rate in PAPER_PASS_RATES.items()}
        self.tried = dict.fromkeys(PAPER_PASS_RATES, float(PRIOR_ATTEMPTS))
        self.num_attempts = 0
        self.open: dict[str, Short] = {}
        """Request id -> its example, while the pool has it."""
        self.pool = self._pool()
        self.keeper = Keeper(job.root, job.trace_scope, job.placement.part_bytes, self._engine_seconds)
        self.opinions = Opinions(job.recipe, self.examples, self.pool)
        self.judges = Judges(job.root, job.recipe, job.placement)
        self._moved = asyncio.Event()
        self._failure: BaseException | None = None

    def _engine_seconds(self) -> float:
        """Seconds that engines were up, times the GPUs of each."""
        return self.pool.seconds_up() * self.job.placement.tensor_parallel * self.job.placement.pipeline_parallel

    def _pool(self) -> Pool:
        placement, module = self.job.placement, load_teacher(self.job.recipe)
        if getattr(module, "NEEDS_RAY", False):
            from factory.stages import cluster

            cluster.start_ray(placement)
        fewest, most = module.replicas(placement)
        return Pool(module.starter(self.teacher, placement), fewest, most, getattr(module, "start_slots", _all_slots)(placement), self._messages)

    async def run(self, short: list[Short]) -> None:
        async with self.judges, self.pool:
            tasks = [asyncio.create_task(self._feed(short)), asyncio.create_task(self.keeper.keep())]
            try:
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self.keeper.close()

    async def _feed(self, short: list[Short]) -> None:
        """Longest first, and never many more at hand than the pool can soon take."""
        tasks: set[asyncio.Task[None]] = set()
        done = 0

        def ended(task: asyncio.Task[None]) -> None:
            nonlocal done
            tasks.discard(task)
            self._moved.set()
            if task.cancelled():
                return
            if error := task.exception():
                self._failure = self._failure or error
                return
            done += 1
            self.progress("trace", done, len(short))

        self.progress("trace", 0, len(short))
        try:
            for example in short:
                while self.pool.num_waiting >= AHEAD + self.pool.num_running or len(tasks) >= 4 * (AHEAD + self.pool.num_running):
                    await self._wait()
                task = asyncio.create_task(self._example(example))
                tasks.add(task)
                task.add_done_callback(ended)
                await asyncio.sleep(0)
            while tasks:
                await self._wait()
            if self._failure:
                raise self._failure
        finally:
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()
        if self._failure:
            raise self._failure

    # one example

    async def _example(self, example: Short) -> None:
        example = example._replace(units=tuple(self.attempts(example.domain, example.ask)))
        wanted = self.teacher.sampling(example.domain).wanted
        passed = 0
        for attempt, place in example.known.items():
            if place and await self._passed_before(example, attempt, place):
                passed += 1
        left = [i for i in range(len(example.units)) if i not in example.known]
        if passed < wanted and left and (refusal := await self._refusal(example)):
            self._leave(example, left[0], refusal)
            return
        while passed < wanted and left:
            size = self.wave(example.domain, wanted - passed)
            wave, left = left[:size], left[size:]
            more = await self._wave(example, wave, wanted - passed)
            if more is None:
                return
            passed += more

    def wave(self, domain: str, missing: int) -> int:
        """Attempts that should bring the missing ones, at the pass rate so far."""
        rate = self.passed[domain] / self.tried[domain]
        return max(missing, int(missing / max(rate, 0.01)))

    async def _wave(self, example: Short, wave: list[int], missing: int) -> int | None:
        """How many passed; None when the prompt itself is refused. Attempts that still wait when enough passed are
        taken back; those that run are paid for, and kept."""
        tasks = {asyncio.create_task(self._attempt(example, attempt)): attempt for attempt in wave}
        passed, over = 0, False
        waiting = set(tasks)
        try:
            while waiting:
                ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    if not task.cancelled():
                        found = task.result()
                        passed += found is True
                        over = over or found is None
                if passed >= missing or over:
                    for task in waiting:
                        if self.pool.is_waiting(example.units[tasks[task]]):
                            task.cancel()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return None if over else passed

    async def _attempt(self, example: Short, attempt: int) -> bool | None:
        """Whether it passed; None when no attempt at this prompt can succeed."""
        unit, sampling = example.units[attempt], self.sampling[example.domain][attempt]
        request = Request(
            id=unit,
            messages=(),
            prompt_tokens=example.prompt_tokens,
            max_tokens=sampling["max_tokens"],
            temperature=sampling["temperature"],
            top_p=sampling["top_p"],
            seed=sampling["seed"],
            group=example.ask,
        )
        self.open[unit] = example
        try:
            answer = await self.pool.ask(request)
        except RequestRefused as e:
            self._leave(example, attempt, e)
            return False if e.reason in ABOUT_ATTEMPT else None
        finally:
            del self.open[unit]
            self._moved.set()
        self.num_attempts += 1
        row = schemas.trace_row(self._trace(example, attempt, answer), example.unit)
        record = UnitRecord(unit=unit, example_unit=example.unit, domain=example.domain, rows=1)
        self.keeper.attempt(Attempt(record, row, example.place))
        return await self._judge(example, row)

    async def _judge(self, example: Short, row: dict[str, Any]) -> bool:
        verdict = await self.judges.judge(example.place, row)
        if verdict["outcome"] == "undecided" and example.domain == "search" and self.job.recipe.verify.search_judge:
            verdict = await self.opinions.ask(example.place, example.prompt_tokens, row, verdict)
        unit = identity.verdict_unit(self.job.verify_scope, example.unit, example.domain, row["unit"])
        self.keeper.verdict(Judged(unit, verdict, example.place))
        return self._count(example.domain, verdict)

    async def _passed_before(self, example: Short, attempt: int, place: tuple[str, int]) -> bool:
        """Of an attempt that an earlier run made: its verdict, where it still holds, or a new one."""
        unit = identity.verdict_unit(self.job.verify_scope, example.unit, example.domain, example.units[attempt])
        if unit in self.verdicts:
            return self._count(example.domain, await asyncio.to_thread(self.judged_before.row, *self.verdicts[unit]))
        return await self._judge(example, await asyncio.to_thread(self.traces.row, *place))

    def _count(self, domain: str, verdict: dict[str, Any]) -> bool:
        passed = verdict["outcome"] == "accept"
        self.tried[domain] += 1
        self.passed[domain] += passed
        return passed

    def _leave(self, example: Short, attempt: int, refusal: RequestRefused) -> None:
        unit = refused_unit(self.job.recipe, self.job.placement, example.units[attempt], refusal.reason)
        record = UnitRecord(unit=unit, example_unit=example.unit, domain=example.domain, stage="trace", reason=refusal.reason, detail=refusal.detail[:500])
        self.keeper.attempt(Attempt(record, None, example.place))

    def _trace(self, example: Short, attempt: int, answer: Answer) -> Trace:
        return Trace(
            example_id=example.id,
            unit=example.units[attempt],
            attempt=attempt,
            teacher=self.job.trace_scope["teacher"],
            sampling=self.attempts.samplings[example.domain][attempt],
            mode=self.teacher.mode,
            reasoning=answer.reasoning,
            answer=answer.text,
            finish_reason=answer.finish_reason,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            raw=answer.raw[:RAW_CHARACTERS],
        )

    # prompts

    async def _refusal(self, example: Short) -> RequestRefused | None:
        """Why the prompt is not sent at all, counted with the teacher's own template where it has one."""
        most, num_tokens = self.teacher.context_tokens, example.prompt_tokens
        if not most:
            return None
        if self.teacher.tokenizer or self.attempts.given:
            num_tokens = await asyncio.to_thread(lambda: self.counter.count(self.counter.render(self._text(example))))
        if num_tokens + self.teacher.max_answer_tokens <= most:
            return None
        return RequestRefused(TOO_LONG, f"{num_tokens:,} tokens and {self.teacher.max_answer_tokens:,} for the reply; the teacher takes {most:,}")

    async def _messages(self, request: Request) -> tuple[dict[str, str], ...]:
        return ({"role": "user", "content": await asyncio.to_thread(self._text, self.open[request.id])},)

    def _text(self, example: Short) -> str:
        row = self.examples.row(*example.place)
        text = row["context"].join(prompts.user_prompt(row["domain"], row["question"]))
        return text + prompts.given_answer(self.teacher.prompt, json.loads(row["ground_truth"])["text"]) if self.attempts.given else text
