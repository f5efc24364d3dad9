"""Reasoning and answer are told apart in every dialect, and quoted tags fool nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.teachers.think import separate

FENCE = "```"
CASES = {
    "qwen3": ("<think>\nIt is Rome.\n</think>\n\nRome", "It is Rome.", "Rome"),
    "deepseek, nothing after the tag": ("<think>It is Rome.</think>Rome", "It is Rome.", "Rome"),
    "opening tag in the prompt": ("It is Rome.\n</think>\n\nRome", "It is Rome.", "Rome"),
    "blanks before the tag": ("\n <think>\nIt is Rome.\n</think>\nRome\n", "It is Rome.", "Rome"),
    "empty reasoning": ("<think>\n\n</think>\n\nRome", "", "Rome"),
    "empty block, then a full one": ("<think>\n\n</think>\n<think>\nIt is Rome.\n</think>\nRome", "It is Rome.", "Rome"),
    "no tag": ("Rome", "", "Rome"),
    "other tags": ("<thinking>It is Rome.</thinking>Rome", "It is Rome.", "Rome"),
    "tags in brackets": ("[THINK]It is Rome.[/THINK]Rome", "It is Rome.", "Rome"),
    "closing tag between backticks": ("<think>\nThe tag `</think>` ends it.\n</think>\nRome", "The tag `</think>` ends it.", "Rome"),
    "closing tag in a fenced block": (
        f"<think>\nThe template is\n{FENCE}\n</think>\n{FENCE}\nso Rome.\n</think>\nRome",
        f"The template is\n{FENCE}\n</think>\n{FENCE}\nso Rome.",
        "Rome",
    ),
    "fence left open in the reasoning": (f"<think>\nTry\n{FENCE}python\nx = 1\n</think>\n\nRome", f"Try\n{FENCE}python\nx = 1", "Rome"),
    "fence left open in the reasoning, fence in the answer": (
        f"<think>\nTry\n{FENCE}python\nx = 1\n</think>\n\n{FENCE}diff\n+ y\n{FENCE}",
        f"Try\n{FENCE}python\nx = 1",
        f"{FENCE}diff\n+ y\n{FENCE}",
    ),
    "tag quoted in the answer's code": (f"{FENCE}jinja\n</think>\n{FENCE}", "", f"{FENCE}jinja\n</think>\n{FENCE}"),
    "tag in the answer after the real one": ("<think>a</think>\nWrite </think> there", "a", "Write </think> there"),
    "tag quoted inline in an answer without reasoning": ("Close it with `</think>`.", "", "Close it with `</think>`."),
    "a diff whose last line is one blank": ("<think>a</think>\n\n--- a\n+++ b\n ", "a", "--- a\n+++ b\n "),
    "an apostrophe-like lone backtick": ("<think>the ` key</think>Rome", "the ` key", "Rome"),
    "opening tag later in the text": ("Rome <think> is right", "", "Rome <think> is right"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_dialect_is_separated(name: str) -> None:
    text, reasoning, answer = CASES[name]
    assert separate(text) == (reasoning, answer, True)


@pytest.mark.parametrize("text", ["<think>\nIt may be", "<think>", "<think>\nThe tag `</think>` ends it and"])
def test_reasoning_that_was_cut_off_has_no_answer(text: str) -> None:
    reasoning, answer, closed = separate(text)
    assert (reasoning, answer, closed) == (text.removeprefix("<think>").strip(), "", False)


def test_a_prompt_that_opened_the_reasoning_makes_untagged_text_reasoning() -> None:
    assert separate("It may be", opened=True) == ("It may be", "", False)
    assert separate(f"Try\n{FENCE}\nx\n</think>\nRome", opened=True) == (f"Try\n{FENCE}\nx", "Rome", True)


@pytest.mark.parametrize("text", ["Rome", "<think>\n\n</think>\n\nRome", "<think>It is Rome.</think>Rome"])
def test_reasoning_in_its_own_field_is_taken_once(text: str) -> None:
    assert separate(text, "It is Rome.\n") == ("It is Rome.", "Rome", True)


def test_with_reasoning_in_its_own_field_a_tag_in_the_answer_stays() -> None:
    assert separate("a </think> b", "why") == ("why", "a </think> b", True)


@given(st.lists(st.sampled_from(["<think>", "</think>", "`", FENCE, "~~~", "\n", " ", "a", "[THINK]", "</thinking>"]), max_size=40).map("".join))
def test_nothing_is_invented_and_little_is_lost(text: str) -> None:
    reasoning, answer, _ = separate(text)
    for part in (reasoning, answer):
        assert all(line in text for line in part.split("\n"))
    assert sum(text.count(c) for c in "a`~") >= sum((reasoning + answer).count(c) for c in "a`~")


@pytest.mark.parametrize("unit", ["`</think>", f"{FENCE}\n</think>\n", "<think></think>", "</think>`\n", "~~~\n", "<think>`"])
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    separate(unit * (400_000 // len(unit)))
