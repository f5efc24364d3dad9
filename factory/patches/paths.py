"""Paths in patch headers: read as git writes them, refused when they leave the tree."""

from __future__ import annotations

import re
from collections.abc import Collection

MAX_PATH = 1_000
"""Characters of a path."""

PREFIXES = {("a/", "b/"), ("i/", "w/"), ("c/", "i/"), ("c/", "w/"), ("o/", "w/")}
"""What `git diff` writes before the names; the later pairs with diff.mnemonicPrefix."""

ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


class PatchError(Exception):
    """A patch that cannot be used. `reason` is `no_patch`, `patch_malformed` or `patch_refused`."""

    def __init__(self, reason: str, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self):
        return PatchError, (self.reason, self.detail)


def refuse_path(path: str) -> str:
    """`path` unquoted; PatchError where it is absolute, climbs out, or goes into `.git`."""
    path = unquote(path.strip())
    shown = path[:200]
    if not path or len(path) > MAX_PATH:
        raise PatchError("patch_malformed", f"a path of {len(path)} characters")
    if path.startswith(("/", "~")) or "\\" in path or re.match(r"[A-Za-z]:", path):
        raise PatchError("patch_refused", f"`{shown}` is an absolute or foreign path")
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) < 0xE000 for char in path):
        raise PatchError("patch_refused", f"{shown!r} holds control characters")
    for part in path.split("/"):
        plain = part.lower().rstrip(". ")
        if part in ("", ".", "..") or not plain or len(part.encode()) > 255:
            raise PatchError("patch_refused", f"`{shown}` has the part `{part}`")
        if plain in (".git", "git~1", ".gitmodules"):
            raise PatchError("patch_refused", f"`{shown}` goes into git's own files")
    return path


def unquote(path: str) -> str:
    """Undo git's C-style quoting: `"a/caf\\303\\251.py"`. Other text comes back as it is."""
    if len(path) < 2 or not (path.startswith('"') and path.endswith('"')):
        return path
    data = bytearray()
    inner = path[1:-1]
    i = 0
    while i < len(inner):
        char = inner[i]
        following = inner[i + 1 : i + 2]
        if char != "\\":
            data += char.encode("utf-8", "surrogatepass")
            i += 1
        elif following in ESCAPES:
            data.append(ESCAPES[following])
            i += 2
        elif re.fullmatch(r"[0-3][0-7]{2}", inner[i + 1 : i + 4]):
            data.append(int(inner[i + 1 : i + 4], 8))
            i += 4
        else:
            raise PatchError("patch_malformed", f"the quoted path {path[:200]}")
    return data.decode("utf-8", "replace")


def file_names(minus: str, plus: str) -> tuple[str, str]:
    """Old and new path of the two header lines, prefixes taken off; "" for /dev/null."""
    old, new = (unquote(line[4:].split("\t", 1)[0].strip()) for line in (minus, plus))
    old, new = strip_prefixes(old, new)
    return "" if old == "/dev/null" else refuse_path(old), "" if new == "/dev/null" else refuse_path(new)


def strip_prefixes(old: str, new: str) -> tuple[str, str]:
    if old == "/dev/null":
        return old, next((new[2:] for _, prefix in PREFIXES if new.startswith(prefix)), new)
    if new == "/dev/null":
        return next((old[2:] for prefix, _ in PREFIXES if old.startswith(prefix)), old), new
    if (old[:2], new[:2]) in PREFIXES:
        return old[2:], new[2:]
    if old.startswith("a/") and old[2:] == new:
        return new, new
    if new.startswith("b/") and new[2:] == old:
        return old, old
    return old, new


def diff_git_names(rest: str) -> tuple[str, str]:
    """The two names of a `diff --git` line. Unquoted names with spaces must be equal to be told apart."""
    if rest.startswith('"') or rest.endswith('"'):
        found = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[^" ]\S*) ("(?:[^"\\]|\\.)*"|[^" ]\S*)', rest)
        names = (found[1], found[2]) if found else ("", "")
    elif rest.count(" ") == 1:
        names = tuple(rest.split(" "))
    else:
        # `a/NAME b/NAME`: both halves have the same length
        names = (rest[: len(rest) // 2], rest[len(rest) // 2 + 1 :])
        if names[0][2:] != names[1][2:]:
            # a rename of names with spaces: the lines `rename from` and `rename to` say which
            return "", ""
    old, new = strip_prefixes(*(unquote(name) for name in names))
    return refuse_path(old), refuse_path(new)


def can_hold(path: str, paths: Collection[str]) -> bool:
    """Whether a new file may stand at `path` beside the files `paths`: not below a file, not in a folder's place."""
    parts = path.split("/")
    if any("/".join(parts[:i]) in paths for i in range(1, len(parts))):
        return False
    return not any(other.startswith(path + "/") for other in paths)
