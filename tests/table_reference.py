"""The slow reference for tables: every arrangement of columns, every pairing of rows, cells one by one.

It is looser than the verifier on purpose where a written number is rounded: what it refuses, no verifier may accept.
Meant for tables of at most 4 columns and 12 rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Rows = Sequence[tuple[Any, ...]]


def same(gold: Rows, order: Sequence[int] | None, answer: Rows, fixed: Sequence[int] | None = None) -> bool:
    """Whether `answer` can be `gold`. `order`: the group of each gold row, None for a bag; `fixed`: the answer's column for
    each gold column where the answer names its columns. A cell that was written as text is a `str`."""
    if len(gold) != len(answer) or (gold and len(gold[0]) != len(answer[0])):
        return False
    width = len(gold[0]) if gold else 0
    arrangements = [tuple(fixed)] if fixed is not None else list(itertools.permutations(range(width)))
    for columns in arrangements:
        rows = [tuple(row[c] for c in columns) for row in answer]
        groups = [(0, len(gold))] if order is None else bounds(order)
        if all(paired(gold[a:b], rows[a:b]) for a, b in groups):
            return True
    return False


def bounds(order: Sequence[int]) -> list[tuple[int, int]]:
    starts = [i for i in range(len(order)) if i == 0 or order[i] != order[i - 1]]
    return list(itertools.pairwise([*starts, len(order)]))


def paired(gold: Rows, answer: Rows) -> bool:
    """Whether each gold row has an answer row of its own (augmenting paths)."""
    owner: dict[int, int] = {}

    def find(g: int, seen: set[int]) -> bool:
        for a in range(len(answer)):
            if a not in seen and all(map(same_cell, gold[g], answer[a])):
                seen.add(a)
                if a not in owner or find(owner[a], seen):
                    owner[a] = g
                    return True
        return False

    return all(find(g, set()) for g in range(len(gold)))


def same_cell(gold: Any, answer: Any) -> bool:
    if gold is None or answer is None:
        return (gold is None or gold == "") and (answer is None or str(answer).strip() in ("", "NULL", "None", "null"))
    mine, theirs = number(gold), number(answer)
    if mine is not None and theirs is not None:
        if isinstance(gold, str) and isinstance(answer, str):
            return gold == answer.strip()
        step = Decimal(1).scaleb(theirs.as_tuple().exponent) if isinstance(answer, str) else Decimal(0)
        own = Decimal(1).scaleb(mine.as_tuple().exponent)  # a rounded gold may be given with more digits
        return abs(mine - theirs) <= max(step / 2, own / 2 if own < 1 else 0, abs(mine) * Decimal("1e-9"))
    if (mine is None) != (theirs is None):
        return False
    return str(gold).strip() == str(answer).strip()


def number(cell: Any) -> Decimal | None:
    if isinstance(cell, bool):
        return Decimal(int(cell))
    try:
        text = repr(cell) if isinstance(cell, float) else str(cell).strip().replace(",", "")
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
