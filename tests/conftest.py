"""What many tests share: where the real trajectories lie."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "trajectories"


@pytest.fixture(scope="session")
def shared_trajectories() -> Path:
    """Folder of real agent runs beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real trajectories (../shared/trajectories) is not beside this checkout")
    return SHARED
