"""What a build would do and why, found out without doing it and without opening an input."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from factory import identity, ledger
from factory.recipe import Recipe
from factory.run import State, listing, unchanged


class Plan(NamedTuple):
    nothing_to_do: bool
    objects: dict[str, int]
    """Input objects by state: unchanged, new, changed, stale, side_input_changed."""
    bytes: int
    """Input bytes that will be read."""
    fields: dict[str, int]
    """Field that made an object stale -> number of objects."""
    sides: dict[str, int]
    """Side input that changed -> number of objects."""
    removed: list[str]
    """Objects of the ledger that are no longer among the inputs."""
    known_rows: int
    """Rows of unchanged objects."""
    retrace: int
    """Rows of unchanged objects whose traces must be asked for again."""
    reverify: int


def plan(root: str, recipe: Recipe) -> Plan:
    scopes = [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]
    asked = listing(recipe, scopes)
    done_already = unchanged(root, asked) is not None
    state = State(root, recipe, asked, scopes)
    done = state.done()
    before: dict[str, list[ledger.ObjectRecord]] = {}
    for commit in state.commits["compile"]:
        for item in commit.objects:
            before.setdefault(item.uri, []).append(item)
    states: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    sides: Counter[str] = Counter()
    num_bytes = 0
    for index, info in asked.objects:
        if (index, info.uri, info.etag) in done:
            states["unchanged"] += 1
            continue
        num_bytes += info.size
        name, why = _why(before.get(info.uri, []), info.etag, scopes[index], state)
        states[name] += 1
        (sides if name == "side_input_changed" else fields).update(why)
    uris = {info.uri for _, info in asked.objects}
    rows = [row for items in done.values() for item in items for row in item.rows]
    retrace, reverify = _stages(state, recipe, rows)
    return Plan(done_already, dict(states), num_bytes, dict(fields), dict(sides), sorted(set(before) - uris), len(rows), retrace, reverify)


def _why(items: list[ledger.ObjectRecord], etag: str, scope: dict[str, str], state: State) -> tuple[str, list[str]]:
    if not items:
        return "new", []
    same = [item for item in items if item.etag == etag]
    if not same:
        return "changed", []
    nearest = min((_differences(item.scope, scope) for item in same), key=len)
    if nearest:
        return "stale", nearest
    changed = {uri for item in same for uri, etag in item.sides.items() if state.etags.get(uri) != etag}
    return "side_input_changed", sorted(changed)


def _differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _stages(state: State, recipe: Recipe, rows: list[Any]) -> tuple[int, int]:
    from factory.stages.trace import Attempts

    trace_scope, verify_scope = identity.trace_scope(recipe), identity.verify_scope(recipe)
    attempts = Attempts(recipe, trace_scope)
    traced = {unit.unit for commit in state.commits["trace"] for unit in commit.units}
    verified = {unit.unit: unit.rows for commit in state.commits["verify"] for unit in commit.units}
    retrace = reverify = 0
    known = state.rows()
    for row in {row.unit: known[row.unit] for row in rows}.values():
        if row.ask:
            units = attempts.of(row)
            known_units = [unit for unit in units if unit in traced]
            accepted = verified.get(identity.verify_unit(verify_scope, row.unit, row.domain, known_units))
            enough = attempts.pooled and (accepted or 0) >= recipe.teacher.sampling(row.domain).wanted
            retrace += len(known_units) < len(units) and not enough
            reverify += accepted is None
    return retrace, reverify


def describe(found: Plan) -> list[str]:
    """The plan in sentences."""
    if found.nothing_to_do:
        return ["nothing to do: the published version is what is asked for"]
    lines = [f"{count:,} objects {name.replace('_', ' ')}" for name, count in sorted(found.objects.items())]
    lines.append(f"{found.bytes:,} bytes of input to read")
    lines += [f"`{name}` differs for {count:,} objects" for name, count in sorted(found.fields.items())]
    lines += [f"side input `{uri}` changed for {count:,} objects" for uri, count in sorted(found.sides.items())]
    lines.append(f"{found.known_rows:,} rows known; {found.retrace:,} of them to be asked again, {found.reverify:,} to be judged again")
    if found.removed:
        lines.append(f"{len(found.removed):,} objects are gone; their rows leave the next version ({found.removed[0]}, ...)")
    return lines


