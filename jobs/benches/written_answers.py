"""Labelled answers to SQL questions and patches, written by hand (tests/data/sql, tests/data/patches)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from factory.cage.gold import run_gold
from factory.cage.sql import shared_cage
from factory.records import Environment
from jobs.benches import labelled_patches, labelled_sql

DATA = Path(__file__).parents[2] / "tests" / "data"


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name / "labelled.jsonl").read_text("utf-8").splitlines()]


def sql_answers(folder: Path) -> Iterator[labelled_sql.Answer]:
    """The databases are made anew in `folder`."""
    import duckdb

    places = {"shop": folder / "shop.sqlite", "lab": folder / "lab.duckdb"}
    for place in places.values():
        place.unlink(missing_ok=True)
    with sqlite3.connect(places["shop"]) as shop:
        shop.executescript((DATA / "sql" / "shop.sqlite.sql").read_text())
    shop.close()
    with duckdb.connect(str(places["lab"])) as lab:
        lab.execute((DATA / "sql" / "lab.duckdb.sql").read_text())
    for case in lines("sql"):
        place = places[case["database"]]
        dialect = place.suffix[1:]
        table = run_gold(shared_cage("source"), place, dialect, case["gold"]).table
        example = labelled_sql.example_of(table, case["question"], case["gold"], str(place))
        example = example.model_copy(update={"environment": Environment(database=str(place), dialect=dialect)})
        yield labelled_sql.Answer(example, case["answer"], case["right"], case["kind"], case["database"])


def patches() -> Iterator[labelled_patches.Answer]:
    files = json.loads((DATA / "patches" / "files.json").read_text("utf-8"))
    for case in lines("patches"):
        example = labelled_patches.example_of(files["base"], files["gold"][case["bug"]])
        yield labelled_patches.Answer(example, case["answer"], case["right"], case["kind"], case["bug"])
