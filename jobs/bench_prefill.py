"""Measure what the attempts of one prompt cost in prefill, by the engines' own counters.

    python -m jobs.bench_prefill [--prompts 4] [--tokens 16000] [--attempts 4] [--engines 2] [--model FOLDER]

Needed are the tokens of the distinct prompts and one block for every extra attempt; computed is what the engines'
schedulers counted at every step, recomputation after a preemption included. A second round with other prompts
lets the pool spread the attempts as if they had nothing in common: what keeping them together saves.
Without a model, a tiny one with random weights is made: the counts are those of any model, the times are not.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from factory.recipe import Placement, Teacher
from factory.stages import cluster
from factory.teachers import vllm
from factory.teachers.engine import Request
from factory.teachers.pool import Pool
from factory.teachers.vllm_actor import Counters
from factory.teachers.vllm_handle import VllmEngine

REPLY_TOKENS = 32


class Round(NamedTuple):
    together: bool
    prompt_tokens: int
    """Of the distinct prompts."""
    computed: int
    needed: int
    seconds: float

    @property
    def ratio(self) -> float:
        return self.computed / self.needed


def prompt(words: int, seed: int) -> str:
    """English-like text that shares no first block with another seed's."""
    rng = random.Random(seed)
    syllables = ["ta", "ri", "mon", "vel", "do", "ska", "len", "qua", "per", "no"]
    return " ".join("".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(words))


def measure(model: str, num_prompts: int, prompt_tokens: int, attempts: int, num_engines: int, context_tokens: int) -> list[Round]:
    placement = Placement(engines_min=num_engines, engines_max=num_engines, workers=num_engines)
    settings = Teacher(kind="vllm", model=model, context_tokens=context_tokens)
    cluster.start_ray(placement)
    return asyncio.run(_measure(vllm.starter(settings, placement), model, num_prompts, prompt_tokens, attempts, num_engines))


async def _measure(start: Any, model: str, num_prompts: int, prompt_tokens: int, attempts: int, num_engines: int) -> list[Round]:
    from factory import tokens

    engines: list[VllmEngine] = []

    async def started(number: int) -> VllmEngine:
        engines.append(await start(number))
        return engines[-1]

    counter = tokens.load(model)
    rounds = []
    async with Pool(started, num_engines, num_engines) as pool:
        await pool.ask(Request("first", ({"role": "user", "content": "Say something."},), 10, 8, 1.0, 1.0, 0, "first"))  # starts the engines
        while len(engines) < num_engines:
            await asyncio.sleep(0.1)
        for together in (True, False):
            texts = [_text(counter, prompt_tokens, seed=number + num_prompts * together) for number in range(num_prompts)]
            before = await _total(engines)
            began = time.monotonic()
            asked = [
                Request(f"{together}-{i}-{j}", ({"role": "user", "content": text},), prompt_tokens, REPLY_TOKENS, 1.0, 1.0, j, f"{i}" if together else f"{i}-{j}")
                for i, text in enumerate(texts)
                for j in range(attempts)
            ]
            answers = await asyncio.gather(*(pool.ask(request) for request in asked))
            seconds = time.monotonic() - began
            computed = (await _total(engines)).prefill_tokens - before.prefill_tokens
            distinct = sum(answer.prompt_tokens for answer in answers[::attempts])
            needed = distinct + engines[0].facts.block_tokens * num_prompts * (attempts - 1)
            rounds.append(Round(together, distinct, computed, needed, seconds))
    return rounds


def _text(counter: Any, num_tokens: int, seed: int) -> str:
    """A text of at least so many tokens, and not many more."""
    text = prompt(num_tokens, seed)
    return text[: len(text) * num_tokens // counter.count(text) + 64]


async def _total(engines: list[VllmEngine]) -> Counters:
    counts = [await engine.count() for engine in engines]
    return Counters(*(sum(getattr(count, name) for count in counts) for name in Counters._fields[:-1]))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=16_000)
    parser.add_argument("--attempts", type=int, default=4)
    parser.add_argument("--engines", type=int, default=2)
    parser.add_argument("--model", default="", help="folder or hub id; a tiny one is made without it")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        context_tokens = given.tokens + 1_024
        model = given.model or _tiny(Path(folder), context_tokens)
        rounds = measure(model, given.prompts, given.tokens, given.attempts, given.engines, context_tokens)
    print(f"{given.prompts} prompts of {given.tokens:,} tokens, {given.attempts} attempts, {given.engines} engines, {'a tiny model on CPU' if not given.model else given.model}")
    print(f"{'attempts':<10} {'distinct':>10} {'computed':>10} {'needed':>10} {'ratio':>7} {'seconds':>8}")
    for round_ in rounds:
        name = "together" if round_.together else "spread"
        print(f"{name:<10} {round_.prompt_tokens:>10,} {round_.computed:>10,} {round_.needed:>10,} {round_.ratio:>7.3f} {round_.seconds:>8.1f}")


def _tiny(folder: Path, context_tokens: int) -> str:
    from tests import tiny_model  # the project's folder is where the command runs

    return str(tiny_model.write(folder, context_tokens))


if __name__ == "__main__":
    main()
