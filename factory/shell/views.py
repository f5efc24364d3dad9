"""Which lines of which file a pipeline shows, and how they are numbered.

A pipeline is followed command by command: `cat`, `nl`, `head`, `tail`, `sed -n`, `awk NR`, `grep`,
`less`, `git show`. Each either keeps the knowledge of which file lines its output holds, or the
pipeline is not a view. Nothing is guessed: an unknown option ends it.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

from factory.shell.lexer import Word
from factory.shell.scripts import awk, sed
from factory.shell.searches import grep, rg, xargs
from factory.shell.syntax import PLAIN_CARRIERS, Pipeline, Simple, carried
from factory.shell.view import (
    NotAView,
    Numbers,
    View,
    number_of,
    options_of,
    resolve,
    selected,
    source_of,
    with_numbers,
)


def view_of(pipeline: Pipeline) -> View | None:
    """What a pipeline shows, or None when it is not understood as a view."""
    if pipeline.folder is None or not pipeline.commands[-1].stdout_is_shown:
        return None
    view: View | None = None
    commands = [carried(command) if command.name in PLAIN_CARRIERS else command for command in pipeline.commands]
    found = [at for at, command in enumerate(commands) if command.name == "xargs"]
    try:
        if found:  # whose files only the shell knows: a search prints the path of each
            view = xargs(commands[found[-1]], pipeline.folder)
            commands = commands[found[-1] + 1 :]
        for position, command in enumerate(commands):
            program = PROGRAMS.get(command.name)
            if program is None or (position and view is None):
                return None
            if position < len(commands) - 1 and not command.stdout_is_shown:
                return None
            if not all(w.exact for w in command.words) and command.name not in ("grep", "egrep", "fgrep", "rg"):
                return None
            view = program(command, view, pipeline.folder)
    except NotAView:
        return None
    return view


def cat(command: Simple, view: View | None, folder: str) -> View:
    options, operands = options_of(command, "nbsuvAETet", long=("number", "show-all"))
    view = source_of(command, operands, view, folder)
    if "s" in options or "b" in options:
        raise NotAView
    if "n" in options or "number" in options:
        view = with_numbers(view, Numbers("nl"))
    if "A" in options or "show-all" in options or {"e", "t", "E", "T", "v"} & options.keys():
        if not ("A" in options or "show-all" in options):
            raise NotAView
        view = replace(view, show_all=True)
    return view


def nl(command: Simple, view: View | None, folder: str) -> View:
    options, operands = options_of(command, "p", valued="bwsnvi")
    if options.keys() & {"v", "i", "p"}:
        raise NotAView
    view = source_of(command, operands, view, folder)
    # without -b a, only lines that are not blank are counted
    offset = 0 if options.get("b") == "a" else None
    return with_numbers(view, Numbers("nl", options.get("s", "\t"), offset))


def head(command: Simple, view: View | None, folder: str) -> View:
    options, operands = options_of(command, "q", valued="n", long=("lines",))
    view = source_of(command, operands, view, folder)
    count = number_of(options.get("n") or options.get("lines") or options.get("digits") or "10")
    if not count:
        raise NotAView
    return selected(view, [(1, count)])


def tail(command: Simple, view: View | None, folder: str) -> View:
    words = command.words
    if len(words) > 1 and words[1].text.startswith("+"):  # the old form: tail +20
        command = replace(command, words=[words[0], Word("-n"), *words[1:]])
    options, operands = options_of(command, "q", valued="n", long=("lines",))
    view = source_of(command, operands, view, folder)
    count = options.get("n") or options.get("lines") or options.get("digits") or "10"
    if count.startswith("+"):
        return selected(view, [(max(1, number_of(count[1:])), None)])
    number_of(count)
    to_end = view.reaches_end or (view.ranges is not None and view.ranges[-1][1] is None)
    return replace(view, ranges=None, reaches_end=to_end, contiguous=view.contiguous and not view.separated)


def less(command: Simple, view: View | None, folder: str) -> View:
    options, operands = options_of(command, "RFXSN")
    view = source_of(command, operands, view, folder)
    if "N" in options or "S" in options:
        raise NotAView
    return view


def git(command: Simple, view: View | None, folder: str) -> View:
    words = [w.text for w in command.words[1:]]
    while words[:1] in (["--no-pager"], ["-P"], ["-C"]):
        if words[0] == "-C":  # the folder where it runs
            if len(words) < 2:
                raise NotAView
            folder = resolve(folder, words[1])
        words = words[1 + (words[0] == "-C") :]
    if words[:1] == ["grep"] and view is None:
        return rg(replace(command, words=command.words[-len(words) :]), None, folder)
    if len(words) != 2 or words[0] != "show" or view is not None:
        raise NotAView
    revision, colon, path = words[1].partition(":")
    if not colon or not revision or not path or revision.startswith("-"):
        raise NotAView
    # without ./ the path counts from the repository's root, whatever the folder
    return View(resolve(folder, path) if path.startswith("./") else posixpath.normpath(path), revision=revision)


PROGRAMS = {
    "cat": cat, "nl": nl, "head": head, "tail": tail, "sed": sed, "awk": awk, "gawk": awk, "grep": grep,
    "egrep": grep, "fgrep": grep, "rg": rg, "less": less, "more": less, "git": git,
}  # fmt: skip
