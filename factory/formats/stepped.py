"""Runs kept as events of a workflow or steps of a thread, put into plain chats: LlamaIndex's events, OpenAI's Assistants, rLLM, browser-use.

LlamaIndex: {events: [{qualified_name, value}]}, of which results of tools hold call and output together. Assistants: a
thread's `messages` beside `run_steps`, newest first, whose calls hold what they returned. rLLM: each step of an episode holds the whole chat up to it.
"""

from __future__ import annotations

from typing import Any

from factory.formats.fields import as_text, content_text, text_at


def stepped(row: dict[str, Any]) -> tuple[list[dict[str, Any]], str] | None:
    """(messages, where they were found); None when the record holds neither."""
    events, steps = row.get("events"), row.get("run_steps", row.get("steps"))
    if isinstance(events, list) and (messages := of_events(events)):
        return messages, "events"
    steps = steps.get("data") if isinstance(steps, dict) else steps
    if isinstance(steps, list) and steps and all(isinstance(step, dict) and isinstance(step.get("step_details"), dict) for step in steps):
        return of_steps(steps, row.get("messages")), "run_steps"
    return of_browser(row) or of_episode(row)


def of_browser(row: dict[str, Any]) -> tuple[list[dict[str, Any]], str] | None:
    """browser-use: each entry of the history holds the actions that the model put out, {name: arguments}, and a result for each."""
    history = row.get("history")
    asked = text_at(row, "task", "question", "instruction")
    messages: list[dict[str, Any]] = [{"role": "user", "content": asked}] if asked else []
    for entry in history if isinstance(history, list) else ():
        made = entry.get("model_output") if isinstance(entry, dict) else None
        actions, results = (made.get("action"), entry.get("result")) if isinstance(made, dict) else (None, None)
        if not isinstance(actions, list) or not isinstance(results, list):
            continue
        thought = text_at(made, "next_goal", "thinking")
        for action, result in zip(actions, results):
            if isinstance(action, dict) and len(action) == 1 and isinstance(result, dict):
                (name, given), seen = next(iter(action.items())), text_at(result, "extracted_content", "error")
                if result.get("is_done") is True:
                    messages.append({"role": "assistant", "content": seen})
                else:
                    messages += exchange(name, given, seen, f"{len(messages)}", thought)
                    thought = ""
    return (messages, "history") if any(message["role"] == "tool" for message in messages) else None


def of_episode(row: dict[str, Any]) -> tuple[list[dict[str, Any]], str] | None:
    """The longest chat among the steps of an episode's trajectories."""
    trajectories = row.get("trajectories")
    chats: list[list[Any]] = []
    for trajectory in (row, *(trajectories if isinstance(trajectories, list) else ())):
        steps = trajectory.get("steps") if isinstance(trajectory, dict) else None
        chats += [chat for step in (steps if isinstance(steps, list) else ()) if isinstance(step, dict) and isinstance(chat := step.get("chat_completions"), list) and chat]
    longest = max(chats, key=len, default=[])
    return (longest, "steps[].chat_completions") if longest and all(isinstance(message, dict) for message in longest) else None


def of_events(events: list[Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    answer = ""
    for event in events:
        value = event.get("value") if isinstance(event, dict) else None
        if not isinstance(value, dict):
            continue
        output = value.get("tool_output")
        if isinstance(output, dict) and value.get("tool_name"):
            messages += exchange(text_at(value, "tool_name"), value.get("tool_kwargs"), output.get("content", output.get("raw_output")), text_at(value, "tool_id"))
        elif not messages and isinstance(asked := value.get("input", value.get("user_msg")), str | list) and asked:
            first = next((message for message in asked if isinstance(message, dict) and message.get("role") == "user"), {}) if isinstance(asked, list) else {"content": asked}
            messages.append({"role": "user", "content": content_text(first.get("content", first.get("blocks")), "events")})
        elif isinstance(said := value.get("response"), dict) and not value.get("tool_calls"):
            answer = content_text(said.get("content", said.get("blocks")), "events")
    if not any(message["role"] == "tool" for message in messages):
        return []
    return [*messages, {"role": "assistant", "content": answer}] if answer else messages


def of_steps(steps: list[dict[str, Any]], thread: Any) -> list[dict[str, Any]]:
    thread = thread.get("data") if isinstance(thread, dict) else thread
    thread = [message for message in thread if isinstance(message, dict)] if isinstance(thread, list) else []
    said = [{"role": message.get("role", "user"), "content": content_text(message.get("content"), "messages")} for message in thread]
    made: list[dict[str, Any]] = []
    for step in sorted(steps, key=lambda step: text_at(step, "created_at").rjust(20, "0")) if all("created_at" in step for step in steps) else reversed(steps):
        calls = step["step_details"].get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            inner = call.get(str(call.get("type"))) if isinstance(call, dict) else None
            if isinstance(inner, dict):
                given = inner.get("arguments", inner.get("input"))
                made += exchange(text_at(inner, "name") or str(call["type"]), given, inner.get("output", inner.get("outputs", inner.get("results"))), text_at(call, "id"))
    asked = [message for message in said if message["role"] == "user"][:1]
    answered = [message for message in said if message["role"] == "assistant"]
    return [*asked, *made, *(answered[-1:] if text_at(thread[0], "role") == "user" else answered[:1])] if thread else made


def exchange(tool: str, given: Any, output: Any, call_id: str, thought: str = "") -> list[dict[str, Any]]:
    call = {"id": call_id, "function": {"name": tool, "arguments": given}}
    return [{"role": "assistant", "content": thought, "tool_calls": [call]}, {"role": "tool", "tool_call_id": call_id, "content": as_text(output)}]
