"""Which lines of which file a pipeline shows, and how they are numbered.

A pipeline is followed command by command: `cat`, `nl`, `head`, `tail`, `sed -n`, `awk NR`, `grep`,
`less`, `git show`. Each either keeps the knowledge of which file lines its output holds, or the
pipeline is not a view. Nothing is guessed: an unknown option ends it.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from factory.shell.lexer import Word
from factory.shell.syntax import PLAIN_CARRIERS, Pipeline, Simple, carried

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


class _NotAView(Exception):
    pass


def view_of(pipeline: Pipeline) -> View | None:
    """What a pipeline shows, or None when it is not understood as a view."""
    if pipeline.folder is None or not pipeline.commands[-1].stdout_is_shown:
        return None
    view: View | None = None
    commands = [carried(command) if command.name in PLAIN_CARRIERS else command for command in pipeline.commands]
    found = [at for at, command in enumerate(commands) if command.name == "xargs"]
    try:
        if found:  # whose files only the shell knows: a search prints the path of each
            view = _xargs(commands[found[-1]], pipeline.folder)
            commands = commands[found[-1] + 1 :]
        for position, command in enumerate(commands):
            program = _PROGRAMS.get(command.name)
            if program is None or (position and view is None):
                return None
            if position < len(commands) - 1 and not command.stdout_is_shown:
                return None
            if not all(w.exact for w in command.words) and command.name not in ("grep", "egrep", "fgrep", "rg"):
                return None
            view = program(command, view, pipeline.folder)
    except _NotAView:
        return None
    return view


def _resolve(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _source(command: Simple, operands: list[Word], view: View | None, folder: str) -> View:
    """The file that a command reads: its only operand, its redirected input, or the pipe."""
    files = [w for w in operands if w.text != "-"]
    if len(files) > 1:
        raise _NotAView
    if files:
        if not files[0].exact:
            raise _NotAView
        return View(_resolve(folder, files[0].text))
    for operator, target, _ in command.redirects:
        if operator == "<" and target is not None and target.exact:
            return View(_resolve(folder, target.text))
        if operator in ("<<", "<<<"):
            raise _NotAView
    if view is None:
        raise _NotAView
    return view


def _options(command: Simple, flags: str, valued: str = "", long: tuple[str, ...] = ()) -> tuple[dict[str, str], list[Word]]:
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
                raise _NotAView
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
                            raise _NotAView
                        value = words[index].text
                        index += 1
                    options[letter] = options[letter] + "\n" + value if letter == "e" and "e" in options else value
                    break
                if letter.isdigit():
                    options["digits"] = options.get("digits", "") + letter
                elif letter in flags:
                    options[letter] = ""
                else:
                    raise _NotAView
        else:
            operands.append(word)
    return options, operands


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise _NotAView
    return int(text)


def _select(view: View, wanted: list[Range]) -> View:
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
        raise _NotAView
    return replace(view, ranges=tuple(out), contiguous=len(out) == 1, reaches_end=reaches_end)


def _numbered(view: View, numbers: Numbers) -> View:
    """`view` with one more column of numbers, counted over its lines."""
    if numbers.offset is not None:
        known = view.ranges is not None and len(view.ranges) == 1 and not view.numbers
        numbers = replace(numbers, offset=view.ranges[0][0] - 1 if known else None)
    return replace(view, numbers=(*view.numbers, numbers))


def _cat(command: Simple, view: View | None, folder: str) -> View:
    options, operands = _options(command, "nbsuvAETet", long=("number", "show-all"))
    view = _source(command, operands, view, folder)
    if "s" in options or "b" in options:
        raise _NotAView
    if "n" in options or "number" in options:
        view = _numbered(view, Numbers("nl"))
    if "A" in options or "show-all" in options or {"e", "t", "E", "T", "v"} & options.keys():
        if not ("A" in options or "show-all" in options):
            raise _NotAView
        view = replace(view, show_all=True)
    return view


def _nl(command: Simple, view: View | None, folder: str) -> View:
    options, operands = _options(command, "p", valued="bwsnvi")
    if options.keys() & {"v", "i", "p"}:
        raise _NotAView
    view = _source(command, operands, view, folder)
    # without -b a, only lines that are not blank are counted
    offset = 0 if options.get("b") == "a" else None
    return _numbered(view, Numbers("nl", options.get("s", "\t"), offset))


def _head(command: Simple, view: View | None, folder: str) -> View:
    options, operands = _options(command, "q", valued="n", long=("lines",))
    view = _source(command, operands, view, folder)
    count = _number(options.get("n") or options.get("lines") or options.get("digits") or "10")
    if not count:
        raise _NotAView
    return _select(view, [(1, count)])


def _tail(command: Simple, view: View | None, folder: str) -> View:
    words = command.words
    if len(words) > 1 and words[1].text.startswith("+"):  # the old form: tail +20
        command = replace(command, words=[words[0], Word("-n"), *words[1:]])
    options, operands = _options(command, "q", valued="n", long=("lines",))
    view = _source(command, operands, view, folder)
    count = options.get("n") or options.get("lines") or options.get("digits") or "10"
    if count.startswith("+"):
        return _select(view, [(max(1, _number(count[1:])), None)])
    _number(count)
    to_end = view.reaches_end or (view.ranges is not None and view.ranges[-1][1] is None)
    return replace(view, ranges=None, reaches_end=to_end, contiguous=view.contiguous and not view.separated)


_ADDRESS = re.compile(r"\s*(\d{1,9}|\$)\s*(?:,\s*(\+?\d{1,9}|\$)\s*)?(!?)\s*([pqd]|\{\s*p\s*;?\s*(?:q\s*;?\s*)?\})\s*")


def _sed_ranges(script: str, silent: bool) -> list[Range]:
    """The lines that a sed script of addresses and p (or q, or !d) prints."""
    ranges: list[Range] = []
    for part in re.split(r"[;\n](?![^{]*\})", script):
        if not part.strip():
            continue
        match = _ADDRESS.fullmatch(part)
        if not match:
            raise _NotAView
        first_text, last_text, negated, action = match.groups()
        if first_text == "$":
            raise _NotAView
        first = int(first_text)
        last = first if last_text is None else None if last_text == "$" else _number(last_text.lstrip("+"))
        if last_text is not None and last_text.startswith("+"):
            last = first + (last or 0)
        if last is not None and last < first:
            last = first
        if action == "q":
            if not silent and not ranges:
                return [(1, first)]
            if ranges and ranges[-1][1] is not None and first >= ranges[-1][1]:
                break
            raise _NotAView
        prints = negated and not silent if action == "d" else silent and not negated
        if not prints:
            raise _NotAView
        ranges.append((first, last))
    if not ranges or any(low[1] is None or low[1] >= high[0] for low, high in pairwise(ranges)):
        raise _NotAView
    return ranges


def _sed(command: Simple, view: View | None, folder: str) -> View:
    options, operands = _options(command, "nEru", valued="e", long=("quiet", "silent"))
    script = options.get("e")
    if script is None:
        if not operands:
            raise _NotAView
        script, operands = operands[0].text, operands[1:]
    view = _source(command, operands, view, folder)
    silent = bool(options.keys() & {"n", "quiet", "silent"})
    try:
        return _select(view, _sed_ranges(script, silent))
    except _NotAView:
        chosen = _BY_TEXT.fullmatch(script)
        if not chosen or not silent:
            raise
        plain = chosen.group(1) is not None and re.fullmatch(r"[\w\s(),:=\"'-]+", chosen.group(1))
        if not view.has_file_numbers and not (plain and view.contiguous and not view.numbers):
            raise
        return replace(view, ranges=None, contiguous=False, reaches_end=False, stop=chosen.group(1) if plain else "")


_BY_TEXT = re.compile(r"\s*/[^/\n]{1,200}/\s*(?:,\s*/([^/\n]{1,200})/)?\s*p\s*")
_AWK_LOW = re.compile(r"NR(>=|>|==)(\d{1,9})")
_AWK_HIGH = re.compile(r"NR(<=|<|==)(\d{1,9})")
_AWK_PRINTF = re.compile(r'\{printf\(?"(%-?0?\d*d)([^"%\\]{0,8}(?:\\t)?)%s\\n",NR,\$0\)?;?\}')
_AWK_PRINT = re.compile(r'\{printNR(?:"([^"\\]{0,8})"|(,)|"(\\t)")\$0;?\}')


def _awk(command: Simple, view: View | None, folder: str) -> View:
    options, operands = _options(command, "")
    if not operands or options:
        raise _NotAView
    # blanks inside the quoted separators matter
    script = "".join(p if i % 2 else p.replace(" ", "").replace("\n", "") for i, p in enumerate(re.split(r'("[^"]*")', operands[0].text)))
    view = _source(command, operands[1:], view, folder)
    script = script.replace("FNR", "NR") if len(operands) == 2 else script  # the same, in one file
    condition, brace, action = script.partition("{")
    action = brace + action
    low, comma, high = (condition.partition("&&") if "&&" in condition else condition.partition(","))
    first, last = _AWK_LOW.fullmatch(low), _AWK_HIGH.fullmatch(high)
    if condition == "":
        wanted: Range = (1, None)
    elif first and comma and last and (comma == "&&") == (first.group(1) != "=="):
        start = int(first.group(2)) + (first.group(1) == ">")
        wanted = (start, int(last.group(2)) - (last.group(1) == "<"))
    elif first and not comma:
        start = int(first.group(2)) + (first.group(1) == ">")
        wanted = (start, start if first.group(1) == "==" else None)
    elif not comma and _AWK_HIGH.fullmatch(condition):
        match = _AWK_HIGH.fullmatch(condition)
        wanted = (1, int(match.group(2)) - (match.group(1) == "<"))
    else:
        raise _NotAView
    numbers = None
    if action not in ("", "{print}", "{print$0}"):
        printed, formatted = _AWK_PRINT.fullmatch(action), _AWK_PRINTF.fullmatch(action)
        if printed:
            separator = " " if printed.group(2) else "\t" if printed.group(3) else printed.group(1)
            action_comma = action.startswith("{printNR,")
            numbers = Numbers("awk", " " if action_comma else separator)
        elif formatted:
            numbers = Numbers("awk", formatted.group(2).replace("\\t", "\t"))
        else:
            raise _NotAView
        # NR counts the lines that awk reads, before the choice
        numbers = _numbered(view, numbers).numbers[-1]
    view = _select(view, [wanted])
    return replace(view, numbers=(*view.numbers, numbers)) if numbers else view


def _grep(command: Simple, view: View | None, folder: str, walks: bool = False) -> View:
    """`grep`; `walks` for the programs that search folders without being told to."""
    options, operands = _options(
        command, "nHhirRwxEFPsSuaIvoclLq", valued="eABCmgt",
        long=("color", "colour", "include", "exclude", "exclude-dir", "line-number", "ignore-case", "recursive", "no-messages", "no-index", "no-heading", "type", "glob", "hidden"),
    )
    if options.keys() & {"v", "o", "c", "l", "L", "q"}:
        raise _NotAView
    if "e" not in options:
        if not operands:
            raise _NotAView
        operands = operands[1:]
    numbered = bool(options.keys() & {"n", "line-number"})
    recursive = bool(options.keys() & {"r", "R", "recursive"}) or (walks and view is None)
    context = bool(options.keys() & {"A", "B", "C", "digits"})
    if len(operands) > 1 or recursive or any(not w.exact for w in operands) or "H" in options:
        if "h" in options or not numbered:
            raise _NotAView
        # a recursive search of one file prints no path; the reader of the output sees which
        only = _resolve(folder, operands[0].text) if len(operands) == 1 and operands[0].exact else ""
        return View(only, None, False, numbers=(Numbers("grep"),), separated=context, path_prefixes=True, search=True, folder=folder)
    view = _source(command, operands, view, folder)
    if numbered:
        view = _numbered(view, Numbers("grep"))
    elif not view.numbers and not context:
        raise _NotAView  # single lines from unknown places
    return replace(
        view, ranges=None, contiguous=False, separated=context, reaches_end=False, search=view.search or not context
    )


def _xargs(command: Simple, folder: str) -> View:
    inner = carried(command)
    if inner is None or inner.name not in ("grep", "egrep", "fgrep", "rg") or not command.stdout_is_shown:
        raise _NotAView
    view = _grep(replace(inner, words=inner.words[:-1]), None, folder, walks=True)
    return replace(view, path="")


def _rg(command: Simple, view: View | None, folder: str) -> View:
    return _grep(command, view, folder, walks=True)


def _less(command: Simple, view: View | None, folder: str) -> View:
    options, operands = _options(command, "RFXSN")
    view = _source(command, operands, view, folder)
    if "N" in options or "S" in options:
        raise _NotAView
    return view


def _git(command: Simple, view: View | None, folder: str) -> View:
    words = [w.text for w in command.words[1:]]
    while words[:1] in (["--no-pager"], ["-P"], ["-C"]):
        if words[0] == "-C":  # the folder where it runs
            if len(words) < 2:
                raise _NotAView
            folder = _resolve(folder, words[1])
        words = words[1 + (words[0] == "-C") :]
    if words[:1] == ["grep"] and view is None:
        return _rg(replace(command, words=command.words[-len(words) :]), None, folder)
    if len(words) != 2 or words[0] != "show" or view is not None:
        raise _NotAView
    revision, colon, path = words[1].partition(":")
    if not colon or not revision or not path or revision.startswith("-"):
        raise _NotAView
    # without ./ the path counts from the repository's root, whatever the folder
    return View(_resolve(folder, path) if path.startswith("./") else posixpath.normpath(path), revision=revision)


_PROGRAMS = {
    "cat": _cat, "nl": _nl, "head": _head, "tail": _tail, "sed": _sed, "awk": _awk, "gawk": _awk, "grep": _grep,
    "egrep": _grep, "fgrep": _grep, "rg": _rg, "less": _less, "more": _less, "git": _git,
}  # fmt: skip
