"""Packed objects (.gz, .zst) to chunks of bytes, with caps on what may come out of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from factory.errors import RowError

CHUNK = 1 << 20
MAX_RATIO = 100
"""Unpacked bytes per packed byte, once MIN_UNPACKED bytes came out."""
MIN_UNPACKED = 16 << 20
MAX_UNPACKED = 64 << 30


class Counted:
    """A stream that counts the bytes read from it, in the shape that pyarrow wants."""

    closed = False

    def __init__(self, stream: BinaryIO):
        self.stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.count += len(data)
        return data

    def close(self) -> None:
        """The stream belongs to the caller."""


def unpack(name: str, stream: BinaryIO) -> tuple[Iterator[bytes], str]:
    """Chunks of the unpacked object, and its name without the packing's suffix."""
    packed = Counted(stream)
    if name.endswith(".gz"):
        return capped(packed, gunzip(packed)), name.removesuffix(".gz")
    if name.endswith(".zst"):
        import pyarrow

        source = pyarrow.CompressedInputStream(pyarrow.PythonFile(packed, mode="r"), "zstd")
        # short reads: what a damaged stream held before the damage is lost within one read
        return capped(packed, iter(lambda: source.read(CHUNK >> 4), b"")), name.removesuffix(".zst")
    return iter(lambda: stream.read(CHUNK), b""), name


def gunzip(packed: Counted) -> Iterator[bytes]:
    data = packed.read(CHUNK)
    while data:  # one round a member
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if not data and not (data := packed.read(CHUNK)):
                raise EOFError("the packed data ends early")
            yield member.decompress(data, CHUNK)
            data = member.unconsumed_tail
        data = member.unused_data or packed.read(CHUNK)


def capped(packed: Counted, chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    try:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_UNPACKED or (size > MIN_UNPACKED and size > MAX_RATIO * packed.count):
                raise RowError("too_large", f"{packed.count:,} packed bytes unpack to more than {size:,}")
            if chunk:
                yield chunk
    except (OSError, EOFError, zlib.error) as error:
        raise RowError("unreadable", f"unpacking failed after {size:,} bytes: {error}") from None
