"""Raw formats: small samples of each, every real file beside the checkout, and values that fit nothing."""

from __future__ import annotations

import io
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory import formats
from factory.containers import RawRecord, read_records
from factory.errors import RowError, SettingsError
from factory.records import Trajectory

SAMPLES = Path(__file__).parent / "data" / "formats"
UNREAD = {"cross/langfuse-export/autogen-2025-06-06.trace.json"}
"""Files of the index that no member reads: the one's prompt and answer are plain text."""


def records(path: Path, format: str = "auto") -> list[RawRecord]:
    with open(path, "rb") as stream:
        whole = formats.reads_whole_file(format, str(path), stream)
        return list(read_records(str(path), stream, whole))


def samples(format: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / format).iterdir() if path.name != "expected.json")


@pytest.mark.parametrize("format", formats.FORMATS)
def test_samples_become_the_expected_runs(format):
    expected = json.loads((SAMPLES / format / "expected.json").read_text("utf-8"))
    for path in samples(format):
        runs = []
        for record in records(path):
            assert formats.detect(record.value)[0] == format, path
            runs += formats.parse(record.value)
        assert all(run.source.format == format for run in runs)
        assert [run.model_dump(mode="json", exclude_defaults=True, exclude={"source"}) for run in runs] == expected[path.name], path


@pytest.mark.parametrize("asked", formats.FORMATS)
def test_a_wrong_format_is_a_mismatch_that_names_a_field_and_never_garbage(asked):
    for format in formats.FORMATS:
        for path in samples(format) if format != asked else ():
            for record in records(path, asked):
                try:
                    runs = formats.parse(record.value, asked)
                except RowError as error:
                    assert error.reason == "format_mismatch" and "`" in error.detail, (path, error)
                else:  # a chat without a call is the same chat in several formats
                    assert not any(step.tool for run in runs for step in run.steps), (path, asked)


ASKED = [{"role": "user", "content": "Who built the mill?"}]
SEARCHED = [
    *ASKED,
    {"role": "assistant", "content": "<search>mill</search><information>Built by Ada.</information>"},
    {"role": "assistant", "content": "<answer>Ada</answer>"},
]


@pytest.mark.parametrize(
    ("row", "gold"),
    [
        ({"messages": SEARCHED, "answer": "Ada"}, ""),
        ({"messages": SEARCHED, "answer": "Ada", "prediction": "Ada"}, ""),
        ({"messages": SEARCHED, "answer": "Ada", "final_answer": " ada"}, ""),
        ({"messages": SEARCHED, "answer": "Ada", "prediction": "Ada", "reward": 0.0}, ""),
        ({"messages": SEARCHED, "answer": "Ada", "prediction": "Ada", "reward": 1.0}, "Ada"),
        ({"messages": SEARCHED, "answer": "Ada", "prediction": "Ada", "termination": "answer"}, "Ada"),
        ({"messages": SEARCHED, "answer": "Brook", "prediction": "Ada"}, "Brook"),
        ({"messages": SEARCHED, "answer": ["Ada"], "prediction": "Ada"}, "Ada"),
        ({"prompt": ASKED, "completion": SEARCHED[1:], "answer": "Ada"}, ""),
        ({"prompt": ASKED, "completion": SEARCHED[1:], "answer": "Ada", "reward": 1.0}, "Ada"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_the_agent_s_own_answer_is_no_gold(row, gold):
    assert formats.parse(row)[0].ground_truth.text == gold


def test_objects_that_a_table_keeps_as_json_text_are_opened() -> None:
    messages = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "In 1874."}]
    row = {"messages": messages, "ground_truth": '{"text": "1874", "aliases": ["the year 1874"]}', "environment": '{"pages": "pages.sqlite"}'}
    (run,) = formats.parse(row)
    assert (run.ground_truth.text, run.ground_truth.aliases, run.environment.pages) == ("1874", ("the year 1874",), "pages.sqlite")
    answer = '{"city": "Oslo"}'  # an answer that is JSON itself
    assert formats.parse(row | {"ground_truth": answer})[0].ground_truth.text == answer


def test_real_files_hold_as_many_runs_as_the_index_says(shared_trajectories):
    index = [json.loads(line) for line in (shared_trajectories / "INDEX.jsonl").read_text("utf-8").splitlines()]
    for file, num_runs in Counter(line["file"] for line in index).items():
        if file in UNREAD:
            for record in records(shared_trajectories / file):
                with pytest.raises(RowError, match="unknown_format"):
                    formats.parse(record.value)
            continue
        runs = []
        for record in records(shared_trajectories / file):
            try:
                runs += formats.parse(record.value)
            except RowError as error:  # toy runs: nothing says what their tools do until the input names a domain
                assert file.startswith("cross/") and error.reason == "unknown_domain" and "`" in error.detail, (file, error)
                runs += formats.parse(record.value, "auto", "search")
        assert len(runs) == num_runs, file
        assert all(run.question.strip() for run in runs), file


def test_real_runs_carry_the_gold_and_the_calls_that_the_index_names(shared_trajectories):
    index = [json.loads(line) for line in (shared_trajectories / "INDEX.jsonl").read_text("utf-8").splitlines()]
    for file in sorted({line["file"] for line in index} - UNREAD):
        lines = [line for line in index if line["file"] == file]
        domain = "search" if file.startswith("cross/") else "auto"
        runs = [run for record in records(shared_trajectories / file) for run in formats.parse(record.value, "auto", domain)]
        for line, run in zip(lines, runs):
            joined = file.startswith(("sql/", "swe/mini-swe-agent")) or "google_search" in file  # their gold stands in other files
            if line["ground_truth"] and "unverified" not in line["ground_truth"] and not joined:
                assert run.ground_truth.text, (file, line["record"])
            if (line["tool_calls"] or 0) > 1:
                assert any(step.tool for step in run.steps), (file, line["record"])


def test_no_real_file_crashes_under_any_format(shared_trajectories):
    """The first records of every file suffice: one file has one shape."""
    files = sorted(path for path in shared_trajectories.rglob("*") if path.suffix in (".json", ".jsonl", ".traj", ".txt"))
    small = [path for path in files if "mini-swe-agent" not in path.parts or "_bare" in str(path) or "16569" in path.name]
    for path in small:
        decoded = {False: records(path, "openai_chat")[:3], True: records(path, "claude_code")[:3]}
        for format in formats.FORMATS:
            for record in decoded[formats.load(format).WHOLE_FILE]:
                with_error = record.error is not None
                try:
                    runs = [] if with_error else formats.parse(record.value, format)
                except RowError:
                    continue
                assert all(isinstance(run, Trajectory) for run in runs)


def test_converted_runs_hold_the_calls_of_the_runs_that_they_were_made_from(shared_trajectories):
    """The Agent Data Protocol's form beside the raw one: another reader must see the same commands and observations."""
    for name, num_alike in (("swe-gym_openhands_sampled_trajectories", 5), ("nebius_SWE-agent-trajectories", 5)):
        folder = shared_trajectories / "swe" / "adp" / name
        raw, standard = ([run for record in records(folder / f"sample_{form}.json") for run in formats.parse(record.value)] for form in ("raw", "std"))
        alike = 0
        for one, other in zip(raw, standard, strict=True):
            seen = {" ".join(step.observation.split())[:200] for step in other.steps if step.observation.strip()}
            first = {" ".join(step.observation.removeprefix("OBSERVATION:").split())[:200] for step in one.steps if step.observation.strip()}
            alike += len(seen - first) <= 1 and other.domain == "swe" and bool(other.question)  # the converter adds praise at the end
        assert alike == num_alike, name


def test_demonstrations_and_running_examples_are_no_part_of_a_run():
    run = formats.parse(
        {
            "messages": [
                {"role": "user", "content": "Solve it.\n--- START OF EXAMPLE ---\nUSER: list\n--- END OF EXAMPLE ---\nWhat is in the mill?"},
                {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "function": {"name": "bash", "arguments": "{\"command\": \"ls\"}"}}]},
                {"role": "tool", "tool_call_id": "a", "content": "wheel"},
            ]
        }
    )[0]
    assert "EXAMPLE" not in run.question and "list" not in run.question and "What is in the mill?" in run.question


USER = {"role": "user", "content": "Who?"}
CALLED = [
    USER,
    {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "function": {"name": "search", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "a", "content": "page"},
]
THOUGHT_APART = {
    "a field beside the words": [*CALLED, {"role": "assistant", "reasoning_content": "hmm", "content": "Ada"}],
    "parts of reasoning": [*CALLED, {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "hmm"}, {"type": "text", "text": "Ada"}]}],
    "blocks of thinking": [
        USER,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "search", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "page"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hmm"}, {"type": "text", "text": "Ada"}]},
    ],
    "messages of LangChain": [
        {"type": "human", "content": "Who?"},
        {"type": "ai", "content": "", "tool_calls": [{"name": "search", "args": {}, "id": "a"}]},
        {"type": "tool", "content": "page", "tool_call_id": "a"},
        {"type": "ai", "content": [{"type": "thinking", "thinking": "hmm"}, {"type": "text", "text": "Ada"}]},
    ],
    "parts of a UI message": [
        {"role": "user", "parts": [{"type": "text", "text": "Who?"}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool-search", "toolCallId": "a", "input": {}, "output": "page"}, {"type": "reasoning", "text": "hmm"}, {"type": "text", "text": "Ada"}],
        },
    ],
    "parts of Gemini": [
        {"role": "user", "parts": [{"text": "Who?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "search", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "search", "response": {"result": "page"}}}]},
        {"role": "model", "parts": [{"text": "hmm", "thought": True}, {"text": "Ada"}]},
    ],
    "items of the Responses API": [
        USER,
        {"type": "function_call", "call_id": "a", "name": "search", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "page"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hmm"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ada"}]},
    ],
}


@pytest.mark.parametrize("name", THOUGHT_APART)
def test_reasoning_that_a_log_keeps_apart_is_no_part_of_the_answer(name):
    run = formats.parse(THOUGHT_APART[name])[0]
    assert (run.final_reasoning, run.final_answer, run.steps[0].observation) == ("hmm", "Ada", "page")


def test_the_recipe_s_domain_wins_and_an_unknown_tool_without_one_is_refused():
    row = {
        "messages": [
            {"role": "user", "content": "How many?"},
            {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "ask_oracle", "arguments": {"q": "how many"}}}]},
            {"role": "tool", "tool_call_id": "a", "content": "three"},
        ]
    }
    with pytest.raises(RowError, match=r"unknown_domain.*ask_oracle"):
        formats.parse(row)
    assert formats.parse(row, "auto", "sql")[0].domain == "sql"


@pytest.mark.parametrize(
    ("value", "lacking"),
    [
        ({"id": 0, "query": "q", "answers": "[]", "tools": "[]"}, "`answers`"),
        ({"instance_id": "a", "found_files": ["a.py"]}, "`found_files`"),
        ({"instance_id": "a", "model_patch": "diff", "model_name_or_path": "m"}, "`model_patch`"),
        ({"question": "q", "predicted_sql": "SELECT 1", "gold_sql": "SELECT 1"}, "no query was asked"),
        ("\n# aider chat started at 2024-07-01 10:00:00\n\n#### Fix it\n", "not the files"),
        ({"custom_id": "c", "result": {"type": "succeeded", "message": {"role": "assistant", "content": []}}}, "`result` is one reply"),
        ({"id": "b", "custom_id": "c", "response": {"body": {"choices": []}}}, "`response` is one reply"),
        ({"ts": 1, "type": "say", "say": "text", "text": "Fix it."}, "api_conversation_history.json"),
        ({"task_id": "5", "agent_answer": "NL", "reasoning_trace": "..."}, "`reasoning_trace`"),
        ({"name": "x", "version": "1"}, "`name`, `version`"),
    ],
    ids=str,
)
def test_what_holds_no_run_is_refused_with_what_it_lacks(value, lacking):
    with pytest.raises(RowError, match="unknown_format") as refused:
        formats.parse(value)
    assert lacking in refused.value.detail


def test_an_unknown_format_name_lists_the_known_ones():
    with pytest.raises(SettingsError, match="openai_chat"):
        formats.parse({}, "no_such")


WORDS = st.sampled_from(
    ["messages", "role", "content", "tool_calls", "function", "name", "arguments", "id", "type", "trajectory", "history", "action", "args",
     "observation", "turn_history", "actions", "observations", "traj", "conversations", "from", "value", "values", "response", "output",
     "adk_events", "events", "parts", "source", "cause", "message", "uuid", "sessionId", "payload", "text", "ground_truth", "environment",
     "info", "submission", "test_result", "instance", "state", "thought", "timestamp", "answer", "gt", "pred", "metadata"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["user", "assistant", "tool", "human", "ai", "gpt", "system", "session_meta", "response_item", "function_call", "function_call_output",
     "tool_use", "tool_result", "text", "run", "read", "```bash\nls\n```", "<tool_call>{\"name\": 1}</tool_call>", "<returncode>0</returncode>",
     "Action: search[x]", "execute[SELECT 1]", "submit", "[{\"role\": 3}]", "{", "", "diff --git a/x b/x", "<think>", "\\boxed{", "finish[", "1"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=30)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_no_value_crashes_any_format(value):
    for format in ("auto", *formats.FORMATS):
        with suppress(RowError):
            formats.parse(value, format)


@pytest.mark.parametrize("format", [name for name in formats.FORMATS if name != "reflexion"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_damaged_sample_crashes_its_format(format, data):
    path = data.draw(st.sampled_from(samples(format)))
    value = json.loads(json.dumps(data.draw(st.sampled_from(records(path))).value))
    places = [(value, key) for key in (value if isinstance(value, dict) else range(len(value)))]
    while data.draw(st.integers(0, 4)) and places:
        parent, key = data.draw(st.sampled_from(places))
        inner = parent[key]
        deeper = [(inner, k) for k in inner] if isinstance(inner, dict) else [(inner, i) for i in range(len(inner))] if isinstance(inner, list) else []
        if not deeper:
            break
        places = deeper
    if places:
        parent, key = data.draw(st.sampled_from(places))
        parent[key] = data.draw(VALUES)
    with suppress(RowError):
        formats.parse(value, format)


@pytest.mark.parametrize(
    ("name", "data", "split"),
    [
        ("runs.jsonl", b'{"messages": []}\n{"messages": []}\n', True),
        ("runs.jsonl.gz", b'{"messages": []}\n{"messages": []}\n', False),
        ("runs.jsonl", b'[{"messages": []},\n{"messages": []}]\n', False),
        ("runs.parquet", b"PAR1" + b"\0" * 40, False),
        ("runs.jsonl", b'{"x": "' + b"y" * (3 << 20) + b'"}\n{}\n', True),
        ("session.jsonl", (SAMPLES / "claude_code" / "session.jsonl").read_bytes(), False),
        ("session.jsonl", (SAMPLES / "codex" / "session.jsonl").read_bytes(), False),
        ("session.jsonl", (SAMPLES / "typed_parts" / "goose_session.jsonl").read_bytes(), False),
        ("session.jsonl", (SAMPLES / "openai_chat" / "lines.jsonl").read_bytes(), False),
        ("spans.jsonl", (SAMPLES / "openai_chat" / "phoenix.jsonl").read_bytes(), False),
        ("runs.jsonl", b'{"role": "x", "content": "y", "question": "z"}\n' * 2, True),
        ("runs.jsonl", b'{"prompt": "z", "message": {"role": "assistant", "content": "y"}}\n' * 2, True),
    ],
)
def test_only_lines_that_are_runs_of_their_own_can_be_split(name, data, split):
    stream = io.BytesIO(data)
    assert formats.can_be_split("auto", name, stream) is split
    assert stream.tell() == 0
    assert not formats.can_be_split("claude_code", name, stream)


HOSTILE = 1 << 20


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("format", "said"),
    [
        ("openai_chat", "finish[\n" * (HOSTILE // 8)),
        ("openai_chat", "final answer:\n" * (HOSTILE // 14)),
        ("openai_chat", "\\boxed{" * (HOSTILE // 7)),
        ("openai_chat", "<think></think>" * (HOSTILE // 15)),
        ("auto", "user\n" * (HOSTILE // 5)),
        ("auto", "\nassistant\n" * (HOSTILE // 11)),
        ("text", "<|start|>a<|message|>" * (HOSTILE // 20)),
        ("text", "<|start|><|message|><|channel|>" * (HOSTILE // 30)),
        ("text", "<|user|><|assistant|>" * (HOSTILE // 20)),
        ("text", "ASSISTANT:\n" * (HOSTILE // 11)),
        ("text", "[INST][/INST]" * (HOSTILE // 13)),
        ("text", "<\uff5cUser\uff5c><\uff5cAssistant\uff5c>" * (HOSTILE // 19)),
        ("webdancer", "[TOOL_CALLS][" * (HOSTILE // 13)),
        ("webdancer", "[TOOL_CALLS]<result>" * (HOSTILE // 20)),
        ("webdancer", "<tool_call>" + "<arg_key>" * (HOSTILE // 9) + "</tool_call>"),
        ("webdancer", "<action>" * (HOSTILE // 8) + "</action>"),
        ("webdancer", "<tool_call>" * (HOSTILE // 11)),
        ("webdancer", "<tool_call></tool_call>" * (HOSTILE // 23)),
        ("webdancer", "<function=x>" + "<parameter=" * (HOSTILE // 11) + "</function>"),
        ("mini_swe_agent", "```bash\n" * (HOSTILE // 8)),
        ("fireact", "Action: \n" * (HOSTILE // 9)),
        ("anthropic_blocks", [{"type": "text", "text": "x" * 20}] * (HOSTILE // 20)),
        ("anthropic_blocks", [{"type": "tool_use", "name": "x"}] * (HOSTILE // 20)),
        ("openai_chat", '{"action": "x", "input": {' * (HOSTILE // 26)),
        ("openai_chat", '<details type="tool_calls" ' * (HOSTILE // 27)),
        ("openai_chat", "box@box:/# " * (HOSTILE // 11)),
        ("told", [{"kind": "toolCall", "tool_name": "x", "args": {}, "call": {}}, "x"] * (HOSTILE // 40)),
        ("told", [{"kind": "text", "text": "x"}] * (HOSTILE // 20)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_long_hostile_texts_take_no_more_than_linear_time(format, said):
    """Quadratic work on a megabyte would not end within the test's time limit."""
    value = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": said}]}
    if format == "told":
        format, value = "auto", {"log": [{"speaker": "agent", "parts": said}, {"kind": "toolResult", "output": "y"}]}
    elif format == "text":
        format, value = "auto", {"text": said, "question": "q"}
    elif format == "auto":
        value = {"prompt": "system\n\nuser\n" + said, "response": "<search>mill</search>"}
    with suppress(RowError):
        formats.parse(value, format)
