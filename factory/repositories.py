"""Files of a git repository at a commit, read without a checkout and without anyone's configuration.

A repository is a bundle or a folder. A bundle's objects are unpacked once per process into a temporary
folder; the last few stay. Nothing of the repository runs: no hooks, no filters, no system or user settings.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import OrderedDict
from pathlib import Path

from factory.errors import RowError

MAX_FILE_BYTES = 8 << 20
"""A larger file is not read."""
KEPT = 8
"""Unpacked bundles per process."""
TIMEOUT_S = 300

_ISOLATED = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}
_GIT = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "safe.directory=*"]

_unpacked: OrderedDict[tuple[str, int, int], tempfile.TemporaryDirectory[str]] = OrderedDict()


def _run(arguments: list[str], data: bytes = b"") -> bytes:
    try:
        done = subprocess.run([*_GIT, *arguments], input=data, capture_output=True, env=_ISOLATED, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise RowError("side_input_missing", f"git could not be run: {e}") from None
    if done.returncode:
        raise RowError("side_input_missing", f"git {arguments[-1][:200]}: {done.stderr.decode('utf-8', 'replace')[-300:].strip()}")
    return done.stdout


def _git_folder(path: Path) -> str:
    """The git folder of a repository at `path`; a bundle is unpacked."""
    if path.is_dir():
        inside = path / ".git"
        return str(inside if inside.exists() else path)
    stat = path.stat()
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if key not in _unpacked:
        folder = tempfile.TemporaryDirectory(prefix="acc-repository-", ignore_cleanup_errors=True)
        _run(["init", "--quiet", "--bare", folder.name])
        _run(["--git-dir", folder.name, "bundle", "unbundle", str(path.absolute())])
        _unpacked[key] = folder
        while len(_unpacked) > KEPT:
            _unpacked.popitem(last=False)[1].cleanup()
    _unpacked.move_to_end(key)
    return _unpacked[key].name


def list_files(repository: Path, commit: str) -> dict[str, int]:
    """Mode of every path at `commit`, as git has it (0o120000 a link, 0o160000 a submodule); RowError as read_files.

    A tree that names a path outside of itself, or git's own files, is refused.
    """
    folder = _checked(repository, commit)
    modes = {}
    for entry in _run(["--git-dir", folder, "ls-tree", "-r", "-z", "--full-tree", commit]).split(b"\0"):
        if entry:
            head, _, path = entry.partition(b"\t")
            name = path.decode("utf-8", "surrogateescape")
            if name.startswith("/") or {"", ".", "..", ".git"} & set(name.lower().split("/")):
                raise RowError("side_input_missing", f"`{repository.name}` holds the path `{name[:200]}`")
            modes[name] = int(head.split()[0], 8)
    return modes


def read_files(repository: Path, commit: str, paths: list[str]) -> dict[str, bytes | None]:
    """Content of `paths` at `commit`; None for a file over MAX_FILE_BYTES, absent where the commit has no such file.

    RowError side_input_missing when the repository cannot be read or has no such commit.
    """
    folder = _checked(repository, commit)
    asked = [path for path in dict.fromkeys(paths) if "\n" not in path and "\0" not in path]
    names = [f"{commit}^{{commit}}", *(f"{commit}:{path}" for path in asked)]
    lines = _run(["--git-dir", folder, "cat-file", "--batch-check"], _encoded(names)).split(b"\n")
    if not lines[0].endswith(b"missing") and b" commit " in lines[0]:
        found = [(path, line.split()) for path, line in zip(asked, lines[1:]) if b" blob " in line]
    else:
        raise RowError("side_input_missing", f"`{repository.name}` holds no commit `{commit}`")
    out: dict[str, bytes | None] = {path: None for path, (_, _, size) in found if int(size) > MAX_FILE_BYTES}
    wanted = [(path, name.decode()) for path, (name, _, size) in found if int(size) <= MAX_FILE_BYTES]
    if wanted:
        data = _run(["--git-dir", folder, "cat-file", "--batch"], _encoded([name for _, name in wanted]))
        at = 0
        for path, _ in wanted:
            end = data.index(b"\n", at)
            size = int(data[at:end].split()[2])
            out[path] = data[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
    return out


def _checked(repository: Path, commit: str) -> str:
    """The git folder, once `commit` is known to be an id and not a ref or an option."""
    if not commit or not all(c in "0123456789abcdefABCDEF" for c in commit):
        raise RowError("side_input_missing", f"`{commit[:80]}` is not a commit id")
    return _git_folder(repository)


def _encoded(names: list[str]) -> bytes:
    return "".join(name + "\n" for name in names).encode("utf-8", "surrogateescape")
