"""Damaged input of every kind: every line comes out, kept or rejected with a reason, and nothing but a reason."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lines import build, recipe_for, rejections, rows, write_world

from factory import publish


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("world")
    made = [write_world(domain, 8, folder) / "runs-00000.jsonl" for domain in ("search", "sql")]
    return [line for path in made for line in path.read_bytes().splitlines()]


def count(root: Path) -> dict[str, int]:
    """Reason -> rows ("" for accepted), checked against the version's own summary."""
    version = publish.current(str(root))
    assert version
    found: dict[str, int] = {"": len({row["example_unit"] for row in rows(root)})}
    for row in rejections(root):
        found[row["reason"]] = found.get(row["reason"], 0) + 1
    read = sum(counts["read"] for counts in version.summary["domains"].values())
    assert read == sum(found.values())
    assert "internal_error" not in found, [row["detail"] for row in rejections(root) if row["reason"] == "internal_error"]
    return found


def truncated(line: bytes, rng: random.Random) -> bytes:
    return line[: rng.randrange(1, len(line))]


def with_nul(line: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(line))
    return line[:at] + b"\0" + line[at:]


def with_bad_bytes(line: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(line))
    return line[:at] + bytes([rng.choice((0xFF, 0xC0, 0x80))]) + line[at + 1 :].replace(b"\n", b" ")


def with_lone_surrogate(line: bytes, rng: random.Random) -> bytes:
    return line.replace(b'"content":"', b'"content":"\\ud800 \\u0000 ', 2)


def depth_bomb(line: bytes, rng: random.Random) -> bytes:
    return b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def long_number(line: bytes, rng: random.Random) -> bytes:
    return b'{"messages": [], "n": ' + b"9" * 10_000 + b"}"


def scalar(line: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"null", b"17", b'"text"', b"[]", b"{}", b"[[1]]", b'{"messages": 3}', b'{"messages": [1, null]}', b"NaN"))


def with_a_wrong_type(line: bytes, rng: random.Random) -> bytes:
    """One value somewhere in the run becomes another kind of value."""
    value = json.loads(line)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            places.append((node, key))
            walk(node[key])

    walk(value)
    node, key = rng.choice(places)
    node[key] = copy.deepcopy(rng.choice((None, 0, -1.5, True, "", "x", [], {}, [[]], {"a": [None]}, [1, "a", {}], "é" * 10)))
    return json.dumps(value).encode()


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    truncated, with_nul, with_bad_bytes, with_lone_surrogate, depth_bomb, long_number, scalar, with_a_wrong_type, with_a_wrong_type,
]  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_counts_reconcile_on_damaged_lines(seed: int, lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    rng = random.Random(seed)
    damaged = [rng.choice(DAMAGES)(line, rng) if rng.random() < 0.7 else line for line in lines]
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "runs.jsonl").write_bytes(b"\n".join(damaged) + b"\n" * rng.randrange(3))
    build(folder / "out", recipe_for(folder / "runs.jsonl"))
    found = count(folder / "out")
    assert sum(found.values()) == sum(bool(line.strip()) for line in damaged)


def test_a_line_of_many_megabytes_is_read_or_rejected_and_the_next_ones_come(lines: list[bytes], tmp_path: Path) -> None:
    run = json.loads(lines[0])
    run["messages"].append({"role": "user", "content": "x " * 25_000_000})
    too_long = b'{"messages": "' + b"y" * (65 << 20) + b'"}'
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join([json.dumps(run).encode(), too_long, *lines[1:4]]))
    build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl"))
    found = count(tmp_path / "out")
    assert sum(found.values()) == 5 and found["too_large"] == 1


def test_other_files_than_runs_are_rejected_or_passed_over(lines: list[bytes], tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "good.jsonl").write_bytes(lines[0])
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "blank.json").write_bytes(b"  \n")
    (folder / "noise.parquet").write_bytes(b"PAR1" + bytes(range(256)))
    (folder / "noise.jsonl.gz").write_bytes(b"\x1f\x8b" + bytes(range(256)))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "notes.txt").write_text("Question: none\n")
    build(tmp_path / "out", recipe_for(folder))
    assert count(tmp_path / "out").get("", 0) <= 1


def test_empty_runs_and_repeats_have_their_reasons(lines: list[bytes], tmp_path: Path) -> None:
    run = json.loads(lines[0])
    run["messages"] = [message for message in run["messages"] if message["role"] in ("system", "user")]
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join([json.dumps(run).encode(), lines[1], lines[1], lines[1]]))
    build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl"))
    found = count(tmp_path / "out")
    assert found["duplicate"] == 2 and found["no_tool_call"] == 1
