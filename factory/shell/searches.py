"""Programs that print the lines where a pattern stands: grep, rg, and xargs of them."""

from __future__ import annotations

from dataclasses import replace

from factory.shell.syntax import Simple, carried
from factory.shell.view import NotAView, Numbers, View, options_of, resolve, source_of, with_numbers


def grep(command: Simple, view: View | None, folder: str, walks: bool = False) -> View:
    """`grep`; `walks` for the programs that search folders without being told to."""
    options, operands = options_of(
        command, "nHhirRwxEFPsSuaIvoclLq", valued="eABCmgt",
        long=("color", "colour", "include", "exclude", "exclude-dir", "line-number", "ignore-case", "recursive", "no-messages", "no-index", "no-heading", "type", "glob", "hidden"),
    )
    if options.keys() & {"v", "o", "c", "l", "L", "q"}:
        raise NotAView
    if "e" not in options:
        if not operands:
            raise NotAView
        operands = operands[1:]
    numbered = bool(options.keys() & {"n", "line-number"})
    recursive = bool(options.keys() & {"r", "R", "recursive"}) or (walks and view is None)
    context = bool(options.keys() & {"A", "B", "C", "digits"})
    if len(operands) > 1 or recursive or any(not w.exact for w in operands) or "H" in options:
        if "h" in options or not numbered:
            raise NotAView
        # a recursive search of one file prints no path; the reader of the output sees which
        only = resolve(folder, operands[0].text) if len(operands) == 1 and operands[0].exact else ""
        return View(only, None, False, numbers=(Numbers("grep"),), separated=context, path_prefixes=True, search=True, folder=folder)
    view = source_of(command, operands, view, folder)
    if numbered:
        view = with_numbers(view, Numbers("grep"))
    elif not view.numbers and not context:
        raise NotAView  # single lines from unknown places
    return replace(
        view, ranges=None, contiguous=False, separated=context, reaches_end=False, search=view.search or not context
    )


def xargs(command: Simple, folder: str) -> View:
    inner = carried(command)
    if inner is None or inner.name not in ("grep", "egrep", "fgrep", "rg") or not command.stdout_is_shown:
        raise NotAView
    view = grep(replace(inner, words=inner.words[:-1]), None, folder, walks=True)
    return replace(view, path="")


def rg(command: Simple, view: View | None, folder: str) -> View:
    return grep(command, view, folder, walks=True)
