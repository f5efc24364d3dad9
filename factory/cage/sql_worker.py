"""The process that SQL runs in: started by `SqlCage`, killed by it, and never imported by it.

Run as `python -I -S sql_worker.py sqlite|duckdb [folder of the duckdb package]` with an empty environment.
It puts limits on itself, opens databases read-only, and answers one length-prefixed JSON request at a
time on stdin with one length-prefixed JSON reply on stdout. Everything it reads is hostile; so may be
everything it writes, once a query has broken an engine: the client reads only JSON and text, up to a cap.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import time
from pathlib import Path

MEMORY_BYTES = {"sqlite": 1 << 30, "duckdb": 6 << 30}
"""Address space. DuckDB reserves far more than it touches; its own memory_limit is lower (duckdb_engine)."""
CPU_SPARE_SECONDS = 5
ENDS_TRIP = frozenset({"bad_database", "timeout", "memory"})
"""Errors that the other requests of a trip would only meet too."""


class Refused(Exception):
    """The statement is not one that the cage runs."""


class BadDatabase(Exception):
    """The file is not a sound database."""


class Deadline(Exception):
    """The query ran past its time."""


class Overflow(Exception):
    """The result has more rows or bytes than asked for."""


def lower(limit: int, value: int) -> None:
    """Set a limit, or keep one that is lower already."""
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def limit_process(dialect: str) -> None:
    lower(resource.RLIMIT_AS, MEMORY_BYTES[dialect])
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file grows from here, pipes excepted
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    lower(resource.RLIMIT_NOFILE, 64)
    os.umask(0o077)
    os.chdir("/")


def limit_cpu(seconds: float) -> None:
    """The kernel ends a query that neither the deadline nor the client could (the client may be dead)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + CPU_SPARE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def encode_rows(fetch, max_rows: int, max_bytes: int, default) -> tuple[str, int]:
    """The rows as the inside of a JSON list, and their count."""
    pieces, num_rows = written_rows(fetch, max_rows, max_bytes, lambda rows: json.dumps(rows, separators=(",", ":"), default=default)[1:-1])
    return ",".join(pieces), num_rows


def written_rows(fetch, max_rows: int, max_bytes: int, write) -> tuple[list[str], int]:
    """What `write` makes of the rows, some at a time, and their count; row or byte max + 1 raises Overflow."""
    pieces: list[str] = []
    num_rows = num_bytes = 0
    while rows := fetch():
        num_rows += len(rows)
        if num_rows > max_rows:
            raise Overflow(f"more than {max_rows} rows")
        pieces.append(write(rows))
        num_bytes += len(pieces[-1]) if pieces[-1].isascii() else len(pieces[-1].encode())
        if num_bytes > max_bytes:
            raise Overflow(f"more than {max_bytes} bytes")
    return pieces, num_rows


def answer(engine, request: dict) -> tuple[str, str]:
    """One reply as JSON text, behind which lines may stand, and the kind of its error or "". Every failure of the query
    becomes {"error": [kind, message]}."""
    deadline = time.monotonic() + request["timeout"]
    limit_cpu(request["timeout"])
    try:
        return engine.run(request, deadline), ""
    except MemoryError:
        raise
    except Refused as e:
        kind, message = "refused", str(e)
    except BadDatabase as e:
        kind, message = "bad_database", str(e)
    except Deadline:
        kind, message = "timeout", f"over {request['timeout']:g} s"
    except Overflow as e:
        kind, message = "overflow", str(e)
    except (RecursionError, ValueError, OverflowError) as e:
        kind, message = "sql", f"{type(e).__name__}: {e}"
    except engine.errors as e:
        kind, message = engine.describe(e, deadline)
    folder = os.path.dirname(request.get("path", ""))
    if len(folder) > 1:
        message = message.replace(folder, "")
    return json.dumps({"error": [kind, message[:300]]}), kind


def answers(engine, request: dict) -> str:
    """The reply to one request, or to several that come together."""
    if request["op"] != "several":
        return answer(engine, request)[0]
    replies: list[str] = []
    for one in request["requests"]:
        reply, error = answer(engine, one)
        replies.append(reply)
        if error in ENDS_TRIP:
            break
    return f'{{"replies":[{",".join(replies)}]}}'


def serve(engine) -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(4):
        (length,) = struct.unpack("<I", header)
        request = json.loads(source.read(length))
        last = False
        try:
            reply = b"{}" if request["op"] == "ping" else answers(engine, request).encode("utf-8", "backslashreplace")
        except MemoryError:
            # What is left of the heap is not trusted with another query.
            reply, last = b'{"error":["memory","out of memory"]}', True
        sink.write(struct.pack("<Q", len(reply)))
        sink.write(reply)
        sink.flush()
        if last:
            os._exit(1)


def main() -> None:
    dialect = sys.argv[1]
    # Under -I -S neither this folder nor site-packages is on the path; appended, so that nothing shadows the library.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    sys.modules["factory.cage.sql_worker"] = sys.modules["__main__"]
    limit_process(dialect)
    if dialect == "sqlite":
        from factory.cage.sqlite_engine import SqliteEngine as Engine
    else:
        sys.path.append(sys.argv[2])
        from factory.cage.duckdb_engine import DuckdbEngine as Engine
    serve(Engine())


if __name__ == "__main__":
    main()
