"""What is done: commit records, one small object each, written after the parts that they name.

A commit's name is the hash of its content and it is put if absent, so writing one twice is writing it once.
Readers go through the ledger and never list Parquet. There is no lock and no server: two runs over the same
ledger at worst do the same work and commit the same units, and readers take each unit once.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo

from factory import storage
from factory.errors import FactoryError, StorageError
from factory.parts import CURE
from factory.records import Record, canonical_json, digest

Stage = Literal["compile", "trace", "verify"]
STAGES: tuple[Stage, ...] = ("compile", "trace", "verify")
LOOSE = 64
"""Commit records of a stage that may lie about before they are packed into one object."""
PACKS = 16
"""Packed objects of a stage, beyond which they become one."""
TRIES = 10


SCOPES: dict[str, dict[str, str]] = {}
"""Name -> scope, of every scope that this process has read. A name is a hash, so it never means another one."""


def _read_scope(value: Any, info: ValidationInfo) -> dict[str, str]:
    """A commit record names its scopes, which are long and few; each stands once, in `ledger/scopes`."""
    if isinstance(value, dict):
        return value
    if value not in SCOPES:
        SCOPES[value] = json.loads(storage.read(_scope_place(info.context["root"], value)))
    return SCOPES[value]


def _name_scope(scope: dict[str, str], info: SerializationInfo) -> Any:
    return digest(canonical_json(scope)) if info.context == "named" else scope


def _scope_place(root: str, name: str) -> str:
    return storage.join(root, "ledger", "scopes", f"{name}.json")


Scope = Annotated[dict[str, str], PlainValidator(_read_scope), PlainSerializer(_name_scope)]


class PartRecord(Record):
    """A Parquet file and the units whose rows it holds, in row order."""

    kind: Literal["examples", "traces", "rows", "verdicts", "rejections"]
    path: str
    rows: int
    bytes: int
    units: tuple[str, ...]


class RowRecord(Record):
    """What became of one input row."""

    unit: str
    content: str
    """Hash of the run itself; a second row with the same one is a duplicate."""
    domain: str
    reason: str = ""
    """"" when the row became an example."""
    ask: str = ""
    """Hash of all that a teacher may be shown; "" for a rejected row."""
    prompt: str = ""
    """Hash of the user's message alone: what a model is asked."""
    gold: str = ""
    """Hash of the verified answer's text: what a teacher is shown besides, where the answer is given."""
    position: str = ""
    task_id: str = ""
    prompt_tokens: int = 0


class ObjectRecord(Record):
    """One ingested object, or a byte range of it, and the rows that it holds."""

    uri: str
    etag: str
    """As it was listed; "" when the object changed while it was read, so that it is read again."""
    size: int
    start: int = 0
    end: int = 0
    """Bytes [start, end) of the object; 0, 0 for the whole."""
    scope: Scope
    """What its rows were compiled under, field by field (see `factory/identity.py`)."""
    sides: dict[str, str]
    """Side input URI -> etag when its rows were compiled; "" for one that was absent."""
    rows: tuple[RowRecord, ...]


class UnitRecord(Record):
    """A finished unit of the trace or verify stage."""

    unit: str
    example_unit: str
    domain: str
    stage: Literal["", "compile", "trace", "verify"] = ""
    """Stage at which the row left the line; "" when it was kept."""
    reason: str = ""
    detail: str = ""
    rows: int = 0


class Commit(Record):
    stage: Stage
    scope: Scope = {}
    """Settings that the units depend on, for `plan --explain`."""
    objects: tuple[ObjectRecord, ...] = ()
    units: tuple[UnitRecord, ...] = ()
    parts: tuple[PartRecord, ...] = ()
    engine_seconds: float = 0.0
    """trace: time that engines were up to make the units, times the GPUs of an engine."""

    @property
    def id(self) -> str:
        return hashlib.sha256(canonical_json(self.model_dump(mode="json")).encode("utf-8", "surrogatepass")).hexdigest()[:40]


def write(root: str, commit: Commit) -> None:
    """Durable when this returns."""
    for text in {canonical_json(scope) for scope in (commit.scope, *(item.scope for item in commit.objects))}:
        place = _scope_place(root, digest(text))
        if storage.stat(place) is None:
            storage.put_if_absent(place, text.encode("utf-8"))
    data = commit.model_dump_json(context="named").encode("utf-8")
    storage.put_if_absent(storage.join(root, "ledger", commit.stage, f"{commit.id}.json"), data)


def forget(root: str, commit: Commit) -> None:
    """Take a commit record away whose units and rows another record holds, durably, by now."""
    storage.delete(storage.join(root, "ledger", commit.stage, f"{commit.id}.json"))


def load(root: str, stage: Stage) -> list[Commit]:
    """Every commit of `stage`, sorted by the hash of its record, so that all readers prefer the same one of two equal units."""
    for _ in range(TRIES):
        found = _read_stage(root, stage)
        if all(data is not None for _, data in found):
            lines = {hashlib.sha256(line).digest(): (uri, line) for uri, data in found for line in (data or b"").splitlines() if line}
            bad: list[str] = []
            with _no_cycles():
                commits = [commit for name in sorted(lines) if (commit := _commit(*lines[name], bad))]
            if bad:
                raise FactoryError(f"{_listed(bad)}; {CURE}")
            return commits
    raise FactoryError(f"`{root}/ledger/{stage}` changed {TRIES} times while it was read; run again")


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Records hold no cycles and live as long as the run: looking for cycles among millions of them takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()


def _read_all(root: str, uris: list[str]) -> list[bytes | None]:
    """None for an object that another run has just packed away."""
    with ThreadPoolExecutor(16 if storage.scheme(root) else 2) as pool:
        return [found[0] if found else None for found in pool.map(storage.read_tagged, uris)]


def _read_stage(root: str, stage: Stage) -> list[tuple[str, bytes | None]]:
    """(URI, content) of the objects of a stage; no content for one that another run has just packed away."""
    uris = [info.uri for info in storage.find(storage.join(root, "ledger", stage))]
    return list(zip(uris, _read_all(root, uris)))


def _commit(uri: str, line: bytes, bad: list[str]) -> Commit | None:
    """None, and its place in `bad`, for a record that cannot be read."""
    try:
        return Commit.model_validate_json(line, context={"root": uri.rsplit("/", 3)[0]})
    except (ValueError, StorageError):  # the second: its scope is lost
        bad.append(uri)
        return None


def _listed(bad: list[str]) -> str:
    named = sorted(set(bad))
    return f"{len(bad):,} commit {'record is' if len(bad) == 1 else 'records are'} damaged ({', '.join(f'`{uri}`' for uri in named[:3])}{', ...' if len(named) > 3 else ''})"


def damaged(root: str) -> dict[Stage, str]:
    """Stage -> a sentence about its commit records that cannot be read."""
    found: dict[Stage, str] = {}
    for stage in STAGES:
        bad: list[str] = []
        with _no_cycles():
            for uri, data in _read_stage(root, stage):
                for line in (data or b"").splitlines():
                    _commit(uri, line, bad)
        if bad:
            found[stage] = _listed(bad)
    return found


def set_aside(root: str, stage: Stage) -> None:
    """Move the objects of a stage that hold damaged records to `ledger/damaged`; what else they hold stays."""
    for uri, data in _read_stage(root, stage):
        lines, bad = (data or b"").splitlines(), []
        sound = {line for line in lines if _commit(uri, line, bad)}
        if bad:
            storage.put(storage.join(root, "ledger", "damaged", f"{stage}-{uri.rpartition('/')[2]}"), data or b"")
            if sound:
                _put_packed(root, stage, sound)
            storage.delete(uri)


def gone(commits: list[Commit], lost: Iterable[PartRecord]) -> dict[str, set[str]]:
    """Kind of part -> units that stood in `lost` parts and stand in no other part of that kind."""
    lost = list(lost)
    paths = {part.path for part in lost}
    found: dict[str, set[str]] = {}
    for part in lost:
        found.setdefault(part.kind, set()).update(part.units)
    for part in (part for commit in commits for part in commit.parts):
        if part.kind in found and part.path not in paths:
            found[part.kind].difference_update(part.units)
    return found


def rewrite(root: str, stage: Stage, change: Callable[[Commit], Commit]) -> None:
    """Put what `change` leaves of each commit record of a stage into one object, then take the old ones away.

    A kill between the two leaves records as they were beside what was left of them: `change` must allow for that.
    Records that come meanwhile stay as they are."""
    found = _read_stage(root, stage)
    lines: set[bytes] = set()
    bad: list[str] = []
    with _no_cycles():
        for uri, data in found:
            for line in (data or b"").splitlines():
                if not (commit := _commit(uri, line, bad)):
                    raise FactoryError(f"{_listed(bad)}; {CURE}")
                left = change(commit)
                if left.objects or left.units or left.parts or left.engine_seconds:
                    lines.add(left.model_dump_json(context="named").encode("utf-8"))
    packed = _put_packed(root, stage, lines) if lines else ""
    _delete_all(root, [uri for uri, _ in found if uri != packed])


def pack(root: str, stage: Stage, most: int = LOOSE) -> None:
    """Put many commit records into one object, so that listing stays quick. The packed one is written before any is deleted.

    What is packed already is packed again only when there are many packs, so that a large ledger is not copied every time."""
    infos = list(storage.find(storage.join(root, "ledger", stage)))
    loose = [info.uri for info in infos if not _is_packed(info.uri)]
    if len(loose) > most:
        _pack(root, stage, loose)
    packed = [info.uri for info in infos if _is_packed(info.uri)]
    if len(packed) > PACKS:
        _pack(root, stage, packed)


def _is_packed(uri: str) -> bool:
    return uri.rpartition("/")[2].startswith("packed-")


def _pack(root: str, stage: Stage, uris: list[str]) -> None:
    lines = {line for data in _read_all(root, uris) for line in (data or b"").splitlines() if line}
    packed = _put_packed(root, stage, lines)
    _delete_all(root, [uri for uri in uris if uri != packed])


def _delete_all(root: str, uris: list[str]) -> None:
    with ThreadPoolExecutor(16 if storage.scheme(root) else 1) as pool:
        list(pool.map(storage.delete, uris))


def _put_packed(root: str, stage: Stage, lines: Iterable[bytes]) -> str:
    data = b"".join(line + b"\n" for line in sorted(lines))
    uri = storage.join(root, "ledger", stage, f"packed-{hashlib.sha256(data).hexdigest()[:40]}.jsonl")
    storage.put(uri, data)
    return uri


def parts(commits: list[Commit], kind: str) -> Iterator[PartRecord]:
    for commit in commits:
        yield from (part for part in commit.parts if part.kind == kind)


def places(commits: list[Commit], kind: str) -> dict[str, tuple[str, int]]:
    """Unit -> the part that readers take its row from, and the row's place there; for parts with one row a unit."""
    found: dict[str, tuple[str, int]] = {}
    for part in parts(commits, kind):
        for place, unit in enumerate(part.units):
            found.setdefault(unit, (part.path, place))
    return found


def positions(commits: list[Commit]) -> dict[tuple[str, str], str]:
    """(URI, hash of the run) -> where it stood in the object when that was last read."""
    return {(item.uri, row.content): row.position for commit in commits for item in commit.objects for row in item.rows}


def homes(commits: list[Commit], kind: str) -> dict[str, PartRecord]:
    """Unit -> the part that readers take it from."""
    found: dict[str, PartRecord] = {}
    for part in parts(commits, kind):
        for unit in part.units:
            found.setdefault(unit, part)
    return found
