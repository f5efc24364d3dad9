"""Side inputs: what a row reads besides itself (databases, repositories, gold tables, page stores).

`SideInputs` gives each one as a local path and remembers which were read and what they held, so that a unit's
key covers their content and an object is opened again when one of them changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from blake3 import blake3

from factory import storage
from factory.errors import RowError, StorageError
from factory.kept import Kept

ABSENT, UNREAD = "", "unread"
REMEMBERED = 10_000
"""Content hashes kept per process."""


def cache_folder() -> Path:
    """Where local copies of remote side inputs lie; safe to delete."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "acc-factory" / "side"


def is_place(uri: str) -> bool:
    """Whether `uri` names something that can be opened, and not only a name such as `django/django`."""
    return bool(storage.scheme(uri)) or uri.startswith("/")


class SideInputs:
    def __init__(self) -> None:
        self._hashes: Kept[str] = Kept(REMEMBERED)
        self._etags: dict[str, str] = {}
        """URI -> etag, for the task at hand; "" for an absent one."""
        self._unread: set[str] = set()
        self.asked: set[str] = set()
        """URIs that were asked for, on behalf of the row whose set the caller has put here."""

    def begin(self) -> None:
        """Forget which side inputs were read: a new task begins."""
        self._etags = {}
        self._unread = set()

    def seen(self, asked: Iterable[str]) -> dict[str, str]:
        """URI -> etag of what was asked for; UNREAD, which no object has, where it is there and could not be read: the next
        run tries again."""
        return {uri: UNREAD if uri in self._unread else self._etags[uri] for uri in sorted(asked) if uri in self._etags}

    def path(self, uri: str) -> Path:
        """Local, read-only path of the object or folder at `uri`. RowError("side_input_missing") when it cannot be read."""
        if not self._etag(uri):
            raise RowError("side_input_missing", f"`{uri}` does not exist")
        try:
            return storage.local_copy(uri, cache_folder())
        except StorageError as e:
            self._unread.add(uri)
            raise RowError("side_input_missing", str(e)) from None

    def present(self, uri: str) -> bool:
        return bool(self._etag(uri))

    def content_hash(self, uri: str) -> str:
        """Hash of the bytes at `uri`; ABSENT when there is nothing."""
        etag = self._etag(uri)
        if not etag:
            return ABSENT
        known = self._hashes.get((uri, etag))
        if known is None:
            try:
                known = _hash(self.path(uri))
            except OSError as e:
                self._unread.add(uri)
                raise RowError("side_input_missing", f"`{uri}` cannot be read: {e.strerror}; the next run tries again") from None
            self._hashes.keep((uri, etag), known)
        return known

    def _etag(self, uri: str) -> str:
        self.asked.add(uri)
        if uri not in self._etags:
            info = storage.stat(uri)
            self._etags[uri] = info.etag if info else ABSENT
        return self._etags[uri]


def _hash(path: Path) -> str:
    """Over a file, or over the names and contents of a folder's files."""
    total = blake3()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        if file != path:
            total.update(str(file.relative_to(path)).encode("utf-8", "surrogateescape") + b"\0")
        with open(file, "rb") as f:
            total.update(hashlib.file_digest(f, blake3).digest())  # type: ignore[arg-type]
    return total.hexdigest()


