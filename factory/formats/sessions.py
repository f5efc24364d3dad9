"""Sessions that agents write one message a line: the lines put together into one chat, whose messages are detected like any.

Gemini CLI and Qwen Code, Goose, Pi, Strands, LangChain's serialized messages, smolagents' steps, and plain chats. Lines
that are no message (the first of a session, changes of its model) say something of the run.
"""

from __future__ import annotations

from typing import Any

INSIDE = ("message", "info")
"""Where a line keeps its message, or what is said of it."""
STEPS = {"step_number", "task_images"}


def session_of(lines: list[Any]) -> dict[str, Any] | None:
    """The one record that the lines are; None when they are no session."""
    if not lines or not all(isinstance(line, dict) for line in lines):
        return None
    if any(line.keys() & STEPS for line in lines[:3]):
        return {"steps": lines}
    messages: list[dict[str, Any]] = []
    said_of: dict[str, Any] = {}
    for line in lines:
        if message := message_of(line):
            messages.append(message)
        else:
            said_of |= {key: value for key, value in line.items() if isinstance(value, str | int | float) and key != "type"}
    return said_of | {"messages": messages} if messages else None


def message_of(line: dict[str, Any]) -> dict[str, Any] | None:
    """The message of a line, in the spelling that its producer gives the messages of a whole chat."""
    for key in INSIDE:
        inner = line.get(key)
        if isinstance(inner, dict) and isinstance(inner.get("role"), str):
            return ({"parts": line["parts"]} if isinstance(line.get("parts"), list) else {}) | inner
    if isinstance(line.get("role"), str) or ("type" in line and ("content" in line or isinstance(line.get("data"), dict))):
        return line
    return None
