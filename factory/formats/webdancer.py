"""Tool calls as tags inside message text: <tool_call>{"name", "arguments"}</tool_call>, answered by <tool_response>.

WebDancer and the many open-model stacks that speak the Qwen / Hermes template, or one of the others in `call_tags`.
WebDancer's gold stands in `answer`, a nested list of accepted strings.
"""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.call_tags import AROUND, CALLS, LOOSE, RESPONSES, calls_in, spans, unframed
from factory.formats.fields import as_text, content_text, decoded, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "3"
WHOLE_FILE = False

AGENT = ("assistant", "gpt", "ai", "model")
ASKING = ("user", "human")
RESULT = ("tool", "observation", "function", "ipython", "environment")


def messages_of(value: Any) -> tuple[dict[str, Any], list[Any]]:
    if isinstance(value, list):
        return {}, need_list(value, "messages")
    row = need_dict(value, "")
    for key in ("messages", "conversations"):
        if key in row:
            return row, need_list(row[key], key)
    raise mismatch("messages", "a list of messages")


def sniff(value: Any) -> str:
    try:
        _, messages = messages_of(value)
    except RowError:
        return ""
    for index, message in enumerate(messages[:12]):
        if not isinstance(message, dict) or (message.get("role") or message.get("from")) not in AGENT or message.get("tool_calls"):
            continue
        text = message.get("content", message.get("value"))
        if isinstance(text, list):
            text = content_text(text, "")
        if isinstance(text, str) and ("<" in text or "[TOOL_CALLS]" in text):
            for tag, (closing, _, _) in CALLS.items():
                if tag in text and closing in text and (tag not in LOOSE or calls_in(tag, text.partition(tag)[2].partition(closing or "\n\n")[0])[0][0] != "unknown"):
                    return f"`messages[{index}]` holds {tag} in its text"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row, messages = messages_of(value)
    turns, question = Turns(), ""
    answered_apart = any(isinstance(message, dict) and is_result(message) for message in messages)
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        message = need_dict(message, place)
        role = message.get("role") or message.get("from")
        if not isinstance(role, str):
            raise mismatch(f"{place}.role", "text", role)
        text = content_text(message.get("content", message.get("value")), f"{place}.content")
        text = text.partition("\n<environment_details>")[0] if role not in AGENT else text  # Cline: what its editor shows
        if role in AGENT:
            turns.begin()
            turns.think(text_at(message, "reasoning_content"))
            agent_text(turns, text, invents=answered_apart, last=index + 1 == len(messages))
        elif role in ASKING or role in RESULT:
            answered = [text[start:end] for start, end, *_ in spans(text, RESPONSES)]
            if not question and not turns.calls:
                question = question_in(text)
            elif answered:
                for observation in answered:
                    turns.observe(unwrapped_result(observation.strip()))
            elif role in RESULT or turns.waiting:
                turns.observe(unframed(text))
    steps, last = turns.close()
    domain = rows.domain_for(row, steps, domain)
    steps, final_reasoning, final_answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row),
        question=text_at(row, "question") or question,
        steps=steps,
        final_reasoning=final_reasoning,
        final_answer=(rows.own_patch(row) if domain == "swe" else "") or final_answer,
        ground_truth=rows.ground_truth_of(row),
        solved=rows.solved_of(row),
        environment=rows.environment_of(row),
    )


def unwrapped_result(text: str) -> str:
    """The content alone of {"name": ..., "content": ...}, as Hermes has it."""
    value = decoded(text) if text[:1] == "{" else None
    return as_text(value["content"]) if isinstance(value, dict) and {"content", "name"} <= value.keys() <= {"content", "name", "tool_call_id"} else text


def is_result(message: dict[str, Any]) -> bool:
    """Does a message of somebody else than the agent hold what a tool gave?"""
    role, text = message.get("role") or message.get("from"), message.get("content", message.get("value"))
    return role in RESULT or (role in ASKING and isinstance(text, str) and any(tag in text for tag in RESPONSES))


def agent_text(turns: Turns, text: str, invents: bool = False, last: bool = False) -> None:
    """Text, calls, and observations of one assistant message: some stacks write a whole run into one.

    invents: results come in messages of their own, so one that stands here was made up by the model.
    last: nothing comes after it, so a call that the agent goes on after was only spoken of."""
    at, visible = 0, len(text.rstrip())
    last_mark = max(text.rfind(mark) for mark in (*RESPONSES, *CALLS, "<answer>")) if last else 0
    for start, end, tag, closing in spans(text, {tag: closing for tag, (closing, _, _) in CALLS.items()} | RESPONSES):
        if last and closing and tag in CALLS and last_mark < end + len(closing) < visible:
            continue
        said = text[at : start - len(tag)]
        inside = text[start:end]
        if tag in RESPONSES:
            turns.say(bare(said))
            if invents or not turns.observe(inside.strip()):
                turns.say(inside)
        else:
            turns.say(bare(said))
            for tool, arguments in calls_in(tag, inside):
                turns.call(tool, arguments)
        at = end + len(closing)
    rest = text[at:]
    for tag in AROUND:
        rest = rest.replace(tag, "")
    turns.say(rest)


def bare(text: str) -> str:
    """Reasoning without its think tags."""
    for tag in ("<think>", "</think>", *AROUND):
        text = text.replace(tag, "")
    return text.strip()
