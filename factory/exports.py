"""Shapes of training rows: the published row, and the released shape (`dialogs`) as JSONL.

The published row is `schemas.ROW`: two messages (user: question and context; assistant: reasoning in think
tags, then the answer) and the row's whole lineage.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from factory import prompts
from factory.records import Example, Trace, Verdict, digest

VERSION = "3"


def row(example: Example, trace: Trace, verdict: Verdict, count: Callable[[str], int], unit: str) -> dict[str, Any]:
    """One row of `schemas.ROW`. `count` gives tokens of a text; `unit` is the verify unit's key."""
    prefix, suffix = prompts.user_prompt(example.domain, example.question)
    assistant = prompts.assistant_text(trace.reasoning, trace.answer)
    completion_tokens = count(assistant)
    return {
        "id": digest(example.id, example.pair_id, trace.unit),  # two runs of one piece may come to the same example and reply
        "unit": unit,
        "example_id": example.id,
        "example_unit": example.unit,
        "pair_id": example.pair_id,
        "domain": example.domain,
        "task_id": example.task_id,
        "messages": [
            {"role": "user", "content": prefix + example.context + suffix},
            {"role": "assistant", "content": assistant},
        ],
        "ground_truth_answer": example.ground_truth.text,
        "context_length": length_label(example.context_tokens),
        "question": example.question,
        "context_start": len(prefix),
        "pieces": [piece._asdict() for piece in example.pieces],
        "prompt_tokens": example.prompt_tokens,
        "context_tokens": example.context_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": example.prompt_tokens + completion_tokens,
        "budget_tokens": example.budget_tokens,
        "tokenizer": example.tokenizer,
        "seed": example.seed,
        "trace_mode": trace.mode,
        "trace_marks": list(trace.marks),
        "teacher": trace.teacher,
        "sampling": trace.sampling,
        "attempt": trace.attempt,
        "finish_reason": trace.finish_reason,
        "trace_unit": trace.unit,
        "verdict": verdict.outcome,
        "verdict_reason": verdict.reason,
        "verdict_rule": verdict.rule,
        "verifier_version": verdict.version,
        "verdict_marks": list(verdict.marks),
        "extracted_answer": verdict.extracted,
        "solved": example.solved,
        "ground_truth": example.ground_truth.model_dump_json(),
        "environment": example.environment.model_dump_json(),
        "source_uri": example.source.uri,
        "source_record": example.source.record,
        "source_format": example.source.format,
        "dropped": json.dumps(example.dropped, sort_keys=True),
    }


def length_label(num_tokens: int) -> str:
    """The label of the released files, such as `100k`: thousands of tokens, rounded down; `0k` below 1,000."""
    return f"{num_tokens // 1000}k"


def released(row: dict[str, Any]) -> dict[str, Any]:
    """The shape of the released dataset: dialogs, ground_truth_answer, context_length."""
    return {
        "dialogs": [{"role": m["role"], "content": m["content"]} for m in row["messages"]],
        "ground_truth_answer": row["ground_truth_answer"],
        "context_length": row["context_length"],
    }
