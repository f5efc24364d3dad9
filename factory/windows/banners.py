"""Headings and frames that agents' tools put around what they show: exit codes and streams of commands, ranges of readers.

What is left inside counts as text of a file, so a frame that is not taken off would stand in the evidence. A frame is
taken off only where all of it is there; file text that looks like one is not covered.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Shown(NamedTuple):
    text: str
    first: int | None = None
    """Number of the first line, where the heading says it."""
    total: int | None = None
    """Lines of the file, where the heading says it."""


# Codex: what an exec tool says before the output
_EXEC = re.compile(
    r"(?:Chunk ID: [^\n]{0,80}\n)?(?:Exit code: (?P<exit>-?\d{1,9})\n)?(?:Wall time: [^\n]{0,80}\n)?"
    r"(?:Process exited with code (?P<code>-?\d{1,9})\n|Process running with session ID [^\n]{0,80}\n)?"
    r"(?:Original token count: \d{1,9}\n)?(?:Total output lines: \d{1,9}\n)?Output:\n"
)
# Gemini CLI and its descendants
_COMMAND = re.compile(r"Command: .{0,20000}?\n(?:Directory: [^\n]{0,500}\n)?(?:Stdout|Output): ", re.S)
_AFTER = re.compile(r"(?:\n(?:Error|Exit Code|Signal|Background PIDs|Process Group PGID): [^\n]*)+\s*\Z")
_EXIT = re.compile(r"\nExit Code: (-?\d{1,9})")
# streams under headings of their own
_STREAMS = re.compile(r"Exit code: (-?\d{1,9})\n(?:Execution output of \[[^\]\n]{0,80}\]:\n)?(?:\[STDOUT\]\n\n?|stdout:\n)")
_STDERR = re.compile(r"\n{0,2}(?:\[STDERR\]|stderr:)[ \t]*\n(.*)\Z", re.S)

_REMINDER = re.compile(r"\n*<system-reminder>(?:(?!<system-reminder>).)*</system-reminder>\s*\Z", re.S)
_RANGES = (
    re.compile(
        r"\s*IMPORTANT: The file content has been truncated\.\s*\nStatus: Showing lines (?P<first>\d{1,9})-\d{1,9} of (?P<total>\d{1,9}) total lines\."
        r"[^\n]*\n(?:Action: [^\n]*\n)?\s*--- FILE CONTENT \(truncated\) ---\n"
    ),
    re.compile(r"\[File content truncated: showing lines (?P<first>\d{1,9})-\d{1,9} of (?P<total>\d{1,9}) total lines\.[^\]\n]*\]\n"),
    re.compile(r"(?:Showing|Read) lines (?P<first>\d{1,9})-\d{1,9} of (?P<total>\d{1,9}) (?:total )?lines\.?[^\n]*\n\n---\n\n"),
    re.compile(r"Contents of [^\n]{1,500}, from line (?P<first>\d{1,9})-\d{1,9} \(total (?P<total>\d{1,9}) lines\):\n"),
    re.compile(r"File: `[^`\n]{1,500}`\. Lines (?P<first>\d{1,9}) to \d{1,9} \((?P<total>\d{1,9}) lines total\):[ \t]*\n"),
    re.compile(r"File: [^\n]{1,500}\nLines (?P<first>\d{1,9})-\d{1,9}:\n"),
    re.compile(r"\[(?:read_file|Read|open_file)[^\]\n]{0,500}\] Result:\n+"),
    re.compile(r"(?:<files>\s*)?<file>\s*<path>[^<\n]{1,500}</path>\s*<content(?: lines=\"(?P<first>\d{1,9})-\d{1,9}\")?>\n"),
)
_CLOSING = re.compile(r"\n?</content>\s*(?:</file>\s*)?(?:</files>\s*)?\Z")
_FENCE = re.compile(r"```[^\n`]{0,500}\n(?://|#) ?filepath: [^\n]{1,500}\n|```[^\n`]{0,500}\n")
_PROSE = (".md", ".markdown", ".rst", ".txt", ".mdx")


def of_command(text: str) -> tuple[str, bool] | None:
    """(standard output and errors, it failed) of a command's output in a frame; None without one."""
    if text.startswith(("Chunk ID: ", "Exit code: ", "Wall time: ", "Output:\n")):
        if found := _STREAMS.match(text):
            body, failed = text[found.end() :], found.group(1) != "0"
            errors = _STDERR.search(body)
            if errors:
                body = body[: errors.start()] + ("\n" if errors.group(1).strip() else "") + errors.group(1).strip()
            return body, failed
        if (found := _EXEC.match(text)) and found.end() > len("Output:\n"):
            return text[found.end() :], (found["exit"] or found["code"] or "0") != "0"
    head = _COMMAND.match(text) if text.startswith("Command: ") else None
    if head or (text.startswith("Output: ") and _EXIT.search(text[-300:])):
        start = head.end() if head else len("Output: ")
        end = text.rfind("\nStderr: ", start - 1) if head else -1
        if end < 0 and (after := _AFTER.search(text, max(start - 1, len(text) - 2_000))):
            end = after.start()
        code = _EXIT.search(text[-1_000:])
        body = text[start : max(start, end)] if end >= 0 else text[start:]
        return ("" if body == "(empty)" else body), bool(code and code.group(1) != "0")
    return None


def of_reader(text: str, path: str) -> Shown:
    """What a reader showed, without the heading, fence or tags around it."""
    first = total = None
    for heading in _RANGES:
        if found := heading.match(text):
            named = found.groupdict()
            first, total = (int(named[name]) if named.get(name) else None for name in ("first", "total"))
            text = text[found.end() :]
            if closing := _CLOSING.search(text[-200:]):
                text = text[: max(0, len(text) - 200) + closing.start()]
            break
    fence = _FENCE.match(text) if text.startswith("```") else None
    if fence and text.rstrip().endswith("\n```") and (first is not None or not path.endswith(_PROSE)):
        text = text[fence.end() : text.rstrip().rfind("\n```") + 1]
    return Shown(text, first, total)


def without_reminder(text: str) -> str:
    """`text` without the notes that Claude Code appends to what a tool printed."""
    while text.rstrip().endswith("</system-reminder>"):
        found = _REMINDER.search(text, max(0, text.rfind("<system-reminder>") - 10))
        if not found:
            break
        text = text[: found.start()]
    return text
