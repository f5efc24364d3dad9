"""What the ledger says of the objects at hand: which of them need not be read again, and what became of their rows."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from factory import ledger, publish, storage
from factory.inputs import Listing
from factory.ledger import ObjectRecord, RowRecord
from factory.recipe import Placement, Recipe
from factory.stages.refusals import kv_key


def unchanged(root: str, asked: Listing, placement: Placement) -> publish.Version | None:
    """The published version when it already is what was asked for."""
    version = publish.current(root)
    if version is None or version.request != asked.request:
        return None
    teacher = version.summary.get("teacher", {})
    if teacher.get("ask_again") or teacher.get("kv_key", "") not in ("", kv_key(placement)):
        return None
    return version if etags(version.sides, asked) == version.sides else None


def etags(uris: Iterable[str], listed: Listing) -> dict[str, str]:
    """Etag of each side input, "" where there is none. What the listing did not meet is asked for, several at a time."""
    found = {uri: listed.beside[uri] for uri in uris if uri in listed.beside}
    asked = sorted(set(uris) - found.keys())
    with ThreadPoolExecutor(16 if any(map(storage.scheme, asked)) else 1) as pool:
        return found | {uri: info.etag if info else "" for uri, info in zip(asked, pool.map(storage.stat, asked))}


class State:
    """What the ledger says of the objects at hand."""

    def __init__(self, root: str, recipe: Recipe, asked: Listing, scopes: list[dict[str, str]], reread: bool = False):
        self.commits = {stage: ledger.load(root, stage) for stage in ledger.STAGES}
        self.recipe, self.asked, self.scopes = recipe, asked, scopes
        self.reread = reread
        self.etags: dict[str, str] = {}

    def rows(self) -> dict[str, RowRecord]:
        """Unit -> what became of it, from the commit that made it; only what a part holds."""
        held = self._held()
        return {row.unit: row for commit in self.commits["compile"] for item in commit.objects for row in item.rows if (row.domain or row.reason) and row.unit in held}

    def _held(self) -> set[str]:
        return {unit for commit in self.commits["compile"] for part in commit.parts for unit in part.units}

    def done(self) -> dict[tuple[int, str, str], list[ObjectRecord]]:
        """(input, uri, etag) -> the records that cover the object, where nothing that they read has changed."""
        found: dict[tuple[int, str, str], list[ObjectRecord]] = {}
        held = self._held()
        inputs: dict[int, list[int]] = {}  # by identity of the scope, which many records share
        self.etags |= etags({uri for commit in self.commits["compile"] for item in commit.objects for uri in item.sides} - self.etags.keys(), self.asked)
        for commit in self.commits["compile"]:
            for item in commit.objects:
                if id(item.scope) not in inputs:
                    inputs[id(item.scope)] = [i for i, scope in enumerate(self.scopes) if scope == item.scope]
                for index in inputs[id(item.scope)]:
                    if self._sides_stand(item) and all(row.unit in held for row in item.rows):
                        found.setdefault((index, item.uri, item.etag), []).append(item)
        return {key: cover for key, items in found.items() if (cover := _cover(items))}

    def _sides_stand(self, item: ObjectRecord) -> bool:
        return all(self.etags[uri] == etag for uri, etag in item.sides.items())


def _cover(items: list[ObjectRecord]) -> list[ObjectRecord]:
    """Of the records of one object those that hold each of its bytes once, in order; [] where some are missing.

    Runs that cut it at other places have left ranges that overlap."""
    if whole := next((item for item in items if not item.end), None):
        return [whole]
    before: dict[int, ObjectRecord | None] = {0: None}
    for item in sorted(items, key=lambda item: (item.start, item.end)):
        if item.start in before:
            before.setdefault(item.end, item)
    found, last = [], before.get(items[0].size)
    while last:
        found.append(last)
        last = before[last.start]
    return found[::-1]
