"""OpenAI Responses API rollouts, as NeMo Gym stores them: {responses_create_params: {input, metadata}, response: {output: [item...]}}.

`input` may be text, messages, or [] (the question then stands in `metadata.problem_statement`). `metadata.instance_dict`
is the benchmark's record with the gold patch, as JSON text.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import content_text, decoded, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.response_items import CALLS, KNOWN, read_item
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
WHOLE_FILE = False


def sniff(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("response"), dict) and isinstance(value["response"].get("output"), list):
        return "`response.output` is a list of items"
    _, items, path = items_of(value)
    if not isinstance(items, list) or not items or not isinstance(items[0], dict):
        return ""
    head = items[:20]
    if not any("type" in item for item in head if isinstance(item, dict)):
        return ""
    if all(isinstance(item, dict) and (item.get("type") in KNOWN or ("role" in item and "type" not in item)) for item in head):
        kinds = [item.get("type") for item in head]
        if all(kind in KNOWN for kind in kinds) or any(kind in CALLS for kind in kinds):
            return f"`{path}` holds items of the Responses API"
    return ""


def items_of(value: Any) -> tuple[dict[str, Any], Any, str]:
    """(the row, its items, their path); items without a wrapper may begin with what the user said."""
    if isinstance(value, list):
        return {"output": value}, value, "output"
    row = need_dict(value, "") if isinstance(value, dict) else {}
    if isinstance(row.get("input"), list) and isinstance(row.get("output"), list):
        return row, [*row["input"], *row["output"]], "output"
    for key in ("output", "items", "input_list", "input", "messages", "trajectory", "history"):
        if isinstance(row.get(key), list):
            return row, row[key], key
    return row, row.get("output"), "output"


def parse(value: Any, domain: str) -> Trajectory:
    need_dict({} if isinstance(value, list) else value, "")
    row, items, path = items_of(value)
    asked = row.get("responses_create_params")
    asked = need_dict(asked, "responses_create_params") if asked is not None else row
    if "response" in row and not (path == "output" and isinstance(items, list)):
        path, items = "response.output", need_dict(row["response"], "response").get("output")
    turns = Turns()
    for index, item in enumerate(need_list(items, path)):
        read_item(turns, item, f"{path}[{index}]")
    steps, last = turns.close()
    metadata = asked.get("metadata") if isinstance(asked.get("metadata"), dict) else {}
    instance = metadata.get("instance_dict")
    instance = decoded(instance) if isinstance(instance, str) else instance
    instance = instance if isinstance(instance, dict) else {}
    beside = {"instance": instance} | metadata | row
    usual = "swe" if instance.get("patch") or "model_patch" in row else "search" if "expected_answer" in row else ""
    domain = rows.domain_for(row, steps, domain, usual)
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(beside),
        question=text_at(metadata, "problem_statement") or text_at(row, "question", "problem_statement") or question_of(asked.get("input"), items),
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=(rows.own_patch(row) if domain == "swe" else "") or final_answer,
        ground_truth=rows.ground_truth_of(beside),
        solved=rows.solved_of(row),
        environment=rows.environment_of({"instance": instance} if instance else {}),
    )


def question_of(asked: Any, items: list[Any]) -> str:
    if isinstance(asked, str):
        return question_in(asked)
    if asked is not None and not isinstance(asked, list):
        raise mismatch("responses_create_params.input", "text or messages", asked)
    for message in [*(asked or []), *items]:
        if isinstance(message, dict) and message.get("role") == "user":
            return question_in(content_text(message.get("content"), "responses_create_params.input"))
    return ""
