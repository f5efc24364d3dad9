"""Parts: Parquet files named by their content, written row by row and closed by size.

A part that no commit record names does not exist: killed writers leave only files that nobody reads.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from factory import schemas, storage
from factory.errors import StorageError
from factory.kept import Kept

ROW_GROUP_BYTES = 8 << 20
CURE = "`factory build ... --verify` finds what is lost or damaged and makes it again"


class Part(NamedTuple):
    path: str
    """Relative to the dataset's root."""
    rows: int
    bytes: int


class PartWriter:
    """Rows in, parts out. `folder` is relative to `root`. Close it, then take `parts`."""

    def __init__(self, root: str, folder: str, schema: pa.Schema, part_bytes: int):
        self.root, self.folder, self.schema, self.part_bytes = root, folder, schema, part_bytes
        self.parts: list[Part] = []
        self._rows: list[dict[str, Any]] = []
        self._pending_bytes = 0
        self._written_bytes = 0
        self._num_rows = 0
        self._writer: pq.ParquetWriter | None = None
        self._path: Path | None = None

    def write(self, row: dict[str, Any], num_bytes: int, follows: bool = False) -> None:
        """`num_bytes`: about how much text the row holds; decides when a row group and a part are closed.
        `follows`: the row stands in the same part as the one before it."""
        if self._written_bytes >= self.part_bytes and not follows:
            self._flush()
            self._finish()
        self._rows.append(row)
        self._pending_bytes += num_bytes
        if self._pending_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> list[Part]:
        self._flush()
        self._finish()
        return self.parts

    def abort(self) -> None:
        """Forget what is not finished; safe after close."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            with storage.writing(storage.join(self.root, self.folder)):
                handle, name = tempfile.mkstemp(prefix=".part-", dir=_staging(self.root, self.folder))
            os.close(handle)
            self._path = Path(name)
            self._writer = pq.ParquetWriter(name, self.schema, compression="zstd", compression_level=1, use_dictionary=False, write_page_checksum=True)
        batch = schemas.batch_of(self._rows, self.schema)
        with storage.writing(str(self._path)):
            self._writer.write_batch(batch)
        self._num_rows += len(self._rows)
        self._written_bytes += self._pending_bytes
        self._rows, self._pending_bytes = [], 0

    def _finish(self) -> None:
        if self._writer is None or self._path is None:
            return
        with storage.writing(str(self._path)):
            self._writer.close()
        size = self._path.stat().st_size
        with open(self._path, "rb") as f:
            name = _name(f)
        path = f"{self.folder}/{name}.parquet"
        storage.upload(self._path, storage.join(self.root, path))
        self.parts.append(Part(path, self._num_rows, size))
        self._writer = self._path = None
        self._num_rows = self._written_bytes = 0


def _staging(root: str, folder: str) -> str | None:
    """Where a part grows: beside its final place on a local disk (a rename then publishes it), else a temporary folder."""
    if storage.scheme(root):
        return None
    place = Path(root, folder)
    place.mkdir(parents=True, exist_ok=True)
    return str(place)


@contextmanager
def opened(root: str, path: str) -> Iterator[pq.ParquetFile]:
    """A part to read from. StorageError names one that is lost, and one whose damage shows while it is read."""
    place = storage.join(root, path)
    try:
        stream = storage.open_read(place)
    except StorageError as e:
        raise StorageError(f"{e}; {CURE}") from None
    with stream:
        try:
            yield pq.ParquetFile(stream, page_checksum_verification=True)
        except (pa.ArrowException, UnicodeDecodeError, EOFError, OSError) as e:
            if getattr(e, "errno", None):  # the disk's own word
                raise
            raise StorageError(f"`{place}` is damaged ({(str(e).splitlines() or [type(e).__name__])[0][:200]}); {CURE}") from None


def is_whole(root: str, path: str) -> bool:
    """Whether a part holds what its name says."""
    with storage.open_read(storage.join(root, path)) as stream:
        return path.endswith(f"/{_name(stream)}.parquet")


def _name(stream: BinaryIO) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()[:40]  # type: ignore[arg-type]


def read_rows(root: str, path: str, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Rows of a part, a few at a time."""
    with opened(root, path) as file:
        for batch in file.iter_batches(batch_size=16, columns=list(columns) if columns else None):
            yield from batch.to_pylist()


def read_rows_at(root: str, path: str, places: Iterable[int], columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a part at these places (0-based), in order; row groups without one of them are not read."""
    with opened(root, path) as file:
        start, wanted = 0, sorted(places)
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            here = [place - start for place in wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]]
            if here:
                table = file.read_row_group(group, columns=list(columns) if columns else None)
                for place in here:
                    yield table.slice(place, 1).to_pylist()[0]
            start = end


class RowReader:
    """Single rows by part and place. Keeps the row groups that were read last; may be called from several threads."""

    def __init__(self, root: str, columns: Sequence[str] | None = None, kept_groups: int = 4):
        self.root, self.columns = root, list(columns) if columns else None
        self._starts: dict[str, list[int]] = {}
        self._groups: Kept[pa.Table] = Kept(kept_groups)
        self._lock = threading.Lock()

    def row(self, path: str, place: int) -> dict[str, Any]:
        with self._lock:
            starts = self._starts.get(path)
            group = bisect_right(starts, place) - 1 if starts else -1
            table = self._groups.get((path, group))
            if starts is None or table is None:
                with opened(self.root, path) as file:
                    if starts is None:
                        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
                        starts = self._starts[path] = [0, *accumulate(sizes)][:-1]
                        group = bisect_right(starts, place) - 1
                    table = file.read_row_group(group, columns=self.columns)
                self._groups.keep((path, group), table)
        return table.slice(place - starts[group], 1).to_pylist()[0]
