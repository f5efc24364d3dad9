"""A stock Delta Lake reader sees the rows of the current version, over the same files."""

from __future__ import annotations

from pathlib import Path

import pytest
from lines import build, recipe_for, rows, write_world
from object_stores import new_bucket

from factory import delta, worlds


def ids(table: object) -> list[str]:
    return sorted(table.to_pyarrow_table(columns=["id"])["id"].to_pylist())  # type: ignore[attr-defined]


def test_delta_follows_the_versions(tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake", reason="the extra `delta` is not installed")
    root = str(tmp_path / "out")
    first, second = write_world("search", 12, tmp_path / "a"), write_world("search", 12, tmp_path / "b", seed=1)
    build(root, recipe_for(first))
    assert delta.follow(root) == 0 and delta.follow(root) is None
    before = ids(deltalake.DeltaTable(root))
    assert before == [row["id"] for row in rows(root)] and before
    build(root, recipe_for(first, second))
    assert delta.follow(root) == 1
    assert ids(deltalake.DeltaTable(root)) == [row["id"] for row in rows(root)]
    assert ids(deltalake.DeltaTable(root, version=0)) == before
    build(root, recipe_for(second))
    assert delta.follow(root) == 2
    assert ids(deltalake.DeltaTable(root)) == [row["id"] for row in rows(root)]


@pytest.mark.s3
def test_delta_in_an_object_store(s3_server: str) -> None:
    deltalake = pytest.importorskip("deltalake", reason="the extra `delta` is not installed")
    root = new_bucket()
    worlds.write("sql", 12, 0, f"{root}/world")
    build(f"{root}/out", recipe_for(f"{root}/world/sql"))
    assert delta.follow(f"{root}/out") == 0 and delta.follow(f"{root}/out") is None
    table = deltalake.DeltaTable(f"{root}/out", storage_options=delta.store_options(f"{root}/out"))
    assert ids(table) == [row["id"] for row in rows(f"{root}/out")]
