"""Rows of a Parquet file, a few at a time. Its declared sizes are checked first; false ones are not covered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from factory.errors import RowError

MAX_ROW_GROUP = 1 << 30
"""Declared uncompressed bytes of one row group."""
ROWS = 16
"""Rows decoded at once: rows of agent runs are up to megabytes each."""


def rows_of(stream: BinaryIO) -> Iterator[tuple[int, Any]]:
    """(index, row as JSON has it) of a seekable stream, or a RowError in the place of rows that cannot be read."""
    import pyarrow
    from pyarrow import parquet

    row = 0
    try:
        file = parquet.ParquetFile(stream)
        for index in range(file.num_row_groups):
            group = file.metadata.row_group(index)
            if group.total_byte_size > MAX_ROW_GROUP:
                yield row, RowError("too_large", f"row group {index} declares {group.total_byte_size:,} bytes; at most {MAX_ROW_GROUP:,} are read")
                row += group.num_rows
                continue
            for batch in file.iter_batches(ROWS, row_groups=[index]):
                for value in batch.to_pylist():
                    yield row, plain(value)
                    row += 1
    except (pyarrow.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        yield row, RowError("unreadable", f"Parquet: {str(error)[:300]}")


def plain(value: Any) -> Any:
    """A Parquet value as JSON has it: bytes as text, empty struct fields left out, other scalars as text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value)
