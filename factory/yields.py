"""What a teacher behind engines brought: attempts, pass rates by domain and length, and what an accepted sample cost.

Read from small columns of the parts that a version stands on; printed beside the rates that the paper reports.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from factory import ledger, parts
from factory.ledger import Commit, RowRecord, UnitRecord
from factory.stages.generate import PAPER_PASS_RATES
from factory.stages.refusals import ASK_AGAIN, OVER_KV, TOO_LONG

BIN_TOKENS = 16_384


def summarize(
    root: str,
    teacher: str,
    scope: dict[str, str],
    rows: Iterable[RowRecord],
    attempts: Mapping[str, list[str]],
    commits: Mapping[str, list[Commit]],
    finished: Mapping[str, UnitRecord],
    short: Container[str],
) -> dict[str, Any]:
    """`attempts`: unit of an example -> trace units that the recipe allows; `finished`: -> what became of it;
    `short`: units of examples of which the next run asks for more."""
    traced = {unit.unit: unit for commit in commits["trace"] for unit in commit.units}
    examples = {row.unit: row for row in rows if row.ask}
    wanted = {unit: example for example in examples for unit in attempts[example]}
    domains: dict[str, dict[str, Any]] = {}
    for example, row in examples.items():
        counts = domains.setdefault(row.domain, _empty(row.domain))
        counts["accepted"] += finished[example].rows
        counts["refused"] += sum(unit in traced and not traced[unit].rows for unit in attempts[example])
        counts["refused"] += finished[example].stage == "trace" and finished[example].reason in (TOO_LONG, OVER_KV)
    for trace in _rows(root, commits["trace"], "traces", wanted, ("unit", "prompt_tokens", "completion_tokens")):
        counts = domains[examples[wanted[trace["unit"]]].domain]
        counts["prompt_tokens"] += trace["prompt_tokens"]
        counts["completion_tokens"] += trace["completion_tokens"]
    judged = {unit.unit for unit in finished.values()}
    for verdict in _rows(root, commits["verify"], "verdicts", judged, ("example_unit", "outcome", "marks")):
        _count(domains, examples[verdict["example_unit"]], verdict)
    for counts in domains.values():
        shares = counts.pop("shares")
        counts["grounded"] = round(sum(shares) / len(shares) / 100, 3) if shares else None
    again = sum(example in short and f"{unit}/{ASK_AGAIN}" in traced and unit not in traced for unit, example in wanted.items())
    seconds = sum(commit.engine_seconds for commit in commits["trace"] if commit.scope == scope)
    return {"teacher": teacher, "ask_again": again, "engine_seconds": round(seconds, 1), "domains": {name: domains[name] for name in sorted(domains)}}


def _empty(domain: str) -> dict[str, Any]:
    zero = dict.fromkeys(("attempts", "passed", "refused", "accepted", "prompt_tokens", "completion_tokens", "early_answers"), 0)
    return {**zero, "paper_pass_rate": PAPER_PASS_RATES[domain], "shares": [], "bins": {}}


def _count(domains: dict[str, dict[str, Any]], example: RowRecord, verdict: dict[str, Any]) -> None:
    counts, passed = domains[example.domain], verdict["outcome"] == "accept"
    start = example.prompt_tokens // BIN_TOKENS * 16
    bin_ = counts["bins"].setdefault(f"{start}k-{start + 16}k", {"attempts": 0, "passed": 0})
    for into in (counts, bin_):
        into["attempts"] += 1
        into["passed"] += passed
    if passed:
        counts["early_answers"] += "early_answer" in verdict["marks"]
        counts["shares"] += [int(mark.removeprefix("grounded:")) for mark in verdict["marks"] if mark.startswith("grounded:")]


def _rows(root: str, commits: list[Commit], kind: str, units: Iterable[str], columns: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    """Rows of `units`, each unit taken from one part only."""
    homes = ledger.homes(commits, kind)
    mine = {unit: homes[unit] for unit in units if unit in homes}
    for part in {part.path: part for part in mine.values()}.values():
        with parts.opened(root, part.path) as file:
            found = file.read(columns=list(columns)).to_pylist()
        yield from (row for unit, row in zip(part.units, found) if unit in mine and mine[unit].path == part.path)


def table(found: dict[str, Any]) -> list[str]:
    """The summary as lines of text."""
    lines = [f"teacher {found['teacher']}: {found['engine_seconds']:,.0f} engine-seconds"]
    lines.append(f"{'':12}{'attempts':>9}{'passed':>8}{'rate':>7}{'paper':>7}{'refused':>9}   per accepted: {'tokens in':>10}{'tokens out':>11}   {'early':>6}{'grounded':>9}")
    for domain, counts in found["domains"].items():
        accepted = counts["accepted"] or 1
        early = f"{counts['early_answers'] / counts['passed']:.0%}" if counts["passed"] else "-"
        grounded = f"{counts['grounded']:.0%}" if counts["grounded"] is not None else "-"
        lines.append(
            f"{domain:12}{counts['attempts']:9,}{counts['passed']:8,}{_rate(counts):>7}{counts['paper_pass_rate']:7.0%}{counts['refused']:9,}"
            f"   {'':13} {counts['prompt_tokens'] // accepted:10,}{counts['completion_tokens'] // accepted:11,}   {early:>6}{grounded:>9}"
        )
        for name in sorted(counts["bins"], key=lambda name: int(name.partition("k")[0])):
            bin_ = counts["bins"][name]
            lines.append(f"{name:>12}{bin_['attempts']:9,}{bin_['passed']:8,}{_rate(bin_):>7}")
    total = sum(counts["accepted"] for counts in found["domains"].values())
    if total:
        lines.append(f"{found['engine_seconds'] / total:,.1f} engine-seconds for each accepted sample")
    if found["ask_again"]:
        lines.append(f"{found['ask_again']:,} attempts failed at the endpoint; the next run asks them again")
    return lines


def _rate(counts: dict[str, Any]) -> str:
    return f"{counts['passed'] / counts['attempts']:.0%}" if counts["attempts"] else "-"
