"""The whole line with everything in an object store: runs, databases, repositories, ledger, parts, versions."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from lines import INLINE, build, canonical, differences, recipe_for
from object_stores import new_bucket

from factory import history, plan, storage, worlds
from factory.errors import StorageError

pytestmark = pytest.mark.s3

RUNS = {"s3_server": {"search": 8, "sql": 8, "swe": 2}, "ceph_server": {"search": 5, "sql": 8}}


@pytest.mark.parametrize("server", RUNS)
def test_runs_become_what_their_world_expects_and_only_changes_are_made_again(server: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    request.getfixturevalue(server)
    root, runs = new_bucket(), RUNS[server]
    wanted = []
    for domain, num_runs in runs.items():
        written = worlds.write(domain, num_runs, 0, f"{root}/world")
        wanted += [json.loads(line) for line in storage.read(written.expected).splitlines()]
    recipe = recipe_for(*(f"{root}/world/{domain}" for domain in runs))
    assert build(f"{root}/out", recipe).did["compile"] == sum(runs.values())
    assert differences(f"{root}/out", wanted) == []
    assert build(f"{root}/out", recipe).did == {}

    database = next(info.uri for info in storage.find(f"{root}/world/sql/databases") if "sqlite" in info.uri or info.uri.endswith(".db"))
    copy = tmp_path / "database"
    copy.write_bytes(storage.read(database))
    connection = sqlite3.connect(copy)
    connection.execute("create table added (x integer)")
    connection.commit()
    connection.close()
    storage.upload(copy, database)
    assert plan.plan(f"{root}/out", recipe).objects == {"unchanged": len(runs) - 1, "side_input_changed": 1}
    assert 0 < build(f"{root}/out", recipe).did["compile"] <= runs["sql"]
    build(f"{root}/fresh", recipe)
    assert canonical(f"{root}/out") == canonical(f"{root}/fresh")
    assert [version.version for version in history.versions(f"{root}/out")] == [2, 1]


def test_a_store_without_conditional_writes_is_refused_unless_there_is_one_writer(s3_server: str) -> None:
    root = new_bucket()
    worlds.write("search", 6, 0, f"{root}/world")
    recipe = recipe_for(f"{root}/world/search")
    storage.put(f"{root}/out/STORE.json", b'{"conditional_writes": false}')
    with pytest.raises(StorageError, match="single_writer"):
        build(f"{root}/out", recipe)
    assert [info.uri for info in storage.find(f"{root}/out")] == [f"{root}/out/STORE.json"]
    alone = INLINE.model_copy(update={"single_writer": True})
    assert build(f"{root}/out", recipe, alone).version.version == 1
    assert not storage.put_if_absent(f"{root}/out/CURRENT", b"") and not storage.swap(f"{root}/out/CURRENT", b"", "other")
