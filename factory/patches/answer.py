"""A model's whole answer applied to files: SEARCH/REPLACE blocks where it has them, else a diff, else whole files."""

from __future__ import annotations

from typing import NamedTuple

from factory.patches.apply import Applied, apply
from factory.patches.extract import extract
from factory.patches.paths import PatchError
from factory.patches.search_replace import apply_blocks, blocks, has_blocks
from factory.patches.whole_files import apply_whole

MAX_ANSWER = 4_000_000
"""Characters of an answer, prose and patch together."""


class Edit(NamedTuple):
    applied: Applied
    text: str
    """The patch or the blocks as they were read."""


def apply_answer(files: dict[str, str], answer: str, strict: bool = True) -> Edit:
    """Never raises for anything in `answer`."""
    if len(answer) > MAX_ANSWER:
        detail = f"the answer has {len(answer)} characters; the most is {MAX_ANSWER}"
        return Edit(Applied(False, {}, reason="patch_refused", detail=detail), "")
    if has_blocks(answer):
        try:
            return Edit(apply_blocks(files, blocks(answer), strict), answer)
        except PatchError as e:
            return Edit(Applied(False, {}, reason=e.reason, detail=e.detail), answer)
    text = extract(answer)
    if not text and (whole := apply_whole(files, answer)):
        return Edit(whole, answer)
    return Edit(apply(files, text, strict), text)
