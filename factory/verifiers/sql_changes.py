"""SQL that changes a copy of a database: rows dropped, doubled, given other partners, values near a literal.

A statement that the database's own rules forbid is skipped by the cage.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from factory.cage.sql import Table

DATED = re.compile(r"(\d{4}-\d\d-\d\d)([ T].*)?", re.DOTALL)


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def update(table: str, dialect: str) -> str:
    return f"{'UPDATE OR IGNORE' if dialect == 'sqlite' else 'UPDATE'} {quote(table)} SET"


def drop(table: str, value: str, seed: int, share: int) -> str:
    return f"DELETE FROM {quote(table)} WHERE bucket({value}, {seed}) % {share} = 0"


def shuffle(table: str, columns: Sequence[str], seed: str, dialect: str) -> str:
    """Give the values of `columns`, those of a row together, to other rows of the table."""
    names = ", ".join(quote(c) for c in columns)
    taken = f"SELECT {names}, row_number() OVER (ORDER BY bucket(rowid, {quoted_text(seed)}), rowid) AS place_ FROM {quote(table)}"
    given = f"SELECT rowid AS row_, row_number() OVER (ORDER BY rowid) AS place_ FROM {quote(table)}"
    values = ", ".join(f"{quote(c)} = moved_.{quote(c)}" for c in columns)
    moved = f"SELECT given_.row_, taken_.* FROM ({given}) AS given_ JOIN ({taken}) AS taken_ ON given_.place_ = taken_.place_"
    return f"{update(table, dialect)} {values} FROM ({moved}) AS moved_ WHERE {quote(table)}.rowid = moved_.row_"


def double(table: Table, dialect: str) -> str:
    """Put half of the rows in twice, under new keys; "" where the table gives none."""
    keys = [c for c in table.columns if c.primary_key]
    rest = [quote(c.name) for c in table.columns if not c.primary_key]
    whole = [c for c in keys if "INT" in c.type.upper()]
    name = quote(table.name)
    if not rest or len(keys) > 1 or (keys and not whole):
        return ""
    columns, values = list(rest), list(rest)
    if keys and (dialect != "sqlite" or keys[0].type.upper() != "INTEGER"):
        key = quote(keys[0].name)
        columns, values = [key, *rest], [f"{key} + (SELECT max({key}) FROM {name})", *rest]
    verb = "INSERT OR IGNORE" if dialect == "sqlite" else "INSERT"
    return f"{verb} INTO {name} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {name} WHERE bucket(rowid, 'd') % 2 = 0"


def neighbours(literal: str, is_text: bool) -> list[str]:
    """A literal and what stands next to it, as SQL; next to a day stand other days."""
    if not is_text:
        if literal.lstrip("-").isdecimal():
            return [literal, str(int(literal) + 1), str(int(literal) - 1)]
        return [literal]
    if (found := DATED.fullmatch(literal)) and (days := days_around(found[1])):
        return [quoted_text(day + (found[2] or "")) for day in days]
    return [quoted_text(literal), quoted_text(f"x{literal}")]


def days_around(day: str) -> list[str]:
    try:
        at = datetime.date.fromisoformat(day)
        return [day, *((at + datetime.timedelta(days=n)).isoformat() for n in (1, -1))]
    except (ValueError, OverflowError):
        return []


def fitting(pattern: str, column: str) -> list[str]:
    """Values of `column`, as SQL, changed to match a LIKE pattern and not to: dates keep their form."""
    inner = pattern.strip("%")
    text = quoted_text(inner.replace("%", ""))
    apart = f"CASE WHEN {column} LIKE '____-__-__%' THEN {column} ELSE 'x' || {column} END"
    if "%" in inner or "_" in inner or not inner:
        return [text, apart]
    starts, ends = pattern.startswith("%"), pattern.endswith("%")
    if ends and not starts:
        return [f"({text} || substr({column}, {len(inner) + 1}))", apart]
    if starts and not ends:
        return [f"(substr({column}, 1, length({column}) - {len(inner)}) || {text})", apart]
    return [text if not ends else f"({column} || {text})", apart]
