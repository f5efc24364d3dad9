"""The table of what became of each object: every run of it stands there once."""

from __future__ import annotations

import json
from pathlib import Path

from lines import build, recipe_for, write_world

from jobs.table import indexed, printed, rows


def test_every_run_of_an_object_stands_in_its_line_once(tmp_path: Path) -> None:
    folder = write_world("search", 8, tmp_path / "world")
    source = folder / "runs-00000.jsonl"
    lines = source.read_bytes().splitlines()
    empty = json.loads(lines[0])
    empty["messages"] = [message for message in empty["messages"] if message["role"] in ("system", "user")]
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join([*lines, lines[1], json.dumps(empty).encode(), b'{"messages": 3}']))
    build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl"))
    table = rows(str(tmp_path / "out"))
    assert sum(sum(counts.values()) for counts in table.values()) == len(lines) + 3
    chat = next(counts for (format, _), counts in table.items() if format == "openai_chat")
    assert chat["no_tool_call"] == 1 and chat[""] > 0
    assert sum(counts["duplicate"] for counts in table.values()) == 1
    assert sum(counts["unknown_format"] for counts in table.values()) == 1
    index = tmp_path / "INDEX.jsonl"
    index.write_text('{"file": "runs.jsonl"}\n' * 10)
    line = next(line for line in printed(table, indexed(index)) if line.startswith("openai_chat"))
    assert line.split()[2] == "10"
