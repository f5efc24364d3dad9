"""SWE-agent `.traj`, 0.x and 1.x: {trajectory: [{action, observation, thought, state}], history, info: {submission}}.

`history` holds the question; its entries with is_demo are a demonstration of another task. `state` is JSON
text in 0.x and an object in 1.x, and says which file was open while the action ran.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import patch_in, with_last_words
from factory.formats.fields import content_text, decoded, need_dict, need_list, need_text, text_at
from factory.formats.file_commands import read_command
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Environment, Trajectory

VERSION = "2"
WHOLE_FILE = False


def sniff(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("trajectory"), list):
        return ""
    steps = value["trajectory"]
    if steps and isinstance(steps[0], dict) and {"action", "observation"} <= steps[0].keys() and "code" not in steps[0]:
        return "`trajectory[0]` holds action and observation"
    return "`trajectory`, `history` and `info`" if not steps and {"history", "info"} <= value.keys() else ""


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    turns = Turns()
    for index, step in enumerate(need_list(row.get("trajectory"), "trajectory")):
        place = f"trajectory[{index}]"
        step = need_dict(step, place)
        action = need_text(step.get("action"), f"{place}.action")
        observation = content_text(step.get("observation"), f"{place}.observation")
        turns.begin()
        turns.say(text_at(step, "thought") or text_at(step, "response"))
        if action.strip():
            tool, arguments = read_command(action, open_file(step.get("state")))
            turns.call(tool, arguments, observation=observation)
    steps, final_reasoning = with_last_words(*turns.close())
    info = row.get("info")
    submission = text_at(info, "submission") if isinstance(info, dict) else ""
    settings = row.get("replay_config")
    settings = decoded(settings) if isinstance(settings, str) else settings
    return Trajectory(
        domain="swe" if domain == "auto" else domain,
        task_id=rows.task_id_of(row) or name_in(settings),
        question=question_of(row.get("history")) or text_at(row, "problem_statement"),
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=patch_in(submission),
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=Environment(base_commit=commit_in(settings)),
    )


def question_of(history: Any) -> str:
    for index, entry in enumerate(need_list(history or [], "history")):
        if isinstance(entry, dict) and entry.get("role") == "user" and not entry.get("is_demo"):
            return question_in(content_text(entry.get("content"), f"history[{index}].content"))
    return ""


def open_file(state: Any) -> str:
    state = decoded(state) if isinstance(state, str) else state
    path = text_at(state, "open_file") if isinstance(state, dict) else ""
    return "" if path == "n/a" else path


def name_in(settings: Any) -> str:
    agent = settings.get("agent") if isinstance(settings, dict) else None
    return text_at(agent, "name") if isinstance(agent, dict) else ""


def commit_in(settings: Any) -> str:
    for key in ("env", "repo"):
        settings = settings.get(key) if isinstance(settings, dict) else None
    return text_at(settings, "base_commit") if isinstance(settings, dict) else ""
