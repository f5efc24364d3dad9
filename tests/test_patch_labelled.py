"""Labelled patches, written by hand (tests/data/patches): seven bugs of a small repository, right and wrong answers to each."""

from __future__ import annotations

import pytest

from factory.recipe import Verify
from factory.side import SideInputs
from factory.verifiers.patch import verify
from jobs.benches import written_answers

CASES = list(written_answers.patches())


@pytest.mark.parametrize("case", CASES, ids=[f"{case.type}: {case.kind}" for case in CASES])
def test_a_patch_is_judged_as_it_is_labelled(case):
    found = verify(case.example, case.text, Verify(swe_tests="never"), SideInputs())
    assert found.passed == case.right, (found.reason, found.detail)
