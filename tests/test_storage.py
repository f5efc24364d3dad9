"""Local paths and S3 behave alike."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from object_stores import new_bucket

from factory import storage
from factory.errors import StorageError


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3), pytest.param("ceph", marks=pytest.mark.s3)])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path)
    request.getfixturevalue("s3_server" if request.param == "s3" else "ceph_server")
    return new_bucket() + "/data"


def test_what_is_put_can_be_read_and_found(root: str) -> None:
    storage.put(f"{root}/a/one.json", b"1")
    storage.put(f"{root}/a/b/two.json", b"22")
    storage.put(f"{root}/c.json", b"")
    assert storage.read(f"{root}/a/b/two.json") == b"22"
    assert [(info.uri.removeprefix(root), info.size) for info in storage.find(f"{root}/a")] == [("/a/b/two.json", 2), ("/a/one.json", 1)]
    assert [info.uri for info in storage.find(f"{root}/*.json")] == [f"{root}/c.json"]
    assert [info.uri for info in storage.find(f"{root}/a/**/*.json")] == [f"{root}/a/b/two.json", f"{root}/a/one.json"]
    assert [info.uri for info in storage.find(f"{root}/c.json")] == [f"{root}/c.json"]
    assert list(storage.find(f"{root}/absent")) == []
    assert storage.stat(f"{root}/absent") is None


def test_a_prefix_is_a_folder_and_not_the_start_of_a_name(root: str) -> None:
    storage.put(f"{root}/runs/x.jsonl", b"x")
    storage.put(f"{root}/runs-old/y.jsonl", b"y")
    assert [info.uri for info in storage.find(f"{root}/runs")] == [f"{root}/runs/x.jsonl"]


def test_an_etag_changes_with_the_content(root: str) -> None:
    storage.put(f"{root}/x", b"one")
    before = storage.stat(f"{root}/x")
    storage.put(f"{root}/x", b"two")
    after = storage.stat(f"{root}/x")
    assert before and after and before.etag != after.etag


def test_reading_what_is_absent_names_it(root: str) -> None:
    with pytest.raises(StorageError, match="absent"):
        storage.read(f"{root}/absent")
    with pytest.raises(StorageError, match="absent"):
        storage.open_read(f"{root}/absent")


def test_a_stream_can_seek(root: str) -> None:
    data = bytes(range(256)) * 5000
    storage.put(f"{root}/x", data)
    with storage.open_read(f"{root}/x") as f:
        f.seek(1000)
        assert f.read(10) == data[1000:1010]
        f.seek(-5, 2)
        assert f.read() == data[-5:]
        f.seek(0)
        assert f.read() == data


def race(writers: int, write: Callable[[int], bool]) -> list[int]:
    won: list[int] = []
    start = threading.Barrier(writers)

    def work(i: int) -> None:
        start.wait()
        if write(i):
            won.append(i)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(work, range(writers)))
    return won


def test_one_of_eight_racing_writers_wins(root: str) -> None:
    for turn in range(10):
        won = race(8, lambda i, turn=turn: storage.put_if_absent(f"{root}/mark-{turn}", f"writer {i}".encode()))
        assert len(won) == 1
        assert storage.read(f"{root}/mark-{turn}") == f"writer {won[0]}".encode()


def test_one_of_eight_racing_swaps_wins(root: str) -> None:
    assert storage.swap(f"{root}/pointer", b"0", None)
    assert not storage.swap(f"{root}/pointer", b"other", None)
    for turn in range(10):
        found = storage.read_tagged(f"{root}/pointer")
        assert found
        won = race(8, lambda i, turn=turn, etag=found[1]: storage.swap(f"{root}/pointer", f"{turn} {i}".encode(), etag))
        assert len(won) == 1
        assert storage.read(f"{root}/pointer") == f"{turn} {won[0]}".encode()


def test_an_uploaded_file_moves(root: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    path.write_bytes(b"x" * 100)
    storage.upload(path, f"{root}/up/loaded")
    assert storage.read(f"{root}/up/loaded") == b"x" * 100
    assert not path.exists()


def test_a_local_copy_holds_a_file_or_a_whole_prefix(root: str, tmp_path: Path) -> None:
    storage.put(f"{root}/side/db.sqlite", b"db")
    storage.put(f"{root}/side/deep/x", b"x")
    assert storage.local_copy(f"{root}/side/db.sqlite", tmp_path / "cache").read_bytes() == b"db"
    folder = storage.local_copy(f"{root}/side", tmp_path / "cache")
    assert (folder / "deep" / "x").read_bytes() == b"x" and (folder / "db.sqlite").read_bytes() == b"db"


@pytest.mark.s3
def test_more_than_a_thousand_keys_are_found(s3_server: str) -> None:
    bucket = new_bucket()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: storage.put(f"{bucket}/k/{i:05d}", b""), range(1_050)))
    assert len(list(storage.find(f"{bucket}/k"))) == 1_050


@pytest.mark.s3
def test_a_large_file_is_uploaded_in_parts(s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.storage import s3

    monkeypatch.setattr(s3, "PART_BYTES", 5 << 20)
    data, uri = os.urandom(12 << 20), f"{new_bucket()}/large"
    (tmp_path / "large").write_bytes(data)
    storage.upload(tmp_path / "large", uri)
    assert storage.read(uri) == data and storage.local_copy(uri, tmp_path / "cache").read_bytes() == data
    found = storage.stat(uri)
    assert found and "-" in found.etag and found.size == len(data)


def test_a_store_says_whether_it_holds_conditional_writes(root: str) -> None:
    assert storage.holds_conditions(root) and storage.holds_conditions(root)
    assert list(storage.find(f"{root}/.*")) == []


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(StorageError, match="gopher"):
        storage.read("gopher://x")


def test_a_name_with_a_globs_characters_is_found_under_that_name(root: str, tmp_path: Path) -> None:
    for name in ("run[1]", "run1", "what?"):
        storage.put(f"{root}/{name}/a.json", name.encode())
    assert [info.uri for info in storage.find(f"{root}/run[1]")] == [f"{root}/run[1]/a.json"]
    assert storage.local_copy(f"{root}/run[1]/a.json", tmp_path / "cache").read_bytes() == b"run[1]"
    assert [info.uri for info in storage.find(f"{root}/run[0-9]")] == [f"{root}/run1/a.json"]
    storage.put(f"{root}/.hidden/a.json", b"1")
    assert [info.uri for info in storage.find(f"{root}/.hidden")] == [f"{root}/.hidden/a.json"]
    assert [info.uri for info in storage.find(f"{root}/what?")] == [f"{root}/what?/a.json"]
