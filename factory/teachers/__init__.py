"""Where reasoning and answers come from: one file each.

A member is a module with VERSION and
  identity(settings: recipe.Teacher) -> str                 what is asked, for the trace unit's key
  open(settings: recipe.Teacher, read: Callable[[str], bytes]) -> Generate
  Generate = (AskRow, attempt: int) -> Reply | None         None when the teacher has nothing for this attempt
or, with POOLED = True, a model behind engines (factory/teachers/engine.py), fed by factory/stages/generate.py:
  identity(settings: recipe.Teacher) -> str
  starter(settings: recipe.Teacher, placement: recipe.Placement) -> pool.Start
  replicas(placement: recipe.Placement) -> (fewest, most) engines
  start_slots(placement) -> int     may be absent: requests at once to begin with (all that an engine takes)
  NEEDS_RAY = True                  may be absent: its engines are Ray actors
"""

from __future__ import annotations

from typing import NamedTuple

TEACHERS: dict[str, str] = {"trajectory": "trajectory", "replay": "replay", "openai": "openai", "vllm": "vllm"}


class AskRow(NamedTuple):
    """What a teacher may see of an example besides the rendered messages."""

    example_id: str
    domain: str
    question: str
    agent_reasoning: str
    agent_answer: str


class Reply(NamedTuple):
    reasoning: str
    answer: str
    finish_reason: str
    raw: str
    marks: tuple[str, ...] = ()
