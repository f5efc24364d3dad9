"""Runs of a research agent over a generated corpus of linked pages, with a real ranked search.

Gold are the opened pages; tier 2 are results that were listed and never opened, without those whose title or
snippet says the answer. A run where readers could differ about that is drawn again.
"""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path
from typing import Any

from factory.worlds.runs import Run, Transcript, accepted, chance, flaw, rejected, row, tool
from factory.worlds.search_agent import SYSTEMS, Agent
from factory.worlds.search_corpus import Corpus
from factory.worlds.search_engine import Engine
from factory.worlds.search_questions import COMMON, Question, ask, holds, other_forms, terms, wrong

FLAWS = {"wrong_answer": 10, "no_visited_page": 4, "no_tool_call": 3, "no_question": 2, "no_ground_truth": 3, "no_reasoning": 3, "over_budget": 1}  # fmt: skip
CORPUS_RUNS = 500
"""Runs that share one corpus."""
SMALLEST, LARGEST, TOO_MUCH = 6_000, 390_000, 560_000
"""Characters of opened pages: the range of usual runs, and what a budget of 131,072 tokens cannot hold.
Measured with the Qwen vocabulary, a page has 3.0 to 3.9 characters a token, a large run 3.4 to 3.6."""

TOOLS = [
    tool("search", "Search the collection. Returns titles, addresses and snippets.", query="What to search for"),
    tool("visit", "Open a page and return its full text.", url="Address of the page"),
]


def prepare(folder: Path, seed: int, num_runs: int) -> None:
    """Nothing to make: everything that a run needs stands in its messages."""


@lru_cache(maxsize=2)
def corpus(seed: int, number: int) -> tuple[Corpus, Engine]:
    made = Corpus(seed, number)
    return made, Engine(made)


def run(index: int, seed: int, prepared: None) -> Run:
    world, engine = corpus(seed, index // CORPUS_RUNS)
    fault = flaw("search", seed, index, FLAWS)
    for attempt in range(2_000):  # a run of too many pages takes about ten, at worst some dozens
        rng = chance("search", seed, index, attempt)
        made = attempt_run(index, world, engine, fault, rng)
        if made:
            return made
    raise AssertionError(f"run {index} of seed {seed} stays ambiguous")


def attempt_run(index: int, world: Corpus, engine: Engine, fault: str, rng: random.Random) -> Run | None:
    """One run, or None when what to expect of it is ambiguous."""
    target = int(SMALLEST * (LARGEST / SMALLEST) ** rng.random())
    if fault == "over_budget":
        target = 2 * TOO_MUCH
    question = ask(world, rng, int(target * rng.uniform(0.5, 1.0)))
    if question.kind == "list" and set(terms(question.answer)) & set(terms(question.text)) - COMMON:
        return None  # Hedda in "Hector and Hedda" could be the Hedda that is asked about
    agent = Agent(world, engine, question, rng, silent=fault == "no_reasoning")
    if fault == "no_tool_call":
        agent.transcript = Transcript(rng.choice(SYSTEMS), question.text)
    elif fault == "no_visited_page":
        for query in (question.text, question.start.name, f"{question.start.name} history")[: rng.randint(1, 3)]:
            agent.search("The snippets may be enough.", query)
    else:
        curiosity = (9,) if fault == "over_budget" else (2, 3, 4, 6) if target > 80_000 else (0, 1, 1, 2, 3)
        if not agent.solve(target, curiosity):
            return None
    read = sum(map(len, agent.visited.values()))
    if read < TOO_MUCH if fault == "over_budget" else read > LARGEST:
        return None
    tier2 = unopened(agent, question)
    if tier2 is None:
        return None
    if fault == "wrong_answer":
        answer = wrong(world, question, rng)
        if not answer:
            return None
        agent.finish(answer, "There was another page that fits better, and I go with that one.")
    else:
        agent.finish(other_forms(question, rng))
    if fault == "no_question":
        agent.transcript.messages[1:2] = rng.choice(([], [{"role": "user", "content": ""}]))
    aliases = [] if question.gold != question.answer else list(question.aliases)
    ground_truth: dict[str, Any] = {"text": question.gold, "aliases": aliases}
    if fault == "no_ground_truth":
        ground_truth = {}
    line = row("search", index, agent.transcript, TOOLS, ground_truth, {}, solved=fault != "wrong_answer")
    size = read + sum(len(agent.listed[url][0]) for url in tier2)
    expected = accepted(line, agent.visited, (), tier2, ground_truth.get("text", ""), size * 2 // 7)
    if fault:
        stage = {"wrong_answer": "verify", "no_reasoning": "trace"}.get(fault, "compile")
        expected = rejected(expected, stage, fault)
    return Run(line, expected)


def unopened(agent: Agent, question: Question) -> list[str] | None:
    """Results that were never opened and do not say the answer; None when that depends on the reader."""
    kept = []
    for url, entries in agent.listed.items():
        if url in agent.visited:
            continue
        said = {holds(part, question) for entry in entries for part in (entry, entry.partition("\n")[2])}
        if len(said) > 1 or None in said:
            return None
        if said == {False}:
            kept.append(url)
    return kept
