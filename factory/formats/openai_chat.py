"""OpenAI chat messages: `messages` with `tool_calls` and `role: tool`, or a bare list of them.

Also tau-bench (`traj`), SWE-Gym (OpenHands over tool calls), Inspect AI samples, and the runs of our own worlds:
  {task_id, domain, messages, ground_truth: {text, aliases, sql, ...}, environment: {...}, solved}
"""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.formats import rows
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, text_at, thoughts_in
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
WHOLE_FILE = False
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
ARGUMENTS = ("arguments", "args", "input", "parameters")


def messages_of(value: Any) -> tuple[dict[str, Any], Any, str]:
    """(the row, its messages, their path)"""
    if isinstance(value, list):
        return {}, value, ""
    row = need_dict(value, "")
    if "run_steps" in row:
        raise mismatch("messages", "the calls; they stand in `run_steps`")
    for key in ("messages", "traj"):
        if key in row:
            return row, row[key], key
    raise mismatch("messages", "a list of messages")


def sniff(value: Any) -> str:
    try:
        _, messages, path = messages_of(value)
        messages = need_list(messages, path)
    except RowError:
        return ""
    if not messages or not all(isinstance(message, dict) and message.get("role") in ROLES for message in messages[:6]):
        return ""
    for index, message in enumerate(messages):
        if isinstance(message, dict) and (message.get("tool_calls") or message.get("role") == "tool"):
            return f"`{path}[{index}]` calls a tool in OpenAI's way"
    return f"`{path}` holds role and content"


def parse(value: Any, domain: str) -> Trajectory:
    row, messages, path = messages_of(value)
    turns, question = Turns(), ""
    names: set[str] = set()  # AutoGen's agents: to each other they are users, and only their names tell them apart
    for index, message in enumerate(need_list(messages, path)):
        place = f"{path}[{index}]"
        message = need_dict(message, place)
        beside = message.get("additional_kwargs")  # where LlamaIndex puts what its own fields do not hold
        message = beside | message if isinstance(beside, dict) else message
        role = message.get("role")
        if role not in ROLES:
            raise mismatch(f"{place}.role", f"one of {', '.join(ROLES)}", role)
        content = message.get("content", message.get("blocks"))
        text = content if isinstance(content, str) else content_text(content, f"{place}.content")
        if role == "assistant" or (role == "user" and names and text_at(message, "name") in names):
            if name := text_at(message, "name"):
                names.add(name)
            turns.begin()
            if thought := text_at(message, "reasoning_content", "reasoning", "tool_plan") or thoughts_in(message.get("content")):
                turns.think(thought)
            turns.say(text)
            calls = message.get("tool_calls")
            for number, call in enumerate(need_list(calls, f"{place}.tool_calls") if calls else ()):
                turns.call(*called(call, f"{place}.tool_calls[{number}]"))
            if isinstance(message.get("function_call"), dict):
                turns.call(*called({"function": message["function_call"]}, f"{place}.function_call"))
        elif role in ("tool", "function"):
            turns.observe(text, text_at(message, "tool_call_id"), bool(message.get("is_error") or message.get("error")))
        elif role == "user" and not question:
            question = question_in(text)
    return rows.run_of(row, *turns.close(), domain, question, "sql" if path == "traj" else "")


def called(call: Any, place: str) -> tuple[str, dict[str, Any], str]:
    call = need_dict(call, place)
    function = call.get("function", call)  # Inspect writes the name there, and the arguments beside it
    if isinstance(function, str):
        return function, arguments_of(call.get("arguments")), text_at(call, "id")
    function = need_dict(function, f"{place}.function")
    given = next((function[key] for key in ARGUMENTS if key in function), None)
    return text_at(function, "name"), arguments_of(given), text_at(call, "id")
