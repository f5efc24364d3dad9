"""Whole chats written as one text in a chat template, cut into messages: ChatML, Llama, GLM, DeepSeek, Mistral, Harmony, Glaive.

Calls inside what the agent said stay there, for the reader of tags; Harmony names the tool in the head of a message.
"""

from __future__ import annotations

import re
from typing import Any

from factory.formats.fields import arguments_of

ROLES = {"user": "user", "human": "user", "system": "system", "assistant": "assistant", "observation": "tool", "ipython": "tool", "tool": "tool",
         "USER": "user", "ASSISTANT": "assistant", "SYSTEM": "system", "FUNCTION RESPONSE": "tool"}  # fmt: skip
# a mark that the text must hold -> heads of messages, the role in them; what ends a message besides the next head
TEMPLATES: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("<|im_start|>", re.compile(r"<\|im_start\|>(\w{1,20})[ \t]{0,8}\n"), ("<|im_end|>",)),
    ("<|start_header_id|>", re.compile(r"<\|start_header_id\|>(\w{1,20})<\|end_header_id\|>"), ("<|eot_id|>", "<|eom_id|>")),
    ("<|assistant|>", re.compile(r"<\|(system|user|assistant|observation|tool)\|>"), ("<|end|>", "<|endoftext|>", "</s>")),
    ("ASSISTANT:", re.compile(r"^(USER|ASSISTANT|SYSTEM|FUNCTION RESPONSE):", re.M), ("<|endoftext|>",)),
)
DEEPSEEK = re.compile("<\uff5c(User|Assistant)\uff5c>")
MISTRAL = re.compile(r"\[(INST|/INST|TOOL_RESULTS|/TOOL_RESULTS)\]")
HARMONY = re.compile(r"<\|start\|>([^<]{0,200})(?:<\|channel\|>([^<]{0,200}))?(?:<\|constrain\|>[^<]{0,40})?<\|message\|>")
HARMONY_ENDS = ("<|end|>", "<|call|>", "<|return|>")
TO = re.compile(r"\bto=([\w.-]{1,120})")


OPENERS = re.compile(r"(?:<[^<>\n]{1,40}>|\[\w{1,10}\]|\s){0,20}")
"""What may stand before the first head: marks of a beginning."""


def messages_of(text: str) -> list[dict[str, Any]]:
    """The messages of a text in a chat template; [] when it is in none."""
    if "<|start|>" in text and "<|message|>" in text:
        return harmony(text)
    for mark, head, ends in TEMPLATES:
        if mark in text and (found := cut(text, head, ends)):
            return found
    if "<\uff5cAssistant\uff5c>" in text:
        return cut(text, DEEPSEEK, ("<\uff5cend\u2581of\u2581sentence\uff5c>",))
    if "[/INST]" in text:
        after = {"INST": "user", "/INST": "assistant", "TOOL_RESULTS": "tool", "/TOOL_RESULTS": "assistant"}
        return [said(after[head.group(1)], part) for head, part in parts(text, MISTRAL) if part.strip()]
    return []


def parts(text: str, head: re.Pattern[str]) -> list[tuple[re.Match[str], str]]:
    heads = list(head.finditer(text))
    ends = [found.start() for found in heads[1:]] + [len(text)]
    return [(found, text[found.end() : end]) for found, end in zip(heads, ends)]


def cut(text: str, head: re.Pattern[str], ends: tuple[str, ...]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    first = head.search(text)
    before = text[: first.start()].strip() if first else ""
    if not (OPENERS.fullmatch(before) or before.endswith(ends)):
        return found  # a chat that somebody quotes
    for start, part in parts(text, head):
        role = ROLES.get(start.group(1), ROLES.get(start.group(1).lower()))
        if role is None:
            return []
        for end in ends:
            part = part.partition(end)[0]
        found.append(said(role, part))
    return found if any(message["role"] == "assistant" for message in found) else []


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text.strip().removesuffix("</s>").strip()}


def harmony(text: str) -> list[dict[str, Any]]:
    """gpt-oss: {role, channel, recipient} in the head; what goes to a function is a call, what comes from one its result."""
    found: list[dict[str, Any]] = []
    for head, part in parts(text, HARMONY):
        for end in HARMONY_ENDS:
            part = part.partition(end)[0]
        heading = f"{head.group(1)} {head.group(2) or ''}"
        role, to = heading.split(None, 1)[0] if heading.strip() else "", TO.search(heading)
        if role.startswith("assistant") and to:
            found.append({"role": "assistant", "content": "", "tool_calls": [{"function": {"name": to.group(1), "arguments": arguments_of(part.strip())}}]})
        elif role.startswith("assistant"):
            found.append({"role": "assistant", "reasoning_content" if "analysis" in heading else "content": part.strip()})
        elif role in ("user", "system", "developer"):
            found.append(said("user" if role == "user" else "system", part))
        else:
            found.append({"role": "tool", "content": part.strip()})
    return found if any(message["role"] == "assistant" for message in found) else []
