"""Ray clusters of several nodes on this machine, each node with processes of its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from object_stores import free_port

from factory import cli


@contextmanager
def cluster(num_nodes: int, cpus: int, dashboard: bool = False) -> Iterator[Any]:
    """A head without CPUs to give, and `num_nodes` workers with `cpus` each; what this process has in its environment, they have."""
    changed = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",  # the `python` of jobs
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    }
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    import ray
    from ray.cluster_utils import Cluster

    head: dict[str, Any] = {"num_cpus": 1, "include_dashboard": dashboard}
    if dashboard:
        head |= {"dashboard_host": "127.0.0.1", "dashboard_port": free_port()}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(num_nodes):
            nodes.add_node(num_cpus=cpus)
        nodes.wait_for_nodes()
        yield nodes
    finally:
        ray.shutdown()
        nodes.shutdown()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def kill_node(node: Any) -> None:
    """SIGKILL every process of a node at once, as when a machine loses power."""
    pids = [info.process.pid for infos in node.all_processes.values() for info in infos]
    workers = [child for pid in pids for child in children(pid)]
    for pid in (*pids, *workers):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    direct = [int(word) for word in text.split()]
    return direct + [below for child in direct for below in children(child)]


def submit(nodes: Any, recipe: Path, out: str, **placement: object) -> int:
    """`factory submit` to the cluster: the exit code of the job."""
    file = recipe.with_name("placement.toml")
    file.write_text("".join(f"{name} = {value!r}\n".replace("'", '"') for name, value in placement.items()))
    address = f"http://{nodes.head_node.webui_url}"
    return cli.main(["submit", str(recipe), "--out", out, "--placement", str(file), "--address", address])
