"""What came out of packing: the lengths that were reached, and whether gold stands anywhere with equal chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from factory.packing import BIN_TOKENS, Lots
from factory.records import Piece


class Placed(Protocol):
    """An example, or a row of examples as far as this report needs it."""

    pair_id: str
    domain: str
    prompt_tokens: int
    pieces: Sequence[Piece]


class PositionReport(NamedTuple):
    histogram: dict[str, dict[int, int]]
    """Domain -> lower edge of a 2,000-token bin -> prompts in it."""
    gold_tenths: tuple[int, ...]
    """Gold pieces by the tenth of the context's pieces in which they stand, all of them."""
    num_tested: int
    """Examples with two pieces or more: one gold piece of each is tested."""
    deviation: float
    """Largest distance between the positions' distribution and the uniform one (Kolmogorov-Smirnov)."""
    p_value: float
    """Chance of such a distance or a larger one under uniform order; below 0.001 something is wrong."""


def position_report(examples: Iterable[Placed]) -> PositionReport:
    """Histogram of lengths, and a test that gold is uniform over the places of its context.

    The test takes one gold piece of each example, chosen by lot without regard to its place, because pieces of one
    example exclude each other. Its place i of n becomes a number drawn from [i/n, (i+1)/n), which under a uniform
    permutation is uniform over [0, 1) whatever n is."""
    histogram: dict[str, dict[int, int]] = {}
    tenths = [0] * 10
    positions: list[float] = []
    for example in examples:
        bins = histogram.setdefault(example.domain, {})
        edge = example.prompt_tokens // BIN_TOKENS * BIN_TOKENS
        bins[edge] = bins.get(edge, 0) + 1
        lots, count = Lots(example.pair_id, 0, "report"), len(example.pieces)
        gold = [(lots.draw(piece.kind, piece.name), place) for place, piece in enumerate(example.pieces) if piece.role == "gold"]
        for _, place in gold:
            tenths[int((place + 0.5) / count * 10)] += 1
        if count > 1 and gold:
            lot, place = min(gold)
            positions.append((place + int.from_bytes(lot[8:16]) / 2**64) / count)
    deviation = _deviation(sorted(positions))
    ordered = {domain: dict(sorted(bins.items())) for domain, bins in sorted(histogram.items())}
    return PositionReport(ordered, tuple(tenths), len(positions), deviation, _p_value(deviation, len(positions)))


def _deviation(ordered: list[float]) -> float:
    count = len(ordered)
    return max((max((i + 1) / count - x, x - i / count) for i, x in enumerate(ordered)), default=0.0)


def _p_value(deviation: float, count: int) -> float:
    """Kolmogorov's series with Stephens' correction for small counts."""
    root = math.sqrt(count)
    scaled = (root + 0.12 + 0.11 / root) * deviation if count else 0.0
    if scaled < 0.3:
        return 1.0
    return min(1.0, max(0.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))))
