"""The line as a job on a Ray cluster of several nodes, from and to Ceph's object gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lines import build, canonical, differences, recipe_for
from object_stores import new_bucket, pointed_at
from ray_nodes import cluster, submit

from factory import storage, worlds

pytestmark = [pytest.mark.ray, pytest.mark.s3]


@pytest.fixture
def nodes_on_ceph(ceph_endpoint: str) -> Iterator[Any]:
    with pointed_at(ceph_endpoint), cluster(2, cpus=2, dashboard=True) as started:
        yield started


def test_a_job_builds_the_same_on_ceph(nodes_on_ceph: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = new_bucket()
    written = worlds.write("search", 12, 0, f"{root}/world")
    recipe = recipe_for(f"{root}/world/search")
    (tmp_path / "recipe.toml").write_text(f'[[inputs]]\nuri = "{root}/world/search"\n[compile.packing]\nmin_context_tokens = 0\n')
    assert submit(nodes_on_ceph, tmp_path / "recipe.toml", f"{root}/out", runner="ray", workers=3, shard_bytes=1 << 18, part_bytes=1 << 20) == 0
    assert "units done" in capfd.readouterr().out
    assert differences(f"{root}/out", [json.loads(line) for line in storage.read(written.expected).splitlines()]) == []
    build(f"{root}/alone", recipe)
    assert canonical(f"{root}/out") == canonical(f"{root}/alone")
