"""Reading agents' shell commands: nothing is run here; test_windows.py runs the same commands for real."""

from __future__ import annotations

import pytest

from factory.shell import Edit, Numbers, View, parse


def only(script: str):
    commands = [c for c in parse(script) if c.kind != "silent"]
    assert len(commands) == 1, commands
    return commands[0]


VIEWS = {
    "cat a/b.py": View("a/b.py"),
    "cat < a.py": View("a.py"),
    "cd src && sed -n '1,80p' ./y.py | head": View("src/y.py", ((1, 10),)),
    "cd /testbed; cd lib\ncat ../a.py": View("/testbed/a.py"),
    "(cd sub && ls > /dev/null); cat a.py": View("a.py"),
    "F=src/a.py; sed -n 3,5p $F": View("src/a.py", ((3, 5),)),
    'sed -n "10,20p;30,40p" f': View("f", ((10, 20), (30, 40)), contiguous=False),
    "sed -n -e '5p' -e '9,$p' f": View("f", ((5, 5), (9, None)), contiguous=False, reaches_end=True),
    "sed -n '5,+3p' f": View("f", ((5, 8),)),
    "sed -n '5,9{p;}' f": View("f", ((5, 9),)),
    "sed '5,9!d' f": View("f", ((5, 9),)),
    "sed 12q f": View("f", ((1, 12),)),
    "cat -n f | sed -n '11,80p' | head -40": View("f", ((11, 50),), numbers=(Numbers("nl"),)),
    "nl -ba f | tail -n +70 | head -5": View("f", ((70, 74),), numbers=(Numbers("nl"),)),
    "sed -n '10,20p' f | cat -n": View("f", ((10, 20),), numbers=(Numbers("nl", offset=9),)),
    "nl f | sed -n 1,5p": View("f", ((1, 5),), numbers=(Numbers("nl", offset=None),)),
    "nl -ba -s ': ' f": View("f", numbers=(Numbers("nl", ": "),)),
    "head -n 100 f | tail -n 20": View("f", None),
    "tail -5 f": View("f", None, reaches_end=True),
    "awk 'NR>=3 && NR<=9' f": View("f", ((3, 9),)),
    "awk 'NR==3,NR==9' f": View("f", ((3, 9),)),
    "awk 'NR>2{print NR\": \"$0}' f": View("f", ((3, None),), reaches_end=True, numbers=(Numbers("awk", ": "),)),
    "git show HEAD:src/a.py": View("src/a.py", revision="HEAD"),
    "less f": View("f"),
    "cat <<'EOF' > /tmp/x\ncat other.py\nEOF\ncat f": View("f"),
    "cat f # cat g": View("f"),
    "echo 'a;b|c' > /dev/null && cat 'my file.py'": View("my file.py"),
    "cat f |\n  head -3": View("f", ((1, 3),)),
    "sed -n '1,5p' f 2>/dev/null": View("f", ((1, 5),)),
    "sed -n '1,5p' f 2>&1 | cat": View("f", ((1, 5),)),
    "bash -lc \"sed -n '1,10p' src/a.py\"": View("src/a.py", ((1, 10),)),
    "cd lib && bash -c 'cd src && cat a.py'": View("lib/src/a.py"),
    "timeout 10 cat f | head -5": View("f", ((1, 5),)),
    "sudo cat -n f": View("f", numbers=(Numbers("nl"),)),
    "awk 'FNR>=3 && FNR<=9' f": View("f", ((3, 9),)),
    "git -C sub show HEAD:./a.py": View("sub/a.py", revision="HEAD"),
}


@pytest.mark.parametrize("script", VIEWS)
def test_a_view_says_which_lines_of_which_file(script: str) -> None:
    command = only(script)
    assert command.kind == "view"
    assert command.view == VIEWS[script]


@pytest.mark.parametrize(
    "script",
    [
        "cat a.py b.py",
        "cat *.py",
        "cat $FILE",
        "cat $(git ls-files | head -1)",
        "cat `ls`",
        "sort a.py",
        "cat a.py | sort",
        "cat a.py | sed 's/a/b/'",
        "cat a.py | cut -c1-80",
        "cat -s a.py",
        "sed -n '/def/p' a.py",
        "head -c 100 a.py",
        "grep -v x a.py",
        "grep x a.py",
        "grep -c x a.py",
        "grep -o x -n a.py",
        "for f in a.py b.py; do cat $f; done",
        "if true; then cat a.py; fi",
        "false || cat a.py",
        "cd - && cat a.py",
        "(cat a.py; cat b.py) | head",
        "find . -name a.py -exec cat {} +",
        "bash -c \"cat $FILE\"",
        "bash -lc 'cat a.py' > /tmp/out",
        "bash -x script.sh",
        "find . -name a.py | xargs cat",
        "find . | xargs grep foo",
        "awk 'FNR==3' a.py b.py",
        "xargs cat < list",
        "awk '{print $1}' a.py",
        "awk 'NR%2' a.py",
        "sed -n '1~2p' a.py",
        "cat 'a.py",
        "python -c 'print(1)'",
    ],
)
def test_what_is_not_understood_is_no_view(script: str) -> None:
    assert all(command.view is None for command in parse(script))


def test_grep_with_numbers_says_the_lines_and_a_recursive_one_the_paths() -> None:
    one = only("grep -n -A 3 'def f' src/a.py").view
    assert one is not None and one.path == "src/a.py" and one.has_file_numbers and one.separated
    for search in ("grep -rn foo .", "rg -n foo", "git grep -n foo -- .", 'grep -rn foo . --include="*.py"', "find . -name '*.py' | xargs grep -n foo | head"):
        many = only(f"cd src && {search}").view
        assert many is not None and many.path_prefixes and many.folder == "src" and many.search


def edits(script: str) -> list[Edit]:
    return [edit for command in parse(script) for edit in command.edits]


EDITS = {
    "sed -i '3,4d' f": Edit("f", "lines", first=3, last=4),
    "sed -i '7d' f": Edit("f", "lines", first=7, last=7),
    "sed -i '3a\\    x = 1' f": Edit("f", "lines", first=4, last=3, lines=("    x = 1",)),
    "sed -i '3i x' f": Edit("f", "lines", first=3, last=2, lines=("x",)),
    "sed -i '3,5c\\a\nb' f": Edit("f", "lines", first=3, last=5, lines=("a", "b")),
    "sed -i '3c\\a\\nb' f": Edit("f", "lines", first=3, last=3, lines=None),
    "sed -i 's/foo/bar/g' f": Edit("f", "substitute", old="foo", new="bar"),
    "sed -i 's|f.o|b/r|' f": Edit("f", "substitute", old="", new="b/r"),
    "sed -i 's/foo/&x/' f": Edit("f", "unknown"),
    "sed -i '/foo/d' f": Edit("f", "unknown"),
    "git checkout f": Edit("f", "restore"),
    "git checkout -- src/f": Edit("src/f", "restore"),
    "git restore f": Edit("f", "restore"),
    "git reset --hard": Edit("", "restore"),
    "git stash": Edit("", "stash"),
    "git stash pop": Edit("", "unstash"),
    "git commit -am x": Edit("", "commit"),
    "python fix.py": Edit("", "script", "fix.py", old="fix.py"),
}


@pytest.mark.parametrize("script", EDITS)
def test_an_edit_is_understood(script: str) -> None:
    assert edits(script) == [EDITS[script]]


def test_a_heredoc_is_a_file_with_its_text() -> None:
    (write,) = edits("cat <<'EOF' > new.py\nx = '$HOME'\n\ny = 2\nEOF\n")
    assert write == Edit("new.py", "write", "x = '$HOME'\n\ny = 2\n")


@pytest.mark.parametrize(
    ("script", "path"),
    [
        ("echo x >> f.py", "f.py"),
        ("mv f.py g.py", "f.py"),
        ("cp g.py f.py", "f.py"),
        ("rm f.py", "f.py"),
        ("black f.py", "f.py"),
        ("python -m black f.py", "f.py"),
        ("perl -pi -e 's/a/b/' f.py", "f.py"),
        ("ruff check --fix f.py", "f.py"),
        ("npx prettier --write f.ts", "f.ts"),
        ("dd if=g.py of=f.py", "f.py"),
        ("bash -lc \"echo x >> f.py\"", "f.py"),
        ("apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: f.py\n@@\n-a\n+b\n*** End Patch\nEOF", "f.py"),
        ("for x in 1 2; do sed -i \"${x}d\" f.py; done", "f.py"),
        ("patch -p1 <<'EOF'\n--- a/f.py\n+++ b/f.py\n@@ -1 +1 @@\n-a\n+b\nEOF", "f.py"),
        ("git apply <<'EOF'\n--- a/f.py\n+++ b/f.py\n@@ -1 +1 @@\n-a\n+b\nEOF", "f.py"),
    ],
)
def test_an_edit_that_is_not_understood_names_its_file(script: str, path: str) -> None:
    assert any(edit.path == path and edit.kind == "unknown" for edit in edits(script))


@pytest.mark.parametrize(
    "script",
    ["grep -rl foo . | xargs sed -i 's/foo/bar/'", "find . -name '*.py' -exec sed -i 's/a/b/' {} +", "find . -name '*.orig' -delete", "sed -i 's/a/b/' $F", "git apply fix.patch", "black -q src", "ruff check --fix .", "pre-commit run --all-files", "isort .", "apply_patch < fix.patch", "patch -p1 < fix.patch"],
)
def test_an_edit_of_files_that_only_the_shell_knows_is_of_any_file(script: str) -> None:
    assert [(edit.path, edit.kind) for edit in edits(script)] == [("", "unknown")]


def test_a_command_carried_by_another_is_seen() -> None:
    for carrier in ("sudo", "timeout 30", "env LC_ALL=C", "nice -n 5", "time"):
        assert edits(f"{carrier} sed -i '3d' f") == [Edit("f", "lines", first=3, last=3)], carrier


def test_programs_that_only_read_edit_nothing() -> None:
    for script in ("pytest tests/test_a.py", "grep -rn x src/a.py", "ls -la a.py", "git diff a.py", "wc -l a.py", "python --version", "black --check src", "ruff check ."):
        assert edits(script) == [], script


def test_a_program_given_in_place_is_a_script_with_its_text() -> None:
    (edit,) = edits("python - <<'EOF'\nopen('f.py', 'w').write('x')\nEOF")
    assert edit.kind == "script" and "open('f.py', 'w')" in (edit.text or "")


def test_a_script_that_cannot_be_read_is_other_and_may_have_changed_what_it_names() -> None:
    (command,) = parse("sed -i 's/a/b/ f.py")
    assert command.kind == "other" and command.edits[0].kind == "script" and "f.py" in (command.edits[0].text or "")


@pytest.mark.parametrize(
    "script",
    ["'" * 200_001, "(" * 100_000, "$(" * 50_000, "`" * 99_999, "a\\" * 100_000, "<<X\n" * 20_000, '"${' * 30_000, "x;" * 150_000, "\0|&;" * 1000],
    ids=["quotes", "parentheses", "substitutions", "backticks", "escapes", "heredocs", "braces", "commands", "rubbish"],
)
def test_hostile_scripts_are_read_without_harm(script: str) -> None:
    for command in parse(script):
        assert command.view is None
