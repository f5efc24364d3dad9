"""A vLLM engine as the pool sees it: asks the actor, watches its pulse, and ends it when it hangs."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from factory.teachers.engine import Answer, EngineDied, Request, RequestRefused
from factory.teachers.vllm_actor import Counters, Dead, Facts, Refused

CLOSE_SECONDS = 10.0
BEATS = 5
"""Looks at the pulse within the time that an engine may be silent."""


class VllmEngine:
    """`hang_seconds`: an engine that has requests and takes no step for so long is dead."""

    def __init__(self, name: str, actor: Any, facts: Facts, kv_tokens: int, hang_seconds: float, release: Any):
        self.name, self.actor, self.facts = name, actor, facts
        self.kv_tokens = min(kv_tokens or facts.kv_tokens, facts.kv_tokens)
        self.slots = facts.slots
        self.counters = Counters()
        """As of the last pulse."""
        self._hang_seconds, self._release = hang_seconds, release
        self._death: asyncio.Future[EngineDied] = asyncio.get_running_loop().create_future()
        self._watching = asyncio.create_task(self._watch())
        self._watching.add_done_callback(self._watched)

    async def ask(self, request: Request) -> Answer:
        reference = self.actor.ask.remote(request)
        reply = asyncio.ensure_future(result(reference))
        try:
            await asyncio.wait({reply, self._death}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            _cancel(reference)
            raise
        finally:
            if not reply.done():
                reply.cancel()
        if not reply.done():
            raise self._died(self._death.result())
        outcome = reply.result()
        if isinstance(outcome, Dead):
            raise self._died(await self._judge(outcome.detail))
        if isinstance(outcome, Refused):
            raise RequestRefused(outcome.reason, outcome.detail)
        return outcome

    async def count(self) -> Counters:
        """The engine's counters now."""
        self.counters = (await self.actor.pulse.remote()).counters
        return self.counters

    async def close(self) -> None:
        self._watching.cancel()
        if not self._death.done():
            with contextlib.suppress(Exception):  # it is killed all the same
                await asyncio.wait_for(result(self.actor.close.remote()), CLOSE_SECONDS)
        self._release()

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        seen, moved = -1, clock()
        while not self._death.done():
            try:
                pulse = await asyncio.wait_for(result(self.actor.pulse.remote()), self._hang_seconds)
            except TimeoutError:
                self._died(EngineDied(f"the actor gave no sign of life for {self._hang_seconds:g} s"))
                return
            if isinstance(pulse, Dead):
                self._died(await self._judge(pulse.detail))
                return
            self.counters = pulse.counters
            if not pulse.running or pulse.progress != seen:
                seen, moved = pulse.progress, clock()
            elif clock() - moved > self._hang_seconds:
                self._died(EngineDied(f"the engine took no step for {self._hang_seconds:g} s with {pulse.running} requests"))
                return
            await asyncio.sleep(self._hang_seconds / BEATS)

    def _watched(self, watching: asyncio.Task[None]) -> None:
        """An engine that nobody watches is no engine."""
        if not watching.cancelled() and (error := watching.exception()):
            self._died(EngineDied(f"its watch failed: {error!r}", to_blame=False))

    def _died(self, death: EngineDied) -> EngineDied:
        """Every request of the engine learns of it, and nothing of it lives on."""
        if not self._death.done():
            self._death.set_result(death)
            self._release()
        return EngineDied(*self._death.result().args, self._death.result().to_blame)

    async def _judge(self, detail: str) -> EngineDied:
        """A machine that went away took the engine with it: no request is to blame."""
        import ray

        nodes = await asyncio.to_thread(ray.nodes)
        alive = any(node["NodeID"] == self.facts.node and node["Alive"] for node in nodes)
        return EngineDied(detail if alive else f"its node is gone ({detail})", to_blame=alive)


async def result(reference: Any) -> Any:
    """What a call of an actor returns; Dead when the actor is gone. Its other exceptions are bugs, and rise."""
    import ray

    try:
        return await reference
    except ray.exceptions.RayTaskError:
        raise
    except ray.exceptions.RayError as e:
        return Dead("the actor died: " + " ".join(str(e).split()).split(" Some common causes")[0][-300:])


def _cancel(reference: Any) -> None:
    import ray

    ray.cancel(reference)
