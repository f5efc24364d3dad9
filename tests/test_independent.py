"""Random examples of every domain against a second, slow implementation of collect and pack: the same bytes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from lines import expected, recipe_for
from slow_collecting import SLOW_COLLECTORS
from slow_packing import slow_pack

from factory import identity, parts, run, tokens, worlds
from factory.recipe import Packing
from factory.stages.compile import Compile

NUM_EXAMPLES = 50
NUM_RUNS = {"search": 230, "swe": 108, "sql": 70}
MAX_CHARACTERS = {"search": 24_000, "swe": 27_000}
"""Longer contexts are left out: the slow implementation counts the whole prompt again for every distractor."""


def compiled(folder: Path, out: Path) -> list[dict[str, Any]]:
    """Examples of the runs in `folder`."""
    recipe = recipe_for(folder)
    scopes = tuple(identity.compile_scope(recipe.compile, source) for source in recipe.inputs)
    worker = Compile(str(out), recipe, scopes, frozenset(), 1 << 20)
    commits = [worker(task) for task in run.shards(run.listing(recipe, list(scopes)).objects, 1 << 24, recipe.inputs)]
    return [row for commit in commits for part in commit.parts if part.kind == "examples" for row in parts.read_rows(str(out), part.path)]


@pytest.mark.parametrize("domain", list(NUM_RUNS))
def test_a_slow_implementation_gives_the_same_bytes(domain: str, tmp_path: Path) -> None:
    folder = Path(worlds.write(domain, NUM_RUNS[domain], 11, tmp_path).folder)
    lines = [json.loads(line) for line in (folder / "runs-00000.jsonl").read_bytes().splitlines()]
    runs = {row["task_id"]: row for row in lines}
    known = {wanted["task_id"]: wanted for wanted in expected(tmp_path, domain) if wanted["reason"] != "duplicate"}
    examples = [row for row in compiled(folder, tmp_path / "out") if len(row["context"]) <= MAX_CHARACTERS.get(domain, 1 << 20)]
    tokenizer = tokens.load(recipe_for(folder).compile.tokenizer)
    packing = Packing(min_context_tokens=0)
    for example in random.Random(0).sample(examples, NUM_EXAMPLES):
        task = example["task_id"]
        evidence = SLOW_COLLECTORS[domain](runs[task], known[task], folder)
        slow = slow_pack(example["question"], domain, evidence, tokenizer, packing, example["pair_id"])
        assert example["context"] == slow.context, task
        assert [piece["name"] for piece in example["pieces"]] == list(slow.names)
        assert [(piece["start"], piece["end"]) for piece in example["pieces"]] == list(slow.spans)
        assert [(piece["token_start"], piece["token_end"]) for piece in example["pieces"]] == list(slow.token_ranges)
        assert example["prompt_tokens"] == slow.prompt_tokens
        roles = {piece.name: piece.role for piece in evidence}
        assert [piece["role"] for piece in example["pieces"]] == [roles[piece["name"]] for piece in example["pieces"]]
