"""Faults between client and S3 server change nothing of what is stored, and conditional writes still have one winner."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_proxy import FAULTS, FaultyProxy, running
from lines import build, canonical, recipe_for
from object_stores import new_bucket, pointed_at

from factory import publish, storage, worlds
from factory.errors import StorageError
from factory.recipe import Placement

pytestmark = pytest.mark.s3

SMALL = Placement(runner="inline", shard_bytes=1 << 19, part_bytes=1 << 18)


@pytest.fixture
def proxy(moto_endpoint: str) -> Iterator[FaultyProxy]:
    """The store behind a proxy whose faults each test chooses; the client waits half a second for an answer."""
    made = FaultyProxy(moto_endpoint, lambda number, method, headers: "")
    with running(made) as address, pointed_at(address, FACTORY_S3_TIMEOUT_SECONDS="0.5"):
        yield made


def every(fault: str, method: str = "", header: str = "", turns: int = 2):
    """A `choose` that gives `fault` to every `turns`-th request of that kind, beginning with the first."""
    met = 0

    def choose(number: int, asked: str, headers: dict[str, str]) -> str:
        nonlocal met
        if (method and asked != method) or (header and header not in headers):
            return ""
        met += 1
        return fault if met % turns == 1 % turns else ""

    return choose


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_written_and_read_is_whole(proxy: FaultyProxy, tmp_path: Path, fault: str) -> None:
    root = new_bucket()
    data = bytes(range(256)) * 4_000
    proxy.choose = every(fault)
    storage.put(f"{root}/x", data)
    assert storage.read(f"{root}/x") == data
    with storage.open_read(f"{root}/x") as f:
        f.seek(100_000)
        assert f.read() == data[100_000:]
    assert storage.local_copy(f"{root}/x", tmp_path).read_bytes() == data
    assert [info.size for info in storage.find(root)] == [len(data)]
    assert proxy.done[fault] >= 4


@pytest.mark.parametrize("fault", ["lost_answer", "silence"])
def test_a_conditional_write_whose_answer_is_lost_is_won(proxy: FaultyProxy, fault: str) -> None:
    root = new_bucket()
    proxy.choose = every(fault, "PUT")
    assert storage.put_if_absent(f"{root}/mark", b"mine")
    assert not storage.put_if_absent(f"{root}/mark", b"other")
    found = storage.read_tagged(f"{root}/mark")
    assert found
    assert storage.swap(f"{root}/mark", b"next", found[1])
    assert not storage.swap(f"{root}/mark", b"late", found[1])
    assert storage.read(f"{root}/mark") == b"next"


def test_one_of_four_racing_swaps_wins_when_answers_are_lost(proxy: FaultyProxy) -> None:
    root = new_bucket()
    storage.put(f"{root}/pointer", b"0")
    proxy.choose = every("lost_answer", "PUT", turns=3)
    for turn in range(3):
        found = storage.read_tagged(f"{root}/pointer")
        assert found
        won: list[int] = []

        def write(i: int, turn: int = turn, etag: str = found[1], won: list[int] = won) -> None:
            if storage.swap(f"{root}/pointer", f"{turn} {i}".encode(), etag):
                won.append(i)

        threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1 and storage.read(f"{root}/pointer") == f"{turn} {won[0]}".encode()


def test_a_store_that_stays_away_is_named(proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.storage import s3_requests

    root = new_bucket()
    monkeypatch.setattr(s3_requests, "TRIES", 2)
    s3_requests.client.cache_clear()
    proxy.choose = lambda number, method, headers: "unavailable"
    with pytest.raises(StorageError, match="get_object failed: SlowDown"):
        storage.read(f"{root}/x")


def test_a_build_through_faults_publishes_what_a_build_without_does(proxy: FaultyProxy) -> None:
    root = new_bucket()
    worlds.write("search", 10, 0, f"{root}/world")
    worlds.write("sql", 10, 0, f"{root}/world")
    recipe = recipe_for(f"{root}/world/search", f"{root}/world/sql")
    build(f"{root}/calm", recipe, SMALL)
    first = proxy.count
    proxy.choose = lambda number, method, headers: FAULTS[number // 8 % len(FAULTS)] if number % 8 == 0 else ""
    build(f"{root}/faulty", recipe, SMALL)
    proxy.choose = lambda number, method, headers: ""
    assert canonical(f"{root}/faulty") == canonical(f"{root}/calm")
    version = publish.current(f"{root}/faulty")
    assert version and version.version == 1
    assert all(proxy.done[fault] for fault in FAULTS) and proxy.count > first
