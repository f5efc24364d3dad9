"""Which column of an answer stands for which of the gold: by name, and by what the values themselves tell."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from factory.cage.cells import Printed, Profile
from factory.cage.results import ResultTable

SAID = {
    word: meaning
    for meaning, words in {
        "min": "min minimum lowest smallest least cheapest earliest shortest",
        "max": "max maximum highest largest greatest biggest latest longest",
        "avg": "avg average mean",
    }.items()
    for word in words.split()
}
"""Words of a column's name -> the aggregate that they say."""


def name_key(name: str) -> str:
    """A column's name without its table, case, quotes and spaces."""
    name = name.strip().strip("`\"'*[]").casefold().replace(" ", "_")
    if "(" not in name:
        name = name.rsplit(".", 1)[-1]
    return name.strip("`\"'[]")


def aggregate(name: str) -> str:
    """The one aggregate that a column's name says; "" where it says none or several."""
    said = {SAID[word] for word in re.findall(r"[a-z]+", name.casefold()) if word in SAID}
    return said.pop() if len(said) == 1 else ""


def named(gold: Sequence[str], answer: Sequence[str]) -> dict[int, int]:
    """The answer's column for each gold column that it names: by the name, else by the aggregate that both names say."""
    found: dict[int, int] = {}
    for say in (name_key, aggregate):
        ours, theirs = [say(name) for name in gold], [say(name) for name in answer]
        for i, name in enumerate(ours):
            if name and ours.count(name) == theirs.count(name) == 1 and i not in found and theirs.index(name) not in found.values():
                found[i] = theirs.index(name)
    return found


def is_told(answer: ResultTable, profiles: Sequence[Profile], mapping: Sequence[int], by_name: dict[int, int]) -> bool:
    """Whether columns that changed places can be told apart: written numbers by a name only, texts without a name
    where no value stands in both, values of different kinds always."""
    moved = [i for i, j in enumerate(mapping) if i != j and i not in by_name]
    has_names = any(answer.columns)
    for a, b in itertools.combinations(moved, 2):
        shared = (profiles[a].classes & profiles[b].classes) - {"null"}
        if not has_names and len(answer.rows) <= 1 and profiles[a].classes == profiles[b].classes:
            return False
        if shared & {"num", "bool"} and any(isinstance(row[mapping[i]], Printed) for i in (a, b) for row in answer.rows):
            return False
        if "text" in shared and not has_names and profiles[a].texts & profiles[b].texts:
            return False
    return True
