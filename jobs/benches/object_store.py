"""An object store on this machine for as long as it is measured: moto, from the test extra."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

BUCKET = "bench"


@contextmanager
def object_store() -> Iterator[str]:
    """URI of an empty bucket, which this process and its children reach; "" without moto."""
    if importlib.util.find_spec("moto") is None:
        yield ""
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    given = {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FACTORY_S3_ADDRESSING": "path",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        _create_bucket(port)
        yield f"s3://{BUCKET}"
    finally:
        process.kill()
        process.wait()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def _create_bucket(port: int) -> None:
    from factory.storage import s3_requests

    s3_requests.client.cache_clear()
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    s3_requests.client().create_bucket(Bucket=BUCKET)
