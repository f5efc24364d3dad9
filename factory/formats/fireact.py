"""ReAct in chat messages (FireAct, LangChain agents, ToolBench): {traj: [{role, content}], gt, pred, em, f1}, or the messages elsewhere.

The agent writes `Thought: ...` and `Action: search[...]`, `Action: search` with `Action Input: ...`, or an action in JSON;
the next message is the observation. FireAct's last one is the episode's verdict, which is no observation. `gt` is the
gold in normal form.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.fields import content_text, flag_at, mismatch, need_dict, need_list, text_at, texts_of
from factory.formats.questions import question_in
from factory.formats.react_text import ACTION, OBSERVATION, read_turn
from factory.formats.turns import Turns
from factory.records import GroundTruth, Trajectory

VERSION = "2"
WHOLE_FILE = False
VERDICT = "Episode finished"


AGENT = ("assistant", "ai", "model")
USER = ("user", "tool", "function", "observation")


def messages_of(row: dict[str, Any]) -> tuple[Any, str]:
    for key in ("traj", "messages", "conversations"):
        if key in row:
            return row[key], key
    raise mismatch("traj", "a list of messages")


def sniff(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    messages = next((value[key] for key in ("traj", "messages", "conversations") if isinstance(value.get(key), list)), [])
    for index, message in enumerate(messages[:6]):
        if isinstance(message, dict) and message.get("role") in AGENT and not message.get("tool_calls"):
            text = message.get("content")
            if isinstance(text, str) and "Action" in text and ACTION.search(text) and read_turn(text)[1] not in ("", "finish"):
                return f"message {index} holds an `Action:` with its argument"
    return "`traj` with gt and pred" if messages and {"gt", "pred", "traj"} <= value.keys() else ""


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    messages, path = messages_of(row)
    turns, question, answer, reasoning = Turns(), "", "", ""
    for index, message in enumerate(need_list(messages, path)):
        place = f"{path}[{index}]"
        message = need_dict(message, place)
        role, text = message.get("role"), content_text(message.get("content"), f"{place}.content")
        if role in AGENT:
            thought, name, arguments = read_turn(text)
            turns.begin()
            if name == "finish":
                answer, reasoning = text_at(arguments, "answer"), thought
                continue
            turns.say(thought)
            if name:
                turns.call(name, arguments)
        elif role in USER:
            if not turns.calls and turns.turn < 0:
                question = question_in(text).removeprefix("Question:").strip()
                continue
            seen = OBSERVATION.sub("", text, count=1).strip() if text.startswith("Observation") else text.strip()
            if not seen.startswith(VERDICT):
                turns.observe(seen)
        elif role not in ("system", "developer"):
            raise mismatch(f"{place}.role", "system, user or assistant", role)
    steps, last = turns.close()
    gold = texts_of(row.get("gt"))
    return Trajectory(
        domain=rows.domain_for(row, steps, domain, "search" if "gt" in row else ""),
        task_id=rows.task_id_of(row),
        question=text_at(row, "question") or question,
        steps=steps,
        final_reasoning=reasoning or last,
        final_answer=answer or text_at(row, "pred"),
        ground_truth=GroundTruth(text=gold[0], aliases=tuple(gold[1:])) if gold else rows.ground_truth_of(row),
        solved=flag_at(row, "em") if "em" in row else rows.solved_of(row),
        environment=rows.environment_of(row),
    )
