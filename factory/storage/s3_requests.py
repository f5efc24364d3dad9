"""Requests to S3 and its likes: the client, its errors, and what is tried again.

botocore sends a failed request again, with jitter; a body that breaks off is read again here.
"""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Callable
from typing import Any

from factory.errors import StorageError

TRIES = 6
ABSENT = ("404", "NoSuchKey", "NotFound")
LOST_RACE = ("412", "PreconditionFailed")
CONFLICT = ("409", "ConditionalRequestConflict", "OperationAborted")


class Refused(StorageError):
    """The store's answer was an error. `code` is S3's word for it, `status` that of HTTP."""

    def __init__(self, message: str, code: str, status: int):
        super().__init__(message)
        self.code, self.status = code, status

    @property
    def is_clear(self) -> bool:
        """Whether the request surely did nothing."""
        return 400 <= self.status < 500 and self.code not in (*CONFLICT, "RequestTimeout")


@functools.cache
def client() -> Any:
    # Ceph RGW and others refuse the streaming checksums that newer clients send by default.
    os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    os.environ.setdefault("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
    import boto3
    from botocore.config import Config

    seconds = float(os.environ.get("FACTORY_S3_TIMEOUT_SECONDS", "60"))
    config = Config(
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": os.environ.get("FACTORY_S3_ADDRESSING", "auto")},
        connect_timeout=seconds,
        read_timeout=seconds,
        max_pool_connections=32,
    )
    return boto3.session.Session().client("s3", config=config)


def split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def call(uri: str, method: str, **arguments: Any) -> Any:
    """One request. Refused where the store says no, StorageError where it cannot be reached."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    bucket, key = split(uri)
    try:
        known = client()
    except ValueError as e:  # of botocore, about the URL
        raise StorageError(f"`{uri}`: {e}; set AWS_ENDPOINT_URL_S3, or `s3_endpoint` in the placement, to a URL as http://HOST:PORT") from None
    place = {"Bucket": bucket} if method == "list_objects_v2" else {"Bucket": bucket, "Key": key}
    try:
        return getattr(known, method)(**place, **arguments)
    except ClientError as e:
        error = e.response.get("Error", {})
        code = str(error.get("Code", ""))
        status = int(e.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        raise Refused(f"`{uri}`: {method} failed: {code} ({status}) {error.get('Message') or ''}".rstrip(), code, status) from None
    except ParamValidationError:
        raise StorageError(f"`{uri}`: `{bucket}` is no name of a bucket, or `{key}` none of an object; give s3://BUCKET/PREFIX") from None
    except BotoCoreError as e:
        raise StorageError(f"`{uri}`: {method} failed: {e}; check endpoint, region and credentials") from None


def pause(attempt: int) -> None:
    time.sleep(random.random() * min(5.0, 0.1 * 2**attempt))


class Damaged(Exception):
    """What arrived is not what is stored."""


def check(uri: str, found: Any, num_bytes: int, sha256: str | None) -> None:
    if num_bytes != found["ContentLength"]:
        raise Damaged(f"{num_bytes} of {found['ContentLength']} bytes arrived")
    if sha256 and sha256 != found["Metadata"]["sha256"]:
        raise Damaged(f"its sha256 is {sha256}, and {found['Metadata']['sha256']} was written")


def again(uri: str, read_it: Callable[[], Any]) -> Any:
    """`read_it()`, anew where a body broke off."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    for attempt in range(TRIES):
        try:
            return read_it()
        except (Damaged, HTTPClientError, IncompleteReadError) as e:
            if attempt + 1 == TRIES:
                raise StorageError(f"`{uri}`: read {TRIES} times, and it came damaged each time ({e})") from None
            pause(attempt)
