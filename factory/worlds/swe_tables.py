"""Generated modules that hold a table of data and the look-ups on it, such as tariffs or part lists."""

from __future__ import annotations

import random

SUBJECTS = {
    "tariffs": ("zone", ("inner", "outer", "island", "remote", "border"), "price"),
    "spare_parts": ("material", ("steel", "brass", "rubber", "nylon", "copper", "glass"), "grams"),
    "stations": ("line", ("red", "blue", "green", "amber", "violet"), "altitude"),
    "minerals": ("family", ("oxide", "sulfide", "silicate", "carbonate"), "hardness"),
    "varieties": ("soil", ("loam", "clay", "sand", "chalk", "peat"), "days"),
    "fittings": ("thread", ("fine", "coarse", "pipe", "metric"), "torque"),
    "dialects": ("branch", ("upper", "middle", "lower", "coastal"), "speakers"),
    "allowances": ("grade", ("junior", "senior", "lead", "visitor"), "rate"),
}  # fmt: skip
FIRST = ("am", "bel", "cor", "dan", "el", "far", "gil", "hol", "il", "jur", "kel", "lor", "mar", "nev", "or", "pel", "quar", "ris",
         "sol", "tam", "ul", "var", "wen", "yor", "zel")  # fmt: skip
LAST = ("ade", "bin", "cott", "dale", "eth", "fold", "gate", "ham", "ine", "low", "mere", "nock", "ont", "port", "rest", "stone", "um", "wick")


def name_of(rng: random.Random) -> str:
    return (rng.choice(FIRST) + rng.choice(FIRST) + rng.choice(LAST)).capitalize()


def module(dotted: str, subject: str, num_rows: int, rng: random.Random) -> tuple[str, str]:
    """(module, tests) of a table with `num_rows` rows (code, name, group, value, year)."""
    group, groups, value = SUBJECTS[subject]
    table = subject.upper()
    names = sorted({name_of(rng) for _ in range(num_rows)})
    rng.shuffle(names)
    prefix = subject[:2].upper()
    rows = []
    for number, name in enumerate(names):
        rows.append((f"{prefix}{number * 7 + 100}", name, rng.choice(groups), rng.randint(5, 990), rng.randint(1950, 2024)))
    shown = ",\n    ".join(repr(row).replace("'", '"') for row in rows)
    code = f'''"""{subject.replace("_", " ").capitalize()}: (code, name, {group}, {value}, year) of every entry, and look-ups."""

{table} = [
    {shown},
]
CODES = {{row[0]: row for row in {table}}}


def find(code):
    """The row of a code, in any case and with blanks around; None when there is none."""
    return CODES.get(code.strip().upper())


def names_in({group}, since=0):
    """Names of a {group}, sorted, of entries not older than a year."""
    return sorted(row[1] for row in {table} if row[2] == {group} and row[4] >= since)


def highest_{value}({group}, limit=3):
    """(name, {value}) of the entries with the highest {value} of a {group}."""
    rows = [row for row in {table} if row[2] == {group}]
    rows.sort(key=lambda row: (-row[3], row[1]))
    return [(row[1], row[3]) for row in rows[:limit]]


def {value}_between(low, high):
    """Codes with low <= {value} < high, in the order of the table."""
    return [row[0] for row in {table} if low <= row[3] < high]


def mean_{value}_by_{group}():
    """{group.capitalize()} -> mean {value}, rounded down."""
    sums = {{}}
    for _, _, {group}, {value}, _ in {table}:
        count, total = sums.get({group}, (0, 0))
        sums[{group}] = (count + 1, total + {value})
    return {{{group}: total // count for {group}, (count, total) in sorted(sums.items())}}


def decade_counts(first=1950):
    """Decade -> number of entries, from a first year on."""
    counts = {{}}
    for row in {table}:
        if row[4] >= first:
            decade = row[4] // 10 * 10
            counts[decade] = counts.get(decade, 0) + 1
    return dict(sorted(counts.items()))


def suggest(text, limit=4):
    """Names that begin with a text, then names that hold it; case does not matter."""
    wanted = text.lower()
    starts = [row[1] for row in {table} if row[1].lower().startswith(wanted)]
    inside = [row[1] for row in {table} if wanted in row[1].lower() and row[1] not in starts]
    return (sorted(starts) + sorted(inside))[:limit]
'''
    some = rng.choice(rows)
    low = rng.randint(100, 800)
    edge = rng.choice(rows)[3]
    names = ("find", "names_in", f"highest_{value}", f"{value}_between", f"mean_{value}_by_{group}", "decade_counts", "suggest")
    tests = f"from {dotted} import " + ", ".join(sorted(names)) + f'''


def test_find():
    expect(find(" {some[0].lower()} "))
    expect(find("none"))


def test_names_in():
    expect(names_in("{groups[0]}", since=2015))
    expect(names_in("{some[2]}", since={some[4]})[:5])


def test_highest_{value}():
    expect(highest_{value}("{groups[1]}"))
    expect(highest_{value}("{groups[-1]}", limit=1))


def test_{value}_between():
    expect({value}_between({low}, {low + 25}))
    expect({value}_between({edge - 9}, {edge}))
    expect({value}_between({edge}, {edge + 9}))


def test_mean_{value}_by_{group}():
    expect(mean_{value}_by_{group}())


def test_decade_counts():
    expect(decade_counts())
    expect(decade_counts(first={rng.randint(1960, 2015)}))


def test_suggest():
    expect(suggest("{some[1][:3].lower()}"))
    expect(suggest("{some[1][1:4]}", limit=6))
'''
    return code, tests
