"""SWE-agent's shell: its own file commands (open, goto, edit, ...) among ordinary ones."""

from __future__ import annotations

import re
import shlex
from typing import Any

OF_OPEN_FILE = ("goto", "scroll_down", "scroll_up", "edit", "insert", "append", "set_cursors")
SEARCHES = ("search_dir", "search_file", "find_file")
VIEW_RANGE = re.compile(r"--view_range[ =](\d{1,9})[ ,](-?\d{1,9})")
OPEN_FILE = "(Open file: "
MAX_LINE = 2_000


def read_command(action: str, open_file: str = "") -> tuple[str, dict[str, Any]]:
    """(tool, arguments) of one action. `open_file` is the file that the editor shows while it runs."""
    action = action.strip("\n")
    line = action.lstrip().partition("\n")[0][:MAX_LINE]
    name = line.partition(" ")[0]
    if name == "submit" and line.strip() == "submit":
        return "submit", {}
    if name in OF_OPEN_FILE:
        return name, {"path": open_file, "command": action} if open_file else {"command": action}
    if name in ("open", "create"):
        words = words_of(line)
        return name, {"path": words[1] if len(words) > 1 else "", "command": action}
    if name in SEARCHES:
        words = words_of(line)
        path = words[2] if len(words) > 2 else open_file if name == "search_file" else ""
        return name, {"pattern": words[1] if len(words) > 1 else "", "path": path, "command": action}
    if name == "str_replace_editor":
        words = words_of(line)
        arguments: dict[str, Any] = {"command": words[1] if len(words) > 1 else "", "path": words[2] if len(words) > 2 else ""}
        if found := VIEW_RANGE.search(line):
            arguments["view_range"] = [int(found.group(1)), int(found.group(2))]
        return name, arguments
    return "bash", {"command": action}


def words_of(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that goes on in the next line
        return line.split()


def open_file_after(observation: str) -> str | None:
    """The open file that the prompt under an observation names; None when there is no such prompt."""
    start = observation.rfind(OPEN_FILE, max(0, len(observation) - 2_000))
    if start < 0:
        return None
    path = observation[start + len(OPEN_FILE) :].partition(")\n")[0]
    return "" if path == "n/a" else path
