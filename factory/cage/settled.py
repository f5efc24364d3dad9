"""Queries whose rows cannot hang on the order in which SQLite meets the rows of its tables: nothing has to be run to see it.

What is not known to be so is not settled. Known are: one SELECT over tables that declare no collation, without
subqueries, limits and windows; grouped, its columns are group keys and counts, sums, least and greatest values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from factory.cage.results import ResultTable

if TYPE_CHECKING:
    from sqlglot import exp

    from factory.cage.sql import Table

ROW_NUMBERS = frozenset({"rowid", "_rowid_", "oid"})
KNOWN = """Select From Join Table TableAlias Alias Column Identifier Star Literal Null Boolean Where Group Having Order Ordered And Or Not
    EQ NEQ GT GTE LT LTE Is Between In Like Add Sub Mul Div Mod Neg Paren Tuple Case If Cast DataType Distinct Count Sum Min Max
    Lower Upper Length Round Abs Coalesce DPipe Substring Trim"""


def is_settled(tree: exp.Expression, table: ResultTable, tables: Sequence[Table]) -> bool:
    """`table` is the query's result, `tables` are those of its database."""
    from sqlglot import exp

    nodes = list(tree.walk())
    if not isinstance(tree, exp.Select) or any(type(node) not in _known() or (node is not tree and isinstance(node, exp.Select)) for node in nodes):
        return False
    plain = {t.name.casefold() for t in tables if not (t.view or t.collates)}
    if not all(node.name.casefold() in plain for node in nodes if isinstance(node, exp.Table)):
        return False
    if any(node.name.casefold() in ROW_NUMBERS for node in nodes if isinstance(node, exp.Column)):
        return False
    if any(isinstance(node, exp.Sum) for node in nodes) and any(type(cell) is float for row in table.rows for cell in row):
        return False  # its last digits follow the order
    group, having = tree.args.get("group"), tree.args.get("having")
    if group is None and not any(isinstance(node, exp.AggFunc) for node in nodes):
        return True
    keys = [key for key in (group.expressions if group is not None else ()) if isinstance(key, exp.Column)]
    told = [*tree.selects, *([having.this] if having is not None else ())]
    return all(_is_of_group(expression.unalias(), keys) for expression in told)


@cache
def _known() -> frozenset[type]:
    from sqlglot import exp

    return frozenset(getattr(exp, name) for name in KNOWN.split())


def _is_of_group(expression: exp.Expression, keys: list[exp.Expression]) -> bool:
    """Whether the value is the same whichever of its group's rows is looked at."""
    from sqlglot import exp

    if isinstance(expression, exp.AggFunc):
        return not expression.args.get("expressions")  # of several values, the greatest of one row
    if isinstance(expression, exp.Column | exp.Star):
        return expression in keys
    return all(_is_of_group(child, keys) for child in expression.iter_expressions())
