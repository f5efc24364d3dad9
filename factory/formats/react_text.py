"""ReAct as text: `Thought: ...`, then `Action: name[argument]`, or `Action: name` and `Action Input: ...`, or an action in JSON."""

from __future__ import annotations

import re
from typing import Any

from factory.formats.fields import arguments_of, decoded, text_at

ACTION = re.compile(r"^Action(?: ?\d{1,3})?: ?", re.M)
THOUGHT = re.compile(r"^Thought(?: ?\d{1,3})?: ?", re.M)
CALL = re.compile(r"([A-Za-z_][\w .-]{0,60}?) ?\[")
INPUT = re.compile(r"^Action Input(?: ?\d{1,3})?:[ \t]*", re.M)
OBSERVATION = re.compile(r"^Observation(?: ?\d{1,3})?:[ \t]*", re.M)
AFTER = re.compile(r"^(?:Thought|Action|Final Answer|Answer)(?: ?\d{1,3})?:", re.M)
NAME = re.compile(r"[`\"']?([A-Za-z_][\w.-]{0,80})[`\"']?(?:\(\))?")
FINISH = ("finish", "answer", "final_answer", "final answer")
FINAL = re.compile(r"^(?:Final Answer|Answer)(?: ?\d{1,3})?: ?", re.M)


def split_action(text: str) -> tuple[str, str, str]:
    """(thought, action's name, its argument); the name is "" where no action of the form `name[argument]` stands."""
    marks = list(ACTION.finditer(text))
    if not marks:
        return unmarked(text), "", ""
    thought, action = unmarked(text[: marks[-1].start()]), text[marks[-1].end() :].strip()
    return (thought, *name_and_argument(action))


def read_turn(text: str) -> tuple[str, str, dict[str, Any]]:
    """(thought, name of the tool, its arguments) of one message; the name is "" where it calls nothing.

    A call that hands the answer in, and `Final Answer:`, have the name `finish` and the argument `answer`.
    """
    observed = OBSERVATION.search(text)  # what follows was made up by the agent
    text = text[: observed.start()] if observed else text
    thought, name, argument = split_action(text)
    if name:
        return (thought, "finish", {"answer": argument}) if name.lower() in FINISH else (thought, name, {"query": argument})
    marks = list(ACTION.finditer(text))
    if marks:
        thought, action = unmarked(text[: marks[-1].start()]), text[marks[-1].end() :].strip()
        given = INPUT.search(action)
        if given and (found := NAME.fullmatch(action[: given.start()].strip())):
            return thought, *handed_in(found.group(1), arguments_of(unfenced(action[given.end() :])))
        call = decoded(unfenced(action))
        if isinstance(call, dict) and (name := text_at(call, "action", "name", "tool")):
            inner = next((call[key] for key in ("action_input", "arguments", "args", "input", "parameters") if key in call), None)
            return thought, *handed_in(name, arguments_of(inner))
    finals = list(FINAL.finditer(text))
    if finals and (answer := text[finals[-1].end() :].strip()):
        return unmarked(text[: finals[-1].start()]), "finish", {"answer": answer}
    return unmarked(text), "", {}


def handed_in(name: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if name.lower() not in FINISH:
        return name, arguments
    return "finish", {"answer": text_at(arguments, "answer", "final_answer", "input", "output", "result")}


def unfenced(text: str) -> str:
    """`text` without the code fence around it."""
    text = text.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0] or text
    return text.strip()


def turns_of(text: str) -> list[dict[str, Any]]:
    """A whole ReAct run in one text as messages; [] where no observation follows an action."""
    first = ACTION.search(text)
    if not first or not OBSERVATION.search(text, first.end()):
        return []
    messages: list[dict[str, Any]] = []
    at = 0
    while observed := OBSERVATION.search(text, at):
        messages.append({"role": "assistant", "content": text[at : observed.start()].strip()})
        after = AFTER.search(text, observed.end())
        at = after.start() if after else len(text)
        messages.append({"role": "user", "content": text[observed.start() : at].strip()})
    _, mark, rest = messages[0]["content"].partition("Question:")
    if mark:  # the question stands before the first thought
        begun = AFTER.search(rest)
        cut = begun.start() if begun else len(rest)
        messages[:1] = [{"role": "user", "content": rest[:cut].strip()}, {"role": "assistant", "content": rest[cut:].strip()}]
    return [*messages, {"role": "assistant", "content": text[at:].strip()}] if text[at:].strip() else messages


def name_and_argument(action: str) -> tuple[str, str]:
    found = CALL.match(action)
    if not found:
        return "", ""
    line, _, _ = action.partition("\n")
    end = line.rfind("]") if line.rfind("]") > found.end() - 1 else action.rfind("]")
    return found.group(1).strip(), action[found.end() : end if end >= found.end() else None].strip()


def unmarked(text: str) -> str:
    return THOUGHT.sub("", text).strip()
