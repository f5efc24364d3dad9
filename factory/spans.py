"""Spans of observability tools, one object a span, put together into traces: a trace is one run.

OpenTelemetry (OTLP's {resourceSpans}, or the objects that its SDKs and Phoenix print), LangSmith's runs, Langfuse's
observations, the traces of OpenAI's agents SDK, Braintrust's spans, and the calls of models that HAL logs for a task. What a span
holds is read by the formats.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

FLAT = "context.trace_id"
"""A row of a table of spans (Phoenix), whose columns are the paths of the fields."""
MAX_ROWS = 200_000
"""Rows of a table of spans, which is held in memory; those after them are records of their own."""
TRACE_IDS = (FLAT, "trace_id", "traceId", "root_span_id", "weave_task_id")
TIMES = {"startTime", "start_time", "startTimeUnixNano", "started_at", "created"}
KINDS = {"type", "span_attributes", "op_name"}


def are_spans(values: list[Any]) -> bool:
    """Are these lines or elements spans, or batches of them?"""
    return bool(values) and all(isinstance(value, dict) and (is_span(value) or "resourceSpans" in value or value.get("object") == "trace") for value in values) and any(
        is_span(value) or "resourceSpans" in value for value in values
    )


def is_span(item: dict[str, Any]) -> bool:
    if not trace_of(item):
        return False
    if FLAT in item:
        return True
    if item.get("object") == "trace.span" or "run_type" in item or isinstance(item.get("attributes"), dict | list):
        return True
    return bool(item.keys() & KINDS) and bool(item.keys() & TIMES) and bool(item.keys() & {"input", "output", "inputs", "outputs"})


def trace_of(span: dict[str, Any]) -> str:
    context = span.get("context")
    for place in (span, context if isinstance(context, dict) else {}):
        for key in TRACE_IDS:
            if isinstance(place.get(key), str) and place[key]:
                return place[key]
    return ""


def by_trace(value: Any) -> list[tuple[str, dict[str, Any]]] | None:
    """(id of the trace, {trace_id, spans}) of every trace in order of its first span; None when `value` holds no spans."""
    values = [value] if isinstance(value, dict) and isinstance(value.get("resourceSpans"), list) else value
    if isinstance(value, dict) and isinstance(value.get("raw_logging_results"), list):  # HAL
        values = value["raw_logging_results"]
    if not isinstance(values, list) or not are_spans(values):
        return None
    traces: dict[str, list[Any]] = {}
    for item in values:
        for span in batched(item["resourceSpans"]) if "resourceSpans" in item else (item,):
            if isinstance(span, dict) and (trace := trace_of(span)):
                traces.setdefault(trace, []).append(span)
    return [(trace, {"trace_id": trace, "spans": found}) for trace, found in traces.items()]


def in_table(rows: Iterator[tuple[int, Any]]) -> tuple[list[tuple[str, Any]], Iterator[tuple[int, Any]]]:
    """(the traces of a table of spans, the rows that are left: all of them, where it is another table)."""
    first = next(rows, None)
    if first is None or not isinstance(first[1], dict) or FLAT not in first[1]:
        return [], itertools.chain(() if first is None else (first,), rows)
    found = [first[1], *(value for _, value in itertools.islice(rows, MAX_ROWS))]
    return by_trace([value for value in found if isinstance(value, dict)]) or [], rows


def batched(resources: Any) -> list[Any]:
    """The spans of OTLP's nested batches."""
    found: list[Any] = []
    for resource in resources if isinstance(resources, list) else ():
        scopes = resource.get("scopeSpans", resource.get("instrumentationLibrarySpans")) if isinstance(resource, dict) else None
        for scope in scopes if isinstance(scopes, list) else ():
            inner = scope.get("spans") if isinstance(scope, dict) else None
            found += inner if isinstance(inner, list) else []
    return found
