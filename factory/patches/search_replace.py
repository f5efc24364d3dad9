"""SEARCH/REPLACE blocks, as Agentless (`### path` inside the fence) and aider (the path before it) have them.

SEARCH must stand in the file exactly once, as whole lines; anything else is refused, never chosen.
A line of `=======` inside the code is handled where only one reading fits the file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from factory.patches import place
from factory.patches.apply import Applied, split_lines
from factory.patches.parse import MAX_CHARS
from factory.patches.paths import PatchError, can_hold, refuse_path

START = re.compile(r"<{5,9} ?SEARCH>?\s*$")
DIVIDER = re.compile(r"={5,9}\s*$")
END = re.compile(r">{5,9} ?REPLACE\s*$")
LABEL = re.compile(r"(?:file|filename|file ?path|path) ?\*{0,2}: ?", re.IGNORECASE)
LINES_BACK = 3
"""How far above a block its path may stand, blank lines and fences not counted."""


class Block(NamedTuple):
    path: str
    readings: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """(search, replace) lines without newlines; several where the code holds divider lines."""


def has_blocks(answer: str) -> bool:
    return any(START.match(line) for line in answer.split("\n") if line.startswith("<<<<<"))


def blocks(answer: str) -> list[Block]:
    """The blocks in order, repeats left out. Raises PatchError."""
    if len(answer) > MAX_CHARS:
        raise PatchError("patch_refused", f"{len(answer)} characters; the most is {MAX_CHARS}")
    lines = [line.removesuffix("\r") for line in answer.split("\n")]
    found: list[Block] = []
    path = ""
    i = 0
    while i < len(lines):
        if not START.match(lines[i]):
            i += 1
            continue
        path = _path_above(lines, i) or path
        if not path:
            raise PatchError("patch_malformed", f"line {i + 1}: a block without a path")
        end = i + 1
        while end < len(lines) and not END.match(lines[end]):
            if START.match(lines[end]):
                raise PatchError("patch_malformed", f"line {end + 1}: a block starts inside a block")
            end += 1
        if end == len(lines):
            raise PatchError("patch_malformed", f"line {i + 1}: the block has no end")
        inside = lines[i + 1 : end]
        dividers = [k for k, line in enumerate(inside) if DIVIDER.match(line)]
        if not 1 <= len(dividers) <= 20:
            raise PatchError("patch_malformed", f"line {i + 1}: {len(dividers)} lines of `=======` in the block")
        found.append(Block(path, tuple((tuple(inside[:k]), tuple(inside[k + 1 :])) for k in dividers)))
        i = end + 1
    if not found:
        raise PatchError("no_patch", "no SEARCH/REPLACE block was found")
    return list(dict.fromkeys(found))


def _path_above(lines: list[str], i: int) -> str:
    seen = 0
    for line in reversed(lines[max(i - 12, 0) : i]):
        plain = line.strip()
        if END.match(plain):
            break
        if not plain or plain.startswith(("```", "~~~")):
            continue
        name = LABEL.sub("", plain.lstrip("#* ")).rstrip(":* ").strip("`* ").strip()
        if name and not re.search(r"\s", name) and re.search(r"[./]", name) and not name.endswith("."):
            return refuse_path(name)
        seen += 1
        if seen == LINES_BACK:
            break
    return ""


def apply_blocks(files: dict[str, str], found: list[Block], strict: bool = True) -> Applied:
    """Apply blocks one after the other to `files`, all or nothing; rungs as in factory/patches/apply.py."""
    new: dict[str, str | None] = {}
    budget = place.Budget()
    fuzzy = False
    for number, block in enumerate(found, 1):
        text = new.get(block.path, files.get(block.path))
        name = f"block {number} of `{block.path}`"
        if text is None and not can_hold(block.path, files.keys() | new.keys()):
            detail = f"`{block.path}` has no place among the files"
            return Applied(False, {}, reason="patch_does_not_apply", detail=detail)
        try:
            result, inexact = _apply_block(text, block, budget, name)
        except PatchError as e:
            return Applied(False, {}, reason=e.reason, detail=e.detail)
        if inexact and strict:
            return Applied(
                False, {}, "whitespace", True, "patch_needs_fuzz", f"{name} fits with other indentation only"
            )
        fuzzy |= inexact
        new[block.path] = result
    return Applied(True, new, "whitespace" if fuzzy else "exact", fuzzy)


def _apply_block(text: str | None, block: Block, budget: place.Budget, name: str) -> tuple[str, bool]:
    """The new text, and whether indentation had to be changed."""
    if not text:
        (search, replace) = block.readings[0]
        if any(line.strip() for line in search):
            raise PatchError("patch_does_not_apply", f"{name}: there is no such text")
        if len(block.readings) > 1:
            raise PatchError("ambiguous", f"{name}: a line of `=======` in the code")
        return "".join(line + "\n" for line in replace), False
    lines = split_lines(text)
    bare = [line.rstrip("\n").removesuffix("\r") for line in lines]
    fits = []
    for search, replace in block.readings:
        places = place.occurrences(list(search), bare, budget) if search else list(range(2))
        if places:
            fits.append((search, replace, places))
    if not fits:
        return _other_indent(lines, bare, block, budget, name), True
    search, replace, places = fits[0]
    if len(fits) > 1:
        raise PatchError("ambiguous", f"{name}: a line of `=======` in the code leaves {len(fits)} readings")
    if len(places) > 1:
        raise PatchError("ambiguous", f"{name}: SEARCH is empty or stands in {len(places)} places")
    if search == replace:
        raise PatchError("patch_malformed", f"{name}: REPLACE equals SEARCH")
    return _put(lines, places[0], len(search), replace), False


def _put(lines: list[str], at: int, size: int, replace: tuple[str, ...]) -> str:
    """`lines` with `replace` in the place of `size` lines; line ends as around them."""
    end = "\r\n" if lines[at].endswith("\r\n") else "\n"
    new = [line + end for line in replace]
    result = "".join(lines[:at] + new + lines[at + size :])
    if at + size == len(lines) and not lines[-1].endswith("\n"):
        result = result.removesuffix(end)
    return result


def _other_indent(lines: list[str], bare: list[str], block: Block, budget: place.Budget, name: str) -> str:
    """Aider's second try: every line of SEARCH lacks the same leading blanks, in one place only."""
    if len(block.readings) > 1:
        raise PatchError("patch_does_not_apply", f"{name}: SEARCH does not stand in the file")
    search, replace = block.readings[0]
    places = place.occurrences([line.strip() for line in search], [line.strip() for line in bare], budget)
    if len(places) != 1 or not any(line.strip() for line in search):
        raise PatchError("patch_does_not_apply", f"{name}: SEARCH does not stand in the file")
    at = places[0]
    added = {
        there.removesuffix(line) if there.endswith(line) else None
        for line, there in zip(search, bare[at : at + len(search)], strict=True)
        if line.strip()
    }
    indent = added.pop()
    if added or not indent or indent.strip():
        raise PatchError("patch_does_not_apply", f"{name}: SEARCH does not stand in the file")
    return _put(lines, at, len(search), tuple(indent + line if line.strip() else line for line in replace))
