"""What `told` knows of logs in general: the words for who speaks, calls and results, the names of fields that mean the same, and the text
inside what came back."""

from __future__ import annotations

import re
from typing import Any

from factory.formats.fields import as_text, content_text, decoded

DEEPEST = 8
USER, AGENT, SYSTEM = {"user", "human"}, {"assistant", "agent", "ai", "model", "bot", "gpt", "chatgpt", "gemini", "llm"}, {"system", "developer"}
TOOL = {"tool", "function", "mcp"}
ACTS = {"call", "calling", "use", "request", "invocation", "start", "started", "begin", "execution"}
ENDS = {"result", "results", "return", "output", "response", "observation", "complete", "completed", "finished", "end"}
CLOSING = {"final", "finish", "answer"}
THOUGHT = {"reasoning", "thinking", "think", "thought"}
# fields by their names in lower case without any mark
TYPES = ("type", "subtype", "kind", "event", "messagetype", "contenttype", "partkind", "class")
SPEAKERS = ("roleoverride", "role", "roleatbackend", "sender", "author", "from", "speaker", "source")
AROUND = ("data", "message", "part", "payload", "event", "item", "info")
ASKED = ("question", "query", "task", "problemstatement", "prompt", "instruction", "problem", "goal", "input")
ANSWERED = ("answer", "finalanswer", "finaltext", "text", "content", "output", "result")
RESULTS = ("toolresults", "tooluseresults")
CALLS = ("toolcalls", "toolrequests", "tooluses", "functioncalls")
CALL = ("toolcall", "functioncall", "tooluse", "toolinvocation")
NAMES = ("toolname", "functionname", "funcname", "name", "tool", "recipient")
GIVEN = ("arguments", "args", "parameters", "input", "rawinput", "toolinput", "toolargs", "params", "kwargs")
IDS = ("toolcallrequestid", "toolcallid", "tooluseid", "callid", "id", "toolid")
BESIDE = ("toolresponse", "toolresult", "tooloutput", "observation")
"""What came back, beside a call that stands in a field of its own."""
CAME_BACK = ("result", "output", "toolreturn", "toolresult", "observation", "value", "response", "run")
SAID = ("content", "text", "error")
INSIDE = ("parts", "items", "blocks", "versions", "messages", "content", "steps", "text", "prompt", "finaltext")
TEXTS = ("content", "reasoning_content")
"""Kept in pieces until the end: they come in many small ones."""
THINKS = ("reasoningcontent", "reasoning", "thinking", "think")
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def squeezed(item: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, field in item.items():
        fields.setdefault("".join(filter(str.isalnum, str(key)[:80].lower())), field)
    return fields


def first(fields: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((fields[key] for key in keys if fields.get(key) is not None), None)


def words_in(fields: dict[str, Any], keys: tuple[str, ...]) -> frozenset[str]:
    """The words of what stands under `keys`: texts, or objects that hold a role or a name."""
    texts = [squeezed(field) if isinstance(field := fields.get(key), dict) else {"name": field} for key in keys]
    found = [text for inner in texts if isinstance(text := first(inner, ("role", "label", "name")), str)]
    return frozenset(word.lower() for text in found for word in WORDS.findall(text[:80]))


def role_of(words: frozenset[str]) -> str:
    for role, names in (("tool", TOOL), ("user", USER), ("assistant", AGENT), ("system", SYSTEM)):
        if words & names:
            return role
    return ""


def are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) and isinstance(squeezed(part).get("text"), str) for part in value)


def said(value: Any) -> str:
    """The text in a result or in the parts of a message."""
    for _ in range(DEEPEST):
        if isinstance(value, str) and value[:2] in ('[{', '{"') and are_texts(inner := decoded(value)):
            value = inner  # parts that were printed
        if not isinstance(value, dict):
            break
        fields = squeezed(value)
        if isinstance(fields.get("stdout"), str):
            return "\n".join(text for key in ("stdout", "stderr") if isinstance(text := fields.get(key), str) and text)
        inner = first(fields, ("content", "text", "output", "result", "value", "thinking", "parts"))
        inner = next(iter(value.values())) if inner is None and len(value) == 1 else inner
        if inner is None or isinstance(inner, int | float):
            break
        value = inner
    if are_texts(value):
        return "\n".join(squeezed(part)["text"] for part in value)
    if isinstance(value, list) and value and all(isinstance(part, str | dict) for part in value):
        return content_text(value, "") or as_text(value)
    return as_text(value)
