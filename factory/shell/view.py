"""A view: output that shows lines of a file, and what the commands that make one have in common."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from factory.shell.lexer import Word
from factory.shell.syntax import Simple

Range = tuple[int, int | None]
"""First and last line, 1-based, inclusive; None is the end of the file."""


@dataclass(frozen=True)
class Numbers:
    """A column of line numbers in front of every line."""

    style: str
    """`nl` (blanks, number, separator), `grep` (number, then `:` or `-`), `awk` (number, separator)."""
    separator: str = "\t"
    offset: int | None = 0
    """Line of the file = number shown + offset; None when the numbers say nothing of the file."""


@dataclass(frozen=True)
class View:
    """Output that shows lines of one file, or of several when every line carries its path."""

    path: str
    """As the shell resolves it; "" when every line carries its path."""
    ranges: tuple[Range, ...] | None = ((1, None),)
    """The lines shown, in order, where the command alone tells; None otherwise."""
    contiguous: bool = True
    """The output is one run of lines (with `ranges` None: from an unknown place)."""
    reaches_end: bool = False
    """The last line shown is the file's last."""
    numbers: tuple[Numbers, ...] = ()
    """Innermost first; each later command put its column in front."""
    separated: bool = False
    """grep: runs of lines are separated by lines of `--`."""
    path_prefixes: bool = False
    """Every line starts with its path."""
    revision: str = ""
    """git revision; "" for the working tree."""
    search: bool = False
    """The lines were found by a search, not opened."""
    show_all: bool = False
    """`cat -A`: tabs as ^I, line ends as $."""
    folder: str = "."
    """Where the command ran; printed paths count from there."""
    stop: str = ""
    """Every line that holds this text ends a run of lines (`sed -n '/start/,/stop/p'`)."""

    @property
    def has_file_numbers(self) -> bool:
        return bool(self.numbers) and self.numbers[0].offset is not None


class NotAView(Exception):
    pass


def resolve(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def source_of(command: Simple, operands: list[Word], view: View | None, folder: str) -> View:
    """The file that a command reads: its only operand, its redirected input, or the pipe."""
    files = [w for w in operands if w.text != "-"]
    if len(files) > 1:
        raise NotAView
    if files:
        if not files[0].exact:
            raise NotAView
        return View(resolve(folder, files[0].text))
    for operator, target, _ in command.redirects:
        if operator == "<" and target is not None and target.exact:
            return View(resolve(folder, target.text))
        if operator in ("<<", "<<<"):
            raise NotAView
    if view is None:
        raise NotAView
    return view


def options_of(command: Simple, flags: str, valued: str = "", long: tuple[str, ...] = ()) -> tuple[dict[str, str], list[Word]]:
    """(options, operands). Short options may be joined; an unknown one raises."""
    options: dict[str, str] = {}
    operands: list[Word] = []
    words = command.words[1:]
    index = 0
    while index < len(words):
        word, text = words[index], words[index].text
        index += 1
        if text == "--":
            operands += words[index:]
            break
        if text.startswith("--"):
            name, _, value = text[2:].partition("=")
            if name not in long:
                raise NotAView
            options[name] = value
        elif text.startswith("-") and len(text) > 1:
            at = 1
            while at < len(text):
                letter = text[at]
                at += 1
                if letter in valued:
                    value = text[at:]
                    if not value:
                        if index >= len(words):
                            raise NotAView
                        value = words[index].text
                        index += 1
                    options[letter] = options[letter] + "\n" + value if letter == "e" and "e" in options else value
                    break
                if letter.isdigit():
                    options["digits"] = options.get("digits", "") + letter
                elif letter in flags:
                    options[letter] = ""
                else:
                    raise NotAView
        else:
            operands.append(word)
    return options, operands


def number_of(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotAView
    return int(text)


def selected(view: View, wanted: list[Range]) -> View:
    """Lines `wanted` of what `view` shows."""
    reaches_end = (view.reaches_end or (view.ranges is not None and view.ranges[-1][1] is None)) and wanted[-1][1] is None
    if view.ranges is None:
        one = len(wanted) == 1 and view.contiguous
        return replace(view, contiguous=one, reaches_end=reaches_end)
    out: list[Range] = []
    for first, last in wanted:
        at = 1
        for start, end in view.ranges:
            size = None if end is None else end - start + 1
            low = max(first, at)
            high = last if size is None else min(last if last is not None else at + size - 1, at + size - 1)
            if high is None or low <= high:
                out.append((start + low - at, None if high is None else start + high - at))
            if size is None:
                break
            at += size
    if not out:
        raise NotAView
    return replace(view, ranges=tuple(out), contiguous=len(out) == 1, reaches_end=reaches_end)


def with_numbers(view: View, numbers: Numbers) -> View:
    """`view` with one more column of numbers, counted over its lines."""
    if numbers.offset is not None:
        known = view.ranges is not None and len(view.ranges) == 1 and not view.numbers
        numbers = replace(numbers, offset=view.ranges[0][0] - 1 if known else None)
    return replace(view, numbers=(*view.numbers, numbers))
