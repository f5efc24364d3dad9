"""Whether an answer's table is the gold table: bags or ordered groups of rows, columns one to one.

Rows are matched as whole rows, never column by column: a table whose columns hold the right values in
the wrong rows is wrong. Everything is bounded by a count of steps; what is not decided within it is
`undecided`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from factory.cage.cells import RELATIVE, Key, Profile, is_exact, key_of, same_number, with_last_zeros
from factory.cage.columns import is_told, named
from factory.cage.results import ResultTable

MAX_STEPS = 3_000_000
MAX_SEARCH_COLUMNS = 8
MAX_ANSWER_COLUMNS = 40


class Comparison(NamedTuple):
    outcome: Literal["accept", "reject", "undecided"]
    reason: str
    detail: str = ""
    rounded: bool = False
    """Some number agreed only at the precision that the answer prints."""


class OutOfSteps(Exception):
    pass


Row = tuple[Key, ...]


class Comparer:
    """One comparison: the gold's keys, the answer's cells read beside each gold column, and the steps left."""

    def __init__(self, gold: ResultTable, answer: ResultTable, rounded: bool):
        self.gold, self.answer, self.rounded = gold, answer, rounded
        self.steps = MAX_STEPS
        self.gold_columns = [[key_of(row[i]) for row in gold.rows] for i in range(len(gold.columns))]
        self.profiles = [Profile.of(column, name) for column, name in zip(self.gold_columns, gold.columns, strict=True)]
        self.by_name = named(gold.columns, answer.columns)
        self.read: dict[tuple[int, int], list[Key]] = {}
        self.fits: dict[tuple[int, int], bool] = {}

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise OutOfSteps

    def column(self, gold_index: int, answer_index: int) -> list[Key]:
        """The answer's column, its cells read as cells of the gold column."""
        place = (gold_index, answer_index)
        if place not in self.read:
            self.spend(len(self.answer.rows))
            profile = self.profiles[gold_index]
            self.read[place] = with_last_zeros([profile.read(row[answer_index]) for row in self.answer.rows])
        return self.read[place]

    def fit(self, gold_index: int, answer_index: int) -> bool:
        place = (gold_index, answer_index)
        if place not in self.fits:
            gold = [(k,) for k in self.gold_columns[gold_index]]
            answer = [(k,) for k in self.column(gold_index, answer_index)]
            self.fits[place] = self.same_bag(gold, answer)
        return self.fits[place]

    def rows(self, mapping: Sequence[int]) -> tuple[list[Row], list[Row]]:
        gold = list(zip(*self.gold_columns, strict=True))
        answer = list(zip(*(self.column(i, j) for i, j in enumerate(mapping)), strict=True))
        return gold, answer

    def same_bag(self, gold: list[Row], answer: list[Row]) -> bool:
        """Whether the rows can be paired one to one."""
        if len(gold) != len(answer):
            return False
        self.spend(2 * len(gold))
        width = len(gold[0]) if gold else 0
        tolerant = [i for i in range(width) if not all(is_exact(r[i]) for r in gold) or not all(is_exact(r[i]) for r in answer)]
        gold_groups, answer_groups = group(gold, tolerant), group(answer, tolerant)
        if gold_groups.keys() != answer_groups.keys():
            return False
        return all(self.same_numbers(rows, answer_groups[key]) for key, rows in gold_groups.items())

    def same_numbers(self, gold: list[tuple[Key, ...]], answer: list[tuple[Key, ...]]) -> bool:
        """Whether rows of tolerant numbers can be paired: in sorted order, else by augmenting paths."""
        if len(gold) != len(answer):
            return False
        if not gold[0]:
            return True
        gold.sort()
        answer.sort(key=lambda row: tuple(plain(k) for k in row))
        self.spend(len(gold))
        if all(self.same_row(g, a) for g, a in zip(gold, answer)):
            return True
        if len(gold) == 1 or not all(self.could_pair(column) for column in zip(zip(*gold), zip(*answer))):
            return False
        partner: dict[int, int] = {}
        return all(self.augment(gold, answer, i, partner) for i in range(len(gold)))

    def could_pair(self, column: tuple[tuple[Key, ...], tuple[Key, ...]]) -> bool:
        """Whether one column could be paired at the widest tolerance in it: cheap, and mostly enough to say no."""
        gold, answer = (sorted(k[1] for k in keys if k[0] == "num") for keys in column)
        decimals = [k[2] for k in column[1] if k[0] == "num" and k[2] is not None]
        if self.rounded and decimals:
            decimals.append(1)
        widest = Decimal(5).scaleb(-min(decimals) - 1) if decimals else Decimal(0)
        self.spend(len(gold))
        return len(gold) == len(answer) and all(
            abs(g - a) <= max(widest, RELATIVE * max(abs(g), abs(a))) for g, a in zip(gold, answer)
        )

    def augment(self, gold: list, answer: list, start: int, partner: dict[int, int]) -> bool:
        """Breadth first from one gold row; `partner` maps answer row to gold row."""
        came_from: dict[int, int] = {}
        waiting = [start]
        for g in waiting:
            self.spend(len(answer))
            for a in range(len(answer)):
                if a in came_from or not self.same_row(gold[g], answer[a]):
                    continue
                came_from[a] = g
                if a in partner:
                    waiting.append(partner[a])
                    continue
                while True:
                    g = came_from[a]
                    earlier = next((x for x, y in partner.items() if y == g), None)
                    partner[a] = g
                    if g == start:
                        return True
                    del partner[earlier]
                    a = earlier
        return False

    def same_row(self, gold: tuple[Key, ...], answer: tuple[Key, ...]) -> bool:
        for g, a in zip(gold, answer, strict=True):
            if g[0] != a[0]:
                return False
            if g[0] != "num":
                if g != a:
                    return False
            elif not same_number(g[1], a[1], a[2], self.rounded):
                return False
        return True

    def same(self, mapping: Sequence[int]) -> Literal["yes", "order", "no"]:
        gold, answer = self.rows(mapping)
        if not self.same_bag(gold, answer):
            return "no"
        if self.gold.order is None:
            return "yes"
        return "yes" if self.same_groups(gold, answer, groups_of(self.gold.order)) else "order"

    def same_groups(self, gold: list[Row], answer: list[Row], bounds: list[tuple[int, int]]) -> bool:
        return all(self.same_bag(gold[a:b], answer[a:b]) for a, b in bounds)

    def mappings(self) -> Iterator[tuple[int, ...]]:
        """Columns of the answer for the gold's columns, likeliest first, each answer column once. One that the answer
        names stays what it is named: another reading would contradict it."""
        width, have = len(self.gold.columns), len(self.answer.columns)
        if len(self.by_name) == width:
            yield tuple(self.by_name[i] for i in range(width))
            return
        identity = tuple(range(width))
        if self.allows(identity):
            yield identity
        if have > MAX_ANSWER_COLUMNS or width > MAX_SEARCH_COLUMNS:
            if all(any(self.fit(i, j) for j in range(have)) for i in range(width)):
                raise OutOfSteps  # too many ways; a gold column that fits nowhere would have decided
            return
        for mapping in self.permutations([], have):
            if mapping != identity:
                yield mapping

    def allows(self, chosen: Sequence[int]) -> bool:
        """Whether columns chosen for the first of the gold's agree with their names."""
        taken = {j: i for i, j in self.by_name.items()}
        return all(self.by_name.get(i, j) == j and taken.get(j, i) == i for i, j in enumerate(chosen))

    def permutations(self, chosen: list[int], have: int) -> Iterator[tuple[int, ...]]:
        if len(chosen) == len(self.gold.columns):
            yield tuple(chosen)
            return
        for j in range(have):
            self.spend(1)
            if j not in chosen and self.allows([*chosen, j]) and self.fit(len(chosen), j):
                yield from self.permutations([*chosen, j], have)


def compare(gold: ResultTable, answer: ResultTable, rounded: bool = False) -> Comparison:
    """Judge `answer`, whose cells are typed or Printed, by `gold`. An unnamed answer has "" as column names."""
    comparer = Comparer(gold, answer, rounded)
    try:
        return decide(comparer)
    except OutOfSteps:
        return Comparison("undecided", "over_cap", f"{len(gold.rows)} rows, {len(answer.columns)} columns")


def decide(comparer: Comparer) -> Comparison:
    gold, answer = comparer.gold, comparer.answer
    width, have = len(gold.columns), len(answer.columns)
    if len(answer.rows) != len(gold.rows):
        return Comparison("reject", "wrong_rows", f"{len(answer.rows)} rows, expected {len(gold.rows)}")
    if have < width:
        return Comparison("reject", "missing_columns", f"{have} columns, expected {width}")
    if not gold.rows:
        if have > width:
            return Comparison("reject", "superset", f"{have} columns, expected {width}")
        return Comparison("accept", "match")
    only_order = unclear = False
    for mapping in comparer.mappings():
        found = comparer.same(mapping)
        if found == "yes" and have > width:
            return Comparison("reject", "superset", f"{have} columns, expected {width}")
        if found == "yes" and not is_told(answer, comparer.profiles, mapping, comparer.by_name):
            unclear = True
        elif found == "yes":
            return Comparison("accept", "match", rounded=is_rounded(comparer, mapping))
        only_order |= found == "order"
    if unclear:
        return Comparison("undecided", "column_order_unclear")
    if only_order:
        return Comparison("reject", "wrong_order")
    if have == width and gold.cut_tie and gold.order is not None and same_before_cut(comparer):
        return Comparison("undecided", "tie_ambiguous", "the limit cuts rows of equal order")
    return Comparison("reject", "wrong_values")


def same_before_cut(comparer: Comparer) -> bool:
    """Whether the answer differs only in the last group of equal order keys, which LIMIT cut."""
    gold, answer = comparer.rows(next(comparer.mappings(), range(len(comparer.gold.columns))))
    return comparer.same_groups(gold, answer, groups_of(comparer.gold.order)[:-1])


def group(rows: list[Row], tolerant: list[int]) -> dict[Row, list[tuple[Key, ...]]]:
    """Rows by their exact keys; the tolerant keys of each as the values."""
    if not tolerant:
        exact: dict[Row, list] = defaultdict(list)
        for row in rows:
            exact[tuple(plain(k) for k in row)].append(())
        return exact
    groups: dict[Row, list] = defaultdict(list)
    places = set(tolerant)
    for row in rows:
        key = tuple((k[0],) if i in places and k[0] == "num" else plain(k) for i, k in enumerate(row))
        groups[key].append(tuple(row[i] for i in tolerant))
    return groups


def plain(key: Key) -> Key:
    """A key without its printed precision."""
    return ("num", key[1]) if key[0] == "num" else key


def groups_of(order: Sequence[int]) -> list[tuple[int, int]]:
    bounds, start = [], 0
    for i in range(1, len(order) + 1):
        if i == len(order) or order[i] != order[start]:
            bounds.append((start, i))
            start = i
    return bounds


def is_rounded(comparer: Comparer, mapping: Sequence[int]) -> bool:
    for i, j in enumerate(mapping):
        gold = sorted(k[1] for k in comparer.gold_columns[i] if k[0] == "num")
        answer = sorted(k[1] for k in comparer.column(i, j) if k[0] == "num")
        if any(not close(g, a) for g, a in zip(gold, answer)):
            return True
    return False


def close(a: Decimal, b: Decimal) -> bool:
    return abs(a - b) <= RELATIVE * max(abs(a), abs(b))
