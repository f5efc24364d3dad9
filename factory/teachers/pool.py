"""A pool of engines that answers requests: starts, feeds, replaces and closes replicas.

`Pool.ask` returns when the request is answered, wherever that was and however many replicas died on the way. What
runs next and where is decided in `factory/teachers/schedule.py`. The pool runs in one event loop and starts no
thread; it keeps nothing on disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from factory.errors import FactoryError
from factory.teachers.engine import Answer, Engine, EngineDied, Request, RequestRefused, TryLater
from factory.teachers.schedule import Schedule, Window, refuse_oversized

__all__ = ["Answer", "Engine", "EngineDied", "Pool", "Request", "RequestRefused", "TryLater"]

Start = Callable[[int], Awaitable[Engine]]
"""Starts the replica with this number (0, 1, ... never used twice); EngineDied when it does not come up."""

FRUITLESS_DEATHS = 8
"""Deaths without an answer between them (twice the replicas where that is more) after which the run stops."""
PATIENCE_SECONDS = 30.0
"""Longest wait before a dead replica is replaced; the wait doubles with every fruitless death, from 1/4 second."""
SHORTEST_PAUSE_SECONDS = 0.25
"""Pause of an overloaded replica that does not say how long to wait; doubles while nothing is answered."""
OVERLOADED_SECONDS = 3_600.0
"""Time without any answer from overloaded replicas after which the run stops."""
IDLE_SECONDS = 60.0
"""A replica beyond the minimum is closed when it had nothing to do for so long."""
UNLIMITED = 1_000_000


class Stopped(Exception):
    """The pool was closed, or failed, before the request was answered."""


class Pool:
    """Use as an async context manager; the first request starts the engines. `read` gives the messages of a request that waits without them."""

    def __init__(
        self,
        start: Start,
        minimum: int = 1,
        maximum: int = 1,
        start_slots: int = 0,
        read: Callable[[Request], Awaitable[tuple[dict[str, str], ...]]] | None = None,
    ):
        self.start, self.minimum, self.maximum, self.start_slots, self.read = start, minimum, max(minimum, maximum), start_slots, read
        self.schedule = Schedule()
        self.engine_seconds = 0.0
        """Time that replicas were up, all together."""
        self.deaths = 0
        self._engines: dict[str, Engine] = {}
        self._up_since: dict[str, float] = {}
        self._results: dict[str, asyncio.Future[Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: dict[str, dict[str, asyncio.Task[None]]] = {}
        """Replica -> request id -> the task that asks it."""
        self._starting = 0
        self._numbers = 0
        self._fruitless = 0
        self._pauses = 0
        self._answered = time.monotonic()
        self._idle: dict[str, asyncio.TimerHandle] = {}
        self._failure: BaseException | None = None
        self._closed = False
        self._wake: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._fail(Stopped("the pool was closed"))
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._take_away(name).close() for name in list(self._engines)), return_exceptions=True)

    @property
    def num_waiting(self) -> int:
        return self.schedule.num_waiting

    @property
    def num_running(self) -> int:
        return sum(map(len, self._asking.values()))

    def is_waiting(self, id: str) -> bool:
        """Whether the request was handed in and no replica has it."""
        return id in self._results and not any(id in asking for asking in self._asking.values())

    def seconds_up(self) -> float:
        """Time that replicas have been up, all together."""
        return self.engine_seconds + sum(time.monotonic() - since for since in list(self._up_since.values()))

    async def ask(self, request: Request) -> Answer:
        """RequestRefused when it can never be answered; FactoryError when the pool cannot go on. A cancelled request
        that still waits is never sent; one that runs is given up by its engine."""
        if self._failure:
            raise self._failure
        assert request.id not in self._results, f"`{request.id}` is asked already"
        result = self._results[request.id] = asyncio.get_running_loop().create_future()
        self.schedule.add(request)
        self._dispatch()
        try:
            return await result
        finally:
            del self._results[request.id]
            if result.cancelled():
                self._give_up(request.id)

    # requests

    def _dispatch(self) -> None:
        if self._failure:
            return
        for request, name in self.schedule.assign(time.monotonic()):
            task = asyncio.create_task(self._run(request, name))
            self._asking[name][request.id] = task
            if idle := self._idle.pop(name, None):
                idle.cancel()
            self._keep(task)
        self._wake_after_pause()
        self._size()

    async def _run(self, request: Request, name: str) -> None:
        engine = self._engines[name]
        try:
            refuse_oversized(request, engine.kv_tokens)
            if self.read and not request.messages:
                request = request._replace(messages=await self.read(request))
            answer = await engine.ask(request)
        except TryLater as e:
            self._put_back(request, name, e)
        except EngineDied as e:
            self._bury(name, e)
        except RequestRefused as e:
            if self._left(request.id, name):
                self._settle(request.id, e)
                self._dispatch()
        except asyncio.CancelledError:
            if self._left(request.id, name):
                self._dispatch()
            raise
        else:
            if self._left(request.id, name, answer.completion_tokens):
                self._fruitless = self._pauses = 0
                self._answered = time.monotonic()
                self._settle(request.id, answer)
                self._dispatch()

    def _left(self, id: str, name: str, completion_tokens: int | None = None) -> bool:
        """Take a request off its replica; False when the replica died meanwhile and took it along."""
        asking = self._asking.get(name, {})
        if asking.pop(id, None) is None:
            return False
        self.schedule.finish(id, name, completion_tokens)
        if not asking and len(self._engines) > self.minimum:
            self._idle[name] = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._retire, name)
        return True

    def _put_back(self, request: Request, name: str, later: TryLater) -> None:
        if self._asking.get(name, {}).pop(request.id, None) is None:
            return
        if time.monotonic() - self._answered > OVERLOADED_SECONDS:
            self._fail(FactoryError(f"`{name}` answered nothing for {OVERLOADED_SECONDS / 60:.0f} minutes but that it is overloaded; lower `slots`, and run again to go on"))
            return
        result = self._results.get(request.id)
        if result is None or result.done():
            self.schedule.finish(request.id, name)
        elif self.schedule.put_back(request.id, name):
            self._pauses += 1
        pause = later.seconds or min(PATIENCE_SECONDS, SHORTEST_PAUSE_SECONDS * 2 ** min(self._pauses - 1, 16))
        self.schedule.pause(name, time.monotonic() + pause)
        self._dispatch()

    def _settle(self, id: str, outcome: Answer | BaseException) -> None:
        result = self._results.get(id)
        if result is None or result.done():
            return
        if isinstance(outcome, BaseException):
            result.set_exception(outcome)
        else:
            result.set_result(outcome)

    def _give_up(self, id: str) -> None:
        for asking in self._asking.values():
            if id in asking:
                asking[id].cancel()
                return
        self.schedule.drop(id)

    def _wake_after_pause(self) -> None:
        """Look again when the first paused replica may be asked again."""
        if self._wake:
            self._wake.cancel()
            self._wake = None
        until = self.schedule.paused_until(time.monotonic())
        if until and self.schedule.num_waiting:
            self._wake = asyncio.get_running_loop().call_later(max(0.0, until - time.monotonic()) + 0.001, self._dispatch)

    # replicas

    def _size(self) -> None:
        """Start the replicas that are missing."""
        if self._failure or self._closed:
            return
        have = len(self._engines) + self._starting
        some = next(iter(self._engines.values()), None)
        wanted = self.minimum
        if have < self.maximum and some and self.num_waiting:
            wanted = min(self.maximum, max(wanted, self.schedule.wanted_replicas(some.kv_tokens, some.slots)))
        for _ in range(have, wanted):
            self._starting += 1
            self._keep(asyncio.create_task(self._bring_up()))

    def _retire(self, name: str) -> None:
        """Close a replica that is still idle, where more than the minimum are up."""
        if not self._asking.get(name, {"": None}) and len(self._engines) > self.minimum:
            self.schedule.remove_replica(name, to_blame=False)
            self._keep(asyncio.create_task(self._take_away(name).close()))

    async def _bring_up(self) -> None:
        number, self._numbers = self._numbers, self._numbers + 1
        if self._fruitless:
            await asyncio.sleep(min(PATIENCE_SECONDS, 0.25 * 2 ** min(self._fruitless, 16)))
        try:
            engine = await self.start(number)
        except EngineDied as e:
            self._starting -= 1
            self._count_death(f"engine {number}", e)
            return
        self._starting -= 1
        self._engines[engine.name] = engine
        self._asking[engine.name] = {}
        self._up_since[engine.name] = time.monotonic()
        self.schedule.add_replica(engine.name, engine.kv_tokens, Window(self.start_slots or engine.slots or UNLIMITED, engine.slots))
        self._dispatch()

    def _bury(self, name: str, death: EngineDied) -> None:
        """A replica died. The first of its requests to notice takes it away and puts all of them back."""
        asking = self._asking.get(name)
        if asking is None:
            return
        for request in self.schedule.remove_replica(name, death.to_blame):
            self._settle(request.id, RequestRefused("poison", f"two engines died while they answered it: {death}"))
        current = asyncio.current_task()
        for id, task in asking.items():
            if task is not current:
                task.cancel()
            if id not in self._results:
                self.schedule.drop(id)
        self._keep(asyncio.create_task(self._take_away(name).close()))
        self._count_death(name, death)

    def _count_death(self, name: str, death: EngineDied) -> None:
        self.deaths += 1
        self._fruitless += 1
        if self._fruitless > max(FRUITLESS_DEATHS, 2 * self.maximum):
            self._fail(FactoryError(f"{self._fruitless} engines died one after the other without an answer; the last, `{name}`: {death}. What is finished is kept, run again to go on"))
        else:
            self._dispatch()

    def _take_away(self, name: str) -> Engine:
        del self._asking[name]
        if idle := self._idle.pop(name, None):
            idle.cancel()
        self.engine_seconds += time.monotonic() - self._up_since.pop(name)
        return self._engines.pop(name)

    # ends

    def _fail(self, failure: BaseException) -> None:
        if self._failure is None:
            self._failure = failure
        for id in list(self._results):
            self._settle(id, failure)
        if self._wake:
            self._wake.cancel()

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)
