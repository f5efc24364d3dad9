"""Versions of a dataset: which there are, what changed between two, and what may be deleted."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from factory import ledger, parts, publish, storage
from factory.errors import FactoryError

GRACE_SECONDS = 24 * 3600.0
"""Files younger than this may belong to a run that has not committed yet."""

LINEAGE = ("id", "task_id", "domain", "source_uri", "source_record", "example_unit", "trace_unit", "unit")


def versions(root: str) -> list[publish.Version]:
    """From the current one back to the first that is still there."""
    found = []
    version = publish.current(root)
    while version:
        found.append(version)
        earlier = version.parent and storage.stat(storage.join(root, version.parent))
        version = publish.read_version(root, version.parent) if earlier else None
    return found


def version(root: str, number: int) -> publish.Version:
    known = versions(root)
    for one in known:
        if one.version == number:
            return one
    raise FactoryError(f"`{root}` has no version {number}; it has {', '.join(str(v.version) for v in reversed(known)) or 'none'}")


class Diff(NamedTuple):
    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[tuple[dict[str, Any], dict[str, Any]]]
    """(before, after) of a run whose row is another one now."""
    fields: list[str]
    """Settings, code versions and teacher fields that differ."""
    sides: list[str]
    """Side inputs that differ."""


def diff(root: str, old: publish.Version, new: publish.Version) -> Diff:
    shared = {file.path for file in old.files} & {file.path for file in new.files}
    before, after = (_rows(root, one, shared) for one in (old, new))
    gone = {key: row for key, row in before.items() if key not in after}
    come = {key: row for key, row in after.items() if key not in before}
    by_run = {(row["source_uri"], row["source_record"]): row for row in gone.values()}
    changed = []
    for key, row in list(come.items()):
        earlier = by_run.get((row["source_uri"], row["source_record"]))
        if earlier and earlier["id"] in gone:
            changed.append((earlier, row))
            del come[key], gone[earlier["id"]]
    fields = sorted(name for name in old.scopes.keys() | new.scopes.keys() if old.scopes.get(name) != new.scopes.get(name))
    sides = sorted(uri for uri in old.sides.keys() | new.sides.keys() if old.sides.get(uri) != new.sides.get(uri))
    return Diff(list(come.values()), list(gone.values()), changed, fields, sides)


def _rows(root: str, version: publish.Version, skip: set[str]) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for file in version.files:
        if file.path not in skip:
            rows.update((row["id"], row) for row in parts.read_rows(root, file.path, LINEAGE))
    return rows


def sources(root: str, keep: int = 10) -> set[str]:
    """Objects that rows and rejections of the last `keep` versions come from."""
    paths = {file.path for one in versions(root)[:keep] for file in (*one.files, *one.rejections)}
    found: set[str] = set()
    for path in sorted(paths):
        with parts.opened(root, path) as file:
            found.update(file.read(columns=["source_uri"])["source_uri"].unique().to_pylist())
    return found


def garbage(root: str, keep: int = 10, now: float | None = None) -> list[storage.Info]:
    """Files that no commit and none of the last `keep` versions names, old enough to belong to no running build."""
    if keep < 1:
        raise FactoryError(f"`--keep {keep}`: the current version is always kept; give 1 or more")
    now = time.time() if now is None else now
    known = versions(root)
    named = {file.path for one in known[:keep] for file in (*one.files, *one.rejections)}
    named |= {part.path for stage in ledger.STAGES for commit in ledger.load(root, stage) for part in commit.parts}
    pointers = {json.loads(found[0])["path"] for found in [storage.read_tagged(storage.join(root, "CURRENT"))] if found}
    named |= pointers | {one.parent for one in known[: keep - 1] if one.parent}
    prefix = root.rstrip("/") + "/"
    found = []
    for folder in ("data", "parts", "versions"):
        for info in storage.find(storage.join(root, folder)):
            if not info.uri.startswith(prefix):  # another spelling of the root: every file would look unnamed
                raise FactoryError(f"`{info.uri}` does not lie under `{prefix}`; give the dataset as it is written there")
            if info.uri.removeprefix(prefix) not in named and now - info.modified > GRACE_SECONDS:
                found.append(info)
    return found + [info for info in storage.leftovers(root) if now - info.modified > GRACE_SECONDS]
