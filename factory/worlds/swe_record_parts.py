"""What may be asked about a drawn kind of record: each function gives the text of a few functions and of their tests."""

from __future__ import annotations

import random
from typing import NamedTuple


class Shape(NamedTuple):
    """What a drawn kind of record looks like."""

    kind: str
    numbers: dict[str, tuple[int, int]]
    """Field -> smallest and largest legal value."""
    choices: dict[str, tuple[str, ...]]
    flag: str

    @property
    def one(self) -> str:
        return self.kind.lower()

    @property
    def many(self) -> str:
        return self.one[:-1] + "ies" if self.one.endswith("y") else self.one + "s"

    @property
    def fields(self) -> list[str]:
        return ["number", "owner", *self.choices, *self.numbers, self.flag, "day"]


class Part(NamedTuple):
    code: str
    test: str
    defines: tuple[str, ...]


def fee(shape: Shape, rng: random.Random) -> Part:
    (first, (low, high)), (second, (_, upper)) = rng.sample(sorted(shape.numbers.items()), 2)
    choice, options = rng.choice(sorted(shape.choices.items()))
    rates = {option: rng.randrange(150, 2_000, 25) for option in options}
    middle = (low + high) // rng.randint(2, 5)
    limit = upper // rng.randint(2, 4)
    code = f"{shape.kind.upper()}_RATES = " + repr(rates).replace("'", '"') + "\n\n\n"
    code += f"def {shape.one}_fee({shape.one}, today=1):\n"
    code += f'    """Fee in cents: a rate by {choice}, more for much {first}, less for few days."""\n'
    code += f"    cents = {shape.kind.upper()}_RATES[{shape.one}.{choice}]\n"
    code += f"    if {shape.one}.{first} > {middle}:\n"
    code += f"        cents += ({shape.one}.{first} - {middle}) * {rng.randint(2, 9)} // {rng.choice((10, 20, 50))}\n"
    code += f"    elif {shape.one}.{first} == {low}:\n        cents = cents // 2\n"
    code += f"    if {shape.one}.{second} >= {limit} and not {shape.one}.{shape.flag}:\n        cents += {rng.randrange(50, 900, 10)}\n"
    code += f"    if today - {shape.one}.day > {rng.choice((14, 30, 60))}:\n        cents -= cents // {rng.randint(4, 12)}\n"
    code += f"    return max(cents, {rng.choice((100, 200, 250))})"
    values = {name: str(limits[1]) for name, limits in shape.numbers.items()}
    cases = [{**values, first: str(value), second: str(other)} for value in (low, middle, middle + 57) for other in (limit, limit - 1)]
    filled = [repr(opts[0]) for opts in shape.choices.values()]
    test = f"def test_{shape.one}_fee():\n    expect([{shape.one}_fee({shape.one}) for {shape.one} in {shape.many.upper()}])\n"
    test += f"    expect([{shape.one}_fee({shape.one}, today=150) for {shape.one} in {shape.many.upper()}])\n"
    for case in cases[: rng.randint(3, 6)]:
        test += f"    expect({shape.one}_fee({shape.kind}(1, 'Ada', {', '.join(filled)}, {', '.join(case.values())}, False, 40)))\n"
    return Part(code, test, (f"{shape.one}_fee", shape.kind))


def band(shape: Shape, rng: random.Random) -> Part:
    name, (low, high) = rng.choice(sorted(shape.numbers.items()))
    labels = rng.choice((("small", "medium", "large", "huge"), ("bronze", "silver", "gold"), ("A", "B", "C", "D", "E")))
    edges = sorted(rng.sample(range(low + 1, high), len(labels) - 1))
    code = f"def {name}_band(value):\n" + f'    """Name of the band that a {name} falls into; an edge belongs to the band above it."""\n'
    for edge, label in zip(edges, labels):
        code += f"    if value < {edge}:\n        return {label!r}\n".replace("'", '"')
    code += f'    return "{labels[-1]}"\n\n\ndef {shape.many}_by_{name}_band({shape.many}):\n'
    code += f'    """Band -> numbers of its {shape.many}."""\n    bands = {{}}\n    for {shape.one} in {shape.many}:\n'
    code += f"        bands.setdefault({name}_band({shape.one}.{name}), []).append({shape.one}.number)\n    return bands"
    values = sorted({value for edge in edges for value in (edge - 1, edge)} | {low, high})
    test = f"def test_{name}_band():\n    expect([{name}_band(value) for value in {values}])\n"
    test += f"    expect({shape.many}_by_{name}_band({shape.many.upper()}))\n"
    return Part(code, test, (f"{name}_band", f"{shape.many}_by_{name}_band"))


def totals(shape: Shape, rng: random.Random) -> Part:
    name = rng.choice(sorted(shape.numbers))
    choice = rng.choice(sorted(shape.choices))
    code = f"def total_{name}({shape.many}, {choice}=None):\n"
    code += f'    """Sum of {name} over all {shape.many}, or over those of one {choice}."""\n    total = 0\n'
    code += f"    for {shape.one} in {shape.many}:\n        if {choice} is None or {shape.one}.{choice} == {choice}:\n"
    code += f"            total += {shape.one}.{name}\n    return total\n\n\n"
    code += f"def mean_{name}({shape.many}):\n" + f'    """Mean {name}, rounded down; 0 without {shape.many}."""\n'
    code += f"    if not {shape.many}:\n        return 0\n    return total_{name}({shape.many}) // len({shape.many})"
    option = shape.choices[choice][0]
    test = f"def test_total_{name}():\n    expect(total_{name}({shape.many.upper()}))\n"
    test += f"    expect([total_{name}({shape.many.upper()}, {choice}=option) for option in {shape.choices[choice]!r}])\n"
    test += f"    expect(total_{name}([], {choice}={option!r}))\n\n\n"
    test += f"def test_mean_{name}():\n    expect([mean_{name}({shape.many.upper()}), mean_{name}([])])\n"
    return Part(code, test, (f"total_{name}", f"mean_{name}"))


def grouped(shape: Shape, rng: random.Random) -> Part:
    choice = rng.choice(sorted(shape.choices))
    name = rng.choice(sorted(shape.numbers))
    code = f"def {name}_per_{choice}({shape.many}, only_{shape.flag}=False):\n"
    code += f'    """{choice.capitalize()} -> (how many, sum of {name}), largest sum first."""\n    sums = {{}}\n'
    code += f"    for {shape.one} in {shape.many}:\n        if only_{shape.flag} and not {shape.one}.{shape.flag}:\n            continue\n"
    code += f"        count, total = sums.get({shape.one}.{choice}, (0, 0))\n"
    code += f"        sums[{shape.one}.{choice}] = (count + 1, total + {shape.one}.{name})\n"
    code += f"    return dict(sorted(sums.items(), key=lambda pair: (-pair[1][1], pair[0])))\n\n\ndef busiest_{choice}({shape.many}):\n"
    code += f'    """The {choice} with most {shape.many}; the first in the alphabet among equals."""\n    counts = {{}}\n'
    code += f"    for {shape.one} in {shape.many}:\n        counts[{shape.one}.{choice}] = counts.get({shape.one}.{choice}, 0) + 1\n"
    code += f"    return min(counts, key=lambda {choice}: (-counts[{choice}], {choice}), default=None)"
    test = f"def test_{name}_per_{choice}():\n    expect(list({name}_per_{choice}({shape.many.upper()}).items()))\n"
    test += f"    expect({name}_per_{choice}({shape.many.upper()}, only_{shape.flag}=True))\n\n\n"
    test += f"def test_busiest_{choice}():\n    expect([busiest_{choice}({shape.many.upper()}), busiest_{choice}([])])\n"
    return Part(code, test, (f"{name}_per_{choice}", f"busiest_{choice}"))


def ranking(shape: Shape, rng: random.Random) -> Part:
    first, second = rng.sample(sorted(shape.numbers), 2)
    limit = rng.randint(2, 4)
    code = f"def top_{shape.many}({shape.many}, limit={limit}, smallest_{second}=0):\n"
    code += f'    """Numbers of the {shape.many} with the highest {first} and enough {second}."""\n'
    code += f"    fitting = [{shape.one} for {shape.one} in {shape.many} if {shape.one}.{second} >= smallest_{second}]\n"
    code += f"    fitting.sort(key=lambda {shape.one}: (-{shape.one}.{first}, {shape.one}.number))\n"
    code += f"    return [{shape.one}.number for {shape.one} in fitting[:limit]]"
    middle = sum(shape.numbers[second]) // 3
    test = f"def test_top_{shape.many}():\n    expect(top_{shape.many}({shape.many.upper()}))\n"
    test += f"    expect(top_{shape.many}({shape.many.upper()}, limit=5, smallest_{second}={middle}))\n"
    test += f"    expect(top_{shape.many}({shape.many.upper()}, smallest_{second}={shape.many.upper()}[0].{second}))\n"
    return Part(code, test, (f"top_{shape.many}",))


def overdue(shape: Shape, rng: random.Random) -> Part:
    choice, options = rng.choice(sorted(shape.choices.items()))
    days = {option: rng.choice((7, 10, 14, 21, 30, 45)) for option in options}
    code = f"{choice.upper()}_DAYS = " + repr(days).replace("'", '"') + "\n\n\n"
    code += f"def due_day({shape.one}):\n" + f'    """Last day on which the {shape.one} is in time; {shape.flag} ones have a week more."""\n'
    code += f"    day = {shape.one}.day + {choice.upper()}_DAYS[{shape.one}.{choice}]\n"
    code += f"    if {shape.one}.{shape.flag}:\n        day += 7\n    return day\n\n\n"
    code += f"def overdue_{shape.many}({shape.many}, today):\n" + '    """(number, days late), longest first."""\n    late = []\n'
    code += f"    for {shape.one} in {shape.many}:\n        days = today - due_day({shape.one})\n        if days > 0:\n"
    code += f"            late.append(({shape.one}.number, days))\n    return sorted(late, key=lambda pair: (-pair[1], pair[0]))"
    test = f"def test_due_day():\n    expect([due_day({shape.one}) for {shape.one} in {shape.many.upper()}])\n\n\n"
    test += f"def test_overdue_{shape.many}():\n    expect(overdue_{shape.many}({shape.many.upper()}, {rng.randint(150, 300)}))\n"
    test += f"    expect(overdue_{shape.many}({shape.many.upper()}[:1], due_day({shape.many.upper()}[0])))\n"
    return Part(code, test, ("due_day", f"overdue_{shape.many}"))


def rows(shape: Shape, rng: random.Random) -> Part:
    separator = rng.choice((";", "|", ","))
    code = f"def {shape.one}_to_line({shape.one}):\n" + '    """One line of text, fields in the order of the record."""\n'
    code += "    fields = [" + ", ".join(f"{shape.one}.{name}" for name in shape.fields) + "]\n"
    code += '    fields = [("yes" if value else "no") if isinstance(value, bool) else str(value) for value in fields]\n'
    code += f'    return "{separator}".join(fields)\n\n\ndef {shape.one}_from_line(line):\n'
    code += f'    """The record in a line. Raises ValueError when the number of fields is wrong."""\n    parts = line.strip().split("{separator}")\n'
    code += f'    if len(parts) != {len(shape.fields)}:\n        raise ValueError(f"expected {len(shape.fields)} fields, got {{len(parts)}}")\n'
    code += f"    return {shape.kind}(\n"
    for index, name in enumerate(shape.fields):
        value = f"parts[{index}].strip()"
        if name in shape.numbers or name in ("number", "day"):
            value = f"int(parts[{index}])"
        elif name == shape.flag:
            value = f'{value} == "yes"'
        code += f"        {name}={value},\n"
    code += "    )"
    test = f"def test_{shape.one}_lines():\n    line = {shape.one}_to_line({shape.many.upper()}[1])\n    expect(line)\n"
    test += f"    expect({shape.one}_from_line(line) == {shape.many.upper()}[1])\n"
    test += f"    expect([{shape.one}_from_line({shape.one}_to_line({shape.one})).number for {shape.one} in {shape.many.upper()}])\n"
    return Part(code, test, (f"{shape.one}_to_line", f"{shape.one}_from_line"))


def moves(shape: Shape, rng: random.Random) -> Part:
    choice, options = rng.choice(sorted(shape.choices.items()))
    table = {option: tuple(rng.sample(options[index + 1 :], min(len(options) - index - 1, rng.randint(1, 2)))) for index, option in enumerate(options)}
    code = f"NEXT_{choice.upper()} = " + repr(table).replace("'", '"') + "\n\n\n"
    code += f"def can_become({shape.one}, {choice}):\n" + f'    """Whether the {shape.one} may change to a {choice} in one step."""\n'
    code += f"    return {choice} in NEXT_{choice.upper()}.get({shape.one}.{choice}, ())\n\n\ndef steps_to(start, goal, most={len(options)}):\n"
    code += f'    """Fewest steps from one {choice} to another, or None when there is no way."""\n    reached = [start]\n'
    code += "    for steps in range(most):\n        if goal in reached:\n            return steps\n"
    code += f"        reached = [after for {choice} in reached for after in NEXT_{choice.upper()}[{choice}]]\n    return None"
    test = f"def test_can_become():\n    expect([can_become({shape.many.upper()}[0], {choice}) for {choice} in {options!r}])\n"
    test += f"    expect([can_become({shape.many.upper()}[2], {choice}) for {choice} in {options!r}])\n\n\n"
    test += f"def test_steps_to():\n    expect([steps_to({options[0]!r}, {choice}) for {choice} in {options!r}])\n    expect(steps_to({options[-1]!r}, {options[0]!r}))\n"
    return Part(code, test, ("can_become", "steps_to"))


def points(shape: Shape, rng: random.Random) -> Part:
    choice, options = rng.choice(sorted(shape.choices.items()))
    table = {option: rng.randint(1, 40) for option in options}
    code = f"{choice.upper()}_POINTS = " + repr(table).replace("'", '"') + "\n\n\n"
    code += f"def risk_points({shape.one}):\n" + f'    """Points of a {shape.one}; more means that somebody should look at it."""\n'
    code += f"    points = {choice.upper()}_POINTS[{shape.one}.{choice}]\n"
    for name, (low, high) in shape.numbers.items():
        step = max(1, (high - low) // rng.randint(6, 20))
        code += f"    points += min(({shape.one}.{name} - {low}) // {step}, {rng.randint(4, 12)})\n"
    code += f"    if {shape.one}.{shape.flag}:\n        points -= {rng.randint(3, 9)}\n    return points\n\n\n"
    code += f"def needs_review({shape.many}, threshold={rng.randint(20, 45)}):\n" + f'    """Owners of risky {shape.many}, each once, in alphabetical order."""\n'
    code += f"    owners = {{{shape.one}.owner for {shape.one} in {shape.many} if risk_points({shape.one}) >= threshold}}\n    return sorted(owners)"
    test = f"def test_risk_points():\n    expect([risk_points({shape.one}) for {shape.one} in {shape.many.upper()}])\n\n\n"
    test += f"def test_needs_review():\n    expect(needs_review({shape.many.upper()}))\n"
    test += f"    expect(needs_review({shape.many.upper()}, threshold=risk_points({shape.many.upper()}[3])))\n"
    return Part(code, test, ("risk_points", "needs_review"))


def register(shape: Shape, rng: random.Random) -> Part:
    choice = rng.choice(sorted(shape.choices))
    size = rng.randint(2, 4)
    code = f'''
class {shape.kind}Register:
    """All {shape.many} by number, with an index by owner."""

    def __init__(self):
        self.records = {{}}
        self.by_owner = {{}}

    def add(self, {shape.one}):
        """Take a legal record in; returns whether its number was new."""
        is_new = {shape.one}.number not in self.records
        if not is_new:
            self.remove({shape.one}.number)
        self.records[{shape.one}.number] = {shape.one}
        self.by_owner.setdefault({shape.one}.owner, set()).add({shape.one}.number)
        return is_new

    def remove(self, number):
        if number not in self.records:
            return False
        owner = self.records.pop(number).owner
        self.by_owner[owner].discard(number)
        if not self.by_owner[owner]:
            del self.by_owner[owner]
        return True

    def of_owner(self, owner):
        return sorted(self.by_owner.get(owner, ()))

    def with_{choice}(self, {choice}):
        return [number for number, record in sorted(self.records.items()) if record.{choice} == {choice}]

    def page(self, page, size={size}):
        """Numbers on a page; pages count from 1."""
        numbers = sorted(self.records)
        start = (page - 1) * size
        return numbers[start : start + size]
'''
    many = shape.many.upper()
    test = f'''
def test_{shape.one}_register():
    register = {shape.kind}Register()
    expect([register.add({shape.one}) for {shape.one} in {many}])
    expect(register.add({many}[2]))
    expect([register.page(1), register.page(2), register.page(9)])
    expect(register.of_owner({many}[1].owner))
    expect([register.with_{choice}(option) for option in {shape.choices[choice]!r}])
    expect([register.remove({many}[1].number), register.remove({many}[1].number)])
    expect(register.of_owner({many}[1].owner))
    expect(sorted(register.by_owner))
'''
    return Part(code, test, (f"{shape.kind}Register",))


def report(shape: Shape, rng: random.Random) -> Part:
    first, second = rng.sample(sorted(shape.numbers), 2)
    width = rng.choice((10, 12, 14))
    code = f"def {shape.one}_report({shape.many}, width={width}):\n" + f'    """A line for every {shape.one} and one with the sums."""\n'
    code += f'    lines = ["number".ljust(width) + "{first}".rjust(width) + "{second}".rjust(width)]\n    sum_{first} = 0\n    sum_{second} = 0\n'
    code += f"    for {shape.one} in sorted({shape.many}, key=lambda {shape.one}: {shape.one}.number):\n        sum_{first} += {shape.one}.{first}\n"
    code += f"        sum_{second} += {shape.one}.{second}\n        mark = \"*\" if {shape.one}.{shape.flag} else \"\"\n"
    code += f"        name = f\"{{{shape.one}.number}}{{mark}}\"\n"
    code += f"        lines.append(name.ljust(width) + str({shape.one}.{first}).rjust(width) + str({shape.one}.{second}).rjust(width))\n"
    code += f"    lines.append(\"sum\".ljust(width) + str(sum_{first}).rjust(width) + str(sum_{second}).rjust(width))\n    return lines"
    test = f"def test_{shape.one}_report():\n    expect({shape.one}_report({shape.many.upper()}))\n    expect({shape.one}_report([], width=8))\n"
    return Part(code, test, (f"{shape.one}_report",))


def compare(shape: Shape, rng: random.Random) -> Part:
    name = rng.choice(sorted(shape.numbers))
    tolerance = rng.randint(1, 9)
    code = "def changed_fields(before, after):\n" + f'    """Names of the fields that two versions of a {shape.one} differ in; `number` never counts."""\n    changed = []\n'
    code += f"    for name in {tuple(shape.fields[1:])!r}:\n".replace("'", '"') + "        if getattr(before, name) != getattr(after, name):\n            changed.append(name)\n    return changed\n\n\n"
    code += f"def is_small_change(before, after, percent={tolerance}):\n" + f'    """Whether only {name} changed, and by at most some percent."""\n'
    code += f'    if changed_fields(before, after) != ["{name}"]:\n        return False\n'
    code += f"    return abs(after.{name} - before.{name}) * 100 <= before.{name} * percent"
    low, high = shape.numbers[name]
    value = (low + high) // 2
    head = ", ".join(repr(options[0]) for options in shape.choices.values())

    def made(change: int, day: int = 9) -> str:
        numbers = ", ".join(str(value + change if field == name else limits[1]) for field, limits in shape.numbers.items())
        return f"{shape.kind}(5, 'Ada', {head}, {numbers}, True, {day})"

    step = value * tolerance // 100
    test = f"def test_changed_fields():\n    expect(changed_fields({shape.many.upper()}[0], {shape.many.upper()}[1]))\n"
    test += f"    expect(changed_fields({shape.many.upper()}[0], {shape.many.upper()}[0]))\n\n\n"
    test += f"def test_is_small_change():\n    before = {made(0)}\n    expect(is_small_change(before, {made(step)}))\n"
    test += f"    expect(is_small_change(before, {made(-step - 1)}))\n    expect(is_small_change(before, {made(1, day=10)}))\n"
    return Part(code, test, ("changed_fields", "is_small_change", shape.kind))


def quota(shape: Shape, rng: random.Random) -> Part:
    name, (_, high) = rng.choice(sorted(shape.numbers.items()))
    limit = high * rng.randint(2, 3)
    code = f"def within_quota({shape.many}, quota={limit}):\n" + f'    """Split numbers into those that fit into a quota of {name}, by day, and those that wait."""\n'
    code += f"    accepted = []\n    waiting = []\n    used = 0\n    for {shape.one} in sorted({shape.many}, key=lambda {shape.one}: ({shape.one}.day, {shape.one}.number)):\n"
    code += f"        if used + {shape.one}.{name} <= quota:\n            used += {shape.one}.{name}\n            accepted.append({shape.one}.number)\n"
    code += f"        else:\n            waiting.append({shape.one}.number)\n    return accepted, waiting, quota - used"
    test = f"def test_within_quota():\n    expect(within_quota({shape.many.upper()}))\n    expect(within_quota({shape.many.upper()}, quota={high}))\n"
    test += f"    expect(within_quota({shape.many.upper()}[:1], quota={shape.many.upper()}[0].{name}))\n"
    return Part(code, test, ("within_quota",))


OPTIONAL = (fee, band, totals, grouped, ranking, overdue, rows, moves, points, register, report, compare, quota)
