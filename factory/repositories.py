"""Files of a git repository at a commit, read without a checkout and without anyone's configuration.

A repository is a bundle or a folder. A bundle's objects are unpacked once per process into a temporary folder,
and one `git cat-file` per repository stays to answer; the last few are kept. Nothing that a repository brings
along runs: no hooks, no filters, no settings of the system or the user.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import OrderedDict
from pathlib import Path

from factory.errors import FactoryError, RowError

MAX_FILE_BYTES = 8 << 20
"""A larger file is not read."""
MAX_PATHS = 200_000
"""A commit with more paths is not listed."""
KEPT = 8
"""Repositories open at a time, per process."""
TIMEOUT_S = 300
"""For unpacking a bundle."""
CHUNK = 1 << 20

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


class _Objects:
    """The objects of one repository, asked one by one."""

    def __init__(self, path: Path):
        self.unpacked: tempfile.TemporaryDirectory[str] | None = None
        if path.is_dir():
            folder = str(path / ".git" if (path / ".git").exists() else path)
        else:
            self.unpacked = tempfile.TemporaryDirectory(prefix="acc-repository-", ignore_cleanup_errors=True)
            folder = self.unpacked.name
            _run("init", "--quiet", "--bare", folder)
            _run("--git-dir", folder, "bundle", "unbundle", str(path.absolute()))
        try:
            self.process = subprocess.Popen(
                [*_GIT, "--git-dir", folder, "cat-file", "--batch"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_ISOLATED,
            )  # fmt: skip
        except OSError as e:
            raise _no_git(e) from None

    def read(self, name: str) -> tuple[str, bytes | None]:
        """(type, content) of an object: type "" where there is none, content None over MAX_FILE_BYTES."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(name.encode("utf-8", "replace") + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise RowError("side_input_missing", "the folder is no git repository") from None
        header = stdout.readline()
        if not header:
            raise RowError("side_input_missing", "the folder is no git repository")
        parts = header.rstrip(b"\n").split(b" ")
        if parts[-1] in (b"missing", b"ambiguous") or len(parts) != 3:
            return "", None
        left = size = int(parts[2])
        kept = []
        while left:
            data = stdout.read(min(left, CHUNK))
            if not data:
                raise RowError("side_input_missing", "git ended in the middle of a file")
            left -= len(data)
            if size <= MAX_FILE_BYTES:
                kept.append(data)
        stdout.read(1)
        return parts[1].decode(), b"".join(kept) if size <= MAX_FILE_BYTES else None

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        if self.unpacked:
            self.unpacked.cleanup()


_open: OrderedDict[tuple[str, int, int], _Objects] = OrderedDict()


def _run(*arguments: str) -> None:
    try:
        done = subprocess.run([*_GIT, *arguments], capture_output=True, env=_ISOLATED, timeout=TIMEOUT_S, check=False)
    except OSError as e:
        raise _no_git(e) from None
    except subprocess.TimeoutExpired as e:
        raise RowError("side_input_missing", f"git could not be run: {e}") from None
    if done.returncode:
        raise RowError("side_input_missing", f"git {arguments[-1][:200]}: {done.stderr.decode('utf-8', 'replace')[-300:].strip()}")


def _no_git(error: OSError) -> FactoryError:
    return FactoryError(f"git, which reads the repositories of runs, cannot be run: {error.strerror}; install it or mend PATH, then run again")


def _objects(path: Path) -> _Objects:
    stat = path.stat()
    # a folder changes its time with every new file, and git sees new objects by itself
    key = (str(path), stat.st_ino, 0) if path.is_dir() else (str(path), stat.st_mtime_ns, stat.st_size)
    if key in _open and _open[key].process.poll() is not None:
        _open.pop(key).close()
    if key not in _open:
        _open[key] = _Objects(path)
        while len(_open) > KEPT:
            _open.popitem(last=False)[1].close()
    _open.move_to_end(key)
    return _open[key]


def read_files(repository: Path, commit: str, paths: list[str]) -> dict[str, bytes | None]:
    """Content of `paths` at `commit`; None for a file over MAX_FILE_BYTES, absent where the commit has no such file.

    RowError side_input_missing when the repository cannot be read or has no such commit.
    """
    objects = _objects_with(repository, commit)
    out: dict[str, bytes | None] = {}
    for path in paths:
        if "\n" not in path and "\0" not in path:
            kind, data = objects.read(f"{commit}:{path}")
            if kind == "blob":
                out[path] = data
    return out


def list_files(repository: Path, commit: str) -> dict[str, int]:
    """Mode of every path at `commit`, as git has it (0o120000 a link, 0o160000 a submodule); RowError as read_files.

    A tree that names a path outside of itself, or git's own files, is refused.
    """
    objects = _objects_with(repository, commit)
    modes: dict[str, int] = {}
    left = [("", f"{commit}^{{tree}}")]
    while left:
        folder, name = left.pop()
        _, data = objects.read(name)
        if data is None or len(modes) > MAX_PATHS or folder.count("/") > 100:
            raise RowError("side_input_missing", f"`{repository.name}` holds a tree that is damaged or too large")
        at = 0
        # `MODE NAME`, a zero byte, and the object's id of 20 bytes
        while at < len(data):
            end = data.index(b"\0", at)
            mode, _, raw = data[at:end].partition(b" ")
            part = raw.decode("utf-8", "replace")
            if part.lower() in ("", ".", "..", ".git") or "/" in part:
                raise RowError("side_input_missing", f"`{repository.name}` holds the path `{folder}{part}`")
            if int(mode, 8) == 0o40000:
                left.append((f"{folder}{part}/", data[end + 1 : end + 21].hex()))
            else:
                modes[folder + part] = int(mode, 8)
            at = end + 21
    return modes


def _objects_with(repository: Path, commit: str) -> _Objects:
    """The objects of a repository that holds `commit`, an id and not a ref or an option."""
    if not commit or not all(c in "0123456789abcdefABCDEF" for c in commit):
        raise RowError("side_input_missing", f"`{commit[:80]}` is not a commit id")
    objects = _objects(repository)
    if objects.read(f"{commit}^{{commit}}")[0] != "commit":
        raise RowError("side_input_missing", f"`{repository.name}` holds no commit `{commit}`")
    return objects
