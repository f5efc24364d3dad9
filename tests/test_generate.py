"""The whole line with a teacher behind HTTP: what is asked, how often, what is kept, and what a kill costs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from killed import FORKS
from lines import build, canonical, recipe_for, rejections, rows, write_world
from openai_server import Server, digest, serving

from factory import ledger, parts, run, schemas
from factory.errors import SettingsError
from factory.recipe import Placement, Recipe, validate
from factory.records import Example


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world("search", 25, folder)
    return folder


@pytest.fixture(scope="module")
def examples(world: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Example]:
    """Digest of the user's message -> example."""
    root = tmp_path_factory.mktemp("plain")
    build(root, recipe_for(world / "search"))
    found = {}
    for part in ledger.parts(ledger.load(str(root), "compile"), "examples"):
        for row in parts.read_rows(str(root), part.path):
            example = schemas.example_of(row)
            found[digest(message(example))] = example
    assert len(found) > 12
    return found


def message(example: Example) -> str:
    from factory import prompts

    return example.context.join(prompts.user_prompt(example.domain, example.question))


def right(example: Example) -> str:
    return f"<think>\nThe documents say it: {example.ground_truth.text}.\n</think>\n\n{example.ground_truth.text}"


WRONG = "<think>\nI guess.\n</think>\n\nNobody at all"


def placement(server: Server, **more: Any) -> Placement:
    return Placement(runner="inline", endpoints=(server.url,), api_key_env="", judges=1, **more)


def recipe(world: Path, **teacher: Any) -> Recipe:
    plain = recipe_for(world / "search").model_dump()
    return validate(Recipe, plain | {"teacher": {"kind": "openai", "model": "m"} | teacher}, "test")


def test_sampling_goes_on_until_enough_passed_or_no_attempt_is_left(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    """Of three kinds of example, the first passes at once, the second at the third attempt, the last never."""
    kinds = {prompt: int(prompt, 16) % 3 for prompt in examples}
    replies = {
        prompt: [[right(example)], [WRONG, WRONG, right(example)], [WRONG]][kinds[prompt]] for prompt, example in examples.items()
    }
    server.follow(answers=replies)
    result = build(tmp_path, recipe(world, max_attempts=4), placement(server))
    asked = Counter(call["prompt"] for call in server.calls())
    assert set(server.answered().values()) == {1}
    assert {prompt for prompt, kind in kinds.items() if kind < 2} == {digest(row["messages"][0]["content"]) for row in rows(tmp_path)}
    for prompt, kind in kinds.items():
        assert asked[prompt] in ([1, 2], [3, 4], [4])[kind], kind
    counts = result.version.summary["domains"]["search"]
    assert counts["read"] == counts["accepted"] + sum(counts["rejected"].values())
    verdicts = [row for part in ledger.parts(ledger.load(str(tmp_path), "trace"), "verdicts") for row in parts.read_rows(str(tmp_path), part.path)]
    assert len(verdicts) == len(server.calls())


def test_a_second_run_asks_nothing_and_a_third_attempt_asks_only_for_what_falls_short(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    short = sorted(examples)[:4]
    replies = {prompt: [WRONG if prompt in short else right(example)] * 2 + [right(example)] for prompt, example in examples.items()}
    server.follow(answers=replies)
    build(tmp_path, recipe(world, max_attempts=2), placement(server))
    server.follow(answers=replies)
    assert build(tmp_path, recipe(world, max_attempts=2), placement(server)).did == {}
    build(tmp_path, recipe(world, max_attempts=3), placement(server))
    assert sorted(server.answered()) == [(prompt, 2) for prompt in short]
    assert len(rows(tmp_path)) == len(examples)


def test_a_changed_verifier_judges_again_and_asks_only_where_it_now_falls_short(
    world: Path, examples: dict[str, Example], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hedged = sorted(examples)[0]
    replies = {prompt: [right(example)] for prompt, example in examples.items()}
    replies[hedged] = [right(examples[hedged]), right(examples[hedged]) + "."]
    server.follow(answers=replies)
    build(tmp_path, recipe(world, max_attempts=2), placement(server))
    server.follow(answers=replies)
    changed = recipe(world, max_attempts=2)
    changed = changed.model_copy(update={"verify": changed.verify.model_copy(update={"search_mode": "lenient"})})
    assert build(tmp_path, changed, placement(server)).did["verify"] == len(examples)
    assert server.calls() == []


def test_refused_and_failed_prompts_are_rejected_with_their_reason_and_only_failures_are_asked_again(
    world: Path, examples: dict[str, Example], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from factory.teachers import openai

    monkeypatch.setattr(openai, "FIRST_WAIT_SECONDS", 0.001)
    filtered, failing, *_ = sorted(examples)
    replies = {prompt: [right(example)] for prompt, example in examples.items()}
    server.follow(answers=replies, steps={filtered: ["filter"] * 9, failing: ["cut"] * 9})
    result = build(tmp_path, recipe(world), placement(server))
    reasons = {row["reason"]: row for row in rejections(tmp_path) if row["stage"] == "trace"}
    assert reasons.keys() == {"content_filter", "endpoint_failed"}
    assert reasons["endpoint_failed"]["detail"] and result.version.summary["domains"]["search"]["accepted"] == len(examples) - 2
    server.follow(answers=replies)
    build(tmp_path, recipe(world), placement(server))
    assert [call["prompt"] for call in server.calls()] == [failing]
    assert len(rows(tmp_path)) == len(examples) - 1
    assert {row["reason"] for row in rejections(tmp_path) if row["stage"] == "trace"} == {"content_filter"}


def test_prompts_over_the_teachers_context_are_counted_and_never_sent(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    middle = sorted(example.prompt_tokens for example in examples.values())[len(examples) // 2]
    build(tmp_path, recipe(world, context_tokens=middle + 100, max_answer_tokens=100), placement(server))
    fitting = {prompt for prompt, example in examples.items() if example.prompt_tokens <= middle}
    assert {call["prompt"] for call in server.calls()} == fitting and len(rows(tmp_path)) == len(fitting)
    assert Counter(row["reason"] for row in rejections(tmp_path))["prompt_too_long"] == len(examples) - len(fitting)
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    build(tmp_path, recipe(world, context_tokens=middle + 100, max_answer_tokens=100), placement(server))
    assert server.calls() == []
    build(tmp_path, recipe(world, context_tokens=1_000_000, max_answer_tokens=100), placement(server))
    assert {call["prompt"] for call in server.calls()} == examples.keys() - fitting and len(rows(tmp_path)) == len(examples)
    assert Counter(row["reason"] for row in rejections(tmp_path))["prompt_too_long"] == 0


def test_a_refusal_speaks_of_the_context_that_it_was_made_under(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    for context_tokens in (1_100, 1_200, 1_100):
        build(tmp_path, recipe(world, context_tokens=context_tokens, max_answer_tokens=1_000), placement(server))
        refused = [row for row in rejections(tmp_path) if row["reason"] == "prompt_too_long"]
        assert len(refused) == len(examples) and all(row["detail"].endswith(f"the teacher takes {context_tokens:,}") for row in refused)


def test_what_no_kv_cache_held_is_asked_again_where_engines_are_placed_otherwise(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    middle = sorted(example.prompt_tokens for example in examples.values())[len(examples) // 2]
    small = placement(server, kv_tokens=middle + 1)
    result = build(tmp_path, recipe(world), small)
    fitting = {prompt for prompt, example in examples.items() if example.prompt_tokens <= middle}
    refused = [row for row in rejections(tmp_path) if row["reason"] == "over_kv_cache"]
    assert {call["prompt"] for call in server.calls()} == fitting and len(refused) == len(examples) - len(fitting)
    assert result.version.summary["teacher"]["domains"]["search"]["refused"] == len(refused)
    assert build(tmp_path, recipe(world), small).did == {}
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    build(tmp_path, recipe(world), placement(server))
    assert {call["prompt"] for call in server.calls()} == examples.keys() - fitting and len(rows(tmp_path)) == len(examples)
    assert build(tmp_path, recipe(world), small).did == {}


def test_what_an_endpoint_found_too_long_is_asked_again_elsewhere_and_where_sizes_are_not_trusted(
    world: Path, examples: dict[str, Example], server: Server, tmp_path: Path
) -> None:
    replies = {prompt: [right(example)] for prompt, example in examples.items()}
    long = sorted(examples)[:3]
    small = {"answers": replies, "steps": dict.fromkeys(long, ["too_long"] * 9)}
    server.follow(**small)
    build(tmp_path, recipe(world), placement(server))
    assert Counter(row["reason"] for row in rejections(tmp_path))["prompt_too_long"] == 3
    assert build(tmp_path, recipe(world), placement(server)).did == {}
    server.follow(**small)
    elsewhere = placement(server).model_copy(update={"endpoints": (server.url.replace("127.0.0.1", "localhost"),)})
    build(tmp_path, recipe(world), elsewhere)
    assert sorted({call["prompt"] for call in server.calls()}) == long
    assert build(tmp_path, recipe(world), elsewhere).did == {}
    server.follow(answers=replies)
    run.build(str(tmp_path), recipe(world), elsewhere, lambda *_: None, reread=True)
    assert sorted(call["prompt"] for call in server.calls()) == long and len(rows(tmp_path)) == len(examples)


def test_a_failed_attempt_of_an_example_that_has_enough_keeps_nothing_to_do(
    world: Path, examples: dict[str, Example], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from factory.teachers import openai

    monkeypatch.setattr(openai, "FIRST_WAIT_SECONDS", 0.001)
    replies = {prompt: [WRONG, right(example)] for prompt, example in examples.items()}
    server.follow(answers=replies, steps={f"{sorted(examples)[0]} 0": ["cut"] * openai.TRIES})
    result = build(tmp_path, recipe(world, max_attempts=2), placement(server))
    assert result.version.summary["teacher"]["ask_again"] == 0 and len(rows(tmp_path)) == len(examples)
    assert build(tmp_path, recipe(world, max_attempts=2), placement(server)).did == {}


def test_answers_that_another_part_holds_too_are_not_asked_for_again(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    """A kill between a large part and the end of the small ones leaves attempts twice; then one of the two files is lost."""
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    build(tmp_path, recipe(world), placement(server))
    published = canonical(tmp_path)
    (commit,) = (commit for commit in ledger.load(str(tmp_path), "trace") if commit.units)
    copies = []
    for part in commit.parts:
        written = tmp_path / part.path
        parts.pq.write_table(parts.pq.read_table(written), tmp_path / "copy.parquet", compression="gzip")  # the same rows under another name
        written.unlink()
        data = (tmp_path / "copy.parquet").read_bytes()
        copies.append(part.model_copy(update={"path": f"{os.path.dirname(part.path)}/{hashlib.sha256(data).hexdigest()[:40]}.parquet", "bytes": len(data)}))
        (tmp_path / copies[-1].path).write_bytes(data)
    ledger.write(str(tmp_path), commit.model_copy(update={"parts": tuple(copies)}))
    server.follow(answers={})
    run.build(str(tmp_path), recipe(world), placement(server), lambda *_: None, reread=True, agree=lambda _: False, say=lambda _: None)
    assert server.calls() == [] and canonical(tmp_path) == published


def test_an_answer_is_on_storage_while_others_are_awaited(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    slow, *others = sorted(examples)
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()}, steps={slow: ["hold"]})
    building = threading.Thread(target=build, args=(tmp_path, recipe(world), placement(server)))
    building.start()
    try:
        while len(durable(tmp_path)) < len(others):  # for ever, where an answer waits for the one that is held: the time limit ends it
            assert building.is_alive()
            time.sleep(0.05)
        assert [call["done"] for call in server.calls() if call["prompt"] == slow] == [False]
    finally:
        server.get("release")
        building.join()
    assert len(rows(tmp_path)) == len(examples)


def durable(root: Path) -> set[str]:
    """Units of the attempts that commit records name together with a part file that holds them."""
    commits = ledger.load(str(root), "trace") if (root / "ledger/trace").is_dir() else []
    return {unit for part in ledger.parts(commits, "traces") if (root / part.path).stat().st_size == part.bytes for unit in part.units}


def test_engine_seconds_count_the_gpus_of_an_engine(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.teachers.pool import Pool

    monkeypatch.setattr(Pool, "seconds_up", lambda _: 10.0)  # a clock that stands
    server.follow(answers={prompt: [right(example)] for prompt, example in examples.items()})
    result = build(tmp_path, recipe(world), placement(server, tensor_parallel=4, pipeline_parallel=2))
    assert result.version.summary["teacher"]["engine_seconds"] == 80.0


@pytest.mark.parametrize("style", ["derive_first", "final_check"])
def test_a_given_answer_is_in_the_request_and_not_in_the_row(style: str, world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    from factory import prompts

    asked = {digest(message(e) + prompts.given_answer(style, e.ground_truth.text)): e for e in examples.values()}
    server.follow(answers={prompt: [right(example)] for prompt, example in asked.items()})
    result = build(tmp_path, recipe(world, mode="answer_given", prompt=style), placement(server))
    found = rows(tmp_path)
    assert {call["prompt"] for call in server.calls()} == asked.keys() and len(found) == len(asked)
    assert {row["trace_mode"] for row in found} == {"answer_given"}
    assert {digest(row["messages"][0]["content"]) for row in found} == examples.keys()
    assert 0 <= result.version.summary["teacher"]["domains"]["search"]["early_answers"] <= len(found)


def test_early_answers_and_grounding_are_measured_on_rows_of_a_given_answer(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    """Of four quoted things three stand in the documents; every trace whose gold is plain words says it at once, the others never."""
    from factory import prompts

    replies, early = {}, set()
    for prompt, example in examples.items():
        quotes = dict.fromkeys(re.findall(r"\b[a-z]{3,}(?: [a-z]{3,}){2}\b", example.context))
        said = "".join(f'we read "{quote}" here. ' for quote in [*quotes][:3])
        gold = example.ground_truth.text
        if re.fullmatch(r"[A-Za-z ]{4,}", gold):
            early.add(prompt)
            said = f"it is {gold.lower()}. {said}"
        filler = "let us see what the pages say about it. " * 10
        shown = digest(message(example) + prompts.given_answer("derive_first", gold))
        replies[shown] = [f'<think>\n{said}we do not read "zorblatt quux" there. {filler}\n</think>\n\n{gold}']
    assert 0 < len(early) < len(examples)
    server.follow(answers=replies)
    result = build(tmp_path, recipe(world, mode="answer_given", prompt="derive_first"), placement(server))
    marks = {digest(row["messages"][0]["content"]): set(row["verdict_marks"]) for row in rows(tmp_path)}
    assert marks == {prompt: {"grounded:75"} | ({"early_answer"} if prompt in early else set()) for prompt in examples}
    counts = result.version.summary["teacher"]["domains"]["search"]
    assert (counts["early_answers"], counts["passed"], counts["grounded"]) == (len(early), len(examples), 0.75)


def test_a_wrong_model_stops_the_build_with_one_sentence(world: Path, server: Server, tmp_path: Path) -> None:
    server.follow(models=["other"])
    said: list[tuple[str, int]] = []
    with pytest.raises(SettingsError, match=r"`m`.*teacher.model"):
        run.build(str(tmp_path), recipe(world), placement(server), lambda stage, done, total: said.append((stage, done)))
    assert ("compile", 0) in said and {done for stage, done in said if stage == "trace"} == {0}


def die_after(root: str, recipe: Recipe, placement: Placement) -> None:
    build(root, recipe, placement)


@pytest.mark.crash
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_killed_it_repeats_at_most_what_was_not_yet_durable(share: float, world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    replies = {prompt: [WRONG, WRONG, right(example)] for prompt, example in examples.items()}
    server.follow(answers=replies, delay=0.05)
    total = 3 * len(examples)
    process = FORKS.Process(target=die_after, args=(str(tmp_path), recipe(world, max_attempts=3), placement(server, slots=4, start_slots=4)))
    process.start()
    while len(server.answered()) < share * total and process.is_alive():
        time.sleep(0.02)
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    at_kill = set(server.answered())
    durable = {unit.unit for commit in ledger.load(str(tmp_path), "trace") for unit in commit.units}
    build(tmp_path, recipe(world, max_attempts=3), placement(server))
    answered = server.answered()
    assert set(answered.values()) <= {1, 2} and len(at_kill) < total
    assert sum(count - 1 for count in answered.values()) <= len(at_kill) - len(durable) + 4
    assert len(rows(tmp_path)) == len(examples)
    traces = [row["unit"] for part in set(ledger.homes(ledger.load(str(tmp_path), "trace"), "traces").values()) for row in parts.read_rows(str(tmp_path), part.path)]
    assert len(traces) == len(set(traces))


def test_a_second_opinion_decides_only_what_the_rules_left_undecided(world: Path, examples: dict[str, Example], server: Server, tmp_path: Path) -> None:
    from factory.verifiers import judge

    unsure = "I believe, although I am not certain, that someone of that name may be meant: {}"
    chosen = sorted(examples)[:3]
    replies = {prompt: [right(example)] for prompt, example in examples.items()}
    opinions = {"VERDICT: CORRECT": "accept", "VERDICT: INCORRECT": "reject", "I cannot say.": "undecided"}
    said = dict(zip(chosen, opinions, strict=True))
    for prompt in chosen:
        example = examples[prompt]
        answer = unsure.format(example.ground_truth.text)
        replies[prompt] = [f"<think>\nHm.\n</think>\n\n{answer}"]
    server.follow(answers=replies)
    build(tmp_path / "without", recipe(world), placement(server))
    undecided = {row["trace_unit"]: row for row in verdicts(tmp_path / "without") if row["outcome"] == "undecided"}
    assert len(undecided) == 3
    by_example = {examples[prompt].unit: prompt for prompt in chosen}
    for row in undecided.values():
        prompt = by_example[row["example_unit"]]
        gold = examples[prompt].ground_truth
        asked = judge.message(examples[prompt].question, gold.text, gold.aliases, row["extracted"] or unsure.format(gold.text))
        replies[digest(asked)] = [f"<think>\nLet me see.\n</think>\n\nThey differ.\n{said[prompt]}"]
    server.follow(answers=replies)
    asking = recipe(world)
    asking = asking.model_copy(update={"verify": asking.verify.model_copy(update={"search_judge": True})})
    build(tmp_path / "with", asking, placement(server))
    build(tmp_path / "without", asking, placement(server))  # there the attempts are stored, and only opinions are asked
    assert canonical(tmp_path / "without") == canonical(tmp_path / "with")
    found = {by_example[row["example_unit"]]: row for row in verdicts(tmp_path / "with") if row["example_unit"] in by_example}
    assert {prompt: row["outcome"] for prompt, row in found.items()} == {prompt: opinions[said[prompt]] for prompt in chosen}
    assert all(row["rule"] == "judge" and json.loads(row["detail"])["reply"] for row in found.values())
    assert len(server.calls()) == len(examples) + 3 + 3
    assert len(rows(tmp_path / "with")) == len(examples) - 2


def verdicts(root: Path) -> list[dict[str, Any]]:
    return [row for part in ledger.parts(ledger.load(str(root), "verify"), "verdicts") for row in parts.read_rows(str(root), part.path)]
