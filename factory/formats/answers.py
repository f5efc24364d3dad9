"""What the agent handed in, and what it wrote just before."""

from __future__ import annotations

import re

from factory.records import Step
from factory.vocabulary import classify

FINAL = re.compile(r"^[#>*_ \t]{0,8}(?:final answer|the final answer is|final result)\b[*_]{0,4}[ \t]*(?::|is:)[*_ \t]{0,8}", re.I | re.M)
FINISH = re.compile(r"^(?:action[ \t\d]{0,4}:[ \t]*)?finish\[", re.I | re.M)


def split_thinking(text: str) -> tuple[str, str]:
    """(inside the think tags, the rest). An opening tag may be missing: chat templates swallow it."""
    for opening, closing in (("<think>", "</think>"), ("<thinking>", "</thinking>")):
        end = text.rfind(closing)
        if end >= 0:
            start = text.find(opening)
            head = text[:start] if 0 <= start < end else ""
            inside = text[start + len(opening) : end] if 0 <= start < end else text[:end]
            inside = inside.replace(closing, "").replace(opening, "")
            return joined(head, inside), text[end + len(closing) :].strip()
        if (start := text.find(opening)) >= 0:  # cut short inside the thoughts
            return joined(text[:start], text[start + len(opening) :]), ""
    return "", text.strip()


def split_answer(text: str) -> tuple[str, str]:
    """(reasoning, answer) of a final message: inside <answer>, \\boxed{}, finish[], after "Final answer:", else all of it."""
    reasoning, rest = split_thinking(text)
    rest = rest.removesuffix("TERMINATE").rstrip()  # AutoGen's word for the end
    for opening, closing in (("<answer>", "</answer>"), ("<solution>", "</solution>")):
        start = rest.rfind(opening)
        if start >= 0:
            end = rest.find(closing, start)
            answer = rest[start + len(opening) : end if end >= 0 else None].strip()
            if answer.startswith("\\boxed{") and (inner := braced(answer, 7)) is not None:
                answer = unwrapped(inner)
            return joined(reasoning, rest[:start]), answer
    start = rest.rfind("\\boxed{")
    if start >= 0 and (inner := braced(rest, start + 7)) is not None:
        return joined(reasoning, rest[:start]), unwrapped(inner)
    lowered = rest.lower()  # the patterns are slow beside a plain search, and seldom needed
    end = rest.rfind("]")
    for found in reversed(list(FINISH.finditer(rest))) if "finish[" in lowered and end >= 0 else ():
        if end > found.start():
            return joined(reasoning, rest[: found.start()]), rest[found.end() : end].strip()
    for found in reversed(list(FINAL.finditer(rest))) if "final " in lowered else ():
        answer = rest[found.end() :].strip()
        if answer:
            return joined(reasoning, rest[: found.start()].rstrip().removesuffix("Action: Answer")), answer
    return reasoning, rest


def braced(text: str, start: int) -> str | None:
    """Text up to the brace that closes the one before `start`."""
    depth = 1
    for index in range(start, min(len(text), start + 10_000)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if not depth:
                return text[start:index]
    return None


def unwrapped(text: str) -> str:
    text = text.strip()
    return text[6:-1].strip() if text.startswith("\\text{") and text.endswith("}") else text


def joined(*texts: str) -> str:
    return "\n\n".join(text for part in texts if (text := part.strip()))


def patch_in(text: str) -> str:
    """The unified diff inside `text`, "" when there is none. Line ends that a terminal doubled are undone."""
    start = text.find("diff --git ")
    if start < 0:
        start = text.find("--- a/")
        if start < 0 or text.find("\n+++ ", start) < 0:
            return ""
    patch = text[start:]
    if text[:start].rstrip().endswith(("```", "```diff", "```patch")):
        patch = patch.partition("\n```")[0]
    if patch.partition("\n")[0].endswith("\r"):  # git never ends a header line so
        patch = patch.replace("\r\n", "\n")
    return patch.rstrip() + "\n"


def final_of(steps: tuple[Step, ...], last: str, domain: str) -> tuple[tuple[Step, ...], str, str]:
    """(steps, final reasoning, final answer) of a run whose last text is `last`.

    A run that ends in a call that hands the answer in (submit, finish) has its answer in that call.
    """
    acts = classify(steps[-1]) if steps else ()
    handed_in = acts[0].target if acts and acts[0].kind == "submit" else ""
    if domain == "swe":
        reasoning, rest = split_thinking(last or handed_in)
        patch = patch_in(rest)
        if not patch and acts and acts[0].kind in ("submit", "run"):
            patch = patch_in(steps[-1].observation)  # the diff that the submitting command printed
            reasoning = joined(reasoning, rest)
        elif not reasoning and rest:
            reasoning = rest[: rest.find(patch[:40])].strip().removesuffix("```diff").strip() if patch else rest
        return *with_last_words(steps, reasoning), patch
    reasoning, answer = split_answer(last or handed_in)
    return *with_last_words(steps, reasoning), answer


def with_last_words(steps: tuple[Step, ...], reasoning: str) -> tuple[tuple[Step, ...], str]:
    """(steps, final reasoning): where nothing was written after the last call, what was written before it moves here."""
    if reasoning or not steps:
        return steps, reasoning
    return (*steps[:-1], steps[-1].model_copy(update={"reasoning": ""})), steps[-1].reasoning
