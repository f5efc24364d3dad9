"""Objects to raw records: JSONL, JSON, Parquet, plain text and zips of them, each also as .gz or .zst.

What an object is, its bytes say first and its name second (a JSON array is often named .jsonl).
Nothing here raises for a bad record or a damaged object: it yields a record that carries the RowError, and
goes on with the next one where there is a next one.
"""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, BinaryIO, NamedTuple

from factory import archives, columns
from factory.decoding import decode, encode
from factory.errors import RowError
from factory.records import digest
from factory.shapes import decodes, elements_of, kind_of
from factory.spans import by_trace, in_table
from factory.unpacking import CHUNK, unpack

VERSION = "4"
"""Raised when other records are read from the same bytes, here or by the modules
that this one reads with."""

MAX_LINE = 64 << 20
"""Bytes of one line of JSONL."""
MAX_DOCUMENT = 512 << 20
"""Bytes of one JSON document or text, which is held in memory."""
RAW_KEPT = 4_000
"""Bytes kept of a record that is too large to hold."""


class RawRecord(NamedTuple):
    position: str
    """Byte offset of a line, index or key of an element, index of a Parquet row; "" for a whole object."""
    raw: bytes
    """The line as it stands, or the element as canonical JSON; the first bytes of a record that is too large."""
    value: Any
    error: RowError | None
    content: str
    """Hash of `raw`, or of the whole line where only its first bytes are kept."""


def read_records(name: str, source: bytes | BinaryIO, whole: bool = False, inside: bool = False) -> Iterator[RawRecord]:
    """The records of one object, streamed. `name` may be a URI.

    whole: JSONL is one record, too, and its value is the list of decoded lines. Plain text always is one record.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        for record in unpacked_records(name, stream, whole, inside):
            yield record if record.raw else record._replace(content=digest(name, record.content))
    except RowError as error:  # the object itself: damaged or over a cap
        yield failed("", b"", error, digest(name, str(error)))


def unpacked_records(name: str, stream: BinaryIO, whole: bool, inside: bool) -> Iterator[RawRecord]:
    chunks, name = unpack(name, stream)
    head, chunks = peek(chunks)
    if len(head) < CHUNK and not head.removeprefix(b"\xef\xbb\xbf").strip():
        join(chunks)  # an error rises here
        return  # an empty file is no run, whatever its name
    kind = kind_of(name, head)
    if kind == "archive" and inside:
        raise RowError("unreadable", "a zip inside a zip")
    if kind in ("parquet", "archive"):
        yield from parquet_records(stream, chunks) if kind == "parquet" else archive_records(stream, chunks, whole)
        return
    if kind == "lines" and not whole:
        for offset, line, error, content in split_lines(chunks):
            if record := line_record(offset, line, error, content):
                yield record
        return
    data = join(chunks)
    if kind == "lines":
        yield from whole_records(data)
    elif kind == "text":
        yield record_of("", data, data.decode("utf-8-sig", "replace"))
    else:
        yield from document_records(data)


def peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first CHUNK bytes, and all chunks from the start; an error in the first bytes rises where it belongs."""
    seen: list[bytes] = []
    late: list[Iterator[bytes]] = [chunks]
    try:
        for chunk in chunks:
            seen.append(chunk)
            if sum(map(len, seen)) >= CHUNK:
                break
    except RowError as error:
        late = [raising(error)]
    return b"".join(seen), itertools.chain(seen, *late)


def raising(error: RowError) -> Iterator[bytes]:
    raise error
    yield b""


def first_values(name: str, stream: BinaryIO, most: int = 8) -> list[Any]:
    """The first decoded lines of an object that is JSONL, [] when it is not; the (seekable) stream is left at its start.

    Lines that the first megabyte cuts short, and bad ones, are left out. Where the first is a run, it alone is read.
    """
    chunks, plain_name = unpack(name, stream)
    head, _ = peek(chunks)
    stream.seek(0)
    if kind_of(plain_name, head) != "lines":
        return []
    values: list[Any] = []
    for line in itertools.islice(io.BytesIO(head.removeprefix(b"\xef\xbb\xbf")), most):
        if len(head) >= CHUNK and not line.endswith(b"\n"):
            break  # it is cut short
        with contextlib.suppress(RowError):
            values.append(decode(line))
        if values and isinstance(values[0], dict) and isinstance(values[0].get("messages"), list):
            break
    return values


def is_lined(name: str, stream: BinaryIO) -> bool:
    """May `read_lines` read the object from any byte? Only unpacked JSONL; the (seekable) stream is left at its start."""
    head = stream.read(CHUNK)
    stream.seek(0)
    return not name.endswith((".gz", ".zst")) and kind_of(name, head) == "lines"


def read_lines(stream: BinaryIO, start: int, end: int) -> Iterator[RawRecord]:
    """Records of the JSONL lines that begin in [start, end) of a seekable stream: shards cut anywhere meet exactly."""
    at = _first_line(stream, start, end)
    if at >= end:
        return
    stream.seek(at)
    for offset, line, error, content in split_lines(iter(lambda: stream.read(CHUNK), b""), at):
        if offset >= end:
            return
        if record := line_record(offset, line, error, content):
            yield record


def _first_line(stream: BinaryIO, start: int, end: int) -> int:
    """Where the first line that begins in [start, end) begins; `end` when none does. Reads no further than `end`."""
    if start == 0:
        return 0
    at = start - 1  # a line that ends right there leaves the next one to begin at `start`
    stream.seek(at)
    while at < end:
        chunk = stream.read(min(CHUNK, end - at))
        found = chunk.find(b"\n")
        if found >= 0:
            return at + found + 1
        if not chunk:
            return end
        at += len(chunk)
    return end


def split_lines(chunks: Iterator[bytes], offset: int = 0) -> Iterator[tuple[int, bytes, RowError | None, str]]:
    """(byte offset, line, error, hash of a line whose end is not kept). Memory stays under MAX_LINE + one chunk."""
    pieces: list[bytes] = []
    size = 0
    over = None  # running hash of a line that is too large; `pieces` then holds its first bytes

    def cut() -> tuple[int, bytes, RowError, str]:
        return offset, b"".join(pieces)[:RAW_KEPT], too_long(size), over.hexdigest() if over else ""

    try:
        for chunk in chunks:
            at = 0
            while at < len(chunk):  # a line at a time, so that it is still near the processor when it is decoded
                end = chunk.find(b"\n", at)
                piece = chunk[at:end] if end >= 0 else chunk[at:]
                at += len(piece) + 1
                size += len(piece)
                if over:
                    over.update(piece)
                elif size > MAX_LINE:
                    over = blake2b(b"".join([*pieces, piece]), digest_size=16)
                    pieces = [b"".join([*pieces, piece])[:RAW_KEPT]]
                elif end < 0:
                    pieces.append(piece)
                else:
                    yield offset, b"".join([*pieces, piece]) if pieces else piece, None, ""
                if end >= 0:
                    if over:
                        yield cut()
                    offset += size + 1
                    pieces, size, over = [], 0, None
    except RowError as error:
        yield offset, b"".join(pieces)[:RAW_KEPT], error, ""
        return
    if over:
        yield cut()
    elif size:
        yield offset, b"".join(pieces), None, ""


def too_long(length: int) -> RowError:
    return RowError("too_large", f"the line has {length:,} bytes; at most {MAX_LINE:,} are read")


def line_record(offset: int, line: bytes, error: RowError | None, content: str) -> RawRecord | None:
    if error:
        return failed(str(offset), line, error, content)
    if offset == 0:
        line = line.removeprefix(b"\xef\xbb\xbf")
    line = line.rstrip(b"\r")
    if not line or line.isspace():
        return None
    try:
        return record_of(str(offset), line, decode(line))
    except RowError as bad:
        return failed(str(offset), line, bad)


def record_of(position: str, raw: bytes, value: Any) -> RawRecord:
    return RawRecord(position, raw, value, None, digest(raw))


def failed(position: str, raw: bytes, error: RowError, content: str = "") -> RawRecord:
    return RawRecord(position, raw, None, error, content or digest(raw))


def whole_records(data: bytes) -> Iterator[RawRecord]:
    """One record whose value is the list of decoded lines, or one a trace where they are spans. A last line cut short is left
    out: sessions die mid-write."""
    values = []
    lines = [line for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    for number, line in enumerate(lines):
        try:
            values.append(decode(line))
        except RowError as error:
            if number + 1 < len(lines) or not values:
                yield failed("", data, RowError(error.reason, f"line {number}: {error.detail}"))
                return
    if traces := by_trace(values):
        for position, trace in traces:
            yield record_of(position, encode(trace), trace)
        return
    yield record_of("", data, values)


def document_records(data: bytes) -> Iterator[RawRecord]:
    try:
        value = decode(data.removeprefix(b"\xef\xbb\xbf"))
    except RowError as error:
        first, _, rest = data.partition(b"\n")
        if rest.strip() and decodes(first):
            for offset, line, bad, content in split_lines(iter([data])):
                if record := line_record(offset, line, bad, content):
                    yield record
        else:
            yield failed("", data, error)
        return
    elements = elements_of(value)
    if elements is None:
        yield record_of("", data, value)
        return
    for position, element in elements:
        yield record_of(position, encode(element), element)


def join(chunks: Iterator[bytes]) -> bytes:
    pieces, size = [], 0
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size > MAX_DOCUMENT:
            raise RowError("too_large", f"the document is over {MAX_DOCUMENT:,} bytes")
    return b"".join(pieces)


def parquet_records(stream: BinaryIO, chunks: Iterator[bytes]) -> Iterator[RawRecord]:
    traces, rows = in_table(columns.rows_of(seekable(b"PAR1", stream, chunks)))
    for position, trace in traces:
        yield record_of(position, encode(trace), trace)
    for row, value in rows:
        if isinstance(value, RowError):
            yield failed(str(row), b"", value, digest(str(row), value.detail))
        else:
            yield record_of(str(row), encode(value), value)


def archive_records(stream: BinaryIO, chunks: Iterator[bytes], whole: bool) -> Iterator[RawRecord]:
    """The records of a zip's members, each under the member's name."""
    for member, data in archives.members(seekable(b"PK\x03\x04", stream, chunks)):
        if isinstance(data, RowError):
            yield failed(member, b"", data, digest(member, data.detail))
            continue
        for record in read_records(member, data, whole, inside=True):
            yield record._replace(position=f"{member} {record.position}".strip())


def seekable(magic: bytes, stream: BinaryIO, chunks: Iterator[bytes]) -> BinaryIO:
    """The stream itself where it is what was announced and can seek; else what it unpacks to, in memory."""
    if not (stream.seekable() and stream.seek(0) == 0 and stream.read(len(magic)) == magic):
        stream = io.BytesIO(join(chunks))
    stream.seek(0)
    return stream
