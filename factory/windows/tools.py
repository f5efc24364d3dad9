"""Files shown and changed by tools other than a shell: readers and editors.

Outputs that describe themselves (`[File: x (99 lines total)]`, "the result of running `cat -n` on x") are
believed whatever the tool is called. Otherwise lines carry numbers in one of a few styles, or the
arguments say where the text begins.
"""

from __future__ import annotations

import json
import re
from typing import Any

from factory import syntax_trees
from factory.records import Step
from factory.shell import Edit, Numbers, View
from factory.vocabulary import PATH
from factory.windows.banners import of_reader
from factory.windows.observations import Output, Piece
from factory.windows.reading import MAX_NUMBER, Window, windows_of

_HEADER = re.compile(
    r"^\[File: (?P<file>[^\n]{1,500}?) \((?P<total>\d{1,9}) lines total\)\][^\n]*$"
    r"|^[^\n]{0,700}?Here's the result of running `cat -n` on (?P<part>a snippet of )?(?P<shown>[^\n]{1,500}?):$",
    re.M,
)
_NUMBERED = re.compile(r" *(\d{1,9})(\t|→| ?\| ?|: ?)")
_MORE = re.compile(r"\(\d{1,9} more lines? (above|below)\)")
_NO_EDIT = re.compile(
    r"\s*(?:ERROR|Error|error|<tool_use_error>)|No replacement was performed|Your proposed edit has introduced|Text not found"
    r"|String to replace not found|[Cc]ould not find|did not match|haven't granted|[Ii]nvalid"
)
_CLOSED = re.compile(r"\n\(End of file[^\n]{0,80}\)\s*(?:</\w+>\s*)?$|\n?</(?:content|file)>\s*$")
_LEFT = re.compile(r"\n+[\[(](?:Showing|File has more|\d{1,9} more|Output truncated|Use offset)[^\n]{0,300}[\])]\s*(?:</\w+>\s*)?$")
_TAGS = re.compile(r"^(?:<path>[^\n]{0,500}</path>\n)?(?:<type>file</type>\n)?<(?:content|file)>\n")
_FOLDER = re.compile(r"Here's the files and directories|<type>directory</type>|<entries>")
_READER_LIMIT = 2_000
"""Lines after which common readers stop without a word."""


def described(output: Output, arguments: dict[str, Any], target: str = "") -> list[tuple[Window, bool]]:
    """(window, it is a snippet after an edit) for every self-described part of an output; `target` is "the edited file"."""
    headers = list(_HEADER.finditer(output.text))
    if not headers:
        return []
    open_ended = _range(arguments)[1] is None
    if "Your proposed edit has introduced" in output.text[:200]:
        # the first part shows the file as it would have been
        original = output.text.find("This is the original code before your edit")
        headers = [h for h in headers if original >= 0 and h.start() > original]
    found = []
    for position, header in enumerate(headers):
        end = headers[position + 1].start() if position + 1 < len(headers) else len(output.text)
        total = int(header["total"]) if header["total"] else None
        body = output._replace(text=output.text[header.end() + 1 : end], total_lines=total)
        snippet = bool(header["part"]) or "File updated" in body.text or "has been edited" in header.group()
        path = header["file"] or header["shown"]
        if path == "the edited file":
            path = target
        style = _style(body.pieces[:1]) or ":" if header["file"] and "|" in body.text[:400] else ":" if header["file"] else "\t"
        shown = _numbered(path, body, style, open_ended and not header["part"])
        if header["part"] and shown and shown[-1].lines[-1] == "" and len(shown[-1].lines) > 1:
            # some editors number the end of the snippet as one more line
            shown[-1] = shown[-1]._replace(lines=shown[-1].lines[:-1])
        found += [(window, snippet) for window in shown]
    return found


def _numbered(path: str, output: Output, style: str, open_ended: bool) -> list[Window]:
    """Windows of an output whose lines carry numbers, separated by `style`."""
    windows: list[Window] = []
    for piece in output.pieces:
        run: list[str] = []
        first = 0
        for line in piece.lines:
            head, separator, text = line.partition(style)
            number = head.lstrip(" ")
            if not separator and line.rstrip() == line and line.endswith(style.rstrip()):
                head = line.removesuffix(style.rstrip())  # trailing blanks were stripped
                number, text = head.strip(), ""
            if not (number.isascii() and number.isdigit() and len(number) < 9 and 0 < int(number) < MAX_NUMBER):
                continue
            if run and int(number) == first + len(run):
                run.append(text)
                continue
            if run:
                windows.append(Window(path, first, tuple(run)))
            first, run = int(number), [text]
        if run:
            ends = open_ended and piece.is_last and output.total_lines is None
            windows.append(Window(path, first, tuple(run), reaches_end=ends))
    if not windows:
        return []
    last = windows[-1]
    shown = last.first + len(last.lines) - 1
    if output.total_lines is not None:
        over = shown - output.total_lines
        if 0 <= over <= 1 and len(last.lines) > over:
            last = last._replace(lines=last.lines[: len(last.lines) - over], reaches_end=True)
    elif last.reaches_end and style != ":" and last.lines[-1] == "" and len(last.lines) > 1:
        # editors number the empty text after the last newline
        last = last._replace(lines=last.lines[:-1])
    windows[-1] = last
    return windows


def viewed(path: str, arguments: dict[str, Any], output: Output) -> list[Window]:
    """Windows of a reader's output that does not describe itself."""
    if output.failed or _FOLDER.search(output.text[:400]):
        return []
    first, limit = _range(arguments)
    shown = of_reader(output.text, path)
    text, first = shown.text, shown.first or first
    if shown.total is not None:
        output = output._replace(total_lines=shown.total)
    closed = False
    tags = _TAGS.match(text)
    if tags:
        text = text[tags.end() :]
    left = _LEFT.search(text[-500:])
    if left:
        text = text[: max(0, len(text) - 500) + left.start()]
    while not left:
        end = _CLOSED.search(text[-200:])
        if not end:
            break
        closed = True
        text = text[: max(0, len(text) - 200) + end.start()]
    output = output._replace(text=text)
    open_ended = limit is None and not left
    style = _style(output.pieces)
    if style:
        windows = _numbered(path, output, style, open_ended=open_ended)
        if windows and windows[-1].reaches_end and not closed and len(windows[-1].lines) == _READER_LIMIT:
            windows[-1] = windows[-1]._replace(reaches_end=False)
        if windows and limit is not None and output.total_lines is None and sum(len(w.lines) for w in windows) < limit:
            windows[-1] = windows[-1]._replace(reaches_end=True)
        return windows
    pieces = output.pieces
    if not pieces or re.match(r"(?i)\s*(?:error|file not found|enoent|no such file|could not|cannot|failed)", text):
        return []
    out = [Window(path, first, pieces[0].lines)] + [Window(path, None, piece.lines) for piece in pieces[1:]]
    short = limit is not None and len(pieces) == 1 and len(pieces[0].lines) < limit
    if output.total_lines is not None and len(pieces) == 1:
        ends = first + len(pieces[0].lines) - 1 >= output.total_lines
        return [out[0]._replace(reaches_end=ends)]
    if (open_ended or short) and len(pieces[-1].lines) != _READER_LIMIT:
        out[-1] = out[-1]._replace(reaches_end=True)
    return out


_WITH_PATH = re.compile(r"[^\s:][^:\n]{0,400}:\d{1,9}[:-]")
_WITH_NUMBER = re.compile(r"\d{1,9}[:-]")


def found_lines(arguments: dict[str, Any], output: Output) -> list[Window]:
    """Windows of a search tool's output that is written as grep does: `path:number:text`, or `number:text` of the one file."""
    path = next((arguments[key] for key in PATH if isinstance(arguments.get(key), str)), "")
    lines = [line for piece in output.pieces for line in piece.lines[:200] if line.strip() and line != "--"]
    for pattern, name, prefixed in ((_WITH_PATH, "", True), (_WITH_NUMBER, path, False)):
        if lines and (name or prefixed) and sum(bool(pattern.match(line)) for line in lines) >= 0.8 * len(lines):
            view = View(name, None, False, numbers=(Numbers("grep"),), separated=True, path_prefixes=prefixed, search=True)
            return windows_of(view, output)
    return []


def _style(pieces: list[Piece]) -> str:
    """What stands between the number and the text on every line; "" when lines are not numbered."""
    lines = [line for piece in pieces for line in piece.lines[:200]]
    matches = [m for m in map(_NUMBERED.match, lines) if m]
    if not matches or len(matches) < 0.9 * sum(1 for line in lines if line.strip()):
        return ""
    if [int(m.group(1)) for m in matches[:2]] != [int(matches[0].group(1)) + i for i in range(len(matches[:2]))]:
        return ""
    separators = {m.group(2) for m in matches}
    kinds = {s[0] for s in separators}
    if len(kinds) > 1:
        return ""
    longest = max(separators, key=len)
    # trailing blanks of empty lines may have been stripped; else the shorter one is the separator, and code follows
    stripped = all(not line.strip()[len(m.group(0).strip()) :] for line, m in zip(map(str, (m.string for m in matches)), matches) if m.group(2) != longest)
    return longest if stripped else min(separators, key=len)


def _range(arguments: dict[str, Any]) -> tuple[int, int | None]:
    """(first line, number of lines or None for all) that a reader's arguments ask for."""

    def number(*names: str) -> int | None:
        for name in names:
            value = arguments.get(name)
            if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) < 9:
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None

    both = arguments.get("view_range") or arguments.get("line_range")
    if isinstance(both, list) and len(both) == 2 and all(isinstance(v, int) for v in both):
        return min(max(1, both[0]), MAX_NUMBER), None if both[1] < 0 else max(1, both[1] - both[0] + 1)
    first = number("offset", "start_line", "start", "line_start", "start_line_one_indexed", "from_line", "StartLine", "startLine",
                   "startLineNumberBaseOne", "line_offset")
    if first is not None and "absolute_path" in arguments and "offset" in arguments:
        first += 1  # Gemini CLI and its descendants count from 0
    limit = number("limit", "max_lines", "num_lines", "n_lines")
    last = number("end_line", "end", "line_end", "end_line_one_indexed_inclusive", "to_line", "EndLine", "endLine", "endLineNumberBaseOne")
    first = min(first, MAX_NUMBER) if first and first > 0 else 1
    if limit is None and last is not None and last >= first:
        limit = last - first + 1
    return first, limit if limit and limit > 0 else None


OLD = ("old_str", "old_string", "oldString", "oldText", "old_text", "search", "target_content", "old")
NEW = ("new_str", "new_string", "newString", "newText", "new_text", "replace", "replacement", "new")
CONTENT = ("file_text", "content", "contents", "text", "code_edit", "CodeContent")


def possible_edits(step: Step) -> list[Edit]:
    """A tool that the vocabulary does not know may have written the file that it names, or run a program that did."""
    texts = [value for value in step.arguments.values() if isinstance(value, str)]
    made = [Edit("", "script", "\n".join(texts))] if texts else []
    if step.arguments.keys() & {*OLD, *NEW, *CONTENT, "diff", "patch", "edits"}:
        made += [Edit(path, "unknown") for key in PATH if isinstance(path := step.arguments.get(key), str) and path]
    return made


def refused(output: Output) -> bool:
    """The tool says that it changed nothing."""
    return _NO_EDIT.match(output.text[:300]) is not None or "No replacement was performed" in output.text[:300]


def edits(path: str, step: Step, output: Output) -> list[Edit]:
    """What an editing tool did to `path`; nothing when it says that it did nothing."""
    arguments = step.arguments
    if step.failed or output.failed or refused(output):
        return []
    command = arguments.get("command")
    many = arguments.get("edits")
    if isinstance(many, str) and len(many) < 400_000:
        many = _literal(many)
    if isinstance(many, list):
        made = [_replacement(path, one) if isinstance(one, dict) else None for one in many]
        return [edit or Edit(path, "unknown") for edit in made]
    replaced = _replacement(path, arguments)
    if replaced:
        return [replaced]
    line = arguments.get("insert_line")
    new = next((arguments[key] for key in NEW if isinstance(arguments.get(key), str)), None)
    if isinstance(line, int) and new is not None and 0 <= line < MAX_NUMBER:
        # editors differ on whether a last newline is added, so one line more or less may come in
        return [Edit(path, "lines", first=line + 1, last=line, lines=tuple(new.removesuffix("\n").split("\n")))]
    content = next((arguments[key] for key in CONTENT if isinstance(arguments.get(key), str)), None)
    if content is not None and (command in (None, "create", "write") and "mode" not in arguments):
        return [Edit(path, "write", content)]
    return [Edit(path, "unknown")]


def _replacement(path: str, arguments: dict[str, Any]) -> Edit | None:
    old = next((arguments[key] for key in OLD if isinstance(arguments.get(key), str)), None)
    new = next((arguments[key] for key in NEW if isinstance(arguments.get(key), str)), None)
    if not old or (new is None and arguments.get("command") != "str_replace"):
        return None
    everywhere = any(arguments.get(key) in (True, "true", "True") for key in ("replace_all", "replaceAll"))
    return Edit(path, "replace", old=old.replace("\r\n", "\n"), new=(new or "").replace("\r\n", "\n"), everywhere=everywhere)


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return syntax_trees.literal(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
