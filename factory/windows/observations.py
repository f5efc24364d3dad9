"""What a tool printed, without what the harness put around it.

Agents' harnesses wrap output (return codes, prompts, JSON, tags) and cut it when it is long. `unwrap`
takes the wrapping off; `Output.pieces` are the runs of whole lines that are left between cuts.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from factory.windows.banners import of_command, without_reminder


class Piece(NamedTuple):
    """Consecutive lines of an output; a line that a cut went through is left out."""

    lines: tuple[str, ...]
    is_first: bool
    """It starts where the output starts."""
    is_last: bool
    """It ends where the output ends."""


class Output(NamedTuple):
    text: str
    failed: bool = False
    """The exit status says that something went wrong."""
    folder: str = ""
    """The working folder after the call, where the harness tells it."""
    total_lines: int | None = None
    """Lines of the file shown, where the harness tells it."""
    ends_bare: bool = False
    """The output is known to end without a newline."""

    @property
    def pieces(self) -> list[Piece]:
        parts = _CUT.split(self.text)
        out = []
        for position, part in enumerate(parts):
            lines = part.split("\n")
            if position:
                lines = lines[1:]
            if position < len(parts) - 1 or lines[-1:] == [""]:
                lines = lines[:-1]
            out.append(Piece(tuple(lines), position == 0, position == len(parts) - 1))
        return [piece for piece in out if piece.lines]


# what stands where output was left out; each is preceded and followed by the broken ends of lines
_CUT = re.compile(
    r"\0cut\0"
    r"|<response clipped>(?:<NOTE>[^<]{0,400}</NOTE>)?"
    r"|\[\.\.\. Observation truncated due to length \.\.\.\]"
    r"|\[\.\.\. ?\d{1,9} (?:lines|characters|chars|bytes|tokens) (?:omitted|truncated|elided)[^\]\n]{0,80}\]"
    r"|\.\.\. ?\[\d{1,9} (?:lines|characters|chars|bytes) truncated\] ?\.\.\."
    r"|\[\.\.\. omitted \d{1,9} of \d{1,9} lines \.\.\.\]"
    r"|(?<=\n)\(output truncated\)"
)
_RETURN_CODE = re.compile(r"\s*(?:<exception>.{0,2000}?</exception>\s*)?<returncode>\s*(-?\d{1,9})\s*</returncode>\s*", re.S)
_FINISHED = re.compile(r"(?:\[(?:Command finished|The command completed)|<exited) with exit code (-?\d{1,9})\.?[\]>]")
_PROMPT = re.compile(r"\[Python Interpreter: [^\]\n]{0,400}\]|\n?[\w.-]{1,80}@[\w.-]{1,80}:([^\n#$]{0,400}?) ?[#$] ?$", re.M)
_OPEN_FILE = re.compile(r"\n?\(Open file: [^\n]{0,500}\)\n\(Current directory: ([^\n]{0,500})\)\nbash-\$\s*$")
_LATER_NOTES = re.compile(r"\n\[(?:Current working directory: ([^\]\n]{0,400})|Command finished[^\]\n]{0,100}|The command completed[^\]\n]{0,100})\]")


def unwrap(observation: str, command: str = "") -> Output:
    """The output proper of one call; `command` is the shell command, which some harnesses echo."""
    text = observation.replace("\r\n", "\n") if "\r\n" in observation else observation
    if text.lstrip()[:1] == "{":
        inside = _json_output(text.strip())
        if inside is not None:
            return inside
    if text.startswith('[{"type"') and (parts := _text_parts(text)) is not None:
        text = parts
    text = text.removeprefix("OBSERVATION:\n")
    if text.startswith("<system>") and (end := text.find("</system>\n", 0, 400)) > 0:  # Kimi
        text = text[end + 10 :]
    if text.startswith("EXECUTION RESULT of ["):  # OpenHands without native calls
        text = text.partition("]:\n")[2] or text
    text = without_reminder(text)
    if command and (framed := of_command(text)):
        return Output(*framed)
    if "<returncode>" in text[:3000]:
        return _tagged(text)
    folder, failed = "", False
    ended = _OPEN_FILE.search(text[-1200:])
    if ended:
        return Output(text[: len(text) - len(text[-1200:]) + ended.start()], False, ended.group(1))
    tail_start = max(0, len(text) - 1500)
    tail = text[tail_start:]
    finished = _FINISHED.search(tail)
    if finished:
        failed = finished.group(1) != "0"
        for note in _LATER_NOTES.finditer(tail):
            folder = note.group(1) or folder
        end = finished.start()
        for prompt in _PROMPT.finditer(tail, 0, finished.start()):
            folder = prompt.group(1) or folder
            end = min(end, prompt.start())
        first_note = _LATER_NOTES.search(tail)
        if first_note:
            end = min(end, first_note.start())
        text = text[: tail_start + end]
        if command and text.startswith(command):
            text = text[len(command) :].removeprefix("\n")
    return Output(text, failed, folder.strip())


def _text_parts(text: str) -> str | None:
    """The texts of content parts that were logged as JSON."""
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in parts):
        return None
    return "\n".join(part["text"] for part in parts).encode("utf-8", "replace").decode()


_BESIDE = {"exit_code", "total_lines", "error", "status", "success", "metadata", "returncode", "exitCode", "stderr", "truncated"}
"""Fields that a harness writes beside an output; an object without one is what was shown."""


def _json_output(text: str) -> Output | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    shown = value.get("content", value.get("output", value.get("stdout")))
    if not isinstance(shown, str) or not (len(value) == 1 or value.keys() & _BESIDE):
        return None
    total = value.get("total_lines")
    metadata = value["metadata"] if isinstance(value.get("metadata"), dict) else value
    code = next((metadata[key] for key in ("exit_code", "returncode", "exitCode") if key in metadata), None)
    failed = bool(value.get("error")) or value.get("success") is False or (isinstance(code, int) and code != 0)
    shown = shown.replace("\r\n", "\n").encode("utf-8", "replace").decode()  # escapes may hold half a surrogate pair
    return Output(shown, failed, total_lines=total if isinstance(total, int) else None)


def _tagged(text: str) -> Output:
    """mini-swe-agent: <returncode>, then <output>, or <output_head>, <elided_chars>, <output_tail>."""
    code = _RETURN_CODE.match(text)
    failed = code is not None and code.group(1) != "0"
    start = text.find("<output>")
    if start >= 0 and "<output_head>" not in text[:start]:
        body = text[start + len("<output>") :].removeprefix("\n")
        body = body.rstrip()
        whole = body.endswith("</output>")
        body = body.removesuffix("</output>")
        return Output(body, failed, ends_bare=whole and bool(body) and not body.endswith("\n"))
    start = text.find("<output_head>")
    if start < 0:
        return Output("", failed)
    head, _, rest = text[start + len("<output_head>") :].partition("</output_head>")
    tail = rest.partition("<output_tail>")[2].rstrip().removesuffix("</output_tail>").removeprefix("\n")
    # the template ends the last part with a newline of its own
    return Output(f"{head.removeprefix(chr(10)).removesuffix(chr(10))}\0cut\0{tail.removesuffix(chr(10))}", failed)
