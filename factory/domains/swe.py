"""SWE evidence: gold is the files that the right patch touches, tier 1 the files that were opened and not patched.

With the repository at hand files are whole, at the base commit. Without it they are merged from the windows
that the run showed (factory/windows): text from before any edit, gaps marked. Either way the patch must apply
to the gold files exactly as they stand in the context.
"""

from __future__ import annotations

from collections.abc import Callable

from factory import patches, repositories, storage, vocabulary, windows
from factory.domains import Collected
from factory.errors import RowError
from factory.patches import Patch, PatchError, apply, parse, reverse
from factory.recipe import Compile
from factory.records import Evidence, GroundTruth, Trajectory
from factory.side import SideInputs, is_place
from factory.windows import Files

VERSION = f"1.{vocabulary.VERSION}.{windows.VERSION}.{patches.VERSION}"

MIN_TELLING_CHARACTERS = 40
"""A patch that adds less text than this is not recognised inside a distractor."""


def collect(trajectory: Trajectory, settings: Compile, side: SideInputs) -> Collected:
    """The gold files and distractors of a run. RowError where the patch and the run do not come together."""
    patch_text = _with_one_line_end(trajectory.ground_truth.text)
    if not patch_text.strip():
        raise RowError("no_ground_truth", "the run has no verified patch; write it as `gold_patch` beside the messages, join one with [inputs.gold], or say by `report` which runs passed their tests")
    if not any(step.tool for step in trajectory.steps):
        raise RowError("no_tool_call", f"{len(trajectory.steps)} steps without a call")
    try:
        patch = parse(patch_text)
    except PatchError as e:
        raise RowError("gold_fails", f"the patch cannot be read: {e.detail}") from None
    paths = list(dict.fromkeys(file.old_path for file in patch.files if file.old_path))
    if not paths:
        raise RowError("no_gold_evidence", "the patch only adds new files, so no file exists before it")
    files = windows.read(trajectory.steps, settings.vocabulary, paths, trajectory.final_answer)
    if not any(path in files.named for path in paths) and not _is_named(paths, trajectory):
        raise RowError("patch_not_of_run", f"`{paths[0]}` occurs nowhere in the run")
    met = {path: position for position, path in enumerate(files.texts)}
    paths.sort(key=lambda path: met.get(path, len(met)))
    environment = trajectory.environment
    inspected = [p for p in files.opened if p not in paths] if settings.swe.distractors == "inspected" else []
    dropped: dict[str, int] = {}
    if _is_at_hand(environment.repository) and environment.base_commit:
        texts = _at_commit(side, environment.repository, environment.base_commit, paths, inspected, dropped)
        whole = dict.fromkeys(texts, True)
    else:
        texts = {path: merged.text for path, merged in files.texts.items() if path in paths or path in inspected}
        whole = {path: files.texts[path].whole for path in texts}
        conflicts = sum(files.texts[path].num_conflicts for path in texts)
        if conflicts:
            dropped["window_conflict"] = conflicts
    _check_gold(paths, texts, patch)
    added = [text for text in _added(patch) if text.strip()]
    evidence = [_piece("gold", path, texts[path], whole[path], files) for path in paths]
    for path in inspected:
        if path not in texts:
            continue
        if _holds(texts[path], added):
            dropped["holds_answer"] = dropped.get("holds_answer", 0) + 1
            continue
        evidence.append(_piece("tier1", path, texts[path], whole[path], files))
    truth = trajectory.ground_truth.model_copy(update={"text": patch_text})
    return Collected(evidence, truth, dropped)


def holder(truth: GroundTruth) -> Callable[[str], bool]:
    """Whether a text holds all that the patch adds."""
    added = [text for text in _added(parse(truth.text)) if text.strip()]
    return lambda text: _holds(text, added)


def _with_one_line_end(patch: str) -> str:
    """A patch whose every line ends in CRLF, headers too, came through a terminal: its line ends are LF."""
    if "\r\n" in patch and patch.count("\r\n") == patch.count("\n"):
        return patch.replace("\r\n", "\n")
    return patch


def _is_at_hand(uri: str) -> bool:
    """Whether files can be read from the repository; a name or a web address only says where it was."""
    return is_place(uri) and storage.scheme(uri) in storage.SCHEMES


def _is_named(paths: list[str], trajectory: Trajectory) -> bool:
    """Whether a path of the patch stands in what the run called or saw."""
    for step in trajectory.steps:
        texts = [step.observation, *(value for value in step.arguments.values() if isinstance(value, str))]
        if any(path in text for path in paths for text in texts):
            return True
    return False


def _at_commit(
    side: SideInputs, uri: str, commit: str, gold: list[str], inspected: list[str], dropped: dict[str, int]
) -> dict[str, str]:
    """Whole texts of the files at the base commit; distractors that are not there or not text are left out."""
    found = repositories.read_files(side.path(uri), commit, [*gold, *inspected])
    texts: dict[str, str] = {}
    for path in [*gold, *inspected]:
        data = found.get(path, b"\0")
        if data is not None and b"\0" not in data:
            texts[path] = data.decode("utf-8", "replace")
        elif path in gold:
            continue
        elif path in found:
            reason = "too_large" if data is None else "binary"
            dropped[reason] = dropped.get(reason, 0) + 1
    large = [path for path in gold if path in found and found[path] is None]
    if large:
        raise RowError("over_budget", f"`{large[0]}` is over {repositories.MAX_FILE_BYTES} bytes")
    return texts


def _check_gold(paths: list[str], texts: dict[str, str], patch: Patch) -> None:
    gold = {path: texts[path] for path in paths if path in texts}
    if not gold:
        raise RowError("no_gold_evidence", f"no text of `{paths[0]}` from before the run's edits is known")
    applied = apply(gold, patch)
    if applied.ok and len(gold) == len(paths):
        return
    if not applied.ok and apply(gold, reverse(patch)).ok:
        raise RowError("patch_reversed", f"`{paths[0]}` is as the patch leaves it; its reverse applies")
    missing = [path for path in paths if path not in gold]
    detail = f"no text of `{missing[0]}` from before the run's edits is known" if missing else applied.detail
    raise RowError("gold_incomplete", detail)


def _added(patch: Patch) -> list[str]:
    """The text that each hunk adds."""
    return ["".join(line[1:] for line in hunk.lines if line[0] == "+") for file in patch.files for hunk in file.hunks]


def _holds(text: str, added: list[str]) -> bool:
    """Whether a distractor holds all that the patch adds."""
    if sum(len(part.strip()) for part in added) < MIN_TELLING_CHARACTERS:
        return False
    return all(part.strip("\n") in text for part in added)


def _piece(role: str, path: str, text: str, whole: bool, files: Files) -> Evidence:
    merged = files.texts.get(path)
    return Evidence(role=role, kind="file", name=path, text=text, turns=merged.turns if merged else (), whole=whole)
