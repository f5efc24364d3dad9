"""Read a patch: unified or git diff text to files and hunks.

Nothing here applies anything. What is dangerous (paths that leave the tree, links, submodules, binary
data) is refused; what could be read in two ways is malformed. A hunk whose counts do not fit its lines
is read by its lines and marked `recounted`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from factory.patches.paths import PatchError, diff_git_names, file_names, refuse_path

MAX_CHARS = 2_000_000
"""A longer patch is refused; bytes are at least as many as characters."""

NUMBERS = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
MODE = re.compile(r"(old mode|new mode|new file mode|deleted file mode|index [0-9a-fA-F]+\.\.[0-9a-fA-F]+) +(\d+)\s*$")
FORBIDDEN_MODES = {"120000": "a symbolic link", "160000": "a submodule"}


class Hunk(NamedTuple):
    old_start: int
    """1-based line of the old file; -1 where the header gives no numbers."""
    new_start: int
    lines: tuple[str, ...]
    """A mark (` `, `-` or `+`), the text, and its newline; only a last line may lack the newline."""
    recounted: bool = False
    """The header's counts do not fit the lines."""

    @property
    def before(self) -> list[str]:
        return [line[1:] for line in self.lines if line[0] != "+"]

    @property
    def after(self) -> list[str]:
        return [line[1:] for line in self.lines if line[0] != "-"]

    @property
    def leading(self) -> int:
        """Context lines before the first change."""
        return next((i for i, line in enumerate(self.lines) if line[0] != " "), len(self.lines))

    @property
    def trailing(self) -> int:
        return next((i for i, line in enumerate(reversed(self.lines)) if line[0] != " "), len(self.lines))


class FilePatch(NamedTuple):
    old_path: str
    """"" for a new file."""
    new_path: str
    """"" for a deleted file."""
    hunks: tuple[Hunk, ...] = ()
    is_new: bool = False
    is_deleted: bool = False
    is_rename: bool = False
    is_copy: bool = False
    is_git: bool = False
    """It has a `diff --git` header."""
    is_executable: bool = False
    """A new file that may be run."""


class Patch(NamedTuple):
    files: tuple[FilePatch, ...]


def parse(text: str) -> Patch:
    """The patch in `text`; lines before a header are skipped. Raises PatchError."""
    if len(text) > MAX_CHARS:
        raise PatchError("patch_refused", f"{len(text)} characters; the most is {MAX_CHARS}")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    files: list[FilePatch] = []
    i = 0
    while i < len(lines):
        if lines[i].startswith("diff --git ") or is_header(lines, i):
            file, i = read_file(lines, i)
            files.append(file)
        elif lines[i].startswith("@@"):
            raise PatchError("patch_malformed", f"line {i + 1}: a hunk without a file header")
        elif lines[i].startswith(("GIT binary patch", "Binary files ")):
            raise PatchError("patch_refused", f"line {i + 1}: binary data")
        else:
            i += 1
    if not files:
        raise PatchError("no_patch", "no file header (`--- a/path`, `+++ b/path`) was found")
    return Patch(tuple(files))


def is_header(lines: list[str], i: int) -> bool:
    return lines[i].startswith("--- ") and i + 1 < len(lines) and lines[i + 1].startswith("+++ ")


def read_file(lines: list[str], i: int) -> tuple[FilePatch, int]:
    """One file's header and hunks from line `i`; the second value is the line after it."""
    flags = {"is_new": False, "is_deleted": False, "is_rename": False, "is_copy": False, "is_executable": False}
    old = new = ""
    is_git, modes = lines[i].startswith("diff --git "), {"old": "", "new": ""}
    if is_git:
        old, new = diff_git_names(lines[i].removeprefix("diff --git ").rstrip())
        i += 1
        while i < len(lines) and not is_header(lines, i):
            line = lines[i].rstrip()
            check_mode(line)
            if line.startswith(("GIT binary patch", "Binary files ")):
                raise PatchError("patch_refused", f"line {i + 1}: binary data")
            if line.startswith("new file mode"):
                flags["is_new"] = True
                flags["is_executable"] = line.endswith("755")
            elif line.startswith("deleted file mode"):
                flags["is_deleted"] = True
            elif line.startswith(("rename from ", "copy from ")):
                old = refuse_path(line.split(" from ", 1)[1])
                flags["is_rename" if line.startswith("rename") else "is_copy"] = True
            elif line.startswith(("rename to ", "copy to ")):
                new = refuse_path(line.split(" to ", 1)[1])
            elif line.startswith(("old mode", "new mode")):
                modes[line[:3]] = line[9:].strip()
            elif not line.startswith(("index ", "similarity index", "dissimilarity index")):
                break
            i += 1
    if i < len(lines) and is_header(lines, i):
        minus, plus = file_names(lines[i], lines[i + 1])
        if is_git and ((minus and minus != old) or (plus and plus != new)):
            raise PatchError("patch_malformed", f"line {i + 1}: the names differ from those of `diff --git`")
        if not minus and not plus:
            raise PatchError("patch_malformed", f"line {i + 1}: both names are /dev/null")
        if minus and plus and minus != plus and not (flags["is_rename"] or flags["is_copy"]):
            raise PatchError("patch_malformed", f"line {i + 1}: `{minus}` becomes `{plus}` without a rename header")
        flags["is_new"] |= not minus
        flags["is_deleted"] |= not plus
        old, new = minus or old, plus or new
        i += 2
        if i == len(lines) or not lines[i].startswith("@@"):
            raise PatchError("patch_malformed", f"line {i}: no hunk follows the header of `{new or old}`")
    if modes["old"] != modes["new"]:
        raise PatchError("patch_refused", f"the mode of `{new or old}` changes from {modes['old'] or 'nothing'} to {modes['new'] or 'nothing'}")
    if flags["is_new"] and flags["is_deleted"]:
        raise PatchError("patch_malformed", f"`{new}` is both new and deleted")
    if old != new and not (flags["is_rename"] or flags["is_copy"] or flags["is_new"] or flags["is_deleted"]):
        raise PatchError("patch_malformed", f"`{old}` becomes `{new}` without a rename header")
    hunks: list[Hunk] = []
    while i < len(lines) and lines[i].startswith("@@"):
        hunk, i = read_hunk(lines, i)
        hunks.append(hunk)
    old, new = "" if flags["is_new"] else old, "" if flags["is_deleted"] else new
    if flags["is_new"] and any(hunk.before for hunk in hunks):
        raise PatchError("patch_malformed", f"`{new}` is new, yet its hunks hold old lines")
    if flags["is_deleted"] and any(hunk.after for hunk in hunks):
        raise PatchError("patch_malformed", f"`{old}` is deleted, yet its hunks hold new lines")
    return FilePatch(old, new, tuple(hunks), is_git=is_git, **flags), i


def check_mode(line: str) -> None:
    found = MODE.match(line)
    if found and found[2] in FORBIDDEN_MODES:
        raise PatchError("patch_refused", f"`{line[:80]}`: {FORBIDDEN_MODES[found[2]]}")


def read_hunk(lines: list[str], i: int) -> tuple[Hunk, int]:
    """The hunk whose `@@` line is `i`."""
    if lines[i].startswith("@@@"):
        raise PatchError("patch_malformed", f"line {i + 1}: a combined diff")
    found = NUMBERS.match(lines[i])
    start = i + 1
    if found:
        old_start, old, new_start, new = (int(found[k]) if found[k] else 1 for k in (1, 2, 3, 4))
        end = end_by_counts(lines, start, old, new)
        if end and not continues(lines, end):
            refuse_leftover(lines, end, ("+", " ", "@ "))
            return Hunk(old_start, new_start, body(lines, start, end)), end
    end = end_by_lines(lines, start)
    if found:
        num_new = sum(line[:1] != "-" for line in lines[start:end])
        if not any(line.strip() for line in lines[end:]) and num_new < new and lines[end - 1][:1] in ("+", "-"):
            raise PatchError("patch_malformed", f"line {end}: the text ends in the middle of a hunk's changes")
        return Hunk(old_start, new_start, body(lines, start, end), recounted=True), end
    return Hunk(-1, -1, body(lines, start, end), recounted=True), end


def end_by_counts(lines: list[str], i: int, old: int, new: int) -> int:
    """The line after a hunk of `old` and `new` lines; 0 when the lines do not give these counts."""
    while old > 0 or new > 0:
        if i == len(lines):
            return 0
        mark = lines[i][:1]
        if mark in ("", " ", "\r"):
            old, new = old - 1, new - 1
        elif mark == "-":
            old -= 1
        elif mark == "+":
            new -= 1
        elif mark != "\\":
            return 0
        i += 1
    while i < len(lines) and lines[i].startswith("\\ "):
        i += 1
    return i if old == new == 0 else 0


def continues(lines: list[str], i: int) -> bool:
    """The line at `i`, after a hunk that is complete by its counts, looks like one more line of it."""
    while i < len(lines) and lines[i] in ("", "\r"):
        i += 1
    if i == len(lines) or is_header(lines, i) or lines[i].rstrip() in ("--", "---"):
        return False
    return lines[i][0] in " +-"


def end_by_lines(lines: list[str], i: int) -> int:
    """The line after the last one that can belong to a hunk."""
    while i < len(lines) and lines[i][:1] in ("", "\r", " ", "+", "-", "\\") and not is_header(lines, i):
        if lines[i].rstrip() == "--":
            break
        i += 1
    end = i
    while lines[end - 1] in ("", "\r"):
        end -= 1
    refuse_leftover(lines, i, ("+", "-", " ", "@ "))
    return end


def refuse_leftover(lines: list[str], i: int, marks: tuple[str, ...]) -> None:
    """What follows a hunk up to the next header must be prose: a context line that lost its mark, or a broken header,
    would otherwise silently drop the rest of the patch. A hunk with right counts may be followed by `- ` bullets."""
    while i < len(lines) and not lines[i].startswith(("@@", "diff --git ", "Index: ")) and not is_header(lines, i):
        if lines[i].startswith(marks) and lines[i].rstrip() not in ("--", "---"):
            raise PatchError("patch_malformed", f"line {i + 1}: a line of a hunk after the hunk's end")
        i += 1


def body(lines: list[str], start: int, end: int) -> tuple[str, ...]:
    """The marked lines of a hunk; `\\ No newline at end of file` takes the newline off the line above it."""
    result: list[str] = []
    for line in lines[start:end]:
        if line.startswith("\\"):
            if not result:
                raise PatchError("patch_malformed", f"line {start + 1}: `{line[:40]}` before any line")
            result[-1] = result[-1].removesuffix("\n").removesuffix("\r" if line.endswith("\r") else "")
        elif line[:1] in ("", "\r"):
            result.append(" " + line + "\n")
        else:
            result.append(line + "\n")
    if not any(line[0] in "+-" for line in result):
        raise PatchError("patch_malformed", f"line {start}: a hunk that changes nothing")
    for marks in (" -", " +"):
        side = [line for line in result if line[0] in marks]
        if any(not line.endswith("\n") for line in side[:-1]):
            raise PatchError("patch_malformed", f"line {start}: text follows a line without a newline")
    if any(line.startswith("+Subproject commit ") for line in result):
        raise PatchError("patch_refused", f"line {start}: a submodule")
    return tuple(result)
