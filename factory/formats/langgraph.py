"""LangGraph threads and LangChain messages: {values: {messages: [{type: human|ai|tool, content, tool_calls}]}}, or the messages alone.

Also messages in LangChain's serialized forms, {type, data: {...}} and {lc, id: [..., "AIMessage"], kwargs: {...}}.
"""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, text_at, thoughts_in
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
WHOLE_FILE = False
TYPES = ("human", "ai", "tool", "system", "function", "developer", "remove")


def messages_of(value: Any) -> tuple[dict[str, Any], Any, str]:
    if isinstance(value, list):
        return {}, value, "messages"
    row = need_dict(value, "")
    for key in ("values", "output", "outputs"):
        if isinstance(row.get(key), dict) and "messages" in row[key]:
            return row, row[key]["messages"], f"{key}.messages"
    if "messages" in row:
        return row, row["messages"], "messages"
    raise mismatch("values.messages", "a list of messages")


def sniff(value: Any) -> str:
    try:
        _, messages, path = messages_of(value)
    except RowError:
        return ""
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages[:6]):
        return ""
    kinds = [type_of(message) for message in messages[:6]]
    if all(kind in TYPES for kind in kinds) and set(kinds) & {"human", "ai"} and "role" not in messages[0]:
        return f"`{path}` holds messages of type {' and '.join(sorted(set(kinds)))}"
    return ""


def type_of(message: dict[str, Any]) -> str:
    kind = message.get("type")
    path = message.get("id")
    if kind == "constructor" and isinstance(path, list) and path and isinstance(path[-1], str):
        return path[-1].removesuffix("Chunk").removesuffix("Message").lower()
    return kind.removesuffix("MessageChunk").lower() if isinstance(kind, str) else ""


def parse(value: Any, domain: str) -> Trajectory:
    row, messages, path = messages_of(value)
    turns, question = Turns(), ""
    for index, message in enumerate(need_list(messages, path)):
        place = f"{path}[{index}]"
        message = need_dict(message, place)
        kind = type_of(message)
        if kind not in TYPES:
            raise mismatch(f"{place}.type", f"one of {', '.join(TYPES)}", message.get("type"))
        inner = message.get("data", message.get("kwargs"))
        message = inner if isinstance(inner, dict) else message
        text = content_text(message.get("content"), f"{place}.content")
        if kind == "ai":
            turns.begin()
            around = message.get("additional_kwargs") if isinstance(message.get("additional_kwargs"), dict) else {}
            turns.think(text_at(around, "reasoning_content") or thoughts_in(message.get("content")))
            turns.say(text)
            calls = message.get("tool_calls") or around.get("tool_calls") or []
            for number, call in enumerate(need_list(calls, f"{place}.tool_calls")):
                call = need_dict(call, f"{place}.tool_calls[{number}]")
                function = call["function"] if isinstance(call.get("function"), dict) else call  # as the model's provider wrote it
                turns.call(text_at(function, "name"), arguments_of(function.get("args", function.get("arguments"))), text_at(call, "id"))
        elif kind in ("tool", "function"):
            turns.observe(text, text_at(message, "tool_call_id"), message.get("status") == "error")
        elif kind == "human" and not question:
            question = question_in(text)
    steps, last = turns.close()
    domain = rows.domain_for(row, steps, domain)
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    metadata = row.get("metadata") if isinstance(row.get("metadata"), dict) else {}
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row) or text_at(metadata, "thread_id"),
        question=text_at(row, "question") or question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=final_answer,
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of(row),
    )
