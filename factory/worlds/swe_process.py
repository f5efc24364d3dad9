"""Processes that run generated code: an environment of their own, a time limit, killed as a group.

pytest runs in a process that has imported it once and forks for every run of tests. The process keeps one tree of files, with
the bytecode beside it: of two trees of one repository nearly all files are the same. Together that saves three quarters of the time.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

TIMEOUT_S = 60

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "COLUMNS": "120",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
}
"""All that a process of ours sees of the environment: nothing of the user's."""

# `python -m pytest` in a child: the working folder comes first on the path (as "" of `-c`), the alarm ends what does not end
SERVER = """
import json, os, signal, sys
import pytest
from _pytest import config, junitxml
config.get_config()
for line in sys.stdin:
    folder, bytecode, arguments, output, seconds = json.loads(line)
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.alarm(seconds)
        shown = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(shown, 1)
        os.dup2(shown, 2)
        os.chdir(folder)
        sys.pycache_prefix, sys.dont_write_bytecode = bytecode, False
        sys.argv = ["pytest", *arguments]
        status = int(pytest.main(arguments))
        sys.stdout.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Pytest:
    """A process that runs tests, one run at a time. It ends when it is closed, and with the process that made it."""

    def __init__(self) -> None:
        self.scratch = tempfile.TemporaryDirectory(prefix="swe-tests-")
        self.folder = Path(self.scratch.name) / "repo"
        self.files: dict[str, str] = {}
        """What `folder` holds."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER], cwd="/", env=ENVIRONMENT, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, files: dict[str, str], arguments: list[str]) -> tuple[int, str, Path]:
        """`python -m pytest arguments` on `files`: (exit status, negative when it was killed; what it prints; its JUnit file)."""
        assert self.process.stdin and self.process.stdout
        self.hold(files)
        place = Path(self.scratch.name)
        output, xml = place / "output", place / "results.xml"
        xml.unlink(missing_ok=True)
        job = [str(self.folder), str(place / "bytecode"), [*arguments, f"--junitxml={xml}"], str(output), TIMEOUT_S]
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise OSError(f"the process that runs pytest ended with {self.process.wait()}; is pytest installed?")
        return int(answer), output.read_text("utf-8", "replace"), xml

    def hold(self, files: dict[str, str]) -> None:
        """Make the folder hold exactly `files`. Bytecode is known by a file's size and time, so the time is made from the text."""
        for path in self.files.keys() - files.keys():
            (self.folder / path).unlink()
        changed = {path: text for path, text in files.items() if self.files.get(path) != text}
        self.files = dict(files)
        write_tree(changed, self.folder)
        for path, text in changed.items():
            when = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") >> 1
            os.utime(self.folder / path, (when, when))

    def __enter__(self) -> Pytest:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.scratch.cleanup()


def execute(command: list[str], folder: Path, timeout_s: float = TIMEOUT_S, text: str = "") -> tuple[int, str]:
    """(status, output and errors as one text); the whole process group is killed when the time is over."""
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, encoding="utf-8", errors="replace", start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = process.communicate(text, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return -9, "timed out"
    return process.returncode, output


def write_tree(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
