"""Fields that stand beside the messages of a run, under the names that producers give them."""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.formats.answers import patch_in
from factory.formats.fields import decoded, flag_at, text_at, texts_of
from factory.records import DOMAINS, Domain, Environment, GroundTruth, Step
from factory.vocabulary import domain_of

GOLD = ("ground_truth", "ground_truth_answer", "expected_answer", "gold_answer", "gold_answers", "golden_answer",
        "golden_answers", "correct_answer", "target")
OWN_PATCH = ("git_patch", "model_patch", "generated_patch", "submission")
GOLD_PATCH = ("gold_patch", "golden_patch")


def ground_truth_of(row: dict[str, Any]) -> GroundTruth:
    """What the row says the right answer is. A field named `answer` counts only as a list: else it may be the agent's own."""
    gold = row.get("ground_truth")
    if isinstance(gold, dict):
        return gold_record(gold)
    for key in GOLD_PATCH:
        if patch := patch_in(text_at(row, key)):
            return GroundTruth(text=patch)
    for instance in (row.get("instance"), row.get("instance_dict")):
        if truth := benchmark_gold(instance):
            return truth
    if solved_of(row) and (patch := own_patch(row)):
        return GroundTruth(text=patch)  # the tests passed: the run's own patch is the verified one
    for key in (*GOLD, "answer"):
        value = row.get(key)
        texts = texts_of(value) if isinstance(value, list) or (key != "answer" and not isinstance(value, bool)) else []
        if texts:
            return GroundTruth(text=texts[0], aliases=tuple(texts[1:]))
    return GroundTruth()


def gold_record(gold: dict[str, Any]) -> GroundTruth:
    """A gold written in our own words; a list of texts is the answer and its aliases."""
    text, *aliases = [gold["text"]] if isinstance(gold.get("text"), str) else texts_of(gold.get("text")) or [""]
    return GroundTruth(
        text=text,
        aliases=(*aliases, *texts_of(gold.get("aliases"))),
        sql=text_at(gold, "sql"),
        result=text_at(gold, "result"),
        test_patch=text_at(gold, "test_patch"),
        test_command=text_at(gold, "test_command"),
        fail_to_pass=tuple(texts_of(gold.get("fail_to_pass"))),
        pass_to_pass=tuple(texts_of(gold.get("pass_to_pass"))),
    )


def benchmark_gold(instance: Any) -> GroundTruth | None:
    """The gold patch of a SWE-bench record, which may be JSON text."""
    instance = decoded(instance) if isinstance(instance, str) else instance
    if not isinstance(instance, dict) or not (patch := patch_in(text_at(instance, "patch"))):
        return None
    return GroundTruth(
        text=patch,
        test_patch=text_at(instance, "test_patch"),
        fail_to_pass=tuple(texts_of(instance.get("FAIL_TO_PASS"))),
        pass_to_pass=tuple(texts_of(instance.get("PASS_TO_PASS"))),
    )


def own_patch(row: dict[str, Any]) -> str:
    """The patch that the agent handed in."""
    for place in (row, row.get("test_result"), row.get("info")):
        if isinstance(place, dict) and (patch := patch_in(text_at(place, *OWN_PATCH))):
            return patch
    return ""


def solved_of(row: dict[str, Any]) -> bool | None:
    test_result = row.get("test_result")
    report = test_result.get("report") if isinstance(test_result, dict) else None
    for place in (row, report):
        if isinstance(place, dict):
            solved = flag_at(place, "solved", "resolved", "success", "is_correct", "correct", "reward")
            if solved is not None:
                return solved
    return None


def environment_of(row: dict[str, Any]) -> Environment:
    own = row.get("environment")
    if isinstance(own, dict):
        return Environment(**{key: text_at(own, key) for key in Environment.model_fields})
    instance = row.get("instance") if isinstance(row.get("instance"), dict) else row
    return Environment(repository=text_at(instance, "repo", "repository"), base_commit=text_at(instance, "base_commit"))


def task_id_of(row: dict[str, Any]) -> str:
    return text_at(row, "task_id", "instance_id", "question_id", "qid", "id")


def domain_for(row: dict[str, Any], steps: tuple[Step, ...], wanted: str, usual: str = "") -> Domain:
    """The domain asked for, the row's own, the format's usual one, or the one that the actions speak for.

    A run without a call is taken for search, where it is rejected for just that.
    """
    for domain in (wanted, row.get("domain"), usual, domain_of(steps)):
        if domain in DOMAINS:
            return domain
    if tools := sorted({step.tool for step in steps if step.tool}):
        raise RowError("unknown_domain", f"no vocabulary holds its tools {', '.join(f'`{tool[:60]}`' for tool in tools[:8])}")
    return "search"
