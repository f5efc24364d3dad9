"""What a hurried user does: outputs inside inputs, lost and damaged files, places that take no files, the demo again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lines import INLINE, build, canonical, recipe_for, write_world

from factory import inputs, publish, run, worlds
from factory.cli import main
from factory.errors import FactoryError, SettingsError, StorageError
from factory.recipe import Recipe


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world("search", 10, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def dataset(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "dataset"
    build(out, recipe_for(world))
    return out


@pytest.mark.parametrize("out", [".", "out"])
def test_an_output_inside_its_input_is_not_read_as_runs(world: Path, dataset: Path, tmp_path: Path, out: str) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(world, runs)
    shutil.copytree(dataset, runs / "another")
    root = str(runs / out).removesuffix("/.")
    read = build(root, recipe_for(runs)).version.summary["domains"]
    assert sum(counts["read"] for counts in read.values()) == 10
    assert build(root, recipe_for(runs)).did == {}


def test_a_file_called_current_among_runs_hides_nothing(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path / "runs" / "data")
    (tmp_path / "runs" / "CURRENT").write_text("1")
    assert len(inputs.listing(recipe_for(tmp_path / "runs"), [{}], str(tmp_path / "out")).objects) == 1


@pytest.mark.parametrize(("folder", "damage"), [("data/search", "lost"), ("parts/examples", "cut"), ("parts/traces", "lost"), ("data/search", "flipped"), ("parts/examples", "flipped")])
def test_distrust_makes_again_what_a_lost_or_cut_part_held(world: Path, dataset: Path, tmp_path: Path, folder: str, damage: str) -> None:
    shutil.copytree(dataset, tmp_path / "copy")
    part = next((tmp_path / "copy" / folder).glob("*.parquet"))
    damaged(part, damage)
    said: list[str] = []
    run.build(str(tmp_path / "copy"), recipe_for(world), INLINE, lambda stage, done, total: None, reread=True, say=said.append)
    assert len(said) == 1 and re.match(r"1 of \d+ part files are lost or damaged", said[0]) and part.name in said[0]
    assert canonical(tmp_path / "copy") == canonical(dataset)
    looser = recipe_for(world, verify={"search_mode": "lenient"})  # reads examples and traces anew
    build(tmp_path / "copy", looser)
    build(tmp_path / "whole", looser)
    assert canonical(tmp_path / "copy") == canonical(tmp_path / "whole")


def damaged(part: Path, damage: str) -> None:
    """Do to a file what `damage` says."""
    if damage == "lost":
        part.unlink()
    elif damage == "cut":
        os.truncate(part, 500)
    else:
        data = bytearray(part.read_bytes())
        data[len(data) // 2] ^= 4
        part.write_bytes(data)


@pytest.mark.parametrize("damage", ["lost", "cut", "flipped"])
def test_a_published_file_that_cannot_be_read_is_named_with_its_cure(dataset: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    version = publish.current(str(copy))
    assert version is not None
    for file in (*version.files, *version.rejections):
        damaged(copy / file.path, damage)
    wanted = [["show", "absent", "--out", str(copy)], ["export", str(copy), "--to", str(tmp_path / "to")], ["rejections", str(copy)], ["report", str(copy)], ["gc", str(copy)]]
    for command in wanted:
        code, said = main(command), capsys.readouterr().err
        if damage == "flipped" and not code:  # a column that the command does not read
            assert command[0] in ("report", "gc")
            continue
        assert code == 1 and ".parquet`" in said and "--verify" in said and len(said.splitlines()) == 1, command


@pytest.mark.parametrize("damage", [b"", b"xx", b"[]", b'{"version": 1}', b'{"version": "x", "path": 1}'])
def test_a_damaged_pointer_is_named(world: Path, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "CURRENT").write_bytes(damage)
    with pytest.raises(FactoryError, match="CURRENT"):
        publish.current(str(tmp_path))
    with pytest.raises(FactoryError, match="CURRENT.* --verify"):
        build(tmp_path, recipe_for(world))


@pytest.mark.parametrize("damage", ["pointer", "empty version", "lost version"])
def test_distrust_publishes_again_where_the_pointer_leads_to_nothing(world: Path, dataset: Path, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    for path in [copy / "CURRENT"] if damage == "pointer" else (copy / "versions").iterdir():
        path.unlink() if damage == "lost version" else path.write_text("{}")
    with pytest.raises(FactoryError, match="--verify") as failed:
        publish.current(str(copy))
    assert "validation error" not in str(failed.value)
    said: list[str] = []
    run.build(str(copy), recipe_for(world), INLINE, lambda stage, done, total: None, reread=True, say=said.append)
    assert "CURRENT" in said[0] and canonical(copy) == canonical(dataset)


def test_damaged_commit_records_are_told_at_once_and_done_again(world: Path, dataset: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    records = [path for stage in ("compile", "verify") for path in (copy / "ledger" / stage).iterdir()]
    for path in records:
        path.write_text("{}")
    with pytest.raises(FactoryError, match=r"1 commit record is damaged \(`.*--verify") as failed:
        build(copy, recipe_for(world, packing={"seed": 2}))
    assert "validation error" not in str(failed.value)
    said: list[str] = []
    run.build(str(copy), recipe_for(world), INLINE, lambda stage, done, total: None, reread=True, say=said.append)
    assert len([text for text in said if "damaged" in text]) == len(records) == len(list((copy / "ledger" / "damaged").iterdir()))
    assert canonical(copy) == canonical(dataset)


def test_an_output_that_is_a_file_or_lies_under_one_is_refused(world: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in ("file", "file/below", "file/below/deeper"):
        with pytest.raises(StorageError, match=f"{out}` cannot be written"):
            build(tmp_path / out, recipe_for(world))


def test_an_input_without_a_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(SettingsError, match="neither"):
        build(tmp_path / "out", Recipe.model_validate({"inputs": [{}]}))
    with pytest.raises(SettingsError, match="names no input"):
        build(tmp_path / "out", Recipe())
    with pytest.raises(SettingsError, match="empty"):
        inputs.absolute("")


@pytest.mark.parametrize("domain", ["search", "swe", "sql"])
def test_a_world_written_again_leaves_a_dataset_as_it_is(tmp_path: Path, domain: str) -> None:
    recipe = recipe_for(write_world(domain, 4, tmp_path / "world"))
    build(tmp_path / "out", recipe)
    worlds.write(domain, 4, 0, tmp_path / "world")
    assert build(tmp_path / "out", recipe).did == {}


def test_a_full_disk_is_said_in_one_line(world: Path, tmp_path: Path) -> None:
    limited = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
    limited += "from factory.cli import main; raise SystemExit(main(sys.argv[1:]))"
    failed = subprocess.run([sys.executable, "-c", limited, "build", "--input", str(world), "--out", str(tmp_path / "out"), "--runner", "inline"], capture_output=True, text=True, timeout=240)
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    assert f"`{tmp_path}/out/" in failed.stderr and "File too large; make room there" in failed.stderr
    build(tmp_path / "out", recipe_for(world, packing={"min_context_tokens": 2_000}))
