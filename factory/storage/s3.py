"""Objects in S3 and its likes, through boto3. Etags are compared without quotes.

Credentials, region and endpoint are found as boto3 finds them (environment, profile, role); FACTORY_S3_ADDRESSING
= `path` or `virtual` overrides the addressing style. Conditional writes are small single puts, never a
multipart completion: some stores do not enforce the condition there.
"""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from factory.errors import StorageError
from factory.storage import Info

BLOCK = 8 << 20


@functools.cache
def client() -> Any:
    # Ceph RGW and others refuse the streaming checksums that newer clients send by default.
    os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    os.environ.setdefault("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "adaptive", "max_attempts": 8},
        s3={"addressing_style": os.environ.get("FACTORY_S3_ADDRESSING", "auto")},
        max_pool_connections=32,
    )
    return boto3.session.Session().client("s3", config=config)


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _call(uri: str, method: str, absent_is_none: bool = False, **arguments: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(client(), method)(**arguments)
    except ClientError as e:
        if absent_is_none and _code(e) in ("404", "NoSuchKey", "NotFound"):
            return None
        if _code(e) in ("412", "PreconditionFailed", "409", "ConditionalRequestConflict"):
            raise
        raise StorageError(f"`{uri}`: {method} failed: {_code(e)} {e.response.get('Error', {}).get('Message', '')}") from None
    except BotoCoreError as e:
        raise StorageError(f"`{uri}`: {method} failed: {e}; check endpoint, region and credentials") from None


def stat(uri: str) -> Info | None:
    bucket, key = _split(uri)
    found = _call(uri, "head_object", True, Bucket=bucket, Key=key) if key else None
    if found:
        return Info(uri, found["ContentLength"], found["ETag"].strip('"'), found["LastModified"].timestamp())
    inside = list(find(uri.rstrip("/") + "/"))
    if not inside:
        return None
    names = "\n".join(f"{info.uri} {info.etag}" for info in inside)
    return Info(uri, sum(info.size for info in inside), hashlib.sha256(names.encode()).hexdigest()[:32])


def find(uri: str) -> Iterator[Info]:
    bucket, key = _split(uri)
    magic = next((i for i, c in enumerate(key) if c in "*?["), None)
    prefix = key if magic is None else key[:magic]
    token: dict[str, str] = {}
    while True:
        page = _call(uri, "list_objects_v2", Bucket=bucket, Prefix=prefix, **token)
        for item in page.get("Contents", []):
            name = item["Key"]
            if magic is not None:
                matches = fnmatch.fnmatchcase(name, key)
            else:
                matches = name == key or not key or name.startswith(key.rstrip("/") + "/")
            hidden = any(part.startswith((".", "__")) for part in name[len(prefix.rpartition("/")[0]) :].split("/"))
            if matches and not hidden and not name.endswith("/"):
                yield Info(f"s3://{bucket}/{name}", item["Size"], item["ETag"].strip('"'), item["LastModified"].timestamp())
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def read(uri: str) -> bytes:
    found = read_tagged(uri)
    if found is None:
        raise StorageError(f"`{uri}` does not exist")
    return found[0]


def read_tagged(uri: str) -> tuple[bytes, str] | None:
    bucket, key = _split(uri)
    found = _call(uri, "get_object", True, Bucket=bucket, Key=key)
    return None if found is None else (_body(uri, found), found["ETag"].strip('"'))


def _body(uri: str, found: Any) -> bytes:
    data = found["Body"].read()
    if len(data) != found["ContentLength"]:
        raise StorageError(f"`{uri}`: {len(data)} of {found['ContentLength']} bytes arrived; try again")
    return data


class _Ranges(io.RawIOBase):
    """A seekable view of one object by range requests."""

    def __init__(self, uri: str, size: int, etag: str):
        self.uri, self.size, self.etag, self.at = uri, size, etag, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def readinto(self, buffer: Any) -> int:
        end = min(self.at + len(buffer), self.size)
        if end <= self.at:
            return 0
        bucket, key = _split(self.uri)
        found = _call(self.uri, "get_object", Bucket=bucket, Key=key, Range=f"bytes={self.at}-{end - 1}", IfMatch=self.etag)
        data = _body(self.uri, found)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def open_read(uri: str) -> BinaryIO:
    info = stat(uri)
    if info is None:
        raise StorageError(f"`{uri}` does not exist")
    return io.BufferedReader(_Ranges(uri, info.size, info.etag), BLOCK)


def put(uri: str, data: bytes) -> None:
    bucket, key = _split(uri)
    _call(uri, "put_object", Bucket=bucket, Key=key, Body=data)


def _conditional(uri: str, data: bytes, **condition: str) -> bool:
    from botocore.exceptions import ClientError

    bucket, key = _split(uri)
    try:
        _call(uri, "put_object", Bucket=bucket, Key=key, Body=data, **condition)
    except ClientError:
        # A lost answer may have been a win: the object then holds just what we wrote.
        found = read_tagged(uri)
        return found is not None and found[0] == data
    except StorageError as e:
        if "NoSuchKey" in str(e) or "404" in str(e):
            return False  # If-Match on an absent object
        raise
    return True


def put_if_absent(uri: str, data: bytes) -> bool:
    return _conditional(uri, data, IfNoneMatch="*")


def swap(uri: str, data: bytes, etag: str | None) -> bool:
    return put_if_absent(uri, data) if etag is None else _conditional(uri, data, IfMatch=etag)


def upload(path: Path, uri: str) -> None:
    from boto3.exceptions import S3UploadFailedError

    bucket, key = _split(uri)
    try:
        client().upload_file(str(path), bucket, key)
    except S3UploadFailedError as e:
        raise StorageError(f"`{uri}`: upload failed: {e}") from None
    path.unlink()


def delete(uri: str) -> None:
    bucket, key = _split(uri)
    _call(uri, "delete_object", Bucket=bucket, Key=key)


def local_copy(uri: str, cache: Path) -> Path:
    """The object (or every object under the prefix) in `cache`, named by content; made once."""
    info = stat(uri)
    if info is None:
        raise StorageError(f"`{uri}` does not exist")
    target = cache / hashlib.sha256(f"{uri} {info.etag}".encode()).hexdigest()[:32] / uri.rstrip("/").rpartition("/")[2]
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".tmp-", dir=cache))
    objects = list(find(uri))
    root = uri.rstrip("/") + "/"
    for item in objects:
        bucket, key = _split(item.uri)
        file = staged / target.name / item.uri.removeprefix(root) if item.uri != uri else staged / target.name
        file.parent.mkdir(parents=True, exist_ok=True)
        client().download_file(bucket, key, str(file))
    try:
        os.rename(staged, target.parent)
    except OSError:
        if not target.exists():  # another process was first
            raise
    return target
