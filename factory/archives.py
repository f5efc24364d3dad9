"""Members of a zip archive that may hold runs: the samples of an Inspect log (.eval), else every file with a known ending.

Members are read into memory, and nothing is ever written under their names.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from factory.errors import RowError
from factory.unpacking import MAX_RATIO, MIN_UNPACKED

ENDINGS = (".jsonl", ".ndjson", ".json", ".traj", ".parquet", ".txt")
SAMPLES = "samples/"
"""Where Inspect keeps one file a sample; what stands beside repeats or counts them."""
MAX_MEMBER = 512 << 20


def members(stream: BinaryIO) -> Iterator[tuple[str, bytes | RowError]]:
    """(name, bytes) of each member, by name; a RowError in the place of one that cannot be read, and where too much comes out."""
    size = stream.seek(0, io.SEEK_END)
    unpacked = 0
    try:
        with zipfile.ZipFile(stream) as archive:
            files = sorted((info for info in archive.infolist() if info.filename.endswith(ENDINGS)), key=lambda info: info.filename)
            samples = [info for info in files if info.filename.startswith(SAMPLES)]
            for info in samples or files:
                most = min(MAX_MEMBER, max(MIN_UNPACKED, MAX_RATIO * info.compress_size))
                try:
                    with archive.open(info) as member:
                        data = member.read(most + 1)
                except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
                    yield info.filename, RowError("unreadable", f"zip: {error}")
                    continue
                unpacked += len(data)
                if unpacked > max(MIN_UNPACKED, MAX_RATIO * size):  # members may share their bytes
                    yield info.filename, RowError("too_large", f"{size:,} packed bytes unpack to more than {unpacked:,}")
                    return
                yield info.filename, data if len(data) <= most else RowError("too_large", f"{info.compress_size:,} packed bytes unpack to more than {most:,}")
    except (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError) as error:
        yield "", RowError("unreadable", f"zip: {error}")
