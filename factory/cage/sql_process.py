"""The cage's own process as its client sees it: started with nothing worth stealing, asked over pipes, killed at the deadline."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import struct
import subprocess
import sys
import time
from pathlib import Path

WORKER = Path(__file__).with_name("sql_worker.py")
MAX_RESULT_BYTES = 32 << 20
MAX_REPLY_BYTES = 4 * MAX_RESULT_BYTES
START_SECONDS = 30.0


class SqlError(Exception):
    """A query or a database that gave no result.

    kind: sql (does not prepare or fails), refused (not a statement that the cage runs), timeout, memory,
    overflow (more rows or bytes than asked for), bad_database, crash.
    """

    def __init__(self, kind: str, message: str):
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message

    def __reduce__(self):
        return SqlError, (self.kind, self.message)


class Worker:
    """One process; `ask` sends a request and waits for the reply no longer than it is told."""

    def __init__(self, dialect: str):
        command = [sys.executable, "-I", "-S", str(WORKER), dialect]
        if dialect == "duckdb":
            found = importlib.util.find_spec("duckdb")
            if found is None:
                raise SqlError("crash", "the package `duckdb` is not installed")
            command.append(str(Path(found.submodule_search_locations[0]).parent))
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        os.set_blocking(self.process.stdin.fileno(), False)  # a worker that reads no more must not hold us
        self.deadline = time.monotonic() + START_SECONDS
        self.fresh = True

    def ask(self, request: dict, seconds: float) -> bytes:
        # A new process first has to load its engine.
        self.deadline = time.monotonic() + seconds + (START_SECONDS if self.fresh else 0)
        data = json.dumps(request).encode()
        self.write(struct.pack("<I", len(data)) + data)
        (length,) = struct.unpack("<Q", self.read(8))
        if length > MAX_REPLY_BYTES:
            raise SqlError("crash", "the worker's reply is over the cap")
        self.fresh = False
        return self.read(length)

    def wait(self, descriptor: int, event: int) -> None:
        left = self.deadline - time.monotonic()
        poll = select.poll()  # not select(): an actor may hold more than 1,024 descriptors
        poll.register(descriptor, event)
        if left <= 0 or not poll.poll(left * 1000):
            raise SqlError("timeout", "killed at the deadline")

    def write(self, data: bytes) -> None:
        descriptor = self.process.stdin.fileno()
        try:
            while data:
                self.wait(descriptor, select.POLLOUT)
                data = data[os.write(descriptor, data) :]
        except BrokenPipeError:
            raise SqlError("crash", "the worker is gone") from None

    def read(self, num_bytes: int) -> bytes:
        descriptor, pieces = self.process.stdout.fileno(), []
        while num_bytes:
            self.wait(descriptor, select.POLLIN)
            piece = os.read(descriptor, min(num_bytes, 1 << 20))
            if not piece:
                raise SqlError("crash", "the worker died")
            pieces.append(piece)
            num_bytes -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
