"""Do two edits of the same files end in the same program? Rules from strong to weak: bytes, normalised,
tokens, ast.

    bytes       the same text
    normalised  the same but for line ends, blanks at line ends and blank lines at the file's end
    tokens      windows of a Python file: the same tokens between the gaps (segments.py)
    ast         Python only: the same tree, so comments, quotes and line breaks may differ; order may not

What is the same only without docstrings, and how similar the edits are (SWE-RL's ratio), is reported
and never accepted.
"""

from __future__ import annotations

import ast
import difflib
from itertools import accumulate
from typing import NamedTuple

from factory import syntax_trees
from factory.patches.apply import split_lines
from factory.patches.gaps import is_marker
from factory.patches.segments import same_segments

RULES = ("bytes", "normalised", "tokens", "ast")
MAX_AST_CHARS = 1_000_000
MAX_RATIO_STEPS = 1_000_000
"""Inner steps of difflib's matcher that one ratio may take: about 0.1 s."""
MAX_DIFF_LINES = 20_000
MAX_DIFF_CHARS = 50_000


class Compared(NamedTuple):
    rule: str
    """The weakest rule that all files need; "" where a file differs."""
    differs: tuple[str, ...] = ()
    """Paths that differ."""
    same_without_docstrings: bool = False


def compare(base: dict[str, str], ours: dict[str, str | None], gold: dict[str, str | None]) -> Compared:
    """Compare two edits of `base`, each given as the new text of every changed path."""
    worst = 0
    differs = []
    docstrings = True
    for path in sorted(ours.keys() | gold.keys()):
        a, b = ours.get(path, base.get(path)), gold.get(path, base.get(path))
        rule = same_file(path, a, b)
        if rule:
            worst = max(worst, RULES.index(rule))
        else:
            differs.append(path)
            docstrings = docstrings and path.endswith(".py") and same_tree(a or "", b or "", docstrings=False)
    if differs:
        return Compared("", tuple(differs), docstrings)
    return Compared(RULES[worst])


def same_file(path: str, a: str | None, b: str | None) -> str:
    """The strongest rule by which two texts of `path` are the same; "" for none."""
    if a == b:
        return "bytes"
    if a is None or b is None:
        return ""
    gaps = has_gap(a) or has_gap(b)
    is_python = path.endswith((".py", ".pyi")) and not gaps
    if normalised(a) == normalised(b):
        # a blank after a backslash is a syntax error in Python
        return "normalised" if not is_python or ("\\" not in a) or same_tree(a, b) else ""
    if gaps:
        return "tokens" if path.endswith((".py", ".pyi")) and max(len(a), len(b)) <= MAX_AST_CHARS and same_segments(a, b) else ""
    return "ast" if is_python and same_tree(a, b) else ""


def normalised(text: str) -> str:
    lines = [line.rstrip(" \t\r\f\v") for line in text.split("\n")]
    return "\n".join(lines).rstrip("\n")


def has_gap(text: str) -> bool:
    return "not shown" in text and any(is_marker(line) for line in text.split("\n"))


def same_tree(a: str, b: str, docstrings: bool = True) -> bool:
    """Both are Python and have the same syntax tree."""
    trees = _tree(a), _tree(b)
    if trees[0] is None or trees[1] is None:
        return False
    if not docstrings:
        return _same_nodes(_without_docstrings(trees[0]), _without_docstrings(trees[1]))
    return _same_statements(trees[0].body, trees[1].body, a.split("\n"), b.split("\n"))


def _tree(text: str) -> ast.Module | None:
    if len(text) > MAX_AST_CHARS:
        return None
    try:
        return syntax_trees.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        return None


def _same_statements(a: list[ast.stmt], b: list[ast.stmt], a_lines: list[str], b_lines: list[str]) -> bool:
    """Statement by statement: the same source lines and columns give the same tree and need no walk."""
    return len(a) == len(b) and all(
        _source(one, a_lines) == _source(other, b_lines) or _same_nodes(one, other)
        for one, other in zip(a, b, strict=True)
    )


def _source(node: ast.stmt, lines: list[str]) -> tuple[int, int | None, list[str]]:
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return node.col_offset, node.end_col_offset, lines[first - 1 : node.end_lineno]


def _same_nodes(a: ast.AST, b: ast.AST) -> bool:
    """As comparing `ast.dump`, without its recursion and its strings."""
    stack: list[tuple[object, object]] = [(a, b)]
    while stack:
        one, other = stack.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, ast.AST):
            stack += [(getattr(one, name, None), getattr(other, name, None)) for name in one._fields]
        elif isinstance(one, list):
            if len(one) != len(other):
                return False
            stack += zip(one, other, strict=True)
        elif one is not other and repr(one) != repr(other):
            return False
    return True


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree


def similarity(base: dict[str, str], ours: dict[str, str | None], gold: dict[str, str | None]) -> float | None:
    """SWE-RL's reward, over the files that changed: the mean ratio of the two diffs of a file; 0 for a file changed on
    one side only; None where it would cost too much."""
    ratios = []
    for path in sorted(ours.keys() | gold.keys()):
        old = base.get(path, "")
        try:
            diffs = [_diff(old, side.get(path, old) or "") for side in (ours, gold)]
            if diffs[0] is None or diffs[1] is None:
                return None
            if diffs[0] and diffs[1]:
                ratios.append(_Bounded(None, diffs[0], diffs[1], autojunk=False).ratio())
                continue
        except _TooLong:
            return None
        if diffs[0] or diffs[1]:
            ratios.append(0.0)
    return sum(ratios) / len(ratios) if ratios else 1.0


class _TooLong(Exception):
    """A ratio costs more than MAX_RATIO_STEPS."""


class _Bounded(difflib.SequenceMatcher):
    """difflib's matcher, which is cubic on hostile text (2,000 characters took 90 s), with a bound on its inner loop."""

    def get_matching_blocks(self):
        self.left = MAX_RATIO_STEPS
        self.cost = list(accumulate((len(self.b2j.get(item, ())) + 1 for item in self.a), initial=0))
        return super().get_matching_blocks()

    def find_longest_match(self, alo=0, ahi=None, blo=0, bhi=None):
        self.left -= self.cost[ahi] - self.cost[alo]
        if self.left < 0:
            raise _TooLong
        return super().find_longest_match(alo, ahi, blo, bhi)


def _diff(old: str, new: str) -> str | None:
    """The unified diff without its file header, as difflib writes it; None where it is too long."""
    a, b = split_lines(old), split_lines(new)
    if len(a) + len(b) > MAX_DIFF_LINES:
        return None
    out = []
    for group in _Bounded(None, a, b).get_grouped_opcodes(3):
        spans = (group[0][1], group[-1][2]), (group[0][3], group[-1][4])
        out.append("@@ -{} +{} @@\n".format(*(_range(*span) for span in spans)))
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                out += [" " + line for line in a[i:i_end]]
                continue
            out += ["-" + line for line in a[i:i_end]] + ["+" + line for line in b[j:j_end]]
    text = "".join(out)
    return text if len(text) <= MAX_DIFF_CHARS else None


def _range(start: int, end: int) -> str:
    size = end - start
    return str(start + 1) if size == 1 else f"{start + (size > 0)},{size}"
