"""Claude Code sessions: JSONL of {type: user|assistant|..., message: {id, role, content}, uuid, isSidechain}, one session a file.

One assistant turn is split over several lines with the same `message.id`. Side chains are the conversations of
sub-agents: what they saw and edited belongs to the run, what they were asked is not its question. Also what
`--output-format stream-json` prints: {type, message, session_id}, between a line of type system and one of type result.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.content_blocks import read_agent, read_user
from factory.formats.fields import mismatch, need_dict, need_list, text_at
from factory.formats.turns import Turns
from factory.records import Trajectory
from factory.vocabulary import domain_of

VERSION = "3"
WHOLE_FILE = True
AROUND = ("<command-", "<local-command-", "<system-reminder>", "Caveat: The messages below", "[Request interrupted")
LINE_KEYS = {"uuid", "sessionId", "message", "type"}
STREAM_KEYS = {"session_id", "message", "type"}


def sniff(value: Any) -> str:
    if not isinstance(value, list):
        return ""
    for index, line in enumerate(value[:30]):
        if isinstance(line, dict) and (line.keys() >= LINE_KEYS or line.keys() >= STREAM_KEYS) and isinstance(line["message"], dict) and "parts" not in line["message"]:
            return f"line {index} is a message of a session"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    turns, question, session, said_by = Turns(), "", "", ""
    for index, line in enumerate(need_list(value, "lines")):
        place = f"lines[{index}]"
        line = need_dict(line, place)
        if line.get("type") not in ("user", "assistant"):
            continue
        session = session or text_at(line, "sessionId", "session_id")
        message = need_dict(line.get("message"), f"{place}.message")
        if line["type"] == "assistant":
            if not said_by or text_at(message, "id") != said_by:
                turns.begin()
            said_by = text_at(message, "id")
            read_agent(turns, message.get("content"), f"{place}.message.content")
        else:
            text = read_user(turns, message.get("content"), f"{place}.message.content").strip()
            if text and not question and not line.get("isSidechain") and not line.get("parent_tool_use_id") and not text.startswith(AROUND):
                question = text
    if not session:
        raise mismatch("lines", "lines with sessionId, type user or assistant, and message")
    steps, last = turns.close()
    domain = rows.domain_for({}, steps, domain, domain_of(steps) or "swe")
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=session,
        question=question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=final_answer,
    )
