"""Messages whose calls and results are typed parts: Vercel's AI SDK, Gemini `contents`, OpenTelemetry's GenAI messages, AutoGen, Gemini CLI.

{messages: [{role, content | parts: [{type: tool-call, toolName, input}, {type: tool-result, output}]}]}; what the parts of
each producer look like stands in `call_parts`. AutoGen's messages are typed and have a source; Gemini CLI keeps
`toolCalls` beside the text; opencode says of a message whose it is in `info`; Pi has messages of role toolResult; LibreChat says of a message whether the user made it.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.call_parts import is_call, is_result, read_part, result_text, thought_of
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, part_text, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False
LISTS = ("messages", "contents", "history", "chat", "conversation", "task_result")
AGENT = ("assistant", "model", "ai", "gemini")
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


def parse(value: Any, domain: str) -> Trajectory:
    row, messages, path = messages_of(value)
    turns, question, known = Turns(), "", False
    for index, message in enumerate(need_list(messages, path)):
        place = f"{path}[{index}]"
        message = need_dict(message, place)
        message = message | message["info"] if isinstance(message.get("info"), dict) else message
        if isinstance(message.get("isCreatedByUser"), bool):  # LibreChat
            message = {"role": "user" if message["isCreatedByUser"] else "assistant", "content": message.get("text")} | message
        role = message.get("role", message.get("type", {"request": "user", "response": "assistant"}.get(str(message.get("kind")))))
        if "source" in message and message.get("type") in AUTOGEN:
            known = True
            question = autogen(turns, message, question, place)
            continue
        if role == "toolResult":
            turns.observe(content_text(message.get("content"), f"{place}.content"), text_at(message, "toolCallId"), bool(message.get("isError")))
            continue
        texts = []
        spoken = role in AGENT
        if spoken:
            turns.begin()
        for thought in message["thoughts"] if spoken and isinstance(message.get("thoughts"), list) else ():  # Gemini CLI
            turns.think(text_at(thought, "description") if isinstance(thought, dict) else "")
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
            elif spoken and (thought := thought_of(part)):
                say(turns, texts, spoken)
                turns.think(thought)
            elif part.get("type", part.get("part_kind")) in (None, "text", "user-prompt"):
                texts.append(text_at(part, "text", "content") or part_text(part))
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
        task_id=rows.task_id_of(row) or text_at(row, "sessionId") or rows.task_id_of(row["info"] if isinstance(row.get("info"), dict) else {}),
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
