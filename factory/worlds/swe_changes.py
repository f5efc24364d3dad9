"""Changes that an agent makes instead of the plain right one: one that repairs nothing, one with a comment more."""

from __future__ import annotations

import ast
import random

from factory import syntax_trees
from factory.worlds import swe_pairs
from factory.worlds.runs import chance
from factory.worlds.swe_bugs import places
from factory.worlds.swe_measure import Bench
from factory.worlds.swe_pairs import Pair

COMMENTS = ("see the description above", "the tests rely on this", "borders count", "this was the cause", "keep in step with the callers")


def wrong(pair: Pair, seed: int, bench: Bench) -> dict[str, str]:
    """Files of somebody who did not repair the bug: one of two places, or another edit of the function; the tests still fail."""
    for attempt in range(100):
        rng = chance("swe-wrong", seed, pair.number, attempt)
        files = dict(pair.base)
        path, place = rng.choice(pair.bugs)
        if len(pair.bugs) > 1 and rng.random() < 0.7:
            files[path] = pair.fixed[path]
        else:
            name = place.function
            options = [option for option in places(pair.base[path]) if option.kind != "dropped_return"]
            near = [option for option in options if option.function == name]
            files[path] = rng.choice(near if near and attempt < 50 else options).apply(pair.base[path])
        if same_meaning(files, pair.fixed) or same_meaning(files, pair.base):
            continue
        if swe_pairs.not_fixed(pair, files, bench):
            return files
    raise AssertionError(f"no wrong patch found for pair {pair.number} of seed {seed}")


def same_meaning(left: dict[str, str], right: dict[str, str]) -> bool:
    """Whether files differ in nothing but comments and layout. Files that are no Python have no meaning to compare."""
    try:
        return all(left[path] == right[path] or syntax(left[path]) == syntax(right[path]) for path in left)
    except SyntaxError:
        return True


def syntax(text: str) -> str:
    return ast.dump(syntax_trees.parse(text))


def commented(pair: Pair, rng: random.Random) -> dict[str, str]:
    """The right files with a comment at the first changed line; without one where the line has no room for it."""
    path, place = pair.bugs[0]
    lines = pair.fixed[path].splitlines(keepends=True)
    line = pair.fixed[path][: place.start].count("\n")
    lines[line] = lines[line].rstrip("\n") + f"  # {rng.choice(COMMENTS)}\n"
    files = {**pair.fixed, path: "".join(lines)}
    return files if same_meaning(files, pair.fixed) else pair.fixed
