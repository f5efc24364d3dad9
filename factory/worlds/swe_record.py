"""Replace every `expect(x)` of a tree's tests by an assertion of what the right code gives for `x`."""

from __future__ import annotations

import ast
import json
import pprint
import sys
import tempfile
from pathlib import Path

from factory import syntax_trees
from factory.worlds.swe_measure import Bench, tree_key
from factory.worlds.swe_process import execute, write_tree

RECORDER = """
import json, sys
sys.path.insert(0, ".")
found = {}
for path in json.load(sys.stdin):
    values = []
    def expect(value):
        values.append(value)
        return value
    names = {"expect": expect, "__name__": path}
    exec(compile(open(path).read(), path, "exec"), names)
    for name, test in list(names.items()):
        if name.startswith("test_"):
            values.clear()
            test()
            found[path + "::" + name] = [repr(value) for value in values]
print(json.dumps(found))
"""
WIDEST = 110


def record(files: dict[str, str], bench: Bench) -> dict[str, str]:
    """The same files with finished tests."""
    tests = sorted(path for path in files if path.startswith("tests/"))
    key = tree_key(files, "record", RECORDER)
    values = bench.recall(key)
    if not isinstance(values, dict):
        with tempfile.TemporaryDirectory(prefix="swe-record-") as scratch:
            write_tree(files, Path(scratch))
            status, output = execute([sys.executable, "-c", RECORDER], Path(scratch), text=json.dumps(tests))
        if status:
            raise AssertionError(f"generated code fails:\n{output[-2000:]}")
        values = json.loads(output)
        bench.remember(key, values)
    return {**files, **{path: asserted(path, files[path], values) for path in tests}}


def asserted(path: str, text: str, values: dict[str, list[str]]) -> str:
    lines = text.splitlines()
    for test in reversed(syntax_trees.parse(text).body):
        if not isinstance(test, ast.FunctionDef):
            continue
        calls = [node.value for node in test.body if isinstance(node, ast.Expr) and is_expect(node.value)]
        known = values[f"{path}::{test.name}"]
        assert len(calls) == len(known), f"{path}::{test.name} has {len(calls)} expectations and gave {len(known)}"
        for call, value in reversed(list(zip(calls, known))):
            argument = ast.get_source_segment(text, call.args[0])
            lines[call.lineno - 1 : call.end_lineno] = assertion(argument or "", value)
    return "\n".join(lines) + "\n"


def is_expect(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "expect"


def assertion(argument: str, value: str) -> list[str]:
    if value in ("True", "False"):
        shown = f"({argument})" if " == " in argument and value == "False" else argument
        return [f"    assert {shown}" if value == "True" else f"    assert not {shown}"]
    if value == "None":
        return [f"    assert {argument} is None"]
    line = f"    assert {argument} == {value}"
    if len(line) <= WIDEST:
        return [line]
    shown = pprint.pformat(syntax_trees.literal(value), width=WIDEST - 14, compact=True, sort_dicts=False).splitlines()
    return [f"    assert {argument} == (", *(f"        {line}" for line in shown), "    )"]
