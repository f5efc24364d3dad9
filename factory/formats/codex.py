"""Codex session rollouts: JSONL of {timestamp, type: session_meta | response_item | event_msg, payload}, one session a file.

Older ones have the items themselves on the lines, after a first line {id, timestamp, instructions}. `codex exec --json`
prints {type: item.completed, item: {type: command_execution, command, aggregated_output}}; the prompt is not among it.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, text_at
from factory.formats.response_items import KNOWN, read_item
from factory.formats.turns import Turns
from factory.records import Environment, Trajectory
from factory.vocabulary import domain_of

VERSION = "3"
WHOLE_FILE = True
AROUND = ("<environment_context>", "<user_instructions>", "<ENVIRONMENT_CONTEXT>", "# AGENTS.md", "<permissions")


def sniff(value: Any) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(line, dict) for line in value[:20]):
        return ""
    if value[0].get("type") == "session_meta" and isinstance(value[0].get("payload"), dict):
        return "the first line is a session_meta"
    if value[0].get("type") == "thread.started" and any(str(line.get("type")).startswith("item.") for line in value[1:8]):
        return "the first line is a thread.started"
    if {"id", "timestamp"} <= value[0].keys() and "role" not in value[0] and any("message" not in line and line.get("type") in KNOWN for line in value[1:8]):
        return "a first line with id and timestamp, then items of the Responses API"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    lines = need_list(value, "lines")
    turns, question, meta = Turns(), "", {}
    for index, line in enumerate(lines):
        line = need_dict(line, f"lines[{index}]")
        kind = line.get("type")
        if kind == "session_meta" or (index == 0 and kind is None and "timestamp" in line):
            meta = line.get("payload") if isinstance(line.get("payload"), dict) else line
            continue
        if kind == "thread.started":
            meta = {"id": text_at(line, "thread_id")}
        if kind == "item.completed":
            executed(turns, need_dict(line.get("item"), f"lines[{index}].item"))
            continue
        item = need_dict(line.get("payload"), f"lines[{index}].payload") if kind == "response_item" else line
        if item.get("type") not in KNOWN:
            continue  # events for the screen, and records of settings
        if item.get("role") == "user":
            text = content_text(item.get("content"), f"lines[{index}].content").strip()
            if not question and not text.startswith(AROUND):
                question = text
        else:
            read_item(turns, item, f"lines[{index}]")
    if not meta:
        raise mismatch("lines[0]", "a session_meta")
    steps, last = turns.close()
    domain = rows.domain_for({}, steps, domain, domain_of(steps) or "swe")
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    git = meta.get("git") if isinstance(meta.get("git"), dict) else {}
    return Trajectory(
        domain=domain,
        task_id=text_at(meta, "id"),
        question=question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=final_answer,
        environment=Environment(base_commit=text_at(git, "commit_hash")),
    )


def executed(turns: Turns, item: dict[str, Any]) -> None:
    """An item of `codex exec --json`."""
    kind = item.get("type", item.get("item_type"))
    turns.begin()
    if kind in ("agent_message", "assistant_message", "reasoning"):
        turns.say(text_at(item, "text"))
    elif kind == "command_execution":
        failed = item.get("exit_code") not in (0, None)
        turns.call("shell_command", {"command": text_at(item, "command")}, observation=text_at(item, "aggregated_output"), failed=failed)
    elif kind == "file_change":
        for change in item["changes"] if isinstance(item.get("changes"), list) else ():
            if isinstance(change, dict):
                turns.call("edit_file", {"path": text_at(change, "path")}, observation="")
    elif kind == "mcp_tool_call":
        result = item.get("result")
        seen = content_text(result.get("content"), "item.result.content") if isinstance(result, dict) else ""
        turns.call(text_at(item, "tool"), arguments_of(item.get("arguments")), observation=seen, failed=bool(item.get("error")))
    elif kind == "web_search":
        turns.call("web_search", {"query": text_at(item, "query")}, observation="")
