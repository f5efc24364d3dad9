"""The comparison of the machine before and after attacks: it tells ours from others', and misses nothing of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import machine

HOLDS = "import sys, time; f = open(sys.argv[1], 'w'); print('open', flush=True); sys.stdin.read()"
APART = "import os, subprocess, sys; p = subprocess.Popen([sys.executable, '-c', *sys.argv[1:]], start_new_session=True); os._exit(0)"


@pytest.fixture
def name():
    path = Path(machine.SHARED, f"made-{os.getpid()}")
    yield path
    path.unlink(missing_ok=True)


def test_an_entry_that_nobody_holds_is_a_change(name):
    before = machine.state()
    name.write_text("x")
    assert machine.changes(before) == [f"entry {name}"]


def test_an_entry_that_our_own_process_holds_is_a_change(name):
    before = machine.state()
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ours:
        assert ours.stdout.readline()
        assert machine.changes(before) == [f"entry {name}"]
        ours.stdin.close()


def test_an_entry_that_another_program_holds_is_none(name, monkeypatch):
    before = machine.state()
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline()
        monkeypatch.setattr(machine, "descendants", lambda of=0: set())  # as if somebody else had started it
        assert machine.changes(before) == []
        other.stdin.close()


def test_an_entry_that_goes_again_is_none_and_one_that_went_elsewhere_is(name, monkeypatch, tmp_path):
    before = machine.state() | {f"entry {name}"}
    assert machine.changes(before) == []
    monkeypatch.setattr(machine, "WATCHED", (str(tmp_path),))
    (tmp_path / "kept").write_text("")
    before = machine.state()
    (tmp_path / "kept").unlink()
    assert machine.changes(before) == [f"entry {tmp_path}/kept"]
    before = machine.state()
    monkeypatch.setattr(machine.time, "sleep", lambda seconds: (tmp_path / "passing").unlink())
    (tmp_path / "passing").write_text("")
    assert machine.changes(before) == []


def test_a_changed_mount_or_name_is_a_change():
    assert machine.changes(machine.state() | {"mount none /x tmpfs rw 0 0"}) == ["mount none /x tmpfs rw 0 0"]
    assert machine.changes(machine.state() - {f"host {os.uname().nodename}"}) == [f"host {os.uname().nodename}"]


def test_an_orphan_is_found_and_one_that_ends_is_not():
    code = (
        "import subprocess, sys; from tests import machine\n"
        "machine.adopt_orphans(); known = machine.descendants()\n"
        f"subprocess.run([sys.executable, '-c', {APART!r}, sys.argv[1]])\n"
        "print(machine.left_behind(known)); import os, signal\n"
        "[os.kill(p, signal.SIGKILL) for p in machine.descendants() - known]"
    )
    found = [subprocess.run([sys.executable, "-c", code, what], capture_output=True, text=True, timeout=60).stdout for what in ("import time; time.sleep(50)", "pass")]
    assert "sleep(50)" in found[0] and found[1] == "[]\n"


def test_a_canary_that_is_taken_away_is_missed():
    with pytest.raises(OSError), machine.canary() as path:
        path.unlink()
