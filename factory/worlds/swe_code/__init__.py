"""Small real algorithms and business logic: the material that the swe world's repositories are made of.

Every module is one subject: top-level functions, classes and constants, and `check_...` functions that use
them. A repository takes a seeded selection: functions become modules, checks become tests, and
every `expect(x)` becomes `assert x == value` with the value that the right code gives. A constant
with the comment `# one of 3 5 8` is drawn anew. Loops that a small mistake would make endless are avoided.
"""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")

SUBJECTS = (
    "text", "graphs", "dates", "matrices", "parsing", "scheduling", "stock", "caching", "money",
    "figures", "codecs", "states", "sequences", "routing", "grids", "documents",
)  # fmt: skip


def expect(value: T) -> T:
    """Stand for `assert value == <what the right code gives>`."""
    return value
