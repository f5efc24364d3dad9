"""Whole new files in an answer: a closed fence, and beside it the path of a file that is there already.

The path stands in the fence's first line (`### path`, `# path`) or on the line above the fence, alone or in backticks.
"""

from __future__ import annotations

import re

from factory.patches.apply import Applied
from factory.patches.extract import FENCE

QUOTED = re.compile(r"`([^`\s]{1,300})`")


def apply_whole(files: dict[str, str], answer: str) -> Applied | None:
    """The files that the answer writes anew; None where it writes none."""
    new: dict[str, str | None] = {}
    for above, text in closed_fences(answer):
        path = _path_in(above, files)
        first, _, rest = text.partition("\n")
        named = first.strip().lstrip("#/ ").strip("`* ")
        if not path and named in files:
            path = named
            text = text if files[path].startswith(first + "\n") else rest
        if not path:
            continue
        if new.get(path, text) != text:
            return Applied(False, {}, reason="ambiguous", detail=f"`{path}` is written twice, with different texts")
        new[path] = text
    return Applied(True, new, "whole_file") if new else None


def closed_fences(answer: str) -> list[tuple[str, str]]:
    """(nearest line above that is not blank, inside) of every fence that is closed."""
    found: list[tuple[str, str]] = []
    above = opened = fence = ""
    lines: list[str] = []
    for line in answer.replace("\r\n", "\n").split("\n"):
        mark = FENCE.match(line.rstrip())
        if not fence:
            if mark and not mark[1]:
                opened, fence, lines, above = above, mark[2], [], ""
            elif line.strip():
                above = line
        elif mark and mark[2].startswith(fence) and not mark[1] and not mark[3]:
            found.append((opened, "".join(lines)))
            fence = ""
        else:
            lines.append(line + "\n")
    return found


def _path_in(line: str, files: dict[str, str]) -> str:
    plain = line.strip().lstrip("#* ").rstrip(":* ").strip("`")
    if plain in files:
        return plain
    quoted = [name for name in QUOTED.findall(line) if name in files]
    return quoted[0] if len(quoted) == 1 else ""
