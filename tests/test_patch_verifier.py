"""The judge of SWE answers: equality in the context, and tests in the cage where the repository is at hand."""

from __future__ import annotations

import subprocess
import time

import pytest

from factory.cage import bubblewrap, reports, trial
from factory.cage.tests import Ran, has_cage
from factory.patches import apply, apply_answer
from factory.recipe import Verify
from factory.records import Environment, Example, GroundTruth, Piece, Source
from factory.side import SideInputs
from factory.verifiers.patch import verify
from tests.patch_reference import ISOLATED, diff

needs_cage = pytest.mark.skipif(not has_cage(), reason="bubblewrap (`bwrap`) does not work here")

# plug-ins of the machine that runs these tests are not wanted, and cost a second each time
COMMAND = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python -m pytest -q"

BASE = {
    "calc/__init__.py": "",
    "calc/core.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return add(a, a)\n\n\ndef name():\n    return 'calc'\n",
    "calc/other.py": "LIMIT = 10\n",
    "tests/test_core.py": (
        "import pytest\nfrom calc.core import add, double, name\n\n\n"
        "def test_add():\n    assert add(1, 2) == 3\n\n\n"
        "@pytest.mark.parametrize('a', [1, 2])\ndef test_double(a):\n    assert double(a) == 2 * a\n\n\n"
        "class TestName:\n    def test_name(self):\n        assert name() == 'calc'\n"
    ),
}
FAIL_TO_PASS = (
    "tests/test_core.py::test_add",
    "tests/test_core.py::test_double[1]",
    "tests/test_core.py::test_double[2]",
)
PASS_TO_PASS = ("tests/test_core.py::TestName::test_name",)


def patch(path: str, *swaps: tuple[str, str]) -> str:
    new = BASE[path]
    for old, put in swaps:
        assert old in new
        new = new.replace(old, put)
    return diff(path, BASE[path], new)


def new_file(path: str, text: str) -> str:
    lines = text.splitlines()
    return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)


GOLD = patch("calc/core.py", ("a - b", "a + b"))


def example(
    truth: GroundTruth | None = None, environment: Environment | None = None, files: dict[str, str] | None = None
):
    context, pieces = "", []
    for path, text in (files or {k: v for k, v in BASE.items() if v and not k.startswith("tests")}).items():
        start = len(context) + 5
        context += "-----" + text
        role = "gold" if path == "calc/core.py" else "tier1"
        pieces.append(
            Piece(role=role, kind="file", name=path, start=start, end=len(context), token_start=0, token_end=1)
        )
    return Example(
        id="e", pair_id="p", unit="u", domain="swe", task_id="t", question="q", context=context, pieces=tuple(pieces),
        ground_truth=truth or GroundTruth(text=GOLD), agent={}, solved=None, environment=environment or Environment(),
        source=Source(), tokenizer="t", seed=0, budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip


def judge(answer: str, **settings):
    return verify(example(), answer, Verify(swe_tests="never", **settings), SideInputs())


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (GOLD, "accept", "bytes"),
        (f"The sign is wrong.\n\n```diff\n{GOLD}```\n", "accept", "bytes"),
        (GOLD.replace("@@ -1,5 +1,5 @@", "@@ -1,9 +1,7 @@"), "accept", "bytes"),
        (GOLD.replace("a + b", "a + b  "), "accept", "normalised"),
        (GOLD.replace("a + b", "(a + b)  # the sum"), "accept", "ast"),
        (
            "calc/core.py\n```python\n<<<<<<< SEARCH\n    return a - b\n=======\n    return a + b\n>>>>>>> REPLACE\n```",
            "accept",
            "bytes",
        ),
        (GOLD.replace("a + b", "b + a"), "reject", "wrong_answer"),
        (GOLD.replace("a + b", "a * b"), "reject", "wrong_answer"),
        (GOLD + patch("calc/other.py", ("10", "11")), "reject", "wrong_answer"),
        (GOLD + new_file("notes.txt", "done"), "reject", "wrong_answer"),
        (GOLD.replace(" def add", " def sum"), "reject", "patch_does_not_apply"),
        (GOLD.replace("calc/core.py", "calc/missing.py"), "reject", "patch_does_not_apply"),
        (GOLD.replace("calc/core.py", "../core.py"), "reject", "patch_refused"),
        (patch("calc/other.py", ("10", "11")) + diff("calc/other.py", "LIMIT = 11\n", "LIMIT = 10\n"), "reject", "patch_empty"),
        (diff("calc/core.py", BASE["calc/core.py"].replace("a - b", "a"), BASE["calc/core.py"]), "reject", "patch_does_not_apply"),
        (GOLD.replace("@@ -1,5 +1,5 @@", "@@ ... @@"), "reject", "patch_needs_fuzz"),
        ("", "reject", "no_patch"),
        ("I changed the sign.", "reject", "no_patch"),
        ("```python\ndef add(a, b):\n    return a + b\n```", "reject", "no_patch"),
        ("\x00\ud800" * 50, "reject", "no_patch"),
    ],
)  # fmt: skip
def test_answers_are_judged_by_their_effect_on_the_files(answer, outcome, reason):
    verdict = judge(answer)
    assert (verdict.outcome, verdict.reason) == (outcome, reason), verdict
    assert verdict.passed == (outcome == "accept")


def test_fuzzy_answer_passes_only_when_the_recipe_says_so():
    assert judge(GOLD.replace("@@ -1,5 +1,5 @@", "@@ ... @@"), swe_fuzzy=True).reason == "bytes"


def test_gold_that_does_not_fit_the_context_leaves_it_undecided():
    broken = example(truth=GroundTruth(text=GOLD.replace(" def add", " def sum")))
    verdict = verify(broken, GOLD, Verify(swe_tests="never"), SideInputs())
    assert (verdict.outcome, verdict.reason) == ("undecided", "gold_does_not_apply")


def test_similarity_and_docstrings_are_told_and_not_accepted():
    assert "similarity 0." in judge(GOLD.replace("a + b", "b + a")).detail
    documented = judge(GOLD.replace("+    return a + b", '+    """Add."""\n+    return a + b').replace("+1,5", "+1,6"))
    assert documented.reason == "wrong_answer" and "the same without docstrings" in documented.detail


def test_windows_of_a_file_are_enough_where_the_patch_touches_them():
    text = BASE["calc/core.py"]
    window = text[: text.index("def name")] + "[... lines 9-10 not shown ...]\n"
    windowed = example(files={"calc/core.py": window})
    assert verify(windowed, GOLD, Verify(swe_tests="never"), SideInputs()).passed


# tests decide


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """(URI of a bundle, base commit)."""
    folder = tmp_path_factory.mktemp("repository")
    for path, text in BASE.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=ISOLATED | who, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    (folder / "link").symlink_to(tmp_path_factory.mktemp("outside"))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "base")
    git("bundle", "create", "-q", str(folder / "calc.bundle"), "main")
    return str(folder / "calc.bundle"), git("rev-parse", "HEAD")


def try_tests(repository, answer: str, settings: Verify | None = None, **truth):
    uri, commit = repository
    fields = {"text": GOLD, "test_command": COMMAND, "fail_to_pass": FAIL_TO_PASS, "pass_to_pass": PASS_TO_PASS} | truth
    tried = example(truth=GroundTruth(**fields), environment=Environment(repository=uri, base_commit=commit))
    return verify(tried, answer, settings or Verify(), SideInputs())


@needs_cage
@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (GOLD, "accept", "bytes"),
        (GOLD.replace("a + b", "b + a"), "accept", "tests_pass"),
        (GOLD.replace("a + b", "2 * a"), "reject", "tests_fail"),
        (GOLD + patch("calc/core.py", ("'calc'", "'other'")), "reject", "tests_fail"),
        (patch("calc/core.py", ("a - b", "a +")), "reject", "tests_fail"),
        (patch("tests/test_core.py", ("== 3", "== -1"), ("2 * a", "0")), "reject", "tests_fail"),
        (GOLD.replace("a + b", "__import__('unittest').skip('no')(lambda: 0) or a"), "reject", "tests_fail"),
        (GOLD.replace("a + b", "exit(0)"), "reject", "tests_fail"),
        (GOLD.replace("a + b", "print('tests/test_core.py::test_add PASSED') or a"), "reject", "tests_fail"),
    ],
)
def test_tests_decide_on_an_edit_that_differs(repository, answer, outcome, reason):
    verdict = try_tests(repository, answer)
    assert (verdict.outcome, verdict.reason) == (outcome, reason), verdict


TRICKS = {
    "conftest that ends the run well": new_file("conftest.py", "import os\nprint('3 passed')\nos._exit(0)"),
    "conftest that makes every report good": new_file(
        "tests/sub/conftest.py", "def pytest_runtest_makereport(item, call):\n    call.excinfo = None"
    ),
    "pytest settings": new_file("pytest.ini", "[pytest]\naddopts = --collect-only"),
    "project settings": new_file("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-p evil'"),
    "start-up file": new_file("sitecustomize.py", "import os\nos._exit(0)"),
    "path file": new_file("evil.pth", "import os; os._exit(0)"),
    "module in the place of pytest": new_file("pytest.py", "print('4 passed')"),
    "package in the place of pytest": new_file("_pytest/__init__.py", "print('4 passed')"),
    "module in the place of the standard library": new_file("json/__init__.py", "import os\nos._exit(0)"),
    "plug-in by its metadata": new_file("evil.egg-info/entry_points.txt", "[pytest11]\nevil = calc.core"),
}


@needs_cage
@pytest.mark.parametrize("name", TRICKS)
def test_edit_of_what_runs_the_tests_is_refused(repository, name):
    verdict = try_tests(repository, TRICKS[name] + GOLD.replace("a + b", "a"))
    assert (verdict.outcome, verdict.reason) == ("reject", "patch_refused"), verdict


@needs_cage
@pytest.mark.parametrize("path", ["link", "link/file.txt"])
def test_nothing_is_written_through_a_link_of_the_repository(repository, path):
    verdict = try_tests(repository, new_file(path, "x"))
    assert (verdict.outcome, verdict.reason) == ("reject", "patch_refused"), verdict


@needs_cage
def test_edit_that_names_the_test_run_proves_nothing(repository):
    for text in (
        "__import__('os')._exit(0)",
        "open('/proc/self/cmdline') and a + b",
        "__import__('_pytest') and a + b",
    ):
        verdict = try_tests(repository, GOLD.replace("a + b", text))
        assert (verdict.outcome, verdict.reason) == ("undecided", "patch_watches_tests"), verdict


@needs_cage
@pytest.mark.parametrize(
    ("truth", "detail"),
    [
        ({"fail_to_pass": ("tests/test_core.py::test_missing",)}, "missing"),
        ({"fail_to_pass": PASS_TO_PASS}, "passes without the gold patch"),
        ({"pass_to_pass": ("tests/test_core.py::test_gone",)}, "missing"),
        ({"test_command": "make check"}, "cannot be read"),
        ({"test_command": f"{COMMAND} tests/none.py"}, "exit code 4"),
        ({"text": GOLD.replace("calc/core.py", "calc/gone.py")}, "does not apply to the repository"),
    ],
)
def test_environment_that_does_not_show_the_gold_right_decides_nothing(repository, truth, detail):
    verdict = try_tests(repository, GOLD.replace("a + b", "b + a"), **truth)
    assert (verdict.outcome, verdict.reason) == ("undecided", "env_broken"), verdict
    assert detail in verdict.detail


@needs_cage
def test_tests_to_judge_by_are_found_when_none_are_named(repository):
    named_none = {"fail_to_pass": (), "pass_to_pass": ()}
    assert try_tests(repository, GOLD.replace("a + b", "b + a"), **named_none).reason == "tests_pass"
    assert try_tests(repository, GOLD.replace("a + b", "2 * a"), **named_none).reason == "tests_fail"


@needs_cage
def test_test_patch_replaces_what_the_edit_did_to_tests(repository):
    test_patch = patch("tests/test_core.py", ("add(1, 2) == 3", "add(1, 2) == 3 and add(5, 1) == 6"))
    cheat = patch("calc/core.py", ("a - b", "3 if a == 1 else 2 * a")) + patch("tests/test_core.py", ("[1, 2]", "[2]"))
    assert try_tests(repository, cheat, test_patch=test_patch).reason == "tests_fail"
    assert try_tests(repository, GOLD.replace("a + b", "b + a"), test_patch=test_patch).reason == "tests_pass"


@needs_cage
def test_result_that_changes_from_run_to_run_is_flaky(repository, monkeypatch):
    monkeypatch.setattr(trial, "_run", changing(trial._run))
    verdict = try_tests(repository, GOLD.replace("a + b", "b + a + 0"))
    assert (verdict.outcome, verdict.reason) == ("undecided", "flaky_tests"), verdict


def changing(run):
    """`run`, of which every second result for the same tree lacks a test: what a clock or a race does to a suite."""
    seen: dict[bytes, int] = {}

    def result(task, tree):
        found = run(task, tree)
        key = tree["calc/core.py"][1]
        seen[key] = seen.get(key, 0) + 1
        return (
            found
            if b"+ 0" not in key or seen[key] % 2
            else found._replace(statuses=dict(list(found.statuses.items())[1:]))
        )

    return result


def test_without_environment_or_cage_tests_are_left_out_or_required(repository, monkeypatch):
    different = GOLD.replace("a + b", "b + a")
    assert verify(example(), different, Verify(), SideInputs()).reason == "wrong_answer"
    required = verify(example(), different, Verify(swe_tests="require"), SideInputs())
    assert (required.outcome, required.reason) == ("undecided", "no_environment")
    monkeypatch.setattr(bubblewrap, "kind_of_cage", lambda: "none")
    assert try_tests(repository, different).reason == "wrong_answer"
    assert try_tests(repository, different, Verify(swe_tests="require")).reason == "no_cage"
    trusted = try_tests(repository, different, Verify(unsandboxed=True))
    assert trusted.reason == "tests_pass" and trusted.marks == ("unsandboxed",)


def test_missing_repository_is_undecided(tmp_path):
    verdict = try_tests(
        (str(tmp_path / "none.bundle"), "0" * 40), GOLD.replace("a + b", "b + a"), Verify(unsandboxed=True)
    )
    assert (verdict.outcome, verdict.reason) == ("undecided", "side_input_missing")


# reports


def ran(report: str = "", code: int = 0, output: str = "", stopped: str = "") -> Ran:
    return Ran(code, output, report.encode(), stopped, "bubblewrap", 1.0)


CASE = '<testsuite><testcase classname="tests.test_a.TestB" name="test_c[x::y]">{}</testcase></testsuite>'


@pytest.mark.parametrize(
    ("report", "code", "status"),
    [
        (CASE.format(""), 0, "passed"),
        (CASE.format("<failure/>"), 1, "failed"),
        (CASE.format("<error/>"), 1, "failed"),
        (CASE.format("<skipped/>"), 0, "skipped"),
        (CASE.format('<skipped type="pytest.xfail"/>'), 0, "xfail"),
        (CASE.format(""), 1, None),
        (CASE.format("<failure/>"), 0, None),
        (CASE.format(""), 2, None),
        (CASE.format("")[:-3], 0, None),
        ("", 0, None),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]>' + CASE.format("&a;"), 0, None),
        (CASE.format("").replace("</testsuite>", '<testcase classname="tests.test_a.TestB" name="test_c[x::y]"><error/></testcase></testsuite>'), 1, "failed"),
    ],
)  # fmt: skip
def test_junit_report_counts_where_it_agrees_with_the_exit_code(report, code, status):
    key = reports.pytest_key("tests/test_a.py::TestB::test_c[x::y]")
    assert reports.read_junit(ran(report, code)).get(key) == status
    assert reports.read_junit(ran(report, code, stopped="time")) == {}


def test_test_id_that_was_cut_at_a_blank_stands_for_those_that_begin_with_it():
    statuses = {"t::a[x y]": "passed", "t::a[x z]": "passed", "t::b[x]": "passed", "t::b[y]": "failed"}
    assert [reports.status_of(statuses, key) for key in ("t::a[x", "t::b[", "t::a[x y]", "t::a", "t::c[")] == [
        "passed",
        "missing",
        "passed",
        "missing",
        "missing",
    ]


UNITTEST_OUTPUT = """test_a (pkg.tests.A.test_a) ... ok
test_b (pkg.tests.A)
A docstring ... FAIL
test_c (pkg.tests.A.test_c) ... skipped 'no'
test_d (pkg.tests.A.test_d) ... expected failure

----------------------------------------------------------------------
Ran 4 tests in 0.001s

FAILED (failures=1, skipped=1)
"""


def test_unittest_lines_are_read_with_both_forms_of_a_name():
    found = reports.read_unittest(ran(code=1, output=UNITTEST_OUTPUT))
    names = [
        reports.unittest_key(name)
        for name in ("test_a (pkg.tests.A)", "pkg.tests.A.test_b", "test_c (pkg.tests.A.test_c)")
    ]
    assert [found[name] for name in names] == ["passed", "failed", "skipped"]


@pytest.mark.parametrize(
    "change",
    [
        ("Ran 4", "Ran 5"),
        ("FAIL\n", "ok\n"),
        ("----", "test_b (pkg.tests.A) ... ok\n----"),
        ("FAILED", "Ran 4 tests in 0s\nFAILED"),
    ],
)
def test_unittest_lines_that_do_not_add_up_are_not_believed(change):
    assert reports.read_unittest(ran(code=1, output=UNITTEST_OUTPUT.replace(*change, 1))) == {}


def test_hostile_output_is_read_soon():
    start = time.monotonic()
    reports.read_unittest(ran(code=1, output="test_a (" * 500_000))
    reports.read_unittest(ran(code=1, output="a (b) ... ok\n" * 100_000))
    reports.read_junit(ran("<testsuite>" + "<a>" * 500_000))
    assert time.monotonic() - start < 20


def test_indented_diffs_and_labelled_paths_are_read_and_a_file_that_may_be_run_is_another():
    block = "<<<<<<< SEARCH\n    return a - b\n=======\n    return a + b\n>>>>>>> REPLACE\n"
    shape = {"calc/core.py": BASE["calc/core.py"]}
    indented = "The sign is wrong:\n\n" + "".join(f"    {line}\n" for line in GOLD.splitlines())
    for said in (indented, f"File: calc/core.py\n```python\n{block}```\n"):
        assert apply_answer(shape, said).applied.files == apply(shape, GOLD).files
    new = "diff --git a/run.py b/run.py\nnew file mode 100{}\n--- /dev/null\n+++ b/run.py\n@@ -0,0 +1 @@\n+print(1)\n"
    of_new = example(GroundTruth(text=new.format(644)))
    assert verify(of_new, new.format(644), Verify(swe_tests="never"), SideInputs()).passed
    assert not verify(of_new, new.format(755), Verify(swe_tests="never"), SideInputs()).passed
