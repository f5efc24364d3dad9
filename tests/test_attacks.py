"""The attack corpus where else it has to fail: as a plain user, and inside a Ray worker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from factory.cage.tests import has_cage
from tests.attack_corpus import attacks, try_all

ROOT = Path(__file__).parents[1]
PYTHON = "/usr/bin/python3"

needs_cage = pytest.mark.skipif(not has_cage(), reason="bubblewrap (`bwrap`) does not work here")


@needs_cage
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
@pytest.mark.skipif(not os.path.exists(PYTHON), reason="no Python that another user can run")
def test_attacks_fail_when_a_plain_user_runs_the_cages():
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i"]
    variables = [f"PYTHONPATH={ROOT}", "PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1", "SECRET_TOKEN=hidden-from-tests"]
    command = [*become, *variables, PYTHON, "-m", "tests.attack_corpus", "code", "sqlite"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, (done.stdout[-1_000:], done.stderr[-3_000:])
    assert len(done.stdout.splitlines()) == len(attacks("code")) + len(attacks("sqlite"))


@needs_cage
@pytest.mark.ray
def test_attacks_fail_inside_a_ray_worker():
    ray = pytest.importorskip("ray")
    corpora = ("code", "sqlite", "duckdb")
    ray.init(address="local", include_dashboard=False, num_cpus=2, logging_level="ERROR", log_to_driver=False)
    try:

        @ray.remote
        def attacked() -> dict[str, str]:
            return dict(try_all(corpora))

        stopped = ray.get(attacked.remote(), timeout=240)
    finally:
        ray.shutdown()
    assert len(stopped) == sum(len(attacks(corpus)) for corpus in corpora) and all(stopped.values())
