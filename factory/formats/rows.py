"""Fields that stand beside the messages of a run, under the names that producers give them."""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.formats.answers import final_of, patch_in
from factory.formats.fields import decoded, flag_at, text_at, texts_of
from factory.records import DOMAINS, Domain, Environment, GroundTruth, Step, Trajectory
from factory.vocabulary import domain_of

GOLD = ("ground_truth", "ground_truth_answer", "expected_answer", "gold_answer", "gold_answers", "golden_answer",
        "golden_answers", "correct_answer", "true_answer", "reference_answer", "gts", "expected", "target", "label")
GOLD_SQL = ("gold_sql", "golden_sql", "gold_query", "gt_sql", "ground_truth_sql", "reference_sql", "SQL")
PREDICTED = ("prediction", "pred", "predicted_answer", "pred_answer", "Pred_Answer", "model_answer", "agent_answer", "final_answer", "extracted_answer")
"""Where one of these is the agent's answer, a field named `answer` is the right one, unless it only repeats that."""
GRADES = ("em", "f1", "acc", "score", "scores", "metrics", "Metrics", "reward", "rewards", "judge", "judgement", "judgment", "is_correct", "correct",
          "final_judge_result", "termination", "rollout_id")
"""What stands in a row whose answer was compared with a right one, and in a rollout of a benchmark's question."""
OWN_PATCH = ("git_patch", "model_patch", "generated_patch", "output_patch", "submission")
OURS = frozenset({"text", "target", "answer", "answers", "sql"})
"""Fields of a gold written in our own words."""
GOLD_PATCH = ("gold_patch", "golden_patch")
TASKS = ("instance", "instance_dict", "ds", "extra_info", "task")
"""Fields that may hold the benchmark's record."""
OF_TASK_ALONE = ("test_patch", "FAIL_TO_PASS")
"""Fields of a benchmark's record that no agent's log has of its own."""


def ground_truth_of(row: dict[str, Any]) -> GroundTruth:
    """What the row says the right answer is. A field named `answer` counts as a list, or beside the agent's own: else it may be that."""
    gold = row.get("ground_truth", row.get("reference_outputs"))
    if isinstance(gold, str) and isinstance(told := opened(gold), dict) and told.keys() & OURS:
        gold = told  # a table keeps objects as JSON text
    beside = next((field for key in ("env_extras", "extra_info") if isinstance(field := row.get(key), dict)), {})
    model = next((place[key] for place in (row, beside) for key in ("reward_model", "reward_spec", "label") if isinstance(place.get(key), dict)), None)  # of rollouts for reinforcement learning
    if gold is None and isinstance(model, dict):
        gold = model.get("ground_truth")
        row = row | {"ground_truth": gold}
    if isinstance(gold, dict):
        return gold_record(gold)
    for key in GOLD_PATCH:
        if patch := patch_in(text_at(row, key)):
            return GroundTruth(text=patch)
    for instance in (*(row.get(key) for key in TASKS), row if any(key in row for key in OF_TASK_ALONE) and solved_of(row) is not False else None):
        if truth := benchmark_gold(instance):
            return truth
    if solved_of(row) and (patch := own_patch(row) or patch_in(text_at(row, "patch"))):
        return GroundTruth(text=patch)  # the tests passed: the run's own patch is the verified one
    sql = text_at(row, *GOLD_SQL)
    for key in (*GOLD, "answer"):
        value = row.get(key)
        if key == "answer" and not (isinstance(value, list) or answers_the_question(row)):
            continue
        if key in ("target", "label", "expected") and not (is_graded(row) or isinstance(value, list)):
            continue  # of an agent's own log it may be anything
        if key == "label" and not isinstance(value, str | list):
            continue  # a mark, and no answer
        if isinstance(value, dict) and (truth := gold_record(value)).text:
            return truth
        if texts := [] if isinstance(value, bool | dict) else texts_of(value):
            return GroundTruth(text=texts[0], aliases=tuple(texts[1:]), sql=sql)
    return GroundTruth(sql=sql)


def answers_the_question(row: dict[str, Any]) -> bool:
    """Is the text under `answer` the right one? It may be the agent's own: where nothing else is known, it is taken for that."""
    told = {evened(text) for key in PREDICTED if (text := text_at(row, key))}
    answer = evened(text_at(row, "answer"))
    if any(one in answer or answer in one for one in told):  # the same, or the whole reply and what was cut out of it
        return is_graded(row) and solved_of(row) is not False
    return bool(told)


def is_graded(row: dict[str, Any]) -> bool:
    return any(row.get(key) is not None for key in GRADES)


def evened(text: str) -> str:
    return " ".join(text.split()).casefold()


def gold_record(gold: dict[str, Any]) -> GroundTruth:
    """A gold written in our own words; a list of texts is the answer and its aliases."""
    given = next((gold[key] for key in ("text", "target", "answer", "answers") if gold.get(key)), None)
    text, *aliases = [given] if isinstance(given, str) else texts_of(given) or [""]
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
    instance = opened(instance)
    if not isinstance(instance, dict) or not (patch := patch_in(text_at(instance, "patch"))):
        return None
    return GroundTruth(
        text=patch,
        test_patch=text_at(instance, "test_patch"),
        fail_to_pass=tuple(texts_of(instance.get("FAIL_TO_PASS"))),
        pass_to_pass=tuple(texts_of(instance.get("PASS_TO_PASS"))),
    )


def opened(value: Any) -> Any:
    """The object inside JSON text; other values as they stand."""
    found = decoded(value) if isinstance(value, str) and value[:1] == "{" else None
    return value if found is None else found


def own_patch(row: dict[str, Any]) -> str:
    """The patch that the agent handed in."""
    for place in (row, opened(row.get("test_result")), opened(row.get("info"))):
        if isinstance(place, dict) and (patch := patch_in(text_at(place, *OWN_PATCH))):
            return patch
    if solved_of(row) and not row.keys() & {*OF_TASK_ALONE, "base_commit", "problem_statement"}:
        return patch_in(text_at(row, "patch"))  # SWE-smith: beside a run that no record of a task is mixed with, its own
    return ""


def solved_of(row: dict[str, Any]) -> bool | None:
    test_result = opened(row.get("test_result"))
    report = test_result.get("report") if isinstance(test_result, dict) else None
    for place in (row, report, row.get("reward_info")):
        if isinstance(place, dict):
            solved = flag_at(place, "solved", "resolved", "success", "is_correct", "correct", "reward")
            if solved is not None:
                return solved
    return None


def environment_of(row: dict[str, Any]) -> Environment:
    own = opened(row.get("environment"))
    if isinstance(own, dict):
        return Environment(**{key: text_at(own, key) for key in Environment.model_fields})
    places = [value for key in TASKS if isinstance(value := row.get(key), dict)]
    instance = next((place for place in (*places, row) if any(key in place for key in ("repo", "repository", "base_commit"))), row)
    database = text_at(row, "db_id", "database")
    return Environment(repository=text_at(instance, "repo", "repository"), base_commit=text_at(instance, "base_commit"), database=database)


def task_id_of(row: dict[str, Any]) -> str:
    return text_at(row, "task_id", "instance_id", "question_id", "query_id", "qid", "id", "uid", "trajectory_id")


def domain_for(row: dict[str, Any], steps: tuple[Step, ...], wanted: str, usual: str = "") -> Domain:
    """The domain asked for, the row's own, the format's usual one, or the one that the actions speak for.

    A run without a call is taken for search, where it is rejected for just that.
    """
    for domain in (wanted, row.get("domain"), usual):
        if domain in DOMAINS:
            return domain
    if domain := domain_of(steps):
        return domain
    if tools := sorted({step.tool for step in steps if step.tool}):
        raise RowError("unknown_domain", f"no vocabulary holds its tools {', '.join(f'`{tool[:60]}`' for tool in tools[:8])}")
    return "search"


def run_of(row: dict[str, Any], steps: tuple[Step, ...], last: str, wanted: str, question: str, usual: str = "") -> Trajectory:
    """The run of a chat whose other fields stand beside its messages; `last` is the text of its last turn."""
    domain = domain_for(row, steps, wanted, usual)
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=task_id_of(row),
        question=text_at(row, "question", "problem_statement") or question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=(own_patch(row) if domain == "swe" else "") or final_answer,
        ground_truth=ground_truth_of(row),
        solved=solved_of(row),
        environment=environment_of(row),
    )
