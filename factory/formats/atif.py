"""ATIF, Harbor's trajectory format: {schema_version: "ATIF-v1.x", session_id, agent, steps: [{step_id, source, message, tool_calls, observation}]}.

`observation.results` name their call by `source_call_id`. Steps of source `system` are notes of the harness; steps
with `is_copied_context` repeat an earlier part of the run.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False


def sniff(value: Any) -> str:
    if isinstance(value, dict) and str(value.get("schema_version", "")).startswith("ATIF") and isinstance(value.get("steps"), list):
        return f"`schema_version` is {value['schema_version']}"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    if not str(row.get("schema_version", "")).startswith("ATIF"):
        raise mismatch("schema_version", "ATIF and its version", row.get("schema_version"))
    turns, question = Turns(), ""
    for index, step in enumerate(need_list(row.get("steps"), "steps")):
        place = f"steps[{index}]"
        step = need_dict(step, place)
        if step.get("is_copied_context"):
            continue
        source, text = step.get("source"), content_text(step.get("message"), f"{place}.message")
        if source == "user":
            question = question or question_in(text)
        elif source == "agent":
            turns.begin()
            turns.think(text_at(step, "reasoning_content"))
            turns.say(text)
            for number, call in enumerate(need_list(step.get("tool_calls") or [], f"{place}.tool_calls")):
                call = need_dict(call, f"{place}.tool_calls[{number}]")
                turns.call(text_at(call, "function_name"), arguments_of(call.get("arguments")), text_at(call, "tool_call_id"))
        elif source != "system":
            raise mismatch(f"{place}.source", "user, agent or system", source)
        if step.get("observation") is not None:
            results = need_dict(step["observation"], f"{place}.observation").get("results")
            for number, result in enumerate(need_list(results or [], f"{place}.observation.results")):
                result = need_dict(result, f"{place}.observation.results[{number}]")
                seen = content_text(result.get("content"), f"{place}.observation.results[{number}].content")
                turns.observe(seen, text_at(result, "source_call_id"))
    steps, last = turns.close()
    beside = {**(row["extra"] if isinstance(row.get("extra"), dict) else {}), **row}
    domain = rows.domain_for(beside, steps, domain)
    steps, reasoning, answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(beside) or text_at(row, "session_id"),
        question=question,
        steps=steps,
        final_reasoning=reasoning,
        final_answer=(rows.own_patch(beside) if domain == "swe" else "") or answer,
        ground_truth=rows.ground_truth_of(beside),
        solved=rows.solved_of(beside),
        environment=rows.environment_of(beside),
    )
