"""Questions of the SQL world: templates over a star of tables, each with its gold query and plausible wrong ones.

Every result is small, not empty, and the same however the rows lie: no ties where an order or a limit decides,
no order by chance.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from factory.worlds.sql_databases import Database
from factory.worlds.sql_schemas import Star

MOST_ROWS = 40
Rows = list[tuple[Any, ...]]


class Draft(NamedTuple):
    """What a template makes. Queries may use aliases of columns freely: column names decide nothing."""

    text: str
    sql: str
    wrong: tuple[str, ...]
    tables: frozenset[str]
    tables_of_wrong: frozenset[str] | None = None
    """Where it differs from `tables`."""


class Question(NamedTuple):
    text: str
    sql: str
    wrong: str
    """A query that runs and gives another bag of rows."""
    tables: frozenset[str]
    """Tables that the gold query reads."""
    tables_of_wrong: frozenset[str]
    star: Star


def ask(database: Database, rng: random.Random) -> Question | None:
    """A question over `database`, or None when what was drawn has no good answer."""
    star = rng.choice(database.schema.stars)
    draft = rng.choice(TEMPLATES)(database, star, rng)
    if draft is None:
        return None
    gold = database.rows(draft.sql)
    if not 0 < len(gold) <= MOST_ROWS or database.nudged.execute(draft.sql).fetchall() != gold:
        return None
    for wrong in rng.sample(draft.wrong, len(draft.wrong)):
        rows = database.rows(wrong)
        if 0 < len(rows) <= 2 * MOST_ROWS and differs(rows, gold):
            tables = draft.tables if draft.tables_of_wrong is None else draft.tables_of_wrong
            return Question(draft.text, draft.sql, wrong, draft.tables, tables, star)
    return None


def differs(rows: Rows, gold: Rows) -> bool:
    """Whether `rows` is another bag for any reader: not a matter of printed precision or of the order of columns."""

    def bag(rows: Rows) -> Counter[tuple[str, ...]]:
        return Counter(tuple(sorted(f"{v:.0f}" if isinstance(v, float) else repr(v) for v in row)) for row in rows)

    return bag(rows) != bag(gold)


def literal(value: Any) -> str:
    return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"


def joined(star: Star) -> str:
    return f"{star.fact} f JOIN {star.dim} d ON d.id = f.{star.key}"


def both(star: Star) -> frozenset[str]:
    return frozenset((star.fact, star.dim))


def a_year(database: Database, star: Star, rng: random.Random) -> str:
    years = [y for (y,) in database.rows(f"SELECT DISTINCT substr({star.day}, 1, 4) FROM {star.fact} ORDER BY 1")]
    return rng.choice(years)


def per_category(database: Database, star: Star, rng: random.Random) -> Draft:
    category = rng.choice(star.categories)
    counts = sorted(n for (n,) in database.rows(f"SELECT COUNT(*) FROM {joined(star)} GROUP BY d.{category}"))
    least = counts[len(counts) // 3]
    sql = f"SELECT d.{category}, COUNT(*) AS num, ROUND(SUM(f.{star.measure}), 2) AS total FROM {joined(star)} GROUP BY d.{category}"
    text = (
        f"For each {category} of the {star.dims}: how many {star.facts} are there and what is their total {star.measured}, "
        f"rounded to two decimals? List only those with at least {least} {star.facts}; count an unknown {category} as its own group."
    )
    having = f"{sql} HAVING COUNT(*) >= {least}"
    wrong = (sql, f"{sql} HAVING COUNT(*) > {least}", having.replace("SUM(", "AVG("))
    return Draft(text, having, wrong, both(star))


def top(database: Database, star: Star, rng: random.Random) -> Draft | None:
    most = rng.randint(3, 8)
    sql = (
        f"SELECT d.{star.label}, ROUND(SUM(f.{star.measure}), 2) AS total FROM {joined(star)} GROUP BY d.id "
        f"HAVING total IS NOT NULL ORDER BY total DESC LIMIT {{}}"
    )
    totals = [total for _, total in database.rows(sql.format(most + 1))]
    if len(totals) <= most or len(set(totals)) < len(totals):
        return None
    text = (
        f"Which {most} {star.dims} have the highest total {star.measured} over all of their {star.facts}? "
        f"Give the {star.label} and the total, rounded to two decimals, highest first."
    )
    gold = sql.format(most)
    return Draft(text, gold, (gold.replace("SUM(", "MAX("), gold.replace("DESC", "ASC"), gold.replace("SUM(", "COUNT(")), both(star))


def best_of_category(database: Database, star: Star, rng: random.Random) -> Draft | None:
    category = rng.choice(star.categories)
    totals = f"SELECT d.id, d.{category} AS grp, d.{star.label} AS label, ROUND(SUM(f.{star.measure}), 2) AS total FROM {joined(star)} GROUP BY d.id HAVING total IS NOT NULL"
    ranked = f"WITH totals AS ({totals}), ranked AS (SELECT *, RANK() OVER (PARTITION BY grp ORDER BY total DESC) AS place FROM totals) SELECT grp, label, total FROM ranked WHERE place = 1"
    firsts = [grp for grp, _, _ in database.rows(ranked)]
    if len(set(firsts)) < len(firsts):
        return None
    text = (
        f"Within each {category} (unknown counts as one), which of the {star.dims} has the highest total {star.measured} over its {star.facts}? "
        f"Give the {category}, the {star.label} and the total, rounded to two decimals."
    )
    wrong = (ranked.replace("SUM(", "MAX("), ranked.replace("total DESC", "total"), ranked.replace("place = 1", "place = 2"))
    return Draft(text, ranked, wrong, both(star))


def above_average(database: Database, star: Star, rng: random.Random) -> Draft:
    factor = rng.choice((1.5, 2, 2.5, 3))
    totals = f"WITH totals AS (SELECT d.id, d.{star.label} AS label, SUM(f.{star.measure}) AS total FROM {joined(star)} GROUP BY d.id)"
    gold = f"{totals} SELECT label, ROUND(total, 2) AS total FROM totals WHERE total > {factor} * (SELECT AVG(total) FROM totals)"
    text = (
        f"Take the total {star.measured} of each of the {star.dims} that has {star.facts}. Which ones lie above {factor} times the average "
        f"of these totals? Give the {star.label} and the total, rounded to two decimals."
    )
    wrong = (gold.replace(f"> {factor} *", ">"), gold.replace(f"> {factor} *", f"> {factor + 1} *"), gold.replace(f"> {factor} *", f"< {factor} *") + " LIMIT 40")
    return Draft(text, gold, wrong, both(star))


def without(database: Database, star: Star, rng: random.Random) -> Draft | None:
    if not star.day:
        return None
    year = a_year(database, star, rng)
    category = rng.choice(star.categories)
    values = [v for (v,) in database.rows(f"SELECT DISTINCT {category} FROM {star.dim} WHERE {category} IS NOT NULL ORDER BY 1")]
    value = rng.choice(values)
    gold = (
        f"SELECT d.{star.label} FROM {star.dim} d WHERE d.{category} = {literal(value)} AND NOT EXISTS "
        f"(SELECT 1 FROM {star.fact} f WHERE f.{star.key} = d.id AND f.{star.day} LIKE '{year}-%')"
    )
    text = f"Which {star.dims} with the {category} \"{value}\" have no {star.facts} in {year}? Give the {star.label}; repeat it where several share it."
    wrong = (gold.replace("NOT EXISTS", "EXISTS"), gold.replace(f" AND f.{star.day} LIKE '{year}-%'", ""), gold.replace(f"d.{category} = {literal(value)} AND ", ""))
    return Draft(text, gold, wrong, both(star))


def per_month(database: Database, star: Star, rng: random.Random) -> Draft | None:
    if not star.day:
        return None
    year = a_year(database, star, rng)
    category = rng.choice(star.categories)
    (value,) = rng.choice(database.rows(f"SELECT DISTINCT {category} FROM {star.dim} WHERE {category} IS NOT NULL ORDER BY 1"))
    month = f"substr(f.{star.day}, 1, 7)"
    gold = (
        f"SELECT {month} AS month, COUNT(*) AS num, ROUND(SUM(f.{star.measure}), 2) AS total FROM {joined(star)} "
        f"WHERE d.{category} = {literal(value)} AND f.{star.day} LIKE '{year}-%' GROUP BY month ORDER BY month"
    )
    text = (
        f"For every month of {year} that has {star.facts} of {star.dims} with the {category} \"{value}\": how many such {star.facts} are there, and what is "
        f"their total {star.measured}, rounded to two decimals? Write months as YYYY-MM, in order of time."
    )
    wrong = (gold.replace(f"d.{category} = {literal(value)} AND ", ""), gold.replace("SUM(", "MIN("), gold.replace("COUNT(*)", "COUNT(DISTINCT d.id)"))
    return Draft(text, gold, wrong, both(star))


def running(database: Database, star: Star, rng: random.Random) -> Draft | None:
    if not star.day:
        return None
    year = a_year(database, star, rng)
    months = f"WITH months AS (SELECT substr({star.day}, 1, 7) AS month, COUNT(*) AS num FROM {star.fact} WHERE {star.day} LIKE '{year}-%' GROUP BY month)"
    gold = f"{months} SELECT month, num, SUM(num) OVER (ORDER BY month) AS running FROM months ORDER BY month"
    text = f"Count the {star.facts} of each month of {year} that has any, and the running count since the start of that year. Give month (YYYY-MM), count and running count, in order of time."
    wrong = (gold.replace("SUM(num) OVER (ORDER BY month)", "SUM(num) OVER (ORDER BY month DESC)"), gold.replace(f"WHERE {star.day} LIKE '{year}-%' ", ""), gold.replace("SUM(num) OVER (ORDER BY month)", "SUM(num) OVER ()"))
    return Draft(text, gold, wrong, frozenset((star.fact,)))


def one_join_further(database: Database, star: Star, rng: random.Random) -> Draft | None:
    if star.outer is None:
        return None
    key, table, label, plural = star.outer
    source = f"{joined(star)} JOIN {table} o ON o.id = d.{key}"
    counts = sorted(n for (n,) in database.rows(f"SELECT COUNT(*) FROM {source} GROUP BY o.id"))
    least = counts[max(len(counts) // 4, len(counts) - 25)]
    sql = f"SELECT o.{label}, COUNT(*) AS num, ROUND(AVG(f.{star.measure}), 3) AS mean FROM {source} GROUP BY o.id"
    gold = f"{sql} HAVING COUNT(*) >= {least}"
    text = (
        f"For each of the {plural}, over the {star.dims}: how many {star.facts} are there and what is the average {star.measured}, rounded to three decimals? "
        f"List only {plural} with at least {least} {star.facts}, by {label}."
    )
    wrong = (gold.replace("AVG(", "SUM("), f"{sql} HAVING COUNT(*) > {least}", gold.replace("COUNT(*) AS num", "COUNT(DISTINCT d.id) AS num"))
    return Draft(text, gold, wrong, both(star) | {table})


def shares(database: Database, star: Star, rng: random.Random) -> Draft:
    category = rng.choice(star.categories)
    gold = (
        f"SELECT d.{category}, ROUND(100.0 * COUNT(*) / (SELECT COUNT(*) FROM {star.fact}), 2) AS percent FROM {joined(star)} "
        f"GROUP BY d.{category} ORDER BY d.{category} IS NULL, d.{category}"
    )
    text = f"What percentage of all {star.facts} falls to each {category} of the {star.dims}, rounded to two decimals? One row per {category}, in order of {category}, unknown last."
    total = gold.replace("COUNT(*) /", f"SUM(f.{star.measure}) /").replace("SELECT COUNT(*)", f"SELECT SUM({star.measure})")
    return Draft(text, gold, (total, gold.replace("100.0 * ", "1.0 * "), gold.replace("COUNT(*) /", "COUNT(DISTINCT d.id) /")), both(star))


def one_figure(database: Database, star: Star, rng: random.Random) -> Draft | None:
    category = rng.choice(star.categories)
    (value,) = rng.choice(database.rows(f"SELECT DISTINCT {category} FROM {star.dim} WHERE {category} IS NOT NULL ORDER BY 1"))
    gold = f"SELECT ROUND(AVG(f.{star.measure}), 3) AS mean FROM {joined(star)} WHERE d.{category} = {literal(value)}"
    ((mean,),) = database.rows(gold)
    if mean is None or mean == int(mean):
        return None
    text = f"What is the average {star.measured} of the {star.facts} whose {star.dim} entry has the {category} \"{value}\", rounded to three decimals?"
    wrong = (gold.replace("AVG(", "SUM("), gold.replace(" = ", " <> ", 2).replace(" <> ", " = ", 1), gold.replace("AVG(", "MAX("))
    return Draft(text, gold, wrong, both(star))


TEMPLATES: tuple[Callable[[Database, Star, random.Random], Draft | None], ...] = (
    per_category, top, best_of_category, above_average, without, per_month, running, one_join_further, shares, one_figure,
)  # fmt: skip


def runs(connection: sqlite3.Connection, sql: str) -> bool:
    try:
        connection.execute(sql).fetchall()
    except sqlite3.Error:
        return False
    return True
