"""S3 servers for tests: moto in a process of its own, and Ceph's gateway where `radosgw` is installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCESS, SECRET = "testaccess", "testsecret"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(endpoint: str) -> dict[str, str]:
    """Where boto3 looks for the server; child processes and Ray workers inherit it."""
    return {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "FACTORY_S3_ADDRESSING": "path",
        "FACTORY_S3_SINGLE_WRITER": "",
    }


@contextmanager
def pointed_at(endpoint: str, **others: str) -> Iterator[None]:
    """This process and its children use the server at `endpoint`."""
    from factory.storage import s3_requests

    values = environment(endpoint) | others
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    s3_requests.client.cache_clear()
    try:
        yield
    finally:
        s3_requests.client.cache_clear()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def new_bucket() -> str:
    from factory.storage import s3_requests

    name = f"test-{uuid.uuid4().hex[:12]}"
    s3_requests.client().create_bucket(Bucket=name)
    return f"s3://{name}"


def wait_for(endpoint: str, process: subprocess.Popen[bytes] | None = None) -> None:
    for _ in range(600):
        if process and process.poll() is not None:
            raise AssertionError(f"the S3 server ended with code {process.returncode}")
        try:
            urllib.request.urlopen(endpoint, timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no S3 server answers at {endpoint}")


@contextmanager
def moto() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def ceph(folder: Path) -> Iterator[str]:
    """A monitor, an in-memory store and the gateway, all under `folder`."""
    port, monitor = free_port(), free_port()
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    config, keyring = folder / "ceph.conf", folder / "keyring"
    config.write_text(_config(folder, fsid, port, monitor))
    key = ["ceph-authtool", str(keyring), "--gen-key"]
    _run(["ceph-authtool", "--create-keyring", str(keyring), "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"])
    for name, caps in (("client.admin", "allow *"), ("client.rgw.a", "allow *"), ("osd.0", "allow profile osd")):
        pairs = [("mon", caps), ("mgr", caps), ("osd", "allow *")]
        _run([*key, "-n", name, *(word for kind, cap in pairs for word in ("--cap", kind, cap))])
    _run(["monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{monitor}/0]", str(folder / "monmap")])
    asked = ["-c", str(config)]
    processes = []
    try:
        _run(["ceph-mon", *asked, "-i", "a", "--mkfs", "--monmap", str(folder / "monmap"), "--keyring", str(keyring)])
        processes.append(_start(["ceph-mon", *asked, "-i", "a", "-f"]))
        secret = _run(["ceph-authtool", str(keyring), "-n", "osd.0", "--print-key"]).decode().strip()
        _run(["ceph", *asked, "osd", "new", osd, "-i", "-"], json.dumps({"cephx_secret": secret}).encode())
        _run(["ceph-osd", *asked, "-i", "0", "--mkfs", "--osd-uuid", osd])
        processes.append(_start(["ceph-osd", *asked, "-i", "0", "-f"]))
        processes.append(_start(["radosgw", *asked, "-n", "client.rgw.a", "-f"]))
        wait_for(f"http://127.0.0.1:{port}", processes[-1])
        _run(["radosgw-admin", *asked, "user", "create", "--uid=test", "--display-name=test", f"--access-key={ACCESS}", f"--secret-key={SECRET}"])
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], given: bytes = b"") -> bytes:
    done = subprocess.run(command, input=given, capture_output=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode()[-2000:]}"
    return done.stdout


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _config(folder: Path, fsid: str, port: int, monitor: int) -> str:
    for name in ("run", "mon", "osd", "rgw"):
        (folder / name).mkdir()
    return f"""[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{monitor}/0]
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd pool default pg num = 4
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
mon data avail crit = 1
osd class load list = *
osd class default list = *
rgw frontends = beast endpoint=127.0.0.1:{port}
run dir = {folder}/run
log file = {folder}/run/$name.log
admin socket = {folder}/run/$name.$pid.asok
pid file = {folder}/run/$name.pid
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
"""
