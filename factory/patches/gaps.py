"""Texts that are windows of a file: which real line number each line has.

Where lines are missing, one marker line stands for them, such as `[... lines 81-120 not shown ...]` or
`[... not shown ...]`. Real line numbers jump there; without numbers in the marker they simply go on.
"""

from __future__ import annotations

import re
from bisect import bisect_left

MARKER = re.compile(r"\[\.\.\. (?:lines? (\d{1,9})(?: ?(?:-|to) ?(\d{1,9}|end))? )?[a-z ]{0,40}not shown \.\.\.\]\s*")


def is_marker(line: str) -> bool:
    return line.startswith("[... ") and MARKER.fullmatch(line) is not None


def has_unknown_gap(lines: list[str]) -> bool:
    """Whether a gap does not say which lines it hides, so that numbers after it are too small."""
    found = (MARKER.fullmatch(line) for line in lines if line.startswith("[... "))
    return any(marker is not None and not marker[1] for marker in found)


def line_numbers(lines: list[str]) -> list[int]:
    """The 1-based line of the whole file for each line; a marker has the number of the first line that it hides."""
    numbers: list[int] = []
    number = 1
    for line in lines:
        found = MARKER.fullmatch(line) if line.startswith("[... ") else None
        if found and found[1]:
            number = max(number, int(found[1]))
        numbers.append(number)
        if not found:
            number += 1
        elif found[2] and found[2] != "end":
            number = max(number, int(found[2]) + 1)
        elif found[1]:
            number += 1
    return numbers


def index_of(numbers: list[int], number: int) -> int:
    """Index of the line with the real number `number`, or of the next one that is shown."""
    return bisect_left(numbers, number)
