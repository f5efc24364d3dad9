"""Messages whose calls and results are typed parts: Vercel's AI SDK, Gemini `contents`, OpenTelemetry's GenAI messages, AutoGen, Gemini CLI.

{messages: [{role, content | parts: [{type: tool-call, toolName, input}, {type: tool-result, output}]}]}; Gemini writes
{functionCall: {name, args}} and {functionResponse: {response}}; a part of a UI message holds call and result together;
AutoGen's messages are typed and have a source; Gemini CLI keeps `toolCalls` beside the text. Bedrock writes {toolUse} and
{toolResult}, Goose {type: toolRequest | toolResponse}, Pydantic AI {kind, parts: [{part_kind: tool-call | tool-return}]}.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import arguments_of, as_text, content_text, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "1"
WHOLE_FILE = False
LISTS = ("messages", "contents", "history", "chat", "conversation", "task_result")
AGENT = ("assistant", "model", "ai", "gemini")
CALLS = ("tool-call", "tool_call", "toolCall", "dynamic-tool", "tool-invocation", "toolRequest")
RESULTS = ("tool-result", "tool_result", "tool_call_response", "toolResult", "function_response", "tool-return", "toolResponse")
GEMINI = (("functionCall", "functionResponse"), ("function_call", "function_response"), ("toolUse", "toolResult"))
AUTOGEN = ("TextMessage", "ToolCallRequestEvent", "ToolCallExecutionEvent", "ToolCallSummaryMessage", "ThoughtEvent", "MultiModalMessage", "StopMessage")


def messages_of(value: Any) -> tuple[dict[str, Any], Any, str]:
    if isinstance(value, list):
        return {}, value, "messages"
    row = need_dict(value, "")
    for key in LISTS:
        inner = row.get(key)
        inner = inner.get("messages") if isinstance(inner, dict) else inner
        if isinstance(inner, list):
            return row, inner, key
    raise mismatch("messages", "a list of messages")


def sniff(value: Any) -> str:
    if not (isinstance(value, list) or (isinstance(value, dict) and any(key in value for key in LISTS))):
        return ""
    messages = value if isinstance(value, list) else next((value[key] for key in LISTS if key in value), None)
    messages = messages.get("messages") if isinstance(messages, dict) else messages
    for index, message in enumerate(messages[:20] if isinstance(messages, list) else ()):
        if not isinstance(message, dict):
            return ""
        if message.get("type") in AUTOGEN and "source" in message:
            return f"`messages[{index}]` is a {message['type']}"
        if message.get("toolCalls") and message.get("type") == "gemini":
            return f"`messages[{index}]` holds toolCalls"
        for part in parts_of(message):
            if isinstance(part, dict) and (is_call(part) or is_result(part)):
                return f"`messages[{index}]` holds a part that is a call or a result"
    return ""


def parts_of(message: dict[str, Any]) -> list[Any]:
    for key in ("parts", "content"):
        if isinstance(message.get(key), list):
            return message[key]
    return []


def is_call(part: dict[str, Any]) -> bool:
    kind = part.get("type", part.get("part_kind"))
    if isinstance(kind, str) and (kind in CALLS or (kind.startswith("tool-") and "toolCallId" in part)):
        return kind not in RESULTS
    return any(isinstance(part.get(call), dict) for call, _ in GEMINI if "type" not in part)


def is_result(part: dict[str, Any]) -> bool:
    kind = part.get("type", part.get("part_kind"))
    return (isinstance(kind, str) and kind in RESULTS and "tool_use_id" not in part) or any(isinstance(part.get(result), dict) for _, result in GEMINI if "type" not in part)


def parse(value: Any, domain: str) -> Trajectory:
    row, messages, path = messages_of(value)
    turns, question, known = Turns(), "", False
    for index, message in enumerate(need_list(messages, path)):
        place = f"{path}[{index}]"
        message = need_dict(message, place)
        role = message.get("role", message.get("type", {"request": "user", "response": "assistant"}.get(str(message.get("kind")))))
        if "source" in message and message.get("type") in AUTOGEN:
            known = True
            question = autogen(turns, message, question, place)
            continue
        texts = []
        spoken = role in AGENT
        if spoken:
            turns.begin()
        if isinstance(message.get("content"), str) and not message.get("parts"):
            texts.append(message["content"])
        for number, part in enumerate(parts_of(message)):
            if isinstance(part, str):
                texts.append(part)
                continue
            part = need_dict(part, f"{place}.parts[{number}]")
            if is_call(part) or is_result(part):
                known = True
                say(turns, texts, spoken)
                read_part(turns, part)
            elif part.get("type", part.get("part_kind")) in (None, "text", "reasoning", "thinking", "user-prompt"):
                texts.append(text_at(part, "text", "content", "reasoning"))
        if not spoken and not turns.calls and role in ("user", "human"):
            question = question or question_in("\n".join(texts).strip())
        say(turns, texts, spoken)
        for call in message.get("toolCalls") if isinstance(message.get("toolCalls"), list) else ():
            known = True
            call = need_dict(call, f"{place}.toolCalls")
            turns.call(text_at(call, "name"), arguments_of(call.get("args")), observation=result_text(call.get("result")), failed=call.get("status") == "error")
    if not known:
        raise mismatch(f"{path}[].parts", "a call or a result among the parts")
    steps, last = turns.close()
    domain = rows.domain_for(row, steps, domain)
    steps, reasoning, answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row) or text_at(row, "sessionId"),
        question=text_at(row, "question", "problem_statement") or question,
        steps=steps,
        final_reasoning=reasoning,
        final_answer=(rows.own_patch(row) if domain == "swe" else "") or answer,
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of(row),
    )


def say(turns: Turns, texts: list[str], spoken: bool) -> None:
    if spoken and (text := "\n".join(texts).strip()):
        turns.say(text)
    texts.clear()


def read_part(turns: Turns, part: dict[str, Any]) -> None:
    """A call, its result, or both in one part."""
    for call, result in GEMINI if "type" not in part else ():
        if isinstance(inner := part.get(call), dict):
            given = next((inner[key] for key in ("args", "arguments", "input") if key in inner), None)
            turns.call(text_at(inner, "name"), arguments_of(given), text_at(inner, "id", "toolUseId"))
            return
        if isinstance(inner := part.get(result), dict):
            turns.observe(result_text(inner.get("response", inner.get("content"))), text_at(inner, "id", "toolUseId"), inner.get("status") == "error")
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
    inner = part["toolInvocation"] if isinstance(part.get("toolInvocation"), dict) else part
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
        for key in ("output", "value", "result", "content", "text"):
            if isinstance(seen.get(key), str):
                return seen[key]
            if isinstance(seen.get(key), list | dict) and len(seen) <= 2:
                return result_text(seen[key])
    if isinstance(seen, list) and seen and all(isinstance(part, dict) for part in seen):
        inner = [result_text(part["functionResponse"].get("response")) for part in seen if isinstance(part.get("functionResponse"), dict)]
        return "\n".join(inner) or content_text(seen, "") or as_text(seen)
    return as_text(seen)


def autogen(turns: Turns, message: dict[str, Any], question: str, place: str) -> str:
    content, kind = message.get("content"), message["type"]
    if kind == "ToolCallRequestEvent":
        turns.begin()
        for number, call in enumerate(need_list(content, f"{place}.content")):
            call = need_dict(call, f"{place}.content[{number}]")
            turns.call(text_at(call, "name"), arguments_of(call.get("arguments")), text_at(call, "id"))
    elif kind == "ToolCallExecutionEvent":
        for number, result in enumerate(need_list(content, f"{place}.content")):
            result = need_dict(result, f"{place}.content[{number}]")
            turns.observe(result_text(result.get("content")), text_at(result, "call_id"), bool(result.get("is_error")))
    elif message["source"] == "user":
        return question or question_in(content_text(content, f"{place}.content"))
    elif kind != "ToolCallSummaryMessage":  # repeats the result
        turns.begin()
        turns.say(content_text(content, f"{place}.content"))
    return question
