"""The command as a person uses it: what it prints, and how it fails."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lines import write_world

from factory import cli, screen
from factory.cli import parser
from factory.errors import SettingsError
from factory.recipe import Recipe, validate


def factory(*arguments: str | bytes | Path, cwd: Path | None = None, env: dict[str, str] | None = None, module: str = "factory.cli") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=240, env=os.environ | (env or {}))


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
    assert again.returncode == 0 and again.stdout.startswith("nothing to do")
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


def test_an_empty_id_is_refused(dataset: Path) -> None:
    said = factory("show", "", "--out", dataset)
    assert said.returncode == 1 and "the id is empty" in said.stderr


def test_a_name_with_control_characters_stays_in_its_line() -> None:
    row = {"stage": "compile", "reason": "bad_json", "task_id": "a\nb\x1b[0m", "source_uri": "/x\n\r.json", "detail": ""}
    assert screen.rejection(row, "") == "compile/bad_json  a\\nb\\x1b[0m  /x\\n\\r.json"


def test_every_argument_has_a_help_text() -> None:
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    assert commands
    for name, command in dict(commands).items():  # type: ignore[arg-type]
        assert [action.dest for action in command._actions if not action.help] == [], name


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


def test_export_refuses_a_folder_with_rows_of_something_else(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "sql.jsonl").write_text("{}\n")
    said = factory("export", dataset, "--to", tmp_path)
    assert said.returncode == 1 and "`sql.jsonl`" in said.stderr and "another folder" in said.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["sql.jsonl"]


def test_places_that_take_no_file_are_named(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for command, place in ((["export", dataset, "--to", tmp_path / "file"], f"`{tmp_path}/file`"), (["report", dataset, "--to", "/proc/x"], "`/proc/x`")):
        said = factory(*command)
        assert said.returncode == 1 and f"{place} cannot be written" in said.stderr and len(said.stderr.splitlines()) == 1
    with open("/dev/full", "w") as full:
        said = subprocess.run([sys.executable, "-m", "factory.cli", "status", str(dataset)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=240)
    assert said.returncode == 1 and "standard output: No space left" in said.stderr and len(said.stderr.splitlines()) == 1


def test_an_endpoint_that_is_no_url_is_named(world: Path) -> None:
    said = factory("build", "--input", world, "--out", "s3://b/x", env={"AWS_ENDPOINT_URL_S3": "garbage", "AWS_DEFAULT_REGION": "us-east-1"})
    assert said.returncode == 1 and "garbage" in said.stderr and "AWS_ENDPOINT_URL_S3" in said.stderr and len(said.stderr.splitlines()) == 1


def test_what_a_terminal_cannot_show_is_escaped(dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(dataset, tmp_path / "sp ace \u2713")
    said = factory("status", tmp_path / "sp ace \u2713", env={"PYTHONIOENCODING": "ascii"})
    assert said.returncode == 0 and "sp ace \\u2713" in said.stdout


def test_the_table_of_a_recipe_names_an_index_that_is_absent_or_none(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("{}\n")
    for name in ("absent", "index"):
        said = factory("recipe.toml", "out", "--index", tmp_path / name, module="jobs.table")
        assert said.returncode == 1 and name in said.stderr and len(said.stderr.splitlines()) == 1


def test_a_polite_end_is_said_as_ctrl_c_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "recipe.toml")
    started = subprocess.Popen([sys.executable, "-m", "factory.cli", "build", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True)
    with open(tmp_path / "recipe.toml", "w"):  # opened when the command reads it
        started.terminate()
        _, said = started.communicate(timeout=60)
    assert started.returncode == 143 and said.startswith("factory: stopped; what was committed is kept")


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
        (["build", "--input", ".", "--out", "x", "--workers", "-3"], "`--workers -3` is no number"),
        (["build", "--input", "", "--out", "x"], "uri"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.target=histogram"], "histogram"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.packing.mined_pieces=2"], "pool"),
        (["build", "--input", ".", "--out", "x", "--set", "compile.tokenizer=."], "no tokenizer.json"),
        (["build", "--input", ".", "--out", ""], "empty"),
        (["build", "recipe.toml", "--out", "x"], "{db}"),
        (["status", "run.jsonl"], "is a file"),
        (["rejections", "absent-dataset", "--limit", "-1"], "0 or more"),
        (["manifest", "run.jsonl", "--out", "/proc/x"], "`/proc/x` cannot be written"),
        (["submit", "--input", ".", "--out", "x", "--address", "foo"], "foo"),
        (["build", "--input", ".", "--out", b"n\xffx"], "n\\xffx"),
        (["build", "--input", ".", "--out", "s3://"], "s3://BUCKET"),
        (["build", "--input", "run.jsonl", "--input", "run.jsonl", "--out", "x"], "given twice"),
    ],
)
def test_a_wrong_request_gives_one_sentence_that_names_it(arguments: list[str | bytes], named: str, tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text("{}\n")
    (tmp_path / "recipe.toml").write_text('[[inputs]]\nuri = "run.jsonl"\ndatabase = "{db}.sqlite"\n')
    failed = factory(*arguments, cwd=tmp_path)
    assert failed.returncode in (1, 2)
    assert named in failed.stderr and "Traceback" not in failed.stderr and "regex" not in failed.stderr
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


def test_an_interrupt_that_a_library_turns_into_another_error_is_an_interrupt(capsys):
    def interrupted() -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as e:
            raise ValueError("a schema could not be built") from e

    assert cli.guarded(interrupted) == 130
    assert capsys.readouterr().err == f"{cli.STOPPED}\n"


def test_inputs_with_one_bracket_are_told_from_inputs_with_two():
    with pytest.raises(SettingsError, match=re.escape("write [[inputs]] for [inputs]")):
        validate(Recipe, {"inputs": {"uri": "x"}}, "r.toml")
