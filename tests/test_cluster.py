"""The whole line on a Ray cluster of several nodes, as a job, from and to an object store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lines import build, canonical, recipe_for, rows
from object_stores import new_bucket, pointed_at
from ray_nodes import cluster, submit

from factory import storage, worlds

pytestmark = [pytest.mark.ray, pytest.mark.s3]


@pytest.fixture(scope="module")
def nodes(moto_endpoint: str) -> Iterator[Any]:
    with pointed_at(moto_endpoint), cluster(2, cpus=2, dashboard=True) as started:
        yield started


def test_a_job_builds_what_one_process_builds_also_when_it_was_stopped_and_says_why_it_cannot(nodes: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from ray.job_submission import JobSubmissionClient

    root = new_bucket()
    for domain in ("search", "sql"):
        worlds.write(domain, 20, 0, f"{root}/world")
    recipe = recipe_for(f"{root}/world/search", f"{root}/world/sql")
    build(f"{root}/alone", recipe)
    inputs = "".join(f'[[inputs]]\nuri = "{root}/world/{domain}"\n' for domain in ("search", "sql"))
    (tmp_path / "recipe.toml").write_text(inputs + "[compile.packing]\nmin_context_tokens = 0\n")

    assert submit(nodes, tmp_path / "recipe.toml", f"{root}/out", runner="ray", workers=64) == 1
    said = capfd.readouterr().out
    assert "`workers` = 64 needs 65 CPUs" in said and "the cluster has 5" in said

    assert submit(nodes, tmp_path / "recipe.toml", f"{root}/out", runner="ray", workers=3, shard_bytes=1 << 18, part_bytes=1 << 20) == 0
    assert "units done" in capfd.readouterr().out
    assert canonical(f"{root}/out") == canonical(f"{root}/alone") and len(rows(f"{root}/out")) > 20
    assert submit(nodes, tmp_path / "recipe.toml", f"{root}/out", runner="ray", workers=3, shard_bytes=1 << 18, part_bytes=1 << 20) == 0
    assert "nothing to do" in capfd.readouterr().out

    with ThreadPoolExecutor(1) as pool:  # a job that is stopped in its middle, and sent again
        job = pool.submit(submit, nodes, tmp_path / "recipe.toml", f"{root}/again", runner="ray", workers=2, shard_bytes=1 << 16, part_bytes=1 << 20)
        until = time.monotonic() + 120
        while not any(storage.find(f"{root}/again/ledger/compile")) and time.monotonic() < until:
            time.sleep(0.05)
        client = JobSubmissionClient(f"http://{nodes.head_node.webui_url}")
        for info in client.list_jobs():
            if info.submission_id and not info.status.is_terminal():
                client.stop_job(info.submission_id)
        assert job.result(120) != 0
    assert storage.stat(f"{root}/again/CURRENT") is None
    assert submit(nodes, tmp_path / "recipe.toml", f"{root}/again", runner="ray", workers=2, shard_bytes=1 << 16, part_bytes=1 << 20) == 0
    assert canonical(f"{root}/again") == canonical(f"{root}/alone")
