"""Members of a zip archive that may hold runs: the samples of an Inspect log (.eval), else every file with a known ending."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from factory.errors import RowError
from factory.unpacking import MAX_RATIO, MAX_UNPACKED, MIN_UNPACKED

ENDINGS = (".jsonl", ".ndjson", ".json", ".traj", ".parquet", ".txt")
SAMPLES = "samples/"
"""Where Inspect keeps one file a sample; what stands beside repeats or counts them."""
MAX_MEMBER = 512 << 20


def members(stream: BinaryIO) -> Iterator[tuple[str, bytes | RowError]]:
    """(name, bytes) of each member, by name; a RowError in the place of one that cannot be read."""
    try:
        with zipfile.ZipFile(stream) as archive:
            files = sorted((info for info in archive.infolist() if info.filename.endswith(ENDINGS)), key=lambda info: info.filename)
            samples = [info for info in files if info.filename.startswith(SAMPLES)]
            unpacked = 0
            for info in samples or files:
                try:
                    with archive.open(info) as member:
                        data = member.read(MAX_MEMBER + 1)
                except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
                    yield info.filename, RowError("unreadable", f"zip: {error}")
                    continue
                unpacked += len(data)
                if len(data) > MAX_MEMBER or unpacked > MAX_UNPACKED or (len(data) > MIN_UNPACKED and len(data) > MAX_RATIO * info.compress_size):
                    yield info.filename, RowError("too_large", f"{info.compress_size:,} packed bytes unpack to {len(data):,} or more")
                    continue
                yield info.filename, data
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield "", RowError("unreadable", f"zip: {error}")
