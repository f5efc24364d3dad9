"""Every fault that the specification of the verifiers names has a test (faults.toml); those that no other file has are here."""

from __future__ import annotations

import ast
import io
import itertools
import sqlite3
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import duckdb
import pytest

from factory import formats
from factory.cage.compare import compare
from factory.cage.gold import run_gold
from factory.cage.results import ResultTable
from factory.cage.sql import shared_cage
from factory.containers import read_records
from factory.errors import RowError
from factory.formats.fields import MAX_TURNS
from factory.patches import apply, apply_answer
from factory.patches.equality import MAX_AST_CHARS, same_file
from factory.recipe import Verify
from factory.records import AgentTrace, Environment, Example, GroundTruth, Source
from factory.verifiers.answer import judge
from factory.verifiers.sql_parity import prepare_testsuite, same_testsuite, subset_defog
from factory.verifiers.sql_result import verify
from tests import test_patch_verifier as patch_cases
from tests.patch_reference import diff

FOLDER = Path(__file__).parent
FAULTS = tomllib.loads((FOLDER / "faults.toml").read_text("utf-8"))


def named_tests() -> set[str]:
    attacks = tomllib.loads((FOLDER / "attacks" / "index.toml").read_text("utf-8"))["group"]
    return {test for one in (*itertools.chain(*FAULTS.values()), *attacks) for test in one["tests"]}


def test_every_fault_and_attack_names_tests_that_exist():
    files = sorted({"tests/" + name.partition("::")[0] for name in named_tests()})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-m", "", "-q", *files]
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2_000:]
    known = [line.removeprefix("tests/") for line in done.stdout.splitlines() if "::" in line]
    assert [name for name in named_tests() if not any(test.startswith(name) for test in known)] == []
    assert [fault for faults in FAULTS.values() for fault in faults if not fault["tests"]] == []


# D: answers in words

WHO = "who wrote the song"
ANSWERS = {
    # what the fault is about: (question, gold, answer, outcomes that are right)
    "name before an acronym in parentheses": ("which mechanism is used", "Dynamic Leecher Protection (DLP)", "Dynamic Leecher Protection", "accept"),
    "acronym in parentheses": ("which mechanism is used", "Dynamic Leecher Protection (DLP)", "DLP", "accept"),
    "also known as": ("which mountain is it", "Mount Miwa (also known as Miwa\u2011yama or Mount Mimoro)", "Mount Mimoro", "accept"),
    "hyphen of another code point": ("which mountain is it", "Mount Miwa (also known as Miwa\u2011yama or Mount Mimoro)", "Miwa-yama", "accept"),
    "year in parentheses left out": ("which battle was it", "The Battle of Keelung (1895).", "Battle of Keelung", "accept"),
    "year in parentheses contradicted": ("which battle was it", "The Battle of Keelung (1895).", "Battle of Keelung (1884)", "reject"),
    "quoted sentence": ("what does it say", '"The official Israeli designation for the area is Judea and Samaria"', "“The official Israeli designation for the area is Judea and Samaria.”", "accept"),
    "other sentence": ("what does it say", '"The official Israeli designation for the area is Judea and Samaria"', "The official Israeli designation for the area is Galilee", "not accept"),
    "two names with a semicolon": ("which one is it", "Color TV; colour television", "colour television", "accept"),
    "punctuation of Unicode": ("what is it called", "rock\u2010n\u2011roll", "rock\u2013n\u2013roll", "accept"),
    "spaces of Unicode": ("which paper is it", "New\u00a0York\u2009Times", "New York Times", "accept"),
    "curly quotes": ("which song is it", "don't stop", "don’t stop", "accept"),
    "accents": ("who got the prize", "Röntgen", "Rontgen", "accept"),
    "ampersand": ("which company is it", "Smith & Wesson", "Smith and Wesson", "accept"),
    "an article that is the answer": ("which vitamin is it", "A", "vitamin A", "accept"),
    "an article that is not the answer": ("which vitamin is it", "A", "the B", "not accept"),
    "shared words": ("which gas is it", "carbon dioxide", "carbon monoxide", "not accept"),
    "no for yes": ("is it true", "yes", "no", "reject"),
    "noanswer for yes": ("is it true", "yes", "noanswer", "not accept"),
    "one answer tag": ("which city is it", "Paris", "<answer>Paris</answer>", "accept"),
    "thousands separators": ("how many are there", "24,283", "24283", "accept"),
    "a decimal comma without a locale": ("how much is it", "1.5", "1,5", "not accept"),
    "magnitude in words": ("how much is it", "1.5 million", "1,500,000", "accept"),
    "another magnitude": ("how much is it", "5 million", "5 billion", "reject"),
    "another currency": ("how much did it cost", "$5", "€5", "reject"),
    "another unit": ("how tall is it", "305 feet", "305 meters", "reject"),
    "a missing unit": ("how long is it", "10 cm", "10", "not accept"),
    "years are exact": ("in what year was it", "1989", "1990", "reject"),
    "last significant figure, low": ("how many are there", "120k", "115k", "accept"),
    "last significant figure, high": ("how many are there", "120k", "124k", "accept"),
    "beyond the last significant figure": ("how many are there", "120k", "126k", "reject"),
    "a fraction for a percentage": ("how much is it", "71%", "0.71", "reject"),
    "two numbers for one": ("how many are there", "150", "150 or 160", "reject"),
    "a number inside another": ("how many are there", "7", "In 2007 there were 19.", "not accept"),
    "a coarser date": ("when was it", "14 December 1972", "1972", "undecided"),
    "an item missing": ("which colours are on the flag", "red, white and blue", "red and white", "reject"),
    "an item more": ("which colours are on the flag", "red, white and blue", "red, white, blue and green", "reject"),
    "items in another order": ("which colours are on the flag", "red, white and blue", "blue, white and red", "accept"),
    "either or": (WHO, "Paul McCartney", "either Paul McCartney or John Lennon", "reject"),
    "negation before the gold": (WHO, "Paul McCartney", "It was not Paul McCartney", "reject"),
    "hedge": (WHO, "Paul McCartney", "I guess it might be Paul McCartney", "not accept"),
    "two candidates on two lines": (WHO, "Paul McCartney", "Paul McCartney\nJohn Lennon", "not accept"),
    "blanks": (WHO, "Paul McCartney", "   ", "reject"),
    "a grader's line": (WHO, "Paul McCartney", "correct: yes", "reject"),
    "a grader's line in bold": (WHO, "Paul McCartney", "**correct:** yes", "reject"),
    "a grader's word": (WHO, "Paul McCartney", "CORRECT", "reject"),
    "a grader's letter": (WHO, "Paul McCartney", "A", "reject"),
    "a sentence that begins with a grader's letter": (WHO, "Paul McCartney", "Based on the above, A", "reject"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name):
    question, gold, answer, right = ANSWERS[name]
    verdict = judge(question, [gold], answer)
    assert (verdict.outcome != "accept") if right == "not accept" else (verdict.outcome == right), verdict
    assert verdict.rule and verdict.version and verdict.passed == (verdict.outcome == "accept")


# E: results of queries


class Side:
    def path(self, uri: str) -> Path:
        return Path(uri)


@pytest.fixture(scope="module")
def databases(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("databases")
    statements = ["CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, name TEXT)", "INSERT INTO t VALUES (1, NULL, 'a'), (2, 5, 'b'), (3, 7, 'c')"]
    lite, duck = sqlite3.connect(folder / "t.sqlite"), duckdb.connect(str(folder / "t.duckdb"))
    for statement in statements:
        lite.execute(statement)
        duck.execute(statement)
    lite.commit()
    lite.close()
    duck.close()
    return {"sqlite": folder / "t.sqlite", "duckdb": folder / "t.duckdb"}


def judge_sql(database: Path, dialect: str, sql: str, answer: str):
    table = run_gold(shared_cage("source"), database, dialect, sql).table
    example = Example(
        id="e", pair_id="p", unit="u", domain="sql", task_id="t", question="", context="", pieces=(),
        ground_truth=GroundTruth(text=table.to_markdown(), sql=sql, result=table.to_json()), agent=AgentTrace(), solved=None,
        environment=Environment(database=str(database), dialect=dialect), source=Source(), tokenizer="", seed=0,
        budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip
    return verify(example, answer, Verify(), Side())


TRAPS = {
    # query: (answer that SQLite gives, answer that DuckDB gives); None where the engine refuses the query
    "whole numbers divided": ("SELECT 7/2 AS a", "3", "3.5"),
    "NULL first or last": ("SELECT name FROM t ORDER BY x", "a\nb\nc", "b\nc\na"),
    "a date that does not exist": ("SELECT CAST('2020-02-30' AS DATE) AS d", "2020", None),
    "text cast to a number": ("SELECT CAST('12abc' AS INT) AS n", "12", None),
    "a whole number beside a decimal": ("SELECT 1 AS n UNION SELECT 1.5", "1\n1.5", "1.0\n1.5"),
    "a comparison": ("SELECT x > 6 AS n FROM t WHERE id = 3", "1", "true"),
}


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
@pytest.mark.parametrize("name", TRAPS)
def test_dialect_is_never_translated(databases, name, dialect):
    sql, of_sqlite, of_duckdb = TRAPS[name]
    mine, other = (of_sqlite, of_duckdb) if dialect == "sqlite" else (of_duckdb, of_sqlite)
    if mine is None:
        with pytest.raises(Exception, match="sql"):
            judge_sql(databases[dialect], dialect, sql, other)
        return
    assert judge_sql(databases[dialect], dialect, sql, mine).passed
    if other is not None and name in ("whole numbers divided", "NULL first or last"):
        assert not judge_sql(databases[dialect], dialect, sql, other).passed


def test_function_of_another_dialect_is_an_error_and_not_translated(databases):
    for dialect, foreign in (("sqlite", "SELECT to_days(1)"), ("sqlite", "SELECT list_value(1)"), ("duckdb", "SELECT total(x) FROM t")):
        verdict = judge_sql(databases[dialect], dialect, "SELECT 123456 AS n", f"```sql\n{foreign}\n```")
        assert (verdict.outcome, verdict.reason) == ("reject", "sql_fails"), verdict


def table(*rows: tuple, columns: int = 0) -> ResultTable:
    return ResultTable(tuple(f"c{i}" for i in range(columns or len(rows[0]))), rows)


def test_empty_results_of_other_widths_are_not_equal():
    assert same_testsuite([], [], in_order=False)
    assert compare(table(columns=1), table(columns=2)).outcome == "reject"
    assert compare(table(columns=2), table(columns=1)).outcome == "reject"


def test_test_suite_rewrites_the_clock_and_strict_leaves_it_undecided(databases):
    assert prepare_testsuite("SELECT YEAR( CURDATE() )") == "SELECT 2020"
    verdict = judge_sql(databases["sqlite"], "sqlite", "SELECT 1 AS n", "```sql\nSELECT date('now') > '2000' AS n\n```")
    assert (verdict.outcome, verdict.reason) == ("undecided", "nondeterministic"), verdict


def test_empty_gold_is_no_subset():
    assert not subset_defog(table((1, 2)), table(columns=1), in_order=False)


def test_typed_cells_keep_their_type():
    gold = table((1,), (None,))
    assert compare(gold, table((1.0,), (None,))).outcome == "accept"
    assert compare(gold, table(("1",), (None,))).outcome == "reject"
    assert compare(gold, table((1,), (0,))).outcome == "reject"
    assert compare(gold, table((1,), ("",))).outcome == "reject"
    assert compare(table((1,)), table((True,))).outcome == "accept", "a number beside a truth value"
    assert compare(table(("1",)), table((True,))).outcome == "reject"
    assert compare(table((float("nan"),)), table((float("nan"),))).outcome == "accept"
    assert compare(table((2**60,)), table((2**60 + 1,))).outcome == "reject"
    assert compare(table((0.1 + 0.2,)), table((0.3,))).outcome == "accept"
    assert compare(table((1.0,)), table((1.0 + 1e-6,))).outcome == "reject"
    assert compare(table(("a ",)), table(("a",))).outcome == "reject"


# F: patches

CODE = "".join(f"value_{number} = {number}\n" for number in range(1, 41))
FIXED = CODE.replace("value_20 = 20", "value_20 = 21")
GOLD = diff("m.py", CODE, FIXED)


def test_patch_whose_reverse_applies_does_not_count_as_applied():
    assert apply({"m.py": FIXED}, GOLD).reason == "patch_does_not_apply"


def test_patch_that_is_only_thought_of_is_no_answer():
    right, wrong = patch_cases.GOLD, patch_cases.GOLD.replace("a + b", "a * b")
    for thought, said, outcome in ((right, wrong, "reject"), (wrong, right, "accept"), (right, "I made the change.", "reject")):
        for text in (f"<think>```diff\n{thought}```</think>\n{said}", f"<think>\n{thought}\n</think>```diff\n{said}```"):
            assert patch_cases.judge(text).outcome == outcome
    assert patch_cases.judge(f"<think>```diff\n{right}```").outcome == "reject"


def test_all_or_nothing_over_several_files():
    broken = diff("n.py", "x = 1\n", "x = 2\n").replace("-x = 1", "-x = 7")
    result = apply({"m.py": CODE, "n.py": "x = 1\n"}, GOLD + broken, strict=False)
    assert not result.ok and result.files == {}


def test_order_of_imports_counts():
    assert same_file("m.py", "import a\nimport b\n", "import b\nimport a\n") == ""
    assert same_file("m.py", "f(a=1, b=2)\n", "f(b=2, a=1)\n") == ""
    assert same_file("m.py", "def f():\n    x = 1\n    return x\n", "def f():\n    y = 1\n    return y\n") == ""


def test_python_over_the_cap_is_compared_as_text():
    text = "x = 1\n" * (MAX_AST_CHARS // 6 + 1)
    assert same_file("m.py", text + "y = (2)\n", text + "y = 2\n") == ""


def block(search: str, replace: str, path: str = "m.py", marks: int = 7) -> str:
    return f"{path}\n```\n{'<' * marks} SEARCH\n{search}{'=' * marks}\n{replace}{'>' * marks} REPLACE\n```\n"


def test_search_text_that_occurs_twice_is_not_replaced_everywhere():
    files = {"m.py": "x = 1\ny = 2\nx = 1\n"}
    applied = apply_answer(files, block("x = 1\n", "x = 3\n"), strict=False).applied
    assert not applied.ok and applied.reason == "ambiguous"


@pytest.mark.parametrize("marks", [5, 9])
def test_marker_lines_of_five_to_nine_characters_are_read(marks):
    assert apply_answer({"m.py": CODE}, block("value_20 = 20\n", "value_20 = 21\n", marks=marks)).applied.files == {"m.py": FIXED}


def test_path_carries_over_to_the_next_block_and_repeats_count_once():
    first = block("value_20 = 20\n", "value_20 = 21\n")
    bare = "```\n<<<<<<< SEARCH\nvalue_1 = 1\n=======\nvalue_1 = 2\n>>>>>>> REPLACE\n```\n"
    applied = apply_answer({"m.py": CODE}, first + first + bare).applied
    assert applied.files == {"m.py": FIXED.replace("value_1 = 1\n", "value_1 = 2\n")}


def test_block_that_fits_another_file_is_not_put_there():
    applied = apply_answer({"m.py": "x = 1\n", "n.py": CODE}, block("value_20 = 20\n", "value_20 = 21\n"), strict=False).applied
    assert not applied.ok and applied.reason == "patch_does_not_apply"


def test_search_text_that_is_merely_close_is_refused():
    applied = apply_answer({"m.py": CODE}, block("value_20 = 20 \nvalue_21 = 21\nvalue_22 = 2\n", "value_20 = 21\n"), strict=False).applied
    assert not applied.ok


def test_elided_lines_in_a_search_text_are_refused():
    applied = apply_answer({"m.py": CODE}, block("...\nvalue_20 = 20\n", "...\nvalue_20 = 21\n")).applied
    assert not applied.ok


def test_short_context_without_numbers_needs_a_single_place():
    applied = apply({"m.py": "x\ny\n" * 5}, "--- a/m.py\n+++ b/m.py\n@@ ... @@\n x\n-y\n+z\n", strict=False)
    assert not applied.ok and applied.reason == "ambiguous"


# G: hostile text


def test_lone_surrogates_and_nuls_in_an_answer_are_judged():
    assert judge(WHO, ["Paul McCartney"], "Paul McCartney\ud800").outcome in ("accept", "reject", "undecided")
    assert judge(WHO, ["Paul McCartney"], "\x00Paul\x00 McCartney\x00").outcome in ("accept", "reject", "undecided")


def test_run_of_too_many_turns_is_refused():
    call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    messages = [{"role": "user", "content": "who"}, *({"role": "assistant", "content": "x", "tool_calls": [call]} for _ in range(MAX_TURNS))]
    with pytest.raises(RowError) as caught:
        formats.parse({"messages": messages}, "openai_chat")
    assert caught.value.reason == "too_large"


def imports(folder: Path) -> set[str]:
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return found


def test_no_html_is_parsed():
    """Pages are text: nothing that could be made to recurse or to fetch reads them."""
    assert not imports(FOLDER.parent / "factory") & {"html.parser", "lxml", "bs4", "html5lib", "selectolax", "markdownify"}


def test_no_member_of_an_archive_is_written(tmp_path, monkeypatch):
    """Members of a zip are read into memory; no other archive is opened."""
    assert not imports(FOLDER.parent / "factory") & {"tarfile", "py7zr", "rarfile"}
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("../../evil.jsonl", '{"messages": []}\n')
        archive.writestr(f"{tmp_path}/evil.json", '{"messages": []}')
        link = zipfile.ZipInfo("link.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    records = list(read_records("runs.zip", data.getvalue()))
    assert [record.error.reason if record.error else record.value for record in records] == [{"messages": []}, {"messages": []}, "bad_json"]
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()] == []
