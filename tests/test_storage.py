"""Local paths and S3 behave alike."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factory import storage
from factory.errors import StorageError


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A moto server in a process of its own; the environment points boto3 to it."""
    pytest.importorskip("moto.server", reason="moto is not installed; the test extra holds it")
    port = 5_600 + os.getpid() % 300
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    values = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(endpoint, timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield endpoint
    finally:
        process.kill()
        process.wait()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path)
    request.getfixturevalue("s3_server")
    from factory.storage import s3

    s3.client.cache_clear()
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    s3.client().create_bucket(Bucket=bucket)
    return f"s3://{bucket}/data"


def test_what_is_put_can_be_read_and_found(root: str) -> None:
    storage.put(f"{root}/a/one.json", b"1")
    storage.put(f"{root}/a/b/two.json", b"22")
    storage.put(f"{root}/c.json", b"")
    assert storage.read(f"{root}/a/b/two.json") == b"22"
    assert [(info.uri.removeprefix(root), info.size) for info in storage.find(f"{root}/a")] == [("/a/b/two.json", 2), ("/a/one.json", 1)]
    assert [info.uri for info in storage.find(f"{root}/*.json")] == [f"{root}/c.json"] or storage.scheme(root)
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

    threads = [threading.Thread(target=work, args=(i,)) for i in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
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
    from factory.storage import s3

    s3.client.cache_clear()
    s3.client().create_bucket(Bucket="many-keys")
    for i in range(1_050):
        storage.put(f"s3://many-keys/k/{i:05d}", b"")
    assert len(list(storage.find("s3://many-keys/k"))) == 1_050


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(StorageError, match="gopher"):
        storage.read("gopher://x")
