"""The same Python in two texts that are windows of one file: the lines before the first gap, token by token.

A file begins in code, so before its first gap it is known what is code and what is a string. There blanks, comments and
line breaks inside brackets may differ; indentation, the ends of logical lines and every character of a string may not.
Behind a gap all has to be the same text: the gap may have opened a string (with three quotes of the other kind, say), and
nothing that is shown can rule that out, so a blank more could be a change of what the program prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from factory.patches.gaps import is_marker

TOKEN = re.compile(
    r"(?P<string>[rbfutRBFUT]{0,2}(?P<quote>\"\"\"|'''|\"|'))"
    r"|(?P<comment>#[^\n]*)|(?P<newline>\n[ \t\f]*)|(?P<blank>[ \t\f]+)"
    r"|(?P<word>[^\W\d]\w*)|(?P<number>\.?\d(?:[eE][-+]|[\w.])*)"
    r"|(?P<mark>\*\*=|//=|>>=|<<=|\.\.\.|!=|->|:=|\*\*|//|>>|<<|<=|>=|==|[-+*/%@&|^]=|[-+*/%@&|^~<>()\[\]{},:.;=\\])"
)
Token = tuple[str, str]


class Unclear(Exception):
    """Text whose tokens are not told apart here."""


def same_segments(a: str, b: str) -> bool:
    """Whether two texts with the same gaps are the same Python whatever the gaps hide."""
    (first, rest), (other, other_rest) = split(a), split(b)
    if rest != other_rest:
        return False
    try:
        return first == other or list(tokens(f"\n{first}")) == list(tokens(f"\n{other}"))
    except Unclear:
        return False


def split(text: str) -> tuple[str, list[str]]:
    """The text before the first gap; the gap and all lines behind it."""
    lines = text.replace("\r\n", "\n").split("\n")
    gap = next(i for i, line in enumerate([*lines, "[... not shown ...]"]) if is_marker(line))
    return "\n".join(lines[:gap]), lines[gap:]


def tokens(text: str) -> Iterator[Token]:
    """Tokens that count, and the state in which the text ends: open brackets, an open string."""
    depth = i = 0
    ended = ""
    while i < len(text):
        match = TOKEN.match(text, i)
        if not match:
            raise Unclear(text[i])
        i, kind, held = match.end(), match.lastgroup or "", match[0]
        if kind in ("comment", "blank"):
            continue
        if kind == "newline":
            ended = held if not depth else ended  # of several ends of lines the last one counts: between them no token stands
            continue
        if ended:
            yield "newline", ended
            ended = ""
        if kind == "string":
            i = string_end(text, i, match["quote"])
            held = text[match.start() : i]
            fields = held.replace("{{", "").replace("}}", "")
            if set(match[0]) & set("fFtT") and fields.count("{") != fields.count("}"):
                raise Unclear(held)  # quotes inside its fields may be the string's own
        elif kind == "mark":
            if held == "\\" and not text.startswith("\n", i):
                raise Unclear(held)
            depth += (held in "([{") - (held in ")]}")
            if depth < 0:
                raise Unclear(held)
        yield kind, held
    yield "end", f"{depth} {ended}"


def string_end(text: str, start: int, quote: str) -> int:
    """Where a string ends that is open at `start`; the text's end where it is still open there."""
    i = start
    while i < len(text):
        if text[i] == "\\":
            i += 2
        elif text.startswith(quote, i):
            return i + len(quote)
        elif text[i] == "\n" and len(quote) == 1:
            raise Unclear(quote)
        else:
            i += 1
    if len(quote) == 1:
        raise Unclear(quote)
    return len(text)
