"""Google ADK events: {adk_events: [{author, content: {role, parts: [text | function_call | function_response]}}], task_id, database}.

Also a session's own {events: [...]} and parts in camel case. Tool results are cut at some 2,000 characters.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import arguments_of, as_text, flag_at, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Environment, Trajectory
from factory.vocabulary import classify

VERSION = "3"
WHOLE_FILE = False
BUDGETS = ("\n\nYou have ", "\n\nYou must ")


def sniff(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("adk_events"), list):
        return "`adk_events` is a list"
    events = value.get("events") if isinstance(value, dict) else value
    if isinstance(events, list):
        for index, event in enumerate(events[:8]):
            if isinstance(event, dict) and isinstance(event.get("content"), dict) and isinstance(event["content"].get("parts"), list):
                return f"event {index} holds content.parts"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row = {"events": value} if isinstance(value, list) else need_dict(value, "")
    path = "adk_events" if "adk_events" in row else "events"
    turns, question = Turns(), ""
    for index, event in enumerate(need_list(row.get(path), path)):
        place = f"{path}[{index}]"
        event = need_dict(event, place)
        content = event.get("content")
        if content is None:
            question = question or asked(text_at(event, "message"))
            continue
        content = need_dict(content, f"{place}.content")
        spoken = content.get("role") != "user" and event.get("author") != "user"
        if spoken:
            turns.begin()
        for number, part in enumerate(need_list(content.get("parts") or [], f"{place}.content.parts")):
            part = need_dict(part, f"{place}.content.parts[{number}]")
            call = part if part.get("type") == "function_call" else part.get("function_call", part.get("functionCall"))
            response = part if part.get("type") == "function_response" else part.get("function_response", part.get("functionResponse"))
            if isinstance(call, dict):
                turns.call(text_at(call, "name"), arguments_of(call.get("args")), text_at(call, "id"))
            elif isinstance(response, dict):
                turns.observe(result_text(response.get("response")), text_at(response, "id"))
            elif spoken:
                (turns.think if part.get("thought") is True else turns.say)(text_at(part, "text"))
            else:
                question = question or asked(text_at(part, "text"))
    if not turns.calls and turns.turn < 0 and not question:
        raise mismatch(path, "events with content.parts")
    steps, last = turns.close()
    domain = rows.domain_for(row, steps, domain, "sql" if text_at(row, "database") else "")
    steps, reasoning, answer = final_of(steps, last, domain)
    handed_in = [act.target for step in steps for act in classify(step) if act.kind == "submit" and act.target]
    solved = [row[key] for key in ("phase1_passed", "phase2_passed") if isinstance(row.get(key), bool)]
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row),
        question=question,
        steps=steps,
        final_reasoning=reasoning,
        final_answer=handed_in[-1] if handed_in else answer,
        ground_truth=rows.ground_truth_of(row),
        solved=all(solved) if solved else flag_at(row, "solved"),
        environment=Environment(database=text_at(row, "database")),
    )


def asked(text: str) -> str:
    question = question_in(text)
    for mark in BUDGETS:
        question = question.partition(mark)[0]
    return question


def result_text(response: Any) -> str:
    if isinstance(response, dict) and isinstance(response.get("result"), str) and len(response) == 1:
        return response["result"]
    return as_text(response)
