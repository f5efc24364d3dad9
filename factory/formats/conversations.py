"""ShareGPT and AgentInstruct: {conversations: [{from, value}]} or [{role, content}].

Calls stand in turns of their own (`function_call`, answered by `observation`), or in the agent's text: a fenced
block after `Action: Operation` (SQL) or `Act: bash` (shell), or a ReAct action (ToolBench).
"""

from __future__ import annotations

import re
from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.call_text import python_calls
from factory.formats.fields import arguments_of, content_text, decoded, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.react_text import read_turn
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
WHOLE_FILE = False
AGENT = ("gpt", "assistant", "agent", "model", "chatgpt")
USER = ("human", "user")
RESULT = ("observation", "tool", "function_response", "function")
ACTED = ("Action: Operation", "Act: bash", "Action: bash")
FENCE = re.compile(r"```(sql|mysql|bash|sh|python)[ \t]*\n", re.I)


def sniff(value: Any) -> str:
    turns = value.get("conversations", value.get("messages")) if isinstance(value, dict) else value
    if not isinstance(turns, list) or not turns or not isinstance(turns[0], dict):
        return ""
    if isinstance(value, dict) and "conversations" not in value:  # AgentBench's chats, wherever they stand
        said = [turn["content"] for turn in turns[:8] if isinstance(turn, dict) and turn.get("role") in AGENT and isinstance(turn.get("content"), str)]
        return next((f"`messages` holds {mark}" for mark in ACTED for text in said if mark in text and FENCE.search(text)), "")
    if turns[0].keys() >= {"from", "value"}:
        return "turns hold from and value"
    return "`conversations` holds role and content" if isinstance(value, dict) and turns[0].keys() >= {"role", "content"} else ""


def parse(value: Any, domain: str) -> Trajectory:
    row = {"conversations": value} if isinstance(value, list) else need_dict(value, "")
    turns, question, acted = Turns(), "", False
    key = "conversations" if "conversations" in row else "messages"
    for index, message in enumerate(need_list(row.get(key, row.get("conversations")), key)):
        place = f"{key}[{index}]"
        message = need_dict(message, place)
        role = message.get("from", message.get("role"))
        acted = acted or bool(turns.waiting)
        text = content_text(message.get("value", message.get("content")), f"{place}.value")
        if role in AGENT:
            turns.begin()
            agent_text(turns, text)
        elif role == "function_call":
            for call in calls_in(text):
                turns.call(text_at(call, "name", "tool"), arguments_of(call.get("arguments", call.get("parameters"))))
        elif role in RESULT or (role in USER and turns.waiting):
            turns.observe(text)
        elif role in USER:
            if not acted:
                question = question_in(text)  # instructions may come first, and be answered with "Ok."
        elif role not in ("system", None):
            raise mismatch(f"{place}.from", "human, gpt, function_call or observation", role)
    steps, last = turns.close()
    domain = rows.domain_for(row, steps, domain)
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row),
        question=text_at(row, "question") or question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=final_answer,
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of(row),
    )


def calls_in(text: str) -> list[dict[str, Any]]:
    value = decoded(text.strip())
    calls = value if isinstance(value, list) else [value]
    return [call for call in calls if isinstance(call, dict)] or [{"name": "unknown", "arguments": text}]


def agent_text(turns: Turns, text: str) -> None:
    found = FENCE.search(text)
    if found and (any(mark in text for mark in ACTED) or text[: found.start()].rstrip().endswith("Action:")):  # AgentBench; AgentGym
        end = text.find("```", found.end())
        code = text[found.end() : end if end >= 0 else None].strip()
        turns.say(text[: found.start()].rstrip().removesuffix("Action: Operation").removesuffix("Act: bash"))
        is_sql = found.group(1).lower() in ("sql", "mysql")
        turns.call("query" if is_sql else "bash", {"sql" if is_sql else "command": code})
        return
    if calls := python_calls(text):  # ToolACE and those that are trained on it
        for tool, given in calls:
            turns.call(tool, given)
        return
    thought, name, arguments = read_turn(text) if "Action" in text else ("", "", {})
    if name and name != "finish" and " " not in name:
        turns.say(thought)
        turns.call(name, arguments)
    elif name == "finish" and arguments["answer"]:
        turns.say(f"{thought}\nFinal Answer: {arguments['answer']}")
    else:
        turns.say(text)
