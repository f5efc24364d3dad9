"""Anthropic content blocks: text, thinking, tool_use and tool_result."""

from __future__ import annotations

from typing import Any

from factory.formats.fields import arguments_of, as_text, content_text, mismatch, text_at
from factory.formats.turns import Turns

BLOCKS = ("text", "thinking", "redacted_thinking", "tool_use", "tool_result", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "image", "document")


SERVED = ("server_tool_use", "web_search_tool_result", "web_fetch_tool_result")
"""Calls that the provider itself made, and what they returned."""


def has_calls(content: Any) -> bool:
    return isinstance(content, list) and any(isinstance(block, dict) and block.get("type") in ("tool_use", "tool_result", *SERVED) for block in content)


def read_agent(turns: Turns, content: Any, place: str) -> None:
    """What the agent wrote and called in one message, or in one line of it."""
    if isinstance(content, str):
        turns.say(content)
        return
    for index, block in enumerate(blocks_of(content, place)):
        kind = block.get("type")
        if kind == "text":
            turns.say(text_at(block, "text"))
        elif kind == "thinking":
            turns.think(text_at(block, "thinking"))
        elif kind in ("tool_use", "server_tool_use"):
            turns.call(text_at(block, "name"), arguments_of(block.get("input")), text_at(block, "id"))
        elif kind == "tool_result" or kind in SERVED:
            observe(turns, block, f"{place}[{index}]")


def read_user(turns: Turns, content: Any, place: str) -> str:
    """The results in a user message become observations; its text is returned."""
    if isinstance(content, str):
        return content
    texts = []
    for index, block in enumerate(blocks_of(content, place)):
        if block.get("type") == "tool_result":
            observe(turns, block, f"{place}[{index}]")
        elif block.get("type") == "text":
            texts.append(text_at(block, "text"))
    return "\n".join(texts)


def observe(turns: Turns, block: dict[str, Any], place: str) -> None:
    run = block.get("run")  # Amp
    content = run.get("result", run.get("error")) if isinstance(run, dict) and "content" not in block else block.get("content")
    text = served(content) if block.get("type") in SERVED else content_text(content, f"{place}.content")
    turns.observe(text, text_at(block, "tool_use_id", "toolUseID"), bool(block.get("is_error")))


def served(content: Any) -> str:
    """Results of a provider's search, less what is encrypted; the text of a page that it fetched."""
    if isinstance(content, list):
        return as_text([{key: value for key, value in item.items() if key != "encrypted_content"} for item in content if isinstance(item, dict)])
    document = content.get("content") if isinstance(content, dict) else None
    source = document.get("source") if isinstance(document, dict) else None
    return text_at(source, "data") if isinstance(source, dict) and source.get("type") == "text" else as_text(content)


def blocks_of(content: Any, place: str) -> list[dict[str, Any]]:
    if content is None:
        return []
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise mismatch(place, "text or a list of blocks", content)
    return content
