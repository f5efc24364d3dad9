"""Side inputs: what a row reads besides itself (databases, repositories, gold tables, page stores).

`SideInputs` gives each one as a local path and remembers which were read and what they held, so that a unit's
key covers their content and an object is opened again when one of them changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
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
        """URI -> etag, for the batch at hand; ABSENT where there is nothing."""
        self.found: dict[str, str] = {}
        """URI -> etag of what the row at hand asked for; UNREAD, which no object has, where it is there and could not be read, or
        changed meanwhile: the next run tries again. The caller puts each row's own here."""
        self.hashed: set[str] = set()
        """Those of them whose content counts; each row's own, too."""

    def begin(self) -> None:
        """Forget what was found: a new batch begins."""
        self._etags, self.found, self.hashed = {}, {}, set()

    def moved(self, uris: Iterable[str]) -> set[str]:
        """Those that are not what they were found to be: they changed while the batch read them."""
        moved = {uri for uri in set(uris) if _etag_of(uri) != self._etags[uri]}
        if moved:
            self._hashes = Kept(REMEMBERED)  # some may have been taken too late
        return moved

    def path(self, uri: str) -> Path:
        """Local, read-only path of the object or folder at `uri`. RowError("side_input_missing") when it cannot be read."""
        if not self._etag(uri):
            raise RowError("side_input_missing", f"`{uri}` does not exist")
        try:
            return storage.local_copy(uri, cache_folder())
        except StorageError as e:
            self.found[uri] = UNREAD
            raise RowError("side_input_missing", str(e)) from None

    def present(self, uri: str) -> bool:
        return bool(self._etag(uri))

    def content_hash(self, uri: str) -> str:
        """Hash of the bytes at `uri`; ABSENT when there is nothing."""
        etag = self._etag(uri)
        if not etag:
            return ABSENT
        self.hashed.add(uri)
        known = self._hashes.get((uri, etag))
        if known is None:
            try:
                known = _hash(self.path(uri))
            except OSError as e:
                self.found[uri] = UNREAD
                raise RowError("side_input_missing", f"`{uri}` cannot be read: {e.strerror}; the next run tries again") from None
            self._hashes.keep((uri, etag), known)
        return known

    def _etag(self, uri: str) -> str:
        if uri not in self._etags:
            self._etags[uri] = _etag_of(uri)
        self.found.setdefault(uri, self._etags[uri])
        return self._etags[uri]


def merge(sides: dict[str, str], found: Mapping[str, str]) -> None:
    """Adds what another reader found. UNREAD where the two found different things: the next run looks again."""
    for uri, etag in found.items():
        if sides.setdefault(uri, etag) != etag:
            sides[uri] = UNREAD


def _etag_of(uri: str) -> str:
    info = storage.stat(uri)
    return info.etag if info else ABSENT


def _hash(path: Path) -> str:
    """Over a file, or over the names and contents of a folder's files."""
    total = blake3()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        if file != path:
            total.update(str(file.relative_to(path)).encode("utf-8", "surrogateescape") + b"\0")
        with open(file, "rb") as f:
            total.update(hashlib.file_digest(f, blake3).digest())  # type: ignore[arg-type]
    return total.hexdigest()


