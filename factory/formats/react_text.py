"""ReAct as text: `Thought: ...`, then `Action: name[argument]`."""

from __future__ import annotations

import re

ACTION = re.compile(r"^Action(?: ?\d{1,3})?: ?", re.M)
THOUGHT = re.compile(r"^Thought(?: ?\d{1,3})?: ?", re.M)
CALL = re.compile(r"([A-Za-z_][\w .-]{0,60}?) ?\[")
FINISH = ("finish", "answer")


def split_action(text: str) -> tuple[str, str, str]:
    """(thought, action's name, its argument); the name is "" where no action of the form `name[argument]` stands."""
    marks = list(ACTION.finditer(text))
    if not marks:
        return unmarked(text), "", ""
    thought, action = unmarked(text[: marks[-1].start()]), text[marks[-1].end() :].strip()
    return (thought, *name_and_argument(action))


def name_and_argument(action: str) -> tuple[str, str]:
    found = CALL.match(action)
    if not found:
        return "", ""
    line, _, _ = action.partition("\n")
    end = line.rfind("]") if line.rfind("]") > found.end() - 1 else action.rfind("]")
    return found.group(1).strip(), action[found.end() : end if end >= found.end() else None].strip()


def unmarked(text: str) -> str:
    return THOUGHT.sub("", text).strip()
