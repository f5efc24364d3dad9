"""Local files. Conditional writes by `link` (fails when the name exists) and by a lock that dies with its process."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from factory.errors import NoPermission, StorageError
from factory.storage import Info, writing


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def _info(uri: str, status: os.stat_result) -> Info:
    return Info(uri, status.st_size, f"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}", status.st_mtime)


def stat(uri: str) -> Info | None:
    path = _path(uri)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as e:
        raise StorageError(f"`{uri}` cannot be read: {e.strerror}") from None
    if not path.is_dir():
        return _info(uri, status) if S_ISREG(status.st_mode) else None
    inside = list(find(uri))
    names = "\n".join(f"{info.uri} {info.etag}" for info in inside)
    return Info(uri, sum(info.size for info in inside), hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()[:32])


def find(uri: str) -> Iterator[Info]:
    path = _path(uri)
    if path.is_dir():
        paths = sorted(_walk(path))
    elif path.exists():
        paths = [str(path)]
    elif glob.has_magic(str(path)):
        matches = sorted(glob.glob(str(path), recursive=True))
        paths = sorted({file for match in matches for file in (_walk(Path(match)) if os.path.isdir(match) else [match])})
    else:
        paths = []
    for name in paths:
        try:
            status = os.stat(name)
        except OSError as e:
            if isinstance(e, FileNotFoundError) or os.path.islink(name):
                continue  # a dangling link, or gone since
            raise StorageError(f"`{name}` cannot be read: {e.strerror}") from None
        if S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            yield _info(name, status)


def _walk(folder: Path, refused: Callable[[OSError], object] | None = None) -> Iterator[str]:
    """Files under `folder`; names that begin with a dot or an underscore are not data."""
    for root, folders, files in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        yield from (os.path.join(root, name) for name in files if not name.startswith((".", "__")))


def unread(uri: str) -> Iterator[tuple[str, str]]:
    """(path, what it is) of what is there and is neither a file nor a folder that can be entered."""
    refused: list[OSError] = []
    given = str(_path(uri))
    matches = [given] if os.path.lexists(given) else sorted(glob.glob(given, recursive=True))
    for match in matches:
        for name in sorted(_walk(Path(match), refused.append)) if os.path.isdir(match) else [match]:
            if os.path.islink(name) and not os.path.exists(name):
                yield name, "link that leads nowhere"
            elif not os.path.isfile(name):
                yield name, "pipe, socket or device"
    yield from ((str(error.filename), "folder that may not be entered") for error in refused if isinstance(error, PermissionError))


def leftovers(uri: str) -> Iterator[Info]:
    """Unfinished files of writers that were killed; no reader ever sees them."""
    for path in sorted(_path(uri).rglob(".*")):
        if path.name.startswith((".tmp-", ".part-")) and path.is_file():
            yield _info(str(path), path.stat())


def prepare(uri: str) -> None:
    try:
        _path(uri).mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=_path(uri)).close()
    except OSError as e:
        raise StorageError(f"`{uri}` cannot be written: {e.strerror}") from None


def read(uri: str) -> bytes:
    try:
        return _path(uri).read_bytes()
    except OSError as e:
        raise StorageError(f"`{uri}` cannot be read: {e.strerror}") from None


def open_read(uri: str) -> BinaryIO:
    try:
        return open(_path(uri), "rb")
    except PermissionError as e:
        raise NoPermission(f"`{uri}` cannot be read: {e.strerror}") from None
    except OSError as e:
        raise StorageError(f"`{uri}` cannot be read: {e.strerror}") from None


def read_tagged(uri: str) -> tuple[bytes, str] | None:
    try:
        data = _path(uri).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as e:
        raise StorageError(f"`{uri}` cannot be read: {e.strerror}") from None
    return data, hashlib.sha256(data).hexdigest()


def _stage(path: Path, data: bytes) -> Path:
    """A durable temporary file beside `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.chmod(name, 0o644)
    except OSError:
        os.unlink(name)
        raise
    return Path(name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put(uri: str, data: bytes) -> None:
    path = _path(uri)
    with writing(uri):
        os.replace(_stage(path, data), path)
        _sync_folder(path.parent)


def put_if_absent(uri: str, data: bytes) -> bool:
    path = _path(uri)
    with writing(uri):
        staged = _stage(path, data)
        try:
            os.link(staged, path)
        except FileExistsError:
            return False
        finally:
            os.unlink(staged)
        _sync_folder(path.parent)
    return True


def swap(uri: str, data: bytes, etag: str | None) -> bool:
    path = _path(uri)
    with writing(uri):
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = open(path.parent / f".{path.name}.lock", "wb")
    with opened as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = read_tagged(uri)
        if (found[1] if found else None) != etag:
            return False
        put(uri, data)
        return True


def upload(path: Path, uri: str) -> None:
    target = _path(uri)
    with writing(uri):
        target.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(path, 0o644)  # temporary files are their owner's alone
        with open(path, "rb") as f:
            os.fsync(f.fileno())
        try:
            os.replace(path, target)
        except OSError:  # another file system
            staged = _stage(target, path.read_bytes())
            os.replace(staged, target)
            path.unlink()
        _sync_folder(target.parent)


def delete(uri: str) -> None:
    _path(uri).unlink(missing_ok=True)


def local_copy(uri: str, cache: Path) -> Path:
    path = _path(uri)
    if not path.exists():
        raise StorageError(f"`{uri}` does not exist")
    return path
