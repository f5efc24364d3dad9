"""Runs of a coding agent that repairs real repositories with real tests.

Gold are the files that the right patch touches, tier 1 the other files that the agent opened. A wrong patch applies and
still fails the tests; a right one gives the right files, in a small share with a comment more.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import Any

from factory.worlds import swe_git, swe_pairs, swe_words
from factory.worlds.runs import Run, Transcript, accepted, chance, flaw, rejected, row
from factory.worlds.swe_agent import SYSTEMS, TOOLS, Agent, Shown
from factory.worlds.swe_changes import commented, wrong
from factory.worlds.swe_measure import Bench, cache_folder
from factory.worlds.swe_pairs import MOST_PAIRS, Pair
from factory.worlds.swe_script import weight, work

FLAWS = {"wrong_answer": 10, "patch_does_not_apply": 4, "no_tool_call": 3, "no_question": 2, "no_ground_truth": 3, "no_reasoning": 3,
         "side_input_missing": 3}  # fmt: skip
STAGES = {"wrong_answer": "verify", "patch_does_not_apply": "verify", "no_reasoning": "trace"}
COMMENTED = {"commented": 8}
"""Of a hundred runs this many add a comment to the right change."""
CHECKOUTS = 64
WORKERS = 2
TEST_COMMAND = "python -m pytest -q"


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
    return finish(index, agent, fault, rng)


def finish(index: int, agent: Agent, fault: str, rng: random.Random) -> Run:
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
    solved = None if fault == "no_ground_truth" else fault not in ("wrong_answer", "patch_does_not_apply", "no_tool_call")
    line = row("swe", index, agent.transcript, TOOLS, ground_truth, environment, solved)
    tier1 = agent.inspected - set(pair.gold)
    size = sum(weight(pair.base[path]) for path in (*pair.gold, *tier1))
    expected = accepted(line, pair.gold, tier1, (), pair.patch, size * 2 // 7)
    if fault:
        expected = rejected(expected, STAGES.get(fault, "compile"), fault)
    return Run(line, expected)
