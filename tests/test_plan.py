"""What a plan says of teacher work, and what it predicts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lines import INLINE, build, recipe_for, write_world

from factory import identity, ledger, plan, repairs, run
from factory.cli import main
from factory.errors import SettingsError
from factory.recipe import Recipe, Search, Teacher
from factory.stages.discarded import count_discarded
from factory.stages.trace import Attempts

REACHABLE = INLINE.model_copy(update={"endpoints": ("http://127.0.0.1:9/v1",)})
"""Names an endpoint that is never asked."""


def asking(recipe: Recipe, model: str) -> Recipe:
    return recipe.model_copy(update={"teacher": Teacher(kind="openai", model=model)})


def answer(root: str, recipe: Recipe) -> ledger.Commit:
    """Commit records as if the recipe's model had answered every example."""
    scope = identity.trace_scope(recipe)
    attempts = Attempts(recipe, scope)
    rows = [row for commit in ledger.load(root, "compile") for item in commit.objects for row in item.rows if row.ask]
    units = tuple(ledger.UnitRecord(unit=attempts.of(row)[0], example_unit=row.unit, domain=row.domain, rows=1) for row in rows)
    part = ledger.PartRecord(kind="traces", path="parts/traces/gone.parquet", rows=len(units), bytes=1, units=tuple(unit.unit for unit in units))
    commit = ledger.Commit(stage="trace", scope=scope, units=units, parts=(part,), engine_seconds=36.0 * len(units))
    ledger.write(root, commit)
    return commit


@pytest.fixture
def answered(tmp_path: Path) -> tuple[str, Recipe, int]:
    """A dataset whose examples a model has answered, the recipe, and the number of examples."""
    recipe = recipe_for(write_world("search", 12, tmp_path / "world"))
    build(tmp_path / "out", recipe)
    return str(tmp_path / "out"), recipe, len(answer(str(tmp_path / "out"), asking(recipe, "one")).units)


def discarded(root: str, recipe: Recipe) -> int:
    scopes = [identity.compile_scope(recipe.compile, source) for source in recipe.inputs]
    commits = {stage: ledger.load(root, stage) for stage in ledger.STAGES}
    rows = [row for commit in commits["compile"] for item in commit.objects if item.scope in scopes for row in item.rows]
    return count_discarded(Attempts(recipe, identity.trace_scope(recipe)), rows, commits, scopes)


def test_only_a_changed_recipe_discards_what_a_model_answered(answered: tuple[str, Recipe, int]) -> None:
    root, recipe, num_examples = answered
    assert discarded(root, asking(recipe, "one")) == 0
    assert discarded(root, asking(recipe, "two")) == num_examples > 0
    assert discarded(root, recipe) == 0  # the trajectory teacher costs nothing


def test_a_build_asks_before_a_model_answers_again(answered: tuple[str, Recipe, int]) -> None:
    root, recipe, num_examples = answered
    asked: list[int] = []
    with pytest.raises(SettingsError, match=f"{num_examples} rows .* --yes"):
        run.build(root, asking(recipe, "two"), REACHABLE, lambda *_: None, agree=lambda num_rows: bool(asked.append(num_rows)))
    assert asked == [num_examples]


def test_distrust_asks_before_lost_answers_of_a_model_are_asked_for_again(answered: tuple[str, Recipe, int]) -> None:
    root, recipe, num_examples = answered
    asked: list[int] = []
    said: list[str] = []

    def refuse(num_answers: int) -> bool:
        asked.append(num_answers)
        return False

    for _ in range(2):  # a refusal changes nothing
        with pytest.raises(SettingsError, match=f"{num_examples} answers of a model .*gone.parquet.* --yes"):
            run.build(root, asking(recipe, "one"), REACHABLE, lambda *_: None, reread=True, agree=refuse, say=said.append)
    assert asked == [num_examples] * 2
    assert all("parts/traces/gone.parquet" in text and f"{num_examples} rows of trace" in text for text in said)
    repairs.drop_lost(root, lambda num_answers: True, said.append)
    assert not any(commit.units for commit in ledger.load(root, "trace") if commit.engine_seconds)
    run.build(root, recipe, INLINE, lambda *_: None, reread=True, say=said.append)
    assert len(said) == 4 and said[3].startswith("all of ")  # nothing is lost any more


def test_damaged_records_of_answers_are_set_aside_only_when_that_is_agreed_to(answered: tuple[str, Recipe, int], tmp_path: Path) -> None:
    root, recipe, _ = answered
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    next((copy / "ledger" / "trace").iterdir()).write_text("{}")
    with pytest.raises(SettingsError, match="answers of a model .* --yes"):
        run.build(str(copy), asking(recipe, "one"), REACHABLE, lambda *_: None, reread=True, agree=lambda num_rows: False)
    assert not (copy / "ledger" / "damaged").exists()
    assert run.build(str(copy), recipe, INLINE, lambda *_: None, reread=True).version.files


def test_a_plan_predicts_from_what_was_measured(answered: tuple[str, Recipe, int]) -> None:
    root, recipe, num_examples = answered
    found = plan.plan(root, asking(recipe, "two"))
    assert found.retrace == found.discarded == num_examples
    assert found.predicted["engine_hours"] == pytest.approx(num_examples * 36 / 3_600)
    assert found.predicted["attempts"] == pytest.approx(num_examples)


def test_a_setting_of_one_domain_is_predicted_to_touch_only_its_rows(tmp_path: Path) -> None:
    recipe = recipe_for(*(write_world(domain, 12, tmp_path / "world") for domain in ("search", "sql")))
    version = build(tmp_path / "out", recipe).version
    found = plan.plan(str(tmp_path / "out"), recipe.model_copy(update={"compile": recipe.compile.model_copy(update={"search": Search(gold="cited")})}))
    made = [row for commit in ledger.load(str(tmp_path / "out"), "compile") for item in commit.objects for row in item.rows if row.ask]
    assert found.predicted["examples"] == sum(row.domain == "search" for row in made) < len(made)
    judged = plan.plan(str(tmp_path / "out"), recipe.model_copy(update={"verify": recipe.verify.model_copy(update={"search_mode": "lenient"})}))
    assert judged.stage_fields == ["verify.search_mode"] and judged.reverify > 0
    assert judged.known_rows == sum(counts["read"] for counts in version.summary["domains"].values()) and judged.predicted["rows"] > 0


def test_a_plan_names_objects_and_the_field_that_made_them_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = recipe_for(write_world("search", 12, tmp_path / "world"))
    build(tmp_path / "out", recipe)
    changed = recipe.model_copy(update={"compile": recipe.compile.model_copy(update={"search": Search(gold="cited")})})
    found = plan.plan(str(tmp_path / "out"), changed)
    assert found.named == [(str(tmp_path / "world/search/runs-00000.jsonl"), "stale", ["compile.search"])]
    assert found.predicted["examples"] > 0 and found.predicted["prompt_tokens"] > 1_000
    asked = ["plan", "--input", str(tmp_path / "world/search"), "--set", "compile.packing.seed=9", "--out", str(tmp_path / "out"), "--explain"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "runs-00000.jsonl  because of compile.packing" in said and "examples to make" in said
