"""What a build does that trusts nothing: find what is lost or damaged of the dataset, and forget it, so that it is made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from factory import ledger, parts, storage
from factory.errors import SettingsError
from factory.ledger import Commit, PartRecord, Stage
from factory.recipe import Recipe
from factory.stages.discarded import count_answers
from factory.stages.trace import is_pooled

Agree = Callable[[int], bool]
Say = Callable[[str], None]


def drop_damaged(root: str, recipe: Recipe, agree: Agree, say: Say) -> None:
    """Set commit records aside that cannot be read, so that what they held is done again; a model's answers only when that is agreed to."""
    found = ledger.damaged(root)
    for text in found.values():
        say(f"{text}; what they held is done again, and they go to `{root}/ledger/damaged`")
    if "trace" in found and is_pooled(recipe) and not agree(1):
        raise SettingsError(f"{found['trace']}, and answers of a model may stand in them alone. Put the files back, or add --yes to ask again for what is missing; nothing was changed")
    for stage in found:
        ledger.set_aside(root, stage)


def drop_lost(root: str, agree: Agree, say: Say) -> None:
    """Forget what lost and damaged part files held, so that it is done again; a model's answers only when that is agreed to."""
    commits = {stage: ledger.load(root, stage) for stage in ledger.STAGES}
    lost = lost_parts(root, commits)
    paths = [part.path for found in lost.values() for part in found]
    checked = len({part.path for found in commits.values() for commit in found for part in commit.parts})
    if not paths:
        if checked:
            say(f"all of {checked:,} part files hold what their names say")
        return
    held = ", ".join(f"{sum(part.rows for part in found):,} rows of {stage}" for stage, found in lost.items() if found)
    say(f"{len(paths):,} of {checked:,} part files are lost or damaged (`{paths[0]}`{', ...' if len(paths) > 1 else ''}); they held {held}")
    if (answers := count_answers(commits["trace"], lost["trace"])) and not agree(answers):
        raise SettingsError(
            f"{answers:,} answers of a model lay in part files that are lost or damaged (`{lost['trace'][0].path}`), and would be asked for again. "
            "Put the files back, or add --yes to go on; nothing was changed"
        )
    drop_parts(root, commits, lost)


def lost_parts(root: str, commits: Mapping[Stage, list[Commit]]) -> dict[Stage, list[PartRecord]]:
    """Parts that commit records name and that are gone, cut short or not what their name says, by stage."""
    sizes = {info.uri.removeprefix(f"{root.rstrip('/')}/"): info.size for folder in ("data", "parts") for info in storage.find(storage.join(root, folder))}
    named = {part.path: part.bytes for found in commits.values() for commit in found for part in commit.parts}
    paths = [path for path, size in named.items() if sizes.get(path) == size]
    with ThreadPoolExecutor(16 if storage.scheme(root) else 2) as pool:
        whole = {path for path, is_sound in zip(paths, pool.map(lambda path: parts.is_whole(root, path), paths)) if is_sound}
    return {stage: [part for commit in found for part in commit.parts if part.path not in whole] for stage, found in commits.items()}


def drop_parts(root: str, commits: Mapping[Stage, list[Commit]], lost: Mapping[Stage, list[PartRecord]]) -> None:
    """Forget parts and what only they held: such units are not done any more."""
    for stage, found in lost.items():
        paths, units = {part.path for part in found}, set().union(*ledger.gone(commits[stage], found).values())

        def without(commit: Commit, paths: set[str] = paths, units: set[str] = units) -> Commit:
            kept = {"parts": tuple(part for part in commit.parts if part.path not in paths), "units": tuple(unit for unit in commit.units if unit.unit not in units)}
            return commit.model_copy(update=kept)

        if paths:
            ledger.rewrite(root, stage, without)
