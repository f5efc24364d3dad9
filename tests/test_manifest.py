"""Manifests: what they list is what is built, and what is wrong with them is named."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lines import INLINE, build, recipe_for, rows, write_world
from object_stores import new_bucket

from factory import manifest, plan, run, storage, worlds
from factory.errors import SettingsError
from factory.recipe import Input, Recipe, validate

KEYS = [("runs/one two.jsonl", 10, "aa"), ("runs/b+c%.jsonl", 20, "bb-2"), ("other/ü.jsonl", 0, "cc")]


def inventory(folder: str, kind: str, schema: str, data: bytes) -> str:
    """Write an inventory as S3 does, its data file beside it; the manifest's URI."""
    name = f"data.{kind.lower()}"
    storage.put(f"{folder}/data/{name}", data)
    listed = {"key": f"{folder.partition('://')[2].partition('/')[2]}/data/{name}", "size": len(data), "MD5checksum": hashlib.md5(data).hexdigest()}
    document = {
        "sourceBucket": "source",
        "destinationBucket": "arn:aws:s3:::" + folder.partition("://")[2].partition("/")[0],
        "version": "2016-11-30",
        "fileFormat": kind,
        "fileSchema": schema,
        "files": [listed],
    }
    storage.put(f"{folder}/manifest.json", json.dumps(document, indent=1).encode())
    return f"{folder}/manifest.json"


def csv_inventory(folder: str) -> str:
    lines = [
        '"source","runs/one+two.jsonl","","true","false","10","2026-11-01T00:00:00.000Z","aa"',
        '"source","runs/b%2Bc%25.jsonl","v","true","false","20","2026-11-01T00:00:00.000Z","bb-2"',
        '"source","other/%C3%BC.jsonl","","true","false","0","2026-11-01T00:00:00.000Z","cc"',
        '"source","runs/old.jsonl","v0","false","false","7","2026-11-01T00:00:00.000Z","dd"',
        '"source","runs/gone.jsonl","v1","true","true","","2026-11-01T00:00:00.000Z",""',
        '"source","runs/","","true","false","0","2026-11-01T00:00:00.000Z","ee"',
    ]
    schema = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"
    return inventory(folder, "CSV", schema, gzip.compress("\n".join(lines).encode()))


def parquet_inventory(folder: str) -> str:
    table = pa.table({"bucket": ["source"] * 3, "key": [k for k, _, _ in KEYS], "size": [s for _, s, _ in KEYS], "e_tag": [e for _, _, e in KEYS]})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return inventory(folder, "Parquet", "message s3.inventory {}", sink.getvalue().to_pybytes())


@pytest.mark.parametrize("make", [csv_inventory, parquet_inventory])
@pytest.mark.parametrize("place", ["disk", pytest.param("s3", marks=pytest.mark.s3)])
def test_an_inventory_lists_current_objects(make, place: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if place == "s3":
        request.getfixturevalue("s3_server")
    uri = make(str(tmp_path / "dest") if place == "disk" else f"{new_bucket()}/dest")
    assert [(info.uri, info.size, info.etag) for info in manifest.read(uri)] == sorted((f"s3://source/{k}", s, e) for k, s, e in KEYS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"uri": "s3://a/b", "size": 1}\n', "line 1"),
        (b'{"uri": "s3://a/b", "size": 1, "etag": "x"}\nnonsense\n', "line 2"),
        (b'{"fileSchema": "", "files": [], "fileFormat": "ORC"}', "ORC"),
        (b'{"fileSchema": "Bucket, Key", "files": [{"key": "absent.csv"}], "fileFormat": "CSV"}', "absent.csv"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        manifest.read(str(tmp_path / "manifest.json"))


def test_an_inventory_without_etags_or_with_a_damaged_file_is_refused(tmp_path: Path) -> None:
    uri = inventory(str(tmp_path), "CSV", "Bucket, Key, Size", b'"a","b","1"\n')
    with pytest.raises(SettingsError, match="etag"):
        manifest.read(uri)
    csv_inventory(str(tmp_path))
    storage.put(str(tmp_path / "data" / "data.csv"), b"cut")
    with pytest.raises(SettingsError, match="MD5"):
        manifest.read(uri)


def test_what_a_manifest_lists_is_what_is_built(tmp_path: Path) -> None:
    world = write_world("search", 20, tmp_path / "world")
    build(tmp_path / "found", recipe_for(world))
    assert manifest.write(str(world), str(tmp_path / "list.jsonl")) == 1
    listed = validate(Recipe, recipe_for().model_dump() | {"inputs": [Input(manifest=str(tmp_path / "list.jsonl")).model_dump()]}, "test")
    build(tmp_path / "listed", listed)
    assert rows(tmp_path / "listed") == rows(tmp_path / "found")
    assert build(tmp_path / "listed", listed).did == {}
    elsewhere = Input(manifest=str(tmp_path / "list.jsonl"), uri=str(tmp_path / "elsewhere"))
    with pytest.raises(SettingsError, match="holds no runs"):
        build(tmp_path / "out", listed.model_copy(update={"inputs": (elsewhere,)}))


@pytest.mark.s3
def test_an_object_that_left_the_manifest_leaves_the_next_version(s3_server: str) -> None:
    root = new_bucket()
    worlds.write("search", 12, 0, f"{root}/a")
    worlds.write("search", 6, 1, f"{root}/b")
    recipe = recipe_for(f"{root}/a/search", f"{root}/b/search")
    for name in ("a", "b"):
        manifest.write(f"{root}/{name}/search", f"{root}/{name}.jsonl")
    both = storage.read(f"{root}/a.jsonl") + storage.read(f"{root}/b.jsonl")
    storage.put(f"{root}/list.jsonl", both)
    listed = recipe.model_copy(update={"inputs": (Input(manifest=f"{root}/list.jsonl"),)})
    run.build(f"{root}/out", listed, INLINE, lambda *_: None)
    first = rows(f"{root}/out")
    storage.put(f"{root}/list.jsonl", storage.read(f"{root}/a.jsonl"))
    found = plan.plan(f"{root}/out", listed)
    assert found.removed == [f"{root}/b/search/runs-00000.jsonl"] and found.objects == {"unchanged": 1}
    result = run.build(f"{root}/out", listed, INLINE, lambda *_: None)
    assert set(result.did.values()) == {0}
    kept = rows(f"{root}/out")
    assert kept and kept == [row for row in first if row["source_uri"].startswith(f"{root}/a/")]
