"""The texts of a row, cleaned: evidence, what stands beside it, and the raw record of a rejection."""

from __future__ import annotations

import re
from typing import NamedTuple

from factory import cleaning
from factory.errors import RowError
from factory.recipe import Cleaning
from factory.records import AgentTrace, Environment, Evidence, GroundTruth, Trajectory

JSON_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|[\"\\/nrtbf])")
NESTED_TEXTS = 6
"""Texts inside texts: so often are the escapes of a rejected record undone to look for secrets."""
SMALL = 2_000
"""Characters of a text up to which it is scanned together with others."""


class Beside(NamedTuple):
    """The texts of a row that are not its evidence."""

    question: str
    ground_truth: GroundTruth
    agent: AgentTrace
    task_id: str
    environment: Environment


class Texts:
    def __init__(self, settings: Cleaning, special_tokens: tuple[str, ...]):
        self.settings, self.special_tokens = settings, special_tokens

    def clean(self, text: str) -> str:
        return self.cleaned(text).text

    def cleaned(self, text: str) -> cleaning.Cleaned:
        return cleaning.clean(text, self.settings, self.special_tokens)

    def are_clean(self, *texts: str) -> bool:
        return cleaning.is_clean(texts, self.settings, self.special_tokens)

    def beside(self, trajectory: Trajectory, gold: GroundTruth) -> Beside:
        """What enters a row beside its evidence, with no secret in what an answer is judged by."""
        agent = AgentTrace(reasoning=_reasoning(trajectory), answer=trajectory.final_answer)
        beside = Beside(trajectory.question, gold, agent, trajectory.task_id, trajectory.environment)
        judged_by = (gold.text, *gold.aliases, gold.sql, gold.test_patch, gold.test_command, *gold.fail_to_pass, *gold.pass_to_pass)
        places = vars(trajectory.environment)
        texts = (beside.question, *judged_by, agent.reasoning, agent.answer, beside.task_id, *places.values())
        if self.are_clean(*texts):
            return beside
        edits = [edit for text in judged_by for edit in self.cleaned(text).edits]
        if any(edit.startswith("secret") for edit in edits):
            raise RowError("gold_redacted", ", ".join(edits))
        return Beside(
            self.clean(beside.question),
            gold.model_copy(update={"text": self.clean(gold.text), "aliases": tuple(map(self.clean, gold.aliases))}),
            AgentTrace(reasoning=self.clean(agent.reasoning), answer=self.clean(agent.answer)),
            self.clean(beside.task_id),
            Environment(**{name: self.clean(value) for name, value in places.items()}),
        )

    def evidence(self, evidence: list[Evidence]) -> list[Evidence]:
        kept = []
        small = [piece.name for piece in evidence] + [piece.text for piece in evidence if len(piece.text) <= SMALL]
        small_are_clean = self.are_clean(*small)
        for piece in evidence:
            if not (small_are_clean and len(piece.text) <= SMALL):
                cleaned = self.cleaned(piece.text)
                name = piece.name if small_are_clean else self.clean(piece.name)
                if cleaned.edits or name != piece.name:
                    piece = piece._replace(text=cleaned.text, edits=cleaned.edits, original_sha256=cleaned.original_sha256, name=name)
            if piece.text and not piece.text.isspace():
                kept.append(piece)
        return kept

    def raw(self, raw: str) -> str:
        """The record's text; without its JSON escapes, text inside text too, where those hid a secret."""
        text = plain = self.clean(raw)
        for _ in range(NESTED_TEXTS):
            cleaned = self.cleaned(JSON_ESCAPE.sub(_unescaped, plain))
            if cleaned.text == plain:
                break
            plain = cleaned.text
            if any(edit.startswith("secret") for edit in cleaned.edits):
                text = plain
        return text


def _unescaped(escape: re.Match[str]) -> str:
    kind = escape[0][1]
    return chr(int(escape[0][2:], 16)) if kind == "u" else {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(kind, kind)


def _reasoning(trajectory: Trajectory) -> str:
    """All that the agent wrote while it worked, in order."""
    said = [step.reasoning for step in trajectory.steps] + [trajectory.final_reasoning]
    return "\n\n".join(text.strip() for text in said if text.strip())
