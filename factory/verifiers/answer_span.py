"""Which part of a reply is its answer: what follows a marker, or the whole reply.

Markers: <answer> tags, \\boxed{}, "Final answer:", "Answer:". "The answer is ..." is an ordinary sentence and is left to
the prose rules. Thinking in tags is dropped first. Several markers that say different things give several spans.
"""

from __future__ import annotations

import json
import re

from factory.verifiers.answer_clean import MAX_CHARS

_LABEL = re.compile(
    r"(?:^|[\n.!?>]|\*\*)[ \t#*_>-]{0,6}(?:the )?(?:final answer|short answer|exact answer|answer|final result)(?: is)?[ \t]{0,3}(?:\*\*|__)?[ \t]{0,3}:[ \t]{0,3}(?:\*\*|__)?[ \t]{0,3}\n{0,2}([^\n]{1,2000})",
    re.I,
)
_THINK = "</think>"


def extract(reply: str) -> tuple[list[str], bool]:
    """(spans, marked). No span when nothing is left; a reply over the cap is read only behind a late marker."""
    text = reply
    if _THINK in text[-2 * MAX_CHARS :]:
        text = text[text.rindex(_THINK) + len(_THINK) :]
    elif "<think>" in text[:200]:
        return [], False
    if len(text) <= MAX_CHARS and text.strip().startswith("{") and text.strip().endswith("}"):
        return _json_answer(text), True
    cut = len(text) > MAX_CHARS
    tail = text[-MAX_CHARS:] if cut else text
    tagged = _tagged(tail)
    if tagged:
        return _distinct(tagged), True
    boxed = _boxed(tail)
    if boxed:
        return _distinct(boxed), True
    labelled = [m.strip(" *_") for m in _LABEL.findall(tail)]
    labelled = [m for m in labelled if m and not m.startswith("http")]
    if labelled:
        return _distinct(labelled), True
    if cut or not text.strip():
        return [], False
    return [text], False


def _distinct(spans: list[str]) -> list[str]:
    result: list[str] = []
    for span in reversed(spans):
        if span not in result and len(result) < 4:
            result.append(span)
    return result


def _tagged(text: str) -> list[str]:
    """What stands between <answer> and the next </answer>, at most the last four."""
    lower = text.lower() if text.isascii() else text
    result, end = [], len(lower)
    while (
        len(result) < 4
        and (close := lower.rfind("</answer>", 0, end)) >= 0
        and (start := lower.rfind("<answer>", 0, close)) >= 0
    ):
        result.insert(0, text[start + len("<answer>") : close].strip())
        end = start
    return [r for r in result if r]


def _json_answer(text: str) -> list[str]:
    """The answer field of a JSON object; nothing where it has none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [text.strip(" {}\n")]
    found = next((value[key] for key in ("answer", "final_answer", "exact_answer") if key in value), "")
    return [str(found)[:2_000]] if isinstance(found, str | int | float) and str(found).strip() else []


def _boxed(text: str) -> list[str]:
    """Contents of \\boxed{...} with braces balanced, at most the last four."""
    result = []
    starts = [m.end() for m in re.finditer(r"\\boxed\{", text)][-4:]
    for start in starts:
        depth = 1
        for i in range(start, min(len(text), start + 2000)):
            depth += (text[i] == "{") - (text[i] == "}")
            if depth == 0:
                result.append(text[start:i].strip())
                break
    return [r for r in result if r]
