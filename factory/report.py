"""An HTML page to look at: what a version holds, how long its prompts are, where gold stands, why rows left."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any, NamedTuple

from factory import parts, positions, publish, schemas
from factory.errors import REASONS
from factory.records import Piece

COLUMNS = ("id", "pair_id", "domain", "prompt_tokens", "pieces")

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem } td, th { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child, td.text { text-align: left } h2 { margin-top: 2.5rem } svg { max-width: 100%; height: auto }
.bar { fill: #33658a } .axis { font-size: 11px; fill: #555 } .note { color: #555 }
"""


class Placed(NamedTuple):
    pair_id: str
    domain: str
    prompt_tokens: int
    pieces: tuple[Piece, ...]


def placed(root: str, version: publish.Version) -> Iterator[Placed]:
    """The published rows, as far as their shape goes; one row of each example."""
    seen: set[str] = set()
    for file in version.files:
        for row in parts.read_rows(root, file.path, COLUMNS):
            if row["pair_id"] not in seen:
                seen.add(row["pair_id"])
                yield Placed(row["pair_id"], row["domain"], row["prompt_tokens"], tuple(map(schemas.piece_of, row["pieces"])))


def page(root: str, version: publish.Version) -> str:
    """The whole page; it needs no other file."""
    found = positions.position_report(placed(root, version))
    body = [f"<h1>{html.escape(str(version.recipe.get('name', 'dataset')))}, version {version.version}</h1>"]
    body.append(f'<p class="note">{html.escape(root)}, published {html.escape(version.created)}</p>')
    body += ["<h2>What came out</h2>", _counts(version), "<h2>Length of prompts</h2>"]
    for domain, bins in found.histogram.items():
        body += [f"<h3>{domain}</h3>", _bars({f"{edge // 1000}k": count for edge, count in _filled(bins)}, "prompts by thousands of tokens")]
    body.append("<h2>Where gold stands</h2>")
    body.append(_bars({f"{tenth * 10}%": count for tenth, count in enumerate(found.gold_tenths)}, "gold pieces by tenth of the context"))
    verdict = "uniform" if found.p_value >= 0.001 else "NOT uniform"
    body.append(f"<p>One gold piece of each of {found.num_tested:,} examples: {verdict} (Kolmogorov-Smirnov distance {found.deviation:.3f}, p = {found.p_value:.3f}).</p>")
    body += ["<h2>Why rows left the line</h2>", _rejections(version)]
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>dataset</title><style>{STYLE}</style><body>{"".join(body)}</body></html>'


def _filled(bins: dict[int, int]) -> list[tuple[int, int]]:
    edges = range(0, max(bins) + positions.BIN_TOKENS, positions.BIN_TOKENS)
    return [(edge, bins.get(edge, 0)) for edge in edges]


def _counts(version: publish.Version) -> str:
    lines = ["<tr><th>domain</th><th>read</th><th>accepted</th><th>rows</th><th>rejected</th><th>prompt tokens</th><th>reply tokens</th></tr>"]
    for domain, counts in version.summary["domains"].items():
        tokens = version.summary["tokens"].get(domain, {"prompt": 0, "completion": 0})
        figures = (counts["read"], counts["accepted"], counts["rows"], sum(counts["rejected"].values()), tokens["prompt"], tokens["completion"])
        lines.append(f"<tr><td>{domain}</td>{''.join(f'<td>{figure:,}</td>' for figure in figures)}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _rejections(version: publish.Version) -> str:
    lines = ["<tr><th>domain</th><th>stage and reason</th><th>rows</th><th></th></tr>"]
    for domain, counts in version.summary["domains"].items():
        for name, count in counts["rejected"].items():
            meaning = REASONS.get(name.rpartition("/")[2], "")
            lines.append(f'<tr><td>{domain}</td><td class="text">{html.escape(name)}</td><td>{count:,}</td><td class="text">{html.escape(meaning)}</td></tr>')
    return f"<table>{''.join(lines)}</table>"


def _bars(values: dict[str, int], title: str) -> str:
    """A bar chart as inline SVG; every bar tells its value when pointed at."""
    width, height, top = 720, 150, max(values.values(), default=0) or 1
    step = width / max(1, len(values))
    bars: list[Any] = [f'<svg viewBox="0 -16 {width} {height + 38}" role="img" aria-label="{html.escape(title)}">']
    every = max(1, len(values) // 12)
    for number, (name, count) in enumerate(values.items()):
        tall = count / top * height
        bars.append(f'<rect class="bar" x="{number * step + 1:.1f}" y="{height - tall:.1f}" width="{max(1.0, step - 2):.1f}" height="{tall:.1f}"><title>{name}: {count:,}</title></rect>')
        if number % every == 0:
            bars.append(f'<text class="axis" x="{number * step + 1:.1f}" y="{height + 14}">{name}</text>')
    return "".join([*bars, f'<text class="axis" x="0" y="-4">{top:,}</text>', "</svg>", f'<p class="note">{html.escape(title)}</p>'])
