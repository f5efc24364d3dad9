"""The scripts of sed and awk that print lines of a file, as far as they only choose and number them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from factory.shell.syntax import Simple
from factory.shell.view import NotAView, Numbers, Range, View, number_of, options_of, selected, source_of, with_numbers

_ADDRESS = re.compile(r"\s*(\d{1,9}|\$)\s*(?:,\s*(\+?\d{1,9}|\$)\s*)?(!?)\s*([pqd]|\{\s*p\s*;?\s*(?:q\s*;?\s*)?\})\s*")


def _sed_ranges(script: str, silent: bool) -> list[Range]:
    """The lines that a sed script of addresses and p (or q, or !d) prints."""
    ranges: list[Range] = []
    for part in re.split(r"[;\n](?![^{]*\})", script):
        if not part.strip():
            continue
        match = _ADDRESS.fullmatch(part)
        if not match:
            raise NotAView
        first_text, last_text, negated, action = match.groups()
        if first_text == "$":
            raise NotAView
        first = int(first_text)
        last = first if last_text is None else None if last_text == "$" else number_of(last_text.lstrip("+"))
        if last_text is not None and last_text.startswith("+"):
            last = first + (last or 0)
        if last is not None and last < first:
            last = first
        if action == "q":
            if not silent and not ranges:
                return [(1, first)]
            if ranges and ranges[-1][1] is not None and first >= ranges[-1][1]:
                break
            raise NotAView
        prints = negated and not silent if action == "d" else silent and not negated
        if not prints:
            raise NotAView
        ranges.append((first, last))
    if not ranges or any(low[1] is None or low[1] >= high[0] for low, high in pairwise(ranges)):
        raise NotAView
    return ranges


def sed(command: Simple, view: View | None, folder: str) -> View:
    options, operands = options_of(command, "nEru", valued="e", long=("quiet", "silent"))
    script = options.get("e")
    if script is None:
        if not operands:
            raise NotAView
        script, operands = operands[0].text, operands[1:]
    view = source_of(command, operands, view, folder)
    silent = bool(options.keys() & {"n", "quiet", "silent"})
    try:
        return selected(view, _sed_ranges(script, silent))
    except NotAView:
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


def awk(command: Simple, view: View | None, folder: str) -> View:
    options, operands = options_of(command, "")
    if not operands or options:
        raise NotAView
    # blanks inside the quoted separators matter
    script = "".join(p if i % 2 else p.replace(" ", "").replace("\n", "") for i, p in enumerate(re.split(r'("[^"]*")', operands[0].text)))
    view = source_of(command, operands[1:], view, folder)
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
        raise NotAView
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
            raise NotAView
        # NR counts the lines that awk reads, before the choice
        numbers = with_numbers(view, numbers).numbers[-1]
    view = selected(view, [wanted])
    return replace(view, numbers=(*view.numbers, numbers)) if numbers else view
