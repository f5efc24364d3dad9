"""Objects by URI: local paths and s3:// alike. The only home of object-store clients.

Writes are whole-object and atomic. `put_if_absent` and `swap` are the two conditional writes that the
ledger and the publisher stand on: exactly one of several racing callers with different data wins. An `etag` changes whenever
the content may have changed; on local disks it is made of size, modification time and inode.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
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


ENVIRONMENT = {
    "endpoint": "AWS_ENDPOINT_URL_S3",
    "region": "AWS_DEFAULT_REGION",
    "addressing": "FACTORY_S3_ADDRESSING",
    "single_writer": "FACTORY_S3_SINGLE_WRITER",
}
"""Settings of object stores, by the environment variable that carries each to every process of a run."""


def configure(endpoint: str = "", region: str = "", addressing: str = "", single_writer: bool = False) -> None:
    """Put into the environment what is given; the rest stays as the environment says."""
    given = {"endpoint": endpoint, "region": region, "addressing": addressing, "single_writer": "1" if single_writer else ""}
    changed = {ENVIRONMENT[name]: value for name, value in given.items() if value and os.environ.get(ENVIRONMENT[name]) != value}
    if changed:
        os.environ.update(changed)
        from factory.storage import s3_requests

        s3_requests.client.cache_clear()


def settings() -> dict[str, str]:
    """The environment variables of `configure` that are set, for processes on other machines."""
    return {name: os.environ[name] for name in ENVIRONMENT.values() if name in os.environ}


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


def shown(path: str) -> str:
    """A path as text: bytes of a name that are not UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@contextmanager
def writing(uri: str) -> Iterator[None]:
    """What a disk says against a write, as one sentence that names the place."""
    try:
        yield
    except OSError as e:
        raise StorageError(f"`{shown(uri)}` cannot be written: {e.strerror or e}; make room there, or give another place") from None


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


def unread(uri: str) -> Iterator[tuple[str, str]]:
    """What `find` passes over at a local path though it is there: (path, what it is)."""
    if scheme(uri) in ("", "file"):
        from factory.storage import local

        yield from local.unread(uri)


def leftovers(root: str) -> Iterator[Info]:
    """Unfinished files under a local folder that writers left when they were killed; stores of objects have none."""
    if scheme(root) in ("", "file"):
        from factory.storage import local

        yield from local.leftovers(root)


def prepare(root: str) -> None:
    """Make a local folder for a dataset. StorageError where it takes no files; a store of objects says so with the first write."""
    if not scheme(root) or scheme(root) == "file":
        from factory.storage import local

        local.prepare(root)


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


def holds_conditions(root: str) -> bool:
    """Whether the store of `root` holds conditional writes. Found out once by trying; the answer stands in `<root>/STORE.json`.

    Without them two runs that publish at once can lose a version, and nothing would say so.
    """
    if not scheme(root):
        return True
    import uuid

    place = join(root, "STORE.json")
    found = read_tagged(place)
    if found is None:
        answer = _try_conditions(join(root, f".probe-{uuid.uuid4().hex}"))
        put(place, json.dumps({"conditional_writes": answer}).encode())
        return answer
    return bool(json.loads(found[0]).get("conditional_writes"))


def _try_conditions(uri: str) -> bool:
    from factory.storage import s3, s3_requests

    try:
        first = s3.conditional_put(uri, b"1", IfNoneMatch="*")
        again = s3.conditional_put(uri, b"2", IfNoneMatch="*")
        found = read_tagged(uri)
        wrong = s3.conditional_put(uri, b"3", IfMatch="0" * 32)
        right = s3.conditional_put(uri, b"4", IfMatch=found[1] if found else "")
    except s3_requests.Refused as e:
        if e.code in ("NotImplemented", "InvalidArgument", "InvalidRequest", "501", "400"):
            return False
        raise
    finally:
        delete(uri)
    return first and not again and not wrong and right
