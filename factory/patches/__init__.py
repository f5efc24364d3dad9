"""Patches that models and people wrote: found in an answer, read, applied to texts in memory, compared."""

from factory.patches.answer import Edit, apply_answer
from factory.patches.apply import Applied, apply
from factory.patches.extract import extract
from factory.patches.parse import FilePatch, Hunk, Patch, parse, render, reverse, touched
from factory.patches.paths import PatchError

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
