"""mini-swe-agent `.traj.json`: {info: {submission, exit_status}, messages, instance_id}, or its bare list of messages.

Each assistant message holds one fenced shell command; the next user message is its observation, with
<returncode> and <output>. Version 2 calls a `bash` tool instead: `tool_calls` answered by `role: tool`, or items of
the Responses API. The gold patch and the success report stand in other files.
"""

from __future__ import annotations

import re
from typing import Any

from factory.errors import RowError
from factory.formats import rows
from factory.formats.answers import patch_in, with_last_words
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.response_items import OUTPUTS, read_item
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
WHOLE_FILE = False

FENCE = re.compile(r"^```(?:mswea_bash_command|bash|sh|shell)[ \t]*\n", re.M)


def messages_of(value: Any) -> tuple[dict[str, Any], list[Any]]:
    if isinstance(value, list):
        return {}, need_list(value, "messages")
    row = need_dict(value, "")
    return row, need_list(row.get("messages"), "messages")


def sniff(value: Any) -> str:
    if isinstance(value, dict) and str(value.get("trajectory_format", "")).startswith("mini-swe-agent"):
        return f"`trajectory_format` is {value['trajectory_format']}"
    try:
        _, messages = messages_of(value)
    except RowError:
        return ""
    for index in range(3, min(len(messages), 8)):
        said, seen = messages[index - 1], messages[index]
        if isinstance(said, dict) and isinstance(seen, dict) and said.get("role") == "assistant" and seen.get("role") == "user":
            text, back = said.get("content"), seen.get("content")
            if isinstance(text, str) and isinstance(back, str) and FENCE.search(text) and "<returncode>" in back[:200]:
                return f"`messages[{index - 1}]` holds a fenced command, and the next one its <returncode>"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row, messages = messages_of(value)
    turns, question, submitted = Turns(), "", ""
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        message = need_dict(message, place)
        if isinstance(message.get("output"), list):
            turns.begin()
            for number, item in enumerate(message["output"]):
                read_item(turns, item, f"{place}.output[{number}]")
            continue
        if message.get("type") in OUTPUTS:
            seen = content_text(message.get("output"), f"{place}.output")
            turns.observe(seen, text_at(message, "call_id"), failed=has_failed(seen))
            continue
        role, text = message.get("role"), content_text(message.get("content"), f"{place}.content")
        if role == "assistant" and (calls := message.get("tool_calls")):
            if "trajectory_format" not in row and "extra" not in message:
                raise mismatch(f"{place}.content", "one fenced command, and no tool_calls")
            turns.begin()
            turns.think(text_at(message, "reasoning_content"))
            turns.say(text)
            for number, call in enumerate(need_list(calls, f"{place}.tool_calls")):
                function = need_dict(need_dict(call, f"{place}.tool_calls[{number}]").get("function"), f"{place}.tool_calls[{number}].function")
                turns.call(text_at(function, "name"), arguments_of(function.get("arguments")), text_at(call, "id"))
        elif role == "assistant":
            turns.begin()
            command, said = command_in(text)
            turns.say(said)
            if command:
                turns.call("bash", {"command": command})
        elif role == "tool":
            turns.observe(text, text_at(message, "tool_call_id"), failed=has_failed(text))
        elif role == "user":
            if not question and not turns.calls:
                question = question_in(text)
                continue
            turns.observe(text, failed=has_failed(text))
            submitted = patch_in(text) if text.startswith(("diff --git", "COMPLETE_TASK")) else ""
        elif role not in ("system", "exit"):
            raise mismatch(f"{place}.role", "system, user or assistant", role)
    steps, final_reasoning = with_last_words(*turns.close())
    info = row.get("info")
    submission = text_at(info, "submission") if isinstance(info, dict) else ""
    return Trajectory(
        domain="swe" if domain == "auto" else domain,
        task_id=rows.task_id_of(row),
        question=question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=patch_in(submission) or submitted,
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of({key: row[key] for key in row.keys() - {"environment"}}),
    )


def has_failed(seen: str) -> bool:
    code = seen[12:40].partition("</returncode>")[0] if seen.startswith("<returncode>") else "0"
    return code.strip() != "0"


def command_in(text: str) -> tuple[str, str]:
    """(the command of the one fenced block, the text before it). Several blocks: the agent was told off, none ran."""
    found = FENCE.search(text)
    if not found:
        return "", text
    end = text.find("\n```", found.end() - 1)
    if end < 0 or FENCE.search(text, end + 4):
        return "", text
    return text[found.end() : end], text[: found.start()].strip().removeprefix("THOUGHT:").strip()
