"""Items of OpenAI's Responses API: messages, reasoning, calls and their outputs."""

from __future__ import annotations

from typing import Any

from factory.formats.fields import arguments_of, as_text, content_text, mismatch, need_dict, text_at
from factory.formats.turns import Turns

CALLS = ("function_call", "custom_tool_call", "mcp_call", "local_shell_call", "shell_call", "apply_patch_call", "web_search_call", "file_search_call", "computer_call")
OUTPUTS = ("function_call_output", "custom_tool_call_output", "local_shell_call_output", "shell_call_output", "apply_patch_call_output", "computer_call_output")
KNOWN = (*CALLS, *OUTPUTS, "message", "reasoning")


def read_item(turns: Turns, item: Any, place: str) -> None:
    """Add one item to the run. What people and systems say is passed over."""
    item = need_dict(item, place)
    kind = item.get("type", "message" if "role" in item else None)
    if kind == "message":
        if item.get("role") == "assistant":
            turns.say(content_text(item.get("content"), f"{place}.content"))
    elif kind == "reasoning":
        turns.think(content_text(item.get("summary"), f"{place}.summary") or content_text(item.get("content"), f"{place}.content"))
    elif kind in CALLS:
        call(turns, item, kind)
    elif kind in OUTPUTS:
        output = item.get("output")
        if kind == "shell_call_output" and isinstance(output, list):
            output = [text for one in output if isinstance(one, dict) for text in (text_at(one, "stdout"), text_at(one, "stderr")) if text]
        text = content_text(output, f"{place}.output") if isinstance(output, str | list) else as_text(output)
        turns.observe(text, text_at(item, "call_id"), item.get("status") == "failed")
    elif not isinstance(kind, str):
        raise mismatch(f"{place}.type", "the type of an item", kind)


def call(turns: Turns, item: dict[str, Any], kind: str) -> None:
    call_id = text_at(item, "call_id", "id")
    action = item.get("action") if isinstance(item.get("action"), dict) else {}
    if kind == "local_shell_call":
        turns.call("local_shell", {"command": action.get("command", [])}, call_id)
    elif kind == "shell_call":
        commands = action.get("commands")
        turns.call("shell", {"command": "\n".join(map(str, commands)) if isinstance(commands, list) else ""}, call_id)
    elif kind == "apply_patch_call":
        change = item["operation"] if isinstance(item.get("operation"), dict) else {}
        turns.call("apply_patch", {"input": f"*** Update File: {text_at(change, 'path')}\n{text_at(change, 'diff')}"}, call_id)
    elif kind == "web_search_call":  # answered inside the model: nothing of it can be read
        turns.call("web_search", action, call_id, observation="")
    elif kind == "mcp_call":
        output = item.get("output")
        turns.call(text_at(item, "name"), arguments_of(item.get("arguments")), call_id, observation=as_text(output), failed=bool(item.get("error")))
    else:
        turns.call(text_at(item, "name") or kind, arguments_of(item.get("arguments", item.get("input"))), call_id)
