"""Mined distractors: near the question, from other runs, never giving the answer away."""

from __future__ import annotations

import random

from factory.mining import mine, pool
from factory.records import Evidence


def page(name: str, text: str, role: str = "gold") -> Evidence:
    return Evidence(role=role, kind="page", name=name, text=text, turns=(3,))


PAGES = [
    page("https://a", "The bridge over the river Vltava in Prague was built by masons."),
    page("https://b", "A bridge in Porto crosses the river Douro; Eiffel built it."),
    page("https://c", "Recipes for soup with carrots and leek."),
    page("https://d", "The bridge was finished in 1402 in Prague."),
    page("https://e", "Prague has a castle above the river."),
]
QUESTION = "When was the bridge in Prague built over the river?"


def test_neighbours_of_the_question_come_best_first_and_strangers_never():
    taken, dropped = mine(QUESTION, pool(PAGES), 9, own=(), holds_answer=lambda text: False)
    names = [piece.name for piece in taken]
    assert names[0] == "https://a" and "https://c" not in names and len(names) == 4
    assert {piece.role for piece in taken} == {"tier2"} and {piece.turns for piece in taken} == {()}
    assert dropped == {}


def test_a_piece_that_holds_the_answer_or_that_the_run_has_itself_is_not_taken():
    own = [page("https://a", "another text"), page("https://z", PAGES[1].text)]
    taken, dropped = mine(QUESTION, pool(PAGES), 9, own, holds_answer=lambda text: "1402" in text)
    assert [piece.name for piece in taken] == ["https://e"]
    assert dropped == {"holds_answer": 1}


def test_the_order_of_the_pool_does_not_matter_and_the_count_is_kept():
    shuffled = random.Random(2).sample(PAGES, len(PAGES))
    first = mine(QUESTION, pool(PAGES + PAGES), 2, (), lambda text: False)
    assert first == mine(QUESTION, pool(shuffled), 2, (), lambda text: False)
    assert len(first[0]) == 2


def test_a_question_without_a_known_word_and_an_empty_pool_give_nothing():
    assert mine("xyzzy?", pool(PAGES), 5, (), lambda text: False) == ([], {})
    assert mine(QUESTION, pool([]), 5, (), lambda text: False) == ([], {})
    assert mine(QUESTION, pool([page("?", "!")]), 5, (), lambda text: False) == ([], {})
