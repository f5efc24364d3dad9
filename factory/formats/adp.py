"""The Agent Data Protocol's standard form: {id, content: [{class_: text_observation | code_action | api_action | ...}], details}.

An observation answers the action before it; the first one of source `user` is the question. `details` hold what the
converted data set had beside the run. String arguments may carry quotes of their own.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of
from factory.formats.fields import arguments_of, content_text, decoded, flag_at, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "1"
WHOLE_FILE = False
TOOL_OF = {"bash": ("bash", "command"), "sh": ("bash", "command"), "sql": ("query", "sql"), "mysql": ("query", "sql"), "python": ("execute_ipython_cell", "code")}


def sniff(value: Any) -> str:
    content = value.get("content") if isinstance(value, dict) else None
    if isinstance(content, list) and content and isinstance(content[0], dict) and "class_" in content[0]:
        return "`content[0]` has a class_"
    return ""


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    turns, question = Turns(), ""
    for index, item in enumerate(need_list(row.get("content"), "content")):
        place = f"content[{index}]"
        item = need_dict(item, place)
        kind = item.get("class_")
        if kind in ("text_observation", "web_observation", "image_observation"):
            text = content_text(item.get("content", item.get("axtree")), f"{place}.content")
            if not turns.observe(text) and not turns.calls and item.get("source", "user") == "user":
                question = question_in(text)  # instructions may come first, and be answered with "Ok."
            continue
        turns.begin()
        turns.say(text_at(item, "description"))
        if kind == "code_action":
            tool, argument = TOOL_OF.get(text_at(item, "language").lower(), ("execute_code", "code"))
            turns.call(tool, {argument: text_at(item, "content")})
        elif kind == "api_action":
            turns.call(text_at(item, "function"), {key: unquoted(given) for key, given in arguments_of(item.get("kwargs")).items()})
        elif kind == "message_action":
            text = text_at(item, "content").strip()
            turns.say(text.removeprefix("<finish>").removesuffix("</finish>") if text.startswith("<finish>") else text)
        else:
            raise mismatch(f"{place}.class_", "an action or an observation", kind)
    steps, last = turns.close()
    details = row.get("details") if isinstance(row.get("details"), dict) else {}
    beside = {key: {"True": True, "False": False, "true": True, "false": False}.get(given, given) if isinstance(given, str) else given for key, given in details.items()}
    solved = rows.solved_of(beside)
    solved = flag_at(beside, "target") if solved is None else solved
    beside = beside | row | ({} if solved is None else {"solved": solved})
    domain = rows.domain_for(beside, steps, domain)
    steps, reasoning, answer = final_of(steps, last, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(beside),
        question=question,
        steps=steps,
        final_reasoning=reasoning,
        final_answer=(rows.own_patch(beside) if domain == "swe" else "") or answer,
        ground_truth=rows.ground_truth_of(beside),
        solved=solved,
        environment=rows.environment_of(beside),
    )


def unquoted(given: Any) -> Any:
    if isinstance(given, str) and len(given) > 1 and given[0] == given[-1] == '"':
        inner = decoded(given.replace("\n", "\\n"))
        return inner if isinstance(inner, str) else given[1:-1]
    return given
