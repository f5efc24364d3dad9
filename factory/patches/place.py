"""Where a hunk's old lines stand in a file: git's choice for exact matches, the only place for inexact ones.

All searches are linear in the file and share one budget, so that a hostile patch cannot buy hours.
"""

from __future__ import annotations

import re

from factory.patches.parse import Hunk
from factory.patches.paths import PatchError

SEVERAL = -2
"""In the place of an index: there is more than one. -1: there is none."""

BLANKS = re.compile(r"[ \t\r\n]+")


class Budget:
    """Line comparisons that one patch may cost."""

    def __init__(self, num_lines: int = 5_000_000):
        self.left = num_lines

    def spend(self, num_lines: int) -> None:
        self.left -= num_lines
        if self.left < 0:
            raise PatchError("patch_refused", "placing its hunks costs too many comparisons")


def occurrences(before: list, lines: list, budget: Budget) -> list[int]:
    """Every index at which `before` stands in `lines`, overlaps included (Knuth-Morris-Pratt)."""
    size = len(before)
    budget.spend(len(lines) + size)
    if not size:
        return list(range(len(lines) + 1))
    if size > len(lines):
        return []
    fall = [0] * size
    k = 0
    for i in range(1, size):
        while k and before[i] != before[k]:
            k = fall[k - 1]
        k += before[i] == before[k]
        fall[i] = k
    found = []
    k = 0
    for i, line in enumerate(lines):
        while k and line != before[k]:
            k = fall[k - 1]
        k += line == before[k]
        if k == size:
            found.append(i - size + 1)
            k = fall[k - 1]
    return found


def exact(hunk: Hunk, lines: list, position: int, budget: Budget) -> int:
    """Index where `git apply` puts the hunk, or -1: the match nearest to `position`, later ones first among equals.

    A hunk of the first line must match at the start and one without trailing context at the end, as in git.
    """
    before = hunk.before
    size = len(before)
    at_start = hunk.old_start <= 1
    at_end = hunk.trailing == 0
    if at_start and at_end and size != len(lines):
        return -1
    if at_start or at_end:
        place = 0 if at_start else len(lines) - size
        budget.spend(size)
        return place if place >= 0 and lines[place : place + size] == before else -1
    position = min(max(position, 0), len(lines))
    budget.spend(size + 1)
    if lines[position : position + size] == before:
        return position
    return nearest(occurrences(before, lines, budget), position)


def nearest(places: list[int], position: int) -> int:
    return min(places, key=lambda place: (abs(place - position), place < position), default=-1)


def only(before: list, lines: list, budget: Budget) -> int:
    """The only place of `before` in `lines`; -1 for none, or SEVERAL."""
    places = occurrences(before, lines, budget)
    return places[0] if len(places) == 1 else SEVERAL if places else -1


def blank_key(line: str | None) -> str | None:
    """Lines that `git apply --ignore-whitespace` takes for equal have equal keys."""
    return None if line is None else BLANKS.sub(" ", line.rstrip(" \t\r\n"))
