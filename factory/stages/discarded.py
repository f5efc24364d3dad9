"""Teacher work that a changed recipe leaves behind: rows that a model has answered and would have to answer again."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping

from factory.ledger import Commit, PartRecord, RowRecord, gone
from factory.records import canonical_json
from factory.stages.trace import Attempts
from factory.teachers import TEACHERS


def count_discarded(attempts: Attempts, rows: Iterable[RowRecord], commits: Mapping[str, list[Commit]], scopes: list[dict[str, str]]) -> int:
    """Rows whose run was answered by a model under another recipe and by none under this one.

    A run whose database changed is not counted: its old answers are to another question."""
    if not attempts.pooled:
        return 0
    scope_of = {row.unit: (row.content, item.scope in scopes) for commit in commits["compile"] for item in commit.objects for row in item.rows}
    answered: set[str] = set()
    made: set[str] = set()
    for commit in commits["trace"]:
        made.update(unit.unit for unit in commit.units)
        if not cost_something(commit.scope):
            continue
        same_teacher = canonical_json(commit.scope) == attempts.scope
        for unit in commit.units:
            content, same_examples = scope_of.get(unit.example_unit, ("", True))
            if unit.rows and not (same_teacher and same_examples):
                answered.add(content)
    return sum(bool(row.ask) and row.content in answered and made.isdisjoint(attempts.of(row)) for row in rows)


def count_answers(commits: Iterable[Commit], lost: Iterable[PartRecord]) -> int:
    """Attempts that a model made and that stood in these parts alone."""
    commits = list(commits)
    left = gone(commits, lost).get("traces", set())
    return len(left & {unit.unit for commit in commits if cost_something(commit.scope) for unit in commit.units})


def cost_something(scope: Mapping[str, str]) -> bool:
    """Whether attempts of this trace scope were made by a model behind engines."""
    kind = next((name.removeprefix("version.teachers.") for name in scope if name.startswith("version.teachers.")), "")
    return kind in TEACHERS and getattr(importlib.import_module(f"factory.teachers.{TEACHERS[kind]}"), "POOLED", False)
