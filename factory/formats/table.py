"""What the formats make of a folder: `python -m factory.formats.table FOLDER [FORMAT]`.

One line for each format that was found: objects, runs read, and records refused by reason. Nothing is written.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator

from factory import formats, storage
from factory.containers import read_records
from factory.errors import FactoryError, RowError


class Row:
    def __init__(self) -> None:
        self.objects: set[str] = set()
        self.runs = self.with_gold = self.with_calls = 0
        self.refused: Counter[str] = Counter()


def rows(folder: str, format: str = "auto") -> dict[str, Row]:
    """Format -> what was read of it; records that fit no format stand under `-`."""
    table: dict[str, Row] = defaultdict(Row)
    for info in sorted(storage.find(folder)):
        for name, outcome in outcomes(info.uri, format):
            row = table[name]
            row.objects.add(info.uri)
            if isinstance(outcome, RowError):
                row.refused[outcome.reason] += 1
            else:
                row.runs += 1
                row.with_gold += bool(outcome.ground_truth.text)
                row.with_calls += any(step.tool for step in outcome.steps)
    return table


def outcomes(uri: str, format: str) -> Iterator[tuple[str, object]]:
    with storage.open_read(uri) as stream:
        whole = formats.reads_whole_file(format, uri, stream)
        for record in read_records(uri, stream, whole):
            name = format
            try:
                if record.error:
                    raise record.error
                name = formats.detect(record.value, uri)[0] if format == "auto" else format
                for run in formats.parse(record.value, name):
                    yield name, run
            except RowError as error:
                yield "-" if name in ("", "auto") else name, error


def main(arguments: list[str]) -> int:
    if not 1 <= len(arguments) <= 2:
        print(__doc__)
        return 2
    try:
        table = rows(*arguments)
    except FactoryError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'format':18} {'objects':>8} {'runs':>7} {'with calls':>11} {'with gold':>10}  refused")
    for name, row in sorted(table.items()):
        refused = ", ".join(f"{reason} {count:,}" for reason, count in row.refused.most_common())
        print(f"{name:18} {len(row.objects):8,} {row.runs:7,} {row.with_calls:11,} {row.with_gold:10,}  {refused}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
