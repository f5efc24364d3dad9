"""Patches that models and people wrote: found in an answer, read, applied to texts in memory, compared."""

from factory.patches.apply import Applied, apply
from factory.patches.extract import extract
from factory.patches.parse import FilePatch, Hunk, Patch, parse, render, reverse, touched
from factory.patches.paths import PatchError

__all__ = [
    "Applied",
    "FilePatch",
    "Hunk",
    "Patch",
    "PatchError",
    "apply",
    "extract",
    "parse",
    "render",
    "reverse",
    "touched",
]
