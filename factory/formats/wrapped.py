"""Records that keep an ordinary chat in a place or a spelling of their own, put into plain form.

Data sets and loggers store the same messages under many keys (`trajectory`, `chat_history`, prompt and completion,
request and response), under other names for a role, or as one text. Only records that no format fits as they stand
come here, so detection of the others costs nothing. What the plain form holds is then detected like any record.
"""

from __future__ import annotations

import re
from typing import Any

from factory.formats import templates
from factory.formats.call_tags import CALLS, LOOSE, loosely
from factory.formats.call_text import tool_in
from factory.formats.fields import content_text, decoded, literal_in, text_at
from factory.formats.react_text import turns_of
from factory.formats.rows import is_graded
from factory.formats.sessions import session_of
from factory.formats.stepped import stepped
from factory.formats.traces import messages_of_trace

LISTS = ("messages", "conversations", "conversation", "trajectory", "traj", "history", "chat_history", "message_history", "all_messages",
         "new_messages", "chat_messages", "messages_and_choices", "intermediate_steps", "dialogue", "dialog", "dialogs", "chat", "turns", "items", "input_list", "transcript", "rollout", "contents", "log", "input")
AROUND = ("trajectory", "run", "conversation", "values", "output", "outputs", "inputs", "input", "data", "result", "trace", "request", "main_agent_message_history", "extra_info", "sample", "request_body", "prompt_blueprint")
JSON_TEXT = ("messages", "conversations", "trajectory", "traj", "history")
ASKED = ("prompt", "input", "inputs", "input_prompt")
REPLIED = ("completion", "response", "output", "completions", "responses", "generation", "output_response")
TEXTS = ("text", "sequences_str", "chat", "response", "completion", "output", "Output", "trajectory", "traj", "transcript", "log", "history", "rollout", "full_text",
         "generated_text", "solution")
QUESTIONS = ("question", "Question", "query", "problem", "problem_statement", "instruction", "task", "prompt", "input", "raw_question")
ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "ai", "model", "bot", "agent", "chatbot", "chatgpt", "llm"), "assistant"),
    **dict.fromkeys(("tool", "function", "observation", "ipython", "environment", "env", "tool_response", "tool_result", "tool_output",
                     "function_response", "function_result", "tool-response"), "tool"),
    **dict.fromkeys(("tool_call", "function_call"), "call"),
    "tool-call": "assistant",
}  # fmt: skip
PLAIN = {"toolCalls": "tool_calls", "toolCallId": "tool_call_id", "_role": "role", "_content": "content"}
COLOURS = re.compile(r"\x1b\[[\d;]{0,20}m")
MARKS = (*(tag for tag in CALLS if tag not in LOOSE), "<function_calls>")
"""Tags that only a run holds."""


def unwrapped(value: Any) -> tuple[dict[str, Any], str] | None:
    """(the record with its chat under `messages`, where the chat was found); None when there is no chat in it."""
    if isinstance(value, list):
        if messages := plain_chat(value):
            return {"messages": messages}, ""
        return (session, "the lines") if (session := session_of(value)) else None
    if isinstance(value, str):  # what LangChain prints
        value = {"log": COLOURS.sub("", value).rstrip().removesuffix("> Finished chain.")}
    if not isinstance(value, dict):
        return None
    row = with_task(value)
    if traced := messages_of_trace(row):
        trace = row["trace"] if isinstance(row.get("trace"), dict) else row
        spans = row["spans"] if isinstance(row.get("spans"), list) else []
        gold = next((span["expected"] for span in spans if isinstance(span, dict) and isinstance(span.get("expected"), str)), None)  # Braintrust
        return {"id": text_at(trace, "id", "trace_id"), "messages": traced} | ({} if gold is None else {"ground_truth": gold}), "observations"
    if found := stepped(row):
        return {key: item for key, item in row.items() if key not in ("messages", "run_steps", "events")} | {"messages": found[0]}, found[1]
    for path, messages in (*exchanges(row), *lists(row), *texts(row)):
        if messages:
            rest = {key: item for key, item in row.items() if key != "messages"}
            if path.endswith("completion") and "ground_truth" not in row and isinstance(row.get("answer"), str) and is_graded(row):
                rest["ground_truth"] = row["answer"]  # beside a rollout stands the answer that it was graded with
            return rest | {"messages": messages}, path
    return None


def opened(value: Any) -> Any:
    """`value` with its messages as a list, where they were stored as JSON text, and with the reply that stands beside them."""
    if isinstance(value, dict):
        value = value["json"] if len(value) == 1 and isinstance(value.get("json"), dict) else value  # n8n
        for key in JSON_TEXT:
            text = value.get(key)
            if isinstance(text, str) and text[:1] in ("[", "{") and isinstance(inner := decoded(text), list | dict):
                value = value | {key: inner}
                break
        messages = value.get("messages")
        if isinstance(messages, list) and messages and "response" in value and isinstance(messages[-1], dict) and messages[-1].get("role") != "assistant" and (said := message_of(value["response"])):
            return {key: field for key, field in value.items() if key != "response"} | {"messages": [*messages, said]}
    return value


def opened_text(value: Any) -> Any:
    return decoded(value) if isinstance(value, str) and value[:1] == "{" else value


def with_task(row: dict[str, Any]) -> dict[str, Any]:
    """`row` with what a task record inside it says; the answer there is no agent's."""
    item = row.get("item", row.get("task"))
    given = row.get("input")
    if isinstance(given, dict) and isinstance(asked := given.get("task_description"), str):  # MiroFlow
        row = {"question": asked} | row
    if isinstance(item, dict):
        given = {key.lower(): field for key, field in item.items()}
        row = given | ({"ground_truth": given["answer"]} if isinstance(given.get("answer"), str | list) else {}) | row
    return row


def exchanges(row: dict[str, Any]) -> Any:
    """A prompt and what was said to it, under keys of their own."""
    for ask in ASKED:
        asked = row.get(ask)
        asked = decoded(asked) if isinstance(asked, str) and asked[:1] == "[" else asked
        for reply in REPLIED if isinstance(asked, str) else ():
            if isinstance(said := row.get(reply), str) and said.strip():
                yield f"{ask} and {reply}", templated(asked + said) or answered(asked, said)
        if not isinstance(asked, list):
            continue
        for reply in REPLIED:
            said = row.get(reply)
            if isinstance(said, str) and said.strip():
                yield f"{ask} and {reply}", plain_chat([*asked, *spoken(said)])
            elif isinstance(said, list) and said:
                yield f"{ask} and {reply}", plain_chat([*asked, *said])
            elif isinstance(said, dict) and "role" in said:
                yield f"{ask} and {reply}", plain_chat([*asked, said])
    for place, path in ((opened_text(row.get("request", row.get("request_body"))), "request.messages"), (row.get("input"), "input.messages"), (row.get("inputs"), "inputs.messages"), (row, "messages")):
        asked = place.get("messages") if isinstance(place, dict) else None
        said = message_of(row.get("response", row.get("response_body", row.get("output"))))
        if isinstance(asked, list) and said:
            yield f"{path} and what was replied", plain_chat([*asked, said])


def templated(text: str) -> list[dict[str, Any]] | None:
    """Messages of a text in a chat template."""
    return plain_chat(templates.messages_of(text))


def answered(asked: str, said: str) -> list[dict[str, Any]] | None:
    """A plain prompt and a reply that holds a whole run; other replies call no tool, and tell nothing."""
    if not any(mark in said for mark in MARKS):
        return None
    return [{"role": "user", "content": without_roles(asked).strip()}, *spoken(said)]


def without_roles(prompt: str) -> str:
    """What the user said in a prompt that was decoded without its special tokens: roles stand on lines of their own."""
    inside = prompt.rstrip().removesuffix("\nassistant")
    if inside == prompt.rstrip():
        return prompt
    _, found, asked = inside.partition("\nuser\n") if inside.startswith("system\n") else inside.partition("user\n")
    return asked if found else prompt


def message_of(reply: Any) -> dict[str, Any] | None:
    """The message in a reply of the chat API."""
    reply = opened_text(reply)
    if isinstance(reply, dict) and isinstance(choices := reply.get("choices"), list) and choices and isinstance(choices[0], dict):
        reply = choices[0].get("message")
    return reply if isinstance(reply, dict) and "role" in reply else None


def lists(row: dict[str, Any]) -> Any:
    for key in LISTS:
        yield key, plain_chat(row.get(key))
    for around in AROUND:
        inner = row.get(around)
        if isinstance(inner, str) and inner[:1] in ("{", "["):
            inner = decoded(inner)
        inner = inner["prompt_template"] if isinstance(inner, dict) and isinstance(inner.get("prompt_template"), dict) else inner  # PromptLayer
        if isinstance(inner, dict):
            for key in LISTS:
                yield f"{around}.{key}", plain_chat(inner.get(key))
        elif isinstance(inner, list):
            yield around, plain_chat(inner)


def texts(row: dict[str, Any]) -> Any:
    """A run written as one text: chat template tags, calls as tags, or ReAct."""
    for key in TEXTS:
        text = row.get(key)
        if not isinstance(text, str):
            continue
        yield key, templated(text)
        said = spoken(text)
        question = text_at(row, *(name for name in QUESTIONS if name != key))
        if len(said) > 1 or (question and any(mark in text for mark in MARKS)):
            yield key, [{"role": "user", "content": question}, *said] if question else said


def spoken(text: str) -> list[dict[str, Any]]:
    """Messages of one text that the agent and its tools wrote in turn; ReAct is cut where observations stand."""
    return turns_of(text) or [{"role": "assistant", "content": text}]


def plain_chat(messages: Any) -> list[dict[str, Any]] | None:
    """Messages in the spelling of the chat API; None when they are no messages."""
    if isinstance(messages, str) and messages[:1] == "[":
        messages = decoded(messages)
    if not isinstance(messages, list) or not messages:
        return None
    plain = []
    for message in messages:
        one = plain_message(message)
        if one is None:
            return None
        if one.get("tool_calls") and plain and plain[-1]["role"] == "assistant" and message.get("role") == "tool-call":
            one = plain.pop() | {"tool_calls": one["tool_calls"]}  # smolagents prints the calls of the message before
        plain.append(one)
    return plain if any(message["role"] == "assistant" for message in plain) else None


def smolagents_call(content: Any) -> dict[str, Any] | None:
    """The message in which smolagents prints the calls that it made; of code that calls one known tool, that call."""
    _, mark, printed = content_text(content, "content").partition("Calling tools:\n") if isinstance(content, str | list) else ("", "", "")
    calls = literal_in(printed) if mark else None
    if not isinstance(calls, list) or not all(isinstance(call, dict) and isinstance(call.get("function"), dict) for call in calls):
        return None
    for call in calls:
        given = call["function"].get("arguments")
        if call["function"].get("name") == "python_interpreter" and isinstance(given, str):
            name, arguments = tool_in(given)
            call["function"] = {"name": name, "arguments": arguments}
    return {"role": "assistant", "content": "", "tool_calls": calls}


def plain_message(message: Any) -> dict[str, Any] | None:
    if not isinstance(message, dict):
        return None
    if "role" not in message and isinstance(message.get("message"), dict):
        message = message["message"]  # an editor's session keeps what it showed beside it
    message = {PLAIN.get(key, key): field for key, field in message.items()}
    said = next((message[key] for key in ("role", "from", "speaker", "author", "sender") if isinstance(message.get(key), str)), "")
    role = ROLES.get(said.lower())
    if said == "tool-call" and (called := smolagents_call(message.get("content"))):
        return called
    text = next((message[key] for key in ("content", "value", "text", "message", "parts") if message.get(key) is not None), None)
    if role is None or not (text is None or isinstance(text, str | list)):
        return None
    if role == "call":
        calls = loosely(text.strip()) if isinstance(text, str) else text
        calls = calls if isinstance(calls, list) else [calls]
        if not all(isinstance(call, dict) for call in calls):
            return None
        return {"role": "assistant", "content": "", "tool_calls": calls}
    kept = {key: message[key] for key in ("tool_calls", "tool_call_id", "function_call", "name", "reasoning_content", "reasoning") if message.get(key)}
    if role == "assistant" and "tool_calls" not in kept and isinstance(message.get("tool_call"), dict):
        kept["tool_calls"] = [message["tool_call"]]
    if said == "tool-response" and (seen := content_text(text, "content")).startswith("Call id:"):
        text = seen.partition("\n")[2].removeprefix("Observation:\n").removeprefix("Execution logs:\n").removesuffix("\nLast output from code snippet:\nNone")
    if isinstance(text, list) and "parts" in message and "content" not in message:
        text = content_text(text, "parts") if all(isinstance(part, str) or (isinstance(part, dict) and part.keys() <= {"text", "type"}) for part in text) else text
    return kept | {"role": role, "content": text}
