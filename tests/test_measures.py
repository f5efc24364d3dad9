"""How early a trace names the answer, and how much of it stands in the context."""

from __future__ import annotations

from typing import Any

import pytest

from factory.measures import first_mention, grounded, marks
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source, Trace

CONTEXT = 'The harbour of Skagen was opened in 1907 by "King Frederik VIII".\ndef load_rows(path):\n    return read(path)\n'


def example(domain: Any, gold: str, *aliases: str) -> Example:
    return Example(
        id="e",
        pair_id="p",
        unit="u",
        domain=domain,
        task_id="t",
        question="Who opened the harbour?",
        context=CONTEXT,
        pieces=(),
        ground_truth=GroundTruth(text=gold, aliases=aliases),
        agent=AgentTrace(),
        solved=None,
        environment=Environment(),
        source=Source(),
        tokenizer="",
        seed=0,
        budget_tokens=0,
        prompt_tokens=0,
        context_tokens=0,
    )


TABLE = "| year | harbour |\n| --- | --- |\n| 1907 | Skagen |\n| 1921 | Hirtshals |"
PATCH = "--- a/m.py\n+++ b/m.py\n@@ -1 +1,2 @@\n-x\n+def load_rows(path, cached):\n+    return read_all(path)\n"
FILLER = "let us look at what the pages say about it. " * 20


@pytest.mark.parametrize(
    ("domain", "gold", "aliases", "reasoning", "early"),
    [
        ("search", "Frederik VIII", (), "It is Frederik VIII. " + FILLER, True),
        ("search", "Frederik VIII", (), FILLER + "So it is Frederik VIII.", False),
        ("search", "Frederik VIII", ("Frederick the Eighth",), "I think of Frederick the  Eighth. " + FILLER, True),
        ("search", "Rome", (), "Romeo and chrome. " + FILLER + "Rome.", False),
        ("sql", TABLE, (), "1907 Skagen, 1921 Hirtshals. " + FILLER, True),
        ("sql", TABLE, (), "1907 is one of them. " + FILLER + "1907 Skagen, 1921 Hirtshals.", False),
        ("swe", PATCH, (), "Write def load_rows(path, cached): and return read_all(path). " + FILLER, True),
        ("swe", PATCH, (), FILLER + "Write def load_rows(path, cached): and return read_all(path).", False),
    ],
)
def test_an_answer_stated_in_the_first_fifth_is_early(domain: str, gold: str, aliases: tuple[str, ...], reasoning: str, early: bool) -> None:
    trace = Trace(example_id="e", unit="t", teacher="m", mode="blind", reasoning=reasoning, answer=gold)
    assert ("early_answer" in marks(example(domain, gold, *aliases), trace)) == early


def test_an_answer_that_is_never_stated_has_no_place() -> None:
    assert first_mention("I do not know.", example("search", "Rome")) is None
    assert first_mention("", example("search", "Rome")) is None
    assert first_mention("whatever", example("sql", "")) is None


def test_what_stands_in_the_context_is_grounded_and_what_is_made_up_is_not() -> None:
    told = 'The page says "King Frederik VIII" opened the harbour of Skagen in 1907, and `def load_rows(path):` is code.'
    invented = 'The page says "Queen Ingrid" opened the port of Esbjerg in 1868, and `drop_tables(now)` is code.'
    assert grounded(told, example("search", "x")) == 1.0
    assert grounded(invented, example("search", "x")) == 0.0
    assert 0.2 < (grounded(told + " " + invented, example("search", "x")) or 0) < 0.8


def test_reasoning_that_quotes_nothing_is_not_measured() -> None:
    assert grounded("because it says so", example("search", "x")) is None


@pytest.mark.parametrize("text", ['"' * 200_000, "`a" * 100_000, "A." * 100_000, "9" * 200_000, "a_" * 100_000, "x" + "-" * 200_000])
def test_hostile_reasoning_is_measured_in_linear_time(text: str) -> None:
    marks(example("search", "a"), Trace(example_id="e", unit="t", teacher="m", mode="blind", reasoning=text, answer="a"))
