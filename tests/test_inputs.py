"""Which objects of an input are read as runs, and which of those may be cut into shards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import orjson
import pytest
from lines import INLINE, build, canonical, recipe_for, rejections, rows

from factory import history, inputs, ledger, storage, worlds
from factory.errors import SettingsError
from factory.recipe import GoldTable, Input, Recipe


@pytest.fixture
def lines(tmp_path: Path) -> list[bytes]:
    written = worlds.write("search", 12, 3, tmp_path / "world")
    return (Path(written.folder) / written.files[0]).read_bytes().splitlines()


def test_an_array_of_runs_under_a_name_for_lines_is_not_cut_into_shards(tmp_path: Path, lines: list[bytes]) -> None:
    for name, data in {"array": b"[" + b",".join(lines) + b"]", "lines": b"\n".join(lines)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "runs.jsonl").write_bytes(data)
        build(tmp_path / f"{name}-out", recipe_for(tmp_path / name), INLINE.model_copy(update={"shard_bytes": len(data) // 5}))
    array, lined = tmp_path / "array-out", tmp_path / "lines-out"
    assert {row["task_id"] for row in rows(array)} == {row["task_id"] for row in rows(lined)} != set()
    assert sorted(row["reason"] for row in rejections(array)) == sorted(row["reason"] for row in rejections(lined))


def test_lines_are_cut_into_shards_whatever_their_object_is_called(tmp_path: Path, lines: list[bytes]) -> None:
    (tmp_path / "runs.json").write_bytes(b"\n".join(lines))
    recipe = recipe_for(tmp_path / "runs.json")
    tasks = inputs.shards(inputs.listing(recipe, [{}]).objects, 10_000, recipe.inputs)
    assert len(tasks) > 2


def test_a_session_log_is_one_shard_when_its_format_reads_whole_files(tmp_path: Path, lines: list[bytes]) -> None:
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join(lines))
    recipe = Recipe(inputs=(Input(uri=str(tmp_path / "runs.jsonl"), format="claude_code"),))
    tasks = inputs.shards(inputs.listing(recipe, [{}]).objects, 10_000, recipe.inputs)
    assert [(shard.start, shard.end) for task in tasks for shard in task] == [(0, 0)]


def test_gold_tables_and_success_reports_that_lie_among_the_runs_are_not_read_as_runs(tmp_path: Path) -> None:
    for name in ("run.json", "gold.jsonl", "golds/a.jsonl", "one/report.json", "one/run.json", "report.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(orjson.dumps({"name": name}))

    def read(**settings: object) -> list[str]:
        recipe = Recipe(inputs=(Input(uri=str(tmp_path), **settings),))  # type: ignore[arg-type]
        return [info.uri.removeprefix(f"{tmp_path}/") for _, info in inputs.listing(recipe, [{}]).objects]

    assert read(gold=GoldTable(uri=f"{tmp_path}/gold.jsonl"), report="{folder}/report.json") == ["golds/a.jsonl", "one/run.json", "run.json"]
    assert "report.json" in read(report=f"{tmp_path}/one/report.json", gold=GoldTable(uri=f"{tmp_path}/golds"))
    assert "one/report.json" not in read(report=f"{tmp_path}/one/report.json")
    assert "golds/a.jsonl" not in read(gold=GoldTable(uri=f"{tmp_path}/golds"))
    assert "run.json" in read(report="{folder}/{task_id}.json")


def test_an_object_that_two_inputs_name_is_read_once_and_repeated_once(tmp_path: Path, lines: list[bytes]) -> None:
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join(lines))
    recipe = recipe_for(tmp_path / "runs.jsonl", tmp_path / "*.jsonl")
    first = build(tmp_path / "out", recipe).version.summary["domains"]["search"]
    (tmp_path / "more.jsonl").write_bytes(lines[0])
    again = build(tmp_path / "out", recipe).version.summary["domains"]["search"]
    assert first["read"] == 2 * len(lines) and again["read"] == first["read"] + 1
    assert again["rejected"]["compile/duplicate"] == first["rejected"]["compile/duplicate"] + 1 == len(lines) + 1


def test_ranges_that_overlap_since_the_cuts_changed_count_once(tmp_path: Path, lines: list[bytes]) -> None:
    runs, out = tmp_path / "runs", tmp_path / "out"
    runs.mkdir()
    (runs / "a.jsonl").write_bytes(b"\n".join(lines))
    size = sum(map(len, lines))
    recipe = recipe_for(runs)
    build(out, recipe, INLINE.model_copy(update={"shard_bytes": size // 5}))
    (out / "CURRENT").unlink()  # as if the run had been killed before it was done
    last = max((commit for commit in (out / "ledger/compile").iterdir()), key=lambda path: orjson.loads(path.read_bytes())["objects"][0]["start"])
    last.unlink()
    build(out, recipe, INLINE.model_copy(update={"shard_bytes": size // 3}))
    (runs / "b.jsonl").write_bytes(lines[0])
    build(out, recipe)
    build(tmp_path / "fresh", recipe)
    assert canonical(out) == canonical(tmp_path / "fresh")


def test_of_two_copies_of_a_run_the_one_that_became_an_example_counts(tmp_path: Path, lines: list[bytes]) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_bytes(b"\n".join(lines))
    good = recipe_for(tmp_path / "b.jsonl").inputs[0]
    bad = good.model_copy(update={"uri": str(tmp_path / "a.jsonl"), "domain": "swe"})
    both = recipe_for().model_copy(update={"inputs": (bad, good)})
    build(tmp_path / "one", recipe_for(tmp_path / "b.jsonl"))
    build(tmp_path / "two", both)
    assert [row["id"] for row in rows(tmp_path / "two")] == [row["id"] for row in rows(tmp_path / "one")]


def test_an_object_that_changes_while_it_is_read_is_read_again(tmp_path: Path, lines: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(b"\n".join(lines))
    recipe = recipe_for(path)
    listed = path.stat()

    def changed_first(uri: str) -> BinaryIO:
        path.write_bytes(b"\n".join(reversed(lines[:5])))
        return real(uri)

    real = storage.open_read
    with monkeypatch.context() as patch:
        patch.setattr(storage, "open_read", changed_first)
        build(tmp_path / "out", recipe)
    path.write_bytes(b"\n".join(lines))  # and back, with nothing that tells it from what was listed
    os.utime(path, ns=(listed.st_atime_ns, listed.st_mtime_ns))
    build(tmp_path / "out", recipe)
    build(tmp_path / "fresh", recipe)
    assert canonical(tmp_path / "out") == canonical(tmp_path / "fresh")


def test_every_damaged_object_has_its_own_reason(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(b"\x1f\x8b" + bytes(range(256)))
        (tmp_path / f"{name}.parquet").write_bytes(b"PAR1" + bytes(range(256)))
    build(tmp_path / "out", recipe_for(tmp_path))
    assert [row["reason"] for row in rejections(tmp_path / "out")] == ["unreadable"] * 4


def test_a_file_that_may_not_be_read_is_a_rejection_until_it_may(tmp_path: Path, lines: list[bytes]) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    for name in ("a", "b"):
        (runs / f"{name}.jsonl").write_bytes(b"\n".join(lines[:6] if name == "a" else lines[6:]))
    os.chmod(runs / "b.jsonl", 0)
    (runs / "closed").mkdir()
    os.chmod(runs / "closed", 0)
    # the superuser reads everything, unless the capabilities for that are dropped before the program starts
    bounded = "import ctypes, os, sys; [ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) for capability in (1, 2)]; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    out = tmp_path / "out"
    asked = ["-m", "factory.cli", "build", "--input", str(runs), "--out", str(out), "--runner", "inline", "--set", "compile.packing.min_context_tokens=0"]
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", bounded, *asked], capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr
        assert "not read as runs: 1 folder that may not be entered" in done.stdout
    assert [version.version for version in history.versions(str(out))] == [1]
    left = [row for row in rejections(out) if row["reason"] == "no_permission"]
    assert [row["source_uri"] for row in left] == [str(runs / "b.jsonl")] and rows(out)
    os.chmod(runs / "b.jsonl", 0o644)
    recipe = recipe_for(runs)
    build(out, recipe)
    build(tmp_path / "fresh", recipe)
    assert canonical(out) == canonical(tmp_path / "fresh")


def test_what_is_not_read_as_runs_is_counted(tmp_path: Path, lines: list[bytes]) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "runs.jsonl").write_bytes(b"\n".join(lines))
    assert inputs.passed_over(recipe_for(runs)) == ""
    for name in ("notes.md", "more.md", "page.html", "mills.sqlite"):
        (runs / name).write_text("x")
    for name in ("a.json", "a.jsonl", "a.txt", "a.parquet", "a.zip", "a.md"):
        (runs / name).write_bytes(b"")
    said = inputs.passed_over(recipe_for(runs))
    assert said.startswith("3 files with other endings than") and "(.md 2, .html 1)" in said and said.endswith("and 6 empty files")
    read = build(tmp_path / "out", recipe_for(runs)).version.summary["domains"]
    assert list(read) == ["search"] and read["search"]["read"] == len(lines)


def test_runs_of_one_text_are_told_apart_by_their_place(tmp_path: Path) -> None:
    log = Path(__file__).parent / "data" / "formats" / "reflexion" / "log.txt"
    (tmp_path / "log.txt").write_bytes(log.read_bytes())
    build(tmp_path / "out", recipe_for(tmp_path))
    commits = ledger.load(str(tmp_path / "out"), "compile")
    places = [ledger.positions(commits)[row["source_uri"], row["source_record"]] for row in rejections(tmp_path / "out")]
    assert len(set(places)) == len(places) > 1 and "" not in places


def test_an_object_whose_name_is_no_text_is_named_and_the_others_are_read(tmp_path: Path, lines: list[bytes]) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "runs\udcff.jsonl").write_bytes(lines[0])
    with pytest.raises(SettingsError, match=r"runs\\xff.jsonl` is a file whose name is not UTF-8"):
        build(tmp_path / "out", recipe_for(runs))
    (runs / "runs.jsonl").write_bytes(b"\n".join(lines))
    assert build(tmp_path / "out", recipe_for(runs)).version.summary["domains"]["search"]["read"] == len(lines)
    assert inputs.passed_over(recipe_for(runs)) == f"1 file whose name is not UTF-8 (`{runs}/runs\\xff.jsonl`)"


def test_links_that_lead_nowhere_and_pipes_are_named(tmp_path: Path, lines: list[bytes]) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "lost.json").symlink_to(tmp_path / "absent")
    os.mkfifo(runs / "pipe.json")
    for asked, kind in (("lost.json", "is a link that leads nowhere"), ("pipe.json", "is a pipe"), ("*.json", "lost.json` is a link"), (".", "lost.json` is a link")):
        with pytest.raises(SettingsError, match=kind):
            inputs.listing(recipe_for(runs / asked), [{}])
    (runs / "runs.jsonl").write_bytes(b"\n".join(lines))
    assert inputs.passed_over(recipe_for(runs)) == "1 link that leads nowhere and 1 pipe, socket or device"


def test_a_folder_that_may_not_be_entered_is_not_said_to_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", refused)
    for asked in (tmp_path / "closed", tmp_path):
        with pytest.raises(SettingsError, match="closed` is a folder that may not be entered"):
            inputs.listing(recipe_for(asked), [{}])
