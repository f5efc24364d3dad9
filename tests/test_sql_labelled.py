"""Labelled answers to SQL questions, written by hand (tests/data/sql): no wrong one is accepted, and few right ones are missed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from factory.cage.gold import run_gold
from factory.cage.sql import shared_cage
from factory.recipe import Verify
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source
from factory.verifiers.sql_result import verify

DATA = Path(__file__).parent / "data" / "sql"
MAX_MISSED = 0.03


class Side:
    def path(self, uri: str) -> Path:
        return Path(uri)


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> list[tuple[dict, str]]:
    return list(judge_all(tmp_path_factory.mktemp("labelled")))


def judge_all(folder: Path) -> Iterator[tuple[dict, str]]:
    with sqlite3.connect(folder / "shop") as shop:
        shop.executescript((DATA / "shop.sqlite.sql").read_text())
    shop.close()
    with duckdb.connect(str(folder / "lab")) as lab:
        lab.execute((DATA / "lab.duckdb.sql").read_text())
    for line in (DATA / "labelled.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        dialect = {"shop": "sqlite", "lab": "duckdb"}[case["database"]]
        database = folder / case["database"]
        table = run_gold(shared_cage("source"), database, dialect, case["gold"]).table
        example = Example(
            id="e", pair_id="p", unit="u", domain="sql", task_id="t", question=case["question"], context="", pieces=(),
            ground_truth=GroundTruth(text=table.to_markdown(), sql=case["gold"], result=table.to_json()), agent=AgentTrace(), solved=None,
            environment=Environment(database=str(database), dialect=dialect), source=Source(), tokenizer="", seed=0,
            budget_tokens=1, prompt_tokens=1, context_tokens=1,
        )  # fmt: skip
        yield case, verify(example, case["answer"], Verify(), Side()).outcome


def test_no_wrong_answer_is_accepted(judged):
    assert [case["answer"] for case, outcome in judged if not case["right"] and outcome == "accept"] == []


def test_few_right_answers_are_missed(judged):
    right = [(case["answer"], outcome) for case, outcome in judged if case["right"]]
    missed = [answer for answer, outcome in right if outcome != "accept"]
    assert len(missed) <= MAX_MISSED * len(right), missed
