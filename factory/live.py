"""The rows that a version is about: those of the objects at hand, each run once, and the counts that reconcile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from factory.ledger import Commit, ObjectRecord, RowRecord, UnitRecord
from factory.records import Rejection, Source, canonical_json
from factory.side import merge
from factory.state import State


class Live(NamedTuple):
    """The rows of the objects at hand."""

    rows: list[RowRecord]
    duplicates: list[tuple[RowRecord, str]]
    """Repeats of another run, each with the URI that holds it."""
    sides: dict[str, str]
    objects: list[ObjectRecord]
    settled: bool
    """No object changed while it was read."""


def gather(state: State, done: dict[tuple[int, str, str], list[ObjectRecord]], fresh: list[ObjectRecord]) -> Live:
    """`done`: records of objects that were not read again; `fresh`: of those that were."""
    by_object: dict[tuple[str, str], dict[int, ObjectRecord]] = {}
    for item in fresh:
        by_object.setdefault((item.uri, canonical_json(item.scope)), {}).setdefault(item.start, item)
    known = state.rows()
    read: list[tuple[RowRecord, str]] = []
    holders: dict[str, int] = {}  # hash of a run -> which of its rows stands for it: the first that became an example
    sides: dict[str, str] = {}
    objects: list[ObjectRecord] = []
    for index, info in sorted(state.asked.objects, key=lambda pair: (pair[1].uri, pair[0])):
        items = done.get((index, info.uri, info.etag)) or by_object[info.uri, canonical_json(state.scopes[index])].values()
        for item in sorted(items, key=lambda item: item.start):
            objects.append(item)
            merge(sides, item.sides)
            for row in item.rows:
                row = placed(known[row.unit], row.position)
                holder = holders.setdefault(row.content, len(read))
                if holder < len(read) and read[holder][0].reason and not row.reason:
                    holders[row.content] = len(read)
                read.append((row, info.uri))
    rows = [row for place, (row, _) in enumerate(read) if holders[row.content] == place]
    duplicates = [pair for place, pair in enumerate(read) if holders[pair[0].content] != place]
    return Live(rows, duplicates, sides, objects, all(item.etag for item in fresh))


def filled(commit: Commit, known: dict[str, RowRecord]) -> Commit:
    """The commit with what the ledger knows of rows that were not made again."""
    objects = tuple(
        item.model_copy(update={"rows": tuple(placed(known[row.unit], row.position) if row.unit in known else row for row in item.rows)})
        for item in commit.objects
    )
    return commit.model_copy(update={"objects": objects})


def placed(row: RowRecord, position: str) -> RowRecord:
    """The row at a place; itself where it stands there, since a driver holds every row."""
    return row if row.position == position else row.model_copy(update={"position": position})


def duplicates(live: Live) -> Iterator[Rejection]:
    for row, uri in live.duplicates:
        source = Source(uri=uri, position=row.position, record=row.content)
        yield Rejection(unit=row.unit, stage="compile", domain=row.domain, reason="duplicate", detail="", source=source, task_id=row.task_id)


def summarize(live: Live, finished: dict[str, UnitRecord], num_tokens: dict[str, Any]) -> dict[str, Any]:
    """Counts per domain and stage. For every domain: read = accepted + all rejections."""
    domains: dict[str, dict[str, Any]] = {}

    def of(domain: str) -> dict[str, Any]:
        return domains.setdefault(domain or "unknown", {"read": 0, "accepted": 0, "rows": 0, "rejected": Counter()})

    for row in live.rows:
        counts = of(row.domain)
        counts["read"] += 1
        if row.reason:
            counts["rejected"][f"compile/{row.reason}"] += 1
            continue
        unit = finished[row.unit]
        counts["rows"] += unit.rows
        if unit.rows:
            counts["accepted"] += 1
        else:
            counts["rejected"][f"{unit.stage}/{unit.reason}"] += 1
    for row, _ in live.duplicates:
        counts = of(row.domain)
        counts["read"] += 1
        counts["rejected"]["compile/duplicate"] += 1
    for counts in domains.values():
        assert counts["read"] == counts["accepted"] + sum(counts["rejected"].values())
        counts["rejected"] = dict(sorted(counts["rejected"].items()))
    return {"domains": {name: domains[name] for name in sorted(domains)}, "tokens": num_tokens}
