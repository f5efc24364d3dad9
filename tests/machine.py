"""The machine's state before and after attacks: what an attack could have changed, told from what other programs do meanwhile.

An entry counts as changed unless it was only there for a moment (an attack's own processes have ended by then, so somebody
else took it away), or a process that does not descend from us holds it open. A process counts where it descends from us:
orphans come back to us, since we are their subreaper. Entries of /dev/shm that go are other programs' own business; a
canary there tells whether an attack removes what it finds. Standard library only.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = "/dev/shm"
WATCHED = ("/", "/etc", "/usr", "/var", "/dev", SHARED, os.path.expanduser("~"), sys.prefix)
"""Folders whose entries an attack may not change."""
SETTLE_SECONDS = 2.0
BECOME_SUBREAPER = 36
"""prctl: processes that lose their parent become ours, so that none that an attack leaves behind is missed."""


def state() -> set[str]:
    """One line for each thing that is watched."""
    found = {f"entry {folder}/{name}" for folder in WATCHED if os.access(folder, os.R_OK | os.X_OK) for name in os.listdir(folder)}
    found |= {f"mount {line}" for line in Path("/proc/mounts").read_text().splitlines()}
    return found | {f"host {socket.gethostname()}", f"/etc/passwd {digest_of(Path('/etc/passwd'))}"}


def changes(before: set[str]) -> list[str]:
    """What is otherwise than `before`, and is not another program's doing."""
    found = before ^ state()
    if found:
        time.sleep(SETTLE_SECONDS)
        found &= before ^ state()
    held = held_by_others() if any(line.startswith("entry ") for line in found) else set()
    return sorted(line for line in found if not (line.startswith("entry ") and is_of_others(line.removeprefix("entry "), line in before, held)))


def is_of_others(path: str, went: bool, held: set[str]) -> bool:
    path = os.path.normpath(path.replace("//", "/"))
    if went:
        return os.path.dirname(path) == SHARED
    return any(name == path or name.startswith(path + "/") for name in held)


def held_by_others() -> set[str]:
    """Paths that processes which do not descend from us have open, mapped, or stand in."""
    ours = {os.getpid(), *descendants()}
    held: set[str] = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) in ours:
            continue
        try:
            held |= {words[5].removesuffix(" (deleted)") for line in (process / "maps").read_text("utf-8", "replace").splitlines() if len(words := line.split(None, 5)) > 5}
            held |= {os.readlink(link) for link in (process / "cwd", *(process / "fd").iterdir())}
        except OSError:
            continue  # it ended, or is another user's
    return held


def descendants(of: int = 0) -> set[int]:
    found: set[int] = set()
    waiting = [of or os.getpid()]
    while waiting:
        try:
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                children = set(map(int, (task / "children").read_text().split())) - found
                found |= children
                waiting += children
        except OSError:
            continue
    return found


def adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1)


def left_behind(known: set[int]) -> list[str]:
    """Command lines of our descendants beside `known`; those about to end are given a second."""
    for _ in range(10):
        left = {pid: command_of(pid) for pid in descendants() - known}
        for pid in [pid for pid, command in left.items() if not command]:
            try:
                os.waitpid(pid, os.WNOHANG)  # an orphan that ended and became ours
            except ChildProcessError:
                pass
        if not any(left.values()):
            return []
        time.sleep(0.1)
    return sorted(filter(None, left.values()))


def command_of(pid: int) -> str:
    """"" for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")[:100]
    except OSError:
        return ""


@contextmanager
def canary() -> Iterator[Path]:
    """A file in shared memory that anything which clears up there would take along."""
    with tempfile.NamedTemporaryFile(dir=SHARED, prefix="canary-") as file:
        file.write(b"alive")
        file.flush()
        yield Path(file.name)
        assert Path(file.name).read_bytes() == b"alive", "the canary in shared memory was changed"


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
