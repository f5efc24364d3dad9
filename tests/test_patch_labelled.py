"""Labelled patches, written by hand (tests/data/patches): seven bugs of a small repository, right and wrong answers to each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factory.recipe import Verify
from factory.side import SideInputs
from factory.verifiers.patch import verify
from jobs.benches.labelled_patches import example_of

DATA = Path(__file__).parent / "data" / "patches"
FILES = json.loads((DATA / "files.json").read_text("utf-8"))
CASES = [json.loads(line) for line in (DATA / "labelled.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[f"{c['bug']}: {c['kind']}" for c in CASES])
def test_a_patch_is_judged_as_it_is_labelled(case):
    found = verify(example_of(FILES["base"], FILES["gold"][case["bug"]]), case["answer"], Verify(swe_tests="never"), SideInputs())
    assert found.passed == case["right"], (found.reason, found.detail)
