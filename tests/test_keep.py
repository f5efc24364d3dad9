"""Finished attempts on storage: every one is there at every moment, and in the end in few parts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from killed import die_at_step, run_killed

from factory import ledger, parts
from factory.ledger import UnitRecord
from factory.recipe import Recipe
from factory.stages import keep
from factory.stages.keep import Attempt, Judged, Keeper

ROUNDS = 6


def attempt(i: int) -> Attempt:
    row: dict[str, Any] = dict(example_unit=f"e{i}", example_id="x", unit=f"unit-{i}", attempt=0, teacher="t", sampling="{}", mode="blind")
    row |= dict(reasoning="because " * 50, answer="yes", finish_reason="stop", prompt_tokens=1, completion_tokens=1, raw="", marks=[])
    place = (f"part-{i % 2}", 100 - i)
    return Attempt(UnitRecord(unit=f"unit-{i}", example_unit=f"e{i}", domain="search", rows=int(i % 5 > 0)), row if i % 5 else None, place)


def judged(i: int) -> Judged:
    row = dict(example_unit=f"e{i}", trace_unit=f"unit-{i}", outcome="accept", reason="exact", rule="r", version="1", extracted="", detail="", marks=[])
    return Judged(f"verdict-{i}", row, (f"part-{i % 2}", 100 - i))


def keep_rounds(root: str, rounds: range) -> Keeper:
    keeper = Keeper(root, {"teacher": "t"}, 1 << 20, lambda: 1.0)
    for turn in rounds:
        for i in range(4 * turn, 4 * turn + 4):
            keeper.attempt(attempt(i))
            keeper.verdict(judged(i))
        keeper.flush()
    keeper.close()
    return keeper


def kept(root: str) -> tuple[set[str], Counter[str], Counter[str]]:
    """Units of the ledger; traces and verdicts as readers find them."""
    commits = ledger.load(root, "trace")
    found = []
    for kind in ("traces", "verdicts"):
        homes = ledger.homes(commits, kind)
        by_path = {part.path: part for part in homes.values()}
        found.append(Counter(unit for path, part in by_path.items() for unit, _ in zip(part.units, parts.read_rows(root, path), strict=True) if homes[unit].path == path))
    return {unit.unit for commit in commits for unit in commit.units}, found[0], found[1]


def everything(rounds: int) -> tuple[set[str], set[str], set[str]]:
    numbers = range(4 * rounds)
    return {f"unit-{i}" for i in numbers}, {f"unit-{i}" for i in numbers if i % 5}, {f"verdict-{i}" for i in numbers}


@pytest.mark.parametrize("merge_bytes", [keep.MERGE_BYTES, 5_000])
def test_small_parts_end_in_large_ones_in_the_order_of_the_examples(merge_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "MERGE_BYTES", merge_bytes)
    keeper = keep_rounds(str(tmp_path), range(ROUNDS))
    units, traces, verdicts = kept(str(tmp_path))
    assert (units, set(traces), set(verdicts)) == everything(ROUNDS)
    assert set(traces.values()) == set(verdicts.values()) == {1}
    commits = ledger.load(str(tmp_path), "trace")
    assert sorted(commit.id for commit in commits) == sorted(commit.id for commit in keeper.commits)
    assert len(commits) < ROUNDS and sum(commit.engine_seconds for commit in commits) == 1.0
    for part in ledger.parts(commits, "traces"):
        order = [(int(unit[5:]) % 2, -int(unit[5:])) for unit in part.units]
        assert order == sorted(order)


def keep_and_die(root: str, at: int, after: bool) -> None:
    die_at_step(at, after)
    keep_rounds(root, range(2))


@pytest.mark.crash
def test_killed_at_any_durable_step_every_attempt_that_was_written_stays(tmp_path: Path) -> None:
    for after in (False, True):
        for at in range(1, 100):
            root = str(tmp_path / f"{at}-{after}")
            done = not run_killed(keep_and_die, root, at, after)
            units, traces, verdicts = kept(root)
            written = len(units) // 4
            assert (units, set(traces), set(verdicts)) == everything(written)
            assert not traces or set(traces.values()) == {1}
            if done:
                assert written == 2
                break
        else:
            raise AssertionError("it never ended")


def test_a_recipe_may_say_what_is_different_for_a_domain() -> None:
    teacher = Recipe.model_validate({"teacher": {"max_attempts": 2, "domains": {"swe": {"max_attempts": 9, "wanted": 2}}}}).teacher
    assert (teacher.sampling("search").max_attempts, teacher.sampling("swe").max_attempts, teacher.sampling("swe").wanted) == (2, 9, 2)
    assert teacher.sampling("swe").ladder == teacher.ladder
