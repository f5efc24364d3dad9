"""One visible version per run: `versions/<n>-<hash>.json`, made visible by one swap of `CURRENT`.

A version lists the Parquet files that hold its rows, and nothing else: a reader with only pyarrow opens CURRENT,
then the version, then the files. A part whose rows are all alive is listed as it is; one that holds a row that
left (its object was removed, its unit was done twice) is written again without it, once: as long as the same rows
of it are alive, later versions list what was written then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from factory import parts, schemas, storage
from factory.errors import FactoryError, StorageError
from factory.ledger import PartRecord
from factory.records import Record, Rejection, digest

REPUBLISH = "`factory build ... --verify` publishes again what was made"


class File(Record):
    path: str
    """Relative to the dataset's root."""
    rows: int
    bytes: int
    domain: str = ""
    of: str = ""
    """Names the part that it was written from and the rows that were alive; "" for a part as it is."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Of its rows together; None for rejections."""


class Version(Record):
    version: int
    parent: str = ""
    """Path of the version before; "" for the first."""
    created: str
    request: str
    """Digest of what the run was asked: inputs, settings, code. The same request again has nothing to do."""
    sides: dict[str, str] = {}
    """Side input URI -> etag."""
    recipe: dict[str, Any]
    scopes: dict[str, str] = {}
    """Field -> value digest of everything that decided content."""
    files: tuple[File, ...]
    rejections: tuple[File, ...]
    summary: dict[str, Any]


def current(root: str) -> Version | None:
    found = pointer(root)
    return read_version(root, visible(root, found)["path"]) if found else None


def read_version(root: str, path: str) -> Version:
    try:
        return Version.model_validate_json(storage.read(storage.join(root, path)))
    except StorageError as e:
        raise StorageError(f"{e}; {REPUBLISH}") from None
    except ValueError:
        raise FactoryError(f"`{storage.join(root, path)}` is damaged: it is no version file; {REPUBLISH}") from None


def visible(root: str, found: tuple[bytes, str]) -> dict[str, Any]:
    """Number and path of the version that the pointer names."""
    try:
        named = json.loads(found[0])
        return {"version": int(named["version"]), "path": str(named["path"])}
    except (ValueError, KeyError, TypeError):
        raise FactoryError(f"`{root}/CURRENT` is damaged; {REPUBLISH}") from None


def pointer(root: str) -> tuple[bytes, str] | None:
    """What makes the current version visible, and its etag; None before the first."""
    return storage.read_tagged(storage.join(root, "CURRENT"))


def mend(root: str) -> str:
    """Where the pointer, or the version that it names, is damaged or lost: point to the newest version that can be read.

    What was done then, as a sentence; "" where nothing was to do."""
    before = pointer(root)
    if before is None or _read(root, lambda: visible(root, before)["path"]):
        return ""
    paths = sorted((info.uri.removeprefix(f"{root.rstrip('/')}/") for info in storage.find(storage.join(root, "versions"))), reverse=True)
    found = next((version for path in paths if (version := _read(root, lambda path=path: path))), None)
    if found is None:
        storage.delete(storage.join(root, "CURRENT"))
        return f"`{root}/CURRENT` led to no version that can be read, and none is left; the next is the first"
    named, path = found
    storage.swap(storage.join(root, "CURRENT"), json.dumps({"version": named.version, "path": path}).encode(), before[1])
    return f"`{root}/CURRENT` led to no version that can be read; version {named.version} is the newest that can"


def _read(root: str, path: Callable[[], str]) -> tuple[Version, str] | None:
    try:
        return read_version(root, path()), path()
    except FactoryError:
        return None


def publish(root: str, make: Callable[[int, str], Version], before: tuple[bytes, str] | None) -> Version | None:
    """Write the version that `make(number, parent path)` gives and swap the pointer to it, if that still is `before`.

    None when another run published meanwhile: what it saw of the inputs may be newer than what this one saw."""
    last = visible(root, before) if before else {"version": 0, "path": ""}
    version = make(last["version"] + 1, last["path"])
    data = version.model_dump_json(indent=1).encode("utf-8")
    path = f"versions/{version.version:06d}-{hashlib.sha256(data).hexdigest()[:12]}.json"
    storage.put(storage.join(root, path), data)
    named = json.dumps({"version": version.version, "path": path}).encode()
    return version if storage.swap(storage.join(root, "CURRENT"), named, before[1] if before else None) else None


def live_files(
    root: str,
    folder: str,
    schema: pa.Schema,
    homes: Mapping[str, PartRecord],
    units: Iterable[str],
    key: str,
    domain: str,
    part_bytes: int,
    known: Iterable[File] = (),
) -> list[File]:
    """Files that hold the rows of `units` and no others. `key` is the column that holds a row's unit; `known` are
    files of the version before, of which those are taken that would be written again."""
    wanted: dict[str, set[str]] = {}
    by_path: dict[str, PartRecord] = {}
    for unit in units:
        part = homes[unit]
        by_path[part.path] = part
        wanted.setdefault(part.path, set()).add(unit)
    written: dict[str, list[File]] = {}
    for file in known:
        written.setdefault(file.of, []).append(file)
    files: list[File] = []
    for path in sorted(wanted):
        part, alive = by_path[path], wanted[path]
        if alive == set(part.units):
            files.append(File(path=path, rows=part.rows, bytes=part.bytes, domain=domain))
            continue
        of = digest(path, domain, *sorted(alive))
        if of in written:
            files.extend(written[of])
            continue
        writer, last = parts.PartWriter(root, folder, schema, part_bytes), ""
        for row in parts.read_rows(root, path):
            if row[key] in alive:
                writer.write(row, _num_characters(row), row[key] == last)
                last = row[key]
        files.extend(File(path=p.path, rows=p.rows, bytes=p.bytes, domain=domain, of=of) for p in writer.close())
    return files


def _num_characters(row: Mapping[str, Any]) -> int:
    texts = [value for value in row.values() if isinstance(value, str)]
    return sum(map(len, texts)) + sum(len(message["content"]) for message in row.get("messages") or ())


def write_rejections(root: str, rejections: Iterable[Rejection], part_bytes: int) -> list[File]:
    writer = parts.PartWriter(root, "parts/rejections", schemas.REJECTION, part_bytes)
    for rejection in rejections:
        writer.write(schemas.rejection_row(rejection), 200)
    return [File(path=p.path, rows=p.rows, bytes=p.bytes) for p in writer.close()]


def with_tokens(root: str, files: Iterable[File], known: Iterable[File] = ()) -> list[File]:
    """The files with the token totals of their rows, as `known` has them, else read from two columns."""
    counted = {file.path: file for file in known}
    found = []
    for file in files:
        before = counted.get(file.path)
        if before and before.prompt_tokens is not None:
            counts = {"prompt_tokens": before.prompt_tokens, "completion_tokens": before.completion_tokens}
        else:
            with parts.opened(root, file.path) as opened:
                table = opened.read(columns=["prompt_tokens", "completion_tokens"])
            counts = {name: pc.sum(table[name]).as_py() or 0 for name in table.column_names}
        found.append(file.model_copy(update=counts))
    return found


def count_tokens(files: Iterable[File]) -> dict[str, dict[str, int]]:
    """Domain -> token totals of the published rows."""
    totals: dict[str, dict[str, int]] = {}
    for file in files:
        counts = totals.setdefault(file.domain, {"prompt": 0, "completion": 0})
        counts["prompt"] += file.prompt_tokens or 0
        counts["completion"] += file.completion_tokens or 0
    return totals
