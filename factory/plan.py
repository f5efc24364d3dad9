"""What a build would do and why, found out without doing it and without opening an input."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from factory import identity, ledger, publish
from factory.inputs import listing
from factory.recipe import Placement, Recipe
from factory.records import DOMAINS
from factory.stages.discarded import count_discarded
from factory.stages.refusals import is_decided, standing
from factory.stages.trace import Attempts
from factory.state import State, unchanged


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
    """Rows of unchanged objects for which the teacher must be asked."""
    discarded: int
    """Of them those that a model has answered, under another recipe."""
    reverify: int
    stage_fields: list[str]
    """Fields of the teacher and of the verifiers that differ from the published version's, where that makes work."""
    named: list[tuple[str, str, list[str]]]
    """(object, state, fields or side inputs that made it so) of everything that will be read."""
    predicted: dict[str, float]
    """What the reading and the asking will bring, from what this dataset's past runs measured; {} without any."""


def plan(root: str, recipe: Recipe, placement: Placement = Placement()) -> Plan:  # noqa: B008  (frozen)
    scopes = [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]
    asked = listing(recipe, scopes, root)
    done_already = unchanged(root, asked, placement) is not None
    state = State(root, recipe, asked, scopes)
    done = state.done()
    before: dict[str, list[ledger.ObjectRecord]] = {}
    for commit in state.commits["compile"]:
        for item in commit.objects:
            before.setdefault(item.uri, []).append(item)
    states: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    sides: Counter[str] = Counter()
    named: list[tuple[str, str, list[str]]] = []
    num_bytes = new_bytes = 0
    stale: list[ledger.RowRecord] = []
    for index, info in asked.objects:
        if (index, info.uri, info.etag) in done:
            states["unchanged"] += 1
            continue
        num_bytes += info.size
        name, why, again = _why(before.get(info.uri, []), info.etag, scopes[index], state)
        stale += again
        new_bytes += 0 if name == "stale" else info.size
        states[name] += 1
        named.append((info.uri, name, why))
        (sides if name == "side_input_changed" else fields).update(why)
    uris = {info.uri for _, info in asked.objects}
    rows = [row for index, info in asked.objects for item in done.get((index, info.uri, info.etag), ()) for row in item.rows]
    attempts, known = Attempts(recipe, identity.trace_scope(recipe)), state.rows()
    distinct = list({row.unit: known[row.unit] for row in rows}.values())
    retrace, reverify = _stages(state, recipe, placement, attempts, distinct)
    return Plan(
        nothing_to_do=done_already,
        objects=dict(states),
        bytes=num_bytes,
        fields=dict(fields),
        sides=dict(sides),
        removed=sorted(set(before) - uris),
        known_rows=len(rows),
        retrace=retrace,
        discarded=count_discarded(attempts, distinct, state.commits, scopes) if retrace else 0,
        reverify=reverify,
        stage_fields=_stage_fields(root, recipe) if retrace or reverify else [],
        named=named,
        predicted={} if done_already else predict(state, recipe, new_bytes, len({row.unit for row in stale if row.ask}), retrace, reverify),
    )


def _stage_fields(root: str, recipe: Recipe) -> list[str]:
    version = publish.current(root)
    if version is None:
        return []
    now = identity.trace_scope(recipe) | identity.verify_scope(recipe)
    before = {name: value for name, value in version.scopes.items() if name in now or name.startswith(("teacher.", "verify.", "version.teachers."))}
    return _differences(before, now)


def predict(state: State, recipe: Recipe, num_bytes: int, stale: int, retrace: int, reverify: int) -> dict[str, float]:
    """What reading `num_bytes` of new content, making `stale` examples again, asking for `retrace` known ones and judging
    `reverify` will bring, at the rates of the ledger."""
    objects = [item for commit in state.commits["compile"] for item in commit.objects]
    read = sum(item.end - item.start if item.end else item.size for item in objects)
    made = [row for row in state.rows().values() if row.ask]
    if not read or not made:
        return {}
    new = num_bytes * len(made) / read + stale
    asked = new + retrace
    units = [unit for commit in state.commits["verify"] for unit in commit.units]
    attempts = sum(len(commit.units) for commit in state.commits["trace"] if commit.engine_seconds)
    seconds = sum(commit.engine_seconds for commit in state.commits["trace"])
    traced = len({unit.example_unit for commit in state.commits["trace"] if commit.engine_seconds for unit in commit.units})
    found = {"examples": new, "prompt_tokens": asked * sum(row.prompt_tokens for row in made) / len(made)}
    if units:
        found["rows"] = (new + max(retrace, reverify)) * sum(unit.rows for unit in units) / len(units)
    if attempts and Attempts(recipe, identity.trace_scope(recipe)).pooled:
        found |= {"attempts": asked * attempts / traced, "engine_hours": asked * seconds / traced / 3_600}
    return found


def _why(items: list[ledger.ObjectRecord], etag: str, scope: dict[str, str], state: State) -> tuple[str, list[str], list[ledger.RowRecord]]:
    """State of an object that will be read, what made it so, and, of a stale one, the known rows that it touches."""
    if not items:
        return "new", [], []
    same = [item for item in items if item.etag == etag]
    if not same:
        return "changed", [], []
    nearest = min((_differences(item.scope, scope) for item in same), key=len)
    if nearest:
        rows = [row for item in same if _differences(item.scope, scope) == nearest for row in item.rows]
        return "stale", nearest, [row for row in rows if any(_touches(name, row.domain) for name in nearest)]
    changed = {uri for item in same for uri, etag in item.sides.items() if state.etags.get(uri) != etag}
    return "side_input_changed", sorted(changed), []


def _touches(field: str, domain: str) -> bool:
    """Whether a field of a compile scope can change a row of this domain."""
    family, _, name = field.rpartition(".")
    return name not in DOMAINS or family == "input" or name == domain


def _differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _stages(state: State, recipe: Recipe, placement: Placement, attempts: Attempts, rows: list[ledger.RowRecord]) -> tuple[int, int]:
    """Rows to be asked for, rows to be judged."""
    verify_scope = identity.verify_scope(recipe)
    made = {unit.unit: unit.reason for commit in state.commits["trace"] for unit in commit.units}
    verified = {unit.unit: unit.rows for commit in state.commits["verify"] for unit in commit.units}
    retrace = reverify = 0
    for row in rows:
        if row.ask:
            units = attempts.of(row)
            stands = standing(recipe, placement, units, made)
            accepted = verified.get(identity.verify_unit(verify_scope, row.unit, row.domain, stands))
            enough = attempts.pooled and (accepted or 0) >= recipe.teacher.sampling(row.domain).wanted
            retrace += not enough and not is_decided(recipe, placement, units, made)
            reverify += accepted is None
    return retrace, reverify


def describe(found: Plan) -> list[str]:
    """The plan in sentences."""
    if found.nothing_to_do:
        return ["nothing to do: the published version is what is asked for"]
    lines = [f"{_objects(count)} {name.replace('_', ' ')}" for name, count in sorted(found.objects.items())]
    lines.append(f"{found.bytes:,} bytes of input to read")
    lines += [f"`{name}` differs for {_objects(count)}" for name, count in sorted(found.fields.items())]
    lines += [f"side input `{uri}` changed for {_objects(count)}" for uri, count in sorted(found.sides.items())]
    lines.append(f"{found.known_rows:,} rows known; {found.retrace:,} of them to be asked for, {found.reverify:,} to be judged")
    if found.discarded:
        lines.append(f"{found.discarded:,} of those to be asked for were answered by a model before; a build stops and asks (--yes goes on)")
    if found.stage_fields:
        lines.append("because of " + ", ".join(f"`{name}`" for name in found.stage_fields))
    if found.removed:
        lines.append(f"gone: {_objects(len(found.removed))}; their rows leave the next version ({found.removed[0]}{', ...' if found.removed[1:] else ''})")
    return lines


def _objects(count: int) -> str:
    return f"{count:,} object{'' if count == 1 else 's'}"


def explain(found: Plan) -> list[str]:
    """Every object that will be read and why, and what to expect."""
    lines = [f"{state.replace('_', ' '):18} {uri}" + (f"  because of {', '.join(why)}" if why else "") for uri, state, why in found.named]
    lines += [f"gone               {uri}" for uri in found.removed]
    if found.predicted:
        names = {"examples": "examples to make", "prompt_tokens": "prompt tokens", "rows": "rows", "attempts": "attempts", "engine_hours": "engine hours"}
        amounts = [f"{value:,.2f} {names[name]}" if name == "engine_hours" else f"{value:,.0f} {names[name]}" for name, value in found.predicted.items()]
        lines.append("expected at most, at the rates of this dataset's past runs: " + ", ".join(amounts))
    elif not found.nothing_to_do:
        lines.append("nothing is known of past runs of this dataset, so nothing is predicted")
    return lines
