"""Separate reasoning and answer in what a model wrote.

Pure text in, pure text out, in linear time: replies are hostile input. A closing tag that is quoted in code
(between backticks, in a fenced block) closes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

TAGS = {
    "<think>": "</think>",  # Qwen3, DeepSeek-R1 and their relatives
    "<thinking>": "</thinking>",
    "[THINK]": "[/THINK]",  # Magistral
    "<seed:think>": "</seed:think>",  # Seed-OSS
}
PREFILLED = "</think>"
"""Closing tag of the templates that put the opening tag into the prompt, so that the reply begins inside it."""


class Separated(NamedTuple):
    reasoning: str
    answer: str
    closed: bool
    """False when the reasoning was cut off before its end."""


def separate(text: str, reasoning: str = "", opened: bool = False) -> Separated:
    """`text` is the reply's content, `reasoning` what the server delivered in a field of its own (`reasoning`,
    `reasoning_content`). `opened`: the prompt ends inside the reasoning, so that text without any tag is reasoning."""
    found = [reasoning.strip()]
    code = _Code(text)
    at, closed = 0, True
    while (opening := _opening(text, at)) is not None:
        start = _skip_blanks(text, at) + len(opening)
        end = code.find_outside(TAGS[opening], start)
        if end < 0:
            end = _last_line_of_its_own(text, TAGS[opening], start)
        if end < 0:
            found.append(text[start:].strip())
            return _joined(found, "", False)
        found.append(text[start:end].strip())
        at = end + len(TAGS[opening])
    if at == 0 and not reasoning:
        end = code.find_outside(PREFILLED, 0)
        if end < 0 and opened:
            end = _last_line_of_its_own(text, PREFILLED, 0)
        if end >= 0:
            found.append(text[:end].strip())
            at = end + len(PREFILLED)
        elif opened:
            return _joined([text.strip()], "", False)
    return _joined(found, text[at:], closed)


def _joined(reasoning: list[str], answer: str, closed: bool) -> Separated:
    """Newlines go from the answer's ends; blanks stay: the last line of a diff may be one blank."""
    parts: list[str] = []
    for part in reasoning:
        if part and part not in parts[-1:]:  # some servers deliver it in the field and in the text
            parts.append(part)
    return Separated("\n\n".join(parts), answer.strip("\r\n") if answer.strip() else "", closed)


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _opening(text: str, at: int) -> str | None:
    """The opening tag that stands at `at`, blanks aside."""
    start = _skip_blanks(text, at)
    return next((tag for tag in TAGS if text.startswith(tag, start)), None)


def _last_line_of_its_own(text: str, tag: str, start: int) -> int:
    """The last place where the tag is a whole line: what closes reasoning whose code block was left open."""
    at = text.rfind(tag, start)
    while at >= 0:
        before = text[at - 1] if at else "\n"
        after = text[at + len(tag) : at + len(tag) + 1] or "\n"
        if before == "\n" and after in "\r\n":
            return at
        at = text.rfind(tag, start, at)
    return -1


class _Code:
    """Where a text is code: inside closed fences, or between two backticks of one line."""

    def __init__(self, text: str):
        self.text = text
        self.ticks = [i for i, char in enumerate(text) if char == "`"] if "`" in text else []
        self.breaks = [i for i, char in enumerate(text) if char == "\n"] if self.ticks or "~~~" in text else []
        self.fences = self._fences() if "```" in text or "~~~" in text else []

    def _fences(self) -> list[tuple[int, int]]:
        """[start, end) of every fenced block that is closed. A fence is closed by one of its kind that is as long."""
        found, opened, mark = [], -1, ""
        start = 0
        for end in [*self.breaks, len(self.text)]:
            line = self.text[start : min(end, start + 200)].strip()
            run = line[: len(line) - len(line.lstrip(line[:1]))] if line[:3] in ("```", "~~~") else ""
            if run and not mark:
                opened, mark = start, run
            elif run and run == line and run.startswith(mark):
                found.append((opened, end))
                mark = ""
            start = end + 1
        return found

    def find_outside(self, tag: str, start: int) -> int:
        """The first `tag` from `start` on that is not code; -1 where there is none."""
        at = self.text.find(tag, start)
        while at >= 0:
            if not self._holds(at):
                return at
            at = self.text.find(tag, at + len(tag))
        return -1

    def _holds(self, at: int) -> bool:
        block = bisect_left(self.fences, (at + 1, 0)) - 1
        if block >= 0 and at < self.fences[block][1]:
            return True
        if not self.ticks:
            return False
        line = bisect_left(self.breaks, at)
        start = self.breaks[line - 1] + 1 if line else 0
        end = self.breaks[line] if line < len(self.breaks) else len(self.text)
        before = bisect_left(self.ticks, at) - bisect_left(self.ticks, start)
        after = bisect_left(self.ticks, end) - bisect_left(self.ticks, at)
        return bool(before % 2 and after)
