"""What became of every object of a recipe: `python -m jobs.table RECIPE OUT [--index INDEX.jsonl]`.

Builds the dataset in this process (nothing new: reads it back) and prints one line per format and object: runs, examples
(what the compile stage kept, whatever the verifier says of the agent's own answer), and rejections by reason. With an
index (JSONL of {file, ...}, one line a run) the number of runs that it names stands beside.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

from factory import parts, publish, recipe, run, storage
from factory.cli import guarded
from factory.errors import FactoryError
from factory.inputs import located


def rows(out: str) -> dict[tuple[str, str], Counter[str]]:
    """(format, object) -> reason -> runs; examples stand under ""."""
    version = publish.current(out)
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    examples = set()
    for file in version.files if version else ():
        for row in parts.read_rows(out, file.path, ["example_unit", "source_format", "source_uri"]):
            if row["example_unit"] not in examples:
                examples.add(row["example_unit"])
                table[row["source_format"], row["source_uri"]][""] += 1
    for file in version.rejections if version else ():
        for row in parts.read_rows(out, file.path, ["stage", "reason", "source_format", "source_uri"]):
            compiled = row["stage"] != "compile"
            table[row["source_format"] or "-", row["source_uri"]]["" if compiled else row["reason"]] += 1
    return table


def indexed(index: Path) -> Counter[str]:
    """File -> runs that an index names."""
    try:
        return Counter(json.loads(line)["file"] for line in storage.read(str(index)).splitlines())
    except (ValueError, KeyError, TypeError):
        raise FactoryError(f"`--index {index}`: give JSONL of {{file, ...}}, one line a run") from None


def printed(table: dict[tuple[str, str], Counter[str]], named: Counter[str]) -> list[str]:
    lines = [f"{'format':18} {'runs':>6} {'index':>6} {'examples':>9}  object, rejections by reason"]
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for (format, uri), counts in sorted(table.items()):
        listed = next((count for file, count in named.items() if uri.endswith(f"/{file}")), "")
        reasons = ", ".join(f"{reason} {count}" for reason, count in counts.most_common() if reason)
        lines.append(f"{format:18} {sum(counts.values()):6} {listed:>6} {counts['']:9}  {'/'.join(uri.split('/')[-3:])}  {reasons}")
        totals[format].update(counts)
    lines.append("")
    for format, counts in sorted(totals.items()):
        reasons = ", ".join(f"{reason} {count}" for reason, count in counts.most_common() if reason)
        lines.append(f"{format:18} {sum(counts.values()):6} {'':>6} {counts['']:9}  all  {reasons}")
    return lines


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("recipe")
    asked.add_argument("out")
    asked.add_argument("--index", type=Path)
    given = asked.parse_args()

    def table() -> int:
        named = indexed(given.index) if given.index else Counter()
        run.build(given.out, located(recipe.load(recipe.Recipe, given.recipe)), recipe.Placement(runner="inline"), lambda stage, done, total: None)
        print("\n".join(printed(rows(given.out), named)))
        return 0

    return guarded(table)


if __name__ == "__main__":
    raise SystemExit(main())
