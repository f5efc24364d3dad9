"""What is refused before any work is done, because it cannot end well."""

from __future__ import annotations

import re

from factory import formats, storage
from factory.errors import SettingsError, StorageError
from factory.recipe import Input, Packing, Placement, Recipe
from factory.stages.trace import is_pooled, load_teacher

NAMES = {"report": ("folder", "task_id"), "database": ("folder", "task_id", "database"), "repository": ("folder", "task_id", "repository")}
"""What the templates of an input may name."""


def check_recipe(recipe: Recipe) -> None:
    """Refuse what would reject every row."""
    check_packing(recipe.compile.packing)
    check_inputs(recipe)


def check_packing(packing: Packing) -> None:
    if packing.target == "histogram" and not packing.histogram:
        raise SettingsError('`compile.packing.histogram` is empty: with target = "histogram" give {domain = {lower edge = weight}}')
    if packing.mined_pieces and not packing.pool:
        raise SettingsError(f"`compile.packing.mined_pieces` = {packing.mined_pieces} needs `pool`, the published dataset to mine")
    if packing.budget_tokens < max(packing.min_context_tokens, 1):
        raise SettingsError(
            f"`compile.packing`: sequence_tokens = {packing.sequence_tokens:,} less reserve_trace_tokens = {packing.reserve_trace_tokens:,} "
            f"leaves no room for a prompt of min_context_tokens = {packing.min_context_tokens:,}, so every row would be rejected; change one of them"
        )


def check_inputs(recipe: Recipe) -> None:
    """A format that does not exist, or a gold table: without it every row of an input would be rejected."""
    for i, source in enumerate(recipe.inputs):
        check_templates(f"inputs.{i}", source)
        if source.format != "auto":
            formats.load(source.format)
        for name in ("uri", "ids"):
            uri = getattr(source.gold, name) if source.gold else ""
            if uri and not storage.stat(uri):
                raise SettingsError(f"`inputs.{i}.gold.{name}` = `{uri}` does not exist, so every row of `{source.uri}` would be without its gold record")


def check_templates(place: str, source: Input) -> None:
    for field, known in NAMES.items():
        for name in re.findall(r"\{([^{}]*)\}", getattr(source, field)):
            if name not in known:
                raise SettingsError(f"`{place}.{field}`: `{{{name}}}` is no name that is filled in; known are {', '.join(f'{{{one}}}' for one in known)}")


def check_places(root: str, recipe: Recipe, placement: Placement) -> None:
    """Refuse a place that takes no files, a store on which two runs at once could lose a version, and a teacher out of reach."""
    storage.prepare(root)
    if not placement.single_writer and not storage.holds_conditions(root):
        raise StorageError(
            f"`{root}`: this store does not hold conditional writes (If-None-Match, If-Match), so two runs at once could lose a version; "
            "publish elsewhere, or set `single_writer = true` in the placement and run one at a time"
        )
    if is_pooled(recipe):
        load_teacher(recipe).starter(recipe.teacher, placement)  # starts nothing yet
