"""A hundred thousand commit records in an object store are read in seconds."""

from __future__ import annotations

import time

import pytest
from lines import recipe_for
from object_stores import new_bucket

from factory import identity, ledger, manifest, plan, storage
from factory.recipe import Input, Recipe

pytestmark = pytest.mark.s3

COMMITS = 100_000
PACKED = 10


def fill(root: str, recipe: Recipe) -> None:
    """Commit records of as many objects, packed into a few objects as runs would leave them, and a manifest of the objects."""
    scope = identity.compile_scope(recipe.compile, recipe.inputs[0])
    lines, listed = [], []
    for number in range(COMMITS):
        uri, etag = f"{root}/runs/{number:06d}.jsonl", f"{number:032x}"
        row = ledger.RowRecord(unit=f"unit-{number:040x}", content=f"{number:064x}", domain="search", reason="no_visited_page", task_id=str(number))
        item = ledger.ObjectRecord(uri=uri, etag=etag, size=1_000, scope=scope, sides={}, rows=(row,))
        part = ledger.PartRecord(kind="rejections", path=f"parts/rejections/{number:040x}.parquet", rows=1, bytes=1_000, units=(row.unit,))
        commit = ledger.Commit(stage="compile", objects=(item,), parts=(part,))
        if not number:
            ledger.write(f"{root}/out", commit)
        lines.append(commit.model_dump_json(context="named"))
        listed.append(f'{{"uri": "{uri}", "etag": "{etag}", "size": 1000}}')
    for part in range(PACKED):
        storage.put(f"{root}/out/ledger/compile/packed-{part}.jsonl", "\n".join(lines[part::PACKED]).encode())
    listed.append(f'{{"uri": "{root}/runs/new.jsonl", "etag": "new", "size": 500}}')
    storage.put(f"{root}/list.jsonl", "\n".join(listed).encode())


def test_a_plan_over_a_hundred_thousand_commit_records(s3_server: str) -> None:
    root = new_bucket()
    recipe = recipe_for().model_copy(update={"inputs": (Input(manifest=f"{root}/list.jsonl"),)})
    fill(root, recipe)
    assert len(manifest.read(f"{root}/list.jsonl")) == COMMITS + 1
    started = time.monotonic()
    found = plan.plan(f"{root}/out", recipe)
    print(f"plan over {COMMITS:,} commit records: {time.monotonic() - started:.1f} s")
    assert found.objects == {"unchanged": COMMITS, "new": 1} and found.bytes == 500
    ledger.pack(f"{root}/out", "compile", most=1)
    assert plan.plan(f"{root}/out", recipe).objects == found.objects
