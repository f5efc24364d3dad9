"""The command line that puts a program into a bubblewrap cage, and which kind of cage this machine can give.

As a plain user everything is unshared, the user namespace too. As root the program gets a user id of its own
instead of a user namespace: only so does the limit on processes bind, and files of root stay unreadable.
Where that is not possible, root unshares everything like a plain user, and the watch of `tests.py` alone
bounds the number of processes; so too for a plain user on kernels before 5.14, which count all processes of
the user together (`user_uncounted`). Not covered: faults of the kernel.
"""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["own_uid", "user", "user_uncounted", "none"]

SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib64", "/lib32")
TMP = "/tmp"
REPOSITORY = "/repository"
"""Where the working folder stands inside."""

_serial = itertools.count()


class Limits(NamedTuple):
    wall_s: float = 120.0
    cpu_s: int = 60
    """Per process."""
    address_bytes: int = 2 << 30
    """Address space per process."""
    memory_bytes: int = 3 << 30
    """Resident, of all processes together."""
    file_bytes: int = 64 << 20
    disk_bytes: int = 512 << 20
    """All that the working folder may hold."""
    tmp_bytes: int = 256 << 20
    num_files: int = 256
    """Open files per process."""
    num_processes: int = 64
    output_bytes: int = 64 << 10
    """Kept of the output: half from its start, half from its end."""
    report_bytes: int = 16 << 20


def environment(tmp: str) -> dict[str, str]:
    """All variables that a program sees."""
    interpreter = os.path.join(sys.prefix, "bin")
    return {
        "PATH": f"{interpreter}:/usr/local/bin:/usr/bin:/bin",
        "HOME": tmp,
        "TMPDIR": tmp,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "USER": "nobody",
        "LOGNAME": "nobody",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def limited(limits: Limits, command: list[str], counted: bool) -> list[str]:
    """`command` under rlimits; `counted` where the limit on processes counts those of the cage alone."""
    return [
        "/usr/bin/prlimit",
        f"--as={limits.address_bytes}",
        f"--cpu={limits.cpu_s}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.num_files}",
        *([f"--nproc={limits.num_processes}"] if counted else []),
        "--core=0",
        "--",
        *command,
    ]


def interpreter_folders() -> list[str]:
    """Folders that this Python needs, outermost first, those of the system left out."""
    folders = {os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    folders |= {sys.prefix, sys.base_prefix}
    return sorted(folder for folder in folders if not folder.startswith("/usr/") and folder != "/usr")


def caged(
    command: list[str], folder: Path, limits: Limits, kind: Kind, uid: int, variables: dict[str, str]
) -> list[str]:
    """The command line that runs `command` in `folder`, the only place that it can write besides /tmp."""
    line = [shutil.which("bwrap") or "bwrap"]
    if kind != "own_uid":
        line += ["--unshare-all"]
    else:
        line += ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--die-with-parent", "--new-session", "--clearenv"]
    for name, value in variables.items():
        line += ["--setenv", name, value]
    line += ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc"]
    line += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for system in SYSTEM_FOLDERS:
        if os.path.islink(system):
            line += ["--symlink", os.readlink(system), system]
        elif os.path.isdir(system):
            line += ["--ro-bind", system, system]
    line += ["--proc", "/proc", "--dev", "/dev"]
    for switch in ("sys", "sysrq-trigger", "irq", "bus"):
        # the kernel's switches obey the id of root, even without any capability
        line += ["--ro-bind-try", f"/proc/{switch}", f"/proc/{switch}"]
    line += ["--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", TMP]
    line += ["--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", "/dev/shm"]
    # after /tmp, where an environment may well stand
    made: set[str] = set()
    for needed in interpreter_folders():
        for parent in reversed(Path(needed).parents[:-1]):
            if str(parent) not in made:
                made.add(str(parent))
                line += ["--perms", "0755", "--dir", str(parent)]
        line += ["--ro-bind", needed, needed]
    line += ["--bind", str(folder), REPOSITORY, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", REPOSITORY]
    line += ["--cap-drop", "ALL"]
    inside = limited(limits, command, counted=kind != "user_uncounted")
    if kind == "own_uid":
        line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
        own = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
        inside = ["/usr/bin/setpriv", *own, "--inh-caps=-all", "--bounding-set=-all", *inside]
    return [*line, "--", *inside]


def fresh_uid() -> int:
    """A user id that no one else has, so that limits per user count one cage only; nobody's where ids are scarce."""
    with open("/proc/self/uid_map") as f:
        widest = max(int(line.split()[2]) for line in f)
    if widest < 200_000_000:
        return 65_534
    return 100_000_000 + (os.getpid() % 4_000_000) * 16 + next(_serial) % 16


@functools.cache
def kind_of_cage() -> Kind:
    """The strongest cage that works here, tried once per process."""
    if not shutil.which("bwrap") or not os.path.exists("/usr/bin/prlimit"):
        return "none"
    kinds: list[Kind] = ["user", "user_uncounted"]
    if os.geteuid() == 0:
        kinds.insert(0, "own_uid")
    for kind in kinds:
        command = [sys.executable, "-c", "import os; os.fork()"]
        with tempfile.TemporaryDirectory(prefix="factory-cage-") as folder:
            probe = caged(command, Path(folder), Limits(), kind, 65_534, environment(TMP))
            try:
                done = subprocess.run(probe, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
            except (OSError, subprocess.TimeoutExpired):
                continue
        if done.returncode == 0:
            return kind
    return "none"
