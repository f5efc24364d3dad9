"""Calls that agents write as text: `<function=NAME>` with parameters, and `Name(key="value")` as Python has it, alone or in code."""

from __future__ import annotations

import ast
import re
from typing import Any

from factory import syntax_trees
from factory.vocabulary import TOOLS

MAX_CALLS = 50
"""Calls of one list: the text is searched anew for each."""
MAX_CALL = 200_000
"""Characters of a call in Python's syntax: its parser is slow and recurses."""
TOOL_CALL = re.compile(r"\b([a-z_]{3,40})\([^()\n]{1,2000}\)")


def function_tag(inside: str) -> tuple[str, dict[str, Any]]:
    """(name, arguments) of what stands after `<function=`."""
    name, _, rest = inside.partition(">")
    arguments = {}
    for part in rest.split("<parameter=")[1:]:
        key, _, value = part.partition(">")
        arguments[key.strip()] = value.rpartition("</parameter>")[0].strip("\n") if "</parameter>" in value else value
    return name.strip(), arguments


def python_call(text: str) -> tuple[str, dict[str, Any]]:
    """(name, arguments) of `Name(key=value, ...)`; the name is "" when the text is no such call."""
    text = text.strip()
    name, opened, _ = text.partition("(")
    if not opened or not name.isidentifier() or not text.endswith(")") or len(text) > MAX_CALL:
        return "", {}
    try:
        call = syntax_trees.expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return by_hand(name, text[len(name) + 1 : -1])
    if not isinstance(call, ast.Call):
        return "", {}
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg} | {f"input{number or ''}": value for number, value in enumerate(call.args)}
    return name, {key: value.value for key, value in given.items() if isinstance(value, ast.Constant) and isinstance(value.value, str | int | float)}


def python_calls(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The calls of `[Name(key=value, ...), ...]`; [] when the text is no such list."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith(")]")) or len(text) > MAX_CALL:
        return []
    try:
        made = syntax_trees.expression(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    calls = made.elts if isinstance(made, ast.List) else ()
    return [python_call(ast.get_source_segment(text, call) or "") for call in calls[:MAX_CALLS] if isinstance(call, ast.Call)]


def by_hand(name: str, inside: str) -> tuple[str, dict[str, Any]]:
    """A call whose quotes stand unescaped inside quotes: its one argument reaches to the last quote."""
    key, equals, value = inside.partition("=")
    value = value.strip()
    if equals and key.strip().isidentifier() and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return name, {key.strip(): value[1:-1]}
    return "", {}


def tool_in(code: str) -> tuple[str, dict[str, Any]]:
    """The one known tool that Python code calls; the interpreter where it calls none or several, whose output is mixed."""
    calls = [call for found in TOOL_CALL.finditer(code) if found.group(1) in TOOLS and (call := python_call(found.group()))[0]]
    return calls[0] if len(calls) == 1 else ("python_interpreter", {"code": code})
