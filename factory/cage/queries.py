"""What a query says about itself, read by a real parser (`sqlglot`): its outermost order and limit, clocks, names.

Queries are read, and now and then extended in their own dialect; none is translated into another.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, NamedTuple

from factory.kept import Kept

if TYPE_CHECKING:
    from sqlglot import exp

MAX_SQL_CHARS = 20_000
MAX_LOOSE_JOINS = 10
BARE_WORD = re.compile(r"[A-Za-z_]+")
REMEMBERED_CHARS = 60_000
"""Of statements whose trees are kept; a tree takes up to 450 times the memory of its text."""
CLOCK_CALLS = frozenset({"date", "time", "datetime", "julianday", "unixepoch"})
CLOCK_WORDS = frozenset({"now", "localtime", "today"})
TELLING = ("order", "limit", "fetch", "top", *CLOCK_CALLS, *CLOCK_WORDS)


TREES: Kept[tuple[exp.Expression | None]] = Kept(REMEMBERED_CHARS)


def parse_query(sql: str, dialect: str) -> exp.Expression | None:
    """The tree of one statement, or None where the parser cannot read it (which says nothing against the query). Callers
    share the tree: to change it, copy it."""
    if len(sql) > MAX_SQL_CHARS:
        return None
    known = TREES.get((sql, dialect))
    if known is None:
        known = TREES.keep((sql, dialect), (_parse(sql, dialect),), len(sql))
    return known[0]


def _joins_loosely(sql: str) -> bool:
    """More joins without a condition than the parser reads in time: each doubles what it tries."""
    words = [word.upper() for word in BARE_WORD.findall(sql)]
    return words.count("JOIN") - words.count("ON") - words.count("USING") > MAX_LOOSE_JOINS


def _parse(sql: str, dialect: str) -> exp.Expression | None:
    if _joins_loosely(sql):
        return None
    import sqlglot

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it warns of statements that it keeps unread
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=dialect or None) if tree is not None]
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError, AttributeError, IndexError, KeyError, TypeError):
        return None
    return trees[0] if len(trees) == 1 else None


def says_more(sql: str) -> bool:
    """Whether a query may have an order, a limit or a clock; parsing one that has none would tell nothing."""
    lowered = sql.lower()
    return any(word in lowered for word in TELLING)


class OrderKey(NamedTuple):
    column: int
    """Place among the result's columns; -1 where `expression` has to be computed."""
    expression: exp.Expression | None
    folded: bool = False
    """Text is ordered without regard to case."""


def outer_query(tree: exp.Expression) -> exp.Expression:
    """The query without parentheses that only wrap it."""
    from sqlglot import exp

    while isinstance(tree, exp.Subquery | exp.Paren) and not any(tree.args.get(k) for k in ("order", "limit", "offset", "alias")):
        tree = tree.this
    return tree


def order_keys(tree: exp.Expression, columns: tuple[str, ...]) -> list[OrderKey] | None:
    """Keys of the outermost ORDER BY; None where the outermost query has none."""
    from sqlglot import exp

    order = tree.args.get("order")
    if order is None:
        return None
    keys = []
    for ordered in order.expressions:
        expression = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        if isinstance(expression, exp.Var) and expression.name.upper() == "ALL":
            return [OrderKey(i, None) for i in range(len(columns))]
        folded = "NOCASE" in expression.sql().upper()
        keys.append(OrderKey(output_column(tree, expression, columns), expression, folded))
    return keys


def output_column(tree: exp.Expression, expression: exp.Expression, columns: tuple[str, ...]) -> int:
    from sqlglot import exp

    if isinstance(expression, exp.Literal) and not expression.is_string:
        place = int(expression.name) - 1 if expression.name.isdecimal() else -1
        return place if place < len(columns) else -1
    if isinstance(expression, exp.Column) and not expression.table:
        folded = [c.casefold() for c in columns]
        if folded.count(expression.name.casefold()) == 1:
            return folded.index(expression.name.casefold())
    selects = tree.selects if isinstance(tree, exp.Query) else []
    if len(selects) == len(columns) and not any(s.is_star and not isinstance(s, exp.Count) for s in selects):
        for i, select in enumerate(selects):
            if select.unalias() == expression:
                return i
    return -1


def limit_of(tree: exp.Expression) -> int | None:
    """The outermost LIMIT as a number; None where there is none or it is computed."""
    limit = tree.args.get("limit")
    value = limit.expression if limit is not None else None
    return int(value.name) if value is not None and value.name.isdecimal() and not value.is_string else None


def with_keys(tree: exp.Expression, keys: list[OrderKey], limit: int | None, dialect: str) -> str | None:
    """The query with its hidden order keys as further columns and another limit; None where that would change it."""
    from sqlglot import exp

    hidden = [k.expression for k in keys if k.column < 0]
    extended = tree.copy()
    if hidden:
        if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
            return None
        extended = extended.select(*(exp.alias_(e.copy(), f"order_key_{i}") for i, e in enumerate(hidden)), copy=False)
    if limit is not None:
        extended = extended.limit(limit, copy=False)
    return extended.sql(dialect)


def reads_clock(tree: exp.Expression) -> bool:
    """Whether a date function takes 'now' or nothing, or the machine's own time zone."""
    from sqlglot import exp

    for literal in tree.find_all(exp.Literal):
        if literal.is_string and literal.name.lower() in CLOCK_WORDS and isinstance(literal.parent, exp.Func | exp.Cast):
            return True
    return any(not call.expressions and call.name.lower() in CLOCK_CALLS for call in tree.find_all(exp.Anonymous))


def rounds(sql: str) -> bool:
    return re.search(r"\bround\s*\(", sql, re.IGNORECASE) is not None


WORD = re.compile(
    # What is left open runs to the end, so that no start of it is looked at twice.
    r"""'(?:[^']|'')*(?:'|\Z)|--[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)"""
    r"""|(?P<quoted>["`\[][^"`\]]*(?:["`\]]|\Z))|(?P<bare>[A-Za-z_][\w$]*)|(?P<mark>[.,()])"""
)
STARTERS = frozenset({"FROM", "JOIN"})
ENDERS = frozenset({"WHERE", "SELECT", "GROUP", "ORDER", "HAVING", "ON", "USING", "LIMIT", "UNION", "SET"})


def names_after_from(sql: str) -> list[str]:
    """Words that stand where a table's name does: after FROM and JOIN, and after the commas of a FROM.

    For queries in a dialect that no engine here speaks. Of `schema.table` the last part is given.
    """
    found: list[str] = []
    state = ""  # "name": a table is due; "named": it was just given; "list": behind it, where a comma brings another
    dotted = False
    for match in WORD.finditer(sql[:MAX_SQL_CHARS]):
        quoted, bare, mark = match.group("quoted", "bare", "mark")
        if mark == ".":
            dotted = True
            continue
        if mark == "," and state in ("named", "list"):
            state = "name"
        elif mark in ("(", ")"):
            state = "list" if mark == ")" and state else ""
        elif (quoted or bare) is not None:
            word = quoted[1:-1] if quoted else bare
            keyword = bare.upper() if bare and not dotted else ""
            if keyword in STARTERS:
                state = "name"
            elif keyword in ENDERS:
                state = ""
            elif dotted and state == "named":
                found[-1] = word
            elif state == "name":
                found.append(word)
                state = "named"
            elif state == "named":
                state = "list"
        dotted = False
    return found
