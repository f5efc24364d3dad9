"""Refusals of prompts and attempts: under which name each is remembered, and how long it stands.

An attempt that was made is remembered under its unit for good. A refusal that may not last has a name of its own, so
that the attempt stays to be made: one of an endpoint until the next run, one of `context_tokens` or of the room that an
engine has until these change. A bigger GPU under the same placement is not seen without an engine: `--verify` asks.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from factory.recipe import Placement, Recipe
from factory.records import canonical_json, digest

ASK_AGAIN = "endpoint_failed"
"""The reason that speaks of the endpoint and not of the request: the next run asks again."""
TOO_LONG = "prompt_too_long"
"""The reason that holds for one `context_tokens` only; without any, for engines that are placed alike only."""
OVER_KV = "over_kv_cache"
"""The reason that holds for engines that are placed alike only."""
ABOUT_ATTEMPT = ("content_filter", ASK_AGAIN)
"""Reasons that another attempt at the same prompt may not meet."""


def kv_key(placement: Placement) -> str:
    """What an engine has room for follows from, as far as it is known without an engine."""
    size = (placement.endpoints, placement.kv_tokens, placement.tensor_parallel, placement.pipeline_parallel, placement.device, placement.engine)
    return digest("kv cache", canonical_json(size))[:12]


def refused_unit(recipe: Recipe, placement: Placement, unit: str, reason: str) -> str:
    """Under which name a refusal is remembered."""
    if reason == TOO_LONG:
        return f"{unit}/{reason}/{recipe.teacher.context_tokens or kv_key(placement)}"
    if reason == OVER_KV:
        return f"{unit}/{reason}/{kv_key(placement)}"
    return f"{unit}/{reason}" if reason == ASK_AGAIN else unit


def standing(recipe: Recipe, placement: Placement, units: Sequence[str], made: Container[str]) -> tuple[str, ...]:
    """Those of an example's attempts that were made, and where there is none the refusals that stand; `made` holds the
    names of everything that was done."""
    known = tuple(unit for unit in units if unit in made)
    return known or tuple(name for unit in units for reason in (TOO_LONG, OVER_KV, ASK_AGAIN) if (name := refused_unit(recipe, placement, unit, reason)) in made)


def is_decided(recipe: Recipe, placement: Placement, units: Sequence[str], made: Mapping[str, str]) -> bool:
    """Whether no attempt of an example is left to be made. `made`: name -> the reason of a refusal, "" of an attempt."""
    known = [unit for unit in units if unit in made]
    too_large = any(refused_unit(recipe, placement, unit, reason) in made for unit in units for reason in (TOO_LONG, OVER_KV))
    return too_large or len(known) == len(units) or any(made[unit] and made[unit] not in ABOUT_ATTEMPT for unit in known)
