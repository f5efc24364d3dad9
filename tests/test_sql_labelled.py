"""Labelled answers to SQL questions, written by hand (tests/data/sql): no wrong one is accepted, and few right ones are missed."""

from __future__ import annotations

import pytest

from factory.recipe import Verify
from factory.side import SideInputs
from factory.verifiers.sql_result import verify
from jobs.benches import written_answers

MAX_MISSED = 0.03


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> list[tuple[str, bool, str]]:
    """(answer, whether it is right, outcome)"""
    folder, side = tmp_path_factory.mktemp("labelled"), SideInputs()
    return [(answer.text, answer.right, verify(answer.example, answer.text, Verify(), side).outcome) for answer in written_answers.sql_answers(folder)]


def test_no_wrong_answer_is_accepted(judged):
    assert [text for text, right, outcome in judged if not right and outcome == "accept"] == []


def test_few_right_answers_are_missed(judged):
    outcomes = [(text, outcome) for text, right, outcome in judged if right]
    missed = [text for text, outcome in outcomes if outcome != "accept"]
    assert len(missed) <= MAX_MISSED * len(outcomes), missed
