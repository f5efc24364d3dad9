"""One agent run out of an observability export: Langfuse's {trace, observations}, whose inputs and outputs may be JSON text,
and the spans of one trace.

The call of a model that saw most tool results holds the whole run; where none does, the observations of type TOOL are
put between question and answer.
"""

from __future__ import annotations

from typing import Any

from factory.formats.fields import as_text, decoded, text_at
from factory.formats.spans import trace_of

MAX_OBSERVATIONS = 5_000
ASKED = ("question", "query", "input", "prompt", "task")
ANSWERED = ("answer", "final_answer", "output", "result", "response")
RESULT_TYPES = ("tool", "function_call_output", "tool-result", "tool_call_response", "tool_result", "ToolCallExecutionEvent")


def messages_of_trace(row: dict[str, Any]) -> list[Any] | None:
    data = row.get("data") if isinstance(row.get("data"), dict) else row  # MLflow keeps them one deeper
    if isinstance(data.get("spans"), list):
        told = {"input": opened(data.get("request", data.get("input"))), "output": opened(data.get("response", data.get("output")))}
        row = trace_of(data["spans"])
        row["trace"] = {key: value for key, value in told.items() if value is not None} | row["trace"]
    observations = row.get("observations")
    trace = row.get("trace") if isinstance(row.get("trace"), dict) else row
    if not isinstance(observations, list) or not ("trace" in row or "input" in trace):
        return None
    places = [place for place in (trace, *observations[:MAX_OBSERVATIONS]) if isinstance(place, dict)]
    chats = [chat for place in places if (chat := exchange(opened(place.get("input")), opened(place.get("output"))))]
    best = max(chats, key=lambda chat: (sum(map(has_result, chat)), sum(bool(message.get("tool_calls")) for message in chat), len(chat)), default=None)
    if best is not None and any(map(has_result, best)):
        return best
    tools = [place for place in places if place.get("type") == "TOOL"]
    if not tools:
        return best
    tools.sort(key=lambda place: str(place.get("startTime", place.get("start_time", ""))))
    asked = best[0] if best else {"role": "user", "content": told_in(opened(trace.get("input")), ASKED)}
    messages = [asked if asked.get("role") == "user" else {"role": "user", "content": told_in(opened(trace.get("input")), ASKED)}]
    for number, place in enumerate(tools):
        call = {"id": str(number), "function": {"name": text_at(place, "name").rpartition(" ")[2], "arguments": opened(place.get("input"))}}
        messages += [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": str(number), "content": printed(opened(place.get("output")))},
        ]
    said = opened(trace.get("output"))
    said = told_in(said, ANSWERED) if isinstance(said, dict) and any(isinstance(said.get(key), str) for key in ANSWERED) else said
    return [*messages, {"role": "assistant", "content": said}] if isinstance(said, str) and said else messages


def told_in(value: Any, keys: tuple[str, ...]) -> str:
    """The text of a question or an answer, perhaps in a field of an object."""
    return next((value[key] for key in keys if isinstance(value.get(key), str)), "") or as_text(value) if isinstance(value, dict) else as_text(value)


def printed(output: Any) -> str:
    """What a tool gave back, as text: of an object that says it in one field, that."""
    for key in ("output", "content", "result"):
        if isinstance(output, dict) and isinstance(output.get(key), str | dict):
            return printed(output[key])
    return as_text(output)


def opened(value: Any) -> Any:
    """The value inside JSON text; other text as it stands."""
    if isinstance(value, str) and value[:1] in ("{", "[", '"'):
        inner = decoded(value)
        return value if inner is None else inner
    return value


def exchange(asked: Any, said: Any) -> list[Any] | None:
    """Messages of one call of a model or a graph; what it put out may repeat what came in."""
    before, after = chat_in(asked), chat_in(said)
    if before and after and after[: len(before)] == before:
        return after
    if after and len(after) > 1 and any(map(is_question, after)):
        return after
    return [*(before or []), *(after or [])] if before or after else None


def chat_in(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        for key in ("messages", "contents", "output", "input"):
            if isinstance(value.get(key), list) and value[key] and all(isinstance(item, dict) for item in value[key]):
                return value[key]
        if isinstance(choices := value.get("choices"), list) and choices and isinstance(choices[0], dict) and isinstance(choices[0].get("message"), dict):
            return [choices[0]["message"]]
        inner = value.get("content")
        value = [value] if "role" in value else [inner] if isinstance(inner, dict) and "role" in inner else None
    if isinstance(value, list) and value and all(isinstance(item, dict) and (item.keys() & {"role", "type"}) for item in value):
        return value
    return None


def is_question(message: dict[str, Any]) -> bool:
    return message.get("role") == "user" or message.get("type") == "human"


def has_result(message: dict[str, Any]) -> bool:
    inner = message.get("kwargs")  # as LangChain serializes it
    message = inner if isinstance(inner, dict) else message
    if message.get("type") in RESULT_TYPES or (message.get("role") == "tool" and message.get("tool_call_id")):
        return True  # a message of role tool without an id may be the tool's description
    parts = message.get("parts", message.get("content"))
    return isinstance(parts, list) and any(
        isinstance(part, dict) and (part.get("type") in RESULT_TYPES or "functionResponse" in part or "function_response" in part) for part in parts
    )
