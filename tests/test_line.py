"""The compile stage takes runs through its line by the batch: what beside a run stands in one changes nothing about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lines import build, canonical, recipe_for, rejections, write_world

from factory import identity, parts, run, storage
from factory.errors import StorageError
from factory.ledger import Commit
from factory.recipe import GoldTable, Input
from factory.records import RAW_LIMIT, Evidence
from factory.side import UNREAD, SideInputs
from factory.stages import compile as stage
from factory.stages import line
from factory.stages.compile import Compile, Shard
from factory.stages.line import Line


def compiled(folder: Path, out: Path, known: frozenset[str] = frozenset(), **given: object) -> Commit:
    """All objects of the folder as one task; `given` describes the input."""
    recipe = recipe_for(folder).model_copy(update={"inputs": (Input(uri=str(folder), **given),)})  # type: ignore[arg-type]
    scopes = tuple(identity.compile_scope(recipe.compile, source) for source in recipe.inputs)
    objects = run.listing(recipe, list(scopes)).objects
    shards = tuple(Shard(info.uri, info.etag, info.size, 0, 0, source) for source, info in objects)
    return Compile(str(out), recipe, scopes, known, 1 << 24)(shards)


def written(commit: Commit, out: Path) -> list[str]:
    rows = [row for part in commit.parts for row in parts.read_rows(str(out), part.path)]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


@pytest.mark.parametrize("domain", ["search", "sql"])
def test_batches_of_any_size_give_the_same_rows(domain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_world(domain, 40, tmp_path / "world")
    whole = compiled(folder, tmp_path / "whole")
    for module, name, limit in ((stage, "BATCH_RUNS", 1), (stage, "BATCH_RUNS", 7), (stage, "BATCH_BYTES", 20_000), (line, "HELD_CHARACTERS", 1)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, limit)
            again = compiled(folder, tmp_path / f"{name}-{limit}")
        assert again.objects == whole.objects
        assert written(again, tmp_path / f"{name}-{limit}") == written(whole, tmp_path / "whole")


def test_twins_of_one_batch_are_written_once(tmp_path: Path) -> None:
    folder = write_world("sql", 3, tmp_path / "world")
    (file,) = folder.glob("*.jsonl")
    first = json.loads(file.read_bytes().splitlines()[0])
    lost = first | {"environment": {"database": "databases/lost.sqlite", "dialect": "sqlite"}}
    lines = [json.dumps(first), "{", json.dumps(lost), json.dumps(first), json.dumps(lost), "{"]
    file.write_text("\n".join(lines) + "\n")
    commit = compiled(folder, tmp_path / "out")
    (read,) = commit.objects
    reasons = [row.reason for row in read.rows]
    assert reasons[1:3] == ["bad_json", "side_input_missing"]
    assert reasons[3:] == [reasons[0], reasons[2], reasons[1]]
    assert [row.unit for row in read.rows[3:]] == [read.rows[place].unit for place in (0, 2, 1)]
    assert len({row.position for row in read.rows}) == len(lines)
    assert sorted(unit for part in commit.parts for unit in part.units) == sorted({row.unit for row in read.rows})
    again = compiled(folder, tmp_path / "again", frozenset(row.unit for row in read.rows))
    assert again.parts == () and [row.unit for row in again.objects[0].rows] == [row.unit for row in read.rows]


def test_an_object_names_the_side_inputs_of_its_own_rows(tmp_path: Path) -> None:
    folder = write_world("sql", 30, tmp_path / "world")
    files = files_of(folder, 30)
    (folder / json.loads(files[0].read_bytes())["environment"]["database"]).unlink()
    for file, read in zip(files, compiled(folder, tmp_path / "out").objects, strict=True):
        name = json.loads(file.read_bytes())["environment"]["database"]
        etags = {uri.removeprefix(f"{folder}/"): etag for uri, etag in read.sides.items()}
        assert etags.keys() == {name} and bool(etags[name]) == (folder / name).exists()


def files_of(folder: Path, num_runs: int) -> list[Path]:
    """The folder's runs, one in a file."""
    (file,) = folder.glob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)[:num_runs]
    file.unlink()
    places = [folder / f"run-{number:02d}.jsonl" for number in range(num_runs)]
    for place, written in zip(places, lines, strict=True):
        place.write_bytes(written)
    return places


def test_no_more_evidence_is_held_than_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, held = write_world("sql", 60, tmp_path / "world"), []
    runs: set[line.Run] = set()
    collect, add = Line._collect, stage.Reading.add

    def counted(self: Line, one: line.Run, trajectory: object) -> None:
        collect(self, one, trajectory)  # type: ignore[arg-type]
        runs.add(one)
        held.append(sum(len(piece.text) for other in runs for piece in other.evidence))

    def freed(self: stage.Reading, row: object, sides: dict[str, str]) -> None:
        runs.difference_update([one for one in runs if one.sides is sides])
        add(self, row, sides)  # type: ignore[arg-type]

    monkeypatch.setattr(line.Run, "__hash__", object.__hash__, raising=False)
    monkeypatch.setattr(Line, "_collect", counted)
    monkeypatch.setattr(stage.Reading, "add", freed)
    monkeypatch.setattr(line, "HELD_CHARACTERS", 20_000)
    compiled(folder, tmp_path / "out")
    largest = max(after - before for before, after in zip([0, *held], held))
    assert sum(held) > 20_000 and max(held) <= 20_000 + largest


@pytest.mark.parametrize("held", [1, 1 << 23])
def test_a_database_that_changes_meanwhile_rejects_what_read_it(held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_world("sql", 60, tmp_path / "world")
    good = compiled(folder, tmp_path / "good")
    places = sorted(place for place, etag in good.objects[0].sides.items() if etag)
    collect, rewritten = Line._collect, []

    def late(self: Line, one: line.Run, trajectory: object) -> None:
        if not rewritten:
            rewritten.extend(Path(place).touch() for place in places)  # every run was joined to what the files held before
        collect(self, one, trajectory)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(line, "HELD_CHARACTERS", held)
        patched.setattr(Line, "_collect", late)
        (read,) = compiled(folder, tmp_path / "out").objects
    assert all(read.sides[place] == UNREAD for place in places)
    joined = {row.unit for row in good.objects[0].rows if row.reason not in ("bad_json", "unknown_format", "side_input_missing", "no_question")}
    assert len(joined) > 40 and not joined & {row.unit for row in read.rows}
    assert written(compiled(folder, tmp_path / "after"), tmp_path / "after") == written(good, tmp_path / "good")


def fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first side input that is asked for cannot be read."""
    copy, refused = storage.local_copy, []

    def once(uri: str, *rest: object) -> Path:
        if not refused:
            refused.append(uri)
            raise StorageError("reset by peer")
        return copy(uri, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "local_copy", once)


def test_one_run_that_cannot_read_its_database_leaves_the_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_world("sql", 30, tmp_path / "world")
    database = json.loads((folder / "runs-00000.jsonl").read_bytes().splitlines()[0])["environment"]["database"]
    files = files_of(folder, 2)
    files[1].write_bytes(files[0].read_bytes())
    fail_once(monkeypatch)
    first, second = compiled(folder, tmp_path / "out").objects
    assert first.rows[0].reason == "side_input_missing" and first.sides == {str(folder / database): UNREAD}
    assert second.rows[0].reason != "side_input_missing" and UNREAD not in second.sides.values()


def test_every_run_is_told_of_its_own_gold(tmp_path: Path) -> None:
    folder = write_world("search", 5, tmp_path / "world")
    (file,) = folder.glob("*.jsonl")
    runs = [json.loads(written) | {"ground_truth": {}, "task_id": f"asked-{number}"} for number, written in enumerate(file.read_bytes().splitlines())]
    file.write_text("".join(json.dumps(one) + "\n" for one in runs))
    (tmp_path / "gold.jsonl").write_text('{"id": "another", "answer": "1"}\n')
    compiled(folder, tmp_path / "out", gold=GoldTable(uri=str(tmp_path / "gold.jsonl")))
    rejected = [row for path in (tmp_path / "out").rglob("*.parquet") for row in parts.read_rows(str(tmp_path / "out"), str(path.relative_to(tmp_path / "out")))]
    assert len(rejected) == len(runs)
    assert all(row["reason"] == "no_ground_truth" and f"none for `{row['task_id']}`" in row["detail"] for row in rejected)


SECRET = "ghp_" + "9a8B7c6D5e4F3g2H1i0J9k8L7m6N5o4P3q2R"


def test_names_of_small_and_large_pieces_are_cleaned(tmp_path: Path) -> None:
    recipe = recipe_for(tmp_path)
    texts = Line(recipe, (identity.compile_scope(recipe.compile, recipe.inputs[0]),), frozenset()).texts
    pieces = [Evidence("gold", "page", f"https://x.example/{SECRET}", text) for text in ("short", "long " * 2_000)]
    for clean in (pieces, pieces[:1], pieces[1:]):
        assert all(SECRET not in piece.name and "[REDACTED" in piece.name for piece in texts.evidence(clean))


def test_a_rejection_shows_the_beginning_of_its_record_without_a_secret_across_its_end(tmp_path: Path) -> None:
    folder = write_world("search", 1, tmp_path / "world")
    (file,) = folder.glob("*.jsonl")
    head = '{"nothing": "'
    file.write_text(head + "word " * ((RAW_LIMIT - len(head) - 20) // 5) + SECRET + " word" * 2_000 + '"}\n')
    compiled(folder, tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.parquet")
    (row,) = parts.read_rows(str(tmp_path / "out"), str(path.relative_to(tmp_path / "out")))
    assert row["reason"] == "unknown_format" and len(row["raw"]) == RAW_LIMIT
    assert SECRET[:16] not in row["raw"] and "[REDACTED:github]" in row["raw"]


def test_a_row_that_is_to_be_tried_again_is_tried_again_whatever_others_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_world("sql", 30, tmp_path / "world")
    files = files_of(folder, 1)
    (folder / "run-01.jsonl").write_bytes(files[0].read_bytes().replace(b'"task_id":"', b'"task_id":"another-'))
    recipe = recipe_for(folder)
    with monkeypatch.context() as patched:
        fail_once(patched)
        build(tmp_path / "out", recipe)
    assert [row["reason"] for row in rejections(tmp_path / "out")] == ["side_input_missing"]
    build(tmp_path / "out", recipe)
    build(tmp_path / "fresh", recipe)
    assert canonical(tmp_path / "out") == canonical(tmp_path / "fresh") and not rejections(tmp_path / "out")


def test_a_place_that_only_has_to_be_there_may_change(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("1")
    side = SideInputs()
    side.begin()
    assert side.present(str(tmp_path / "a")) and side.content_hash(f"file://{tmp_path}/b")
    for name in ("a", "b"):
        (tmp_path / name).write_text("changed")
    assert side.hashed == side.moved(side.hashed) == {f"file://{tmp_path}/b"}
