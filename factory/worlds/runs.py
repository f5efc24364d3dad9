"""What a world's run looks like: an OpenAI chat row, and what the factory must make of it.

The agent's reasoning stands in `content` of its turns; the final turn holds `<think>reasoning</think>` and the answer.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple


class Run(NamedTuple):
    row: dict[str, Any]
    expected: dict[str, Any]


def chance(*parts: object) -> random.Random:
    """Randomness that depends on `parts` alone, such as chance("search", seed, index)."""
    return random.Random("\x1f".join(str(part) for part in parts))


def flaw(name: str, seed: int, index: int, per_hundred: dict[str, int]) -> str:
    """Which flaw run `index` has, "" for none: every hundred runs hold exactly `per_hundred` of each, shuffled."""
    return _hundred(name, seed, index // 100, tuple(per_hundred.items()))[index % 100]


@lru_cache(maxsize=64)
def _hundred(name: str, seed: int, block: int, counts: tuple[tuple[str, int], ...]) -> list[str]:
    drawn = [flaw for flaw, count in counts for _ in range(count)]
    drawn += [""] * (100 - len(drawn))
    chance(name, "flaws", seed, block).shuffle(drawn)
    return drawn


def tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    """Declaration of a tool whose parameters (name -> description) are all required strings."""
    properties = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


class Transcript:
    """The messages of one run, in the order in which they were said."""

    def __init__(self, system: str, question: str):
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
        if question:
            self.messages.append({"role": "user", "content": question})
        self.calls = 0

    def act(self, reasoning: str, *calls: tuple[str, dict[str, Any], str]) -> None:
        """One assistant turn: `calls` are (tool, arguments, observation)."""
        turn, answers = [], []
        for name, arguments, observation in calls:
            self.calls += 1
            call_id = f"call_{self.calls:04d}"
            text = json.dumps(arguments, ensure_ascii=False)
            turn.append({"id": call_id, "type": "function", "function": {"name": name, "arguments": text}})
            answers.append({"role": "tool", "tool_call_id": call_id, "content": observation})
        self.messages.append({"role": "assistant", "content": reasoning, "tool_calls": turn})
        self.messages.extend(answers)

    def finish(self, reasoning: str, answer: str) -> None:
        """The final assistant turn; without `reasoning` the answer stands alone."""
        thought = f"<think>\n{reasoning}\n</think>\n\n" if reasoning else ""
        self.messages.append({"role": "assistant", "content": thought + answer})


def row(
    domain: str,
    index: int,
    transcript: Transcript,
    tools: list[dict[str, Any]],
    ground_truth: dict[str, Any],
    environment: dict[str, Any],
    solved: bool | None,
) -> dict[str, Any]:
    """One line of a runs file. `ground_truth` and `environment` use the field names of factory.records."""
    return {
        "task_id": f"{domain}-{index:06d}",
        "domain": domain,
        "messages": transcript.messages,
        "tools": tools,
        "ground_truth": ground_truth,
        "environment": environment,
        "solved": solved,
    }


def accepted(
    row: dict[str, Any],
    gold: Iterable[str],
    tier1: Iterable[str] = (),
    tier2: Iterable[str] = (),
    answer: str = "",
    evidence_tokens_estimate: int = 0,
) -> dict[str, Any]:
    """What the factory must make of `row`: an example with these pieces, and a training row."""
    return {
        "task_id": row["task_id"],
        "domain": row["domain"],
        "outcome": "accepted",
        "stage": None,
        "reason": None,
        "gold": sorted(gold),
        "tier1": sorted(tier1),
        "tier2": sorted(tier2),
        "answer": answer,
        "evidence_tokens_estimate": evidence_tokens_estimate,
    }


def rejected(expected: dict[str, Any], stage: str, reason: str) -> dict[str, Any]:
    """The same row, rejected. One that never became an example has no pieces."""
    pieces = {"gold": [], "tier1": [], "tier2": []} if stage == "compile" else {}
    return {**expected, "outcome": "rejected", "stage": stage, "reason": reason, **pieces}
