"""Calls that stand in the words of an agent as an object of JSON, or as the folded details that Open WebUI shows, and the screens
of a terminal that answer them (Terminus)."""

from __future__ import annotations

import html
import re
from typing import Any

from factory.formats.fields import arguments_of, decoded, text_at

DETAILS = '<details type="tool_calls"'
ATTRIBUTE = re.compile(r"\b(name|arguments|result)=\"([^\"]*)\"")
TOOL = ("tool", "tool_name", "action", "function", "name")
GIVEN = ("action_input", "tool_input", "tool_args", "arguments", "args", "parameters", "params", "input")
THOUGHT = ("thought", "thoughts", "reasoning", "analysis", "plan", "explanation")
KEYS = ("keystrokes", "command", "cmd")
PROMPT = re.compile(r"^(?:\([\w.-]{1,40}\) )?[\w.-]{1,60}@[\w.-]{1,60}:[^\n#$]{0,200}[#$] ?", re.M)
HEADS = ("New Terminal Output:", "Current Terminal Screen:", "Observation:", "OBSERVATION:", "Tool result:", "Result:")

Call = tuple[str, str, Any, Any]
"""(text before it, tool, arguments, what came back or None)"""


def calls_in_text(text: str) -> tuple[str, list[Call]]:
    """(text after the last call, the calls)."""
    if DETAILS in text:
        return folded(text)
    start, end = text.find("{"), text.rfind("}")
    around = (text[:start].strip() + text[end + 1 :].strip()).replace("```json", "").replace("```", "")
    found = decoded(text[start : end + 1]) if 0 <= start < end and len(around) < 4_000 else None
    if not isinstance(found, dict):
        return text, []
    thought = "\n".join(said for said in (around, *(text_at(found, key) for key in THOUGHT)) if said)
    if isinstance(commands := found.get("commands"), list) and commands:
        keys = [one if isinstance(one, str) else text_at(one, *KEYS) if isinstance(one, dict) else "" for one in commands]
        return "", [("" if number else thought, "bash", {"command": key.strip("\n")}, None) for number, key in enumerate(keys) if key.strip()]
    call = found["action"] if isinstance(found.get("action"), dict) else found
    given = next((call[key] for key in GIVEN if call.get(key) is not None), None)
    name = text_at(call, *TOOL)
    return ("", [(thought, name, arguments_of(given), None)]) if name and given is not None else (text, [])


def folded(text: str) -> tuple[str, list[Call]]:
    before, *blocks = text.split(DETAILS)
    calls: list[Call] = []
    for block in blocks:
        head, _, after = block.partition(">\n")
        inside, _, rest = after.partition("</details>")
        given = {name: html.unescape(found) for name, found in ATTRIBUTE.findall(head)}
        arguments = decoded(given.get("arguments", ""))
        result = given["result"] if given.get("result") else html.unescape(inside.partition("</summary>")[2].strip())
        opened = decoded(result)
        calls.append((before.strip(), given.get("name", ""), arguments_of(arguments), result if opened is None else opened))
        before = rest
    return before, calls


def screens(text: str, commands: list[str]) -> list[str]:
    """What each of the commands showed, in the order in which they were typed. A screen that cannot be cut is the first one's."""
    for head in HEADS:
        text = text.strip("\n").removeprefix(head).lstrip(" ")
    text = text.lstrip("\n")
    starts = [found for found in PROMPT.finditer(text)]
    shown = []
    for found, end in zip(starts, [*(later.start() for later in starts[1:]), len(text)]):
        typed, _, output = text[found.end() : end].partition("\n")
        if typed.strip():
            shown.append((typed.strip(), output))
    if len(shown) == len(commands) and all(typed == command.strip() for (typed, _), command in zip(shown, commands)):
        return [output for _, output in shown]
    return [text, *([""] * (len(commands) - 1))]
