"""Parts of messages that are a call, its result, or both, as many producers write them.

{type: tool-call, toolName, input} and {type: tool-result, output}; a part of a UI message holds call and result together.
Gemini writes {functionCall: {name, args}} and {functionResponse: {response}}, Bedrock {toolUse} and {toolResult}, Haystack
{tool_call} and {tool_call_result}, Goose {type: toolRequest | toolResponse}, Pydantic AI {part_kind: tool-call | tool-return},
opencode {type: tool, tool, state: {input, output}}, LibreChat {type: tool_call, tool_call: {name, args, output}}.
"""

from __future__ import annotations

from typing import Any

from factory.formats.fields import arguments_of, as_text, content_text, text_at
from factory.formats.turns import Turns

CALLS = ("tool-call", "tool_call", "toolCall", "dynamic-tool", "tool-invocation", "toolRequest", "tool")
RESULTS = ("tool-result", "tool_result", "tool_call_response", "toolResult", "function_response", "tool-return", "toolResponse")
GEMINI = (("functionCall", "functionResponse"), ("function_call", "function_response"), ("toolUse", "toolResult"), ("tool_call", "tool_call_result"))


def is_call(part: dict[str, Any]) -> bool:
    kind = part.get("type", part.get("part_kind"))
    if kind == "tool" and not isinstance(part.get("state"), dict):
        return False
    if isinstance(kind, str) and (kind in CALLS or (kind.startswith("tool-") and "toolCallId" in part)):
        return kind not in RESULTS
    return any(isinstance(part.get(call), dict) for call, _ in GEMINI if "type" not in part)


def is_result(part: dict[str, Any]) -> bool:
    kind = part.get("type", part.get("part_kind"))
    return (isinstance(kind, str) and kind in RESULTS and "tool_use_id" not in part) or any(isinstance(part.get(result), dict) for _, result in GEMINI if "type" not in part)


def thought_of(part: dict[str, Any]) -> str:
    """The reasoning that a part holds; "" when it is another kind of part."""
    if part.get("type", part.get("part_kind")) in ("reasoning", "thinking") or part.get("thought") is True:
        return text_at(part, "text", "content", "reasoning", "thinking")
    inner = part.get("reasoningContent", part.get("reasoning"))  # Bedrock; Haystack
    inner = inner.get("reasoningText", inner) if isinstance(inner, dict) else {}
    return text_at(inner, "text", "reasoning_text") if isinstance(inner, dict) else ""


def read_part(turns: Turns, part: dict[str, Any]) -> None:
    """A call, its result, or both in one part."""
    for call, result in GEMINI if "type" not in part else ():
        if isinstance(inner := part.get(call), dict):
            given = next((inner[key] for key in ("args", "arguments", "input") if key in inner), None)
            turns.call(text_at(inner, "name", "tool_name"), arguments_of(given), text_at(inner, "id", "toolUseId"))
            return
        if isinstance(inner := part.get(result), dict):
            origin = inner["origin"] if isinstance(inner.get("origin"), dict) else inner
            seen = next((inner[key] for key in ("response", "content", "result") if key in inner), None)
            turns.observe(result_text(seen), text_at(origin, "id", "toolUseId"), inner.get("status") == "error" or inner.get("error") is True or (isinstance(seen, dict) and set(seen) == {"error"}))
            return
    for key, read in (("toolCall", turns.call), ("toolResult", turns.observe)):  # Goose: the call or result, or how it failed
        if isinstance(inner := part.get(key), dict):
            inner = inner.get("value", inner)
            if read == turns.call:
                inner = inner if isinstance(inner, dict) else {}
                turns.call(text_at(inner, "name"), arguments_of(inner.get("arguments")), text_at(part, "id"))
            else:
                turns.observe(result_text(inner), text_at(part, "id"), part[key].get("status") == "error")
            return
    if isinstance(state := part.get("state"), dict):  # opencode
        seen, failed = text_at(state, "output", "error"), state.get("status") == "error"
        turns.call(text_at(part, "tool"), arguments_of(state.get("input")), observation=seen, failed=failed)
        return
    inner = next((part[key] for key in ("toolInvocation", "tool_call") if isinstance(part.get(key), dict)), part)  # the AI SDK; LibreChat
    call_id = text_at(inner, "toolCallId", "tool_call_id", "id", "call_id")
    seen = next((inner[key] for key in ("output", "result", "response", "content") if inner.get(key) is not None), None)
    failed = bool(inner.get("isError") or inner.get("is_error") or inner.get("errorText"))
    if is_result(part):
        turns.observe(result_text(seen), call_id, failed)
        return
    kind = text_at(part, "type", "part_kind")
    tool = text_at(inner, "toolName", "name", "tool_name") or kind.removeprefix("tool-")
    given = next((inner[key] for key in ("input", "args", "arguments") if inner.get(key) is not None), None)
    if seen is not None or "errorText" in inner:
        turns.call(tool, arguments_of(given), observation=result_text(seen) or text_at(inner, "errorText"), failed=failed)
    else:
        turns.call(tool, arguments_of(given), call_id)


def result_text(seen: Any) -> str:
    """What a tool returned, as text: the one string inside, where there is one."""
    if isinstance(seen, dict):
        for key in ("output", "value", "result", "content", "text", "json", "error"):
            if isinstance(seen.get(key), str):
                return seen[key]
            if isinstance(seen.get(key), list | dict) and len(seen) <= 2:
                return result_text(seen[key])
    if isinstance(seen, list) and seen and all(isinstance(part, dict) for part in seen):
        if len(seen) == 1 and set(seen[0]) == {"json"}:
            return result_text(seen[0])
        inner = [result_text(part["functionResponse"].get("response")) for part in seen if isinstance(part.get("functionResponse"), dict)]
        return "\n".join(inner) or content_text(seen, "") or as_text(seen)
    return as_text(seen)
