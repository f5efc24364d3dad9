"""The attacks of tests/attacks, tried one by one: on the cage that runs tests, and on the cage that runs queries.

Standard library and the cages only, so that a plain user's Python can run it:
    python -m tests.attack_corpus code sqlite duckdb
prints `name: what stopped it` for each, and ends with an error at the first attack that gets through.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import socket
import sqlite3
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from factory.cage import tests
from factory.cage.bubblewrap import Limits
from factory.cage.sql import SqlCage, SqlError
from tests import machine

FOLDER = Path(__file__).with_name("attacks")
SECRET = "the secret that no query may read"
SCHEMA = [
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)",
    "INSERT INTO people VALUES (1, 'Ann', 30), (2, 'Bob', 30), (3, 'Cid', 41), (4, NULL, 50)",
    "CREATE TABLE visits (person INTEGER REFERENCES people(id), place TEXT)",
    "INSERT INTO visits VALUES (1, 'x'), (1, 'y'), (3, 'x')",
    "CREATE VIEW adults AS SELECT name FROM people WHERE age > 35",
]


def attacks(corpus: str) -> dict[str, dict]:
    """Attacks of `code`, `sqlite` or `duckdb` by name."""
    if corpus == "code":
        return {attack["name"]: attack for attack in tomllib.loads((FOLDER / "cage.toml").read_text())["attack"]}
    return tomllib.loads((FOLDER / "sql.toml").read_text("utf-8"))[corpus]


def snapshot(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): machine.digest_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def try_code(attack: dict) -> str:
    """What ended the program; AssertionError where it got what it wanted."""
    with tempfile.TemporaryDirectory(prefix="outside-") as outside, tests.scratch() as scratch, socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        secret = Path(outside, "secret")
        secret.write_text("hidden-from-tests")
        os.chmod(outside, 0o755)
        (scratch / "tree").mkdir()
        (scratch / "tree" / "attack.py").write_text(attack["code"])
        limits = Limits(**{"wall_s": 30.0, **attack.get("limits", {})})
        variables = {"HOST_FILE": str(secret), "HOST_HOME": pwd.getpwuid(0).pw_dir, "HOST_PORT": str(server.getsockname()[1])}
        ran = tests.run("python3 -I attack.py", scratch / "tree", limits, variables, "/tmp/report")
        try:
            server.accept()
            raise AssertionError("it reached the host")
        except BlockingIOError:
            pass
        assert "ESCAPED" not in ran.output and "Traceback" not in ran.output, ran.output
        assert not ran.report and ran.sandbox == "bubblewrap"
        assert ran.stopped in (attack.get("stopped", ""), "processes"), ran
        assert snapshot(Path(outside)) == {"secret": hashlib.sha256(b"hidden-from-tests").hexdigest()}
    return f"killed for {ran.stopped}: {attack['stopped_by']}" if ran.stopped else attack["stopped_by"]


def try_query(cage: SqlCage, dialect: str, attack: dict, folder: Path) -> str:
    """How the cage answered; AssertionError where the query read or changed what it may not."""
    database = folder / f"people.{dialect}"
    sql = attack["repeat"] * attack["times"] if "repeat" in attack else attack["sql"]
    for name, value in (("secret", folder / "secret.txt"), ("target", folder / "evil"), ("folder", folder), ("database", database)):
        sql = sql.replace("{" + name + "}", str(value))
    before = snapshot(folder)
    try:
        seconds = 0.25 if "timeout" in attack["ends"] else 10.0  # a busy machine must not hide what is refused
        told, end = repr(cage.query(database, dialect, sql, max_rows=1000, timeout=seconds, max_bytes=4 << 20).rows), "rows"
    except SqlError as e:
        told, end = e.message, e.kind
    assert end in attack["ends"], (end, told[:300])
    assert "{database}" in attack.get("sql", "") or str(folder) not in told
    assert SECRET not in told and os.path.expanduser("~/") not in told
    assert snapshot(folder) == before
    assert cage.query(database, dialect, "SELECT count(*) FROM people").rows == ((4,),)
    return f"harmless rows: {told[:60]}" if end == "rows" else f"{end}: {told[:100]}"


def make_databases(folder: Path, dialects: tuple[str, ...]) -> None:
    """The secret, and a database of each dialect."""
    (folder / "secret.txt").write_text(SECRET)
    for dialect in dialects:
        if dialect == "sqlite":
            connection = sqlite3.connect(folder / "people.sqlite")
        else:
            import duckdb

            connection = duckdb.connect(str(folder / "people.duckdb"))
        for statement in SCHEMA:
            connection.execute(statement)
        connection.commit()
        connection.close()


def try_all(corpora: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(name, what stopped it) of every attack; AssertionError at one that gets through, or changes the machine."""
    machine.adopt_orphans()
    before, known = machine.state(), machine.descendants()
    with machine.canary(), tempfile.TemporaryDirectory(prefix="attacks-") as place, SqlCage() as cage:
        folder = Path(place)
        make_databases(folder, tuple(corpus for corpus in corpora if corpus != "code"))
        for corpus in corpora:
            for name, attack in attacks(corpus).items():
                try:
                    yield f"{corpus}: {name}", try_code(attack) if corpus == "code" else try_query(cage, corpus, attack, folder)
                except AssertionError as e:
                    raise AssertionError(f"`{name}` gets through: {e}") from e
    assert not (left := machine.left_behind(known)), f"left running: {left}"
    assert not (changed := machine.changes(before)), f"changed: {changed}"


if __name__ == "__main__":
    for name, stopped_by in try_all(tuple(sys.argv[1:])):
        print(f"{name}: {stopped_by}")
