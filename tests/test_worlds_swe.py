"""The swe world: real repositories, bugs that the tests notice, and runs whose outcome is known."""

from __future__ import annotations

import ast
import filecmp
import importlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from factory import patches, worlds
from factory.worlds.swe_code import SUBJECTS

NUM_RUNS, NUM_AGAIN = 100, 10
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
               "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # fmt: skip


class World:
    def __init__(self, out: Path, scratch: Path):
        self.folder = out / "swe"
        self.scratch = scratch
        self.rows = [json.loads(line) for line in (self.folder / "runs-00000.jsonl").read_text("utf-8").splitlines()]
        self.expected = [json.loads(line) for line in (out / "expected" / "swe.jsonl").read_text("utf-8").splitlines()]

    def with_reason(self, reason: str | None) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return [(row, expected) for row, expected in zip(self.rows, self.expected) if expected["reason"] == reason]

    def checkout(self, row: dict[str, Any]) -> Path:
        """A fresh working tree at the row's base commit."""
        place = self.scratch / f"checkout-{len(list(self.scratch.iterdir()))}"
        git(self.scratch, "clone", "-q", "--no-checkout", str(self.folder / row["environment"]["repository"]), str(place))
        git(place, "checkout", "-q", row["environment"]["base_commit"])
        return place


def git(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=folder, env=ENVIRONMENT, input=text, text=True, capture_output=True, check=True)


def applies(place: Path, patch: str, *options: str) -> bool:
    command = ["git", "apply", *options, "-"]
    return not subprocess.run(command, cwd=place, env=ENVIRONMENT, input=patch, text=True, capture_output=True, check=False).returncode


def passing(place: Path) -> set[str]:
    """Ids of the tests that pass, by a pytest of our own."""
    xml = place.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={xml}"]
    subprocess.run(command, cwd=place, env=ENVIRONMENT, capture_output=True, timeout=60, check=False)
    cases = ElementTree.parse(xml).iter("testcase")
    return {f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}" for case in cases if len(case) == 0}


def write(out: Path, cache: Path, num_runs: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        worlds.write("swe", num_runs, 7, out)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    out = tmp_path_factory.mktemp("world")
    write(out, tmp_path_factory.mktemp("cache"), NUM_RUNS)
    return World(out, tmp_path_factory.mktemp("scratch"))


def test_same_seed_gives_same_bytes_with_and_without_remembered_results(world: World, tmp_path: Path) -> None:
    for name in ("cold", "warm"):
        write(tmp_path / name, tmp_path / "cache", NUM_AGAIN)
    files = [path.relative_to(tmp_path / "cold") for path in (tmp_path / "cold").rglob("*") if path.is_file()]
    assert filecmp.cmpfiles(tmp_path / "cold", tmp_path / "warm", files, shallow=False)[0] == files
    again = World(tmp_path / "cold", tmp_path)
    assert again.rows == world.rows[:NUM_AGAIN]
    assert again.expected == world.expected[:NUM_AGAIN]


def test_every_outcome_occurs(world: World) -> None:
    reasons = Counter((expected["stage"], expected["reason"]) for expected in world.expected)
    assert set(reasons) == {
        (None, None), ("compile", "no_tool_call"), ("compile", "no_question"), ("compile", "no_ground_truth"), ("compile", "duplicate"),
        ("compile", "side_input_missing"), ("trace", "no_reasoning"), ("verify", "wrong_answer"), ("verify", "patch_does_not_apply"),
    }  # fmt: skip
    assert reasons[None, None] > NUM_RUNS / 2
    sizes = [expected["evidence_tokens_estimate"] for expected in world.expected if expected["outcome"] == "accepted"]
    assert min(sizes) < 4_000 and max(sizes) > 40_000


def test_tests_fail_at_the_base_commit_and_pass_with_the_gold_patch(world: World) -> None:
    chosen = {row["environment"]["base_commit"]: row for row, expected in world.with_reason(None)}
    several = [row for row in chosen.values() if row["ground_truth"]["text"].count("diff --git") > 1]
    for row in [*list(chosen.values())[:1], *several[:1]]:
        place, truth = world.checkout(row), row["ground_truth"]
        before = passing(place)
        assert applies(place, truth["text"])
        after = passing(place)
        assert set(truth["fail_to_pass"]) == after - before
        assert set(truth["pass_to_pass"]) == before
        assert git(place, "status", "--short").stdout.count("\n") == truth["text"].count("diff --git")


def handed_in(row: dict[str, Any]) -> str:
    """The patch of the run's last message."""
    said, _, answer = row["messages"][-1]["content"].rpartition("</think>")
    return answer.lstrip("\n") if said else answer


def test_accepted_answers_give_the_gold_files_but_for_comments(world: World) -> None:
    commented = 0
    for row, expected in world.with_reason(None):
        assert expected["answer"] == row["ground_truth"]["text"]
        if handed_in(row) == expected["answer"]:
            continue
        commented += 1
        trees = []
        for patch in (handed_in(row), expected["answer"]):
            place = world.checkout(row)
            assert applies(place, patch)
            trees.append([ast.dump(ast.parse((place / path).read_text("utf-8"))) for path in expected["gold"]])
        assert trees[0] == trees[1]
    assert commented


def test_wrong_answers_apply_and_still_fail_the_tests(world: World) -> None:
    runs = world.with_reason("wrong_answer")
    for number, (row, expected) in enumerate(runs):
        place = world.checkout(row)
        assert applies(place, handed_in(row))
        assert {line[6:] for line in handed_in(row).splitlines() if line.startswith("+++ b/")} <= set(expected["gold"])
        if number < 2:
            truth = row["ground_truth"]
            assert not {*truth["fail_to_pass"], *truth["pass_to_pass"]} <= passing(place)
    assert not any(row["solved"] for row, _ in runs)


def test_garbled_answers_do_not_apply_however_lenient(world: World) -> None:
    for row, expected in world.with_reason("patch_does_not_apply"):
        place = world.checkout(row)
        assert not applies(place, handed_in(row), "--recount", "-C1", "--ignore-whitespace")
        files = {path: (place / path).read_text("utf-8") for path in expected["gold"]}
        assert not patches.apply(files, handed_in(row), strict=False).ok


def test_pieces_are_files_of_the_base_commit_that_the_run_opened(world: World) -> None:
    for row, expected in world.with_reason(None)[::6]:
        place = world.checkout(row)
        calls = " ".join(call["function"]["arguments"] for message in row["messages"] for call in message.get("tool_calls", ()))
        for path in expected["gold"] + expected["tier1"]:
            assert (place / path).is_file()
        for path in expected["tier1"]:
            assert path.rpartition("/")[2] in calls


def test_runs_say_nothing_of_time_or_place(world: World, tmp_path: Path) -> None:
    text = (world.folder / "runs-00000.jsonl").read_text("utf-8")
    for place in (str(tmp_path.parents[2]), str(Path.home()), sys.prefix, "/tmp/"):
        assert place not in text
    assert not re.search(r" in \d+\.\d\ds", text)
    assert not re.search(r"0x[0-9a-f]{6,}", text.replace("0x0", ""))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_material_runs(subject: str) -> None:
    module = importlib.import_module(f"factory.worlds.swe_code.{subject}")
    checks = [value for name, value in vars(module).items() if name.startswith("check_")]
    assert len(checks) > 8
    for check in checks:
        check()
