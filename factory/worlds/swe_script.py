"""What the agent of a run does, in which order: a look round, detours, the bug, the change, the tests."""

from __future__ import annotations

import random
from functools import lru_cache

from factory.worlds.swe_agent import Agent

SMALLEST, LARGEST = 8_000, 300_000
"""Characters of evidence that a run shall have at least and may have at most, digits counted thrice: see `weight`."""


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


@lru_cache(maxsize=4_096)
def weight(text: str) -> int:
    """Characters, digits counted three times: they are tokens of their own, other characters come three or four to a token."""
    return len(text) + 2 * sum(map(text.count, "0123456789"))
