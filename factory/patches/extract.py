"""Find the patch in a model's answer: fenced blocks that hold a diff, else the text from the first header on."""

from __future__ import annotations

import re

FENCE = re.compile(r"([ \t]*)(`{3,20}|~{3,20})([^`\n]{0,200})$")


def extract(answer: str) -> str:
    """The diff text in `answer`, LF at every line's end and at the end of the text; "" where there is none.

    Several fenced diffs are put one after the other, an exact repeat is left out.
    """
    blocks = [block for block in fenced(answer) if _from_header(block)]
    text = "".join(dict.fromkeys(blocks)) if blocks else _from_header(answer) or _from_header(unindented(answer))
    lines = text.split("\n")
    if sum(line.endswith("\r") for line in lines) >= len(lines) - 1:
        text = text.replace("\r\n", "\n")
    return text if not text or text.endswith("\n") else text + "\n"


def fenced(answer: str) -> list[str]:
    """The insides of Markdown fences, in order; a fence that is never closed runs to the end."""
    blocks: list[str] = []
    lines: list[str] = []
    indent = fence = ""
    for line in answer.split("\n"):
        found = FENCE.match(line.rstrip())
        if not fence:
            if found:
                indent, fence, lines = found[1], found[2], []
        elif found and found[1] == indent and found[2].startswith(fence) and not found[3]:
            blocks.append("".join(lines))
            fence = ""
        else:
            lines.append(line.removeprefix(indent) + "\n")
    if fence:
        blocks.append("".join(lines))
    return blocks


def unindented(answer: str) -> str:
    """The block of code, as Markdown indents it, that begins with the header of a diff: without its indentation."""
    lines = answer.split("\n")
    for i, line in enumerate(lines):
        bare = line.lstrip(" ")
        indent = line[: len(line) - len(bare)]
        if indent and bare.startswith(("diff --git ", "--- ")):
            end = next((k for k in range(i, len(lines)) if lines[k].strip() and not lines[k].startswith(indent)), len(lines))
            # A blank line of the block may have lost its blanks: one of the diff's own is a line of context.
            return "\n".join(text.removeprefix(indent) for text in lines[i:end])
    return ""


def _from_header(answer: str) -> str:
    lines = answer.split("\n")
    for i, line in enumerate(lines):
        if line.startswith("diff --git ") or (
            line.startswith("--- ") and lines[i + 1 : i + 2] and lines[i + 1].startswith("+++ ")
        ):
            return "\n".join(lines[i:])
    return ""
