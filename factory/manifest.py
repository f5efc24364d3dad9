"""Lists of input objects, so that a large bucket need not be listed: S3 Inventory (CSV or Parquet, named by its
manifest.json), or JSONL of {uri, etag, size}.

What a list says is taken as true: an object that changed since is found to have changed by the next list.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from factory import storage
from factory.errors import SettingsError, StorageError

COLUMNS = {"bucket": "bucket", "key": "key", "size": "size", "etag": "etag", "islatest": "latest", "isdeletemarker": "deleted"}
"""Inventory field, in lower case without underscores -> our name."""
NEEDED = ("bucket", "key", "size", "etag")


def read(uri: str) -> list[storage.Info]:
    """The objects that a manifest lists, sorted by URI, each once. SettingsError names what is wrong with it."""
    try:
        data = storage.read(uri)
    except StorageError as e:
        raise SettingsError(f"manifest {e}") from None
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    inventory = _inventory(data)
    found = _listed(uri, inventory) if inventory is not None else _lines(uri, data)
    by_uri = {info.uri: info for info in found}
    return [by_uri[name] for name in sorted(by_uri)]


def write(prefix: str, out: str) -> int:
    """List what lies at `prefix` into the JSONL object `out`; returns how many objects that are."""
    lines = [json.dumps({"uri": info.uri, "etag": info.etag, "size": info.size}) for info in storage.find(prefix) if info.uri != out]
    if not lines:
        raise SettingsError(f"`{prefix}` holds no object; nothing is written")
    storage.put(out, "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape"))
    return len(lines)


def _inventory(data: bytes) -> dict[str, Any] | None:
    if len(data) > 64 << 20:
        return None
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "fileSchema" in value and "files" in value else None


def _lines(uri: str, data: bytes) -> Iterator[storage.Info]:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            yield storage.Info(str(item["uri"]), int(item["size"]), str(item["etag"]).strip('"'))
        except (ValueError, KeyError, TypeError):
            text = line[:80].decode("utf-8", "replace")
            raise SettingsError(f"manifest `{uri}` line {number}: {text!r} is no object with uri, etag and size") from None


def _listed(uri: str, inventory: dict[str, Any]) -> Iterator[storage.Info]:
    kind = str(inventory.get("fileFormat", "")).lower()
    if kind not in ("csv", "parquet"):
        raise SettingsError(f"manifest `{uri}`: `fileFormat` = {inventory.get('fileFormat')!r}; CSV and Parquet can be read")
    for file in inventory["files"]:
        data = _data(uri, inventory, file)
        rows = _csv_rows(uri, inventory, data) if kind == "csv" else _parquet_rows(uri, data)
        for row in rows:
            if str(row.get("latest")).lower() == "false" or str(row.get("deleted")).lower() == "true":
                continue
            if not row["key"].endswith("/") and not any(part.startswith((".", "__")) for part in row["key"].split("/")):
                yield storage.Info(f"s3://{row['bucket']}/{row['key']}", int(row["size"] or 0), str(row["etag"]).strip('"'))


def _data(uri: str, inventory: dict[str, Any], file: dict[str, Any]) -> bytes:
    """One data file: in the destination bucket, or near a manifest that was copied to a disk."""
    key = str(file["key"])
    name, folder = key.rpartition("/")[2], storage.parent(uri)
    places = [f"{folder}/{name}", f"{folder}/data/{name}", f"{storage.parent(folder)}/data/{name}"]
    if storage.scheme(uri) == "s3":
        bucket = str(inventory.get("destinationBucket", "")).rpartition(":")[2] or uri.split("/")[2]
        places = [f"s3://{bucket}/{key}"]
    place = next((place for place in places if storage.stat(place)), None)
    if place is None:
        raise SettingsError(f"manifest `{uri}` names `{key}`, which is not at `{'`, `'.join(places)}`")
    data = storage.read(place)
    wanted = file.get("MD5checksum")
    if wanted and hashlib.md5(data, usedforsecurity=False).hexdigest() != wanted:
        raise SettingsError(f"`{place}` is not the file that manifest `{uri}` names: its MD5 differs")
    return data


def _csv_rows(uri: str, inventory: dict[str, Any], data: bytes) -> Iterator[dict[str, Any]]:
    """CSV has no header line, is compressed, and its keys are URL-encoded."""
    names = _names(uri, [name.strip() for name in str(inventory["fileSchema"]).split(",")])
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    for values in csv.reader(io.StringIO(text.decode("utf-8"), newline="")):
        row = {names[i]: value for i, value in enumerate(values) if i in names}
        yield row | {"key": unquote_plus(row["key"])}


def _parquet_rows(uri: str, data: bytes) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(data))
    names = _names(uri, file.schema_arrow.names)
    columns = [file.schema_arrow.names[i] for i in names]
    for batch in file.iter_batches(columns=columns):
        values = [batch.column(column).to_pylist() for column in columns]
        yield from (dict(zip(names.values(), row)) for row in zip(*values))


def _names(uri: str, columns: Iterable[str]) -> dict[int, str]:
    """Place of a column -> our name for it."""
    names = {i: COLUMNS[plain] for i, column in enumerate(columns) if (plain := column.lower().replace("_", "")) in COLUMNS}
    if missing := [name for name in NEEDED if name not in names.values()]:
        raise SettingsError(f"manifest `{uri}`: the inventory has no column `{missing[0]}`; add it to the inventory's optional fields")
    return names
