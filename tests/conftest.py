"""What many tests share: where the real trajectories lie, and S3 servers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from object_stores import ceph, moto, pointed_at

# Clusters of one process must agree on it, and Ray reads it once.
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

SHARED = Path(__file__).parents[1].parent / "shared" / "trajectories"


@pytest.fixture(scope="session")
def shared_trajectories() -> Path:
    """Folder of real agent runs beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real trajectories (../shared/trajectories) is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    pytest.importorskip("moto.server", reason="moto is not installed; the test extra holds it")
    with moto() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def ceph_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not all(map(shutil.which, ("radosgw", "ceph-mon", "ceph-osd"))):
        pytest.skip("Ceph is not installed; apt-get install ceph-mon ceph-osd radosgw")
    with ceph(tmp_path_factory.mktemp("ceph")) as endpoint:
        yield endpoint


@pytest.fixture
def s3_server(moto_endpoint: str) -> Iterator[str]:
    """An S3 server that this process and its children use."""
    with pointed_at(moto_endpoint):
        yield moto_endpoint


@pytest.fixture
def ceph_server(ceph_endpoint: str) -> Iterator[str]:
    with pointed_at(ceph_endpoint):
        yield ceph_endpoint


STRICT_SKIPS = os.environ.get("FACTORY_NO_SKIPS") == "1"
"""Set where everything that tests need is installed: a skip is then a failure."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if STRICT_SKIPS and report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("gpu"):
        report.outcome = "failed"
        report.longrepr = f"unexpected skip: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report
