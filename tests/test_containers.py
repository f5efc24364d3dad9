"""Objects to raw records: every container, damaged and hostile ones too."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from contextlib import suppress
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory import columns, containers, unpacking
from factory.containers import RawRecord, read_lines, read_records
from factory.decoding import decode
from factory.errors import RowError
from factory.records import digest

LINES = b'{"a":1}\n{"b":"x"}\n'


def values(name: str, data: bytes, whole: bool = False) -> list:
    """Values of the records; the reason stands for a bad one."""
    return [record.error.reason if record.error else record.value for record in read_records(name, data, whole)]


def zst(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


def parquet(table: pa.Table, **options) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def zipped(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # the time of writing stays out of test names
    return sink.getvalue()


def span(trace: str, number: int) -> dict:
    return {"name": f"s{number}", "context": {"trace_id": trace, "span_id": str(number)}, "attributes": {}}


SPANS = json.dumps([span("a", 1), span("b", 2), span("a", 3)]).encode()


def test_a_zip_that_unpacks_to_too_much_is_refused():
    bomb = zipped(**{"a.json": b'"' + bytes(30 << 20) + b'"', "b.json": b'{"id": 1}', "noise.md": random.Random(1).randbytes(1 << 20)})
    assert values("runs.zip", bomb) == ["too_large", {"id": 1}]
    many = zipped(**{f"{number}.json": b'"' + bytes(3 << 20) + b'"' for number in range(9)})
    assert values("runs.zip", many)[-1] == "too_large" and len(values("runs.zip", many)) == 6
    records = list(read_records("runs.zip", zipped(**{"a.jsonl": LINES, "b.json": b"[1]"})))
    assert [record.position for record in records] == ["a.jsonl 0", "a.jsonl 8", "b.json 0"]


def test_bad_lines_are_records_and_the_lines_after_them_still_come():
    data = LINES + b"{broken\n\n  \r\n" + b'{"c":3}\r\n' + b'{"cut": "sho'
    assert values("runs.jsonl", data) == [{"a": 1}, {"b": "x"}, "bad_json", {"c": 3}, "bad_json"]
    records = list(read_records("runs.jsonl", data))
    assert [data[int(record.position) :].startswith(record.raw) for record in records] == [True] * 5
    assert all(record.content == digest(record.raw) for record in records)


def test_a_line_over_the_cap_is_refused_without_being_held(monkeypatch):
    monkeypatch.setattr(containers, "MAX_LINE", 3 * containers.CHUNK)
    big = b'{"x":"' + b"y" * (7 * containers.CHUNK + 5) + b'"}'
    other = big[:-3] + b'z"}'
    data = LINES + big + b"\n" + LINES + other
    records = list(read_records("runs.jsonl", data))
    assert [record.error.reason if record.error else "" for record in records] == ["", "", "too_large", "", "", "too_large"]
    assert all(len(record.raw) <= containers.RAW_KEPT for record in records)
    assert records[2].raw == records[5].raw and records[2].content != records[5].content
    cut_elsewhere = list(read_lines(io.BytesIO(b"\n" * 17 + big + b"\n"), 3, 1 << 40))
    assert cut_elsewhere[0].content == records[2].content


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=12), st.lists(st.integers(0, 400), max_size=4))
def test_shards_cut_anywhere_hold_every_line_once(lines, cuts):
    data = b"\n".join(lines)
    whole = list(read_lines(io.BytesIO(data), 0, len(data) + 1))
    edges = [0, *sorted(cuts), len(data) + 1]
    parts = [record for start, end in pairwise(edges) for record in read_lines(io.BytesIO(data), start, max(start, end))]
    assert [(r.position, r.raw, r.content) for r in parts] == [(r.position, r.raw, r.content) for r in whole]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("run.json", b'{"messages": [], "id": 1}', [{"messages": [], "id": 1}]),
        ("runs.json", b'[{"id": 1}, {"id": 2}]', [{"id": 1}, {"id": 2}]),
        ("runs.jsonl", b'[{"id": 1},\n {"id": 2}]\n', [{"id": 1}, {"id": 2}]),
        ("runs.jsonl", b'[{"id": 1}, {"id": 2}]\n', [{"id": 1}, {"id": 2}]),
        ("runs.json", LINES, [{"a": 1}, {"b": "x"}]),
        ("runs.jsonl", b'{\n "messages": []\n}\n', [{"messages": []}]),
        ("runs.jsonl", b'[{"role": "user"}]\n[{"role": "user"}]\n', [[{"role": "user"}], [{"role": "user"}]]),
        ("run.traj.json", b'[{"role": "user", "content": "x"}]', [[{"role": "user", "content": "x"}]]),
        ("log.json", b'{"eval": {}, "samples": [{"id": 1}, {"id": 2}]}', [{"id": 1}, {"id": 2}]),
        ("run.json", b'{"messages": [], "results": [{"title": "x"}]}', [{"messages": [], "results": [{"title": "x"}]}]),
        ("runs.json", b'{"7": {"a": 1, "b": 2, "c": 3}, "8": {"a": 1, "b": 2, "c": 4}}', [{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 4}]),
        ("run.json", b'{"info": {"a": 1}, "trajectory": {"b": 2}}', [{"info": {"a": 1}, "trajectory": {"b": 2}}]),
        ("runs.json", b'[{"type": "human", "data": {"content": "x"}}]', [[{"type": "human", "data": {"content": "x"}}]]),
        ("runs.json", b'[{"task": "x", "task_images": null}, {"step_number": 1}]', [[{"task": "x", "task_images": None}, {"step_number": 1}]]),
        ("spans.json", SPANS, [{"trace_id": "a", "spans": [span("a", 1), span("a", 3)]}, {"trace_id": "b", "spans": [span("b", 2)]}]),
        ("otlp.json", b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a", "attributes": []}]}]}]}', [{"trace_id": "a", "spans": [{"traceId": "a", "attributes": []}]}]),
        ("log.eval", zipped(header=b"{}", **{"samples/1.json": b'{"id": 1}', "samples/2.json": b'{"id": 2}'}), [{"id": 1}, {"id": 2}]),
        ("runs.zip", zipped(**{"b/x.jsonl": LINES, "a.json": b'{"messages": []}', "notes.md": b"x"}), [{"messages": []}, {"a": 1}, {"b": "x"}]),
        ("runs.zip", zipped(**{"a.json": b'{"messages": []}'})[:-30], ["unreadable"]),
        ("log.txt", b"Frage: wer?\n", ["Frage: wer?\n"]),
        ("runs.jsonl", b"\xef\xbb\xbf" + LINES, [{"a": 1}, {"b": "x"}]),
        ("run.json", b"\xef\xbb\xbf" + b'{"a": 1}', [{"a": 1}]),
        ("run.json", b"{", ["bad_json"]),
        ("empty.jsonl", b"", []),
        ("null.json", b"null", [None]),
    ],
)  # fmt: skip
def test_what_an_object_is_its_bytes_say(name, data, expected):
    assert values(name, data) == expected


def test_positions_are_keys_and_indexes_and_no_part_of_the_hash():
    runs = b'{"7": {"a": 1, "b": 2, "c": 3}, "8": {"c": 3, "b": 2, "a": 1}}'
    first, second = read_records("runs.json", runs)
    assert (first.position, second.position) == ("7", "8")
    assert first.content == second.content


def test_a_session_is_one_record_even_when_its_last_line_was_cut_short():
    assert values("session.jsonl", LINES + b'{"c": "hal', whole=True) == [[{"a": 1}, {"b": "x"}]]
    assert values("session.jsonl", b"{broken\n" + LINES, whole=True) == ["bad_json"]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zst), (".gz", lambda data: gzip.compress(data[:8]) + gzip.compress(data[8:]))])
def test_packed_objects_hold_the_same_records(suffix, pack):
    plain = list(read_records("runs.jsonl", LINES * 50))
    assert list(read_records("runs.jsonl" + suffix, pack(LINES * 50))) == plain


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zst)])
def test_a_bomb_is_refused(suffix, pack, monkeypatch):
    monkeypatch.setattr(unpacking, "MIN_UNPACKED", 1 << 20)
    assert values("bomb.jsonl" + suffix, pack(b"\0" * (40 << 20))) == ["too_large"]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zst)])
def test_a_packed_object_that_is_damaged_gives_what_came_before(suffix, pack):
    lines = b"".join(json.dumps({"n": n, "noise": digest(str(n))}).encode() + b"\n" for n in range(20_000))
    packed = pack(lines)
    found = values("runs.jsonl" + suffix, packed[: len(packed) * 2 // 3])
    assert found[-1] in ("unreadable", "bad_json") and found[:100] == [json.loads(line) for line in lines.splitlines()[:100]]
    assert values("runs.jsonl" + suffix, b"not packed at all") == ["unreadable"]


def test_parquet_rows_stream_with_bytes_structs_and_row_groups():
    rows = [{"id": n, "messages": [{"role": "user", "content": f"q{n}", "name": None}], "patch": b"d\xff", "at": None} for n in range(50)]
    table = pa.Table.from_pylist(rows, pa.schema([("id", pa.int64()), ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("name", pa.string())]))), ("patch", pa.binary()), ("at", pa.timestamp("us"))]))
    records = list(read_records("runs.parquet", parquet(table, row_group_size=7)))
    assert [record.position for record in records] == [str(n) for n in range(50)]
    assert records[3].value == {"id": 3, "messages": [{"role": "user", "content": "q3"}], "patch": "d\ufffd"}
    again = list(read_records("else.parquet", io.BytesIO(parquet(table, row_group_size=50))))
    assert [record.content for record in again] == [record.content for record in records]


def test_a_parquet_row_group_that_declares_too_much_is_passed_over(monkeypatch):
    table = pa.table({"text": [f"{n}" * 1000 for n in range(40)]})
    data = parquet(table, row_group_size=20)
    monkeypatch.setattr(columns, "MAX_ROW_GROUP", 10)
    assert values("runs.parquet", data) == ["too_large", "too_large"]
    assert values("runs.parquet", data[:-40] + b"PAR1") == ["unreadable"]
    assert values("runs.parquet.gz", gzip.compress(data)) == ["too_large", "too_large"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (b"[" * 5000 + b"]" * 5000, "too_large"),
        (b'{"a":' * 250 + b"1" + b"}" * 250, "too_large"),
        (b"[NaN, -Infinity]", [None, None]),
        (b'"\\ud800 half"', "\ufffd half"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"nul \\u0000 and \x00"', "nul \0 and \0"),
        (b'"bytes \xff\xfe"', "bytes \ufffd\ufffd"),
        (b"9" * 40, 1e40),
        (b"9" * 5000, "bad_json"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"", "bad_json"),
        (b"{'a': 1}", "bad_json"),
    ],
)
def test_hostile_json_is_decoded_or_refused(text, outcome):
    try:
        value = decode(text)
    except RowError as error:
        assert error.reason == outcome
    else:
        value = [None if number != number or abs(number) > 1e300 else number for number in value] if text[:2] == b"[N" else value
        assert value == outcome
        json.dumps(value, ensure_ascii=False).encode()


def test_brackets_inside_a_broken_text_cost_no_recursion():
    assert values("runs.jsonl", b'{"x": "' + b"[" * 200_000 + b"\n" + LINES) == ["bad_json", {"a": 1}, {"b": "x"}]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["x.jsonl", "x.json", "x.parquet", "x.txt", "x.jsonl.gz", "x.zst", "x"]), st.binary(max_size=200), st.sampled_from([b"", b"{", b"[", b"PAR1", b"\x1f\x8b\x08", b"(\xb5/\xfd", LINES]), st.booleans())
def test_no_bytes_raise(name, data, head, whole):
    for record in read_records(name, head + data, whole):
        assert isinstance(record, RawRecord) and len(record.content) == 32
    with suppress(RowError):
        decode(head + data)
