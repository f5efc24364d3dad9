"""Draw a repository: a package with sub-packages, tests, a README; from a few thousand to some 400,000 characters.

The tests of a drawn repository still hold `expect(x)`; `swe_measure.record` replaces them by what the code gives.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from factory.worlds import swe_material, swe_records, swe_tables
from factory.worlds.runs import chance
from factory.worlds.swe_code import SUBJECTS

SMALLEST, LARGEST = 10_000, 420_000
"""Characters of a repository."""
MOST_FILES = 40

FIRST = ("amber", "birch", "cedar", "delta", "ember", "fjord", "granite", "harbor", "ivory", "juniper", "kestrel", "lagoon",
         "maple", "north", "opal", "pine", "quartz", "raven", "sierra", "tundra")  # fmt: skip
SECOND = ("desk", "ledger", "works", "kit", "planner", "depot", "tools", "office", "atlas", "engine")
PACKAGES = ("core", "shared", "planning", "services", "office", "engine", "support", "domain", "field", "desk")
MODULES = {
    "text": ("wording", "phrases", "strings"), "graphs": ("networks", "links", "graphs"), "dates": ("calendar_days", "dates", "deadlines"),
    "matrices": ("matrices", "linear", "tables2d"), "parsing": ("parsing", "notation", "reading"), "scheduling": ("scheduling", "shifts", "timing"),
    "stock": ("stock", "warehouse", "shelves"), "caching": ("caching", "memory", "lookaside"), "money": ("money", "billing", "amounts"),
    "figures": ("figures", "statistics_tools", "measures"), "codecs": ("codecs", "encoding", "checksums"), "states": ("states", "workflow", "machines"),
    "sequences": ("sequences", "algorithms", "lists"), "routing": ("routing", "addresses", "access"), "grids": ("grids", "boards", "cells"),
    "documents": ("documents", "pages", "markup"),
}  # fmt: skip


@dataclass
class Repository:
    name: str
    files: dict[str, str] = field(default_factory=dict)
    """Path -> text."""
    tests_of: dict[str, str] = field(default_factory=dict)
    """Path of a module -> path of its tests. Bugs go into these modules."""

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values()))


def draw(seed: int, index: int) -> Repository:
    """Repository `index` of a seed, with `expect` in its tests."""
    rng = chance("swe-repository", seed, index)
    names = [f"{first}-{second}" for first in FIRST for second in SECOND]
    chance("swe-names", seed).shuffle(names)
    made = Repository(names[index % len(names)] + (f"-{index // len(names) + 1}" if index >= len(names) else ""))
    # steps of the golden ratio: the first few repositories already differ much in size
    target = int(SMALLEST * (LARGEST / SMALLEST) ** ((0.13 + index * 0.618034) % 1.0) ** 0.7)
    folders = rng.sample(PACKAGES, 2 if target < 40_000 else rng.randint(3, 5))
    made.files |= {"README.md": "", "pyproject.toml": "", f"{made.package}/__init__.py": ""}
    for folder in folders:
        made.files[f"{made.package}/{folder}/__init__.py"] = f'"""The {folder} part of {made.name}."""\n'
    fill(made, folders, target, rng)
    finish(made, folders)
    return made


def fill(made: Repository, folders: list[str], target: int, rng: random.Random) -> None:
    """Add modules with their tests until the repository is as large as wanted."""
    share = 0.3 if target < 25_000 else 0.55 if target < 90_000 else 0.9
    supply = {"subject": list(SUBJECTS), "records": list(swe_records.KINDS), "table": list(swe_tables.SUBJECTS)}
    for left in supply.values():
        rng.shuffle(left)
    while len(made.tests_of) < 2 or (made.size < target and len(made.files) <= MOST_FILES - 2):
        missing = target - made.size
        wanted = missing * 2 // max(2, MOST_FILES - len(made.files))  # characters of a module with its tests, so that all fit
        weights = {"subject": 5, "records": 3, "table": 8 if wanted > 12_000 else 2 if target > 30_000 else 0}
        kinds = [kind for kind in weights if supply[kind]]
        kind = rng.choices(kinds, [weights[kind] for kind in kinds])[0]
        name = supply[kind].pop()
        folder = f"{made.package}/{rng.choice(folders)}"
        if kind == "subject":
            add_subject(made, folder, name, share * rng.uniform(0.7, 1.1), rng)
        elif kind == "records":
            path = f"{folder}/{name.lower()}_records.py"
            add(made, path, *swe_records.module(dotted(path), name, min(1.0, share * rng.uniform(0.8, 1.2)), rng))
        else:
            num_rows = min(rng.randint(150, 300) + max(0, wanted - 10_000) // 25, max(40, missing // 120), 1_500)
            path = f"{folder}/{name}.py"
            add(made, path, *swe_tables.module(dotted(path), name, num_rows, rng))


def add_subject(made: Repository, folder: str, subject: str, share: float, rng: random.Random) -> None:
    units = swe_material.select(subject, min(1.0, share), rng)
    several = len(units) > 9 and len(made.files) <= MOST_FILES - 4 and rng.random() < 0.4
    parts = swe_material.split(units, 2 if several else 1)
    places: dict[str, str] = {}
    texts: dict[str, str] = {}
    for name, part in zip(rng.sample(MODULES[subject], len(parts)), parts):
        path = f"{folder}/{name}.py"
        texts[path] = swe_material.module(path, swe_material.purpose_of(subject), part, places, rng)
    tests = swe_material.checks(subject, places)
    for path, text in texts.items():
        blocks = tests.get(dotted(path), [])
        add(made, path, text, tests_text(blocks, places) if blocks else "")


def tests_text(blocks: list[str], places: dict[str, str]) -> str:
    """A test file: imports of what the blocks use, then the blocks."""
    imports: dict[str, set[str]] = {}
    words = set("".join(letter if letter.isalnum() or letter == "_" else " " for block in blocks for letter in block + "\n").split())
    for name in sorted(words & set(places)):
        imports.setdefault(places[name], set()).add(name)
    head = "\n".join(swe_material.import_line(place, names) for place, names in sorted(imports.items()))
    return head + "\n\n\n" + "\n\n\n".join(blocks) + "\n"


def add(made: Repository, path: str, text: str, tests: str) -> None:
    made.files[path] = text
    if tests:
        folder, name = path.split("/")[-2:]
        made.tests_of[path] = f"tests/test_{folder}_{name}"
        made.files[made.tests_of[path]] = tests


def dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def finish(made: Repository, folders: list[str]) -> None:
    """The files that speak of the whole repository."""
    parts = []
    for path, text in made.files.items():
        if path.startswith(made.package + "/") and not path.endswith("__init__.py"):
            parts.append(f"- `{path}`: {text.splitlines()[0].strip(chr(34))}")
    made.files["README.md"] = f"# {made.name}\n\nModules:\n\n" + "\n".join(sorted(parts)) + "\n\nRun the tests with `python -m pytest -q`.\n"
    made.files["pyproject.toml"] = (
        f'[project]\nname = "{made.name}"\nversion = "0.{len(made.files)}.0"\nrequires-python = ">=3.11"\n\n'
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\naddopts = "-p no:cacheprovider --tb=short"\n'
    )
    made.files[f"{made.package}/__init__.py"] = f'"""{made.name}: {", ".join(sorted(folders))}."""\n\n__version__ = "0.{len(made.files)}.0"\n'
    made.files = dict(sorted(made.files.items()))
