"""What many tests share: where the real trajectories lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "trajectories"


@pytest.fixture(scope="session")
def shared_trajectories() -> Path:
    """Folder of real agent runs beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real trajectories (../shared/trajectories) is not beside this checkout")
    return SHARED


STRICT_SKIPS = os.environ.get("FACTORY_NO_SKIPS") == "1"
"""Set where everything that tests need is installed: a skip is then a failure."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if STRICT_SKIPS and report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("gpu"):
        report.outcome = "failed"
        report.longrepr = f"unexpected skip: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report
