"""The files for clusters, as far as they can be checked without one."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from factory import recipe

INFRA = Path(__file__).parents[1] / "infra"


@pytest.mark.parametrize("path", sorted((INFRA / "placements").glob("*.toml")), ids=lambda path: path.name)
def test_placements_are_valid(path: Path) -> None:
    assert recipe.load(recipe.Placement, path)


def test_cluster_files_name_the_command_that_exists() -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((INFRA / "rayjob.yaml").read_text())
    assert job["kind"] == "RayJob" and "python -m jobs.build" in job["spec"]["entrypoint"]
    named = re.findall(r"infra/placements/\S+", job["spec"]["entrypoint"] + "\n" + (INFRA / "slurm.sh").read_text())
    assert named and all((INFRA.parent / name).exists() for name in named)
    assert yaml.safe_load((INFRA / "cluster.yaml").read_text())["cluster_name"]
    subprocess.run(["bash", "-n", INFRA / "slurm.sh"], check=True)


def test_the_dashboard_asks_only_for_metrics_that_are_counted() -> None:
    dashboard = json.loads((INFRA / "grafana.json").read_text())
    asked = {name for panel in dashboard["panels"] for target in panel["targets"] for name in re.findall(r"ray_(factory_\w+)_total", target["expr"])}
    counted = set(re.findall(r'Counter\("(\w+)"', (INFRA.parent / "factory/stages/metrics.py").read_text()))
    assert asked == counted
