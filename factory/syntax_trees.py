"""Python source to syntax trees, one at a time.

CPython 3.11 counts the depth of all threads' trees in one place: two threads that parse at once can fail with
`SystemError: AST constructor recursion depth mismatch`.
"""

from __future__ import annotations

import ast
import threading
from typing import Any

_one_at_a_time = threading.Lock()


def parse(text: str) -> ast.Module:
    """SyntaxError, ValueError, RecursionError or MemoryError as `ast.parse` raises them."""
    with _one_at_a_time:
        return ast.parse(text)


def expression(text: str) -> ast.expr:
    """The tree of one expression; raises as `parse` does."""
    with _one_at_a_time:
        return ast.parse(text, mode="eval").body


def literal(text: str) -> Any:
    """The value of a Python literal; raises as `ast.literal_eval` does."""
    with _one_at_a_time:
        return ast.literal_eval(text)
