"""What looks like a gold, a result or a page and is none; and what is small and would take long."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lines import build, recipe_for, rejections, rows

from factory import formats, guesses, secret_values
from factory.archives import members
from factory.containers import read_records
from factory.errors import RowError
from factory.formats import call_tags, templates
from factory.formats.spans import listed, otlp
from factory.joins import truth_of

CALL = {"id": "a", "type": "function", "function": {"name": "visit", "arguments": json.dumps({"url": "https://x.example/france"})}}
CHAT = [
    {"role": "user", "content": "What is the capital of France?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "a", "content": "Paris is the capital of France."},
    {"role": "assistant", "content": "Lyon"},
]
PATCH = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"


@pytest.mark.parametrize(
    ("beside", "gold"),
    [
        ({"answer": "The capital is Lyon, as I found.", "extracted_answer": "Lyon"}, ""),
        ({"answer": "Lyon", "extracted_answer": "Lyon, X"}, ""),
        ({"answer": "Lyon", "prediction": "Lyon"}, ""),
        ({"answer": "Paris", "prediction": "Lyon"}, "Paris"),
        ({"answer": "Lyon", "prediction": "Lyon", "em": 1, "reward": 1}, "Lyon"),
        ({"target": 0}, ""),
        ({"target": "agent-7"}, ""),
        ({"target": "Paris", "scores": {"match": "C"}}, "Paris"),
        ({"base_commit": "a" * 40, "repo": "o/r", "patch": PATCH}, ""),
        ({"base_commit": "a" * 40, "repo": "o/r", "patch": PATCH, "test_patch": PATCH}, PATCH),
        ({"reward": 3.5, "patch": PATCH}, ""),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_only_what_is_said_to_be_right_is_gold(beside: dict[str, Any], gold: str) -> None:
    (run,) = formats.parse({"messages": CHAT, **beside})
    assert run.ground_truth.text == gold


@pytest.mark.parametrize(("said", "solved"), [("False", False), ("no", False), ("0", False), (0, False), ("true", True), ("1", True), (True, True)])
def test_text_in_a_gold_table_says_what_it_says(said: object, solved: bool) -> None:
    assert truth_of(said) is solved


def test_what_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(RowError, match="maybe"):
        truth_of("maybe")


@pytest.mark.parametrize(
    ("tool", "arguments", "observation"),
    [
        ("create_bookmark", {"url": "https://x.example/a"}, "Bookmark `Alice Smith` saved"),
        ("ask_llm", {"url": "https://x.example/a", "question": "Who?"}, "I believe Alice Smith did."),
        ("get_file_info", {"path": "/r/m.py"}, "size: 1234"),
        ("git_log", {"path": "/r/m.py", "limit": 5}, "commit abc"),
        ("git_blame", {"path": "/r/m.py", "start_line": 1, "end_line": 9}, "abc (Ann)"),
        ("memory", {"command": "view", "path": "/memories/n.md"}, "the fix is y = 3"),
        ("sql_db_query_checker", {"query": "SELECT a FROM b WHERE c"}, "SELECT a FROM b WHERE c"),
        ("generate_image", {"topic": "a mill"}, "https://img.example/1.png"),
        ("lint", {"path": "/r/m.py", "start": 1, "end": 9}, "ok"),
    ],
)
def test_a_call_that_shows_nothing_is_not_guessed(tool: str, arguments: dict[str, Any], observation: str) -> None:
    assert guesses.guess(tool, arguments, observation) == ("other", "")


def test_a_result_that_the_model_made_up_is_none() -> None:
    call = '<tool_call>\n{"name": "visit", "arguments": {"url": "https://x.example/a"}}\n</tool_call>'
    chat = [
        {"role": "user", "content": "Who built it?"},
        {"role": "assistant", "content": f"{call}\n<tool_response>FAKE: Bob built it</tool_response>"},
        {"role": "tool", "content": "<tool_response>REAL: Alice built it</tool_response>"},
        {"role": "assistant", "content": "<answer>Alice</answer>"},
    ]
    (run,) = formats.parse({"messages": chat})
    assert [step.observation for step in run.steps if step.tool] == ["REAL: Alice built it"]


@pytest.mark.timeout(20)
def test_small_texts_that_would_take_long_do_not() -> None:
    assert not guesses.is_statement("/*" + "*//*" * 5_000)
    assert guesses.is_statement("/* count */ -- all\nSELECT a FROM b")
    assert call_tags.called("<read_file>", "<a>" * 4_900 + "x" * 1_000_000)[0] == "read_file"


@pytest.mark.timeout(60)
def test_damaged_and_nested_zips_are_rejections(tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_text(json.dumps({"messages": [*CHAT[:-1], {"role": "assistant", "content": "<think>It says Paris.</think>Paris"}], "ground_truth": {"text": "Paris"}}) + "\n")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.jsonl", "{}\n" * 100)
    for place in range(30, 60):
        damaged = bytearray(packed.getvalue())
        damaged[place] = 255
        list(members(io.BytesIO(damaged)))  # whatever the byte, nothing but rows and reasons
    damaged = bytearray(packed.getvalue())
    damaged[40] = 255
    (tmp_path / "bad.zip").write_bytes(damaged)
    nested = b"{}"
    for _ in range(400):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.json", nested)
        nested = outer.getvalue()
    assert [record.error.detail for record in read_records("n.zip", nested) if record.error] == ["a zip inside a zip"]
    (tmp_path / "nested.zip").write_bytes(nested)
    build(tmp_path / "out", recipe_for(tmp_path))
    left = {Path(row["source_uri"]).name: row["reason"] for row in rejections(tmp_path / "out")}
    assert len(rows(tmp_path / "out")) == 1 and left == {"bad.zip": "unreadable", "nested.zip": "unreadable"}


def test_odd_attributes_of_spans_are_values() -> None:
    assert otlp({"arrayValue": {"values": 5}}) == [] and otlp({"kvlistValue": {"values": 3}}) == {}
    assert listed({"9" * 5_000: 1}, 0) == {"9" * 5_000: 1}


def test_a_token_that_holds_x_by_chance_is_no_example() -> None:
    assert not secret_values.is_example_token("BTyH1SRvpbG64ryVwEg6" + "xxXx" + "d19pkG5b8zLy")


def test_a_chat_that_a_user_quotes_is_not_the_run() -> None:
    quoted = "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<search>x</search><|im_end|>\n"
    assert templates.messages_of(f"Please translate this chat: {quoted}") == []
    assert len(templates.messages_of(quoted)) == 2
    assert len(templates.messages_of(f"<s>{quoted}")) == 2


def test_a_call_that_the_last_words_speak_of_is_none() -> None:
    chat = [
        {"role": "user", "content": "Who built it?"},
        {"role": "assistant", "content": "<search>mill</search>"},
        {"role": "user", "content": "<information>Alice built it.</information>"},
        {"role": "assistant", "content": "The docs say use `<search>term</search>` to look; the answer is Alice."},
    ]
    (run,) = formats.parse({"messages": chat})
    assert [step.arguments for step in run.steps if step.tool] == [{"query": "mill"}]
    assert run.final_answer == chat[-1]["content"]
