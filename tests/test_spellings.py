"""One run in the spellings of many logs: whoever wrote it down, the calls and what they returned are the same."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from spellings import CALLS, ENDING, QUESTION, TOLD

from factory import formats
from factory.containers import read_records
from factory.errors import RowError
from factory.records import Trajectory


def runs_of(name: str, data: bytes) -> list[Trajectory]:
    whole = formats.reads_whole_file("auto", name, io.BytesIO(data))
    return [run for record in read_records(name, data, whole) for run in formats.parse(record.value)]


UNTHOUGHT = ("Braintrust", "Opik", "Phoenix's table", "Phoenix's table as lines", "LlamaIndex's sources", "calls as printed literals")
"""Logs that hold calls alone."""


@pytest.mark.parametrize("log", TOLD)
def test_a_run_is_the_same_in_every_spelling(log: str) -> None:
    (run,) = runs_of(*TOLD[log])
    made = [step for step in run.steps if step.tool]
    plain = [(step.tool.lower().removeprefix("web.").replace("_", ""), list(step.arguments.values()), step.observation) for step in made]
    assert plain == [(name.replace("_", ""), list(given.values()), seen) for name, given, seen in CALLS]
    assert (run.domain, run.question.strip(), run.final_answer) == ("search", QUESTION, ENDING)
    assert any(step.reasoning for step in run.steps) or log in UNTHOUGHT


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": '{"action": "search", "action_input": "x"}'}]},
        [{"type": "user.message", "data": {"content": QUESTION}, "timestamp": "t"}, {"type": "assistant.message", "data": {"content": ENDING}, "timestamp": "t"}],
        {"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": [QUESTION]}}, "parent": "a"}}, "current_node": "a"},
        {"events": [{"type": "tool_result", "output": "x"}, {"type": "tool_call", "name": "search"}]},
    ],
)
def test_what_tells_of_no_answered_call_makes_none(value: Any) -> None:
    try:
        runs = formats.parse(value)
    except RowError as error:
        assert error.reason == "unknown_format"
    else:
        assert not any(step.tool for run in runs for step in run.steps)


def test_screens_of_a_terminal_answer_the_commands_that_were_typed() -> None:
    def typed(*commands: str, **more: Any) -> dict[str, str]:
        return {"role": "assistant", "content": json.dumps({"analysis": "a", "plan": "p", "commands": [{"keystrokes": f"{command}\n", "duration": 0.1} for command in commands]} | more)}

    screen = "New Terminal Output:\nroot@box:/app# ls\nmill\nroot@box:/app# cat mill/wheel.py\ndef turn(n):\n    return n\nroot@box:/app# "
    chat = [
        {"role": "user", "content": "You solve tasks in a terminal.\n\nTask Description:\nFix `turn`.\n\nCurrent terminal state:\nroot@box:/app# "},
        typed("ls", "cat mill/wheel.py"),
        {"role": "user", "content": screen},
        typed("sed -i s/n/m/ mill/wheel.py"),
        {"role": "user", "content": "New Terminal Output:\nroot@box:/app# sed -i s/n/m/ mill/wheel.py\nroot@box:/app# "},
        typed(task_complete=True),
    ]
    (run,) = formats.parse({"conversations": chat, "agent": "terminus-2", "task": "mill"})
    assert (run.domain, run.question) == ("swe", "Fix `turn`.")
    assert [(step.arguments["command"], step.observation) for step in run.steps if step.tool] == [
        ("ls", "mill\n"),
        ("cat mill/wheel.py", "def turn(n):\n    return n\n"),
        ("sed -i s/n/m/ mill/wheel.py", ""),
    ]


SEARCHED = "<search>Ada Brook</search>\n<information>Doc 1(Title: Mill) on the Wend</information>\n<answer>Wend</answer>"


@pytest.mark.parametrize(
    ("row", "gold", "solved"),
    [
        ({"input_prompt": f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n", "output_response": SEARCHED, "score": 1.0, "env_extras": {"reward_spec": {"ground_truth": {"target": ["Wend"]}}}}, "Wend", None),
        ({"prompt": QUESTION, "response": SEARCHED, "label": "Wend", "reward": 1.0}, "Wend", True),
        ({"prompt": QUESTION, "response": SEARCHED, "label": {"ground_truth": {"target": ["Wend"]}}, "reward": 0.0}, "Wend", False),
        ({"prompt": QUESTION, "response": SEARCHED, "label": 1, "reward": 1.0}, "", True),
        ({"prompt": QUESTION, "response": SEARCHED, "label": "Wend"}, "", None),
    ],
)  # fmt: skip
def test_rollouts_bring_the_answer_that_they_were_graded_with(row: dict[str, Any], gold: str, solved: bool | None) -> None:
    (run,) = formats.parse(row)
    assert (run.question, run.ground_truth.text, run.solved, run.final_answer) == (QUESTION, gold, solved, "Wend")


def test_the_span_of_an_evaluation_brings_what_it_expected() -> None:
    assert runs_of(*TOLD["Braintrust"])[0].ground_truth.text == "Wend"
    assert runs_of(*TOLD["one simulation of several"])[0].solved is True


@pytest.mark.parametrize(
    "rows",
    [
        [{"type": kind, "question": "q", "messages": [{"role": "user", "content": "q"}]} for kind in ("single_tool", "multi_tool")],
        [{"type": kind, "question": "q", "response": "r"} for kind in ("single_tool", "multi_tool")],
        [{"run": {"messages": [{"role": "user", "content": "q"}]}} for _ in range(2)],
    ],
)
def test_rows_that_have_a_type_or_one_field_are_runs_of_their_own(rows: list[Any]) -> None:
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    assert not formats.reads_whole_file("auto", "rows.jsonl", io.BytesIO(data))
    assert [record.value for record in read_records("rows.json", json.dumps(rows).encode())] == rows


def test_a_command_and_a_statement_are_calls_by_themselves() -> None:
    shell = {"task": "Fix `turn`.", "steps": [{"thought": "look", "command": "cat a.py", "stdout": "x = 1\n", "returncode": 0}]}
    asked = {"question": "How many?", "steps": [{"sql": "SELECT count(*) FROM mills", "result": "[(2,)]"}]}
    assert [(run.domain, run.steps[0].arguments, run.steps[0].observation) for run in formats.parse(shell) + formats.parse(asked)] == [
        ("swe", {"command": "cat a.py"}, "x = 1\n"),
        ("sql", {"sql": "SELECT count(*) FROM mills"}, "[(2,)]"),
    ]
