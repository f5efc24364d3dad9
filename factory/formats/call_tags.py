"""Tags that models write around calls in their text, and stacks around what came back.

The Qwen / Hermes template, <function=NAME> with <parameter=KEY> (OpenHands without native calling), <invoke name=NAME>,
<use_mcp_tool>, the tokens of Kimi, GLM, DeepSeek, Mistral and Llama, blocks that are a call by themselves (<search>, <sql>,
<execute_bash>, Search-o1's <|begin_search_query|>), and Cline's <read_file> with an argument in each tag inside.
"""

from __future__ import annotations

import re
from typing import Any

from factory.formats.call_text import function_tag, python_call
from factory.formats.fields import arguments_of, decoded, literal_in, text_at

INSIDE = "tags inside"
CLINE = ("read_file", "write_to_file", "replace_in_file", "apply_diff", "execute_command", "search_files", "list_files", "attempt_completion")
# opening tag -> (closing tag, or "" where the call reaches to the end; the tool when the tag itself is the call; its argument)
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
    "<｜tool▁call▁begin｜>": ("<｜tool▁call▁end｜>", "", ""),
    "[TOOL_CALLS]": ("", "", ""),
    "<|python_tag|>": ("", "", ""),
    "<functioncall>": ("", "", ""),
    "<action>": ("</action>", "", ""),
    "<access>": ("</access>", "visit", "url"),
    "<visit>": ("</visit>", "visit", "url"),
    "<browse>": ("</browse>", "visit", "url"),
    "<python>": ("</python>", "execute_ipython_cell", "code"),
    "<bash>": ("</bash>", "execute_bash", "command"),
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
    "<｜tool▁output▁begin｜>": "<｜tool▁output▁end｜>",
    "[TOOL_RESULTS]": "[/TOOL_RESULTS]",
    "<search_results>": "</search_results>",
}
AROUND = ("<function_calls>", "</function_calls>", "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>",
          "<minimax:tool_call>", "</minimax:tool_call>",
          "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>",
          "<｜end▁of▁sentence｜>", "<|eom_id|>", "<|endoftext|>")  # fmt: skip
"""What stacks put around calls and at the end of a turn."""
LOOSE = ("<action>", "<python>", "<bash>", "<visit>", "<browse>", "<access>")
"""Tags that prose and code hold as well: a chat is told by them only where a call can be read inside."""
CHILD = re.compile(r"<(\w{1,40})>(.*?)</\1>", re.S)
PARAMETER = re.compile(r"<parameter name=[\"']?([\w.-]{1,80})[\"']?[^>]{0,80}>(.*?)</parameter>", re.S)
MAX_TAGS = 5_000
MOST_LOOKED = 20_000_000
"""Opening tags times characters: each open tag is looked for to the end."""


def arguments_in(tags: re.Pattern[str], opener: str, text: str) -> list[tuple[str, str]]:
    """Names and values that `tags` finds; none in a call of more tags than any has."""
    return tags.findall(text) if text.count(opener) <= min(MAX_TAGS, MOST_LOOKED // (len(text) + 1)) else []


def calls_in(tag: str, inside: str) -> list[tuple[str, dict[str, Any]]]:
    """The calls inside one tag: mostly one, named `unknown` where it cannot be read."""
    text = inside.strip()
    for mark in AROUND:
        text = text.removesuffix(mark).strip()
    if text[:1] == "[" and not CALLS[tag][1] and isinstance(several := loosely(text), list):
        return [as_call(call) for call in several if isinstance(call, dict)] or [("unknown", {"input": text})]
    return [called(tag, inside if CALLS[tag][0] else text)]


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
    if "｜" in tag or "[ARGS]" in inside:  # DeepSeek: perhaps `function` first, then the name; Mistral
        name, _, given = inside.partition("｜tool▁sep｜>" if "｜" in tag else "[ARGS]")
        if "\n```" in given:
            name, _, given = given.partition("\n```json\n")
        return name.strip(" <\n") or "unknown", arguments_of(given.partition("\n```")[0])
    if "<arg_key>" in inside:  # GLM
        keys = [part.partition("</arg_key>")[0].strip() for part in inside.split("<arg_key>")[1:MAX_TAGS]]
        values = [part.partition("</arg_value>")[0] for part in inside.split("<arg_value>")[1:MAX_TAGS]]
        return inside.partition("<arg_key>")[0].strip() or "unknown", dict(zip(keys, values))
    if tag == "<|tool_call_begin|>":
        name, _, given = inside.partition("<|tool_call_argument_begin|>")
        return name.strip().partition(":")[0] or "unknown", arguments_of(given)
    if tag == "<function=" or inside.lstrip().startswith("<function="):
        return function_tag(inside.strip().removeprefix("<function="))
    call = loosely(inside.strip())
    if isinstance(call, dict):
        return as_call(call)
    name, arguments = python_call(inside)
    return (name, arguments) if name else ("unknown", {"input": inside.strip()})


def as_call(call: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    call = call["function"] if isinstance(call.get("function"), dict) else call
    arguments = call.get("arguments", call.get("parameters", call.get("args", call.get("input"))))
    return text_at(call, "name", "tool", "function", "tool_name") or "unknown", arguments_of(arguments)


def unframed(text: str) -> str:
    """What came back, without what the templates of Kimi and MiniMax put around it."""
    text = text.partition("\n")[2] if text.startswith("## Return of ") else text
    return text.strip().removeprefix("<response>").removesuffix("</response>").strip() if text.lstrip().startswith("<response>") else text


def loosely(text: str) -> Any:
    """JSON, or the Python literal that some models write for it."""
    value = decoded(text)
    return value if value is not None or text[:1] not in ("{", "[") else literal_in(text)


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
        end = text.find(tags[first[1]], start) if tags[first[1]] else min((place for tag, place in places.items() if tag in RESPONSES and place >= start), default=-1)
        end = len(text) if end < 0 else end
        found.append((start, end, first[1], tags[first[1]]))
        at = end
