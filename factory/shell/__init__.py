"""Agents' shell commands, read and never run: what each shows of which file, and what it changes.

`parse` gives one Command per pipeline. What is not understood is `other`: it shows nothing that may be
used, and what it may have changed is told as an `unknown` edit.
"""

from __future__ import annotations

import re
import shlex
from typing import Literal, NamedTuple

from factory.shell.edits import Edit, edits_of, is_silent
from factory.shell.lexer import ShellSyntaxError
from factory.shell.syntax import Pipeline, pipelines
from factory.shell.view import Numbers, View
from factory.shell.views import view_of

__all__ = ["Command", "Edit", "Numbers", "View", "parse"]


class Command(NamedTuple):
    """One pipeline of a script."""

    kind: Literal["view", "diff", "print", "silent", "other"]
    """view: shows lines of a file; diff: `git diff` of the working tree; print: `echo` of known text;
    silent: prints nothing when it succeeds; other: prints something unknown."""
    view: View | None = None
    edits: tuple[Edit, ...] = ()
    text: str = ""
    """print: what is printed."""
    conditional: bool = False
    """Nothing says that it ran once: inside a loop or branch, or after ||."""


def _printed(pipeline: Pipeline) -> str | None:
    command = pipeline.commands[0]
    if len(pipeline.commands) > 1 or command.name != "echo" or not all(w.exact for w in command.words):
        return None
    words = [w.text for w in command.words[1:]]
    if words[:1] and words[0].startswith("-") and set(words[0][1:]) & set("neE") and words[0] != "-" * len(words[0]):
        return None
    return " ".join(words)


def _inner(pipeline: Pipeline) -> str | None:
    """The script of `bash -lc SCRIPT`, in the folder where it runs."""
    command = pipeline.commands[0]
    if len(pipeline.commands) > 1 or command.redirects or pipeline.conditional or pipeline.connector == "||" or pipeline.folder is None:
        return None
    words = command.words
    if command.name not in SHELLS or len(words) != 3 or not words[2].exact or not IN_PLACE.fullmatch(words[1].text):
        return None
    return words[2].text if pipeline.folder == "." else f"cd {shlex.quote(pipeline.folder)}\n{words[2].text}"


def _is_diff(pipeline: Pipeline) -> bool:
    command = pipeline.commands[0]
    words = [w.text for w in command.words[1:] if w.text not in ("--no-pager", "-P")]
    words = words[2:] if words[:1] == ["-C"] else words
    if command.name != "git" or words[:1] != ["diff"] or len(pipeline.commands) > 1 or not command.stdout_is_shown:
        return False
    if pipeline.folder is None:
        return False
    flags = [w for w in words[1:] if w.startswith("-")]
    return all(f in ("--", "--cached", "--staged", "--no-color") for f in flags) and not any(
        ".." in w or w.startswith("HEAD~") or w.startswith("HEAD^") for w in words[1:]
    )


SHELLS = ("bash", "sh", "zsh", "dash")
IN_PLACE = re.compile(r"-[ilx]{0,3}c")
MAX_NESTING = 3


def parse(script: str, depth: int = 0) -> list[Command]:
    """What each pipeline of `script` shows and changes; one `other` command when it cannot be read."""
    try:
        parts = pipelines(script)
    except ShellSyntaxError:
        # bash may have run a part of it: every file that it names may be changed
        return [Command("other", edits=(Edit("", "script", script),))]
    out: list[Command] = []
    for part in parts:
        if depth < MAX_NESTING and (inner := _inner(part)) is not None:
            out += parse(inner, depth + 1)
            continue
        conditional = part.conditional or part.connector == "||"
        edits = tuple(edit for command in part.commands for edit in edits_of(command, part.folder))
        view = view_of(part)
        printed = _printed(part)
        if view is not None and not conditional:
            out.append(Command("view", view, edits))
        elif _is_diff(part) and not conditional:
            out.append(Command("diff", None, edits))
        elif printed is not None and not conditional and part.commands[0].stdout_is_shown:
            out.append(Command("print", None, edits, printed))
        elif is_silent(part.commands[-1]) and len(part.commands) == 1:
            out.append(Command("silent", None, edits, conditional=conditional))
        else:
            out.append(Command("other", None, edits, conditional=conditional))
    return out
