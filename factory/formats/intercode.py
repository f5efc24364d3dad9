"""InterCode-SQL runs: {task_id, query, turn_history: {actions, observations, rewards, valid_action, (thoughts)}, summary}.

Two kinds: multiturn (an action is SQL) and react (an action is `execute[SQL]` or `submit`). The agents spoke
MySQL; the databases at hand are SQLite conversions, so the dialect is sqlite and the database is named by
the gold record.
"""

from __future__ import annotations

from typing import Any

from factory.formats.answers import with_last_words
from factory.formats.fields import need_dict, need_list, need_text, text_at
from factory.records import Environment, Step, Trajectory

VERSION = "1"
WHOLE_FILE = False


def sniff(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("turn_history"), dict):
        return ""
    return "`turn_history` holds actions and observations" if {"actions", "observations"} <= value["turn_history"].keys() else ""


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    history = need_dict(row.get("turn_history"), "turn_history")
    actions = need_list(history.get("actions"), "turn_history.actions")
    observations = need_list(history.get("observations"), "turn_history.observations")
    thoughts = need_list(history.get("thoughts", []), "turn_history.thoughts")
    valid = need_list(history.get("valid_action", []), "turn_history.valid_action")
    rewards = need_list(history.get("rewards", []), "turn_history.rewards")
    steps = []
    for turn, action in enumerate(actions):
        action = need_text(action, f"turn_history.actions[{turn}]").strip()
        thought = thoughts[turn] if turn < len(thoughts) and isinstance(thoughts[turn], str) else ""
        observation = observations[turn] if turn < len(observations) else ""
        submitted = action == "submit"
        sql = action[8:-1] if action.startswith("execute[") and action.endswith("]") else action
        step = Step(
            turn=turn,
            reasoning=thought,
            tool="submit" if submitted else "query",
            arguments={} if submitted else {"sql": sql},
            observation=observation if isinstance(observation, str) else str(observation),
            failed=turn < len(valid) and valid[turn] is False,
        )
        steps.append(step)
    last = steps[-1] if steps else None
    kept, final_reasoning = with_last_words(tuple(steps), "")
    return Trajectory(
        domain="sql" if domain == "auto" else domain,
        task_id=text_at(row, "task_id"),
        question=text_at(row, "query"),
        steps=kept,
        final_reasoning=final_reasoning,
        final_answer=last.observation if last and not last.failed else "",
        solved=rewards[-1] >= 1 if rewards and isinstance(rewards[-1], int | float) else None,
        environment=Environment(dialect="sqlite"),
    )
