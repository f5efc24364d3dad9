"""SWE-agent runs as text (nebius/SWE-agent-trajectories): {trajectory: [{role: system|user|ai, text}], target, generated_patch}.

The action is the last fenced block of an `ai` text. `target` says that the tests passed; the run's own patch is
then the verified one.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import patch_in, with_last_words
from factory.formats.fields import flag_at, mismatch, need_dict, need_list, need_text, text_at
from factory.formats.file_commands import open_file_after, read_command
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import GroundTruth, Trajectory

VERSION = "1"
WHOLE_FILE = False


def sniff(value: Any) -> str:
    turns = value.get("trajectory") if isinstance(value, dict) else None
    if not isinstance(turns, list) or not turns or not isinstance(turns[0], dict):
        return ""
    return "`trajectory[0]` holds role and text" if {"role", "text"} <= turns[0].keys() else ""


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    turns, question, shown = Turns(), "", ""
    for index, message in enumerate(need_list(row.get("trajectory"), "trajectory")):
        place = f"trajectory[{index}]"
        message = need_dict(message, place)
        role = message.get("role")
        if role == "system":
            continue
        text = need_text(message.get("text"), f"{place}.text")
        if role == "ai":
            turns.begin()
            said, action = last_block(text)
            turns.say(said)
            if action:
                turns.call(*read_command(action, shown))
        elif role == "user":
            if not turns.calls and not text.startswith("Here is a demonstration"):
                question = question or question_in(text)
            else:
                turns.observe(text)
            after = open_file_after(text)
            shown = shown if after is None else after
        else:
            raise mismatch(f"{place}.role", "system, user or ai", role)
    steps, final_reasoning = with_last_words(*turns.close())
    patch = patch_in(text_at(row, "generated_patch"))
    solved = flag_at(row, "target")
    return Trajectory(
        domain="swe" if domain == "auto" else domain,
        task_id=rows.task_id_of(row),
        question=question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=patch,
        ground_truth=GroundTruth(text=patch if solved else ""),
        solved=solved,
    )


def last_block(text: str) -> tuple[str, str]:
    """(text before the last fenced block, what stands inside it)"""
    end = text.rstrip().rfind("\n```")
    start = text.rfind("```", 0, end + 1) if end >= 0 else -1
    if start < 0:
        return text, ""
    return text[:start], text[start:end].partition("\n")[2]
