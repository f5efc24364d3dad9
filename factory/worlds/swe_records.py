"""Generated business modules: a kind of record with its rules, sums, tables and register, and tests for them.

Fields, limits, rules and the selection of functions are drawn; the tests hold `expect(...)` like those of `swe_code`.
"""

from __future__ import annotations

import random

from factory.worlds.swe_record_parts import OPTIONAL, Part, Shape

KINDS = (
    "Shipment", "Invoice", "Booking", "Ticket", "Contract", "Sensor", "Vehicle", "Loan", "Course", "Claim", "Parcel",
    "Voucher", "Lease", "Repair", "Tender", "Harvest", "Permit", "Donation", "Subscription", "Inspection", "Auction",
    "Delivery", "Membership", "Warranty", "Refund", "Survey", "Expedition", "Rental", "Prescription", "Appointment",
)  # fmt: skip
CHOICES = {
    "status": ("draft", "open", "checked", "approved", "closed", "rejected", "on_hold"),
    "region": ("north", "south", "east", "west", "coast", "inland"),
    "category": ("basic", "plus", "premium", "trial", "partner", "legacy"),
    "priority": ("low", "normal", "high", "urgent"),
    "channel": ("web", "phone", "branch", "mail", "agent"),
    "season": ("spring", "summer", "autumn", "winter"),
}
NUMBERS = {
    "amount": (100, 90_000), "weight": (1, 4_000), "distance": (1, 900), "duration": (5, 600), "score": (0, 100),
    "visits": (0, 60), "capacity": (2, 400), "deposit": (0, 5_000), "mileage": (10, 90_000), "pages": (1, 700),
}  # fmt: skip
FLAGS = ("insured", "fragile", "prepaid", "verified", "recurring", "domestic")
NAMES = (
    "Abel", "Bruna", "Cato", "Dalia", "Emil", "Frida", "Goran", "Hilde", "Ivo", "Jana", "Karel", "Lotte", "Milan", "Nora",
    "Otis", "Petra", "Quinn", "Rosa", "Sven", "Thea", "Uwe", "Vera", "Willem", "Xenia", "Yara", "Zeno",
)  # fmt: skip


def draw(kind: str, rng: random.Random) -> Shape:
    numbers = {}
    for name in rng.sample(sorted(NUMBERS), 3):
        low, high = NUMBERS[name]
        numbers[name] = (low, high - rng.randrange(high // 4 + 1))
    choices = {}
    for name in rng.sample(sorted(CHOICES), 2):
        choices[name] = tuple(rng.sample(CHOICES[name], rng.randint(3, len(CHOICES[name]))))
    return Shape(kind, numbers, choices, rng.choice(FLAGS))


def sample(shape: Shape, rng: random.Random, number: int) -> str:
    """Text of a call that makes a legal record."""
    values = [str(number), repr(rng.choice(NAMES))]
    values += [repr(rng.choice(options)) for options in shape.choices.values()]
    values += [str(rng.randint(low, high)) for low, high in shape.numbers.values()]
    values += [str(rng.random() < 0.5), str(rng.randint(1, 360))]
    return f"{shape.kind}({', '.join(values)})"


def module(dotted: str, kind: str, share: float, rng: random.Random) -> tuple[str, str]:
    """(module, tests) of a drawn kind of record; `share` of the optional functions are taken."""
    shape = draw(kind, rng)
    optional = [part(shape, rng) for part in OPTIONAL]
    taken = sorted(rng.sample(range(len(optional)), max(4, round(len(optional) * share))))
    parts = [record(shape, rng)] + [optional[index] for index in taken]
    code = f'"""{shape.many.capitalize()}: the record, its rules and what is asked about many of them."""\n\n'
    code += "from dataclasses import dataclass\n\n" + "\n\n\n".join(part.code.strip("\n") for part in parts) + "\n"
    names = sorted({name for part in parts for name in part.defines})
    samples = ",\n    ".join(sample(shape, rng, number) for number in range(101, 101 + rng.randint(5, 9)))
    head = f"from {dotted} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n\n"
    head += f"{shape.many.upper()} = [\n    {samples},\n]\n\n\n"
    return code, head + "\n\n\n".join(part.test.strip("\n") for part in parts) + "\n"


def record(shape: Shape, rng: random.Random) -> Part:
    lines = [f"@dataclass\nclass {shape.kind}:", f'    """One {shape.one}; `day` counts from the start of the year."""', ""]
    kinds = {"number": "int", "owner": "str", "day": "int", shape.flag: "bool"}
    kinds |= dict.fromkeys(shape.choices, "str") | dict.fromkeys(shape.numbers, "int")
    lines += [f"    {name}: {kinds[name]}" for name in shape.fields]
    lines += ["", "    def problems(self):", '        """What is wrong with the record, as short texts."""', "        found = []"]
    lines += ["        if not self.owner.strip():", '            found.append("owner is empty")']
    for name, (low, high) in shape.numbers.items():
        if rng.random() < 0.5:
            lines += [f"        if not {low} <= self.{name} <= {high}:", f'            found.append("{name} is out of range")']
        else:
            lines += [f"        if self.{name} < {low}:", f'            found.append("{name} is too small")']
            lines += [f"        elif self.{name} > {high}:", f'            found.append("{name} is too large")']
    for name in shape.choices:
        lines += [f"        if self.{name} not in {name.upper()}_NAMES:", f'            found.append("unknown {name}")']
    lines += ["        if self.day < 1 or self.day > 366:", '            found.append("day is not in the year")', "        return found"]
    constants = "\n".join(f"{name.upper()}_NAMES = {options!r}".replace("'", '"') for name, options in shape.choices.items())
    bad = [str(high + 1) if rng.random() < 0.6 else str(low - 1) for low, high in shape.numbers.values()]
    edge = [str(rng.choice(limits)) for limits in shape.numbers.values()]
    first = [repr(options[0]) for options in shape.choices.values()]
    test = f"def test_{shape.one}_problems():\n"
    test += f"    expect({shape.many.upper()}[0].problems())\n"
    test += f"    expect({shape.kind}(1, ' ', 'nowhere', {first[1]}, {', '.join(bad)}, True, 0).problems())\n"
    test += f"    expect({shape.kind}(2, 'Ada', {', '.join(first)}, {', '.join(edge)}, False, 366).problems())\n"
    return Part(constants + "\n\n\n" + "\n".join(lines), test, (shape.kind,))
