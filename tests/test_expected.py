"""Runs of the worlds become what is known of them by construction, row by row; planted bugs do not go unseen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lines import build, differences, expected, recipe_for, write_world

from factory import packing
from factory.domains import search, sql, swe
from factory.recipe import Placement
from factory.records import DOMAINS, Evidence
from factory.verifiers import answer, patch, sql_result

NO_TESTS = {"swe_tests": "never"}
"""Wrong patches of the world differ from the verified one and fail its tests, so both ways reject them."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    for domain in DOMAINS:
        write_world(domain, 300, folder, seed=11)
    return folder


@pytest.mark.ray
def test_three_hundred_runs_a_domain_become_what_is_expected(world: Path, tmp_path: Path) -> None:
    import ray

    recipe = recipe_for(*(world / domain for domain in DOMAINS), verify=NO_TESTS)
    try:
        build(tmp_path, recipe, Placement(runner="ray", workers=2, shard_bytes=2 << 20))
    finally:
        ray.shutdown()
    for domain in DOMAINS:
        assert differences(tmp_path, expected(world, domain), domain) == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    for domain in DOMAINS:
        write_world(domain, 25, folder, seed=11)
    return folder


def with_evidence(module: Any, change: Callable[[list[Evidence]], list[Evidence]]) -> tuple[Any, str, Any]:
    collect = module.collect

    def changed(*arguments: Any) -> Any:
        found = collect(*arguments)
        return found._replace(evidence=change(found.evidence))

    return module, "collect", changed


def without_last_distractor(evidence: list[Evidence]) -> list[Evidence]:
    return evidence[:-1] if len(evidence) > 1 and evidence[-1].role != "gold" else evidence


def without_second_gold(evidence: list[Evidence]) -> list[Evidence]:
    gold = [piece for piece in evidence if piece.role == "gold"]
    return [piece for piece in evidence if len(gold) < 2 or piece is not gold[1]]


def accepting(module: Any) -> tuple[Any, str, Any]:
    verify = module.verify

    def changed(example: Any, text: str, settings: Any, side: Any) -> Any:
        if "foreign" in text or "Tordesillas" in text or "Hollar" in text:
            return verify(example, text, settings, side)
        return verify(example, text, settings, side).model_copy(update={"outcome": "accept"})

    return module, "verify", changed


def dropping_tier2() -> tuple[Any, str, Any]:
    pack = packing.pack

    def changed(question: str, domain: Any, evidence: Any, *rest: Any) -> Any:
        return pack(question, domain, [piece for piece in evidence if piece.role != "tier2"], *rest)

    return packing, "pack", changed


BUGS = {
    "search loses a distractor": ("search", lambda: with_evidence(search, without_last_distractor)),
    "sql loses a table": ("sql", lambda: with_evidence(sql, without_second_gold)),
    "swe loses an inspected file": ("swe", lambda: with_evidence(swe, without_last_distractor)),
    "packing forgets the second tier": ("search", dropping_tier2),
    "the judge of search answers accepts all": ("search", lambda: accepting(answer)),
    "the judge of patches accepts all": ("swe", lambda: accepting(patch)),
    "the judge of tables accepts all": ("sql", lambda: accepting(sql_result)),
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_without_a_bug_there_is_no_difference(domain: str, small: Path, tmp_path: Path) -> None:
    build(tmp_path, recipe_for(small / domain, verify=NO_TESTS))
    assert differences(tmp_path, expected(small, domain)) == []


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_breaks_the_comparison(bug: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    domain, plant = BUGS[bug]
    monkeypatch.setattr(*plant())
    build(tmp_path, recipe_for(small / domain, verify=NO_TESTS))
    assert differences(tmp_path, expected(small, domain))
