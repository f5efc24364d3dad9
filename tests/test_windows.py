"""Windows of files: real commands are run on a real file, and what is read out of their output must be the file."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from factory import windows
from factory.recipe import Vocabulary
from factory.records import Step

GAP = re.compile(r"\[\.\.\. lines (\d+)-(\d+|end) not shown \.\.\.\]")
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
               "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}  # fmt: skip


def bash(folder: Path, command: str) -> Step:
    """The step that a run of `command` gives, wrapped as mini-swe-agent does."""
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode()
    wrapped = f"<returncode>{done.returncode}</returncode>\n<output>\n{output}</output>"
    return Step(turn=0, tool="bash", arguments={"command": command}, observation=wrapped, failed=done.returncode != 0)


def text_of(number: int) -> str:
    if number % 7 == 0:
        return ""
    if number % 11 == 0:
        return "    pass"
    return f"\tvalue_{number} = {number * 17}  # --{number}:" if number % 3 else f"    line {number} - {number + 1}- of: {number}"


def file_text(num_lines: int) -> str:
    return "".join(text_of(n) + "\n" for n in range(1, num_lines + 1))


def read(steps: list[Step], path: str = "src/mod.py", final_diff: str = "") -> windows.Merged | None:
    steps = [step.model_copy(update={"turn": turn}) for turn, step in enumerate(steps)]
    return windows.read(tuple(steps), Vocabulary(), [path], final_diff).texts.get(path)


def numbered(text: str) -> dict[int, str]:
    """Line number -> text of a merged file, as its gap markers say."""
    out: dict[int, str] = {}
    at = 1
    for line in text.split("\n")[: -1 if text.endswith("\n") else None]:
        gap = GAP.fullmatch(line)
        if gap:
            assert int(gap.group(1)) == at
            at = 0 if gap.group(2) == "end" else int(gap.group(2)) + 1
        else:
            out[at] = line
            at += 1
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "mod.py").write_text(file_text(120))
    return tmp_path


@pytest.fixture
def repository(folder: Path) -> Path:
    """`folder` with all committed."""
    bash(folder, "git init -q --template= . && git add . && git commit -qm first")
    return folder


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("cat src/mod.py", range(1, 121)),
        ("cat -n src/mod.py", range(1, 121)),
        ("cat -A src/mod.py", range(1, 121)),
        ("nl -ba src/mod.py", range(1, 121)),
        ("nl src/mod.py", range(1, 121)),
        ("nl -ba -w 3 -s '> ' src/mod.py | head -20", range(1, 21)),
        ("nl -b a src/mod.py | sed -n '30,40p'", range(30, 41)),
        ("cd src && sed -n '30,40p' mod.py", range(30, 41)),
        ("cd src; cat -n mod.py | sed -n '1,80p' | head -40", range(1, 41)),
        ("sed -n '110,400p' src/mod.py", range(110, 121)),
        ("sed -n '10,20p;30,40p' src/mod.py", [*range(10, 21), *range(30, 41)]),
        ("sed -n '10,20p' src/mod.py | cat -n", range(10, 21)),
        ("sed -n '10,60p' src/mod.py | nl -ba | tail -n 5", range(56, 61)),
        ("head -n 12 src/mod.py", range(1, 13)),
        ("head -50 src/mod.py | tail -n +41", range(41, 51)),
        ("tail -n +101 src/mod.py | head -n 8", range(101, 109)),
        ("awk 'NR>=20 && NR<=29' src/mod.py", range(20, 30)),
        ("awk 'NR==20,NR==29 {print NR\": \"$0}' src/mod.py", range(20, 30)),
        ("awk '{printf \"%4d: %s\\n\", NR, $0}' src/mod.py | sed -n '5,9p'", range(5, 10)),
        ("grep -n -A 5 -B 2 'value_50' src/mod.py", range(48, 56)),
        ("grep -n -C 3 'line 51' src/mod.py | cat", range(48, 55)),
        ("nl -ba src/mod.py | grep -A 4 'value_20 '", range(20, 25)),
        ("cat -n src/mod.py | grep -n -A 4 'value_20 '", range(20, 25)),
        ("grep -rn -A 4 'value_20 ' src", range(20, 25)),
        ("cd src && grep -rn -A 4 'value_20 ' .", range(20, 25)),
        ("cd src && git grep --no-index -n -A 4 'value_20 '", range(20, 25)),
        ("echo '=== part' && sed -n '5,9p' src/mod.py", range(5, 10)),
        ("sed -n '5,9p' src/mod.py; echo '=====' ; sed -n '15,19p' src/mod.py", [*range(5, 10), *range(15, 20)]),
        ("nl -ba src/mod.py | sed -n '5,9p'; nl -ba src/mod.py | sed -n '40,44p'", [*range(5, 10), *range(40, 45)]),
        ("ls > /dev/null; F=src/mod.py; cat -n \"$F\" | head -n 3", range(1, 4)),
    ],
)
def test_what_a_command_shows_is_placed_by_its_line_numbers(folder: Path, command: str, lines: range) -> None:
    merged = read([bash(folder, command)])
    assert merged is not None
    assert numbered(merged.text) == {n: text_of(n) for n in lines}
    assert merged.whole == (len(lines) == 120)


def test_the_committed_file_is_old_text_even_after_an_edit(repository: Path) -> None:
    merged = read([bash(repository, "sed -i '3d' src/mod.py"), bash(repository, "git show HEAD:src/mod.py | sed -n '5,9p'")])
    assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in range(5, 10)}


@pytest.mark.parametrize(
    "command",
    [
        "cat src/mod.py | sort | head -20",
        "ls; sed -n '5,9p' src/mod.py",
        "sed -n '5,9p' src/mod.py; sed -n '15,19p' src/mod.py",
        "for f in src/*.py; do cat $f; done",
        "cat src/mod.py missing.py",
        "sed -n '5,9p' src/none.py || cat src/mod.py",
        "tac src/mod.py",
        "sed 's/value/VALUE/' src/mod.py",
        "grep value src/mod.py",
        "rm missing; sed -n '5,9p' src/mod.py",
        "cat missing; cat src/mod.py",
        "cat missing; true; sed -n '1,5p' src/mod.py",
        "eval 'echo x'; sed -n '5,9p' src/mod.py",
    ],
)
def test_what_cannot_be_placed_is_left_out(folder: Path, command: str) -> None:
    assert read([bash(folder, command)]) is None


def test_windows_without_numbers_are_placed_by_their_content(folder: Path) -> None:
    steps = [bash(folder, "sed -n '40,60p' src/mod.py"), bash(folder, "grep -C 8 'value_62 ' src/mod.py"), bash(folder, "tail -n 70 src/mod.py")]
    merged = read(steps)
    assert merged is not None
    assert numbered(merged.text) == {n: text_of(n) for n in range(40, 121)}


def test_windows_without_any_place_keep_their_text_between_unnumbered_gaps(folder: Path) -> None:
    merged = read([bash(folder, "grep -C 2 'value_62 ' src/mod.py"), bash(folder, "tail -n 4 src/mod.py")])
    assert merged is not None and not merged.whole
    parts = merged.text.split("[... not shown ...]\n")
    assert parts == ["", "".join(text_of(n) + "\n" for n in range(60, 65)), "".join(text_of(n) + "\n" for n in range(117, 121))]


def test_a_file_without_a_last_newline_stays_without(folder: Path) -> None:
    (folder / "src/mod.py").write_text("a = 1\nb = 2")
    merged = read([bash(folder, "cat src/mod.py")])
    assert merged is not None and merged.text == "a = 1\nb = 2" and merged.whole


def test_lines_around_a_cut_in_the_middle_of_an_output_are_not_broken(folder: Path) -> None:
    text = file_text(120)
    observation = f"<returncode>0</returncode>\n<warning>\nToo long.\n</warning><output_head>\n{text[:500]}\n</output_head>\n<elided_chars>\n{len(text) - 1000} characters elided\n</elided_chars>\n<output_tail>\n{text[-500:]}\n</output_tail>"
    cut = Step(turn=0, tool="bash", arguments={"command": "cat src/mod.py"}, observation=observation)
    merged = read([cut])
    assert merged is not None and not merged.whole
    before, _, after = merged.text.partition("[... lines ")
    assert text.startswith(before) and before.endswith("\n") and len(before) > 400
    tail = after.partition("\n")[2]
    assert text.endswith(tail) and 400 < len(tail) < 500
    both = read([cut, bash(folder, "sed -n '10,115p' src/mod.py")])
    assert both is not None and both.text == text and both.whole


# edits


EDITS = [
    "sed -i '{a},{b}d' src/mod.py",
    "sed -i '{a}d' src/mod.py",
    "sed -i '{a}i\\    inserted_{a} = 1' src/mod.py",
    "sed -i '{a}a inserted_{a} = 1' src/mod.py",
    "sed -i '{a},{b}c\\changed_{a}' src/mod.py",
    "sed -i '{a}c\\changed_{a}\\nand_{a}' src/mod.py",
    "sed -i 's/value_{a} /renamed_{a} /' src/mod.py",
    "sed -i 's/value_{a}[0-9]*/other_{a}/g' src/mod.py",
    "sed -i '{a},{b}s/e/E/' src/mod.py",
    "sed -i '/value_{a} /d' src/mod.py",
    "echo 'appended_{a}' >> src/mod.py",
    "python3 - <<'EOF'\np = 'src/mod.py'\ns = open(p).read()\nopen(p, 'w').write(s.replace('line {a} ', 'LINE {a}\\n'))\nEOF",
    "cat > fix.py <<'EOF'\nimport io\nlines = io.open('src/mod.py').readlines()\ndel lines[{a}:{b}]\nio.open('src/mod.py', 'w').writelines(lines)\nEOF\npython3 fix.py",
    "git checkout src/mod.py",
    "git stash",
    "git stash pop",
    "mv src/mod.py src/old.py && head -n {b} src/old.py > src/mod.py",
]  # fmt: skip
VIEWS = [
    "sed -n '{a},{b}p' src/mod.py",
    "nl -ba src/mod.py | sed -n '{a},{b}p'",
    "cat -n src/mod.py | tail -n {a}",
    "grep -n -A 6 'value_{a}' src/mod.py",
    "grep -C 9 'value_{a} ' src/mod.py",
    "head -n {b} src/mod.py",
    "tail -n +{a} src/mod.py",
    "cat src/mod.py",
    "git diff",
    "git show HEAD:src/mod.py | head -n {a}",
]


@pytest.mark.parametrize("seed", range(16))
def test_no_line_from_after_an_edit_gets_in(repository: Path, seed: int) -> None:
    rng = random.Random(seed)
    steps = []
    for _ in range(14):
        a = rng.randint(1, 100)
        command = rng.choice(EDITS if rng.random() < 0.35 else VIEWS).format(a=a, b=a + rng.randint(0, 25))
        if "python3 -" in command or "checkout" in command or "{" not in command:
            steps.append(bash(repository, command))
    diff = subprocess.run(["git", "diff"], cwd=repository, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    for final_diff in ("", diff):
        merged = read(steps, final_diff=final_diff)
        if merged is not None and "[... not shown ...]" not in merged.text:
            assert {n: text_of(n) for n in numbered(merged.text)} == numbered(merged.text), [s.arguments["command"] for s in steps]
        if merged is not None:
            shown = [line for line in merged.text.split("\n") if "not shown ..." not in line]
            assert set(shown) <= {text_of(n) for n in range(1, 121)}


def test_views_after_an_understood_edit_are_used_outside_of_it(folder: Path) -> None:
    steps = [bash(folder, "sed -i '50,59d' src/mod.py"), bash(folder, "sed -i '20a new = 1' src/mod.py"), bash(folder, "nl -ba src/mod.py | sed -n '15,60p'")]
    merged = read(steps)
    assert merged is not None
    # the deleted lines 50 to 59 were never shown, the new line is not old text, and line 60 of now was line 69
    assert numbered(merged.text) == {n: text_of(n) for n in [*range(15, 50), *range(60, 70)]}


def test_a_line_that_a_substitution_may_have_written_is_not_old_text(repository: Path) -> None:
    for pattern in ("value_50 ", "value_5[0] "):
        bash(repository, "git checkout src/mod.py")
        merged = read([bash(repository, f"sed -i 's/{pattern}/renamed /' src/mod.py"), bash(repository, "sed -n '48,52p' src/mod.py")])
        assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in (48, 49, 51, 52)}


def test_a_restored_file_is_old_text_again_and_a_popped_stash_is_not(repository: Path) -> None:
    change, view = "sed -i '/value_50 /d' src/mod.py", "sed -n '48,52p' src/mod.py"
    for restore in ("git checkout src/mod.py", "git restore src/mod.py", "git checkout -- src", "git stash", "git reset --hard"):
        merged = read([bash(repository, change), bash(repository, restore), bash(repository, view)])
        assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in range(48, 53)}, restore
    bash(repository, "git checkout src/mod.py && git stash clear")
    assert read([bash(repository, change), bash(repository, "git stash"), bash(repository, "git stash pop"), bash(repository, view)]) is None
    # after a commit HEAD is not what the file was
    assert read([bash(repository, "git commit -qam x"), bash(repository, "git checkout src/mod.py"), bash(repository, view)]) is None


def test_views_after_an_unknown_edit_are_used_where_the_final_diff_explains_every_line(repository: Path) -> None:
    steps = [bash(repository, "python3 - <<'EOF'\np = 'src/mod.py'\ns = open(p).read()\nopen(p, 'w').write(s.replace('line 30 ', 'x\\ny'))\nEOF"), bash(repository, "cat -n src/mod.py")]
    assert read(steps) is None
    diff = bash(repository, "git diff").observation.split("<output>\n")[1].removesuffix("</output>")
    merged = read(steps, final_diff=diff)
    assert merged is not None
    assert numbered(merged.text) == {n: text_of(n) for n in range(1, 121) if n != 30}


def test_a_view_that_contradicts_an_earlier_one_is_dropped_and_counted(folder: Path) -> None:
    first = bash(folder, "sed -n '10,20p' src/mod.py")
    bash(folder, "sed -i '5d' src/mod.py")  # nothing in the run tells of it
    merged = read([first, bash(folder, "sed -n '15,30p' src/mod.py"), bash(folder, "sed -n '40,50p' src/mod.py")])
    assert merged is not None and merged.num_conflicts == 1
    assert numbered(merged.text) == {n: text_of(n) for n in range(10, 21)}


def test_tabs_that_a_terminal_wrote_as_blanks_are_no_contradiction_and_come_back() -> None:
    blanks = tool("bash", "1-all:\n2:    run one\n3-    run two", command="grep -n -C 1 one Makefile")
    tabs = tool("bash", "all:\n\trun one\n\trun two\n\trun three\n", command="sed -n '1,4p' Makefile")
    for steps in ([blanks, tabs], [tabs, blanks]):
        merged = read(steps, "Makefile")
        assert merged is not None and merged.num_conflicts == 0
        assert merged.text.startswith("all:\n\trun one\n\trun two\n\trun three\n")


def test_a_window_that_contradicts_the_final_diff_is_dropped(repository: Path) -> None:
    bash(repository, "sed -i '35d' src/mod.py")
    unseen = bash(repository, "sed -n '30,40p' src/mod.py")
    diff = subprocess.run(["git", "diff"], cwd=repository, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    assert read([unseen], final_diff=diff) is None


def test_a_diff_that_the_agent_wrote_by_hand_proves_nothing(repository: Path) -> None:
    view = bash(repository, "sed -n '30,40p' src/mod.py")
    invented = "diff --git a/src/mod.py b/src/mod.py\n--- a/src/mod.py\n+++ b/src/mod.py\n@@ -34,2 +34,2 @@\n something else\n-entirely\n+new\n"
    merged = read([view], final_diff=invented)
    assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in range(30, 41)}
    assert read([bash(repository, "sed -i '/x/d' src/mod.py"), bash(repository, "cat -n src/mod.py")], final_diff=invented) is None


@pytest.mark.parametrize(
    "command",
    [
        "grep -rl value src | xargs sed -i 's/value/val/'",
        "python3 - <<'EOF'\nimport glob\nfor p in glob.glob('*/*.py'):\n    s = open(p).read()\n    open(p, 'w').write(s.replace('value', 'val'))\nEOF",
        "printf -- '--- a/src/mod.py\\n+++ b/src/mod.py\\n@@ -1 +1 @@\\n-x\\n+y\\n' > p.diff; patch -p1 -f < p.diff",
    ],
)
def test_nothing_is_known_after_an_edit_of_files_that_the_command_does_not_name(folder: Path, command: str) -> None:
    assert read([bash(folder, command), bash(folder, "cat -n src/mod.py")]) is None


# tools other than a shell


def tool(name: str, observation: str, **arguments: object) -> Step:
    return Step(turn=0, tool=name, arguments=arguments, observation=observation)


def listed(first: int, last: int, form: str) -> str:
    return "\n".join(form.format(n, text_of(n)) for n in range(first, last + 1))


READERS = {
    "Claude Code": tool("Read", listed(1, 30, "{:6d}→{}") + "\n    31→", file_path="/testbed/src/mod.py"),
    "SWE-agent": tool("bash", "[File: /testbed/src/mod.py (30 lines total)]\n" + listed(1, 30, "{}:{}") + "\n(Open file: /testbed/src/mod.py)\n(Current directory: /testbed)\nbash-$", command="open src/mod.py"),
    "OpenHands": tool("str_replace_editor", "OBSERVATION:\nHere's the result of running `cat -n` on /workspace/proj__1.0/src/mod.py:\n" + listed(1, 30, "{:6d}\t{}") + "\n    31\t", command="view", path="/workspace/proj__1.0/src/mod.py"),
    "opencode": tool("read", "<path>/testbed/src/mod.py</path>\n<type>file</type>\n<content>\n" + listed(1, 30, "{}: {}") + "\n\n(End of file - total 30 lines)\n</content>", filePath="/testbed/src/mod.py"),
    "hermes": tool("read_file", '{"content": ' + __import__("json").dumps(listed(1, 30, "{:6d}|{}") + "\n    31|") + ', "total_lines": 30, "truncated": false}', path="/testbed/src/mod.py"),
    "plain": tool("read", "\n".join(text_of(n) for n in range(1, 31)) + "\n", path="/testbed/src/mod.py"),
    "OpenHands shell": tool("execute_bash", "OBSERVATION:\ncat -n src/mod.py\r\n" + listed(1, 30, "{:6d}\t{}").replace("\n", "\r\n") + "[Python Interpreter: /opt/bin/python]\nroot@openhands-workspace:/workspace/proj__1.0 # \n[Command finished with exit code 0]", command="cat -n src/mod.py"),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_every_readers_numbering_gives_the_file(reader: str) -> None:
    merged = read([READERS[reader], tool("Edit", "done", file_path="/workspace/proj__1.0/src/mod.py", old_string="zzz", new_string="")])
    assert merged is not None
    assert merged.text == file_text(30) and merged.whole


def test_a_part_asked_for_is_not_the_whole_file() -> None:
    part = tool("Read", listed(5, 9, "{:6d}→{}"), file_path="/testbed/src/mod.py", offset=5, limit=5)
    merged = read([part])
    assert merged is not None
    assert merged.text == "[... lines 1-4 not shown ...]\n" + "".join(text_of(n) + "\n" for n in range(5, 10)) + "[... lines 10-end not shown ...]\n"


def test_a_clipped_response_ends_before_its_broken_line() -> None:
    text = "Here's the result of running `cat -n` on /r/src/mod.py:\n" + listed(1, 30, "{:6d}\t{}")[:-6] + "<response clipped><NOTE>To save on context.</NOTE>"
    merged = read([tool("str_replace_editor", text, command="view", path="/r/src/mod.py")])
    assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in range(1, 30)}


def replaced(old: str, new: str, observation: str = "The file has been updated.") -> Step:
    return tool("Edit", observation, file_path="/r/src/mod.py", old_string=old, new_string=new)


def whole(lines: list[str]) -> Step:
    return tool("Read", "\n".join(f"{n:6d}→{line}" for n, line in enumerate(lines, 1)), file_path="/r/src/mod.py", limit=1000)


def test_a_replacement_moves_the_lines_behind_it() -> None:
    old = [text_of(n) for n in range(1, 61)]
    new = [*old[:9], "new", "newer", *old[10:]]
    seen_before = tool("Read", listed(5, 12, "{:6d}→{}"), file_path="/r/src/mod.py", offset=5, limit=8)
    merged = read([seen_before, replaced(old[9], "new\nnewer"), whole(new)])
    assert merged is not None and merged.num_conflicts == 0
    assert numbered(merged.text) == dict(enumerate(old, 1))


def test_a_replacement_whose_place_is_unknown_ends_the_knowledge_of_the_file() -> None:
    old = [text_of(n) for n in range(1, 61)]
    merged = read([tool("Read", listed(5, 12, "{:6d}→{}"), file_path="/r/src/mod.py", offset=5, limit=8), replaced("elsewhere", "x\ny"), whole(old)])
    assert merged is not None and set(numbered(merged.text)) == set(range(5, 13))


def test_a_snippet_after_an_edit_says_where_it_happened() -> None:
    old = [text_of(n) for n in range(1, 61)]
    new = [*old[:29], "changed", "more", *old[30:]]
    snippet = "The file /r/src/mod.py has been edited. Here's the result of running `cat -n` on a snippet of /r/src/mod.py:\n" + "\n".join(f"{n:6d}\t{new[n - 1]}" for n in range(26, 36)) + "\nReview the changes."
    edit = tool("str_replace_editor", snippet, command="str_replace", path="/r/src/mod.py", old_str=old[29], new_str="changed\nmore")
    view = tool("str_replace_editor", "Here's the result of running `cat -n` on /r/src/mod.py:\n" + "\n".join(f"{n:6d}\t{line}" for n, line in enumerate(new, 1)), command="view", path="/r/src/mod.py", view_range=[1, 61])
    merged = read([edit, view])
    assert merged is not None and merged.num_conflicts == 0
    assert numbered(merged.text) == {n: text_of(n) for n in range(1, 61) if n != 30}


def test_an_edit_that_the_tool_refused_changes_nothing() -> None:
    old = [text_of(n) for n in range(1, 31)]
    refused = tool("str_replace_editor", "ERROR:\nNo replacement was performed, old_str did not appear verbatim.", command="str_replace", path="/r/src/mod.py", old_str="q", new_str="z")
    merged = read([refused, whole(old)])
    assert merged is not None and set(numbered(merged.text)) == set(range(1, 31))


def test_a_rejected_swe_agent_edit_shows_only_the_original() -> None:
    shown = "Your proposed edit has introduced new syntax error(s).\n\nThis is how your edit would have looked if applied\n----\n[File: /r/src/mod.py (30 lines total)]\n(4 more lines above)\n5:WRONG\n6:WORSE\n----\n\nThis is the original code before your edit\n----\n[File: /r/src/mod.py (30 lines total)]\n(4 more lines above)\n" + listed(5, 9, "{}:{}") + "\n(21 more lines below)\n----\n"
    merged = read([tool("bash", shown, command="edit 5:5\nWRONG\nend_of_edit")])
    assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in range(5, 10)}


def test_an_accepted_swe_agent_edit_is_not_old_text() -> None:
    shown = "[File: /r/src/mod.py (31 lines total)]\n(2 more lines above)\n3:" + text_of(3) + "\n4:" + text_of(4) + "\n5:new\n6:newer\n7:" + text_of(6) + "\n8:" + text_of(7) + "\n(23 more lines below)\nFile updated. Please review the changes.\n"
    merged = read([tool("bash", shown, command="edit 5:5\nnew\nnewer\nend_of_edit")])
    assert merged is not None and numbered(merged.text) == {n: text_of(n) for n in (3, 4, 6, 7)}


def test_an_unknown_tool_that_may_write_ends_the_knowledge_of_its_file() -> None:
    old = [text_of(n) for n in range(1, 31)]
    code = "s = open('/r/src/mod.py').read()\nopen('/r/src/mod.py', 'w').write(s)"
    for step in (tool("surgeon", "ok", path="/r/src/mod.py", diff="@@"), tool("execute_code", "ok", code=code)):
        assert read([step, whole(old)]) is None
    assert read([tool("surgeon", "ok", path="/r/src/mod.py", symbol="f"), whole(old)]) is not None


def test_an_inserted_text_moves_the_lines_behind_it() -> None:
    old = [text_of(n) for n in range(1, 31)]
    insert = tool("str_replace_editor", "The file /r/src/mod.py has been edited.", command="insert", path="/r/src/mod.py", insert_line=10, new_str="one\ntwo")
    merged = read([insert, whole([*old[:10], "one", "two", *old[10:]])])
    assert merged is not None and merged.num_conflicts == 0
    assert numbered(merged.text) == dict(enumerate(old, 1))


def test_what_a_program_prints_is_no_view_however_it_looks() -> None:
    for command in ("python demo.py", "make", "echo '[File: /r/src/mod.py (2 lines total)]'"):
        printed = tool("bash", "[File: /r/src/mod.py (2 lines total)]\n1:a\n2:b\nHere's the result of running `cat -n` on /r/src/mod.py:\n     1\ta\n", command=command)
        assert read([printed]) is None


@pytest.mark.parametrize("root", ["/testbed", "/workspace/proj__1.0", "/home/me/code/proj"])
def test_absolute_paths_become_paths_of_the_repository(root: str) -> None:
    steps = [tool("Read", listed(1, 9, "{:6d}→{}"), file_path=f"{root}/src/mod.py"), tool("Read", listed(1, 9, "{:6d}→{}"), file_path=f"{root}/src/other.py")]
    assert windows.read(tuple(steps), Vocabulary(), ["src/mod.py"]).opened == ("src/mod.py", "src/other.py")


def test_files_that_the_run_made_and_files_only_searched_are_not_opened(folder: Path) -> None:
    steps = [bash(folder, "cat > new.py <<'EOF'\nx = 1\ny = 2\nz = 3\nEOF"), bash(folder, "cat new.py"), bash(folder, "grep -rn value_5 ."), bash(folder, "cat /tmp/log.txt || true")]
    assert windows.read(tuple(steps), Vocabulary(), ["other.py"]).opened == ()


@pytest.mark.parametrize("text", ["1\t" * 30_000, "\n" * 30_000, "[File: " * 10_000, "Here's the result of running `cat -n` on " * 5_000, "1:" + "9" * 30_000, "<output_head>" * 9_000, "--\n" * 20_000, '{"output": ' * 30_000, "@" * 90_000 + "[Command finished with exit code 0]"])
def test_hostile_observations_are_read_without_harm(text: str) -> None:
    for command in ("cat src/mod.py", "grep -rn x .", "nl src/mod.py", "cat -A src/mod.py", "git diff"):
        read([tool("bash", text, command=command), tool("str_replace_editor", text, command="view", path="src/mod.py"), tool("read", text, path="src/mod.py")])


@pytest.mark.parametrize(("paths", "opened"), [(["a.py", "b.py"], ()), (["a.py"], ("a.py",))])
def test_one_output_of_several_files_is_the_text_of_none(paths: list[str], opened: tuple[str, ...]) -> None:
    """Nothing says where one file ends; with a single path the same output is that file's."""
    step = Step(turn=0, tool="read_many_files", arguments={"paths": paths}, observation="one = 1\ntwo = 2\n")
    assert windows.read((step,), Vocabulary(), ["a.py", "b.py"]).opened == opened
