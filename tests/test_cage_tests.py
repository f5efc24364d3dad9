"""The cage for tests: every attack of attacks/cage.toml is tried for real, and the machine is the same afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import tomllib
from pathlib import Path

import pytest

from factory.cage import bubblewrap, tests
from factory.cage.bubblewrap import Limits
from tests import machine

ROOT = Path(__file__).parents[1]
ATTACKS = tomllib.loads((Path(__file__).parent / "attacks" / "cage.toml").read_text())["attack"]
KINDS = ["own_uid", "user"] if os.geteuid() == 0 else ["user"]

needs_cage = pytest.mark.skipif(not tests.has_cage(), reason="bubblewrap (`bwrap`) does not work here")


@pytest.fixture
def outside():
    """A folder outside of the cage, which an attack must neither read nor change."""
    with tempfile.TemporaryDirectory(prefix="outside-") as folder:
        folder = Path(folder)
        (folder / "secret").write_text("hidden-from-tests")
        (folder / "secret").chmod(0o644)
        folder.chmod(0o755)
        yield folder


@needs_cage
@pytest.mark.parametrize(
    ("attack", "kind"),
    [(attack, kind) for attack in ATTACKS for kind in (KINDS[:1] if attack.get("once") else KINDS)],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_attack_fails_and_leaves_the_machine_as_it_was(attack, kind, outside, monkeypatch):
    monkeypatch.setattr(bubblewrap, "kind_of_cage", lambda: kind)
    monkeypatch.setenv("SECRET_TOKEN", "hidden-from-tests")
    machine.adopt_orphans()
    before, known = machine.state(), machine.descendants()
    with machine.canary(), socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        variables = {"HOST_FILE": str(outside / "secret"), "HOST_HOME": pwd.getpwuid(0).pw_dir, "HOST_PORT": str(server.getsockname()[1])}
        with tests.scratch() as scratch:
            (scratch / "tree").mkdir()
            (scratch / "tree" / "attack.py").write_text(attack["code"])
            limits = Limits(**{"wall_s": 30.0, **attack.get("limits", {})})
            ran = tests.run("python -I attack.py", scratch / "tree", limits, variables, "/tmp/report")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "ESCAPED" not in ran.output, ran.output
    assert not ran.report
    expected = {attack.get("stopped", "")} | ({"processes"} if attack["name"] == "forks without end" else set())
    assert ran.stopped in expected, ran
    assert "Traceback" not in ran.output, ran.output
    assert ran.sandbox == "bubblewrap" and len(ran.output) <= limits.output_bytes + 100
    assert not scratch.exists()
    assert {path.name: path.read_bytes() for path in outside.rglob("*")} == {"secret": b"hidden-from-tests"}
    assert machine.changes(before) == []
    assert machine.left_behind(known) == []


@needs_cage
@pytest.mark.parametrize("kind", KINDS)
def test_command_works_in_its_folder_and_gives_code_output_and_report(kind, monkeypatch):
    monkeypatch.setattr(bubblewrap, "kind_of_cage", lambda: kind)
    with tests.scratch() as scratch:
        folder = scratch / "a b"
        folder.mkdir()
        (folder / "in").write_text("text in\n")
        command = "cat in && echo error >&2; echo made > out; python -c 'print(1 + 1)'; echo report > $R; exit 3"
        ran = tests.run(command, folder, variables={"R": "{tmp}/r"}, report="{tmp}/r")
        assert (ran.exit_code, ran.report, ran.stopped) == (3, b"report\n", "")
        assert ran.output == "text in\nerror\n2\n"
        assert (folder / "out").read_text() == "made\n"


@needs_cage
def test_both_ends_of_long_output_are_kept():
    with tests.scratch() as scratch:
        ran = tests.run("echo start; head -c 1000000 /dev/zero; echo end", scratch, Limits(output_bytes=1000))
    assert ran.output.startswith("start\n") and ran.output.endswith("end\n")
    assert "[... 999010 bytes left out ...]" in ran.output and len(ran.output) < 1100


@needs_cage
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
def test_plain_user_has_a_cage_too():
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        pytest.skip("no Python that another user can run")
    code = (
        "import os; from factory.cage import tests, bubblewrap\n"
        "with tests.scratch() as s:\n"
        "    ran = tests.run('id -u; touch made /usr/made; ls; ls /proc | grep -c ^[0-9]', s)\n"
        "print(os.getuid(), bubblewrap.kind_of_cage(), ran.sandbox, ran.output)\n"
    )
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    variables = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*become, python, "-c", code], env=variables, cwd="/", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.startswith("65534 user bubblewrap 65534\n") and "Read-only" in done.stdout and "made" in done.stdout
    )


def test_without_bubblewrap_nothing_runs_unless_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap, "kind_of_cage", lambda: "none")
    monkeypatch.setenv("SECRET_TOKEN", "hidden-from-tests")
    with pytest.raises(tests.NoCage):
        tests.run("touch made", tmp_path)
    assert not (tmp_path / "made").exists()
    ran = tests.run("env; pwd; echo r > $TMPDIR/r; ulimit -n", tmp_path, report="{tmp}/r", unsandboxed=True)
    assert ran.sandbox == "unsandboxed" and ran.report == b"r\n"
    assert "hidden-from-tests" not in ran.output and f"{tmp_path}\n256\n" in ran.output


def test_command_that_leaves_a_process_behind_ends_without_a_cage(monkeypatch, tmp_path):
    monkeypatch.setattr(bubblewrap, "kind_of_cage", lambda: "none")
    ran = tests.run("sleep 50 & echo done", tmp_path, Limits(wall_s=30.0), unsandboxed=True)
    assert ran.exit_code == 0 and ran.output == "done\n" and not ran.stopped


@needs_cage
@pytest.mark.ray
def test_cage_holds_inside_a_ray_worker(tmp_path):
    ray = pytest.importorskip("ray")
    ray.init(address="local", include_dashboard=False, num_cpus=2, logging_level="ERROR", log_to_driver=False)
    try:

        @ray.remote
        def caged() -> tuple[str, int, str]:
            with tests.scratch() as scratch:
                ran = tests.run("ls /proc | grep -c '^[0-9]'; touch /usr/x; exit 7", scratch)
            return ran.sandbox, ran.exit_code, ran.output

        sandbox, code, output = ray.get(caged.remote())
    finally:
        ray.shutdown()
    assert (sandbox, code) == ("bubblewrap", 7) and "Read-only" in output and int(output.split()[0]) < 8
