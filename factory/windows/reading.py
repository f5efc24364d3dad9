"""From one output to the windows of files that it shows.

A window is a run of consecutive lines of one file, with the number of its first line where that is
known. Lines whose place or file cannot be told are left out.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from factory.shell import Numbers, View
from factory.windows.observations import Output


class Window(NamedTuple):
    path: str
    first: int | None
    """Number of the first line; None where only the text is known."""
    lines: tuple[str, ...]
    reaches_end: bool = False
    """The last line is the file's last."""
    is_search: bool = False
    """Found by a search; the file was not opened."""
    revision: str = ""
    """git revision that was shown; "" for the file as it stood."""
    ends_bare: bool = False
    """The file's last line has no newline."""


MAX_NUMBER = 10_000_000
_ERROR = re.compile(
    r"(?:[\w./\[\]-]{1,60}: )[^\n]{0,300}?(?:No such file|cannot |can't |not found|[Uu]nknown|[Ii]nvalid|Is a directory|Not a directory"
    r"|does not exist|exists|Permission denied|missing)|(?:warning|error|fatal|hint|usage|Usage): "
)
"""First lines that a program wrote instead of, or before, a file's text."""
_NL = re.compile(r" *(\d{1,9})$")
_GREP = re.compile(r"(\d{1,9})([:-])")
_GREP_PATH = re.compile(r"([^\s:][^:\n]{0,400}?)([:-])(\d{1,9})\2")


def _unnumber(line: str, numbers: Numbers) -> tuple[int | None, str] | None:
    """(number, rest) of one line; number None for a line that `nl` does not count; None when there is none."""
    if numbers.style == "nl":
        head, separator, rest = line.partition(numbers.separator)
        match = _NL.match(head) if separator else None
        if match:
            return int(match.group(1)), rest
        return (None, "") if numbers.offset is None and not line.strip() else None
    if numbers.style == "awk":
        match = _NL.match(line.partition(numbers.separator)[0]) if numbers.separator else None
        return (int(match.group(1)), line.partition(numbers.separator)[2]) if match else None
    match = _GREP.match(line)
    return (int(match.group(1)), line[match.end() :]) if match else None


def _show_all(line: str) -> str | None:
    """Undo `cat -A`; None where the original cannot be told."""
    line = line.removesuffix("$").removesuffix("^M").replace("^I", "\t")
    return None if "M-" in line or re.search(r"\^[@-_?]", line) else line


def _run(lines: list[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """Numbered lines as runs of consecutive numbers."""
    runs: list[tuple[int, list[str]]] = []
    for number, text in lines:
        if runs and runs[-1][0] + len(runs[-1][1]) == number:
            runs[-1][1].append(text)
        else:
            runs.append((number, [text]))
    return runs


def windows_of(view: View, output: Output) -> list[Window]:
    """The windows that a shell view's output holds."""
    pieces = output.pieces
    if not pieces or (output.failed and view.revision):
        return []
    if not view.has_file_numbers and _ERROR.match(pieces[0].lines[0]):
        return []
    if view.path_prefixes:
        return _searched(view, output)
    out: list[Window] = []
    to_end = view.reaches_end or (view.ranges is not None and view.ranges[-1][1] is None)
    expected = sum((b or 0) - a + 1 for a, b in view.ranges) if view.ranges and not to_end else None
    if expected is not None and not view.has_file_numbers and not view.separated and sum(len(p.lines) for p in pieces) > expected:
        return []  # something else was printed too
    # an output that is shorter than what was asked for has come to the file's end
    short = expected is not None and len(pieces) == 1 and not view.separated and len(pieces[0].lines) < expected
    ends = (to_end or short) and not output.failed
    if view.has_file_numbers:
        offset = view.numbers[0].offset or 0
        for piece in pieces:
            numbered: list[tuple[int, str]] = []
            for line in piece.lines:
                found = _through(line, view)
                if found is not None and found[0] is not None and 0 < found[0] + offset < MAX_NUMBER:
                    numbered.append((found[0] + offset, found[1]))
            for first, lines in _run(numbered):
                out.append(Window(view.path, first, tuple(lines), False, view.search, view.revision))
        if out and view.ranges is not None and not ends and len(view.ranges) == 1:
            last = view.ranges[0][1]
            ends = last is not None and pieces[-1].is_last and out[-1].first + len(out[-1].lines) - 1 < last and not output.failed
        if out and ends and view.contiguous:
            out[-1] = out[-1]._replace(reaches_end=True)
        return out
    bare = output.ends_bare and ends and not view.numbers
    for piece in pieces:
        lines = _plain(piece.lines, view)
        if lines is None:
            return out
        if view.ranges is not None and piece.is_first:
            at = 0
            for start, end in view.ranges:
                taken = lines[at:] if end is None else lines[at : at + end - start + 1]
                at += len(taken)
                if taken:
                    out.append(Window(view.path, start, tuple(taken), False, view.search, view.revision))
            if out and ends and piece.is_last:
                out[-1] = out[-1]._replace(reaches_end=True, ends_bare=bare)
        elif view.separated or view.stop:
            for group in _groups(lines, view):
                out.append(Window(view.path, None, tuple(group), False, view.search, view.revision))
        elif view.contiguous:
            ended = ends and piece.is_last
            out.append(Window(view.path, None, tuple(lines), ended, view.search, view.revision, bare and ended))
    return out


def _groups(lines: list[str], view: View) -> list[list[str]]:
    """Runs of consecutive lines: `grep` puts `--` between them, `sed` ends one at the stop text."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if view.separated and line == "--":
            groups.append([])
            continue
        groups[-1].append(line)
        if view.stop and view.stop in line:
            groups.append([])
    return [group for group in groups if group]


def _through(line: str, view: View) -> tuple[int | None, str] | None:
    """Take all number columns off a line, the outermost first; the innermost number stands for the file."""
    number: int | None = None
    for numbers in reversed(view.numbers):
        found = _unnumber(line, numbers)
        if found is None:
            return None
        number, line = found
    if view.show_all:
        undone = _show_all(line)
        return None if undone is None else (number, undone)
    return number, line


def _plain(lines: tuple[str, ...], view: View) -> list[str] | None:
    """Lines without their columns; None when one does not have them."""
    if not view.numbers and not view.show_all:
        return list(lines)
    out = []
    for line in lines:
        if line == "--" and view.separated:
            out.append(line)
            continue
        found = _through(line, view)
        if found is None:
            return None
        out.append(found[1])
    return out


def _searched(view: View, output: Output) -> list[Window]:
    """`grep -rn`: every line says its file; a search of one file does not."""
    by_path: dict[str, list[tuple[int, str]]] = {}
    bare = all(line == "--" or _GREP.match(line) for piece in output.pieces for line in piece.lines)
    if bare and not view.path:
        return []
    for piece in output.pieces:
        for line in piece.lines:
            if bare:
                match = _GREP.match(line)
                if match:
                    by_path.setdefault(view.path, []).append((int(match.group(1)), line[match.end() :]))
                continue
            match = _GREP_PATH.match(line)
            if match and not match.group(1).startswith("Binary file"):
                path = posixpath.normpath(posixpath.join(view.folder, match.group(1)))
                by_path.setdefault(path, []).append((int(match.group(3)), line[match.end() :]))
    return [
        Window(path, first, tuple(lines), False, not (view.separated and (bare or len(lines) > 1)))
        for path, numbered in by_path.items()
        for first, lines in _run(numbered)
    ]
