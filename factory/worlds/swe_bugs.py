"""Bugs as small edits of one function: where they can go in, and what they make of the text.

A place is found in the syntax tree and edited in the text, so that a bug changes a line or two and nothing else.
Places inside `while` loops are left alone: a bug there may never end.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from typing import NamedTuple

from factory import syntax_trees

KINDS = ("off_by_one", "wrong_operator", "swapped_arguments", "missing_case", "wrong_default", "wrong_variable", "dropped_return",
         "wrong_function", "wrong_constant", "two_files")  # fmt: skip

COMPARISONS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in"}
SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.NotIn: "not in"}
OPERATORS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "+"), ast.FloorDiv: ("//", "%"), ast.Mod: ("%", "//")}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any", "rjust": "ljust", "ljust": "rjust", "lower": "upper"}


class Place(NamedTuple):
    """One possible edit: text[start:end] becomes `replacement`."""

    kind: str
    function: str
    start: int
    end: int
    replacement: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.replacement + text[self.end :]


class Text:
    """A module's text with offsets of its syntax nodes (which count UTF-8 bytes)."""

    def __init__(self, text: str):
        self.text = text
        self.tree = syntax_trees.parse(text)
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno or 0, node.end_col_offset or 0)

    def between(self, left: ast.expr, right: ast.expr, sign: str, other: str) -> tuple[int, int, str] | None:
        """The operator between two nodes, replaced."""
        start, end = self.span(left)[1], self.span(right)[0]
        at = self.text[start:end].find(sign)
        if at < 0 or self.text[start:end].count("\n"):
            return None
        return start + at, start + at + len(sign), other

    def whole_lines(self, first: int, last: int) -> tuple[int, int]:
        return self.starts[first - 1], self.starts[last]


def places(module: str) -> list[Place]:
    """Every place in a module's functions, in the order of the text."""
    text = Text(module)
    found = []
    for outer in text.tree.body:
        functions = outer.body if isinstance(outer, ast.ClassDef) else [outer]
        for function in functions:
            if isinstance(function, ast.FunctionDef):
                name = f"{outer.name}.{function.name}" if isinstance(outer, ast.ClassDef) else function.name
                for kind, start, end, replacement in edits(text, function):
                    if replacement != module[start:end]:
                        found.append(Place(kind, name, start, end, replacement))
    return sorted(set(found), key=lambda place: (place.start, place.end, place.kind, place.replacement))


def is_legal(text: str) -> bool:
    """Whether a text is Python that compiles."""
    try:
        compile(text, "module", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, without f-strings (their positions are not reliable), loops that a bug could make endless, and annotations."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr | ast.While | ast.FunctionDef | ast.arguments):
            yield child
            yield from walk(child)


def edits(text: Text, function: ast.FunctionDef) -> Iterator[tuple[str, int, int, str]]:
    names = sorted({node.id for node in walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)})
    names += [argument.arg for argument in function.args.args if argument.arg != "self"]
    for default in function.args.defaults:
        if isinstance(default, ast.Constant) and type(default.value) is int:
            yield "wrong_default", *text.span(default), str(default.value + 1)
            yield "wrong_default", *text.span(default), str(default.value * 2 if default.value else 5)
        elif isinstance(default, ast.Constant) and isinstance(default.value, bool):
            yield "wrong_default", *text.span(default), str(not default.value)
    docstring = function.body[0] if ast.get_docstring(function) else None
    for node in walk(function):
        if docstring and node in (docstring, docstring.value):
            continue
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from replaced(text, node.left, node.comparators[0], SIGNS.get(type(node.ops[0])), COMPARISONS.get(type(node.ops[0])))
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and is_number(node.left) and is_number(node.right):
            yield from replaced(text, node.left, node.right, *OPERATORS[type(node.op)])
        elif isinstance(node, ast.BoolOp) and len(node.values) == 2:
            signs = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield from replaced(text, *node.values, *signs)
        elif isinstance(node, ast.AugAssign) and type(node.op) in (ast.Add, ast.Sub):
            yield from replaced(text, node.target, node.value, *OPERATORS[type(node.op)])
        elif isinstance(node, ast.Constant) and type(node.value) is int and text.text[text.span(node)[0] - 1] != "-":
            kind = "off_by_one" if abs(node.value) < 10 else "wrong_constant"
            yield kind, *text.span(node), str(node.value + 1)
            yield kind, *text.span(node), str(node.value - 1) if node.value else "-1"
        elif isinstance(node, ast.Call):
            yield from of_call(text, node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            for other in names:
                if other != node.id:
                    yield "wrong_variable", *text.span(node), other
        elif isinstance(node, ast.If):
            yield from of_branch(text, node)
        elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            start, _ = text.span(node)
            yield "dropped_return", start, text.span(node.value)[0], ""
        elif isinstance(node, ast.Continue):
            yield "missing_case", *text.span(node), "break"


def is_number(node: ast.expr) -> bool:
    """Whether nothing in an operand speaks for text or lists."""
    texts = (ast.List, ast.JoinedStr, ast.Call, ast.Slice)
    return not any(isinstance(part, texts) or (isinstance(part, ast.Constant) and isinstance(part.value, str)) for part in ast.walk(node))


def replaced(text: Text, left: ast.expr, right: ast.expr, sign: str | None, other: str | None) -> Iterator[tuple[str, int, int, str]]:
    found = text.between(left, right, sign, other) if sign and other else None
    if found:
        yield "wrong_operator", *found


def of_call(text: Text, node: ast.Call) -> Iterator[tuple[str, int, int, str]]:
    if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        yield "wrong_function", *text.span(node.func), FUNCTIONS[node.func.id]
    elif isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS:
        end = text.span(node.func)[1]
        yield "wrong_function", end - len(node.func.attr), end, FUNCTIONS[node.func.attr]
    first, second = (*node.args, None, None)[:2]
    if isinstance(first, ast.Name | ast.Attribute | ast.BinOp) and isinstance(second, ast.Name | ast.Attribute | ast.BinOp):
        (start, middle), (after, end) = text.span(first), text.span(second)
        one, two = text.text[start:middle], text.text[after:end]
        if one != two and "\n" not in text.text[start:end]:
            yield "swapped_arguments", start, end, two + text.text[middle:after] + one
    for keyword in node.keywords:
        if keyword.arg == "reverse" and isinstance(keyword.value, ast.Constant):
            yield "wrong_default", *text.span(keyword.value), str(not keyword.value.value)


def of_branch(text: Text, node: ast.If) -> Iterator[tuple[str, int, int, str]]:
    """Leave out one branch: a whole `if` without `else`, or one `elif`."""
    is_elif = text.text.startswith("elif", text.span(node)[0])
    if is_elif:
        last = node.body[-1].end_lineno or 0
        yield "missing_case", *text.whole_lines(node.lineno, last), ""
    elif not node.orelse:
        yield "missing_case", *text.whole_lines(node.lineno, node.end_lineno or 0), ""


def draw(rng: random.Random, kind: str, text: str) -> Place | None:
    """A place of a kind somewhere in a module, every function as likely as another."""
    fitting = [place for place in places(text) if place.kind == kind]
    if not fitting:
        return None
    function = rng.choice(sorted({place.function for place in fitting}))
    chosen = rng.choice([place for place in fitting if place.function == function])
    return chosen if is_legal(chosen.apply(text)) else None
