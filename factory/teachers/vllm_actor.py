"""One vLLM engine in a Ray actor: requests go in one by one and are batched by the engine at every step.

The actor renders and counts the prompt with the model's own chat template, and keeps the engine's counters. It
never raises for what an engine or a request can do wrong: `Refused` and `Dead` are return values, so that no
remote stack has to be read. What kills the actor, kills every process of its engine (`_die_together`).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from factory.teachers.engine import Answer, Request
from factory.teachers.think import TAGS, separate

MISSING = "install the extra `gpu` (or `cpu`, never both) where the engines run: pip install 'acc-factory[gpu]'"
RENDERED = 4
"""Prompts whose tokens are kept for their next attempt."""


class Facts(NamedTuple):
    """What an engine that has come up says of itself."""

    kv_tokens: int
    """Tokens that its KV cache holds."""
    context_tokens: int
    """Tokens of prompt and reply that it takes."""
    slots: int
    """Requests that it works on at once at most."""
    block_tokens: int
    """Tokens of one block: the unit in which prefixes are shared."""
    node: str
    processes: tuple[int, ...]
    """Process ids on its node, the actor's first."""


class Counters(NamedTuple):
    """What the engine did so far, by its own counters."""

    steps: int = 0
    prefill_tokens: int = 0
    """Prompt tokens computed, those that were computed again after a preemption included."""
    cached_tokens: int = 0
    """Prompt tokens taken from the prefix cache."""
    generated_tokens: int = 0
    preempted: int = 0
    finished: tuple[tuple[str, int], ...] = ()
    """(finish reason, requests)."""


class Pulse(NamedTuple):
    progress: int
    """Grows with every step of the engine."""
    running: int
    """Requests that the engine has."""
    counters: Counters


class Refused(NamedTuple):
    reason: str
    detail: str


class Dead(NamedTuple):
    detail: str


class Rendered(NamedTuple):
    ids: list[int]
    opened: bool
    """The prompt ends inside the reasoning."""


class EngineActor:
    """`arguments` are vLLM's engine arguments; `template` goes to the chat template, `structured` to every request."""

    def __init__(self, arguments: dict[str, Any], template: dict[str, Any], structured: dict[str, Any]):
        self.arguments, self.template, self.structured = arguments, template, structured
        self.counts: Counter[str] = Counter()
        self.finished: Counter[str] = Counter()
        self.renderer = ThreadPoolExecutor(1)  # a tokenizer is not safe in two threads; 100,000 tokens take a second
        self.rendered: deque[tuple[tuple[dict[str, str], ...], Rendered]] = deque(maxlen=RENDERED)
        self.running = 0
        self.engine: Any = None

    async def present(self) -> bool:
        """Whether the actor has found its place; says nothing of the engine."""
        return True

    async def start(self) -> Facts | Dead:
        """Load the model. Blocks the actor until that is done."""
        try:
            from vllm.engine.arg_utils import AsyncEngineArgs
            from vllm.platforms import current_platform
            from vllm.usage.usage_lib import UsageContext
            from vllm.v1.engine.async_llm import AsyncLLM
        except ImportError as e:
            return Dead(f"vLLM cannot be imported ({e}); {MISSING}")
        _die_together()
        arguments = self.arguments | (for_cpu(self.arguments) if current_platform.is_cpu() else {})
        try:
            # The defaults of vLLM's offline batches; an embedded engine's are those of a small GPU (2,048 tokens a step instead of 16,384).
            self.engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments), usage_context=UsageContext.LLM_CLASS, stat_loggers=[self._logger])
            self.tokenizer = self.engine.get_tokenizer()
        except Exception as e:  # whatever keeps a model from loading is said once, by the caller
            return Dead(f"the engine does not start: {type(e).__name__}: {str(e)[-1_500:]}")
        import ray

        config = self.engine.vllm_config
        self.context_tokens = config.model_config.max_model_len
        cache = config.cache_config
        return Facts(
            kv_tokens=cache.kv_cache_size_tokens or cache.num_gpu_blocks * cache.block_size,
            context_tokens=self.context_tokens,
            slots=config.scheduler_config.max_num_seqs,
            block_tokens=cache.block_size,
            node=ray.get_runtime_context().get_node_id(),
            processes=(os.getpid(), *_children()),
        )

    async def ask(self, request: Request) -> Answer | Refused | Dead:
        from vllm import TokensPrompt
        from vllm.exceptions import VLLMClientError
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        began = time.monotonic()
        loop = asyncio.get_running_loop()
        try:
            ids, opened = await loop.run_in_executor(self.renderer, self._render, request)
        except Exception as e:  # templates raise what they like
            return Refused("request_refused", f"the chat template refuses the messages: {str(e)[:300]}")
        room = self.context_tokens - len(ids)
        if room < 1:
            return Refused("prompt_too_long", f"{len(ids):,} tokens; the model takes {self.context_tokens:,}, reply included")
        self.running += 1
        last = None
        try:
            async for output in self.engine.generate(TokensPrompt(prompt_token_ids=ids), self._parameters(request, room), request.id):
                last = output
        except (VLLMClientError, ValueError) as e:
            return Refused("request_refused", str(e)[:300])
        except (EngineDeadError, EngineGenerateError) as e:
            return Dead(f"the engine died: {e.__cause__ or e}"[:1_000])
        finally:
            self.running -= 1
        assert last is not None and last.finished
        self.finished[str(last.outputs[0].finish_reason)] += 1
        return _answer(last, opened, time.monotonic() - began)

    async def pulse(self) -> Pulse:
        return Pulse(self.counts["steps"] + self.finished.total(), self.running, self._counters())

    async def close(self) -> None:
        if self.engine is not None:
            self.engine.shutdown(timeout=5)

    def _render(self, request: Request) -> Rendered:
        for messages, rendered in self.rendered:
            if messages == request.messages:
                return rendered
        text = self.tokenizer.apply_chat_template(list(request.messages), tokenize=False, add_generation_prompt=True, **self.template)
        rendered = Rendered(self.tokenizer.encode(text, add_special_tokens=False), text.rstrip().endswith(tuple(TAGS)))
        self.rendered.append((request.messages, rendered))
        return rendered

    def _parameters(self, request: Request, room: int) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        return SamplingParams(
            temperature=request.temperature,
            top_p=request.top_p,
            seed=request.seed,
            max_tokens=min(request.max_tokens, room),
            output_kind=RequestOutputKind.FINAL_ONLY,
            skip_special_tokens=True,
            structured_outputs=StructuredOutputsParams(**self.structured) if self.structured else None,
        )

    def _logger(self, *_: Any) -> Any:
        """Called by vLLM to make what takes its counters at every step."""
        from vllm.v1.metrics.loggers import StatLoggerBase

        counts = self.counts

        class Logger(StatLoggerBase):
            def __init__(self) -> None: ...

            def log_engine_initialized(self) -> None: ...

            def record(self, scheduler_stats: Any, iteration_stats: Any, mm_cache_stats: Any = None, engine_idx: int = 0) -> None:
                _count(counts, scheduler_stats, iteration_stats)

        return Logger()

    def _counters(self) -> Counters:
        return Counters(**{name: self.counts[name] for name in Counters._fields if name != "finished"}, finished=tuple(sorted(self.finished.items())))


def _count(counts: Counter[str], scheduler: Any, iteration: Any) -> None:
    counts["steps"] += 1
    if iteration is not None:
        counts["generated_tokens"] += iteration.num_generation_tokens
        counts["preempted"] += iteration.num_preempted_reqs
        counts["cached_tokens"] += iteration.prompt_token_stats.cached_tokens
    details = scheduler.iteration_details if scheduler is not None else None
    if details is not None:
        # What is scheduled for a request that has begun to answer is one token, and the rest of it is recomputed.
        again = max(0, details.num_generation_tokens - details.num_generation_requests)
        counts["prefill_tokens"] += details.num_ctx_tokens + again


def _answer(output: Any, opened: bool, seconds: float) -> Answer:
    reply = output.outputs[0]
    separated = separate(reply.text, opened=opened)
    return Answer(
        text=separated.answer,
        reasoning=separated.reasoning,
        finish_reason=str(reply.finish_reason) if separated.closed else "length",
        prompt_tokens=len(output.prompt_token_ids),
        completion_tokens=len(reply.token_ids),
        cached_tokens=output.num_cached_tokens or 0,
        raw=reply.text,
        seconds=seconds,
    )


def for_cpu(arguments: dict[str, Any]) -> dict[str, Any]:
    """Prompts are prefilled in one piece: on CPU, 0.32 dies of a seeded request whose prefill is cut ("CPU Generator
    does not use offset"). Nothing is compiled: that takes minutes of a laptop's time."""
    most = arguments["max_model_len"]
    whole = {"enable_chunked_prefill": False, "max_num_batched_tokens": most} if most > 0 else {"enable_chunked_prefill": False}
    return whole | {"enforce_eager": True}


def _children() -> list[int]:
    import multiprocessing

    return [child.pid for child in multiprocessing.active_children() if child.pid]


def _die_together() -> None:
    """Kill the processes that vLLM starts as soon as this one is gone, however it went; without this a killed actor
    leaves an engine behind that keeps the GPU's memory.

    They share a process group, and a watcher outside of it reads a pipe that ends with this process. Workers on
    other nodes (pipeline parallel) are Ray actors, which Ray ends."""
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", f"read -r _; kill -9 -{os.getpid()}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    globals()["_watcher"] = watcher  # its pipe stays open as long as this process lives
