"""Objects in S3 and its likes, through boto3. Etags are compared without quotes.

Credentials are found as boto3 finds them; endpoint, region and addressing style stand in the environment, where
`storage.configure` puts what the placement says. botocore sends a failed request again (with jitter); what it does
not cover is done here: a body that breaks off is read again, and a conditional write or a completion whose
answer was lost is resolved by reading back. Conditional writes are small single puts, never a multipart completion:
some stores do not enforce the condition there. Every object that we write carries its sha256, and whole reads check it.
"""

from __future__ import annotations

import base64
import contextlib
import glob
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from factory.errors import StorageError
from factory.storage import Info
from factory.storage.s3_requests import (
    ABSENT,
    LOST_RACE,
    TRIES,
    Refused,
    again,
    call,
    check,
    pause,
    split,
)

PART_BYTES = 32 << 20
"""A file of more than two such parts is uploaded in parts."""
AHEAD_LEAST, AHEAD_MOST = 256 << 10, 8 << 20
"""Bytes fetched at once by a stream: more and more while it is read in order."""


def stat(uri: str) -> Info | None:
    _, key = split(uri)
    found = _head(uri) if key else None
    if found:
        return Info(uri, found["ContentLength"], found["ETag"].strip('"'), found["LastModified"].timestamp())
    inside = list(find(uri.rstrip("/") + "/"))
    if not inside:
        return None
    names = "\n".join(f"{info.uri} {info.etag}" for info in inside)
    return Info(uri, sum(info.size for info in inside), hashlib.sha256(names.encode()).hexdigest()[:32])


def _head(uri: str) -> Any:
    try:
        return call(uri, "head_object")
    except Refused as e:
        if e.code in ABSENT:
            return None
        raise


def find(uri: str) -> Iterator[Info]:
    """What is there under the very name comes first, as on a disk: a glob is a name that nothing has."""
    if glob.has_magic(split(uri)[1]):
        literal = list(_find(uri, False))
        yield from literal or _find(uri, True)
    else:
        yield from _find(uri, False)


def _find(uri: str, magic: bool) -> Iterator[Info]:
    bucket, key = split(uri)
    prefix = re.split(r"[*?[]", key, maxsplit=1)[0] if magic else key
    pattern = _pattern(key if magic else glob.escape(key.rstrip("/")))
    shown = len(prefix.rpartition("/")[0] if magic else key)  # what was asked for by name is not hidden
    token: dict[str, str] = {}
    while True:
        page = call(uri, "list_objects_v2", Prefix=prefix, **token)
        for item in page.get("Contents", []):
            name = item["Key"]
            hidden = any(part.startswith((".", "__")) for part in name[shown:].split("/"))
            if not hidden and not name.endswith("/") and (not key or pattern.fullmatch(name)):
                yield Info(f"s3://{bucket}/{name}", item["Size"], item["ETag"].strip('"'), item["LastModified"].timestamp())
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def _pattern(path: str) -> re.Pattern[str]:
    """A glob as on a disk: `*` stays inside a folder, `**` crosses folders; what matches a folder matches all in it."""
    written = ""
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]/]*\]|.", path, re.DOTALL):
        if token == "**/":
            written += "(?:[^/]+/)*"
        elif token == "**":
            written += ".*"
        elif token in ("*", "?"):
            written += "[^/]*" if token == "*" else "[^/]"
        elif len(token) > 1:
            inside = token[1:-1]
            others = "^" if inside[0] in "!^" and len(inside) > 1 else ""
            letters = re.sub(r"([][\\^&~|])", r"\\\1", inside[len(others) :])
            written += f"[{others}{letters}]"
        else:
            written += re.escape(token)
    return re.compile(written + "(?:/.*)?", re.DOTALL)


def read(uri: str) -> bytes:
    found = read_tagged(uri)
    if found is None:
        raise StorageError(f"`{uri}` does not exist")
    return found[0]


def read_tagged(uri: str) -> tuple[bytes, str] | None:
    try:
        data, found = again(uri, lambda: _fetch(uri))
    except Refused as e:
        if e.code in ABSENT:
            return None
        raise
    return data, found["ETag"].strip('"')


def _fetch(uri: str, **arguments: Any) -> tuple[bytes, Any]:
    found = call(uri, "get_object", **arguments)
    data = found["Body"].read()
    wanted = None if arguments else found.get("Metadata", {}).get("sha256")
    check(uri, found, len(data), hashlib.sha256(data).hexdigest() if wanted else None)
    return data, found


class _Ranges(io.RawIOBase):
    """A seekable view of one object by range requests, each for the etag that was found at first."""

    def __init__(self, info: Info):
        self.info, self.at = info, 0
        self.block, self.block_start, self.ahead = b"", 0, AHEAD_LEAST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, self.info.size)[whence]
        return self.at

    def readinto(self, buffer: Any) -> int:
        if self.at >= self.info.size:
            return 0
        block_end = self.block_start + len(self.block)
        if not self.block_start <= self.at < block_end:
            self.ahead = min(2 * self.ahead, AHEAD_MOST) if self.at == block_end else AHEAD_LEAST
            end = min(self.at + max(len(buffer), self.ahead), self.info.size)
            options = {"Range": f"bytes={self.at}-{end - 1}", "IfMatch": self.info.etag}
            try:
                self.block, _ = again(self.info.uri, lambda: _fetch(self.info.uri, **options))
            except Refused as e:
                if e.code in (*LOST_RACE, *ABSENT):
                    raise StorageError(f"`{self.info.uri}` changed while it was read; run again") from None
                raise
            self.block_start = self.at
        start = self.at - self.block_start
        taken = self.block[start : start + len(buffer)]
        buffer[: len(taken)] = taken
        self.at += len(taken)
        return len(taken)


def open_read(uri: str) -> BinaryIO:
    found = _head(uri)
    if found is None:
        raise StorageError(f"`{uri}` does not exist")
    return io.BufferedReader(_Ranges(Info(uri, found["ContentLength"], found["ETag"].strip('"'))), AHEAD_LEAST)


def _md5(data: bytes) -> str:
    """For the Content-MD5 header: the store refuses bytes that were damaged on the way."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def put(uri: str, data: bytes, **condition: str) -> None:
    sums = {"ContentMD5": _md5(data), "Metadata": {"sha256": hashlib.sha256(data).hexdigest()}}
    call(uri, "put_object", Body=data, **sums, **condition)


def conditional_put(uri: str, data: bytes, **condition: str) -> bool:
    """Whether the store took the write under its condition.

    After a lost answer, or one that says nothing (Ceph answers 500 to some writers of a race), the object tells: when
    it holds our data, we won."""
    for attempt in range(TRIES):
        try:
            put(uri, data, **condition)
            return True
        except Refused as e:
            is_lost = e.code in LOST_RACE or (e.code in ABSENT and "IfMatch" in condition)
            if e.is_clear and not is_lost:
                raise
        except StorageError:
            is_lost = False
        found = read_tagged(uri)
        if found is not None and found[0] == data:
            return True  # sent again after a lost answer, our own write is what the condition failed on
        if is_lost:
            return False
        pause(attempt)
    raise StorageError(f"`{uri}`: a conditional write got no clear answer {TRIES} times; run again")


def put_if_absent(uri: str, data: bytes) -> bool:
    if _single_writer():
        if _head(uri) is not None:
            return False
        put(uri, data)
        return True
    return conditional_put(uri, data, IfNoneMatch="*")


def swap(uri: str, data: bytes, etag: str | None) -> bool:
    if _single_writer():
        found = _head(uri)
        if (found["ETag"].strip('"') if found else None) != etag:
            return False
        put(uri, data)
        return True
    return put_if_absent(uri, data) if etag is None else conditional_put(uri, data, IfMatch=etag)


def _single_writer() -> bool:
    """The user says that nobody else writes, so that looking before writing is enough."""
    return os.environ.get("FACTORY_S3_SINGLE_WRITER") == "1"


def upload(path: Path, uri: str) -> None:
    size = path.stat().st_size
    if size <= 2 * PART_BYTES:
        put(uri, path.read_bytes())
    else:
        _upload_parts(path, uri, size)
    path.unlink()


def _upload_parts(path: Path, uri: str, size: int) -> None:
    with open(path, "rb") as f:
        sha256 = hashlib.file_digest(f, "sha256").hexdigest()
    upload_id = call(uri, "create_multipart_upload", Metadata={"sha256": sha256})["UploadId"]

    def send(number: int) -> dict[str, Any]:
        with open(path, "rb") as f:
            f.seek((number - 1) * PART_BYTES)
            data = f.read(PART_BYTES)
        sent = call(uri, "upload_part", UploadId=upload_id, PartNumber=number, Body=data, ContentMD5=_md5(data))
        return {"PartNumber": number, "ETag": sent["ETag"]}

    try:
        with ThreadPoolExecutor(4) as pool:
            parts = list(pool.map(send, range(1, -(-size // PART_BYTES) + 1)))
        try:
            call(uri, "complete_multipart_upload", UploadId=upload_id, MultipartUpload={"Parts": parts})
        except StorageError:
            found = _head(uri)  # the answer may have been lost after the completion
            if found is None or found["ContentLength"] != size or found["Metadata"].get("sha256") != sha256:
                raise
    except BaseException:
        with contextlib.suppress(StorageError):  # what failed first is what the user must see
            call(uri, "abort_multipart_upload", UploadId=upload_id)
        raise


def delete(uri: str) -> None:
    call(uri, "delete_object")


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
    root = uri.rstrip("/") + "/"
    try:
        for item in find(uri):
            file = staged / target.name / item.uri.removeprefix(root) if item.uri != uri else staged / target.name
            file.parent.mkdir(parents=True, exist_ok=True)
            again(item.uri, lambda item=item, file=file: _download(item, file))
        os.rename(staged, target.parent)
    except OSError:
        if not target.exists():  # else another process was first
            raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return target


def _download(item: Info, file: Path) -> None:
    found = call(item.uri, "get_object", IfMatch=item.etag)
    total, num_bytes = hashlib.sha256(), 0
    with open(file, "wb") as f:
        for chunk in found["Body"].iter_chunks(1 << 20):
            f.write(chunk)
            total.update(chunk)
            num_bytes += len(chunk)
    check(item.uri, found, num_bytes, total.hexdigest() if "sha256" in found.get("Metadata", {}) else None)
