"""Raw formats: one file each. A format turns one raw record into one Trajectory.

A member is a module with
  VERSION: str                     raised when its output changes
  WHOLE_FILE: bool                 the object is the unit (a session log), not a record of it
  sniff(value) -> str              why it is this format, or "" when it is not; never raises
  parse(value, domain) -> Trajectory | list[Trajectory]     RowError("format_mismatch", path of the field) when it does
                                   not fit; a list only where one object holds many runs that no container splits
`value` is the decoded JSON of one record; for WHOLE_FILE formats the list of decoded lines, or the text.
`domain` is the one asked for, or "auto".

What members share: fields (typed access to untrusted JSON), turns (calls and what came back), questions, answers,
rows (fields beside the messages), content_blocks, response_items, react_text, call_text, call_tags, call_parts, file_commands.
A record that no member fits as it stands is tried once more in the plain form that `wrapped` makes of it: chats under other
keys, `templates`, `sessions` of one message a line, `traces` and their `spans`; then by what its items say of themselves (`told`). What `unusable` knows is refused with what it lacks.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any, BinaryIO

from factory.containers import first_values, is_lined
from factory.errors import RowError, SettingsError
from factory.formats.told import told
from factory.formats.unusable import lacks
from factory.formats.wrapped import opened, unwrapped
from factory.records import Source, Trajectory
from factory.shapes import are_turns
from factory.spans import are_spans

# name -> module under factory.formats, imported when first used; the order is the order of detection
VERSION = "4"
"""Raised when what the formats share reads a record differently: chats that are wrapped, templates, traces, turns, rows, fields."""

FORMATS: dict[str, str] = {
    "intercode": "intercode",
    "reflexion": "reflexion",
    "claude_code": "claude_code",
    "codex": "codex",
    "atif": "atif",
    "adp": "adp",
    "openai_responses": "openai_responses",
    "swe_agent": "swe_agent",
    "nebius": "nebius",
    "openhands_events": "openhands_events",
    "openhands_sdk": "openhands_sdk",
    "adk": "adk",
    "mini_swe_agent": "mini_swe_agent",
    "anthropic_blocks": "anthropic_blocks",
    "langgraph": "langgraph",
    "webdancer": "webdancer",
    "fireact": "fireact",
    "conversations": "conversations",
    "typed_parts": "typed_parts",
    "fenced_commands": "fenced_commands",
    "tool_steps": "tool_steps",
    "openai_chat": "openai_chat",
}


@lru_cache(64)  # detection asks for every format at every record
def load(name: str) -> Any:
    if name not in FORMATS:
        raise SettingsError(f"`{name}` is no format; known are {', '.join(FORMATS)}")
    return importlib.import_module(f"factory.formats.{FORMATS[name]}")


def detect(value: Any, name: str = "") -> tuple[str, str]:
    """(format, why it is that one); ("", what was seen) when none fits. The object's `name` is no evidence."""
    return recognise(opened(value))[:2]


def recognise(value: Any) -> tuple[str, str, Any]:
    """(format, why it is that one, what its parser reads): the value, or the plain form of a chat that it wraps."""
    if found := sniffed(value):
        return *found, value
    if (chat := unwrapped(value)) and (found := sniffed(chat[0])):
        return found[0], f"{found[1]}, where `messages` is `{chat[1]}` of the record", chat[0]
    known = lacks(value)
    if not known and (chat := told(value)) and (found := sniffed(chat[0])):
        return found[0], f"{found[1]}, as what its items say in `{chat[1]}`", chat[0]
    if known:
        return "", known, value
    if isinstance(value, dict):
        return "", f"an object with {', '.join(map(shown, list(value)[:8])) or 'no field'}", value
    if isinstance(value, str):
        return "", f"text that begins {value[:60]!r}", value
    return "", f"a {type(value).__name__}" + (f" of {len(value)}" if isinstance(value, list) else ""), value


def shown(key: str) -> str:
    """A field's name; one that is too long for a name is not cut, for what is cut no cleaning knows again."""
    return f"`{key}`" if len(key) <= 40 else f"a name of {len(key)} characters"


def sniffed(value: Any) -> tuple[str, str] | None:
    for format in FORMATS:
        if why := load(format).sniff(value):
            return format, why
    return None


def parse(value: Any, format: str = "auto", domain: str = "auto") -> list[Trajectory]:
    """The runs in one record's value; their source holds the format. RowError when it fits no format, or not this one."""
    asked = format != "auto"
    given = value = opened(value)
    if not asked or not format:
        format, seen, value = recognise(value)
        if not format or asked:
            raise RowError("unknown_format", seen)
    try:
        parsed = load(format).parse(value, domain)
    except RowError:
        chat = unwrapped(value) if asked and not sniffed(value) else None
        if not chat or not load(format).sniff(chat[0]):
            raise
        parsed = load(format).parse(chat[0], domain)
    runs = parsed if isinstance(parsed, list) else [parsed]
    if not asked and not calls_a_tool(runs) and value is not (chat := told(given) or (given, ""))[0] and chat[0] is not given:
        format, runs = "openai_chat", [load("openai_chat").parse(chat[0], domain)]
    if asked and not (calls_a_tool(runs) and load(format).sniff(value)):  # runs look alike: perhaps it is another format's
        likely, why, inner = recognise(value)
        if likely not in ("", format) and calls_a_tool(parse(inner, "auto", domain)):
            raise RowError("format_mismatch", f"nothing is written as `{format}` does; it looks like `{likely}`: {why}")
    return [run.model_copy(update={"source": Source(format=format)}) for run in runs]


def calls_a_tool(runs: list[Trajectory]) -> bool:
    return any(step.tool for run in runs for step in run.steps)


def reads_whole_file(format: str, name: str, stream: BinaryIO) -> bool:
    """Is the whole object one record (a session log), rather than each line of it? The stream must be seekable."""
    if format != "auto" and load(format).WHOLE_FILE:
        return True
    values = first_values(name, stream)
    if not values:
        return False
    return are_spans(values) or are_turns(values) or (format == "auto" and any(module.WHOLE_FILE and module.sniff(values) for module in map(load, FORMATS)))


def can_be_split(format: str, name: str, stream: BinaryIO) -> bool:
    """May shards of the object be read by byte ranges? The stream must be seekable; it is left at its start."""
    return is_lined(name, stream) and not reads_whole_file(format, name, stream)
