"""ReAct as one plain text (Reflexion's logs): many runs of `Question:`, `Thought n:`, `Action n:`, `Observation n:`, `Correct answer:`.

A run's section (CORRECT, INCORRECT, HALTED AGENTS) says whether it was solved. Every line that begins with none of
these words goes on with what stood before it.
"""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.formats.fields import MAX_TURNS, need_text
from factory.formats.react_text import FINISH, name_and_argument
from factory.formats.turns import Turns
from factory.records import GroundTruth, Trajectory

VERSION = "1"
WHOLE_FILE = True
MAX_RUNS = 100_000
SECTIONS = {"CORRECT": True, "INCORRECT": False, "HALTED": False}
VERDICTS = ("Answer is CORRECT", "Answer is INCORRECT")


def sniff(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    head = value[: 1 << 16]
    if ("\nQuestion: " in head or head.startswith("Question: ")) and "\nThought 1: " in head and "\nAction 1: " in head:
        return "text with `Question:`, `Thought 1:` and `Action 1:`"
    return ""


def parse(value: Any, domain: str) -> list[Trajectory]:
    text = need_text(value, "")
    if not sniff(text):
        raise RowError("format_mismatch", "`Question:`: wanted lines of Question, Thought 1 and Action 1, found none")
    runs: list[Trajectory] = []
    parts: list[tuple[str, list[str]]] = []
    solved: bool | None = None
    for line in text.split("\n"):
        if line.startswith("-----") and " BEGIN " in line:
            solved = SECTIONS.get(line.partition(" BEGIN ")[2].partition(" ")[0])
            continue
        if line.startswith(("####", "BEGIN TRIAL ", "Trial summary:")):
            continue
        word = label_of(line)
        if word == "Question" and parts:
            runs.append(run_of(parts, solved, domain))
            parts = []
            if len(runs) > MAX_RUNS:
                raise RowError("too_large", f"more than {MAX_RUNS:,} runs in one text")
        if word:
            parts.append((word, [line.partition(": ")[2] if ": " in line else line.partition(":")[2]]))
        elif parts:
            parts[-1][1].append(line)
        if word == "Correct answer":
            runs.append(run_of(parts, solved, domain))
            parts = []
    if parts:
        runs.append(run_of(parts, solved, domain))
    return runs


def label_of(line: str) -> str:
    """The word that a line of the protocol begins with; "" for the middle of a text."""
    for word in ("Question", "Correct answer"):
        if line.startswith(f"{word}:"):
            return word
    for word in ("Thought", "Action", "Observation"):
        if line.startswith(f"{word} "):
            number, colon, _ = line[len(word) + 1 : len(word) + 6].partition(":")
            if colon and number.isdigit():
                return word
    return ""


def run_of(parts: list[tuple[str, list[str]]], solved: bool | None, domain: str) -> Trajectory:
    turns, question, answer, gold = Turns(), "", "", ""
    if len(parts) > MAX_TURNS:
        raise RowError("too_large", f"a run has {len(parts):,} lines of protocol; at most {MAX_TURNS:,} are read")
    for word, lines in parts:
        text = "\n".join(lines).strip()
        if word == "Question":
            question = text
        elif word == "Thought":
            turns.begin()
            turns.say(text)
        elif word == "Action":
            name, argument = name_and_argument(text)
            if name.lower() in FINISH:
                answer = argument
            elif name:
                turns.call(name, {"query": argument})
        elif word == "Observation":
            if not text.startswith(VERDICTS):
                turns.observe(text)
        else:
            gold = text
    steps, last = turns.close()
    return Trajectory(
        domain="search" if domain == "auto" else domain,  # type: ignore[arg-type]
        question=question,
        steps=steps,
        final_reasoning=last,
        final_answer=answer,
        ground_truth=GroundTruth(text=gold),
        solved=solved,
    )
