"""Worlds, builds and published rows, as several tests need them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from factory import parts, publish, run, worlds
from factory.recipe import Input, Placement, Recipe, validate

INLINE = Placement(runner="inline", part_bytes=1 << 20, shard_bytes=1 << 18)


def recipe_for(*folders: str | Path, verify: dict[str, Any] | None = None, **compile: Any) -> Recipe:
    """A recipe over folders of worlds' runs, without a lower bound on the context."""
    packing = {"min_context_tokens": 0} | compile.pop("packing", {})
    inputs = [Input(uri=str(folder)).model_dump() for folder in folders]
    return validate(Recipe, {"inputs": inputs, "compile": {"packing": packing} | compile, "verify": verify or {}}, "test")


def build(root: str | Path, recipe: Recipe, placement: Placement = INLINE) -> run.Result:
    return run.build(str(root), recipe, placement, lambda stage, done, total: None)


def rows(root: str | Path) -> list[dict[str, Any]]:
    """Published rows, sorted by id."""
    version = publish.current(str(root))
    assert version is not None
    found = [row for file in version.files for row in parts.read_rows(str(root), file.path)]
    return sorted(found, key=lambda row: row["id"])


def rejections(root: str | Path) -> list[dict[str, Any]]:
    version = publish.current(str(root))
    assert version is not None
    return [row for file in version.rejections for row in parts.read_rows(str(root), file.path)]


def canonical(root: str | Path) -> str:
    """Everything that was published, as one text: equal datasets give equal text."""
    kept = [json.dumps(row, sort_keys=True) for row in rows(root)]
    left = sorted(json.dumps(row, sort_keys=True) for row in rejections(root))
    return "\n".join(kept + left)


def write_world(domain: str, num_runs: int, folder: Path, seed: int = 0) -> Path:
    """The folder that holds the runs."""
    return Path(worlds.write(domain, num_runs, seed, folder).folder)


def expected(folder: Path, domain: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "expected" / f"{domain}.jsonl").read_text("utf-8").splitlines()]


def differences(root: str | Path, wanted: list[dict[str, Any]], domain: str = "") -> list[str]:
    """Where a published dataset (or one domain of it) is not what the worlds expect, row by row; [] when it is."""
    got: dict[str, list[tuple[str, str, str]]] = {}
    accepted: dict[str, dict[str, Any]] = {}
    for row in rows(root):
        if row["domain"] == domain or not domain:
            got.setdefault(row["task_id"], []).append(("accepted", "", ""))
            accepted[row["task_id"]] = row
    for row in rejections(root):
        if row["domain"] != domain and domain:
            continue
        got.setdefault(row["task_id"], []).append(("rejected", row["stage"], row["reason"]))
    found = []
    want: dict[str, list[tuple[str, str, str]]] = {}
    for run_ in wanted:
        want.setdefault(run_["task_id"], []).append((run_["outcome"], run_["stage"] or "", run_["reason"] or ""))
    for task in sorted(got.keys() | want.keys()):
        if sorted(got.get(task, [])) != sorted(want.get(task, [])):
            found.append(f"{task}: got {sorted(got.get(task, []))}, expected {sorted(want.get(task, []))}")
    for run_ in wanted:
        row = accepted.get(run_["task_id"])
        if run_["outcome"] != "accepted" or row is None:
            continue
        for role in ("gold", "tier1", "tier2"):
            names = sorted(piece["name"] for piece in row["pieces"] if piece["role"] == role)
            if names != run_[role]:
                found.append(f"{run_['task_id']}: {role} is {names}, expected {run_[role]}")
        if run_["answer"] and run_["answer"] != row["ground_truth_answer"]:
            found.append(f"{run_['task_id']}: the answer is {row['ground_truth_answer']!r}, expected {run_['answer']!r}")
    return found
