"""Counters of a run on Ray, for its Prometheus endpoint and `infra/grafana.json`: rows, rejections by reason, tokens, bytes.

They count what this driver has seen committed; the published numbers are those of the version's summary.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from factory.ledger import Commit


@cache
def _counters() -> dict[str, Any]:
    from ray.util.metrics import Counter

    return {
        "rows": Counter("factory_rows", "Rows that left a stage kept", ("stage", "domain")),
        "rejections": Counter("factory_rejections", "Rows that left the line, by reason", ("stage", "domain", "reason")),
        "tokens": Counter("factory_prompt_tokens", "Prompt tokens of examples", ("domain",)),
        "bytes": Counter("factory_part_bytes", "Bytes of parts written", ("stage", "kind")),
        "tasks": Counter("factory_tasks", "Tasks that ended", ("stage",)),
    }


def count(commit: Commit) -> None:
    """Add a receipt to the counters; without a connection to Ray nothing happens."""
    import ray

    if not isinstance(commit, Commit) or not ray.is_initialized():
        return
    counters, stage = _counters(), commit.stage
    counters["tasks"].inc(1, {"stage": stage})
    for part in commit.parts:
        counters["bytes"].inc(part.bytes, {"stage": stage, "kind": part.kind}) if part.bytes else None
    for row in (row for item in commit.objects for row in item.rows if row.domain or row.reason):
        _kept_or_not(counters, stage, row.domain, row.reason)
        if row.prompt_tokens:
            counters["tokens"].inc(row.prompt_tokens, {"domain": row.domain})
    for unit in commit.units:
        _kept_or_not(counters, unit.stage or stage, unit.domain, unit.reason)


def _kept_or_not(counters: dict[str, Any], stage: str, domain: str, reason: str) -> None:
    name, tags = ("rejections", {"reason": reason}) if reason else ("rows", {})
    counters[name].inc(1, {"stage": stage, "domain": domain or "unknown", **tags})
