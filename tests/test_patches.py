"""Patches: read, placed as git places them, refused when dangerous; every defect of model-written diffs as a case."""

from __future__ import annotations

import ast
import difflib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.patches import PatchError, apply, apply_answer, extract, parse, render, reverse, touched
from factory.patches.equality import compare, same_file, similarity
from tests import patch_reference as reference
from tests.patch_reference import diff, git_apply, whole

OLD = "".join(f"line {number}\n" for number in range(1, 41))
NEW = OLD.replace("line 20\n", "line twenty\nline twenty and a half\n")
GOOD = diff("f.txt", OLD, NEW)
"""One hunk of 7 old and 8 new lines that starts at line 17."""
HEADER = "@@ -17,7 +17,8 @@"
SECOND = diff("f.txt", OLD, NEW.replace("line 35\n", ""))


def changed(old: str, new: str, patch: str = GOOD) -> str:
    assert old in patch
    return patch.replace(old, new)


DEFECTS = {
    # name: (patch, rung or reason when strict, rung or reason when fuzzy rungs are allowed)
    "none": (GOOD, "exact", "exact"),
    "wrong start line (+5)": (changed(HEADER, "@@ -22,7 +22,8 @@"), "exact", "exact"),
    "wrong start line (+500)": (changed(HEADER, "@@ -517,7 +517,8 @@"), "exact", "exact"),
    "wrong hunk counts": (changed(HEADER, "@@ -17,9 +17,12 @@"), "recount", "recount"),
    "counts too small": (changed(HEADER, "@@ -17,4 +17,5 @@"), "recount", "recount"),
    "no numbers": (changed(HEADER, "@@ ... @@"), "patch_needs_fuzz", "anchored"),
    "blank context line without its space": ("see test_blank_context_line_may_lack_its_space",) * 3,
    "no prefixes": (changed("a/f.txt", "f.txt").replace("b/f.txt", "f.txt"), "exact", "exact"),
    "no newline at end of patch": (GOOD.removesuffix("\n"), "exact", "exact"),
    "CRLF patch on LF file": (GOOD.replace("\n", "\r\n"), "exact", "exact"),
    "one wrong context line": (changed(" line 17", " line seventeen"), "patch_needs_fuzz", "context"),
    "wrong whitespace in context": (changed(" line 18", " line  18"), "patch_needs_fuzz", "whitespace"),
    "invented index header": (
        "diff --git a/f.txt b/f.txt\nindex 0000000..1234567 100644\n" + GOOD,
        "exact",
        "exact",
    ),
    "fenced with prose": (f"Here is the fix.\n\n```diff\n{GOOD}```\n\nIt renames a line.\n", "exact", "exact"),
    "prose without a fence": (f"Here is the fix.\n\n{GOOD}\nIt renames a line:\n- the 20th\n", "exact", "exact"),
    "zero context": (diff("f.txt", OLD, NEW, context=0), "patch_needs_fuzz", "anchored"),
    "zero context insertion": (
        diff("f.txt", OLD, OLD.replace("line 20\n", "line 20\nnew\n"), context=0),
        "patch_does_not_apply",
        "patch_does_not_apply",
    ),
    "truncated in the trailing context": (GOOD[: GOOD.index(" line 22")], "recount", "recount"),
    "truncated after the changes": (GOOD[: GOOD.index(" line 21")], "patch_malformed", "patch_malformed"),
    "fenced and truncated after the changes": (
        f"```diff\n{GOOD[: GOOD.index(' line 21')]}\n```\n",
        "patch_malformed",
        "patch_malformed",
    ),
    "truncated in the changes": (GOOD[: GOOD.index("+line twenty and")], "patch_malformed", "patch_malformed"),
    "truncated before the new lines": (GOOD[: GOOD.index("+line twenty\n")], "patch_malformed", "patch_malformed"),
    "second hunk bad": (
        changed("-line 35", "-line thirty-five", SECOND),
        "patch_does_not_apply",
        "patch_does_not_apply",
    ),
    "wrong directory": (GOOD.replace("/f.txt", "/src/f.txt"), "patch_does_not_apply", "patch_does_not_apply"),
    "parent directory": (GOOD.replace("/f.txt", "/../f.txt"), "patch_refused", "patch_refused"),
    "a context line without its mark": (changed(" line 22", "line 22"), "patch_malformed", "patch_malformed"),
    "the second hunk's header broken": (changed("@@ -32", "@ -32", SECOND), "patch_malformed", "patch_malformed"),
    "no file header": (GOOD[GOOD.index("@@") :], "no_patch", "no_patch"),
    "a header and no hunk": (GOOD[: GOOD.index("@@")], "patch_malformed", "patch_malformed"),
    "nothing": ("", "no_patch", "no_patch"),
    "prose": ("I could not find the bug.", "no_patch", "no_patch"),
}
del DEFECTS["blank context line without its space"]


@pytest.mark.parametrize("name", DEFECTS)
def test_defects_of_model_written_diffs_need_the_rung_that_is_written_down(name):
    answer, strict, lenient = DEFECTS[name]
    for is_strict, expected in ((True, strict), (False, lenient)):
        result = apply({"f.txt": OLD}, extract(answer), strict=is_strict)
        assert (result.rung if result.ok else result.reason) == expected, result
        if result.ok:
            assert result.files == {"f.txt": NEW}
            assert result.fuzzy == (expected in ("whitespace", "context", "anchored"))
        else:
            assert not result.files


def test_blank_context_line_may_lack_its_space():
    old = "a\n\nb\n\nc\n"
    patch = diff("f", old, old.replace("b", "B")).replace("\n \n", "\n\n")
    assert apply({"f": old}, patch).files == {"f": "a\n\nB\n\nc\n"}


def test_ambiguous_hunk_follows_the_line_number_and_needs_one_when_fuzzy():
    old = "start\n" + "x\ny\nz\n" * 5 + "end\n"
    lines = old.split("\n")
    lines[8] = "Y"
    patch = diff("f", old, "\n".join(lines), context=1)
    assert apply({"f": old}, patch).files == {"f": "\n".join(lines)}
    without = "@@ ... @@".join([patch[: patch.index("@@")], patch[patch.index("@@\n") + 2 :]])
    refused = apply({"f": old}, without, strict=False)
    assert not refused.ok and refused.reason == "ambiguous"


def test_crlf_file_takes_an_lf_patch_and_keeps_its_line_ends():
    result = apply({"f.txt": OLD.replace("\n", "\r\n")}, GOOD)
    assert result.files == {"f.txt": NEW.replace("\n", "\r\n")} and not result.fuzzy


@pytest.mark.parametrize("old", ["a\nb\nc", "a\nb\nc\n"])
def test_patch_and_file_may_disagree_about_the_last_newline(old):
    other = old[:-1] if old.endswith("\n") else old + "\n"
    result = apply({"f": other}, diff("f", old, old.replace("b", "B")))
    assert result.ok and result.rung == "end_newline" and result.files == {"f": old.replace("b", "B")}


@pytest.mark.parametrize(
    ("patch", "wrong"),
    [
        # the second hunk is dropped without a word
        ("@@ -2,3 +2,3 @@\n b\n-c\n+C\n d\n@@ ... @@\n f\n-g\n+G\n h\n", "a\nb\nC\nd\ne\nf\ng\nh\n"),
        # two lines become one
        ("@@ -2,2 +2,3 @@\n+new\n b\n c\n\\ No newline at end of file\n", "a\nnew\nb\ncd\ne\nf\ng\nh\n"),
        # the last line is taken, not the numbered one
        ("@@ -3 +3 @@\n-h\n+H\n", "a\nb\nc\nd\ne\nf\ng\nH\n"),
    ],
)
def test_wrong_successes_of_git_are_not_repeated(patch, wrong):
    files = {"f": "a\nb\nc\nd\ne\nf\ng\nh\n"}
    patch = f"--- a/f\n+++ b/f\n{patch}"
    assert git_apply(files, patch) == {"f": wrong}
    assert not apply(files, patch).ok


REFUSED = {
    "absolute path": GOOD.replace("a/f.txt", "/etc/passwd").replace("b/f.txt", "/etc/passwd"),
    "climbing path": GOOD.replace("/f.txt", "/x/../../f.txt"),
    "quoted climbing path": GOOD.replace("a/f.txt", '"a/\\056\\056/f.txt"').replace("b/f.txt", '"b/\\056\\056/f.txt"'),
    "windows path": GOOD.replace("a/f.txt", "C:\\f.txt").replace("b/f.txt", "C:\\f.txt"),
    "git's own files": GOOD.replace("/f.txt", "/.git/config"),
    "git's own files in capitals": GOOD.replace("/f.txt", "/sub/.GIT/hooks/x"),
    "submodule list": GOOD.replace("/f.txt", "/.gitmodules"),
    "link": "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n",
    "change of mode": "diff --git a/f.txt b/f.txt\nold mode 100644\nnew mode 100755\n" + GOOD,
    "change of mode alone": GOOD + "diff --git a/f.txt b/f.txt\nold mode 100644\nnew mode 100755\n",
    "change into a link": "diff --git a/f.txt b/f.txt\nold mode 100644\nnew mode 120000\n" + GOOD,
    "link in the index line": "diff --git a/f.txt b/f.txt\nindex 1234567..89abcde 120000\n" + GOOD,
    "submodule": "diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit "
    + "a" * 40,
    "binary hunk": "diff --git a/f.txt b/f.txt\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\n",
    "binary note": "diff --git a/f.txt b/f.txt\nBinary files a/f.txt and b/f.txt differ\n",
    "too large": GOOD + "x" * 2_000_001,
    "control characters": GOOD.replace("/f.txt", "/f\x07.txt"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_dangerous_patches_are_refused(name):
    result = apply({"f.txt": OLD, ".git/config": OLD}, REFUSED[name], strict=False)
    assert not result.ok and result.reason == "patch_refused", result


def test_new_deleted_renamed_and_copied_files_as_git_does():
    files = {"a.txt": "one\ntwo\n", "b.txt": "bee\n", "c d.txt": OLD}
    patch = (
        "diff --git a/new/x.py b/new/x.py\nnew file mode 100644\n--- /dev/null\n+++ b/new/x.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n"
        "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n"
        "diff --git a/b.txt b/b.txt\ndeleted file mode 100644\n--- a/b.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bee\n"
        "diff --git a/a.txt b/z.txt\nsimilarity index 50%\nrename from a.txt\nrename to z.txt\n"
        "--- a/a.txt\n+++ b/z.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n"
        "diff --git a/c d.txt b/c e.txt\nsimilarity index 100%\ncopy from c d.txt\ncopy to c e.txt\n"
    )
    result = apply(files, patch)
    assert result.ok, result
    assert (
        whole(files, result.files) == git_apply(files, patch) == whole(files, apply(files, render(parse(patch))).files)
    )
    assert result.files["b.txt"] is None and result.files["a.txt"] is None
    assert touched(parse(patch)) == ("new/x.py", "empty", "b.txt", "a.txt", "z.txt", "c d.txt", "c e.txt")
    back = apply(whole(files, result.files), reverse(parse(patch)))
    assert whole(whole(files, result.files), back.files) == files


def test_new_file_is_refused_where_one_stands():
    patch = "--- /dev/null\n+++ b/f.txt\n@@ -0,0 +1 @@\n+x\n"
    assert apply({"f.txt": OLD}, patch).reason == "patch_does_not_apply"
    assert apply({}, patch).files == {"f.txt": "x\n"}


@pytest.mark.parametrize("path", ["f.txt/below", "folder"])
def test_new_file_needs_a_place_beside_the_others(path):
    files = {"f.txt": OLD, "folder/g.txt": OLD}
    patch = f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
    assert apply(files, patch).reason == "patch_does_not_apply"
    assert apply_answer(files, block("", "x\n", path)).applied.reason in ("patch_does_not_apply", "patch_malformed")


def test_windows_of_a_file_are_matched_by_their_real_line_numbers():
    lines = [f"value {number % 7}\n" for number in range(1, 151)]
    new = list(lines)
    new[99] = "changed\n"
    patch = diff("f.txt", "".join(lines), "".join(new), context=2)
    window = "[... lines 1-80 not shown ...]\n" + "".join(lines[80:120]) + "[... lines 121-150 not shown ...]\n"
    result = apply({"f.txt": window}, patch)
    # the context occurs five times in the window: only the mapped number finds the right one
    expected = window[: window.index("\n") + 1] + "".join(new[80:120]) + window[window.rindex("[...") :]
    assert result.ok and result.files["f.txt"] == expected


def test_after_a_gap_of_unknown_length_a_hunk_needs_a_single_place():
    window = "a\n[... not shown ...]\n" + "x\ny\nz\n" * 2 + "w\n"
    patch = "--- a/f\n+++ b/f\n@@ -{},3 +{},3 @@\n {}\n-{}\n+new\n {}\n"
    assert apply({"f": window}, patch.format(90, 90, "x", "y", "z")).reason == "ambiguous"
    assert apply({"f": window}, patch.format(90, 90, "y", "z", "w")).ok


def test_hunk_never_matches_the_mark_of_a_gap():
    window = "a\nb\n[... lines 3-9 not shown ...]\nc\nd\n"
    patch = diff("f", window, window.replace("c\n", "C\n"))
    assert not apply({"f": window}, patch, strict=False).ok


def test_in_process_result_equals_git_on_mutated_patches():
    counts = reference.run(250, seed=7)
    assert counts["exact"] > 50 and counts["patch_does_not_apply"] > 25


LINE = st.sampled_from(
    ["a\n", "b\n", "  a\n", "\n", "c\r\n", "\tx\n", "é\n", "\x0c\n", "---\n", "+++ x\n", "@@ -1 +1 @@\n", "-- \n"]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(LINE, max_size=25), st.lists(LINE, max_size=25), st.integers(1, 3), st.booleans(), st.booleans())
def test_well_formed_patch_gives_the_new_text_and_its_reverse_the_old(old, new, context, cut_old, cut_new):
    a, b = "".join(old), "".join(new)
    a, b = (a[:-1] if cut_old else a), (b[:-1] if cut_new else b)
    patch = diff("f", a, b, context)
    if not patch:
        return
    result = apply({"f": a}, patch)
    assert result.ok and result.rung == "exact" and result.files == {"f": b}
    assert apply({"f": b}, reverse(parse(patch))).files == {"f": a}
    assert parse(render(parse(patch)))[0] == tuple(f._replace(is_git=True) for f in parse(patch).files)


PIECES = (
    "--- a/f\n+++ b/f\n",
    "@@ -1,2 +1,2 @@\n",
    "<<<<<<< SEARCH\n",
    "=======\n",
    ">>>>>>> REPLACE\n",
    "### f\n",
    "diff --git a/f b/f\n",
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PIECES, *"+- @\\\n\rab/,1239<>=#`\ud800"]),
        max_size=60,
    ).map("".join)
)
def test_rubbish_never_raises(text):
    for strict in (True, False):
        assert apply_answer({"f": "a\nb\n"}, text, strict).applied.ok in (True, False)


def test_hostile_sizes_end_soon():
    start = time.monotonic()
    period = "a\n" * 200_000
    middle = "".join(" a\n" for _ in range(100_000))
    assert not apply(
        {"f": period}, f"--- a/f\n+++ b/f\n@@ -5,100001 +5,100001 @@\n{middle}-b\n+c\n a\n", strict=False
    ).ok
    many = "--- a/f\n+++ b/f\n" + "@@ -5,2 +5,2 @@\n a\n-b\n+c\n" * 60_000
    assert apply({"f": period}, many, strict=False).reason in ("patch_refused", "patch_does_not_apply")
    parse_me = "--- a/f\n" * 100_000 + "```" * 100_000 + "<" * 500_000 + " " * 500_000
    apply_answer({"f": period}, parse_me, strict=False)
    apply_answer({"f": period}, "<<<<<<< SEARCH\n" + "=======\n" * 100_000, strict=False)
    assert time.monotonic() - start < 60


# SEARCH/REPLACE blocks

CODE = "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n"
AGENTLESS = "```python\n### pkg/m.py\n<<<<<<< SEARCH\ndef g(x):\n    return x\n=======\ndef g(x):\n    return x + 1\n>>>>>>> REPLACE\n```\n"
AIDER = "pkg/m.py\n```python\n<<<<<<< SEARCH\ndef g(x):\n    return x\n=======\ndef g(x):\n    return x + 1\n>>>>>>> REPLACE\n```\n"
FIXED = "def f(x):\n    return x\n\n\ndef g(x):\n    return x + 1\n"


def block(search: str, replace: str, path: str = "pkg/m.py") -> str:
    return f"{path}\n```\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n```\n"


@pytest.mark.parametrize(
    "answer",
    [AGENTLESS, AIDER, AGENTLESS * 2, "I will fix `g`.\n\n**pkg/m.py**\n" + AIDER[9:], AIDER.replace("\n", "\r\n")],
)
def test_blocks_of_both_dialects_apply(answer):
    edit = apply_answer({"pkg/m.py": CODE}, answer)
    assert edit.applied.ok, edit
    assert edit.applied.files == {"pkg/m.py": FIXED}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (block("    return x\n", "    return 1\n"), "ambiguous"),
        (block("def h(x):\n", "def i(x):\n"), "patch_does_not_apply"),
        (block("def g(x):\n", "def g(y):\n", "other/m.py"), "patch_does_not_apply"),
        (block("def g(x):\n", "def g(x):\n"), "patch_malformed"),
        (block("def g(x):\n", "def g(y):\n", "../m.py"), "patch_refused"),
        (block("", "x = 1\n"), "ambiguous"),
        (AIDER[: AIDER.index(">>>>>>>")], "patch_malformed"),
        (AIDER[AIDER.index("<<<<") :], "patch_malformed"),
        (block("  def g(x):\n      return x\n", "  pass\n"), "patch_does_not_apply"),
        (block("def g(", "def h("), "patch_malformed"),
    ],
)
def test_blocks_that_are_not_clear_are_refused(answer, reason):
    applied = apply_answer({"pkg/m.py": CODE}, answer).applied
    assert not applied.ok and applied.reason == reason, applied


def test_block_makes_a_new_file_and_later_blocks_see_earlier_ones():
    answer = block("", "x = 1\n", "new.py") + block("x = 1\n", "x = 2\n", "new.py")
    assert apply_answer({}, answer).applied.files == {"new.py": "x = 2\n"}


def test_block_with_missing_indentation_is_fuzzy():
    files = {"pkg/m.py": "class A:\n    def g(self):\n        return 1\n"}
    answer = block("def g(self):\n    return 1\n", "def g(self):\n    return 2\n")
    assert apply_answer(files, answer).applied.reason == "patch_needs_fuzz"
    lenient = apply_answer(files, answer, strict=False).applied
    assert lenient.fuzzy and lenient.files == {"pkg/m.py": "class A:\n    def g(self):\n        return 2\n"}


def test_divider_inside_code_is_read_where_one_reading_fits_and_refused_otherwise():
    files = {"doc.rst": "Title\n=======\n\nText.\n"}
    fits = block("Text.\n", "Other\n=======\n", "doc.rst")
    assert apply_answer(files, fits).applied.files == {"doc.rst": "Title\n=======\n\nOther\n=======\n"}
    two = block("Title\n=======\n\nText.\n", "Title\n", "doc.rst")
    assert apply_answer(files, two).applied.reason == "ambiguous"


# equality

SOURCE = 'def f(a, b):\n    """Add."""\n    return a + b\n'


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        (SOURCE, "bytes"),
        (SOURCE.replace("\n", "\r\n"), "normalised"),
        (SOURCE.replace("b):", "b):   ") + "\n\n", "normalised"),
        (SOURCE.replace("return a + b", "return (a + b)  # sum"), "ast"),
        (SOURCE.replace('"""', "'"), "ast"),
        (SOURCE.replace("Add", "Sum"), ""),
        (SOURCE.replace("a + b", "b + a"), ""),
        (SOURCE.replace("a + b", "a +  b ?"), ""),
        (SOURCE.replace("a, b", "a, c").replace("a + b", "a + c"), ""),
        (SOURCE + "x = 1\n", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_equality_takes_the_strongest_rule_that_holds(other, rule):
    assert same_file("m.py", other, SOURCE) == rule
    assert compare({}, {"m.py": other}, {"m.py": SOURCE}).rule == rule


def test_only_python_is_compared_as_trees():
    assert same_file("m.txt", "x = 1  # a\n", "x = 1\n") == ""
    assert same_file("m.txt", "x = 1  # a\n[... not shown ...]\n", "x = 1\n[... not shown ...]\n") == ""


SHOWN = """import os

def f(a, b):
    '''Doc.'''
    if a and g(b, "x  y"):
        return {"a": [a, b]}
    return f"{a}"
"""
HIDDEN = "[... lines 9-20 not shown ...]\n    return 3  # end\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    if a and g(b, ", "    # why\n    if a and g(\n            b,  # b\n            "), ("import os\n", "import os  # for paths\n\n"),
        ("[a, b]}", "[\n  a,\n\n b]\n}"), ("a and g(b", "a  and  g (b"),
    ],
)  # fmt: skip
def test_before_the_first_gap_tokens_decide(old, new):
    ours = SHOWN.replace(old, new)
    assert ours != SHOWN and ast.dump(ast.parse(ours)) == ast.dump(ast.parse(SHOWN))
    assert same_file("m.py", ours + HIDDEN, SHOWN + HIDDEN) == "tokens"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x  y", "x y"), ("Doc.", "Doc"), ("    return f", "  return f"), ("        return {", "    return {"), ("a and g", "a or g"), ("[a, b]", "[b, a]"),
        ("    return f", "    return \\\n f"), ('f"{a}"', '"{a}"'), ("{a}", "{a }"), ("import os\n", "import os;\n"), ("a, b)", "a, b,)"), ("'''Doc.'''", '"""Doc."""'),
    ],
)  # fmt: skip
def test_what_is_not_the_same_tokens_is_not_the_same_before_a_gap(old, new):
    ours = SHOWN.replace(old, new)
    assert ours != SHOWN
    assert same_file("m.py", ours + HIDDEN, SHOWN + HIDDEN) == ""


def test_behind_a_gap_and_in_what_it_cuts_every_character_counts():
    for ours, gold in (
        (SHOWN + HIDDEN.replace("  # end", ""), SHOWN + HIDDEN), (SHOWN + HIDDEN.replace("9-20", "9-21"), SHOWN + HIDDEN),
        (SHOWN + "x = '''\n a  # b\n" + HIDDEN, SHOWN + "x = '''\n a\n" + HIDDEN), (HIDDEN + "x = 1  # a\n", HIDDEN + "x = 1\n"),
        ("x = (1,\n" + HIDDEN, "x = 1,\n" + HIDDEN), ("if x:\n    y()\n\n" + HIDDEN, "if x:\n    y()\n    \n\n    # z\n" + HIDDEN.replace("    return", "return")),
    ):  # fmt: skip
        assert same_file("m.py", ours, gold) == ""


STREAMS = ["(", ")", "[", "]", "{", "}", "a", "b", " ", "  ", "\n", "\n    ", "#c", "'", "\"", "\"\"\"", "'''", "\\", "\\\n", "f'", "{a}", "=", "==", "<", ".", "1", "1.", ":", ",", "if a:", "-", "not", "in"]


@settings(max_examples=1_500, deadline=None)
@given(st.lists(st.sampled_from(STREAMS), max_size=12), st.integers(0, 11), st.sampled_from(STREAMS), st.booleans())
def test_text_with_the_same_tokens_has_the_same_tree(pieces, at, put, replaces):
    ours = "".join([*pieces[:at], put, *pieces[at + replaces :]]) + "\n"
    gold = "".join(pieces) + "\n"
    gap = "[... not shown ...]\n"
    if same_file("m.py", ours + gap, gold + gap) == "tokens":
        try:
            tree = ast.parse(gold)
        except SyntaxError:
            return
        assert ast.dump(tree) == ast.dump(ast.parse(ours))


def test_constants_of_different_type_or_sign_are_different():
    for a, b in (
        ("1", "1.0"),
        ("1", "True"),
        ("0.0", "-0.0"),
        ("'a'", "b'a'"),
        ("f'{x}'", "'{x}'"),
        ("x != 0", "x is not 0"),
    ):
        assert same_file("m.py", f"y = {a}\n", f"y = {b}\n") == ""


def test_blank_after_a_backslash_is_not_forgiven_in_python():
    assert same_file("m.py", "x = 1 + \\\n    2\n", "x = 1 + \\ \n    2\n") == ""


@pytest.mark.parametrize(
    "hostile",
    [
        "-" * 100_000 + "1",
        "(" * 5_000,
        "1+" * 50_000 + "1",
        "\0",
        "\ud800",
        "not " * 50_000 + "1",
        "a." * 20_000 + "b",
        "x=" * 5_000 + "1",
    ],
)
def test_hostile_python_is_compared_without_a_crash(hostile):
    assert same_file("m.py", hostile + " # a", hostile) in ("", "ast")


def test_decorators_count():
    assert same_file("m.py", "@a\ndef f(): pass\n", "@b\ndef f(): pass\n") == ""
    assert same_file("m.py", "@a\ndef f(): pass\n", "@a  # why\ndef f(): pass\n") == "ast"


def test_docstring_change_is_reported_and_not_accepted():
    result = compare({}, {"m.py": SOURCE.replace("Add", "Sum")}, {"m.py": SOURCE})
    assert result.rule == "" and result.same_without_docstrings and result.differs == ("m.py",)


def test_edit_of_a_further_file_is_different():
    base = {"m.py": SOURCE, "n.py": "x = 1\n"}
    gold = {"m.py": SOURCE.replace("+", "-")}
    assert compare(base, gold | {"n.py": "x = 2\n"}, gold).rule == ""
    assert compare(base, gold | {"n.py": "x = 1\n"}, gold).rule == "bytes"


def test_similarity_is_the_mean_ratio_of_the_files_diffs():
    base = {"f.txt": OLD, "g.txt": "g\n"}
    gold = {"f.txt": NEW}
    other = {"f.txt": OLD.replace("line 20\n", "line 20th\n")}
    mine, theirs = (
        "".join(list(difflib.unified_diff(OLD.splitlines(True), text.splitlines(True)))[2:])
        for text in (other["f.txt"], NEW)
    )
    assert similarity(base, other, gold) == difflib.SequenceMatcher(None, mine, theirs, autojunk=False).ratio()
    assert similarity(base, gold, gold) == 1.0
    assert similarity(base, gold | {"g.txt": None}, gold) == 0.5
    assert similarity(base, {"g.txt": "h\n"}, gold) == 0.0


def test_similarity_of_hostile_texts_is_given_up_soon():
    start = time.monotonic()
    assert similarity({"f": ""}, {"f": "a" * 20_000 + "\n"}, {"f": "ab" * 10_000 + "\n"}) is None
    assert similarity({"f": "x\ny\n" * 5_000}, {"f": "y\nx\nx\n" * 3_000}, {"f": "x\n"}) is None
    assert time.monotonic() - start < 30


def test_errors_say_what_is_wrong():
    with pytest.raises(PatchError) as caught:
        parse(GOOD.replace("/f.txt", "/../f.txt"))
    assert caught.value.reason == "patch_refused" and "`../f.txt`" in caught.value.detail


WRITTEN = {"pkg/m.py": "def f():\n    return 1\n", "pkg/n.py": "x = 1\n"}
WRITTEN_ANEW = "def f():\n    return 2\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"pkg/m.py\n```python\n{WRITTEN_ANEW}```", f"Here is `pkg/m.py`:\n\n```python\n{WRITTEN_ANEW}```\nDone.", f"### pkg/m.py\n```\n{WRITTEN_ANEW}```", f"```python\n### pkg/m.py\n{WRITTEN_ANEW}```",
        f"```python\n# pkg/m.py\n{WRITTEN_ANEW}```", f"**pkg/m.py**\n~~~\n{WRITTEN_ANEW}~~~", f"pkg/m.py\n```python\n{WRITTEN_ANEW}```\nOnce more, pkg/m.py:\n```python\n# pkg/m.py\n{WRITTEN_ANEW}```",
    ],
)  # fmt: skip
def test_a_whole_file_beside_its_path_is_the_file_s_new_text(answer):
    edit = apply_answer(WRITTEN, answer)
    assert edit.applied.ok and edit.applied.files == {"pkg/m.py": WRITTEN_ANEW} and edit.applied.rung == "whole_file"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (f"```python\n{WRITTEN_ANEW}```", "no_patch"), (f"pkg/o.py\n```python\n{WRITTEN_ANEW}```", "no_patch"), (f"pkg/m.py\n```python\n{WRITTEN_ANEW}", "no_patch"),
        (f"`pkg/m.py` or `pkg/n.py`:\n```python\n{WRITTEN_ANEW}```", "no_patch"), (f"../pkg/m.py\n```python\n{WRITTEN_ANEW}```", "no_patch"),
        (f"pkg/m.py\n```\n{WRITTEN_ANEW}```\nor pkg/m.py\n\npkg/m.py\n```\nx = 3\n```", "ambiguous"),
    ],
)  # fmt: skip
def test_a_fence_without_a_path_of_its_own_is_no_file(answer, reason):
    assert apply_answer(WRITTEN, answer).applied.reason == reason


def test_a_diff_beside_whole_files_is_what_counts():
    answer = "pkg/n.py\n```\nx = 9\n```\n```diff\n--- a/pkg/m.py\n+++ b/pkg/m.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n```"
    assert apply_answer(WRITTEN, answer).applied.files == {"pkg/m.py": WRITTEN_ANEW}
