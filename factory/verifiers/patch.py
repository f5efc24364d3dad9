"""Judge of SWE answers: the edit in the answer against the verified patch.

Both are applied to the files in the example's context; the same text, or the same Python tree, is accepted.
Where the repository, a test command and a cage are at hand, tests decide on an edit that differs. How similar
two edits are, and that they differ in docstrings only, is told and never accepted.
"""

from __future__ import annotations

from factory import cage, patches
from factory.cage import trial
from factory.cage.tests import NoCage, has_cage
from factory.errors import RowError
from factory.patches import Edit, apply, apply_answer
from factory.patches.equality import compare, similarity
from factory.recipe import Verify
from factory.records import Example, Outcome, Verdict
from factory.side import SideInputs, is_place

VERSION = f"1.{patches.VERSION}.{cage.VERSION}"

MAX_EXTRACTED = 20_000
"""Characters of the patch that a verdict keeps."""


def verify(example: Example, answer: str, settings: Verify, side: SideInputs) -> Verdict:
    """Judge `answer` by `example.ground_truth`; never raises for what the answer holds."""
    answer = without_reasoning(answer)
    files = {
        piece.name: example.text_of(piece)
        for piece in example.pieces
        if piece.kind == "file" and piece.role in ("gold", "tier1")
    }
    gold = apply(files, example.ground_truth.text)
    edit = apply_answer(files, answer, strict=not settings.swe_fuzzy)
    extracted = edit.text[:MAX_EXTRACTED]
    if gold.ok and edit.applied.ok:
        if not any(text != files.get(path) for path, text in edit.applied.files.items()):
            return _verdict("reject", "patch_empty", "apply", extracted, "the edit changes nothing")
        compared = compare(files, edit.applied.files, gold.files)
        if unlike := edit.applied.executable - gold.executable:
            return _verdict("reject", "patch_refused", "equality", extracted, f"`{min(unlike)}` may be run, in the verified patch not")
        if compared.rule:
            return _verdict("accept", compared.rule, compared.rule, extracted, f"applied: {edit.applied.rung}")
    if settings.swe_tests != "never":
        judged = _by_tests(example, answer, settings, side, extracted)
        if judged is not None:
            return judged
    if not gold.ok:
        detail = f"the verified patch does not apply to the context: {gold.detail}"
        return _verdict("undecided", "gold_does_not_apply", "apply", extracted, detail)
    if not edit.applied.ok:
        return _verdict("reject", edit.applied.reason, "apply", extracted, edit.applied.detail)
    ratio = similarity(files, edit.applied.files, gold.files)
    detail = (
        f"differs in {', '.join(compared.differs[:5])}; similarity {'not taken' if ratio is None else f'{ratio:.3f}'}"
    )
    if compared.same_without_docstrings:
        detail += "; the same without docstrings"
    return _verdict("reject", "wrong_answer", "equality", extracted, detail)


def without_reasoning(answer: str) -> str:
    """What stands behind the reasoning with which an answer begins: a patch that is only thought of is no answer."""
    if not answer.lstrip().startswith("<think>"):
        return answer
    return answer.partition("</think>")[2]


def _by_tests(example: Example, answer: str, settings: Verify, side: SideInputs, extracted: str) -> Verdict | None:
    """The tests' verdict; None where there is nothing to run, or no cage, and tests are not required."""
    truth, environment = example.ground_truth, example.environment
    missing = ""
    if not (is_place(environment.repository) and environment.base_commit and truth.test_command):
        missing = "no_environment"
    elif not (has_cage() or settings.unsandboxed):
        missing = "no_cage"
    if missing:
        detail = "tests are required (`verify.swe_tests`)"
        return _verdict("undecided", missing, "tests", extracted, detail) if settings.swe_tests == "require" else None
    try:
        task = trial.Task(
            side.path(environment.repository),
            environment.base_commit,
            truth.text,
            truth.test_patch,
            truth.test_command,
            truth.fail_to_pass,
            truth.pass_to_pass,
            settings.swe_test_seconds,
            settings.unsandboxed,
        )
        texts = trial.base_texts(task.repository, task.commit)
        edit = apply_answer(texts, answer, strict=not settings.swe_fuzzy)
        return _tried(task, edit, texts, extracted)
    except RowError as e:
        return _verdict("undecided", e.reason, "tests", extracted, e.detail)
    except NoCage as e:
        return _verdict("undecided", "no_cage", "tests", extracted, str(e))


def _tried(task: trial.Task, edit: Edit, texts: dict[str, str], extracted: str) -> Verdict:
    applied = edit.applied
    if not applied.ok:
        return _verdict("reject", applied.reason, "apply", extracted, applied.detail)
    gold = apply(texts, task.gold_patch).files
    why = trial.refused(task, applied.files, gold)
    if why:
        return _verdict("reject", "patch_refused", "tests", extracted, why)
    word = trial.forging(task, applied.files, gold)
    if word:
        detail = f"its new lines name `{word}`, so its tests prove nothing"
        return _verdict("undecided", "patch_watches_tests", "tests", extracted, detail)
    result = trial.judge(task, applied.files)
    marks = ("unsandboxed",) if result.sandbox == "unsandboxed" else ()
    outcome, reason = {
        "pass": ("accept", "tests_pass"),
        "fail": ("reject", "tests_fail"),
        "env_broken": ("undecided", "env_broken"),
        "flaky": ("undecided", "flaky_tests"),
    }[result.outcome]
    return _verdict(outcome, reason, "tests", extracted, f"{result.detail}; applied: {applied.rung}", marks)


def _verdict(
    outcome: Outcome, reason: str, rule: str, extracted: str, detail: str, marks: tuple[str, ...] = ()
) -> Verdict:
    return Verdict(
        outcome=outcome,
        reason=reason,
        rule=rule,
        version=VERSION,
        extracted=extracted,
        detail=detail[:2_000],
        marks=marks,
    )
