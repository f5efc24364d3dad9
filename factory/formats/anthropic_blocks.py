"""Anthropic messages: {messages: [{role: user|assistant, content: [text | thinking | tool_use | tool_result]}]}, or the bare list."""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.content_blocks import has_calls, read_agent, read_user
from factory.formats.fields import mismatch, need_dict, need_list
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
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
    return rows.run_of(row, *turns.close(), domain, question)
