"""The agent's own reasoning and final answer as the trace: no model, for demos, cold starts and ablations.

Reasoning that speaks of tools that a reader of the context does not have is marked `tool_talk`.
"""

from __future__ import annotations

from collections.abc import Callable

from factory.recipe import Teacher
from factory.teachers import AskRow, Reply

VERSION = "1"
MODE = "trajectory"

TOOL_WORDS = (
    "tool",
    "search for",
    "search result",
    "let me search",
    "let me visit",
    "visit the",
    "click",
    "run the command",
    "let me run",
    "i'll run",
    "i will run",
    "execute",
    "let me query",
    "function call",
)


def identity(settings: Teacher) -> str:
    return "trajectory"


def open(settings: Teacher, read: Callable[[str], bytes]) -> Callable[[AskRow, int], Reply | None]:
    return generate


def generate(ask: AskRow, attempt: int) -> Reply | None:
    if attempt:
        return None
    talk = ask.agent_reasoning.lower()
    marks = ("tool_talk",) if any(word in talk for word in TOOL_WORDS) else ()
    return Reply(ask.agent_reasoning, ask.agent_answer, "stop", "", marks)
