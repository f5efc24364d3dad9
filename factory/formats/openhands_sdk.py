"""OpenHands events since its agent SDK: {history: [{kind: MessageEvent | ActionEvent | ObservationEvent, ...}], instance, test_result}, or the events alone.

An action names its tool call, an observation the same `tool_call_id`. `history` and the fields around it are those of
the evaluation output of earlier versions.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import with_last_words
from factory.formats.fields import arguments_of, content_text, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False
KINDS = ("MessageEvent", "ActionEvent", "ObservationEvent")
TALK = ("finish", "think")


def events_of(value: Any) -> tuple[dict[str, Any], Any, str]:
    if isinstance(value, list):
        return {}, value, "events"
    row = need_dict(value, "")
    path = next((key for key in ("history", "events", "trajectory") if key in row), "history")
    return row, row.get(path), path


def sniff(value: Any) -> str:
    if not isinstance(value, dict | list):
        return ""
    _, events, path = events_of(value)
    for index, event in enumerate(events[:6] if isinstance(events, list) else ()):
        if isinstance(event, dict) and event.get("kind") in KINDS and "source" in event:
            return f"`{path}[{index}]` is of kind {event['kind']}"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row, events, path = events_of(value)
    turns, question, known = Turns(), "", False
    for index, event in enumerate(need_list(events, path)):
        place = f"{path}[{index}]"
        event = need_dict(event, place)
        kind = event.get("kind")
        known = known or kind in KINDS
        if kind == "MessageEvent":
            message = need_dict(event.get("llm_message"), f"{place}.llm_message")
            text = content_text(message.get("content"), f"{place}.llm_message.content")
            if event.get("source") == "user":
                question = question or question_in(text)
            else:
                turns.begin()
                turns.say(text)
        elif kind == "ActionEvent":
            turns.begin()
            turns.think(text_at(event, "reasoning_content"))
            turns.say(content_text(event.get("thought"), f"{place}.thought"))
            act(turns, event, place)
        elif kind in ("ObservationEvent", "AgentErrorEvent", "UserRejectObservation"):
            seen = event.get("observation", event.get("error"))
            failed = kind != "ObservationEvent" or bool(isinstance(seen, dict) and seen.get("is_error"))
            turns.observe(observation_text(seen, f"{place}.observation"), text_at(event, "tool_call_id"), failed)
    if not known:
        raise mismatch(path, f"events of kind {', '.join(KINDS)}")
    steps, final_reasoning = with_last_words(*turns.close())
    instance = row.get("instance") if isinstance(row.get("instance"), dict) else {}
    return Trajectory(
        domain="swe" if domain == "auto" else domain,
        task_id=rows.task_id_of(row),
        question=text_at(instance, "problem_statement") or question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=rows.own_patch(row),
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of({key: field for key, field in row.items() if key != "environment"}),
    )


def act(turns: Turns, event: dict[str, Any], place: str) -> None:
    call = event.get("tool_call") if isinstance(event.get("tool_call"), dict) else {}
    action = event.get("action") if isinstance(event.get("action"), dict) else {}
    function = call.get("function") if isinstance(call.get("function"), dict) else call
    tool = text_at(event, "tool_name") or text_at(function, "name")
    arguments = arguments_of(function.get("arguments")) or {key: given for key, given in action.items() if key != "kind" and given is not None}
    if tool in TALK:
        turns.say(text_at(arguments, "message", "thought"))
    else:
        turns.call(tool, arguments, text_at(event, "tool_call_id"))


def observation_text(seen: Any, place: str) -> str:
    if isinstance(seen, dict):
        seen = next((seen[key] for key in ("content", "output", "error") if seen.get(key)), "")
    return content_text(seen, place)
