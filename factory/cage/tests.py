"""Run a command that nobody vouches for, in a folder, and give back what it printed: in a bubblewrap cage, or not at all.

The command can write to its folder and to a /tmp of its own, sees the system read-only, has no network, no
other processes, no home, no variables but a fixed few. Limits per process are rlimits; what all processes
take together (memory, number, the folder's bytes) is looked at every tenth of a second, and the whole cage
is killed past a limit: a burst between two looks is bounded by the rlimits alone.
"""

from __future__ import annotations

import json
import os
import select
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from factory.cage import bubblewrap
from factory.cage.bubblewrap import TMP, Limits

FLOOD_BYTES = 64 << 20
"""Output after which a command is killed."""
LOOK_S = 0.1
DEFAULT_LIMITS = Limits()


class NoCage(Exception):
    """The cage cannot be had or did not start, and running without was not allowed."""


class Ran(NamedTuple):
    exit_code: int
    """As the shell gives it; negative or over 128 for a signal; -9 when we killed it."""
    output: str
    """stdout and stderr together, the middle cut out when it is long."""
    report: bytes
    """The file that the command was to write; b"" when there is none or it is too large."""
    stopped: str
    """Why we killed it: `time`, `output`, `memory`, `processes`, `disk`; "" when it ended by itself."""
    sandbox: Literal["bubblewrap", "unsandboxed"]
    wall_s: float

    @property
    def timed_out(self) -> bool:
        return self.stopped == "time"


def has_cage() -> bool:
    return bubblewrap.kind_of_cage() != "none"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the trees of a trial; its inside is removed afterwards, whatever a command made of it."""
    folder = Path(tempfile.mkdtemp(prefix="factory-cage-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        # rm walks trees that are deeper than Python's recursion or a path may be
        subprocess.run(["chmod", "-R", "u+rwX", "--", str(folder)], stdin=subprocess.DEVNULL, capture_output=True)
        subprocess.run(["rm", "-rf", "--one-file-system", "--", str(folder)], stdin=subprocess.DEVNULL, check=True)


def run(
    command: str,
    folder: Path,
    limits: Limits = DEFAULT_LIMITS,
    variables: dict[str, str] | None = None,
    report: str = "",
    unsandboxed: bool = False,
) -> Ran:
    """Run a shell command in `folder`; `{tmp}` in `variables` and `report` is its temporary folder, $TMPDIR.

    `report` is a file that the command writes and whose bytes are wanted. The folder's files then belong to
    the cage's user. Raises NoCage.
    """
    kind = bubblewrap.kind_of_cage()
    if kind == "none":
        if not unsandboxed:
            raise NoCage("bubblewrap (`bwrap`) does not work here; install it, or set `verify.unsandboxed`")
        with scratch() as tmp:
            (tmp / "tmp").mkdir()
            return _run(command, folder, limits, variables or {}, report, "none", str(tmp / "tmp"))
    return _run(command, folder, limits, variables or {}, report, kind, TMP)


def _run(
    command: str, folder: Path, limits: Limits, variables: dict[str, str], report: str, kind: bubblewrap.Kind, tmp: str
) -> Ran:
    folder = folder.resolve(strict=True)
    all_variables = bubblewrap.environment(tmp) | {
        name: value.replace("{tmp}", tmp) for name, value in variables.items()
    }
    # the shell alone holds our stdout, and writes nothing there but the report
    script = '/bin/sh -c "$1" >&2; code=$?'
    if report:
        script += f'; head -c {limits.report_bytes + 1} -- "$2" 2>/dev/null'
    shell = ["/bin/sh", "-c", script + "; exit $code", "sh", command, report.replace("{tmp}", tmp)]
    if kind == "none":
        line = bubblewrap.limited(limits, shell, counted=False)
    else:
        uid = bubblewrap.fresh_uid()
        if kind == "own_uid":
            _give(folder, uid)
        line = bubblewrap.caged(shell, folder, limits, kind, uid, all_variables)
    start = time.monotonic()
    told, tells = os.pipe()
    process = subprocess.Popen(
        line if kind == "none" else [line[0], "--info-fd", str(tells), *line[1:]],
        pass_fds=() if kind == "none" else (tells,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder if kind == "none" else "/",
        env=all_variables if kind == "none" else {},
        start_new_session=True,
    )
    os.close(tells)
    inside = _first_inside(told)
    try:
        output, found, stopped = _follow(process, folder, limits, start)
    finally:
        _kill(process, inside)
    code = process.wait()
    if kind != "none" and code and output.startswith(("bwrap: ", "setpriv: ", "prlimit: ")):
        raise NoCage(f"the cage did not start: {output[:300].strip()}")
    return Ran(
        -9 if stopped else code,
        output,
        found if len(found) <= limits.report_bytes else b"",
        stopped,
        "unsandboxed" if kind == "none" else "bubblewrap",
        time.monotonic() - start,
    )


def _give(folder: Path, uid: int) -> None:
    """Give the tree to `uid`; links are not followed."""
    subprocess.run(["chown", "-R", "-P", "-h", f"{uid}:{uid}", "--", str(folder)], check=True, stdin=subprocess.DEVNULL)


def _follow(process: subprocess.Popen, folder: Path, limits: Limits, start: float) -> tuple[str, bytes, str]:
    """Read until both pipes end or a limit is passed: output, report, and which limit."""
    report, head, tail, size = bytearray(), bytearray(), bytearray(), 0
    half = limits.output_bytes // 2
    looked = start
    num_looks = 0
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(LOOK_S)
            if not ready and process.poll() is not None:
                break  # without a cage, a process that was left behind may hold the pipes open
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    report += data[: limits.report_bytes + 1 - len(report)]
                else:
                    size += len(data)
                    taken = data[: half - len(head)]
                    head += taken
                    tail = (tail + data[len(taken) :])[-half:]
            now = time.monotonic()
            stopped = "time" if now - start > limits.wall_s else "output" if size > FLOOD_BYTES else ""
            if not stopped and now - looked >= LOOK_S:
                looked = now
                num_looks += 1
                stopped = _look(process.pid, folder if num_looks % 5 == 0 else None, limits)
            if stopped:
                return _joined(head, tail, size), b"", stopped
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    return _joined(head, tail, size), bytes(report), ""


def _joined(head: bytearray, tail: bytearray, size: int) -> str:
    left_out = size - len(head) - len(tail)
    middle = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
    return (bytes(head) + middle + bytes(tail)).decode("utf-8", "replace")


def _look(pid: int, folder: Path | None, limits: Limits) -> str:
    """Which limit all processes under `pid` together have passed; "" for none."""
    num_processes = num_bytes = 0
    left = [pid]
    while left:
        one = left.pop()
        num_processes += 1
        # bubblewrap itself is two processes, and the shell and prlimit come before the command
        if num_processes > limits.num_processes + 8:
            return "processes"
        try:
            with open(f"/proc/{one}/statm") as f:
                num_bytes += int(f.read().split()[1]) * 4096
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as f:
                    left += map(int, f.read().split())
        except (OSError, IndexError):
            continue  # it has ended
    if num_bytes > limits.memory_bytes:
        return "memory"
    return "disk" if folder is not None and _is_over(folder, limits.disk_bytes) else ""


def _is_over(folder: Path, most: int) -> bool:
    """Whether the files under `folder` take more than `most` bytes; each entry counts as 1 KiB at least."""
    size = 0
    left = [str(folder)]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    size += 1024 + entry.stat(follow_symlinks=False).st_blocks * 512
                    if size > most:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
        except OSError:
            continue  # it has gone, or may not be read
    return False


def _first_inside(told: int) -> int:
    """A handle of the first process in the cage, of which bubblewrap writes the id to `told`; -1 for none."""
    with open(told, "rb") as pipe:
        data = pipe.read(4096)
    try:
        return os.pidfd_open(json.loads(data)["child-pid"])
    except (ValueError, KeyError, OSError):
        return -1


def _kill(process: subprocess.Popen, inside: int) -> None:
    """End everything, and return when it has ended: the first process of a process namespace goes last."""
    if inside >= 0:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(inside, signal.SIGKILL)
        select.select([inside], [], [], 30)
        os.close(inside)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        pipe.close()
