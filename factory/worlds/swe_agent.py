"""A scripted coding agent that works in a real checkout: what it reads, changes and runs is what the tools gave.

It knows where the bug is (the script decides what it will find), but every observation is the real one, detours,
failing commands and repeated views included.
"""

from __future__ import annotations

import difflib
import random
from pathlib import Path

from factory.worlds.runs import Transcript, tool
from factory.worlds.swe_measure import Bench
from factory.worlds.swe_pairs import Pair
from factory.worlds.swe_process import execute

TOOLS = [
    tool("bash", "Run a command in the root of the repository.", command="The command line"),
    tool("view", "Show a file with line numbers.", path="Path of the file"),
    tool("str_replace", "Replace a text that occurs exactly once in a file.", path="Path of the file",
         old_str="The text to replace", new_str="The text to put in its place"),
    tool("run_tests", "Run the tests with pytest.", path="A test file, or an empty text for all tests"),
]  # fmt: skip
TOOLS[1]["function"]["parameters"]["properties"]["view_range"] = {
    "type": "array", "items": {"type": "integer"}, "description": "First and last line to show; left out for the whole file",
}  # fmt: skip

SYSTEMS = (
    "You are a software engineer. You work in the root of a git repository with the tools that you are given. Fix the reported problem with "
    "the smallest change that is right. When you are done, answer with your reasoning in <think> tags and the change as a unified diff.",
    "You repair Python projects. Look before you change anything, run the tests, and do not edit the tests. Your last message holds your "
    "reasoning between <think> and </think>, then the patch in unified diff format and nothing else.",
    "Solve the issue in the repository. Available: bash, view, str_replace, run_tests. Finish with <think>why</think> followed by `git diff`.",
)
LOOKS = (
    "Let me see what `{name}` does.", "`{name}` may be involved, so I look at it.", "Next is `{name}`.", "I want to rule out `{name}`.",
    "Before I change anything I read `{name}`.", "How does `{name}` behave here?",
)  # fmt: skip


Shown = dict[tuple[str, ...], str]
"""(command, texts of the files that may be changed) -> output: the same command shows the same again."""

REMEMBERED = 1_000
"""Outputs that are remembered of one checkout."""

SEPARATOR = "\x1e"
EACH = """
for command in "$@"; do
    ( eval "$command" ) < /dev/null 2>&1
    status=$?
    if [ $status != 0 ]; then echo "[exit status $status]"; fi
    printf '\\036'
done
"""


class Agent:
    """One run: the transcript so far, the files as they are now, and which of them were looked at."""

    def __init__(self, pair: Pair, folder: Path, bench: Bench, rng: random.Random, question: str, shown: Shown, silent: bool = False):
        self.pair = pair
        self.folder = folder
        self.bench = bench
        self.rng = rng
        self.shown = shown
        self.silent = silent
        """The agent writes no reasoning."""
        self.files = dict(pair.base)
        self.inspected: set[str] = set()
        self.pending: list[tuple[str, dict[str, object]]] = []
        """Commands that have not run yet, with the messages that wait for their output."""
        self.transcript = Transcript(rng.choice(SYSTEMS), question)

    def act(self, reasoning: str, name: str, arguments: dict[str, object], observation: str) -> None:
        self.transcript.act("" if self.silent else reasoning, (name, arguments, observation))

    def bash(self, reasoning: str, command: str) -> None:
        """The command runs with the next ones, before anything changes: a process for each would cost most of a run's time."""
        self.act(reasoning, "bash", {"command": command}, "")
        self.pending.append((command, self.transcript.messages[-1]))

    def catch_up(self) -> None:
        """Run the pending commands and put what they print where it belongs."""
        state = tuple(self.files[path] for path in self.pair.gold)
        new = [command for command, _ in self.pending if (command, *state) not in self.shown]
        if len(self.shown) > REMEMBERED:
            self.shown.clear()
            new = [command for command, _ in self.pending]
        if new:
            _, output = execute(["bash", "-c", EACH, "bash", *new], self.folder)
            for command, part in zip(new, output.split(SEPARATOR)):
                self.shown[(command, *state)] = part.replace(str(self.folder), "/repo")
        for command, message in self.pending:
            message["content"] = self.shown[(command, *state)]
        self.pending.clear()

    def view(self, reasoning: str, path: str, first: int = 1, last: int = 0) -> None:
        """The whole file, or its lines first to last, with the tool."""
        lines = (self.folder / path).read_text("utf-8").splitlines()
        arguments: dict[str, object] = {"path": path}
        if last:
            arguments["view_range"] = [first, min(last, len(lines))]
        shown = lines[first - 1 : last or len(lines)]
        self.inspected.add(path)
        self.act(reasoning, "view", arguments, numbered(shown, first))

    def window(self, reasoning: str, path: str, first: int, last: int) -> None:
        """Some lines of a file, in one of the ways that agents have."""
        last = min(last, self.num_lines(path))
        way = self.rng.randrange(5)
        self.inspected.add(path)
        if way == 0:
            self.view(reasoning, path, first, last)
        elif way == 1:
            self.bash(reasoning, f"nl -ba {path} | sed -n '{first},{last}p'")
        elif way == 2 and first == 1:
            self.bash(reasoning, f"head -n {last} {path}")
        elif way == 3:
            folder, _, name = path.rpartition("/")
            self.bash(reasoning, f"cd {folder} && sed -n '{first},{last}p' {name}" if folder else f"sed -n '{first},{last}p' {name}")
        else:
            self.bash(reasoning, f"sed -n '{first},{last}p' {path}")

    def whole(self, reasoning: str, path: str) -> None:
        way = self.rng.randrange(4)
        self.inspected.add(path)
        if way < 2:
            self.view(reasoning, path)
        else:
            self.bash(reasoning, f"cat -n {path}" if way == 2 else f"cat {path}")

    def look(self, path: str) -> None:
        """A file that may or may not matter: whole, or one or two windows."""
        reasoning = self.rng.choice(LOOKS).format(name=path)
        num_lines = self.num_lines(path)
        if num_lines < 60 or self.rng.random() < 0.5:
            self.whole(reasoning, path)
            return
        first = self.rng.choice((1, 1, self.rng.randint(1, num_lines - 30)))
        self.window(reasoning, path, first, first + self.rng.randint(30, 90))
        if self.rng.random() < 0.4 and first + 91 < num_lines:
            self.window("And further down.", path, first + 91, first + 150)

    def study(self, path: str, line: int) -> None:
        """A file with a bug: whole, or windows that hold the lines around the bug, perhaps more than once."""
        num_lines = self.num_lines(path)
        if num_lines < 80 or self.rng.random() < 0.45:
            self.whole(f"The behaviour comes from `{path}`; I read all of it.", path)
        else:
            start = max(1, line - self.rng.randint(25, 60))
            middle = line + self.rng.randint(1, 6)
            self.window(f"The part of `{path}` around line {line} matters.", path, start, middle)
            self.window("I continue where the last part ended.", path, max(1, middle - 3), line + self.rng.randint(20, 50))
        if self.rng.random() < 0.3:
            self.window("Once more, closely.", path, max(1, line - 8), line + 8)

    def replace(self, reasoning: str, path: str, old: str, new: str) -> bool:
        """Edit with the tool; false, and nothing changes, when the old text does not occur exactly once."""
        text = self.files[path]
        arguments: dict[str, object] = {"path": path, "old_str": old, "new_str": new}
        count = text.count(old)
        self.catch_up()
        if count != 1:
            what = "did not occur" if count == 0 else f"occurs {count} times"
            self.act(reasoning, "str_replace", arguments, f"No replacement was made: old_str {what} in {path}.\n")
            return False
        self.files[path] = text.replace(old, new)
        (self.folder / path).write_text(self.files[path], "utf-8")
        line = text[: text.index(old)].count("\n") + 1
        first = max(1, line - 4)
        shown = self.files[path].splitlines()[first - 1 : line + new.count("\n") + 4]
        self.act(reasoning, "str_replace", arguments, f"The file {path} has been edited. A snippet of the result:\n{numbered(shown, first)}")
        return True

    def change(self, reasoning: str, after: dict[str, str]) -> None:
        """Make the files equal to `after`, one edit of the tool at a time."""
        for path in sorted(after):
            if self.files[path] != after[path]:
                for old, new in edits(self.files[path], after[path]):
                    assert self.replace(reasoning, path, old, new), f"the edit of {path} does not fit"
                    reasoning = "The next place."
                assert self.files[path] == after[path]

    def run_tests(self, reasoning: str, path: str = "") -> None:
        output = self.bench.run_tests(self.files, path).output
        if self.rng.random() < 0.4:
            self.act(reasoning, "bash", {"command": f"python -m pytest -q {path}".strip()}, output + "\n")
        else:
            self.act(reasoning, "run_tests", {"path": path}, output + "\n")

    def diff(self, reasoning: str) -> str:
        """What `git diff` prints."""
        self.bash(reasoning, "git diff")
        self.catch_up()
        return str(self.transcript.messages[-1]["content"])

    def num_lines(self, path: str) -> int:
        return self.files[path].count("\n")

    def restore(self) -> None:
        """Bring the checkout back to the commit."""
        self.catch_up()
        for path, text in self.pair.base.items():
            if self.files[path] != text:
                (self.folder / path).write_text(text, "utf-8")


def numbered(lines: list[str], first: int) -> str:
    return "".join(f"{number:6d}\t{line}\n" for number, line in enumerate(lines, start=first))


def edits(before: str, after: str) -> list[tuple[str, str]]:
    """(old, new) texts that turn one file into the other; each old text occurs once when its turn comes."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pairs = []
    for tag, i1, i2, j1, j2 in reversed(difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()):
        if tag == "equal":
            continue
        margin = 0 if i1 < i2 else 1
        while True:
            first, last = max(0, i1 - margin), min(len(old), i2 + margin)
            text = "".join(old[first:last])
            current = "".join(old)
            if current.count(text) == 1 or (first == 0 and last == len(old)):
                break
            margin += 1
        pairs.append((text, "".join(old[first:i1] + new[j1:j2] + old[i2:last])))
        old[i1:i2] = new[j1:j2]
    return pairs
