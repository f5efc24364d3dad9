"""The report on lengths and on where gold stands."""

from __future__ import annotations

from typing import NamedTuple

from factory import tokens
from factory.packing import pack
from factory.positions import position_report
from factory.qwen_vocabulary import PACKAGED
from factory.recipe import Packing
from factory.records import Evidence, Piece

TOKENIZER = tokens.load(PACKAGED)


class Row(NamedTuple):
    pair_id: str
    domain: str
    prompt_tokens: int
    pieces: tuple[Piece, ...]


def packed_rows(count: int) -> list[Row]:
    rows = []
    for i in range(count):
        roles = ["gold"] * (1 + i % 3) + ["tier1"] * (i % 5) + ["tier2"] * (i % 4)
        evidence = [Evidence(role=role, kind="page", name=f"https://x.org/{j}", text=f"text {j}") for j, role in enumerate(roles)]
        packed = pack("?", "search", evidence, TOKENIZER, Packing(min_context_tokens=0), f"pair{i}")
        rows.append(Row(f"pair{i}", "search", packed.prompt_tokens, packed.pieces))
    return rows


def test_gold_of_packed_examples_is_uniform_over_the_places():
    rows = packed_rows(600)
    report = position_report(rows)
    assert report.p_value > 0.01 and report.deviation < 0.08
    assert report.num_tested == sum(len(row.pieces) > 1 for row in rows)
    assert sum(report.gold_tenths) == sum(1 + i % 3 for i in range(600))


def test_gold_that_stands_first_a_little_too_often_is_seen():
    def gold_first(row: Row) -> Row:
        return row._replace(pieces=tuple(sorted(row.pieces, key=lambda piece: piece.role != "gold")))

    rows = packed_rows(600)
    biased = [gold_first(row) if i % 4 == 0 else row for i, row in enumerate(rows)]
    assert position_report(biased).p_value < 0.01
    assert position_report(map(gold_first, rows)).p_value < 1e-9


def test_lengths_are_counted_in_bins_by_domain():
    rows = [Row("a", "sql", length, ()) for length in (1_999, 2_000, 3_999, 4_000)] + [Row("b", "swe", 131_071, ())]
    assert position_report(rows).histogram == {"sql": {0: 1, 2_000: 2, 4_000: 1}, "swe": {130_000: 1}}
    assert position_report([]).p_value == 1.0
