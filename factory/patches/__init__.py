"""Patches that models and people wrote: found in an answer, read, applied to texts in memory, compared."""

from factory.patches.answer import Edit, apply_answer
from factory.patches.apply import Applied, apply
from factory.patches.extract import extract
from factory.patches.parse import FilePatch, Hunk, Patch, parse
from factory.patches.paths import PatchError
from factory.patches.render import render, reverse, touched

VERSION = "3"
"""Raised when a patch is read or applied differently. Part of the version of whoever uses it, as are those of `windows`, `cage` and `vocabulary`."""

__all__ = [
    "Applied",
    "Edit",
    "FilePatch",
    "Hunk",
    "Patch",
    "PatchError",
    "apply",
    "apply_answer",
    "extract",
    "parse",
    "render",
    "reverse",
    "touched",
]
