"""Reading fields of untrusted JSON: what has the wrong type is a `format_mismatch` that names the field's path."""

from __future__ import annotations

import json
from typing import Any

from factory import syntax_trees
from factory.decoding import decode
from factory.errors import RowError

MAX_TURNS = 10_000
"""Messages or events of one run."""
MAX_LITERAL = 200_000
"""Characters of a Python literal: its parser is slow and recurses."""


def mismatch(path: str, wanted: str, value: Any = None) -> RowError:
    found = "nothing" if value is None else f"{type(value).__name__} {str(value)[:60]!r}"
    return RowError("format_mismatch", f"`{path}`: wanted {wanted}, found {found}")


def need_dict(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise mismatch(path, "an object", value)
    return value


def need_list(value: Any, path: str) -> list[Any]:
    """A list of at most MAX_TURNS items; a list that was stored as a JSON string is read."""
    if isinstance(value, str) and value[:1] == "[":
        value = decoded(value)
    if not isinstance(value, list):
        raise mismatch(path, "a list", value)
    if len(value) > MAX_TURNS:
        raise RowError("too_large", f"`{path}` has {len(value):,} turns; at most {MAX_TURNS:,} are read")
    return value


def need_text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise mismatch(path, "text", value)
    return value


def text_at(value: dict[str, Any], *keys: str) -> str:
    """The first of `keys` that holds text or a number, as text; "" when none does."""
    for key in keys:
        found = value.get(key)
        if found is None:
            continue
        if isinstance(found, str):
            if found:
                return found
        elif isinstance(found, int | float) and not isinstance(found, bool):
            return str(found)
    return ""


def flag_at(value: dict[str, Any], *keys: str) -> bool | None:
    """The first of `keys` that holds true or false, or a reward from 0 to 1, of which 1 is true; on another scale nobody knows."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, bool):
            return found
        if isinstance(found, int | float):
            return found == 1 if found <= 1 else None
    return None


def decoded(text: str) -> Any:
    """JSON inside a string; None when it is no JSON."""
    try:
        return decode(text.encode("utf-8", "replace"))
    except RowError:
        return None


def literal_in(text: str) -> Any:
    """The value of a Python literal, which loggers print where they should write JSON; `text` itself when it is none."""
    if len(text) > MAX_LITERAL:
        return text
    try:
        return syntax_trees.literal(text.strip())
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return text


def arguments_of(value: Any) -> dict[str, Any]:
    """Arguments of a call, given as an object or as JSON text; other text goes under `input`."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return {}
        value = decoded(text) if text[0] in '{["' else text
        if value is None:  # cut short, or not JSON at all
            value = literal_in(text)
            value = value if isinstance(value, dict) else text
    if isinstance(value, dict):
        only = value.get("input") if len(value) == 1 else None  # LangSmith keeps the printed arguments there
        inner = literal_in(only) if isinstance(only, str) and only[:1] == "{" else None
        return inner if isinstance(inner, dict) else value
    return {} if value is None else {"input": value}


def content_text(value: Any, path: str) -> str:
    """Text of a message: a string, nothing, or a list of parts of which the text ones count."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return part_text(value)
    if not isinstance(value, list):
        raise mismatch(path, "text or a list of parts", value)
    return "\n".join(text for part in value if (text := part if isinstance(part, str) else part_text(part)))


def part_text(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    if isinstance(document := part.get("document"), dict):  # Cohere
        return as_text(document.get("data"))
    for key in ("text", "content", "output"):
        found = part.get(key)
        if isinstance(found, str):
            return found
        if isinstance(found, dict) and isinstance(found.get("value"), str):
            return found["value"]
        if isinstance(found, list) and key == "content":
            return "\n".join(text for inner in found if (text := part_text(inner)))
    return ""


def thoughts_in(content: Any) -> str:
    """The reasoning among the parts of a message."""
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict) and part.get("type") in ("reasoning", "thinking")]
    return "\n".join(text for part in parts if (text := text_at(part, "reasoning", "thinking", "summary")))


def texts_of(value: Any) -> list[str]:
    """Strings of a possibly nested list, in order, each once; JSON text of a list is read."""
    if isinstance(value, str) and value[:1] == "[":
        inner = decoded(value)
        value = inner if isinstance(inner, list) else value
    found: dict[str, None] = {}
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list | tuple):
            stack.extend(reversed(item))
        elif isinstance(item, bool):
            found["yes" if item else "no"] = None
        elif isinstance(item, str | int | float) and str(item).strip():
            found[str(item).strip()] = None
    return list(found)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
