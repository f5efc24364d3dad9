"""Apply a patch to texts in memory: all of it or nothing, with the rung of the ladder that it needed.

    exact        as `git apply`
    recount      as `git apply --recount`: the counts in a hunk's header do not fit its lines
    end_newline  the file's last line has a newline and the patch says it has none, or the reverse
    whitespace   as `--ignore-whitespace`
    context      as `-C1`: all but one line of context on either side may differ
    anchored     line numbers are ignored

From `whitespace` on a rung is fuzzy: refused when strict, and a hunk must then have exactly one place.
Hunks are placed here and not by a `git` process because windows of files have other line numbers, because
a unique place can be demanded, and because a process costs 5 ms; tests hold the result against git's.
Each result is checked by undoing it.
"""

from __future__ import annotations

from typing import NamedTuple

from factory.patches import place
from factory.patches.gaps import has_unknown_gap, index_of, is_marker, line_numbers
from factory.patches.parse import FilePatch, Hunk, Patch, parse
from factory.patches.paths import PatchError, can_hold

RUNGS = ("exact", "recount", "end_newline", "whitespace", "context", "anchored")
FUZZY = RUNGS.index("whitespace")


class Applied(NamedTuple):
    ok: bool
    files: dict[str, str | None]
    """New text of every path that changed; None where the file is gone."""
    rung: str = ""
    fuzzy: bool = False
    reason: str = ""
    """`no_patch`, `patch_malformed`, `patch_refused`, `patch_does_not_apply`, `patch_needs_fuzz`, `ambiguous`."""
    detail: str = ""
    executable: frozenset[str] = frozenset()
    """New files that may be run."""


class _Misfit(Exception):
    """A hunk has no place, or has several where it must have one."""

    def __init__(self, detail: str, is_ambiguous: bool = False):
        super().__init__(detail)
        self.is_ambiguous = is_ambiguous


def apply(files: dict[str, str], patch: str | Patch, strict: bool = True) -> Applied:
    """Apply `patch` to `files` (text by path); never raises for anything in the patch."""
    try:
        read = parse(patch) if isinstance(patch, str) else patch
        return _ladder(files, read, strict)
    except PatchError as e:
        return Applied(False, {}, reason=e.reason, detail=e.detail)


def _ladder(files: dict[str, str], patch: Patch, strict: bool) -> Applied:
    budget = place.Budget()
    first = None
    for highest in range(RUNGS.index("end_newline"), len(RUNGS)):
        try:
            new, rung = _all_files(files, patch, highest, budget)
        except _Misfit as e:
            first = e if e.is_ambiguous else first or e
            continue
        if highest >= FUZZY and strict:
            return Applied(False, {}, rung=RUNGS[rung], fuzzy=True, reason="patch_needs_fuzz", detail=str(first))
        executable = frozenset(file.new_path for file in patch.files if file.is_executable)
        return Applied(True, new, RUNGS[rung], rung >= FUZZY, executable=executable)
    assert first is not None
    reason = "ambiguous" if first.is_ambiguous else "patch_does_not_apply"
    return Applied(False, {}, reason=reason, detail=str(first))


def _all_files(
    files: dict[str, str], patch: Patch, highest: int, budget: place.Budget
) -> tuple[dict[str, str | None], int]:
    """New texts, and the highest rung that any hunk needed. Raises _Misfit."""
    new: dict[str, str | None] = {}
    worst = 0
    for file in patch.files:
        text = new.get(file.old_path, files.get(file.old_path)) if file.old_path else ""
        if file.old_path and text is None:
            if not _may_create(file):
                raise _Misfit(f"`{file.old_path}` is not among the files")
            text = ""
        elif (
            file.new_path
            and file.new_path != file.old_path
            and new.get(file.new_path, files.get(file.new_path)) is not None
        ):
            raise _Misfit(f"`{file.new_path}` exists already")
        assert text is not None
        result, rung = _one_file(text, file, highest, budget)
        worst = max(worst, rung)
        if file.is_deleted:
            if result and file.hunks:
                raise _Misfit(f"`{file.old_path}` is deleted, yet the hunks leave text behind")
            new[file.old_path] = None
            continue
        if file.is_rename:
            new[file.old_path] = None
        new[file.new_path] = result
        if file.new_path not in files and not can_hold(file.new_path, _present(files, new)):
            raise _Misfit(f"`{file.new_path}` has no place among the files")
    return new, worst


def _present(files: dict[str, str], new: dict[str, str | None]) -> set[str]:
    return {path for path in files.keys() | new.keys() if new.get(path, files.get(path)) is not None}


def _may_create(file: FilePatch) -> bool:
    """As git: without a git header, one hunk that takes nothing from line 0 makes the file."""
    return not file.is_git and len(file.hunks) == 1 and file.hunks[0].old_start == 0 and not file.hunks[0].before


def _one_file(text: str, file: FilePatch, highest: int, budget: place.Budget) -> tuple[str, int]:
    if not file.hunks:
        return text, 0
    hunks = _align_newlines(text, file.hunks)
    try:
        return _place_hunks(text, hunks, file, highest, budget)
    except _Misfit:
        toggled = text[:-1] if text.endswith("\n") else text + "\n"
        if not text or highest != RUNGS.index("end_newline"):
            raise
        try:
            result, rung = _place_hunks(toggled, hunks, file, highest, budget)
        except _Misfit:
            pass
        else:
            return result, max(rung, RUNGS.index("end_newline"))
        raise


def _align_newlines(text: str, hunks: tuple[Hunk, ...]) -> tuple[Hunk, ...]:
    """Hunks with the file's line ends, where the file has only one kind and the patch's old and new lines the other."""
    lines = [line for hunk in hunks for line in hunk.lines if line.endswith("\n")]
    with_return = sum(line.endswith("\r\n") for line in lines)
    if with_return == len(lines) and "\r\n" not in text and any(line[0] != "+" for line in lines):
        return tuple(hunk._replace(lines=tuple(_without_return(line) for line in hunk.lines)) for hunk in hunks)
    if not with_return and "\r\n" in text and text.count("\r\n") == text.count("\n"):
        return tuple(
            hunk._replace(lines=tuple(line[:-1] + "\r\n" if line.endswith("\n") else line for line in hunk.lines))
            for hunk in hunks
        )
    return hunks


def _without_return(line: str) -> str:
    return line[:-2] + "\n" if line.endswith("\r\n") else line


def split_lines(text: str) -> list[str]:
    """Lines with their newline; only `\\n` ends a line, as in git."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _place_hunks(
    text: str, hunks: tuple[Hunk, ...], file: FilePatch, highest: int, budget: place.Budget
) -> tuple[str, int]:
    lines = split_lines(text)
    # what may still be matched: git never matches a line that an earlier hunk wrote, and no hunk may match a gap
    free: list[str | None] = [None if is_marker(line) else line for line in lines]
    numbers = line_numbers(lines) if None in free else None
    unsure = numbers is not None and has_unknown_gap(lines)
    done: list[tuple[int, list[str], list[str]]] = []
    worst = 0
    for number, hunk in enumerate(hunks, 1):
        index = hunk.old_start - 1 if numbers is None else index_of(numbers, hunk.old_start)
        position = index + hunk.new_start - hunk.old_start
        at, before, after, rung = _place(hunk, free, position, highest, budget)
        if unsure and at >= 0 and rung < FUZZY and place.only(before, free, budget) < 0:
            at = place.SEVERAL
        if at < 0:
            why = "has more than one place" if at == place.SEVERAL else "does not match"
            raise _Misfit(f"hunk {number} of `{file.old_path or file.new_path}` {why}", at == place.SEVERAL)
        worst = max(worst, rung)
        found = lines[at : at + len(before)]
        if rung == RUNGS.index("whitespace"):
            after = _keep_context(hunk, found)
        budget.spend(len(lines) // 16 + len(after))
        done.append((at, found, after))
        lines[at : at + len(before)] = after
        free[at : at + len(before)] = [None] * len(after)
    if any(not line.endswith("\n") for line in lines[:-1]):
        raise _Misfit(f"a line of `{file.new_path}` without a newline would not be the last")
    result = "".join(lines)
    _check(text, lines, done)
    return result, worst


def _place(
    hunk: Hunk, free: list[str | None], position: int, highest: int, budget: place.Budget
) -> tuple[int, list[str], list[str], int]:
    """Index of the hunk, the lines it takes and gives, and its rung; a negative index where it has no place."""
    before, after = hunk.before, hunk.after
    # without context git takes a hunk for the end of the file, whatever its number
    numbered = hunk.old_start >= 0 and (hunk.leading or hunk.trailing or len(before) == len(free))
    if numbered:
        at = place.exact(hunk, free, position, budget)
        if at >= 0:
            return at, before, after, RUNGS.index("recount") if hunk.recounted else 0
    at = -1
    if highest >= RUNGS.index("whitespace") and numbered:
        at = place.only([place.blank_key(line) for line in before], [place.blank_key(line) for line in free], budget)
        if at >= 0:
            return at, before, after, RUNGS.index("whitespace")
    if highest >= RUNGS.index("context") and numbered:
        for keep in (2, 1):
            head, tail = max(hunk.leading - keep, 0), max(hunk.trailing - keep, 0)
            less, more = before[head : len(before) - tail], after[head : len(after) - tail]
            at = place.only(less, free, budget)
            if at >= 0:
                return at, less, more, RUNGS.index("context")
    if highest >= RUNGS.index("anchored"):
        at = place.only(before, free, budget) if before or not free else -1
        if at >= 0:
            return at, before, after, RUNGS.index("anchored")
    return at, before, after, 0


def _keep_context(hunk: Hunk, found: list[str]) -> list[str]:
    """The hunk's new lines, its context as the file has it."""
    after = []
    i = 0
    for line in hunk.lines:
        if line[0] == " ":
            after.append(found[i])
        elif line[0] == "+":
            after.append(line[1:])
        i += line[0] != "+"
    return after


def _check(text: str, lines: list[str], done: list[tuple[int, list[str], list[str]]]) -> None:
    """Undo the hunks one by one: the new lines must stand where they were put, and the old text must come back."""
    undone = list(lines)
    for at, before, after in reversed(done):
        assert undone[at : at + len(after)] == after
        undone[at : at + len(after)] = before
    assert "".join(undone) == text
