"""Database files: which file a path leads to, what it is, and whether it is as it was."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from factory.cage.sql_process import SqlError
from factory.kept import Kept

MAX_DATABASE_BYTES = 4 << 30
KEPT_PATHS = 64
MAGIC = {"sqlite": (0, b"SQLite format 3\x00"), "duckdb": (8, b"DUCK")}

IDENTIFIED: Kept[bool] = Kept(KEPT_PATHS)
"""By (path, identity, dialect): files whose first bytes were looked at: this is asked before every query."""

RESOLVED: Kept[str] = Kept(KEPT_PATHS)
"""Path as given -> the file that it led to. Taken while both still name one file."""


def identify(database: Path, dialect: str) -> tuple[str, str]:
    """(resolved path, identity) of a database file; SqlError("bad_database") where it is none."""
    try:
        path, status = resolve(str(database))
        name = os.path.basename(path)
        if not stat.S_ISREG(status.st_mode):
            raise SqlError("bad_database", f"`{name}` is not a regular file")
        if status.st_size > MAX_DATABASE_BYTES:
            raise SqlError("bad_database", f"`{name}` has {status.st_size} bytes, over {MAX_DATABASE_BYTES}")
        identity = f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
        # Changes that were not yet written into the file would be missed in silence.
        for ending in ("-wal", "-journal", ".wal"):
            if os.path.exists(path + ending) and os.path.getsize(path + ending) > 0:
                raise SqlError("bad_database", f"`{name}{ending}` holds changes that are not in `{name}`; close it cleanly first")
        if not IDENTIFIED.get((path, identity, dialect)):
            offset, magic = MAGIC[dialect]
            with open(path, "rb", buffering=0) as file:
                start = file.read(16)
            if start[offset : offset + len(magic)] != magic:
                raise SqlError("bad_database", f"`{name}` is not a {dialect} database")
            IDENTIFIED.keep((path, identity, dialect), True)
    except (OSError, RuntimeError) as e:  # RuntimeError: links that go round
        raise SqlError("bad_database", f"`{Path(database).name}`: {getattr(e, 'strerror', 'a loop of links')}") from None
    return path, identity


def resolve(given: str) -> tuple[str, os.stat_result]:
    """The path without links, and the file's status. OSError, RuntimeError where there is none."""
    if known := RESOLVED.get(given):
        status = os.stat(given)
        with contextlib.suppress(OSError):
            if os.path.samestat(status, os.lstat(known)):
                return known, status
    path = RESOLVED.keep(given, os.path.realpath(given, strict=True))  # pathlib takes ten times as long
    return path, os.stat(path)


def dialect_of(database: Path) -> str:
    """`sqlite` or `duckdb`, by the file's first bytes. SqlError("bad_database") where it is neither."""
    try:
        with Path(database).open("rb") as file:
            start = file.read(16)
    except OSError as e:
        raise SqlError("bad_database", f"`{Path(database).name}`: {e.strerror}") from None
    for dialect, (offset, magic) in MAGIC.items():
        if start[offset : offset + len(magic)] == magic:
            return dialect
    raise SqlError("bad_database", f"`{Path(database).name}` is neither a SQLite nor a DuckDB database")
