"""Schemas of the SQL world: tables, how their columns are filled, and what one can ask about them.

Values are varied on purpose: NULLs, reals, dates as text, text with commas, quotes and letters of many scripts.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

Make = Callable[[random.Random, dict[str, int]], Any]
"""Makes a value; the dict holds the number of rows of the tables made so far, for references."""


class Table(NamedTuple):
    name: str
    weight: float
    """Rows for one row of the database's largest table; ids run from 1."""
    columns: dict[str, tuple[str, Make]]
    """name -> (SQL type, values); `id INTEGER PRIMARY KEY` comes first by itself."""


class Star(NamedTuple):
    """A table of facts beside a table that it points to: what the question templates are filled with."""

    fact: str
    facts: str
    """Plural in a question: `orders`."""
    measure: str
    measured: str
    """In a question: `shipping cost`."""
    day: str
    """Date column of the facts; "" where there is none."""
    key: str
    """Column of the facts that points to `dim`."""
    dim: str
    dims: str
    label: str
    categories: tuple[str, ...]
    """Columns of `dim` to group by."""
    outer: tuple[str, str, str, str] | None = None
    """(column of `dim`, table, label, plural): one join further."""


class Schema(NamedTuple):
    most_rows: int
    """Rows of the largest table at which a star still fits into 100,000 tokens."""
    tables: tuple[Table, ...]
    stars: tuple[Star, ...]


FIRST = ("Ana", "Björn", "Chiara", "Dévi", "Émile", "Fatma", "Grzegorz", "Hana", "İlker", "Jörg", "Katarína", "Liam", "Mei", "Nuño", "Olga", "Päivi", "Quỳnh", "Rosa", "Søren", "Théo", "Uma", "Vít", "Wen", "Xenia", "Yusuf", "Zoë")  # fmt: skip
LAST = ("O'Brien", "Müller", "Łuczak", "de la Cruz", "Nguyễn", "Smith-Jones", "Öztürk", "Ångström", "D'Amico", "García", "Петрова", "Kowalski", "van Dijk", "Čapek", "Ibáñez", "Sørensen", "李", "Papadopoulos", "Haddad", "Mbeki", "Okafor", "Tanaka", "Virtanen", "Weiß")  # fmt: skip
CITIES = ("Köln", "São Paulo", "Zürich", "Łódź", "Malmö", "Reykjavík", "Kraków", "Oslo", "Lyon", "Bath", "Coimbra", "St. John's", "Győr", "Tromsø")  # fmt: skip
NOUNS = ("Lantern", "Kettle", "Compass", "Harbour", "Orchard", "Violin", "Glacier", "Ledger", "Meadow", "Thimble", "Beacon", "Canyon", "Ribbon", "Anchor", "Falcon", "Saddle")  # fmt: skip
MOODS = ("Silent", "Crooked", "Amber", "Second", "Hollow", "Northern", "Paper", "Wild", "Late", "Double", "Small, Red", "So-called \"New\"", "Winter's")  # fmt: skip
REMARKS = ("", "as agreed", "late, but complete", "see file 12/b", "customer said: \"fine\"", "naïve estimate", "50% off", "replaces the earlier one; do not count", "über Nacht", "first time", "it's a gift", "checked twice")  # fmt: skip
FIRST_DAY = (2019, 2023)


def person(rng: random.Random, _: dict[str, int]) -> str:
    return f"{rng.choice(LAST)}, {rng.choice(FIRST)}" if rng.random() < 0.3 else f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def thing(rng: random.Random, _: dict[str, int]) -> str:
    return f"{rng.choice(MOODS)} {rng.choice(NOUNS)}{rng.choice(('', '', ' II', ' & Co.', ' (revised)', ' – ' + rng.choice(NOUNS)))}"


def remark(rng: random.Random, _: dict[str, int]) -> str:
    words = [rng.choice(REMARKS) for _ in range(rng.choice((1, 1, 1, 2, 4)))]
    return "; ".join(word for word in words if word)


def pick(*values: Any) -> Make:
    return lambda rng, _: rng.choice(values)


def integer(low: int, high: int) -> Make:
    return lambda rng, _: rng.randint(low, high)


def real(low: float, high: float, digits: int = 2) -> Make:
    return lambda rng, _: round(rng.uniform(low, high), digits)


def day(rng: random.Random, _: dict[str, int]) -> str:
    return f"{rng.randint(*FIRST_DAY)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def maybe(chance: float, make: Make) -> Make:
    """NULL with probability `chance`."""
    return lambda rng, counts: None if rng.random() < chance else make(rng, counts)


def to(table: str) -> Make:
    """An id of `table`; low ids are the busy ones, so that totals differ."""
    return lambda rng, counts: 1 + int(counts[table] * rng.random() ** 1.6)


city = pick(*CITIES)

SCHEMAS: dict[str, Schema] = {
    "shop": Schema(
        3_700,
        (
            Table("suppliers", 0.03, {"name": ("TEXT", thing), "country": ("TEXT", pick("PL", "DE", "PT", "NO", "CH")), "since": ("TEXT", day)}),
            Table("products", 0.12, {"title": ("TEXT", thing), "category": ("TEXT", pick("garden", "office", "kitchen", "toys & games", "books")), "price": ("REAL", real(2, 400)), "weight_kg": ("REAL", maybe(0.2, real(0.05, 30, 3))), "supplier_id": ("INTEGER", to("suppliers"))}),
            Table("customers", 0.2, {"name": ("TEXT", person), "city": ("TEXT", city), "segment": ("TEXT", maybe(0.15, pick("private", "business", "public sector"))), "joined": ("TEXT", day), "credit": ("REAL", maybe(0.3, real(0, 5000)))}),
            Table("orders", 0.6, {"customer_id": ("INTEGER", to("customers")), "placed": ("TEXT", day), "status": ("TEXT", pick("paid", "open", "returned", "cancelled")), "shipping": ("REAL", real(0, 60)), "note": ("TEXT", maybe(0.6, remark))}),
            Table("order_items", 1.0, {"order_id": ("INTEGER", to("orders")), "product_id": ("INTEGER", to("products")), "quantity": ("INTEGER", integer(1, 24)), "unit_price": ("REAL", real(2, 400))}),
            Table("reviews", 0.25, {"product_id": ("INTEGER", to("products")), "customer_id": ("INTEGER", to("customers")), "stars": ("INTEGER", integer(1, 5)), "written": ("TEXT", day), "comment": ("TEXT", maybe(0.4, remark))}),
        ),
        (
            Star("orders", "orders", "shipping", "shipping cost", "placed", "customer_id", "customers", "customers", "name", ("city", "segment")),
            Star("order_items", "order lines", "quantity", "quantity", "", "product_id", "products", "products", "title", ("category",), ("supplier_id", "suppliers", "name", "suppliers")),
            Star("reviews", "reviews", "stars", "number of stars", "written", "product_id", "products", "products", "title", ("category",), ("supplier_id", "suppliers", "name", "suppliers")),
            Star("reviews", "reviews", "stars", "number of stars", "written", "customer_id", "customers", "customers", "name", ("city", "segment")),
        ),
    ),
    "hospital": Schema(
        3_300,
        (
            Table("wards", 0.02, {"name": ("TEXT", thing), "floor": ("INTEGER", integer(0, 6)), "beds": ("INTEGER", integer(6, 40))}),
            Table("doctors", 0.06, {"name": ("TEXT", person), "specialty": ("TEXT", pick("surgery", "cardiology", "neurology", "ear, nose & throat", "paediatrics")), "ward_id": ("INTEGER", to("wards")), "hired": ("TEXT", day)}),
            Table("patients", 0.4, {"name": ("TEXT", person), "born": ("TEXT", day), "blood": ("TEXT", maybe(0.2, pick("A", "B", "AB", "0"))), "city": ("TEXT", city)}),
            Table("admissions", 0.7, {"patient_id": ("INTEGER", to("patients")), "ward_id": ("INTEGER", to("wards")), "doctor_id": ("INTEGER", to("doctors")), "admitted": ("TEXT", day), "cost": ("REAL", maybe(0.05, real(80, 9000))), "discharge_note": ("TEXT", maybe(0.5, remark))}),
            Table("treatments", 1.0, {"admission_id": ("INTEGER", to("admissions")), "kind": ("TEXT", pick("X-ray", "infusion", "physiotherapy", "blood test")), "minutes": ("INTEGER", integer(5, 180)), "price": ("REAL", real(10, 900))}),
        ),
        (
            Star("admissions", "admissions", "cost", "cost", "admitted", "doctor_id", "doctors", "doctors", "name", ("specialty",), ("ward_id", "wards", "name", "wards of the doctors")),
            Star("admissions", "admissions", "cost", "cost", "admitted", "ward_id", "wards", "wards", "name", ("floor",)),
            Star("admissions", "admissions", "cost", "cost", "admitted", "patient_id", "patients", "patients", "name", ("city", "blood")),
        ),
    ),
    "library": Schema(
        2_000,
        (
            Table("branches", 0.02, {"name": ("TEXT", thing), "city": ("TEXT", city), "opened": ("TEXT", day)}),
            Table("authors", 0.1, {"name": ("TEXT", person), "country": ("TEXT", maybe(0.1, pick("Brazil", "Iceland", "Côte d'Ivoire", "Japan", "Poland"))), "born": ("INTEGER", maybe(0.15, integer(1890, 1995)))}),
            Table("books", 0.3, {"title": ("TEXT", thing), "author_id": ("INTEGER", to("authors")), "genre": ("TEXT", pick("crime", "poetry", "essays", "travel", "science")), "pages": ("INTEGER", integer(60, 900)), "year": ("INTEGER", integer(1950, 2023))}),
            Table("members", 0.25, {"name": ("TEXT", person), "branch_id": ("INTEGER", to("branches")), "joined": ("TEXT", day), "kind": ("TEXT", maybe(0.1, pick("adult", "student", "child")))}),
            Table("loans", 1.0, {"book_id": ("INTEGER", to("books")), "member_id": ("INTEGER", to("members")), "lent": ("TEXT", day), "returned": ("TEXT", maybe(0.1, day)), "fine": ("REAL", maybe(0.3, real(0, 25)))}),
        ),
        (
            Star("loans", "loans", "fine", "fine", "lent", "book_id", "books", "books", "title", ("genre",), ("author_id", "authors", "name", "authors")),
            Star("loans", "loans", "fine", "fine", "lent", "member_id", "members", "members", "name", ("kind",), ("branch_id", "branches", "name", "branches")),
        ),
    ),
    "transport": Schema(
        2_800,
        (
            Table("lines", 0.02, {"name": ("TEXT", thing), "mode": ("TEXT", pick("bus", "tram", "ferry", "metro")), "opened": ("TEXT", day)}),
            Table("stations", 0.08, {"name": ("TEXT", thing), "city": ("TEXT", city), "zone": ("TEXT", maybe(0.1, pick("A", "B", "C")))}),
            Table("vehicles", 0.1, {"line_id": ("INTEGER", to("lines")), "model": ("TEXT", pick("Solaris U12", "Citadis 302", "Škoda 15T", "MF \"Nord\"")), "seats": ("INTEGER", integer(20, 320)), "plate": ("TEXT", lambda rng, _: f"{rng.choice(('KR', 'OS', 'ZH'))} {rng.randint(100, 999)}-{rng.choice('ABCDEFG')}{rng.randint(1, 99)}")}),
            Table("trips", 1.0, {"line_id": ("INTEGER", to("lines")), "from_station_id": ("INTEGER", to("stations")), "to_station_id": ("INTEGER", to("stations")), "day": ("TEXT", day), "passengers": ("INTEGER", integer(0, 240)), "delay_minutes": ("REAL", maybe(0.2, real(0, 45, 1)))}),
            Table("incidents", 0.2, {"vehicle_id": ("INTEGER", to("vehicles")), "day": ("TEXT", day), "kind": ("TEXT", pick("door", "brake", "software", "collision")), "cost": ("REAL", maybe(0.25, real(40, 20000))), "note": ("TEXT", maybe(0.4, remark))}),
        ),
        (
            Star("trips", "trips", "passengers", "number of passengers", "day", "line_id", "lines", "lines", "name", ("mode",)),
            Star("trips", "trips", "delay_minutes", "delay in minutes", "day", "from_station_id", "stations", "stations of departure", "name", ("city", "zone")),
            Star("incidents", "incidents", "cost", "cost", "day", "vehicle_id", "vehicles", "vehicles", "plate", ("model",), ("line_id", "lines", "name", "lines")),
        ),
    ),
    "school": Schema(
        2_800,
        (
            Table("teachers", 0.04, {"name": ("TEXT", person), "subject": ("TEXT", pick("history", "music", "physics", "languages", "arts & crafts")), "hired": ("TEXT", day)}),
            Table("classes", 0.03, {"name": ("TEXT", lambda rng, _: f"{rng.randint(5, 12)}{rng.choice('abcdef')}"), "teacher_id": ("INTEGER", to("teachers")), "room": ("TEXT", maybe(0.2, lambda rng, _: f"R-{rng.randint(1, 60):03d}"))}),
            Table("pupils", 0.25, {"name": ("TEXT", person), "class_id": ("INTEGER", to("classes")), "born": ("TEXT", day), "city": ("TEXT", maybe(0.05, city))}),
            Table("courses", 0.06, {"title": ("TEXT", thing), "teacher_id": ("INTEGER", to("teachers")), "level": ("TEXT", pick("basic", "advanced", "honours"))}),
            Table("marks", 1.0, {"pupil_id": ("INTEGER", to("pupils")), "course_id": ("INTEGER", to("courses")), "day": ("TEXT", day), "points": ("REAL", maybe(0.05, real(0, 100, 1)))}),
            Table("absences", 0.4, {"pupil_id": ("INTEGER", to("pupils")), "day": ("TEXT", day), "minutes": ("INTEGER", integer(10, 400)), "excuse": ("TEXT", maybe(0.5, remark))}),
        ),
        (
            Star("marks", "marks", "points", "number of points", "day", "pupil_id", "pupils", "pupils", "name", ("city",), ("class_id", "classes", "name", "classes")),
            Star("marks", "marks", "points", "number of points", "day", "course_id", "courses", "courses", "title", ("level",), ("teacher_id", "teachers", "name", "teachers")),
            Star("absences", "absences", "minutes", "minutes missed", "day", "pupil_id", "pupils", "pupils", "name", ("city",), ("class_id", "classes", "name", "classes")),
        ),
    ),
}  # fmt: skip
