"""The command as a person uses it: what it prints, and how it fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lines import write_world

from factory import screen


def factory(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "factory.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=240)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world("search", 25, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def dataset(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "dataset"
    done = factory("build", "--input", world, "--out", out, "--runner", "inline")
    assert done.returncode == 0, done.stderr
    return out


def test_build_prints_a_table_that_reconciles_and_says_so_when_there_is_nothing_to_do(world: Path, dataset: Path) -> None:
    again = factory("build", "--input", world, "--out", dataset, "--runner", "inline")
    assert again.returncode == 0 and "nothing to do" in again.stdout
    total = next(line for line in again.stdout.splitlines() if line.startswith("total"))
    read, accepted, _, rejected, *_ = (int(number.replace(",", "")) for number in total.split()[1:])
    assert read == accepted + rejected == 25
    listed = [int(line.split()[0]) for line in again.stdout.splitlines() if re.match(r" +\d+  search/", line)]
    assert sum(listed) == rejected


def test_show_gives_question_pieces_trace_and_verdict(dataset: Path) -> None:
    shown = factory("show", "any", "--out", dataset).stdout
    for part in ("question", "gold", "https://", "<think>", "ground truth", "verdict       accept"):
        assert part in shown
    task = re.search(r"task (search-\d+)", shown)
    assert task and task[1] in factory("show", task[1], "--out", dataset).stdout


def test_a_folder_above_a_dataset_names_it(dataset: Path) -> None:
    said = factory("status", dataset.parent)
    assert said.returncode == 1 and f"`{dataset}`" in said.stderr


def test_show_names_what_it_cannot_find(dataset: Path) -> None:
    missed = factory("show", "absent", "--out", dataset)
    assert missed.returncode == 1 and "absent" in missed.stderr and "Traceback" not in missed.stderr


def test_a_rejected_run_can_be_looked_at(dataset: Path) -> None:
    listed = factory("rejections", dataset).stdout
    assert "compile/" in listed and "runs-00000.jsonl at " in listed
    task = re.search(r"(search-\d+)", listed)
    assert task and factory("show", task[1], "--out", dataset).returncode == 0


def test_a_reason_that_is_none_or_met_no_row_names_those_that_did(dataset: Path) -> None:
    wrong = factory("rejections", dataset, "--reason", "nosuch")
    assert wrong.returncode == 1 and "`nosuch` is no reason" in wrong.stderr and "no_visited_page" in wrong.stderr
    assert "no_visited_page" in factory("rejections", dataset, "--reason", "too_large").stdout
    assert len(factory("rejections", dataset, "--limit", "0").stdout.splitlines()) == 1


def test_a_dataset_without_rows_says_what_to_do_next(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"name": "x", "version": "1"}')
    assert factory("build", "--input", tmp_path / "run.json", "--out", tmp_path / "out", "--runner", "inline").returncode == 0
    for command in (["show", "any", "--out", tmp_path / "out"], ["export", tmp_path / "out", "--to", tmp_path / "to"]):
        said = factory(*command)
        assert said.returncode == 1 and "holds no row" in said.stderr and "factory rejections" in said.stderr


def test_line_ends_of_any_kind_are_line_ends_on_the_terminal() -> None:
    assert screen.visible("a\r\nb\rc\x1b[0m") == "a\nb\nc\ufffd[0m"


def test_status_versions_diff_and_gc_speak_of_a_dataset(dataset: Path) -> None:
    assert "published" in factory("status", dataset).stdout
    assert factory("versions", dataset).stdout.count("rows in") >= 1
    assert "0 rows added, 0 removed, 0 changed" in factory("diff", dataset, "1", "1").stdout
    assert "no version 9" in factory("diff", dataset, "1", "9").stderr
    assert "0 files" in factory("gc", dataset).stdout


def test_export_writes_the_released_shape(dataset: Path, tmp_path: Path) -> None:
    assert factory("export", dataset, "--to", tmp_path).returncode == 0
    for line in (tmp_path / "search.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"dialogs", "ground_truth_answer", "context_length"}
        assert [turn["role"] for turn in row["dialogs"]] == ["user", "assistant"]
        assert row["dialogs"][1]["content"].startswith("<think>") and re.fullmatch(r"\d+k", row["context_length"])


def test_the_report_is_one_page_without_other_files(dataset: Path, tmp_path: Path) -> None:
    assert factory("report", dataset, "--to", tmp_path / "report.html").returncode == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<svg" in page and "Kolmogorov" in page and "src=" not in page and "href=" not in page


def test_plan_says_what_would_be_done_and_does_nothing(world: Path, dataset: Path, tmp_path: Path) -> None:
    assert "nothing to do" in factory("plan", "--input", world, "--out", dataset).stdout
    planned = factory("plan", "--input", world, "--out", dataset, "--set", "compile.packing.seed=3").stdout
    assert "`compile.packing` differs for 1 object" in planned
    assert "1 object new" in factory("plan", "--input", world, "--out", tmp_path / "fresh").stdout
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["build", "--out", "x"], "--input"),
        (["build", "absent.toml", "--out", "x"], "absent.toml"),
        (["build", "--input", "absent-folder", "--out", "x"], "absent-folder"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.sed=1"], "compile.packing.sed"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.sequence_tokens=-1"], "-1"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.tokenizer=absent/tokenizer"], "absent/tokenizer"),
        (["build", "--input", ".", "--out", "x", "--set", "teacher.kind=absent"], "absent"),
        (["build", "--input", ".", "--out", "x", "--format", "absent"], "absent"),
        (["status", "absent-dataset"], "absent-dataset"),
        (["build", "--input", "gopher://x/y", "--out", "x"], "gopher"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.sequence_tokens=3000"], "reserve_trace_tokens"),
        (["build", "--input", ".", "--out", "x", "--set", "compile=3", "--set", "compile.packing.seed=1"], "compile"),
        (["build", "--input", ".", "--out", "x", "--workers", "-3"], "-3"),
        (["build", "--input", "", "--out", "x"], "uri"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.target=histogram"], "histogram"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.mined_pieces=2"], "pool"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.tokenizer=."], "no tokenizer.json"),
        (["build", "--input", ".", "--out", ""], "empty"),
        (["build", "recipe.toml", "--out", "x"], "{db}"),
        (["status", "run.jsonl"], "is a file"),
        (["rejections", "absent-dataset", "--limit", "-1"], "0 or more"),
    ],
)
def test_a_wrong_request_gives_one_sentence_that_names_it(arguments: list[str], named: str, tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text("{}\n")
    (tmp_path / "recipe.toml").write_text('[[inputs]]\nuri = "run.jsonl"\ndatabase = "{db}.sqlite"\n')
    failed = factory(*arguments, cwd=tmp_path)
    assert failed.returncode in (1, 2)
    assert named in failed.stderr and "Traceback" not in failed.stderr
    assert len(failed.stderr.strip().splitlines()) <= 3


def test_a_bar_moves_before_the_first_task_ends() -> None:
    """Without a total it moves by itself."""
    with screen.ProgressBars() as progress:
        progress.terminal = True
        totals = []
        for done in (0, 5, 10):
            progress("compile", done, 10)
            totals.append(progress.bars.tasks[0].total)
        assert totals == [None, 10, 10] and progress.bars.finished
