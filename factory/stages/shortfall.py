"""Which examples fall short of their wanted passing traces, and which attempts are still to be made."""

from __future__ import annotations

from typing import Any, NamedTuple

from factory import identity, ledger, parts
from factory.ledger import Commit, RowRecord
from factory.recipe import Placement, Recipe
from factory.stages.refusals import OVER_KV, TOO_LONG, is_decided, standing
from factory.stages.trace import Attempts


class Job(NamedTuple):
    root: str
    recipe: Recipe
    placement: Placement
    trace_scope: dict[str, str]
    verify_scope: dict[str, str]
    reread: bool = False
    """What engines had no room for is asked again: another GPU may be behind the same placement."""


class Short(NamedTuple):
    """An example that falls short of its wanted passing traces."""

    unit: str
    id: str
    domain: str
    ask: str
    prompt_tokens: int
    place: tuple[str, int]
    known: dict[int, tuple[str, int] | None]
    """Attempt that is not made any more -> the place of its trace; None where it left none."""
    units: tuple[str, ...] = ()
    """Trace units of all attempts that the recipe allows; filled when its turn comes."""


def falling_short(job: Job, attempts: Attempts, rows: list[RowRecord], commits: dict[str, list[Commit]]) -> list[Short]:
    """Longest prompt first. Found without reading any text."""
    made = {unit.unit: unit.reason for commit in commits["trace"] for unit in commit.units if not (job.reread and unit.reason in (TOO_LONG, OVER_KV))}
    judged = {unit.unit: unit.rows for commit in commits["verify"] for unit in commit.units}
    homes = ledger.places(commits["compile"], "examples")
    traces = ledger.places(commits["trace"], "traces")
    pending: dict[str, list[tuple[int, RowRecord, dict[int, tuple[str, int] | None]]]] = {}
    taken: set[str] = set()
    for row in rows:
        ask, units = attempts.ask(row), attempts.of(row)
        known = standing(job.recipe, job.placement, units, made)
        accepted = judged.get(identity.verify_unit(job.verify_scope, row.unit, row.domain, known))
        is_over = is_decided(job.recipe, job.placement, units, made)
        asks_opinion = job.recipe.verify.search_judge and row.domain == "search" and accepted is None
        enough = (accepted or 0) >= job.recipe.teacher.sampling(row.domain).wanted
        if ask in taken or enough or (is_over and not asks_opinion):
            continue
        taken.add(ask)
        path, place = homes[row.unit]
        known_places = {i: traces.get(unit) for i, unit in enumerate(units) if is_over or unit in made}
        pending.setdefault(path, []).append((place, row, known_places))
    short = []
    for path, wanted in pending.items():
        ids = _column(job.root, path, "id")
        for place, row, known_places in wanted:
            short.append(Short(row.unit, ids[place], row.domain, attempts.ask(row), row.prompt_tokens, (path, place), known_places))
    return sorted(short, key=lambda example: (-example.prompt_tokens, example.unit))


def _column(root: str, path: str, name: str) -> list[Any]:
    with parts.opened(root, path) as file:
        return file.read(columns=[name])[name].to_pylist()
