"""Anthropic messages: {messages: [{role: user|assistant, content: [text | thinking | tool_use | tool_result]}]}, or the bare list."""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.content_blocks import has_calls, read_agent, read_user
from factory.formats.fields import mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False


def sniff(value: Any) -> str:
    messages = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(messages, list):
        return ""
    for index, message in enumerate(messages[:20]):
        if isinstance(message, dict) and message.get("role") in ("user", "assistant") and has_calls(message.get("content")):
            return f"`messages[{index}].content` holds tool_use or tool_result blocks"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row = {"messages": value} if isinstance(value, list) else need_dict(value, "")
    turns, question = Turns(), ""
    for index, message in enumerate(need_list(row.get("messages"), "messages")):
        place = f"messages[{index}]"
        message = need_dict(message, place)
        role = message.get("role")
        if role == "assistant":
            turns.begin()
            read_agent(turns, message.get("content"), f"{place}.content")
        elif role == "user":
            text = read_user(turns, message.get("content"), f"{place}.content")
            question = question or question_in(text)
        elif role not in ("system", "developer"):
            raise mismatch(f"{place}.role", "system, user or assistant", role)
    steps, last = turns.close()
    domain = rows.domain_for(row, steps, domain)
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row),
        question=text_at(row, "question", "problem_statement") or question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=(rows.own_patch(row) if domain == "swe" else "") or final_answer,
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of(row),
    )
