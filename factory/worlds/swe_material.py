"""Cut `swe_code` into units (functions, classes, constants, checks) and put a selection together as modules.

A unit knows the names that it needs. Units keep their order, and a unit never needs a later one, so that any
cut of the order into modules gives imports without cycles.
"""

from __future__ import annotations

import ast
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from factory import syntax_trees

FOLDER = Path(__file__).parent / "swe_code"
DRAWN = re.compile(r"^([A-Z_]+ = ).*# one of ([\d_ ]+)$")

# words of local variables -> what another author might have called them
SYNONYMS = {
    "result": ("result", "output", "collected", "outcome"),
    "current": ("current", "running", "active"),
    "previous": ("previous", "former", "last_seen"),
    "remaining": ("remaining", "rest_of_it", "still_open"),
    "position": ("position", "spot", "offset_now"),
    "letter": ("letter", "char", "sign_read"),
    "total": ("total", "overall", "sum_so_far"),
    "best": ("best", "top_choice", "winner_yet"),
    "candidate": ("candidate", "option", "contender"),
    "lines": ("lines", "text_lines", "out_lines"),
    "seen": ("seen", "visited", "known"),
    "ordered": ("ordered", "in_order", "arranged"),
}


@dataclass(frozen=True)
class Unit:
    name: str
    text: str
    needs: frozenset[str]
    """Names of other units of the subject."""
    imports: tuple[str, ...]
    """Import lines of the standard library that the unit uses."""
    is_check: bool = False
    is_constant: bool = False


@cache
def units_of(subject: str) -> tuple[Unit, ...]:
    source = (FOLDER / f"{subject}.py").read_text("utf-8")
    tree = syntax_trees.parse(source)
    lines = source.splitlines()
    defined = {name for node in tree.body for name in defined_by(node)}
    imported: dict[str, str] = {}
    units = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            if module != "factory.worlds.swe_code":
                for alias in node.names:
                    imported[alias.name] = f"from {module} import {alias.name}" if module else f"import {alias.name}"
            continue
        for name in defined_by(node):
            used = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            units.append(
                Unit(
                    name,
                    text,
                    frozenset(used & defined - {name}),
                    tuple(line for word, line in imported.items() if word in used),
                    name.startswith("check_"),
                    isinstance(node, ast.Assign),
                )
            )
    return tuple(units)


def defined_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def purpose_of(subject: str) -> str:
    """First line of the subject's docstring."""
    return str(ast.get_docstring(syntax_trees.parse((FOLDER / f"{subject}.py").read_text("utf-8"))))


def select(subject: str, share: float, rng: random.Random) -> list[Unit]:
    """About `share` of a subject's functions, with everything that they need, in order."""
    units = {unit.name: unit for unit in units_of(subject) if not unit.is_check}
    main = [name for name, unit in units.items() if not unit.is_constant]
    wanted = set(rng.sample(main, max(3, round(len(main) * share))))
    while True:
        needed = {need for name in wanted for need in units[name].needs} - wanted
        if not needed:
            return [unit for unit in units.values() if unit.name in wanted]
        wanted |= needed


def redraw(unit: Unit, rng: random.Random) -> str:
    """The unit's text with drawn constants, without the comments that are meant for us, in another author's words."""
    drawn = DRAWN.match(unit.text)
    if drawn:
        return drawn.group(1) + rng.choice(drawn.group(2).split())
    return unit.text.replace("  # fmt: skip", "")


def reword(text: str, words: dict[str, str]) -> str:
    """Rename local variables; names of attributes and of keyword arguments stay."""
    for word, other in words.items():
        if not re.search(rf"\b{other}\b", text):
            text = re.sub(rf"(?<![.\w'\"]){word}(?!\w|['\"])(?!=[^=])", other, text)
    return text


def split(units: list[Unit], parts: int) -> list[list[Unit]]:
    """Cut into consecutive parts with similar amounts of code; a constant stands with the first unit that needs it."""
    code = [unit for unit in units if not unit.is_constant]
    constants = {unit.name: unit for unit in units if unit.is_constant}
    size = sum(len(unit.text) for unit in code) / parts
    cut: list[list[Unit]] = [[] for _ in range(parts)]
    done = 0
    for unit in code:
        part = cut[min(int(done / size), parts - 1)]
        for need in sorted(unit.needs & set(constants), key=list(constants).index):
            part.append(constants.pop(need))
        part.append(unit)
        done += len(unit.text)
    return [part for part in cut if part]


def module(path: str, purpose: str, units: list[Unit], places: dict[str, str], rng: random.Random) -> str:
    """Text of the module of `units`; `places` (name -> dotted module of earlier units) gains their names."""
    dotted = path.removesuffix(".py").replace("/", ".")
    standard = sorted({line for unit in units for line in unit.imports}, key=lambda line: (line.startswith("from"), line))
    own = {unit.name for unit in units}
    outside: dict[str, set[str]] = {}
    for unit in units:
        for need in unit.needs - own:
            outside.setdefault(places[need], set()).add(need)
    words = {word: rng.choice(others) for word, others in SYNONYMS.items()}
    constants = [redraw(unit, rng) for unit in units if unit.is_constant]
    bodies = [reword(redraw(unit, rng), words) for unit in units if not unit.is_constant]
    blocks = [f'"""{purpose}"""']
    if standard:
        blocks.append("\n".join(standard))
    if outside:
        blocks.append("\n".join(import_line(place, names) for place, names in sorted(outside.items())))
    if constants:
        blocks.append("\n".join(constants))
    text = "\n\n".join(blocks) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"
    places.update(dict.fromkeys(own, dotted))
    return text


def import_line(place: str, names: set[str]) -> str:
    line = f"from {place} import " + ", ".join(sorted(names))
    if len(line) <= 110:
        return line
    return f"from {place} import (\n" + "".join(f"    {name},\n" for name in sorted(names)) + ")"


def checks(subject: str, places: dict[str, str]) -> dict[str, list[str]]:
    """Dotted module -> texts of tests (`expect` still in them) of which everything they use stands in `places`."""
    tests: dict[str, list[str]] = {}
    for unit in units_of(subject):
        if unit.is_check and unit.needs <= set(places):
            subject_of = max(sorted(unit.needs), key=lambda name: (name.lower() in unit.name, len(name)))
            tests.setdefault(places[subject_of], []).append(unit.text.replace("def check_", "def test_", 1))
    return tests
