"""Objects by URI: local paths and s3:// alike. The only home of object-store clients.

Writes are whole-object and atomic. `put_if_absent` and `swap` are the two conditional writes that the
ledger and the publisher stand on: exactly one of several racing callers with different data wins. An `etag` changes whenever
the content may have changed; on local disks it is made of size, modification time and inode.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from factory.errors import StorageError

SCHEMES: dict[str, str] = {"": "local", "file": "local", "s3": "s3"}


class Info(NamedTuple):
    uri: str
    size: int
    etag: str
    modified: float = 0.0
    """Seconds since 1970; 0 where the store does not say."""


def scheme(uri: str) -> str:
    head, mark, _ = uri.partition("://")
    return head if mark else ""


def store(uri: str):
    """The module that serves `uri`."""
    name = scheme(uri)
    if name not in SCHEMES:
        raise StorageError(f"`{uri}`: unknown scheme `{name}`; known: a local path, {', '.join(s + '://' for s in SCHEMES if s)}")
    if SCHEMES[name] == "s3":
        from factory.storage import s3

        return s3
    from factory.storage import local

    return local


def join(base: str, *names: str) -> str:
    return "/".join([base.rstrip("/"), *names])


def parent(uri: str) -> str:
    return uri.rpartition("/")[0]


def resolve(uri: str, folder: str) -> str:
    """`uri` itself when absolute, else the object of that name in `folder`."""
    if not uri or scheme(uri) or uri.startswith("/"):
        return uri
    if scheme(folder):
        return join(folder, uri)
    return str(Path(folder, uri))


def stat(uri: str) -> Info | None:
    """None where there is nothing. A local folder has an etag too: it covers the names and etags inside."""
    return store(uri).stat(uri)


def find(uri: str) -> Iterator[Info]:
    """Objects at `uri`: itself, everything under a folder or prefix, or the matches of a glob; sorted by URI."""
    return store(uri).find(uri)


def read(uri: str) -> bytes:
    return store(uri).read(uri)


def open_read(uri: str) -> BinaryIO:
    """A seekable stream."""
    return store(uri).open_read(uri)


def read_tagged(uri: str) -> tuple[bytes, str] | None:
    """Content and the etag that `swap` takes; None where there is nothing."""
    return store(uri).read_tagged(uri)


def put(uri: str, data: bytes) -> None:
    store(uri).put(uri, data)


def put_if_absent(uri: str, data: bytes) -> bool:
    """False when the object was there already."""
    return store(uri).put_if_absent(uri, data)


def swap(uri: str, data: bytes, etag: str | None) -> bool:
    """Replace the object only if it still has `etag` (None: only if it is absent). False when it changed."""
    return store(uri).swap(uri, data, etag)


def upload(path: Path, uri: str) -> None:
    """Move a finished local file to `uri`; the local file is gone afterwards."""
    store(uri).upload(path, uri)


def delete(uri: str) -> None:
    store(uri).delete(uri)


def local_copy(uri: str, cache: Path) -> Path:
    """A read-only local path with the object's content; the object itself where it is local."""
    return store(uri).local_copy(uri, cache)
