"""Tool calls as tags inside message text: <tool_call>{"name", "arguments"}</tool_call>, answered by <tool_response>.

WebDancer and the many open-model stacks that speak the Qwen / Hermes template; also <function=NAME> with
<parameter=KEY> (OpenHands without native calling), <invoke name=NAME>, <use_mcp_tool>, blocks that are a call by
themselves (<search>, <sql>, <execute_bash>, Search-o1's <|begin_search_query|>), and Cline's <read_file> with an
argument in each tag inside. WebDancer's gold stands in `answer`, a nested list of accepted strings.
"""

from __future__ import annotations

import re
from typing import Any

from factory.errors import RowError
from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.call_text import function_tag
from factory.formats.fields import arguments_of, content_text, decoded, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False

INSIDE = "tags inside"
CLINE = ("read_file", "write_to_file", "replace_in_file", "apply_diff", "execute_command", "search_files", "list_files", "attempt_completion")
# opening tag -> (closing tag, the tool when the tag itself is the call, its argument)
CALLS: dict[str, tuple[str, str, str]] = {
    "<tool_call>": ("</tool_call>", "", ""),
    "<function_call>": ("</function_call>", "", ""),
    "<function=": ("</function>", "", ""),
    "<execute_bash>": ("</execute_bash>", "execute_bash", "command"),
    "<execute_ipython>": ("</execute_ipython>", "execute_ipython_cell", "code"),
    "<search>": ("</search>", "search", "query"),
    "<sql>": ("</sql>", "query", "sql"),
    "<execute>": ("</execute>", "execute_ipython_cell", "code"),
    "<|begin_search_query|>": ("<|end_search_query|>", "search", "query"),
    "<|begin_of_query|>": ("<|end_of_query|>", "search", "query"),
    "<|begin_click_link|>": ("<|end_click_link|>", "visit", "url"),
    "<|tool_call_begin|>": ("<|tool_call_end|>", "", ""),
    "<use_mcp_tool>": ("</use_mcp_tool>", "", ""),
    "<invoke name=": ("</invoke>", "", ""),
    **{f"<{tool}>": (f"</{tool}>", tool, INSIDE) for tool in CLINE},
}
RESPONSES: dict[str, str] = {
    "<tool_response>": "</tool_response>",
    "<information>": "</information>",
    "<function_results>": "</function_results>",
    "<observation>": "</observation>",
    "<result>": "</result>",
    "<tool_result>": "</tool_result>",
    "<|begin_search_result|>": "<|end_search_result|>",
    "<|begin_of_documents|>": "<|end_of_documents|>",
    "<|begin_click_result|>": "<|end_click_result|>",
}
AROUND = ("<function_calls>", "</function_calls>", "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
"""What stacks put around several calls."""
CHILD = re.compile(r"<(\w{1,40})>(.*?)</\1>", re.S)
PARAMETER = re.compile(r"<parameter name=[\"']?([\w.-]{1,80})[\"']?[^>]{0,80}>(.*?)</parameter>", re.S)
AGENT = ("assistant", "gpt", "ai", "model")
MAX_TAGS = 5_000


def arguments_in(tags: re.Pattern[str], opener: str, text: str) -> list[tuple[str, str]]:
    """Names and values that `tags` finds; none in a call of more tags than any has: each open one is looked for to the end."""
    return tags.findall(text) if text.count(opener) <= MAX_TAGS else []


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
        if isinstance(text, str) and "<" in text:
            for tag, (closing, _, _) in CALLS.items():
                if tag in text and closing in text:
                    return f"`messages[{index}]` holds {tag} in its text"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row, messages = messages_of(value)
    turns, question = Turns(), ""
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        message = need_dict(message, place)
        role = message.get("role") or message.get("from")
        if not isinstance(role, str):
            raise mismatch(f"{place}.role", "text", role)
        text = content_text(message.get("content", message.get("value")), f"{place}.content")
        if role in AGENT:
            turns.begin()
            turns.say(text_at(message, "reasoning_content"))
            agent_text(turns, text)
        elif role in ("user", "human", "tool", "observation", "function"):
            answered = [text[start:end] for start, end, *_ in spans(text, RESPONSES)]
            if not question and not turns.calls:
                question = question_in(text)
            elif answered:
                for observation in answered:
                    turns.observe(observation.strip())
            elif role in ("tool", "observation", "function") or turns.waiting:
                turns.observe(text)
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


def agent_text(turns: Turns, text: str) -> None:
    """Text, calls, and observations of one assistant message: some stacks write a whole run into one."""
    at = 0
    for start, end, tag, closing in spans(text, {tag: closing for tag, (closing, _, _) in CALLS.items()} | RESPONSES):
        said = text[at : start - len(tag)]
        inside = text[start:end]
        if tag in RESPONSES:
            turns.say(bare(said))
            if not turns.observe(inside.strip()):
                turns.say(inside)
        else:
            turns.say(bare(said))
            tool, arguments = called(tag, inside)
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


def called(tag: str, inside: str) -> tuple[str, dict[str, Any]]:
    _, tool, argument = CALLS[tag]
    if argument == INSIDE:
        return tool, {key: value.strip("\n") for key, value in arguments_in(CHILD, "<", inside)}
    if tool:
        return tool, {argument: inside.strip()}
    if tag == "<use_mcp_tool>":
        given = dict(arguments_in(CHILD, "<", inside))
        return given.get("tool_name", "unknown").strip(), arguments_of(given.get("arguments"))
    if tag == "<invoke name=":
        name, _, rest = inside.partition(">")
        return name.strip(" \"'") or "unknown", {key: value.strip("\n") for key, value in arguments_in(PARAMETER, "<parameter", rest)}
    if tag == "<|tool_call_begin|>":
        name, _, given = inside.partition("<|tool_call_argument_begin|>")
        return name.strip().partition(":")[0] or "unknown", arguments_of(given)
    if tag == "<function=" or inside.lstrip().startswith("<function="):
        return function_tag(inside.strip().removeprefix("<function="))
    call = decoded(inside.strip())
    if isinstance(call, dict):
        arguments = call.get("arguments", call.get("parameters", call.get("args")))
        return text_at(call, "name", "tool", "function") or "unknown", arguments_of(arguments)
    return "unknown", {"input": inside.strip()}


def spans(text: str, tags: dict[str, str]) -> list[tuple[int, int, str, str]]:
    """(start, end, opening, closing) of what stands inside each tag, in order; an unclosed tag reaches the end."""
    found, at = [], 0
    places = {tag: text.find(tag) for tag in tags}
    while True:
        for tag, place in places.items():
            if 0 <= place < at:
                places[tag] = text.find(tag, at)
        first = min(((place, tag) for tag, place in places.items() if place >= 0), default=None)
        if first is None:
            return found
        start = first[0] + len(first[1])
        end = text.find(tags[first[1]], start)
        end = len(text) if end < 0 else end
        found.append((start, end, first[1], tags[first[1]]))
        at = end
