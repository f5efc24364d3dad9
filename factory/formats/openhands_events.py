"""OpenHands evaluation output: {instance_id, instruction, instance, history: [event...], test_result: {git_patch}}.

An event is an action {id, source, action, args} or an observation {cause, observation, content, extras}; `cause` is
the id of its action. Older files keep pairs [action, observation], and `issue` and `git_patch` at the top. Also the events
alone, or under `trajectory`, as the application exports them.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import with_last_words
from factory.formats.fields import content_text, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False

SILENT = ("system", "recall", "change_agent_state", "condensation", "null", "pause", "loadprompt")
THOUGHT = ("thought", "final_thought", "content", "message")
UNSAID = frozenset(("thought", "is_input", "blocking", "hidden", "confirmation_state", "security_risk", "impl_source", "keep_prompt", "is_static", "cwd"))


def sniff(value: Any) -> str:
    history = value.get("history", value.get("trajectory")) if isinstance(value, dict) else value
    if not isinstance(history, list):
        return ""
    for index, event in enumerate(history[:10]):
        event = event[0] if isinstance(event, list) and event else event
        if isinstance(event, dict) and "source" in event and isinstance(event.get("action"), str) and isinstance(event.get("args"), dict):
            return f"`history[{index}]` is an event with source, action and args"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row = {"history": value} if isinstance(value, list) else need_dict(value, "")
    turns, asked = Turns(), ""
    for index, event in enumerate(events_of(row)):
        place = f"history[{index}]"
        event = need_dict(event, place)
        if isinstance(event.get("action"), str):
            args = event.get("args") if isinstance(event.get("args"), dict) else {}
            if event.get("source") == "user":
                if event["action"] == "message":
                    asked = asked or question_in(text_at(args, "content"))
            elif event["action"] not in SILENT:
                act(turns, event, args)
        elif "observation" in event:
            extras = event.get("extras") if isinstance(event.get("extras"), dict) else {}
            cause = event.get("cause")
            if event["observation"] not in ("recall", "agent_state_changed", "null"):
                text = content_text(event.get("content"), f"{place}.content") or text_at(event, "message")
                if cause is None:
                    turns.observe(text, failed=event["observation"] == "error")
                else:
                    turns.observe(text, f"event {cause}", has_failed(event, extras))
        else:
            raise mismatch(place, "an action or an observation", event)
    steps, final_reasoning = with_last_words(*turns.close())
    return Trajectory(
        domain="swe" if domain == "auto" else domain,
        task_id=rows.task_id_of(row),
        question=question_of(row) or asked,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=rows.own_patch(row),
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of({key: value for key, value in row.items() if key != "environment"}),
    )


def events_of(row: dict[str, Any]) -> list[Any]:
    events: list[Any] = []
    path = "history" if "history" in row else "trajectory"
    for item in need_list(row.get(path), path):
        events.extend(item if isinstance(item, list) else [item])
    return events


def act(turns: Turns, event: dict[str, Any], args: dict[str, Any]) -> None:
    action = event["action"]
    turns.begin()
    turns.say(text_at(args, *(THOUGHT if action in ("message", "think", "finish") else THOUGHT[:1])))
    if action in ("message", "think", "finish"):
        return
    known = event.get("tool_call_metadata")
    tool = text_at(known, "function_name") if isinstance(known, dict) else ""
    arguments = {key: value for key, value in args.items() if key not in UNSAID and value is not None}
    if action == "read":
        tool, arguments = tool or "str_replace_editor", {"command": "view"} | arguments
    elif action == "edit":
        tool, arguments = tool or "str_replace_editor", {"command": "edit"} | arguments
    turns.call(tool or {"run": "execute_bash", "run_ipython": "execute_ipython_cell"}.get(action, action), arguments, f"event {event.get('id')}")


def has_failed(event: dict[str, Any], extras: dict[str, Any]) -> bool:
    metadata = extras.get("metadata") if isinstance(extras.get("metadata"), dict) else extras
    code = metadata.get("exit_code", extras.get("exit_code"))
    return event["observation"] == "error" or (isinstance(code, int) and code not in (0, -1))


def question_of(row: dict[str, Any]) -> str:
    for place in (row.get("instance"), row):
        if isinstance(place, dict) and (text := text_at(place, "problem_statement")):
            return text
    issue = row.get("issue")
    if isinstance(issue, dict):
        return "\n\n".join(text for key in ("title", "body") if (text := text_at(issue, key)))
    return question_in(text_at(row, "instruction"))
