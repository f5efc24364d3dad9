"""The parts that a task writes, and which unit stands in which of them."""

from __future__ import annotations

from typing import Any

from factory import parts
from factory.ledger import PartRecord


class Output:
    """A PartWriter that remembers which units went into which part. Rows of one unit, written one after the other,
    stand in one part: readers take a unit from one part only."""

    def __init__(self, root: str, folder: str, schema: Any, part_bytes: int):
        self.writer = parts.PartWriter(root, folder, schema, part_bytes)
        self.units: list[str] = []

    def write(self, unit: str, row: dict[str, Any], num_bytes: int) -> None:
        follows = bool(self.units) and self.units[-1] == unit
        self.units.append(unit)
        self.writer.write(row, num_bytes, follows)

    def close(self, kind: Any) -> tuple[PartRecord, ...]:
        records, at = [], 0
        for part in self.writer.close():
            units = tuple(self.units[at : at + part.rows])
            records.append(PartRecord(kind=kind, path=part.path, rows=part.rows, bytes=part.bytes, units=units))
            at += part.rows
        return tuple(records)

    def abort(self) -> None:
        self.writer.abort()
