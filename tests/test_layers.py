"""Imports run one way, and heavy packages stay in their homes."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "factory"

LAYERS = [
    {"errors", "records", "schemas", "storage", "shapes", "spans", "decoding", "kept", "stops", "unpacking", "syntax_trees"},
    {"measures", "packing", "prompts", "tokens", "tokenizer_files", "qwen_vocabulary", "mining", "positions", "ledger", "recipe", "cleaning", "secrets", "secret_values", "containers", "archives", "columns", "guesses", "vocabulary", "shell", "windows", "repositories", "patches", "cage", "side", "parts", "joins", "manifest"},
    {"formats", "domains", "teachers", "verifiers", "exports", "publish", "worlds", "evals"},
    {"identity"},
    {"stages"},
    {"inputs", "checks", "state", "live", "repairs", "run", "plan", "history", "delta", "yields", "report"},
    {"screen", "cli", "arguments", "commands"},
]
FAMILIES = {"formats", "domains", "teachers", "verifiers", "exports", "publish", "worlds", "evals"}
HOMES = {
    "ray": {"stages", "teachers"},
    "vllm": {"teachers", "stages"},
    "torch": set(),
    "transformers": {"tokenizer_files"},
    "duckdb": {"cage"},
    "deltalake": {"delta"},
    "boto3": {"storage"},
    "botocore": {"storage"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(part: str) -> int:
    for number, layer in enumerate(LAYERS):
        if part in layer:
            return number
    raise AssertionError(f"`factory/{part}` stands in no layer; add it to LAYERS")


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "factory" else [node.module]
    return found


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.name != "__init__.py" or p.parent != PACKAGE)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    here = part_of(path)
    for name in imports(path):
        if not name.startswith("factory."):
            continue
        there = name.split(".")[1]
        if there == here:
            continue
        assert layer_of(there) <= layer_of(here), f"{path.name} imports {name}, which lies above it"
        assert not (here in FAMILIES and there in FAMILIES), f"{path.name} imports {name}: families do not know each other"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_stay_in_their_homes(path: Path) -> None:
    for name in imports(path):
        package = name.split(".")[0]
        assert part_of(path) in HOMES.get(package, {part_of(path)}), f"`{package}` is imported in {path}"


def test_the_command_line_loads_nothing_heavy() -> None:
    code = "import sys, factory.cli; factory.cli.parser(); print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"ray", "vllm", "torch", "transformers", "duckdb", "boto3", "pyarrow", "pydantic"} & set(loaded)
