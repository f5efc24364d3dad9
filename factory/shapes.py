"""The shape of an object, told from its bytes first and its name second, and of the runs inside a document."""

from __future__ import annotations

import re
from typing import Any

from factory.decoding import decode
from factory.errors import RowError
from factory.spans import by_trace

WRAPPERS = ("samples", "results", "trajectories", "runs", "rollouts", "simulations", "data")
"""Keys under which a document keeps its list of runs."""
RUN_KEYS = {"messages", "trajectory", "traj", "conversations", "conversation", "response", "history", "chat_history", "turn_history", "steps",
            "intermediate_steps", "trajectory_steps", "contents", "observations", "question"}
ASKED = {"prompt", "request", "input", "inputs"}
"""What stands beside a reply in a record of its own."""
EVENT_WORDS = ("tool", "function_call", "user_message", "user.message")
STAMPS = {"timestamp", "session_id", "sessionID", "sessionId"}
"""What the events of a session carry beside their type."""
TURN_KEYS = {"content", "message", "call_id", "payload", "output", "uuid"}
EVENT_KEYS = {"action", "observation", "kind"}
VISIBLE = re.compile(rb"\S")


def kind_of(name: str, head: bytes) -> str:
    """`parquet`, `archive`, `lines`, `document` or `text`, from the first megabyte and the name."""
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:4] == b"PK\x03\x04":
        return "archive"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    end = start.find(b"\n")
    line = start if end < 0 else start[:end]
    lined = name.endswith((".jsonl", ".ndjson"))
    if start[:1] not in (b"{", b"["):
        return "lines" if lined else "document" if name.endswith(".json") else "text"
    if line.strip() in (b"{", b"["):
        return "document"  # indented JSON, whatever its name
    if end < 0:
        return "lines" if lined and start[:1] == b"{" else "document"
    if not VISIBLE.search(start, end):
        return "document" if start[:1] == b"[" else "lines" if lined else "document"
    try:
        decode(line)
    except RowError:
        return "lines" if lined and start[:1] == b"{" else "document"
    return "lines"


def decodes(line: bytes) -> bool:
    try:
        decode(line)
    except RowError:
        return False
    return True


def elements_of(value: Any) -> list[tuple[str, Any]] | None:
    """The runs inside a document, each with its index or key; None when the document is one run."""
    if traces := by_trace(value):
        return traces
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value) and (is_turn(value[0]) or are_turns(value)):
            return None
        return [(str(index), item) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return None
    for key in () if value.keys() & RUN_KEYS else WRAPPERS:
        items = value.get(key)
        if isinstance(items, list) and items and all(isinstance(item, dict) for item in items) and not is_turn(items[0]):
            return [(str(index), item) for index, item in enumerate(items)]
    runs = list(value.values())
    if runs and all(isinstance(run, dict) for run in runs):
        shared = set(runs[0]).intersection(*runs)
        if len(shared) >= 3 and 2 * len(shared) >= len(set().union(*runs)):
            return list(value.items())
    return None


def are_turns(values: list[Any]) -> bool:
    """Are lines the messages or steps of one run, with lines that say something of it between them, rather than runs?"""
    if are_events(values) or are_updates(values):
        return True
    if not values or not all(isinstance(value, dict) and not value.keys() & (RUN_KEYS | ASKED) for value in values):
        return False
    return 2 * sum(map(says_something, values)) > len(values)


def are_events(values: list[Any]) -> bool:
    """Do all say what kind of event they are, of several kinds, one of which is a call or a message? Rows that are runs may have a type, too."""
    if not all(isinstance(value, dict) and not any(isinstance(value.get(key), list) for key in RUN_KEYS) for value in values):
        return False
    for key in ("event", "event_type", "message_type", "type"):
        kinds = {value[key] for value in values if isinstance(value.get(key), str) and (key != "type" or value.keys() & STAMPS)}
        if len(kinds) > 1 and all(isinstance(value.get(key), str) for value in values):
            return any(word in kind.lower() for kind in kinds for word in EVENT_WORDS)
    return False


def are_updates(values: list[Any]) -> bool:
    """Is each what one node of a LangGraph added, {node: {messages}}, of several nodes?"""
    nodes = [next(iter(value.items())) for value in values if isinstance(value, dict) and len(value) == 1]
    return len(nodes) == len(values) and len({name for name, _ in nodes}) > 1 and all(isinstance(node, dict) and isinstance(node.get("messages"), list) for _, node in nodes)


def says_something(item: dict[str, Any]) -> bool:
    """Is it a message or a step of an agent, perhaps inside what a session log writes around it?"""
    inner = item.get("message", item.get("info", item.get("data")))
    if isinstance(inner, dict) and ("role" in inner or ("type" in item and "content" in inner)):
        return True
    if "role" in item:
        return bool(item.keys() & {"content", "parts", "tool_calls"}) or str(item["role"]).startswith("_")  # Kimi's marks
    if (isinstance(item.get("type"), str) and item.keys() & STAMPS) or isinstance(item.get("message_type"), str):
        return True
    return item.keys() >= {"task", "task_images"} or item.keys() >= {"Role", "Items"} or "step_number" in item or "role_at_backend" in item


def is_turn(item: dict[str, Any]) -> bool:
    """Is it one message or event of a run, rather than a run?"""
    if item.keys() & RUN_KEYS:
        return False
    if says_something(item) or "role" in item or item.keys() >= {"from", "value"} or item.keys() >= {"kind", "parts"}:
        return True
    return ("type" in item and bool(item.keys() & TURN_KEYS)) or ("source" in item and bool(item.keys() & EVENT_KEYS))
