"""Chats in which the agent writes one command in a fenced block, and the next user message is what it printed.

SWE-smith's and SWE-agent's chats with a fence of no language (`OBSERVATION:` before the output), and agents of people's
own with bash or SQL fences. A fence alone is no call: chats show code, too. The next message must read like output.
Of code in Python (smolagents) one call of a known tool is read; other code is a call of the interpreter.
"""

from __future__ import annotations

import re
from typing import Any

from factory.errors import RowError
from factory.formats import rows
from factory.formats.call_text import tool_in
from factory.formats.fields import content_text, mismatch, need_dict, need_list
from factory.formats.file_commands import open_file_after, read_command
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False
FENCE = re.compile(r"^```([\w-]{0,12})[ \t]*\n(.*?)\n?^```[ \t]*(?:<end_code>)?[ \t]*$|^<(code)>[ \t]*\n(.*?)\n?^</code>", re.M | re.S)
MAX_TAIL, MAX_FENCES = 50_000, 100
"""Characters at the end of a message in which its command is looked for, and fences there beyond which it holds none."""
LANGUAGES = {"": "bash", "bash": "bash", "sh": "bash", "shell": "bash", "sql": "query", "sqlite": "query", "mysql": "query", "py": "python", "python": "python", "code": "python"}
OUTPUT = re.compile(r"\s*(?:\*\*|<)?(?:OBSERVATION|Observation|Output|OUTPUT|Execution (?:result|output)|Command output|stdout|STDOUT|Result|returncode|exit code|output)\b[^\n]{0,60}[:>]")
RUN_FIELDS = ("instance_id", "model_patch", "git_patch", "submission", "resolved", "exit_status", "db_id", "gold_sql")


def sniff(value: Any) -> str:
    messages = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(messages, list) or (isinstance(value, dict) and "trajectory_format" in value):
        return ""
    of_a_run = isinstance(value, dict) and any(key in value for key in RUN_FIELDS)
    for index in range(1, min(len(messages) - 1, 8)):
        said, seen = messages[index], messages[index + 1]
        if not (isinstance(said, dict) and isinstance(seen, dict)) or said.get("tool_calls"):
            return ""
        if said.get("role") == "assistant" and seen.get("role") in ("user", "tool"):
            text, back = (content_text(message.get("content"), "") if isinstance(message.get("content"), str | list) else "" for message in (said, seen))
            if not ("```" in text or "<code>" in text):
                continue
            command, language, _ = command_in(text)
            if command and ((of_a_run and LANGUAGES[language] != "python") or OUTPUT.match(back)):
                return f"`messages[{index}]` ends in a fenced command, and the next one is its output"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row = {"messages": value} if isinstance(value, list) else need_dict(value, "")
    turns, question, shown = Turns(), "", ""
    messages = need_list(row.get("messages"), "messages")
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        message = need_dict(message, place)
        role, text = message.get("role"), content_text(message.get("content"), f"{place}.content")
        if message.get("tool_calls"):
            raise mismatch(f"{place}.content", "a fenced command, and no tool_calls")
        if role == "assistant":
            turns.begin()
            command, language, said = command_in(text)
            if not command:
                turns.say(text)
            elif LANGUAGES[language] == "python":
                turns.say(said)
                turns.call(*tool_in(command))
            elif LANGUAGES[language] == "query":
                turns.say(said)
                turns.call("query", {"sql": command})
            elif index + 1 < len(messages) or command.split()[:1] == ["submit"]:
                turns.say(said)
                turns.call(*read_command(command, shown))
            else:
                turns.say(text)  # the last words may show code
        elif role in ("user", "tool"):
            if not turns.calls and not question:
                question = question_in(text)
                continue
            turns.observe(text.removeprefix("OBSERVATION:").lstrip("\n") if text.startswith("OBSERVATION:") else text.removeprefix("Observation:\n").removeprefix("Execution logs:\n"))
            after = open_file_after(text)
            shown = shown if after is None else after
        elif role not in ("system", "developer"):
            raise mismatch(f"{place}.role", "system, user or assistant", role)
    if not turns.calls:
        raise RowError("format_mismatch", "`messages`: wanted a fenced command in what the assistant says, found none")
    return rows.run_of(row, *turns.close(), domain, question)


def command_in(text: str) -> tuple[str, str, str]:
    """(command, language, text before it) of the last fenced block, when nothing but a little text follows it."""
    start = max(0, len(text) - MAX_TAIL)
    if text.count("```", start) + text.count("<code>", start) > MAX_FENCES:
        return "", "", text  # each that is not closed is looked for to the end
    blocks = list(FENCE.finditer(text, start))
    found = blocks[-1] if blocks else None
    if found is None or (found.group(3) or found.group(1) or "").lower() not in LANGUAGES or len(text) - found.end() > 200:
        return "", "", text
    language, command = (found.group(3), found.group(4)) if found.group(3) else (found.group(1).lower(), found.group(2))
    return command.strip("\n"), language, text[: found.start()]
