"""The pool on a GPU beside raw vLLM, with random weights of a real architecture: the bench with a small load."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import pytest

PROMPTS, ATTEMPTS, REPLY_TOKENS = 6, 3, 32

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.timeout(1_200),
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None or not shutil.which("nvidia-smi"), reason="needs a GPU and the extra `gpu`"),
]


def table(model: str) -> dict[str, list[float]]:
    """What the bench prints of each side: seconds, prompt tokens, computed, computed / needed, reply tokens, and two rates."""
    load = ["--prompts", str(PROMPTS), "--attempts", str(ATTEMPTS), "--reply-tokens", str(REPLY_TOKENS), "--shortest", "2000", "--longest", "16000", "--eager"]
    done = subprocess.run([sys.executable, "-m", "jobs.bench_gpu", "--model", model, *load], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3_000:]
    lines = [line.split() for line in done.stdout.splitlines()]
    return {line[0]: [float(value.replace(",", "")) for value in line[1:]] for line in lines if line[:1] in (["raw"], ["pool"]) and len(line) == 8}


def test_the_pool_makes_what_raw_vllm_makes_and_computes_no_prefix_twice():
    found = table("qwen3-1.7b")
    assert found["pool"][1] == found["raw"][1] and found["pool"][4] == found["raw"][4] == PROMPTS * ATTEMPTS * REPLY_TOKENS
    assert found["pool"][3] <= 1.05
