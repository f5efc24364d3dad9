"""Spans of one trace, as the observations that `traces` makes a chat of.

OpenInference's and OpenTelemetry's GenAI attributes (flat, nested, or as OTLP writes them), Traceloop's numbered prompts,
MLflow's inputs and outputs, LangSmith's runs, OpenAI's agents SDK.
"""

from __future__ import annotations

from typing import Any

from factory.formats.fields import decoded, literal_in, text_at

MAX_SPANS = 5_000
MAX_ITEMS = 10_000
"""Of one list that attributes number."""
MESSAGES_IN = ("llm.input_messages", "gen_ai.input.messages", "gen_ai.prompt")
MESSAGES_OUT = ("llm.output_messages", "gen_ai.output.messages", "gen_ai.completion")
GIVEN = ("gen_ai.tool.call.arguments", "tool.parameters", "input.value", "mlflow.spanInputs", "traceloop.entity.input")
CAME_BACK = ("gen_ai.tool.call.result", "output.value", "mlflow.spanOutputs", "traceloop.entity.output")
KINDS = ("openinference.span.kind", "mlflow.spanType", "traceloop.span.kind", "gen_ai.operation.name")
PARENTS = ("parent_id", "parentId", "parentSpanId", "parent_span_id", "parent_run_id", "parentObservationId", "span_parents")
NAMES = ("tool.name", "gen_ai.tool.name", "traceloop.entity.name")


def trace_of(spans: list[Any]) -> dict[str, Any]:
    """{trace, observations}: the trace holds what its first span without a parent was given and gave."""
    known = [span for span in spans[:MAX_SPANS] if isinstance(span, dict)]
    observations = [observed(span) for span in known]
    roots = [seen for span, seen in zip(known, observations) if not any(span.get(key) for key in PARENTS)]
    root = next((seen for seen in roots if seen["type"] != "TOOL"), {})
    return {"trace": {key: root[key] for key in ("input", "output") if key in root}, "observations": observations}


def observed(span: dict[str, Any]) -> dict[str, Any]:
    """{type: TOOL or another, name, startTime, input, output} of one span."""
    told = next((span | inner for key in ("span_data", "span_attributes") if isinstance(inner := span.get(key), dict)), span)
    fields = flat(span.get("attributes")) | {key.removeprefix("attributes."): field for key, field in span.items() if key.startswith("attributes.") and field is not None}
    kind = text_at(fields, *KINDS) or text_at(told, "run_type", "type", "span_kind", "observation_type")
    seen = {
        "type": "TOOL" if kind.strip('"').lower() in ("tool", "execute_tool", "function") else kind,
        "name": text_at(fields, *NAMES) or text_at(told, "name"),
        "startTime": text_at(span, "startTimeUnixNano", "start_time", "startTime", "started_at", "created").rjust(20, "0"),
    }
    for name, messages, values in (("input", MESSAGES_IN, GIVEN), ("output", MESSAGES_OUT, CAME_BACK)):
        found = next((plain for key in messages if (plain := messages_at(fields, key))), None)
        if found is None or seen["type"] == "TOOL":
            value = next((fields[key] for key in values if key in fields), told.get(name, told.get(f"{name}s")))
            found = opened(value) if seen["type"] == "TOOL" else generated(opened(value))
        seen[name] = found
    return seen


def flat(attributes: Any) -> dict[str, Any]:
    """Attributes under dotted names, whatever their nesting; OTLP's typed values as plain ones."""
    if isinstance(attributes, list):
        return {item["key"]: otlp(item.get("value")) for item in attributes if isinstance(item, dict) and isinstance(item.get("key"), str)}
    found: dict[str, Any] = {}
    level = [("", attributes)]
    while level and len(found) < MAX_ITEMS:
        path, value = level.pop()
        if isinstance(value, dict) and value:
            level.extend((f"{path}.{key}" if path else str(key), inner) for key, inner in reversed(value.items()))
        elif path:
            found[path] = value
    return found


def otlp(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for key, inner in value.items():
        if key == "arrayValue" and isinstance(inner, dict):
            return [otlp(item) for item in values_of(inner)]
        if key == "kvlistValue" and isinstance(inner, dict):
            return {str(item.get("key")): otlp(item.get("value")) for item in values_of(inner) if isinstance(item, dict)}
        return inner
    return None


def values_of(inner: dict[str, Any]) -> list[Any]:
    values = inner.get("values")
    return values if isinstance(values, list) else []


def messages_at(fields: dict[str, Any], key: str) -> dict[str, Any] | None:
    """{messages} under `key`: JSON text or a list, or attributes that number them."""
    found = opened(fields[key]) if key in fields else numbered(fields, f"{key}.")
    if not isinstance(found, list) or not found or not all(isinstance(message, dict) for message in found):
        return None
    return {"messages": [spelled(message) for message in found]}


def numbered(fields: dict[str, Any], prefix: str) -> Any:
    """The nested value of `prefix0.a.b`, `prefix0.c`, `prefix1.a.b`: names that are numbers make a list."""
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        if not name.startswith(prefix):
            continue
        place, path = tree, name.removeprefix(prefix).split(".")
        for part in path[:-1]:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[path[-1]] = value
    return listed(tree, 0)


def listed(value: Any, depth: int) -> Any:
    if not isinstance(value, dict) or depth > 20:
        return value
    if value and all(key.isdecimal() and len(key) < 10 for key in value):
        return [listed(value[key], depth + 1) for key in sorted(value, key=int)[:MAX_ITEMS]]
    return {key: listed(inner, depth + 1) for key, inner in value.items()}


def spelled(message: dict[str, Any]) -> dict[str, Any]:
    """A message as the chat API has it: OpenInference puts one word around messages, calls and contents."""
    message = message["message"] if isinstance(message.get("message"), dict) else message
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        message = message | {"tool_calls": [call.get("tool_call", call) if isinstance(call, dict) else call for call in calls]}
    contents = message.get("contents")
    if isinstance(contents, list) and "content" not in message:
        message = message | {"content": [part.get("message_content", part) if isinstance(part, dict) else part for part in contents]}
    return message


def generated(value: Any) -> Any:
    """What a model put out, where a log keeps it as LangChain's generations, or keeps batches of messages."""
    if not isinstance(value, dict):
        return value
    messages = value.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[0], list):
        return value | {"messages": messages[0]}
    generations = value.get("generations")
    while isinstance(generations, list) and generations:
        generations = generations[0]
    if isinstance(generations, dict) and isinstance(generations.get("message"), dict):
        return {"messages": [generations["message"]]}
    only = value.get("output", value.get("input")) if len(value) == 1 else None
    return only if isinstance(only, str) else value


def opened(value: Any) -> Any:
    """The value inside JSON text or a printed Python literal; of an object that only holds one, that."""
    if isinstance(value, str) and value[:1] in ("{", "[", '"'):
        inner = decoded(value)
        value = literal_in(value) if inner is None else inner
    if isinstance(value, dict) and len(value) == 1 and isinstance(only := next(iter(value.values())), str) and value.keys() & {"input", "output"} and only[:1] in ("{", "["):
        return opened(only) if isinstance(opened(only), dict) else value
    return value
