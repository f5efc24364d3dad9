"""Runs of a coding agent that repairs real repositories with real tests.

Gold are the files that the right patch touches, tier 1 the other files that the agent opened. A wrong patch applies and
still fails the tests; a right one gives the right files, in a small share with a comment more.
"""

from __future__ import annotations

import ast
import random
import shutil
import tempfile
import weakref
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

from factory.worlds import swe_git, swe_pairs, swe_words
from factory.worlds.runs import Run, Transcript, accepted, chance, flaw, rejected, row
from factory.worlds.swe_agent import SYSTEMS, TOOLS, Agent, Shown
from factory.worlds.swe_bugs import places
from factory.worlds.swe_measure import Bench, cache_folder
from factory.worlds.swe_pairs import MOST_PAIRS, Pair

FLAWS = {"wrong_answer": 10, "patch_does_not_apply": 4, "no_tool_call": 3, "no_question": 2, "no_ground_truth": 3, "no_reasoning": 3,
         "side_input_missing": 3}  # fmt: skip
STAGES = {"wrong_answer": "verify", "patch_does_not_apply": "verify", "no_reasoning": "trace"}
COMMENTED = {"commented": 8}
"""Of a hundred runs this many add a comment to the right change."""
SMALLEST, LARGEST = 8_000, 300_000
"""Characters of evidence that a run shall have at least and may have at most, digits counted thrice: see `weight`."""
CHECKOUTS = 64
WORKERS = 2
TEST_COMMAND = "python -m pytest -q"
COMMENTS = ("see the description above", "the tests rely on this", "borders count", "this was the cause", "keep in step with the callers")


class Prepared:
    """The pairs, and a few checkouts of them that are kept for the next run."""

    def __init__(self, folder: Path, bench: Bench, pairs: dict[int, Pair]):
        self.folder = folder
        self.bench = bench
        self.pairs = pairs
        self.scratch = tempfile.TemporaryDirectory(prefix="swe-checkouts-")
        weakref.finalize(self, bench.stack.close)
        self.checkouts: OrderedDict[int, tuple[Path, Shown]] = OrderedDict()

    def checkout(self, pair: Pair) -> tuple[Path, Shown]:
        """A working tree at the pair's commit, and what commands have shown in it."""
        if pair.number not in self.checkouts:
            place = Path(tempfile.mkdtemp(dir=self.scratch.name)) / "repo"
            swe_git.checkout(self.folder / bundle_of(pair), pair.branch, place)
            self.checkouts[pair.number] = place, {}
            while len(self.checkouts) > CHECKOUTS:
                shutil.rmtree(self.checkouts.popitem(last=False)[1][0].parent)
        self.checkouts.move_to_end(pair.number)
        return self.checkouts[pair.number]


def prepare(folder: Path, seed: int, num_runs: int, cache: Path | None = None) -> Prepared:
    """Make the pairs that `num_runs` runs use, and run ahead the tests that those runs will run.

    `cache` is where results of tests are remembered; the default is the user's cache.
    """
    bench = Bench(cache or cache_folder(), WORKERS)
    with bench:
        pairs = swe_pairs.prepare(folder, seed, (pair_of(seed, index) for index in range(num_runs)), bench)
        bench.each(lambda index: goal_of(index, seed, pairs, bench, tests=True), range(num_runs))
    return Prepared(folder, Bench(bench.cache, 1), pairs)


def goal_of(index: int, seed: int, pairs: dict[int, Pair], bench: Bench, tests: bool = False) -> dict[str, str]:
    """The files as the agent of a run leaves them; with `tests`, their tests are run."""
    pair, fault = pairs[pair_of(seed, index)], flaw("swe", seed, index, FLAWS)
    if fault == "wrong_answer":
        pair.spoiled = pair.spoiled or wrong(pair, seed, bench)
        return pair.spoiled
    if fault or flaw("swe-comments", seed, index, COMMENTED) != "commented":
        return pair.fixed
    files = commented(pair, chance("swe-comment", seed, pair.number))
    if tests:
        bench.run_tests(files)
    return files


def pair_of(seed: int, index: int) -> int:
    """The pair of a run: among few at first and among all MOST_PAIRS later, so that few runs need few pairs."""
    return chance("swe-pair", seed, index).randrange(min(MOST_PAIRS, 6 + index // 8))


def bundle_of(pair: Pair) -> str:
    return f"repositories/{pair.repository.name}.bundle"


def run(index: int, seed: int, prepared: Prepared) -> Run:
    pair = prepared.pairs[pair_of(seed, index)]
    fault = flaw("swe", seed, index, FLAWS)
    rng = chance("swe", seed, index)
    folder, shown = prepared.checkout(pair)
    agent = Agent(pair, folder, prepared.bench, rng, swe_words.issue(pair, rng), shown, silent=fault == "no_reasoning")
    try:
        if fault == "no_tool_call":
            agent.transcript = Transcript(rng.choice(SYSTEMS), swe_words.issue(pair, rng))
            patch = pair.patch
        else:
            patch = work(agent, goal_of(index, seed, prepared.pairs, prepared.bench), fault, rng)
    finally:
        agent.restore()
    reasoning = swe_words.mistake(pair, rng) if fault in ("wrong_answer", "patch_does_not_apply") else swe_words.conclusion(pair, rng)
    agent.transcript.finish("" if fault == "no_reasoning" else reasoning, patch)
    return finish(index, agent, fault, patch, rng)


def work(agent: Agent, goal: dict[str, str], fault: str, rng: random.Random) -> str:
    """The agent's way from the issue to its patch."""
    pair = agent.pair
    orient(agent)
    agent.run_tests("First the state of things.")
    detours = distractors(agent)
    before = rng.randint(0, len(detours)) if detours else 0
    for path in detours[:before]:
        agent.look(path)
    trip(agent)
    for path, place in pair.bugs:
        search(agent, path, place.function.rpartition(".")[2])
        agent.study(path, pair.fixed[path][: place.start].count("\n") + 1)
    for path in detours[before:]:
        agent.look(path)
    if fault == "patch_does_not_apply":
        return garbled(agent, rng)
    path = pair.bugs[0][0]
    if rng.random() < 0.25:
        second_thoughts(agent, path)
    agent.change("I know enough to change it.", goal)
    if rng.random() < 0.4:  # what is shown now is no longer the file at the base commit
        agent.window("Does it read well?", path, 1, 40)
    if fault != "wrong_answer" or rng.random() < 0.5:
        agent.run_tests("Now the tests again.")
    return agent.diff("The change as a whole.")


def orient(agent: Agent) -> None:
    """A look round."""
    rng = agent.rng
    package = agent.pair.repository.package
    ways = ("ls", "git ls-files", f"find {package} -name '*.py' | sort", "git log --oneline -3", "git status --short", f"ls -R {package}")
    for command in rng.sample(ways, rng.randint(1, 3)):
        agent.bash(rng.choice(("Let me see what there is.", "The layout first.", "An overview.")), command)
    if rng.random() < 0.4:
        agent.inspected.add("README.md")
        agent.bash("The description of the project.", "cat README.md")


def search(agent: Agent, path: str, name: str) -> None:
    """Find where a function is defined and used."""
    rng = agent.rng
    command = rng.choice((f'git grep -n "def {name}"', f"git grep -n {name} -- '*.py' | head -20", f"git grep -l {name}", f"grep -n {name} {path}"))
    agent.bash(f"Where does `{name}` come from?", command)


def trip(agent: Agent) -> None:
    """Commands that fail, as they do."""
    rng = agent.rng
    package = agent.pair.repository.package
    path = agent.pair.bugs[0][0]
    commands = (f"cat {package}/helpers.py", "sed -n '1,40p' src/main.py", f"grep -n TODO_{rng.randint(1, 9)} {path}", "git show HEAD~5 --stat", "make test")
    if rng.random() < 0.5:
        agent.bash(rng.choice(("There should be something in here.", "Maybe this tells more.")), rng.choice(commands))
    if rng.random() < 0.2:
        agent.run_tests("Only the tests of this part.", agent.pair.repository.tests_of[path])


def second_thoughts(agent: Agent, path: str) -> None:
    """An edit that does not fit, or one that is taken back."""
    line = agent.rng.choice([line for line in agent.files[path].splitlines() if line.startswith("    ") and "return" in line])
    if agent.rng.random() < 0.5:
        agent.replace("I try the obvious.", path, line + "  # as before", line)
    elif agent.files[path].count(line + "\n") == 1:
        agent.replace("Perhaps this line.", path, line + "\n", f"    # suspicious\n{line}\n")
        agent.window("How does that look?", path, 1, 30)
        agent.replace("No, back.", path, f"    # suspicious\n{line}\n", line + "\n")


def distractors(agent: Agent) -> list[str]:
    """Files to open besides those with a bug: tests of them first, then others, until the run is as large as it shall be.

    A file that holds what the right patch adds would give the answer away and is never opened.
    """
    pair, rng = agent.pair, agent.rng
    added = [line[1:].strip() for line in pair.patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    legal = []
    for path, text in pair.base.items():
        if path not in pair.gold and not path.endswith("__init__.py") and not any(line and line in text for line in added):
            legal.append(path)
    near = [pair.repository.tests_of[path] for path in pair.gold if rng.random() < 0.7]
    others = sorted(set(legal) - set(near))
    rng.shuffle(others)
    size = sum(weight(pair.base[path]) for path in pair.gold)
    target = max(SMALLEST, size * (min(LARGEST, sum(map(weight, pair.base.values()))) / size) ** rng.random() ** 0.6)
    chosen = []
    for path in [path for path in near if path in legal] + others:
        if size + weight(pair.base[path]) <= target:
            chosen.append(path)
            size += weight(pair.base[path])
    return chosen


@lru_cache(maxsize=4_096)
def weight(text: str) -> int:
    """Characters, digits counted three times: they are tokens of their own, other characters come three or four to a token."""
    return len(text) + 2 * sum(map(text.count, "0123456789"))


def wrong(pair: Pair, seed: int, bench: Bench) -> dict[str, str]:
    """Files of somebody who did not repair the bug: one of two places, or another edit of the function; the tests still fail."""
    for attempt in range(100):
        rng = chance("swe-wrong", seed, pair.number, attempt)
        files = dict(pair.base)
        path, place = rng.choice(pair.bugs)
        if len(pair.bugs) > 1 and rng.random() < 0.7:
            files[path] = pair.fixed[path]
        else:
            name = place.function
            options = [option for option in places(pair.base[path]) if option.kind != "dropped_return"]
            near = [option for option in options if option.function == name]
            files[path] = rng.choice(near if near and attempt < 50 else options).apply(pair.base[path])
        if same_meaning(files, pair.fixed) or same_meaning(files, pair.base):
            continue
        if swe_pairs.not_fixed(pair, files, bench):
            return files
    raise AssertionError(f"no wrong patch found for pair {pair.number} of seed {seed}")


def same_meaning(left: dict[str, str], right: dict[str, str]) -> bool:
    """Whether files differ in nothing but comments and layout. Files that are no Python have no meaning to compare."""
    try:
        return all(left[path] == right[path] or syntax(left[path]) == syntax(right[path]) for path in left)
    except SyntaxError:
        return True


def syntax(text: str) -> str:
    return ast.dump(ast.parse(text))


def commented(pair: Pair, rng: random.Random) -> dict[str, str]:
    """The right files with a comment at the first changed line; without one where the line has no room for it."""
    path, place = pair.bugs[0]
    lines = pair.fixed[path].splitlines(keepends=True)
    line = pair.fixed[path][: place.start].count("\n")
    lines[line] = lines[line].rstrip("\n") + f"  # {rng.choice(COMMENTS)}\n"
    files = {**pair.fixed, path: "".join(lines)}
    return files if same_meaning(files, pair.fixed) else pair.fixed


def garbled(agent: Agent, rng: random.Random) -> str:
    """A patch written from memory: its header names the right file, its lines stand in no file of the repository."""
    pair = agent.pair
    path, place = pair.bugs[0]
    name = place.function.rpartition(".")[2]
    line = pair.fixed[path][: place.start].count("\n") + 1
    value = rng.choice(("value", "entry", "item"))
    agent.bash("I write the change down myself.", f"wc -l {path}")
    return (
        f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -{line},4 +{line},4 @@\n"
        f"     def _{name}_{value}(self, {value}, strict=True):\n"
        f"         if {value}.is_unknown_to(self.owner_of_all):\n"
        f"-            return self.fallback_for({value}, strict)\n"
        f"+            return self.fallback_for({value}, not strict)\n"
        f"         return self.{name}_of_{value}({value})\n"
    )


def finish(index: int, agent: Agent, fault: str, patch: str, rng: random.Random) -> Run:
    pair = agent.pair
    if fault == "no_question":
        agent.transcript.messages[1:2] = rng.choice(([], [{"role": "user", "content": ""}]))
    ground_truth: dict[str, Any] = {
        "text": pair.patch,
        "test_patch": "",
        "test_command": TEST_COMMAND,
        "fail_to_pass": pair.fail_to_pass,
        "pass_to_pass": pair.pass_to_pass,
    }
    if fault == "no_ground_truth":
        ground_truth = {}
    place = bundle_of(pair) if fault != "side_input_missing" else f"repositories/{pair.repository.name}-moved.bundle"
    environment = {"repository": place, "base_commit": pair.commit}
    solved = fault not in ("wrong_answer", "patch_does_not_apply")
    line = row("swe", index, agent.transcript, TOOLS, ground_truth, environment, solved)
    tier1 = agent.inspected - set(pair.gold)
    size = sum(weight(pair.base[path]) for path in (*pair.gold, *tier1))
    expected = accepted(line, pair.gold, tier1, (), patch, size * 2 // 7)
    if fault:
        expected = rejected(expected, STAGES.get(fault, "compile"), fault)
    return Run(line, expected)
