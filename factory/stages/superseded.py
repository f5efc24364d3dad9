"""Commit records of what objects held before they changed: taken away once they outnumber what objects hold now; and of
objects that are gone: taken away by `factory gc`.

An object that grows every night leaves a record of all its rows every time. Of such a record only rows are kept that a
model has answered, since a changed recipe must not throw those answers away unasked. Verdicts go with their rows,
traces stay, and parts of which no row is left are named no more, so the next `factory gc` finds them. What is known of
objects that this run did not list, or that lie there as before and were read under other settings, stays; so an object
that comes back, or that another recipe names, need not be read again. Only what is known of an object that exists no
more and of which no kept version holds a row goes with `factory gc`: should it come back, it is compiled and judged
anew, and its traces are found.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from factory import ledger, storage
from factory.ledger import Commit, ObjectRecord
from factory.records import canonical_json, digest
from factory.stages.discarded import cost_something

Key = tuple[Any, ...]


def compact(root: str, commits: Mapping[str, list[Commit]], live: Iterable[ObjectRecord]) -> None:
    """`live`: the records that the published version stands on."""
    live, objects = list(live), [item for commit in commits["compile"] for item in commit.objects]
    if _size(objects) <= 2 * _size(live):
        return
    key = Keys()
    old = superseded(objects, live, key)
    standing, leaving = [], []
    for item in objects:
        (leaving if key(item) in old else standing).append(item)
    units = {row.unit for item in standing for row in item.rows}
    left = {row.unit for item in leaving for row in item.rows} - units
    answered = {unit.example_unit for commit in commits["trace"] if cost_something(commit.scope) for unit in commit.units}
    kept, dead = left & answered, left - answered
    if _size(leaving) - len(kept) > _size(standing):
        _take_away(root, key, old, kept, dead)


def gone(commits: Mapping[str, list[Commit]], sources: Container[str]) -> dict[str, set[str]]:
    """Object -> those of its rows that no model has answered, for objects that exist no more and are none of `sources`."""
    answered = {unit.example_unit for commit in commits["trace"] if cost_something(commit.scope) for unit in commit.units}
    found: dict[str, set[str]] = {}
    for item in (item for commit in commits["compile"] for item in commit.objects):
        if item.uri not in sources and (dead := {row.unit for row in item.rows} - answered):
            found.setdefault(item.uri, set()).update(dead)
    with ThreadPoolExecutor(16 if any(map(storage.scheme, found)) else 1) as pool:
        return {uri: found[uri] for uri, info in zip(found, pool.map(storage.stat, found)) if info is None}


def forget(root: str, commits: Mapping[str, list[Commit]], found: Mapping[str, set[str]]) -> None:
    """Take away what `gone` has found."""
    key, dead = Keys(), set().union(*found.values())
    old = {key(item) for commit in commits["compile"] for item in commit.objects if item.uri in found}
    kept = {row.unit for commit in commits["compile"] for item in commit.objects if item.uri in found for row in item.rows} - dead
    _take_away(root, key, old, kept, dead)


def _take_away(root: str, key: Keys, old: set[Key], kept: set[str], dead: set[str]) -> None:
    """Of the `old` records of objects only the rows `kept` stay, each once; the rows `dead` go with their verdicts."""

    def of_verify(commit: Commit) -> Commit:
        gone = {unit.unit for unit in commit.units if unit.example_unit in dead}
        return _without(commit, gone).model_copy(update={"units": tuple(unit for unit in commit.units if unit.unit not in gone)})

    def of_compile(commit: Commit) -> Commit:
        objects = []
        for item in commit.objects:
            if key(item) in old:
                rows = tuple(row for row in item.rows if row.unit in kept)
                kept.difference_update(row.unit for row in rows)
                if not rows:
                    continue
                item = item.model_copy(update={"rows": rows, "etag": ""})  # it no longer says what the object holds
            objects.append(item)
        return _without(commit, dead).model_copy(update={"objects": tuple(objects)})

    ledger.rewrite(root, "verify", of_verify)  # first: which verdicts go can be told only while the rows are known
    ledger.rewrite(root, "compile", of_compile)


def superseded(objects: Iterable[ObjectRecord], live: Iterable[ObjectRecord], key: Keys) -> set[Key]:
    """Keys of records that say of an object what it, or what its rows read, is no more."""
    now: set[Key] = set()
    etags: dict[str, set[str]] = {}
    scopes: dict[str, set[str]] = {}
    for item in live:
        now.add(key(item))
        etags.setdefault(item.uri, set()).add(item.etag)
        scopes.setdefault(item.uri, set()).add(key.scope(item))
    listed = (item for item in objects if item.uri in etags and key(item) not in now)
    return {key(item) for item in listed if item.etag not in etags[item.uri] or key.scope(item) in scopes[item.uri]}


def _size(objects: Iterable[ObjectRecord]) -> int:
    return sum(1 + len(item.rows) for item in objects)


def _without(commit: Commit, units: set[str]) -> Commit:
    """Without the parts that hold nothing else."""
    return commit.model_copy(update={"parts": tuple(part for part in commit.parts if not units.issuperset(part.units))})


class Keys:
    """What tells records of objects apart; scopes are long and shared by many records."""

    def __init__(self) -> None:
        self.scopes: dict[int, tuple[dict[str, str], str]] = {}

    def __call__(self, item: ObjectRecord) -> Key:
        return item.uri, item.etag, item.start, item.end, self.scope(item), tuple(sorted(item.sides.items()))

    def scope(self, item: ObjectRecord) -> str:
        if id(item.scope) not in self.scopes:
            self.scopes[id(item.scope)] = item.scope, digest(canonical_json(item.scope))
        return self.scopes[id(item.scope)][1]
