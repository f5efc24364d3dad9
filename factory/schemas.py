"""Arrow schemas of everything that is written to Parquet, and the way from models to batches and back.

Nothing lets Parquet guess: one block with an empty column would write a different schema.
Nested models travel as JSON text where a reader has no use for their columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import Any

import pyarrow as pa

from factory.records import Example, Piece, Record, Rejection, Trace, Verdict

TEXT, COUNT = pa.string(), pa.int64()

SPAN = pa.struct(
    [
        ("role", TEXT),
        ("kind", TEXT),
        ("name", TEXT),
        ("start", COUNT),
        ("end", COUNT),
        ("token_start", COUNT),
        ("token_end", COUNT),
        ("whole", pa.bool_()),
        ("turns", pa.list_(COUNT)),
        ("edits", pa.list_(TEXT)),
        ("original_sha256", TEXT),
    ]
)

EXAMPLE = pa.schema(
    [
        ("unit", TEXT),
        ("ask", TEXT),
        ("id", TEXT),
        ("pair_id", TEXT),
        ("domain", TEXT),
        ("task_id", TEXT),
        ("question", TEXT),
        ("context", pa.large_string()),
        ("pieces", pa.list_(SPAN)),
        ("ground_truth", TEXT),
        ("agent", TEXT),
        ("solved", pa.bool_()),
        ("environment", TEXT),
        ("source", TEXT),
        ("tokenizer", TEXT),
        ("seed", COUNT),
        ("budget_tokens", COUNT),
        ("prompt_tokens", COUNT),
        ("context_tokens", COUNT),
        ("dropped", TEXT),
    ]
)

TRACE = pa.schema(
    [
        ("example_unit", TEXT),
        ("example_id", TEXT),
        ("unit", TEXT),
        ("attempt", COUNT),
        ("teacher", TEXT),
        ("sampling", TEXT),
        ("mode", TEXT),
        ("reasoning", TEXT),
        ("answer", TEXT),
        ("finish_reason", TEXT),
        ("prompt_tokens", COUNT),
        ("completion_tokens", COUNT),
        ("raw", TEXT),
        ("marks", pa.list_(TEXT)),
    ]
)

VERDICT = pa.schema(
    [
        ("example_unit", TEXT),
        ("trace_unit", TEXT),
        ("outcome", TEXT),
        ("reason", TEXT),
        ("rule", TEXT),
        ("version", TEXT),
        ("extracted", TEXT),
        ("detail", TEXT),
        ("marks", pa.list_(TEXT)),
    ]
)

REJECTION = pa.schema(
    [
        ("unit", TEXT),
        ("stage", TEXT),
        ("domain", TEXT),
        ("reason", TEXT),
        ("detail", TEXT),
        ("task_id", TEXT),
        ("source_uri", TEXT),
        ("source_record", TEXT),
        ("source_format", TEXT),
        ("raw", TEXT),
    ]
)

MESSAGE = pa.struct([("role", TEXT), ("content", pa.large_string())])

ROW = pa.schema(
    [
        ("id", TEXT),
        ("unit", TEXT),
        ("example_id", TEXT),
        ("example_unit", TEXT),
        ("pair_id", TEXT),
        ("domain", TEXT),
        ("task_id", TEXT),
        ("messages", pa.list_(MESSAGE)),
        ("ground_truth_answer", TEXT),
        ("context_length", TEXT),
        ("question", TEXT),
        ("context_start", COUNT),
        ("pieces", pa.list_(SPAN)),
        ("prompt_tokens", COUNT),
        ("context_tokens", COUNT),
        ("completion_tokens", COUNT),
        ("total_tokens", COUNT),
        ("budget_tokens", COUNT),
        ("tokenizer", TEXT),
        ("seed", COUNT),
        ("trace_mode", TEXT),
        ("trace_marks", pa.list_(TEXT)),
        ("teacher", TEXT),
        ("sampling", TEXT),
        ("attempt", COUNT),
        ("finish_reason", TEXT),
        ("trace_unit", TEXT),
        ("verdict", TEXT),
        ("verdict_reason", TEXT),
        ("verdict_rule", TEXT),
        ("verifier_version", TEXT),
        ("verdict_marks", pa.list_(TEXT)),
        ("extracted_answer", TEXT),
        ("solved", pa.bool_()),
        ("ground_truth", TEXT),
        ("environment", TEXT),
        ("source_uri", TEXT),
        ("source_record", TEXT),
        ("source_format", TEXT),
        ("dropped", TEXT),
    ],
    metadata={"factory.shape": "rows/1"},
)

JSON_FIELDS = {"ground_truth", "agent", "environment", "source", "dropped"}


def example_row(example: Example, ask: str) -> dict[str, Any]:
    row = {name: getattr(example, name) for name in Example.model_fields}
    for name in JSON_FIELDS:
        value = row[name]
        row[name] = value.model_dump_json() if isinstance(value, Record) else json.dumps(value, sort_keys=True)
    row["ask"] = ask
    return row


def example_of(row: dict[str, Any]) -> Example:
    values = {name: row[name] for name in Example.model_fields}
    for name in JSON_FIELDS:
        values[name] = json.loads(values[name])
    values["pieces"] = tuple(map(piece_of, row["pieces"]))
    return Example.model_validate(values)


def piece_of(span: dict[str, Any]) -> Piece:
    return Piece(**span)._replace(turns=tuple(span["turns"]), edits=tuple(span["edits"]))


def trace_row(trace: Trace, example_unit: str) -> dict[str, Any]:
    return {**dict(trace), "example_unit": example_unit}


def trace_of(row: dict[str, Any]) -> Trace:
    return Trace.model_validate({name: row[name] for name in Trace.model_fields})


def verdict_row(verdict: Verdict, example_unit: str, trace_unit: str) -> dict[str, Any]:
    return {**dict(verdict), "example_unit": example_unit, "trace_unit": trace_unit}


def verdict_of(row: dict[str, Any]) -> Verdict:
    return Verdict.model_validate({name: row[name] for name in Verdict.model_fields})


def rejection_row(rejection: Rejection) -> dict[str, Any]:
    row = {name: getattr(rejection, name) for name in ("unit", "stage", "domain", "reason", "detail", "task_id", "raw")}
    return row | {f"source_{name}": getattr(rejection.source, name) for name in ("uri", "record", "format")}


def batches(rows: Iterable[dict[str, Any]], schema: pa.Schema, num_rows: int = 64) -> Iterator[pa.RecordBatch]:
    rows = iter(rows)
    while pending := list(islice(rows, num_rows)):
        yield batch_of(pending, schema)


def batch_of(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    """The rows as one batch, made column by column: pyarrow's way from rows takes several times as long for structs. An
    item of a list of structs is a dict, or a tuple in the order of the fields."""
    return pa.RecordBatch.from_arrays([array_of([row[field.name] for row in rows], field.type) for field in schema], schema=schema)


def array_of(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    if not pa.types.is_list(type) or any(value is None for value in values):
        return pa.array(values, type)
    flat = list(chain.from_iterable(values))
    if pa.types.is_struct(type.value_type):
        fields = list(type.value_type)
        are_tuples = bool(flat) and isinstance(flat[0], tuple)
        columns = list(zip(*flat, strict=True)) if are_tuples else [[item[field.name] for item in flat] for field in fields]
        items = pa.StructArray.from_arrays([array_of(column, field.type) for column, field in zip(columns, fields, strict=True)], fields=fields)
    else:
        items = pa.array(flat, type.value_type)
    ends = pa.array(accumulate(map(len, values), initial=0), pa.int32())
    return pa.ListArray.from_arrays(ends, items, type)
