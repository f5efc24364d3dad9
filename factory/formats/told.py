"""Messages and events in a spelling that no reader knows, put into plain chats by what their own words say.

Every log of an agent says who speaks, which tool is called with what, and what came back; they differ in the names for it
and in what stands around it. An item is read by the words of its type (`tool.execution_complete`, `FunctionResultContent`,
`ToolUse`, `reasoning_message`) and by fields that mean the same under many names. So are sessions of Copilot, Cursor, Droid,
Crush, Amp and Zed, Semantic Kernel, Letta, CAMEL, Mastra, LM Studio and exports of ChatGPT. A record in which no call is
answered tells nothing; this is tried last, and where the reader of a known format found no call.
"""

from __future__ import annotations

from typing import Any

from factory.formats.fields import MAX_TURNS, content_text, decoded
from factory.formats.told_text import calls_in_text, screens
from factory.formats.told_words import (
    ACTS,
    ANSWERED,
    AROUND,
    ASKED,
    BESIDE,
    CALL,
    CALLS,
    CAME_BACK,
    CLOSING,
    DEEPEST,
    ENDS,
    GIVEN,
    IDS,
    INSIDE,
    NAMES,
    RESULTS,
    SAID,
    SPEAKERS,
    TEXTS,
    THINKS,
    THOUGHT,
    TOOL,
    TYPES,
    are_texts,
    first,
    role_of,
    said,
    squeezed,
    words_in,
)  # fmt: skip

MAX_PLACES = 500
def told(value: Any) -> tuple[dict[str, Any], str] | None:
    """(the record with a plain chat under `messages`, where its items stand); None when it tells of no call that was answered."""
    best, place = Reading(), ""
    for path, items in lists_of(value):
        reading = Reading()
        for item in items[:MAX_TURNS]:
            reading.read(item, "")
        if reading.num_answered > best.num_answered:
            best, place = reading, path
    if not best.num_answered:
        return None
    row = {key: field for key, field in value.items() if key not in ("messages", place.partition(".")[0])} if isinstance(value, dict) else {}
    if not any(message["role"] == "user" for message in best.messages) and isinstance(asked := first(squeezed(row), ASKED), str):
        best.messages.insert(0, {"role": "user", "content": asked})
    return row | {"messages": [joined(message) for message in best.messages]}, place or "the items"


def joined(message: dict[str, Any]) -> dict[str, Any]:
    return {key: "".join(field) if key in TEXTS else field for key, field in message.items()}


def lists_of(value: Any) -> list[tuple[str, list[Any]]]:
    """(path, items) of a record that is a list, of the lists in its fields and not far below, and of a tree up from its current node."""
    found: list[tuple[str, Any]] = [("", value)]
    for path, place in found:  # which grows
        if isinstance(place, dict) and path.count(".") < 3 and len(found) < MAX_PLACES:
            found += [(f"{path}.{key}".lstrip("."), branch(inner, place.get("current_node")) if key == "mapping" else inner) for key, inner in place.items()]
    return [(path, items) for path, items in found if isinstance(items, list) and items and all(isinstance(item, dict) for item in items)]


def branch(nodes: Any, at: Any) -> list[Any]:
    """The nodes from the root to the current one (an export of ChatGPT)."""
    found: list[Any] = []
    while isinstance(nodes, dict) and isinstance(at, str) and isinstance(node := nodes.get(at), dict) and len(found) < MAX_TURNS:
        found.append(node)
        at = node.get("parent")
    return found[::-1]


class Reading:
    """The messages of one list of items."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.names: dict[str, str] = {}
        """Every call's id and its tool."""
        self.waiting: dict[str, None] = {}
        """Calls that are not answered."""
        self.written: list[tuple[str, str]] = []
        """Those of them that stand in the agent's text, with their command: the next message of the user answers them."""
        self.num_answered = 0

    def read(self, item: Any, role: str, around: frozenset[str] = frozenset(), depth: int = 0) -> None:
        """around: the words of the types of what the item is wrapped in."""
        if isinstance(item, str):
            self.say(item, role)
        elif isinstance(item, list) and depth < DEEPEST:
            for inner in item:
                self.read(inner, role, around, depth + 1)
        elif isinstance(item, dict) and depth < DEEPEST:
            self.read_object(item, role, around, depth)

    def read_object(self, item: dict[str, Any], role: str, around: frozenset[str], depth: int) -> None:
        if len(item) == 1 and isinstance(name := next(iter(item)), str) and isinstance(inner := item[name], dict | str):
            item = {"type": name} | (inner if isinstance(inner, dict) else {"text": inner})  # {"ToolUse": {...}}
        fields = squeezed(item)
        words = words_in(fields, TYPES) | around
        role = role_of(words_in(fields, SPEAKERS[:3]) or words_in(fields, SPEAKERS)) or role_of(words - TOOL) or ("tool" if words and words <= TOOL else role)
        if "user" in fields and "assistant" in fields:  # Amazon Q: an exchange
            self.read(fields["user"], "user", frozenset(), depth + 1)
            self.read(fields["assistant"], "assistant", frozenset(), depth + 1)
            return
        nested = next((fields[key] for key in CALL if isinstance(fields.get(key), dict)), None)
        for key in AROUND if nested is None else ():
            if isinstance(inner := fields.get(key), dict):
                beside = {name: field for name, field in item.items() if isinstance(field, str | int) and name not in inner and name != "type"}
                self.read_object(beside | inner, role, words, depth + 1)
                return
        if nested is not None:
            self.think_beside(fields)
            self.call_or_result(squeezed(nested), words | {"tool"}, fields)
            if (seen := first(fields, BESIDE)) is not None:
                self.observe(said(seen), None, fields)
        elif any(isinstance(fields.get(key), list | dict) and fields[key] for key in (*CALLS, *RESULTS)):
            self.read_message(fields, role or "assistant", words, depth)
        elif words & TOOL and (words & (ACTS | ENDS) or isinstance(fields.get("state"), dict)):
            if role == "assistant" and isinstance(content := fields.get("content"), str) and first(fields, GIVEN) is not None:
                self.agent(content, "content")  # CAMEL
            self.call_or_result(fields, words, {})
        elif role == "tool" and (isinstance(content := fields.get("content"), str) or are_texts(content)):
            self.observe(said(content), first(fields, IDS[:4]), fields)
        elif role == "assistant" and isinstance(to := fields.get("recipient"), str) and to not in ("all", "user"):
            self.call(to, content_text(fields.get("content"), "") or said(fields.get("content")), "")
        else:
            self.read_message(fields, role, words, depth)

    def read_message(self, fields: dict[str, Any], role: str, words: frozenset[str], depth: int) -> None:
        if not role and words & CLOSING and isinstance(answer := first(fields, ANSWERED), str):
            self.agent(answer, "content")
            return
        if not role and not self.messages and isinstance(asked := first(fields, ASKED), str):
            self.say(asked, "user")
            return
        role = "assistant" if any(isinstance(fields.get(key), list) for key in CALLS) or "finaltext" in fields or (words & THOUGHT and not role) else role
        thoughts = [fields[key] for key in THINKS if isinstance(fields.get(key), str)]
        inner = first(fields, INSIDE)
        if words & THOUGHT:
            thoughts, inner = [said(thoughts[0] if thoughts else inner)], None
        if role == "assistant" and thoughts:
            self.agent(thoughts[0], "reasoning_content")
        if isinstance(inner, list) and inner is fields.get("versions"):
            chosen = fields.get("currentlyselected")
            inner = inner[chosen] if isinstance(chosen, int) and 0 <= chosen < len(inner) else inner[:1]
        if isinstance(inner, str) and inner is fields.get("parts"):  # Crush
            inner = decoded(inner)
        if isinstance(inner, str) and role == "assistant" and fields.get("delta") is True:
            self.agent(inner, "content", "")
        else:
            self.read(inner, role, frozenset(), depth + 1)
        calls = next((fields[key] for key in CALLS if isinstance(fields.get(key), list)), [])
        for call in calls:
            if isinstance(call, dict):
                self.call_or_result(squeezed(call), frozenset({"tool", "call"}), {})
        results = first(fields, RESULTS)
        results = first(squeezed(results), RESULTS) or results if isinstance(results, dict) else results
        for call_id, result in results.items() if isinstance(results, dict) else enumerate(results) if isinstance(results, list) else ():
            beside = squeezed(result) if isinstance(result, dict) else {}
            self.observe(said(result), first(beside, IDS) or call_id, beside)

    def think_beside(self, fields: dict[str, Any]) -> None:
        if isinstance(thought := first(fields, ("thought", "thoughts", *THINKS)), str):
            self.agent(thought, "content")

    def call_or_result(self, fields: dict[str, Any], words: frozenset[str], outer: dict[str, Any]) -> None:
        """A call, its result, or both."""
        for key in ("state", "function"):
            if isinstance(inner := fields.get(key), dict):
                fields = {name: field for name, field in fields.items() if name != key} | squeezed(inner)
        name = next((fields[key] for key in NAMES if isinstance(fields.get(key), str) and fields[key]), "")
        if not name and len(fields) == 1 and isinstance(inner := next(iter(fields.values())), dict):  # Cursor: {"readToolCall": {...}}
            name, fields = next(iter(fields)).removesuffix("toolcall"), squeezed(inner)
        call_id = first(fields, IDS) if first(fields, IDS) is not None else first(outer, IDS)
        ended = bool(words & ENDS)
        given = first(fields, GIVEN)
        seen = first(fields, (*CAME_BACK, *SAID) if ended else CAME_BACK)
        known = call_id is not None and str(call_id) in self.names
        if name and given is not None and not known and not (ended and call_id is None and self.names.get(next(iter(self.waiting), "")) == name):
            call_id = self.call(name, given, call_id)
        if seen is not None or (ended and "subtype" not in fields and given is None):
            self.observe(said(seen), call_id, fields)

    def agent(self, text: str, key: str, between: str = "\n\n") -> dict[str, Any]:
        """The agent's message at the end, with `text` added to it."""
        if not self.messages or self.messages[-1]["role"] != "assistant" or (text and "tool_calls" in self.messages[-1]):
            self.messages.append({"role": "assistant", "content": []})
        pieces = self.messages[-1].setdefault(key, [])
        pieces += [between, text] if pieces and text else [text] if text else []
        return self.messages[-1]

    def call(self, name: str, given: Any, call_id: Any) -> str:
        call_id = str(call_id) if call_id not in (None, "") and str(call_id) not in self.names else f"#{len(self.names)}"
        self.names[call_id] = name
        self.waiting[call_id] = None
        self.agent("", "content").setdefault("tool_calls", []).append({"id": call_id, "function": {"name": name, "arguments": given}})
        return call_id

    def observe(self, text: str, call_id: Any, fields: dict[str, Any]) -> None:
        call_id = str(call_id) if str(call_id) in self.waiting else next(iter(self.waiting), None) if str(call_id) not in self.names else None
        if call_id is None:
            return
        del self.waiting[call_id]
        failed = bool(fields.get("iserror")) or fields.get("success") is False or fields.get("status") in ("error", "failed")
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": text, "is_error": failed})
        self.num_answered += bool(text.strip())

    def say(self, text: str, role: str) -> None:
        if role == "tool":
            self.observe(text, None, {})
        elif role == "user" and self.written:
            for (call_id, _), seen in zip(self.written, screens(text, [command for _, command in self.written])):
                self.observe(seen, call_id, {})
            self.written = []
        elif role == "user":
            self.messages.append({"role": "user", "content": text})
        elif role == "assistant":
            rest, calls = calls_in_text(text)
            for before, name, given, seen in calls:
                self.agent(before, "content")
                call_id = self.call(name, given, None)
                if seen is not None:
                    self.observe(said(seen), call_id, {})
                else:
                    self.written.append((call_id, given.get("command", "") if isinstance(given, dict) else ""))
            if rest.strip():
                self.agent(rest.strip(), "content")
