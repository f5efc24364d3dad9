"""What happened to files in a run, in order: windows that were shown, edits, and diffs of the working tree."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import NamedTuple

from factory.recipe import Vocabulary
from factory.records import Step
from factory.shell import Command, Edit, parse
from factory.shell.lexer import ShellSyntaxError, Word, tokenize
from factory.vocabulary import Action, classify
from factory.windows import tools
from factory.windows.observations import Output, unwrap
from factory.windows.reading import Window, windows_of


class Diff(NamedTuple):
    """Output of `git diff`."""

    text: str


class Event(NamedTuple):
    turn: int
    what: Window | Edit | Diff
    failed: bool = False
    """The call failed, so that an edit may not have happened."""


_RANGE_EDIT = re.compile(r"edit +(\d{1,9}):(\d{1,9})[ \t]*\n(.*?)\n?end_of_edit\s*$", re.S)
_FILE_COMMAND = re.compile(r"(?:open|goto|edit|insert|append|create)[ \t]|scroll_(?:up|down)\b")
"""SWE-agent's own commands, which some logs hold among the shell's."""


def events(steps: tuple[Step, ...], vocabulary: Vocabulary) -> list[Event]:
    """Events of all steps. Paths are as the run writes them, joined with the working folder where it is told."""
    out: list[Event] = []
    folder = ""
    for step in steps:
        actions = classify(step, vocabulary)
        for action in actions:
            output = unwrap(step.observation, action.target if action.kind == "run" else "")
            for event in _of_action(step, action, output, len(actions) == 1):
                out.append(event._replace(what=_placed(event.what, folder)))
            folder = output.folder or folder
    return out


def _placed(what: Window | Edit | Diff, folder: str) -> Window | Edit | Diff:
    """`what` with its relative paths counted from `folder`."""
    if not folder or isinstance(what, Diff) or not what.path:
        return what
    path = posixpath.normpath(posixpath.join(folder, what.path))
    return what._replace(path=path) if isinstance(what, Window) else replace(what, path=path)


def _of_action(step: Step, action: Action, output: Output, alone: bool) -> list[Event]:
    """What one action did. Of several files that one call shows, only those that the output itself names are told apart."""
    if action.kind == "run" and not _FILE_COMMAND.match(action.target):
        return _shell(step, action.target, output)
    found = tools.described(output, step.arguments, action.target if action.kind == "edit" else "")
    windows = [window for window, _ in found]
    made: list[Edit] = []
    if action.kind == "view" and not windows and action.target and alone and not step.failed:
        windows = tools.viewed(action.target, step.arguments, output)
    elif action.kind == "list" and not windows and not step.failed:
        windows = tools.found_lines(step.arguments, output)
    elif action.kind == "edit":
        made = _editor(step, action.target, output, windows)
    elif action.kind == "run":
        made = _file_command("", action.target, output, windows)
    elif action.kind == "other":
        made = tools.possible_edits(step)
    # a snippet says where the new text stands now
    snippets = [window for window, after in found if after]
    made = [_located(edit, snippets) for edit in made]
    return [Event(step.turn, edit) for edit in made] + [Event(step.turn, window) for window in windows]


def _editor(step: Step, target: str, output: Output, windows: list[Window]) -> list[Edit]:
    said = step.arguments.get("command")
    if isinstance(said, str) and _FILE_COMMAND.match(said):
        return _file_command(target, said, output, windows)
    if target:
        return tools.edits(target, step, output)
    return [] if tools.refused(output) else [Edit("", "unknown")]


def _file_command(path: str, script: str, output: Output, windows: list[Window]) -> list[Edit]:
    """The edit that one of SWE-agent's file commands makes, in the file that its output shows."""
    path = path or (windows[0].path if windows else "")
    name = script.split(None, 1)[0]
    if name not in ("edit", "insert", "create", "append") or tools.refused(output):
        return []
    if name == "create":
        return [Edit(path, "write", "")] if path else []
    ranged = _RANGE_EDIT.match(script)
    if ranged and path:
        text = ranged.group(3)
        first, last = int(ranged.group(1)), int(ranged.group(2))
        return [Edit(path, "lines", first=first, last=max(first, last), lines=tuple(text.split("\n")) if text else ())]
    words = _words(script)
    if path and name == "edit" and len(words) == 3 and words[1]:
        return [Edit(path, "replace", old=words[1], new=words[2])]
    return [Edit(path, "unknown", script)]


def _words(script: str) -> list[str]:
    try:
        return [token.text for token in tokenize(script) if isinstance(token, Word)]
    except ShellSyntaxError:
        return []


def _located(edit: Edit, snippets: list[Window]) -> Edit:
    """A replacement with the line where it happened, when the snippet shows the new text exactly once."""
    if edit.kind != "replace" or edit.everywhere or not edit.new.strip():
        return edit
    places = []
    for window in snippets:
        text = "\n".join(window.lines)
        at = text.find(edit.new)
        while at >= 0 and len(places) < 2:
            places.append((window.first or 1) + text.count("\n", 0, at))
            at = text.find(edit.new, at + 1)
    return replace(edit, first=places[0]) if len(places) == 1 else edit


def _shell(step: Step, script: str, output: Output) -> list[Event]:
    commands = parse(script)
    failed = output.failed or step.failed
    shares = _share(commands, output._replace(failed=failed))
    out: list[Event] = []
    for position, command in enumerate(commands):
        for edit in command.edits:
            doubtful = command.conditional or (failed and edit.kind not in ("write", "script"))
            out.append(Event(step.turn, edit, doubtful))
        share = shares.get(position)
        if share is None:
            continue
        if command.kind == "view" and command.view is not None:
            if not share.failed or command.view.has_file_numbers:
                out += [Event(step.turn, window) for window in windows_of(command.view, share)]
        elif command.kind == "diff":
            out.append(Event(step.turn, Diff(share.text)))
    return out


def _share(commands: list[Command], output: Output) -> dict[int, Output]:
    """Which part of the output each command printed, where that can be told."""
    printing = [(i, c) for i, c in enumerate(commands) if c.kind != "silent"]
    if len(printing) == 1:
        return {printing[0][0]: output}
    diffs = [i for i, c in printing if c.kind == "diff"]
    if len(diffs) == 1 and output.text.startswith("diff --git ") and all(c.kind in ("diff", "print") for _, c in printing):
        return {diffs[0]: output}  # harnesses take the words that end a run off its last output
    pieces = output.pieces
    if output.failed or len(pieces) != 1:
        return {}
    lines = list(pieces[0].lines)
    shares: dict[int, Output] = {}
    group: list[tuple[int, Command]] = []
    at = 0
    for position, command in [*printing, (-1, Command("print"))]:
        if command.kind != "print":
            group.append((position, command))
            continue
        if position < 0:
            stop = len(lines)
        else:
            said = [c.text for _, c in printing if c.kind == "print"]
            # a separator that also stands in a file would split it at the wrong place
            if "\n" in command.text or lines.count(command.text) != said.count(command.text):
                return shares
            stop = lines.index(command.text, at) if command.text in lines[at:] else -1
            if stop < 0 or (stop > at and not group):
                return shares
        shares.update(_split(group, lines[at:stop], output))
        group, at = [], stop + 1
    return shares


def _split(group: list[tuple[int, Command]], lines: list[str], output: Output) -> dict[int, Output]:
    """Lines that several commands printed one after the other: only numbered views can be told apart."""
    if not group:
        return {}
    if len(group) == 1:
        return {group[0][0]: output._replace(text="\n".join(lines) + "\n")}
    shares = {}
    at = 0
    for position, command in group:
        view = command.view
        if view is None or not view.has_file_numbers or not view.contiguous or view.numbers[0].style != "nl":
            return {}
        stop = at
        number = None
        while stop < len(lines):
            shown = lines[stop].partition(view.numbers[-1].separator)[0].strip()
            if not shown.isdigit() or (number is not None and int(shown[:9]) != number + 1):
                break
            number = int(shown[:9])
            stop += 1
        if stop > at:
            shares[position] = output._replace(text="\n".join(lines[at:stop]) + "\n")
        at = stop
    return shares if at == len(lines) else {}
