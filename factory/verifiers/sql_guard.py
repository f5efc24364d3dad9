"""Changed copies of the database: a query that only happens to give the gold's result differs on one of them.

The changes keep what real data keeps: rows are dropped by the values of the columns that tables are joined
by, on both sides, so that no row loses its partner; values are set only in columns that are compared with a
literal, to that literal and its neighbours; rows get other partners with all that they are joined by at once;
rows are doubled only where the table itself gives new keys.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from factory.cage.queries import parse_query
from factory.cage.sql import Column, Table
from factory.verifiers.sql_changes import double, drop, fitting, neighbours, quote, shuffle, update

if TYPE_CHECKING:
    from sqlglot import exp

Place = tuple[str, str]
"""(table, column), as the schema spells them."""
MAX_LITERALS = 6


def changes(tables: list[Table], queries: list[str], dialect: str) -> list[list[str]]:
    """Statements that make each changed copy, for the queries that are to agree on all of them."""
    facts = Facts(tables)
    for query in queries:
        tree = parse_query(query, dialect)
        if tree is not None:
            facts.read(tree)
    classes = facts.join_classes()
    joined = {place for places in classes for place in places}
    loose = [t for t in facts.mentioned if not any(table == t for table, _ in joined)]
    plans = []
    for seed, share in ((1, 3), (2, 2), (3, 3)):
        chosen = classes[(seed - 1) % len(classes)] if classes else []
        drops = [drop(table, quote(column), seed, share) for table, column in chosen]
        plans.append(drops + [drop(table, "rowid", seed, share) for table in loose])
    plans += [facts.near_literals(joined, dialect, keep) for keep in (1, 0)]
    plans += [facts.other_partners(joined, dialect, seed) for seed in (1, 2)]
    plans += [facts.shuffled(joined, dialect, seed) for seed in (1, 2)]
    plans.append(facts.doubled(dialect))
    return [plan for plan in plans if plan]


class Facts:
    """What the queries say about the tables: which are named, joined by what, compared with what."""

    def __init__(self, tables: list[Table]):
        self.tables = {t.name.casefold(): t for t in tables if not t.view}
        self.mentioned: list[str] = []
        self.links: list[tuple[Place, Place]] = []
        self.literals: dict[Place, list[tuple[str, bool]]] = defaultdict(list)
        """Place -> (literal, whether it is text)."""
        self.patterns: dict[Place, list[str]] = defaultdict(list)
        """Place -> patterns that it is compared with by LIKE."""
        self.computed: list[Place] = []
        """Columns inside of what is computed and then compared: sums, products, differences."""

    def read(self, tree: exp.Expression) -> None:
        from sqlglot import exp

        aliases: dict[str, str] = {}
        for node in tree.find_all(exp.Table):
            if table := self.tables.get(node.name.casefold()):
                aliases[node.alias_or_name.casefold()] = table.name
                if table.name not in self.mentioned:
                    self.mentioned.append(table.name)
        for node in tree.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like):
            left = self.place(node.this, aliases)
            self.note_computed(node, tree, aliases)
            others = [node.args.get(k) for k in ("expression", "low", "high")] + list(node.args.get("expressions") or ())
            if isinstance(node, exp.In) and (query := node.args.get("query")) is not None:
                inner = query.this if isinstance(query, exp.Subquery) else query
                others = list(inner.selects[:1]) if isinstance(inner, exp.Query) else []
            for other in others:
                right = self.place(other, aliases)
                if left and right:
                    self.links.append((left, right))
                elif place := left or right:
                    self.note(place, other if left else node.this, isinstance(node, exp.Like))
        for join in tree.find_all(exp.Join):
            for name in join.args.get("using") or ():
                self.link_same(name.name)

    def place(self, node: exp.Expression | None, aliases: dict[str, str]) -> Place | None:
        """The table's column that `node` is; None for anything else and where two tables could own it."""
        from sqlglot import exp

        if isinstance(node, exp.Alias):
            node = node.this
        if not isinstance(node, exp.Column):
            return None
        owners = [aliases[node.table.casefold()]] if node.table.casefold() in aliases else list(dict.fromkeys(aliases.values()))
        found = [
            (owner, c.name) for owner in owners for c in self.tables[owner.casefold()].columns if c.name.casefold() == node.name.casefold()
        ]
        return found[0] if len(found) == 1 else None

    def note_computed(self, node: exp.Expression, tree: exp.Expression, aliases: dict[str, str]) -> None:
        """The columns of a compared side that is no column itself, and of the result column that its name stands for."""
        from sqlglot import exp

        selects = {s.alias.casefold(): s.this for s in tree.find_all(exp.Alias) if s.alias}
        for side in (node.this, node.args.get("expression")):
            if isinstance(side, exp.Column):
                side = selects.get(side.name.casefold()) if self.place(side, aliases) is None else None
            for column in side.find_all(exp.Column) if side is not None and not isinstance(side, exp.Query | exp.Subquery) else ():
                place = self.place(column, aliases)
                if place and place not in self.computed:
                    self.computed.append(place)

    def note(self, place: Place, node: exp.Expression | None, is_pattern: bool) -> None:
        from sqlglot import exp

        negative = isinstance(node, exp.Neg)
        node = node.this if negative else node
        if isinstance(node, exp.Literal) and is_pattern:
            self.patterns[place].append(node.name)
        elif isinstance(node, exp.Literal):
            self.literals[place].append(("-" * negative + node.name, node.is_string))
        elif isinstance(node, exp.Column) and not node.table and node.this.quoted:
            self.literals[place].append((node.name, True))  # SQLite takes "text" that names no column as a string

    def link_same(self, name: str) -> None:
        places = [(t, c.name) for t in self.mentioned for c in self.tables[t.casefold()].columns if c.name.casefold() == name.casefold()]
        self.links += itertools.pairwise(places)

    def join_classes(self) -> list[list[Place]]:
        """Columns that hold the same values, joined by the queries or by a declared foreign key; largest first."""
        root: dict[Place, Place] = {}

        def find(place: Place) -> Place:
            while root.setdefault(place, place) != place:
                place = root[place]
            return place

        for a, b in self.links + self.declared():
            root[find(a)] = find(b)
        classes: dict[Place, list[Place]] = defaultdict(list)
        for place in root:
            classes[find(place)].append(place)
        return sorted((sorted(c) for c in classes.values()), key=lambda c: (-len(c), c))

    def declared(self) -> list[tuple[Place, Place]]:
        links = []
        for name in self.mentioned:
            for column, other, target in self.tables[name.casefold()].foreign_keys:
                table = self.tables.get(other.casefold())
                if table is None:
                    continue
                target = target or next((c.name for c in table.columns if c.primary_key == 1), "")
                if target:
                    links.append(((name, column), (table.name, target)))
        return links

    def near_literals(self, joined: set[Place], dialect: str, keep: int) -> list[str]:
        """Set each compared column to the literals and their neighbours, in `keep` shares of the rows not at all."""
        statements = []
        for place in dict.fromkeys([*self.literals, *self.patterns]):
            table, column = place
            declared = next(c for c in self.tables[table.casefold()].columns if c.name == column)
            if place in joined or declared.primary_key:
                continue
            seed = f"{table}.{column}.{keep}".replace("'", "")
            target, name = f"{update(table, dialect)} {quote(column)}", quote(column)
            # Names that are no two rows' stay so: queries that look one row up by them lean on it.
            unique = f"(SELECT count({name}) = count(DISTINCT {name}) FROM {quote(table)})"
            values = [v for literal in self.literals[place][:MAX_LITERALS] for v in neighbours(*literal)]
            values += [v for pattern in self.patterns[place][:MAX_LITERALS] for v in fitting(pattern, name)]
            values = list(dict.fromkeys(values))
            if declared.type.upper().startswith("BOOL"):
                values = ["1", "0"]  # SQLite would hold a 2, which is true and not equal to 1
            for i, value in enumerate(values):
                chosen = f"bucket(rowid, '{seed}') % {len(values) + keep} = {i}"
                if not value.startswith("'"):
                    statements.append(f"{target} = {value} WHERE {chosen}")
                    continue
                statements.append(f"{target} = {value} WHERE {chosen} AND NOT {unique}")
                statements.append(f"{target} = 'x' || {name} WHERE {name} = {value} AND {unique}")
                one = f"SELECT min(rowid) FROM {quote(table)} WHERE {chosen}"
                statements.append(f"{target} = {value} WHERE rowid = ({one}) AND {unique}")
        return statements

    def other_partners(self, joined: set[Place], dialect: str, seed: int) -> list[str]:
        """Rows joined with other rows: what a table says of them by its own columns stays."""
        blocks = {name: [c.name for c in self.columns(name) if (name, c.name) in joined and not c.primary_key] for name in self.mentioned}
        return [shuffle(name, columns, f"partner {seed}", dialect) for name, columns in blocks.items() if columns]

    def shuffled(self, joined: set[Place], dialect: str, seed: int) -> list[str]:
        """Computed columns with the values of other rows, so that sums and products fall on both sides of a limit."""
        keys = {(name, c.name) for name in self.mentioned for c in self.columns(name) if c.primary_key}
        return [shuffle(t, [c], f"{t}.{c} {seed}", dialect) for t, c in self.computed if (t, c) not in joined and (t, c) not in keys]

    def doubled(self, dialect: str) -> list[str]:
        return [statement for name in self.mentioned if (statement := double(self.tables[name.casefold()], dialect))]

    def columns(self, table: str) -> Sequence[Column]:
        return self.tables[table.casefold()].columns
