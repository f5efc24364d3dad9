"""A dataset that grows every night: its commit records stay in proportion to what objects hold now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from killed import build_and_die_at, die_at_step, run_killed
from lines import INLINE, build, canonical, recipe_for, rows, write_world

from factory import history, identity, ledger, storage
from factory.recipe import Recipe, Teacher
from factory.stages.discarded import count_discarded
from factory.stages.superseded import Keys, compact, forget, gone, superseded
from factory.stages.trace import Attempts

NIGHTS = 30


def num_bytes(root: Path) -> int:
    return sum(path.stat().st_size for path in (root / "ledger").rglob("*.json*"))


def commits_of(root: str) -> dict[str, list[ledger.Commit]]:
    return {stage: ledger.load(root, stage) for stage in ledger.STAGES}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    world = write_world("search", NIGHTS + 10, tmp_path_factory.mktemp("world"))
    return (world / "runs-00000.jsonl").read_bytes().splitlines(keepends=True)


def test_thirty_nights_of_appending_leave_a_ledger_in_proportion_to_the_live_rows(lines: list[bytes], tmp_path: Path) -> None:
    runs, out = tmp_path / "runs.jsonl", tmp_path / "out"
    recipe = recipe_for(runs)
    sizes = []
    for night in range(NIGHTS + 1):
        runs.write_bytes(b"".join(lines[: 10 + night]))
        assert build(out, recipe).did["compile"] <= (1 if night else 10)
        sizes.append(num_bytes(out))
    build(tmp_path / "fresh", recipe)
    assert canonical(out) == canonical(tmp_path / "fresh")
    assert build(out, recipe).did == {}
    objects = [item for commit in ledger.load(str(out), "compile") for item in commit.objects]
    assert sum(len(item.rows) for item in objects) <= 2 * len(lines)
    assert max(sizes) < 4 * sizes[0] * len(lines) / 10
    for info in history.garbage(str(out), keep=1, now=4e9):
        storage.delete(info.uri)
    assert canonical(out) == canonical(tmp_path / "fresh") and set(build(out, recipe_for(runs, search={"gold": "cited"})).did) == set(ledger.STAGES)


def test_rows_that_left_and_what_only_they_needed_are_forgotten_and_can_come_back(lines: list[bytes], tmp_path: Path) -> None:
    runs, out = tmp_path / "runs.jsonl", tmp_path / "out"
    recipe = recipe_for(runs)
    for night in range(4):  # every night all rows are others
        runs.write_bytes(b"".join(lines[10 * night : 10 * night + 10]))
        assert build(out, recipe).did["compile"] == 10
    known = {row.unit for commit in ledger.load(str(out), "compile") for item in commit.objects for row in item.rows}
    judged = {unit.example_unit for commit in ledger.load(str(out), "verify") for unit in commit.units}
    assert len(known) <= 20 and judged <= known
    for info in history.garbage(str(out), keep=1, now=4e9):
        storage.delete(info.uri)
    runs.write_bytes(b"".join(lines[:10]))
    assert build(out, recipe).did["compile"] == 10
    build(tmp_path / "fresh", recipe)
    assert canonical(out) == canonical(tmp_path / "fresh")


def test_what_a_model_answered_is_not_forgotten_with_its_row(lines: list[bytes], tmp_path: Path) -> None:
    runs, out = tmp_path / "runs.jsonl", str(tmp_path / "out")
    recipe = recipe_for(runs)
    asking = recipe.model_copy(update={"teacher": Teacher(kind="openai", model="one")})
    runs.write_bytes(b"".join(lines[:10]))
    build(out, recipe)
    examples = [row for commit in ledger.load(out, "compile") for item in commit.objects for row in item.rows if row.ask]
    attempts = Attempts(asking, identity.trace_scope(asking))
    units = tuple(ledger.UnitRecord(unit=attempts.of(row)[0], example_unit=row.unit, domain=row.domain, rows=1) for row in examples)
    ledger.write(out, ledger.Commit(stage="trace", scope=identity.trace_scope(asking), units=units, engine_seconds=1.0))
    for night in range(4):
        runs.write_bytes(b"".join(lines[10 * night : 10 * night + 10]))
        build(out, recipe)
    runs.write_bytes(b"".join(lines[:10]))
    build(out, recipe)
    assert discarded(out, asking, "one") == 0 and discarded(out, asking, "two") == len(examples) > 0


def test_gc_forgets_objects_that_are_gone_and_no_answer_of_a_model(lines: list[bytes], tmp_path: Path) -> None:
    """Of three objects two are deleted, after a model has answered the rows of one of them."""
    runs, out = tmp_path / "runs", str(tmp_path / "out")
    runs.mkdir()
    recipe = recipe_for(runs)
    asking = recipe.model_copy(update={"teacher": Teacher(kind="openai", model="one")})
    for number in range(3):
        (runs / f"{number}.jsonl").write_bytes(b"".join(lines[10 * number : 10 * number + 10]))
    build(out, recipe)
    wanted = canonical(out)
    answered = [row for item in objects_of(out) if item.uri.endswith("1.jsonl") for row in item.rows if row.ask]
    attempts = Attempts(asking, identity.trace_scope(asking))
    units = tuple(ledger.UnitRecord(unit=attempts.of(row)[0], example_unit=row.unit, domain=row.domain, rows=1) for row in answered)
    ledger.write(out, ledger.Commit(stage="trace", scope=identity.trace_scope(asking), units=units, engine_seconds=1.0))
    for number in (1, 2):
        (runs / f"{number}.jsonl").unlink()
    build(out, recipe)
    left = canonical(out)

    collect(out, keep=2)  # the first version still holds their rows
    assert len({item.uri for item in objects_of(out)}) == 3
    collect(out, keep=1)
    known = {row.unit for item in objects_of(out) for row in item.rows}
    assert {item.uri.rpartition("/")[2] for item in objects_of(out)} == {"0.jsonl", "1.jsonl"} and {row.unit for row in answered} <= known
    assert {unit.example_unit for commit in ledger.load(out, "verify") for unit in commit.units} <= known
    collect(out, keep=1)  # nothing more, and the parts of what was forgotten
    assert build(out, recipe).did == {} and canonical(out) == left
    assert discarded(out, asking, "one") == 0

    for number in (1, 2):
        (runs / f"{number}.jsonl").write_bytes(b"".join(lines[10 * number : 10 * number + 10]))
    assert 10 <= build(out, recipe).did["compile"] <= 20 and canonical(out) == wanted
    assert discarded(out, asking, "one") == 0 and discarded(out, asking, "two") == len(answered) > 0


def test_gc_keeps_what_a_killed_build_knows_of_objects_that_no_version_holds_yet(lines: list[bytes], tmp_path: Path) -> None:
    runs, out = tmp_path / "runs", str(tmp_path / "out")
    runs.mkdir()
    (runs / "0.jsonl").write_bytes(b"".join(lines[:5]))
    build(out, recipe_for(runs))
    (runs / "1.jsonl").write_bytes(b"".join(lines[5:10]))
    assert run_killed(build_and_die_at, out, recipe_for(runs), "put_if_absent", "/ledger/verify/", INLINE)
    collect(out, keep=1)
    assert build(out, recipe_for(runs)).did["compile"] == 0


def objects_of(root: str) -> list[ledger.ObjectRecord]:
    return [item for commit in ledger.load(root, "compile") for item in commit.objects]


def collect(root: str, keep: int) -> None:
    """What `factory gc --delete` does, a day later."""
    files, commits = history.garbage(root, keep, now=4e9), commits_of(root)
    found = gone(commits, history.sources(root, keep))
    for info in files:
        storage.delete(info.uri)
    if found:
        forget(root, commits, found)


def discarded(root: str, recipe: Recipe, model: str) -> int:
    other = recipe.model_copy(update={"teacher": Teacher(kind="openai", model=model)})
    scopes = [identity.compile_scope(other.compile, source) for source in other.inputs]
    commits = commits_of(root)
    live = [row for commit in commits["compile"] for item in commit.objects if item.etag for row in item.rows]
    return count_discarded(Attempts(other, identity.trace_scope(other)), live, commits, scopes)


def live_objects(root: str, recipe: Recipe) -> list[ledger.ObjectRecord]:
    from factory.inputs import listing
    from factory.state import State

    scopes = [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]
    asked = listing(recipe, scopes, root)
    done = State(root, recipe, asked, scopes).done()
    return [item for index, info in asked.objects for item in done[index, info.uri, info.etag]]


def compact_and_die(root: str, recipe: Recipe, at: int, after: bool) -> None:
    die_at_step(at, after)
    compact(root, commits_of(root), live_objects(root, recipe))


@pytest.mark.crash
def test_killed_while_records_are_taken_away_nothing_is_lost(lines: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, before = tmp_path / "runs.jsonl", tmp_path / "before"
    recipe = recipe_for(runs)
    monkeypatch.setattr("factory.run.compact", lambda *_: None)
    for night in range(4):
        changed = json.dumps(json.loads(lines[0]) | {"task_id": f"night {night}"}).encode() + b"\n"
        runs.write_bytes(changed + b"".join(lines[1 : 10 + night]))
        build(before, recipe)
    monkeypatch.undo()
    wanted, killed = canonical(before), 0
    for after in (False, True):
        for at in range(1, 100):
            root = tmp_path / f"{at}-{after}"
            shutil.copytree(before, root)
            if not run_killed(compact_and_die, str(root), recipe, at, after):
                break
            killed += 1
            for seed in (1, 0):  # another version, and the first again: nothing of it is made anew
                result = build(root, recipe_for(runs, packing={"seed": seed}))
                assert seed or set(result.did.values()) == {0}
            assert canonical(root) == wanted and len(rows(root)) == len({row["id"] for row in rows(root)})
            objects = [item for commit in ledger.load(str(root), "compile") for item in commit.objects]
            old = superseded(objects, live_objects(str(root), recipe), key := Keys())
            assert 2 * sum(1 + len(item.rows) for item in objects if key(item) in old) <= sum(1 + len(item.rows) for item in objects)
            shutil.rmtree(root)
    assert killed >= 6
