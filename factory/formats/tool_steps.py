"""Runs as a list of steps, each with a tool, its arguments and what came back, under the names that frameworks give them.

LangChain's `intermediate_steps` ([action, observation] pairs), smolagents' memory steps, DSPy's `trajectory`
(thought_0, tool_name_0, ...), BrowseComp-Plus' `result`, Spider 2.0's agent, R2E-Gym's `trajectory_steps`, OWL's `history`,
LangSmith's `child_runs`, and what people write themselves.
"""

from __future__ import annotations

from typing import Any

from factory.formats import rows
from factory.formats.answers import final_of, patch_in
from factory.formats.call_text import function_tag, python_call, tool_in
from factory.formats.fields import arguments_of, as_text, content_text, decoded, mismatch, need_dict, need_list, text_at
from factory.formats.questions import question_in
from factory.formats.react_text import name_and_argument
from factory.formats.turns import Turns
from factory.records import Trajectory

VERSION = "2"
WHOLE_FILE = False
STEPS = ("intermediate_steps", "intermediateSteps", "agent_thoughts", "trajectory_steps", "tool_trajectory", "agent_steps", "steps", "trajectory", "result", "tool_calls", "actions", "child_runs", "history", "trace", "turns", "rounds", "iterations", "interactions", "sources", "log", "logs")
CHATS = ("messages", "conversations", "traj", "adk_events", "schema_version")
TOOL = ("tool_name", "toolName", "tool", "function_name", "function", "name", "action_name")
ARGUMENTS = ("tool_input", "toolInput", "tool_args", "arguments", "args", "action_input", "inputs", "input", "parameters", "params", "kwargs", "raw_input")
SEEN = ("next_observation", "observation", "observations", "tool_output", "tool_result", "tool_response", "outputs", "output", "result", "response", "action_output", "stdout", "execution_result", "exec_result", "rows", "raw_output")
COMMANDS = (("command", "bash"), ("cmd", "bash"), ("sql", "execute_sql"), ("sql_query", "execute_sql"))
"""Fields that are a call by themselves, and its tool."""
THOUGHT = ("thought", "thoughts", "reasoning", "model_output", "log", "think", "plan", "assistant")
QUESTION = ("question", "Question", "task", "Task", "chatInput", "input", "query", "problem_statement", "instruction", "problem", "goal")
FINAL = ("prediction", "model_answer", "final_answer", "final_result", "output", "response", "result", "answer")
DSPY = "tool_name_"
INTERPRETERS = ("python_interpreter", "python", "code_interpreter")


def sniff(value: Any) -> str:
    if not isinstance(value, dict) or any(key in value for key in CHATS[1:]) or ("messages" in value and not repeats_steps(value)):
        return ""
    found = steps_of(value)
    if not found or (isinstance(found[1][0], dict) and "kind" in found[1][0]):  # events have a reader of their own
        return ""
    path, steps = found
    for index, step in enumerate(steps[:8]):
        if calls_of(step) and observation_of(step) is not None:
            return f"`{path}[{index}]` holds a tool and what it returned"
    return ""


def repeats_steps(row: dict[str, Any]) -> bool:
    """Are the messages of a record its steps again (the result of a run of smolagents)?"""
    return isinstance(row.get("steps"), list) and row["messages"] == row["steps"]


def steps_of(row: dict[str, Any]) -> tuple[str, list[Any]] | None:
    for key in STEPS:
        steps = row.get(key)
        if isinstance(steps, str) and steps[:1] in ("[", "{"):
            steps = decoded(steps)
        if isinstance(steps, dict) and f"{DSPY}0" in steps:
            return key, dspy_steps(steps)
        if isinstance(steps, list) and steps and any(calls_of(step) for step in steps[:8]):
            return key, steps
    return None


def dspy_steps(trajectory: dict[str, Any]) -> list[Any]:
    names = ("thought", "tool_name", "tool_args", "observation")
    count = sum(key.startswith(DSPY) for key in trajectory)
    return [{name: trajectory[f"{name}_{number}"] for name in names if f"{name}_{number}" in trajectory} for number in range(count)]


def calls_of(step: Any) -> list[tuple[str, dict[str, Any]]]:
    """The calls of one step."""
    if isinstance(step, list | tuple) and len(step) == 2 and isinstance(step[0], dict):
        step = step[0]
    if not isinstance(step, dict) or step.get("run_type", "tool") != "tool":
        return []
    inner = step.get("tool_calls", step.get("tool_call"))
    inner = [inner] if isinstance(inner, dict) else inner
    if isinstance(inner, list) and inner:
        return [call for one in inner if isinstance(one, dict) and (call := call_of(one.get("function") if isinstance(one.get("function"), dict) else one))]
    action = step.get("action")
    if isinstance(action, dict):
        return [call] if (call := call_of(action)) else []
    if isinstance(action, str) and action.strip():
        return [call] if (call := written(action, step)) else []
    return [call] if (call := call_of(step)) else []


def call_of(place: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    place = place["kwargs"] if "lc" in place and isinstance(place.get("kwargs"), dict) else place  # as LangChain serializes it
    tool = next((place[key] for key in TOOL if isinstance(place.get(key), str) and place[key]), "")
    given = next((place[key] for key in ARGUMENTS if place.get(key) is not None), None)
    if not tool and (command := next((pair for pair in COMMANDS if isinstance(place.get(pair[0]), str) and place[pair[0]]), None)):
        return command[1], {command[0]: place[command[0]]}
    if not tool or (given is None and "observation" not in place):
        return None
    if isinstance(given, dict) and given.keys() == {"args", "kwargs"}:  # LlamaIndex
        given = given["kwargs"]
    arguments = arguments_of(given)
    return tool, arguments[tool] if arguments.keys() == {tool} and isinstance(arguments[tool], dict) else arguments  # Dify names the tool again


def written(action: str, step: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """A call written as text, or a tool's name with its arguments beside it."""
    action = action.strip()
    if action.startswith("<function="):
        return function_tag(action.removeprefix("<function="))
    for name, arguments in (python_call(action), name_and_argument(action)):
        if name:
            return name, arguments if isinstance(arguments, dict) else {"query": arguments}
    given = next((step[key] for key in ARGUMENTS if step.get(key) is not None), None)
    return (action, arguments_of(given)) if given is not None and " " not in action else None


def observation_of(step: Any) -> str | None:
    if isinstance(step, list | tuple):
        return as_text(step[1]) if len(step) == 2 else None
    if not isinstance(step, dict):
        return None
    if "tool_input" in step and isinstance(seen := step.get("observation"), str) and seen[:1] == "{":  # Dify: {tool: what it returned}
        inner = decoded(seen)
        if isinstance(inner, dict) and inner.keys() == {step.get("tool")}:
            return as_text(inner[step["tool"]])
    if results := results_of(step):
        return observation_of(results[0])
    for key in SEEN:
        seen = step.get(key)
        if isinstance(seen, dict):
            inner = next((seen[name] for name in ("output", "content", "result", "text") if isinstance(seen.get(name), str)), None)
            return inner if inner is not None else as_text(seen)
        if isinstance(seen, list) and seen and all(isinstance(part, dict) for part in seen):
            return content_text(seen, key) or as_text(seen)
        if seen is not None:
            return as_text(seen).removeprefix("Execution logs:\n")
    return None


def results_of(step: dict[str, Any]) -> list[Any]:
    """What several calls of one step returned: in a list of its own, or inside of each call (OWL)."""
    results, calls = step.get("tool_results"), step.get("tool_calls")
    if isinstance(results, list):
        return results
    inside = isinstance(calls, list) and any(isinstance(call, dict) and any(key in call for key in SEEN) for call in calls)
    return calls if inside and isinstance(calls, list) else []


def parse(value: Any, domain: str) -> Trajectory:
    row = need_dict(value, "")
    found = steps_of(row)
    if not found:
        raise mismatch("steps", f"a list of steps that name a tool, under one of {', '.join(STEPS)}")
    path, steps = found
    turns, question, last = Turns(), text_at(row, *QUESTION) or asked_of(row), ""
    seen_before = seen_first(steps)
    for index, step in enumerate(need_list(steps, path)):
        if not isinstance(step, dict | list | tuple):
            raise mismatch(f"{path}[{index}]", "a step", step)
        fields = step if isinstance(step, dict) else step[0] if step and isinstance(step[0], dict) else {}
        question = question or text_at(fields, "task")
        inner = next((field for key in ("action", "kwargs") if isinstance(field := fields.get(key), dict)), {})  # n8n; LangChain
        calls, seen = calls_of(step), observation_of(step) or ""
        if seen_before and index:
            turns.observe(seen)
        turns.begin()
        turns.say(text_at(fields, *THOUGHT) or text_at(inner, "log") or said_in(fields) or (seen if not calls and fields.get("type") == "reasoning" else ""))
        if not calls and fields.get("type") == "output_text":
            last = seen
        results = [observation_of(result) or "" for result in results_of(fields)] or [seen]
        for number, (tool, arguments) in enumerate(calls):
            if tool in INTERPRETERS and isinstance(code := arguments.get("code", arguments.get("input")), str):
                tool, arguments = tool_in(code)
            failed = bool(fields.get("error") or fields.get("is_error"))
            known = {} if seen_before else {"observation": results[number] if number < len(results) else "", "failed": failed}
            turns.call(tool, arguments, **known)
    made, said = turns.close()
    domain = rows.domain_for(row, made, domain)
    patch = rows.own_patch(row) or patch_in(text_at(row, *FINAL)) if domain == "swe" else ""
    gold = rows.ground_truth_of(row)
    outputs = row["outputs"] if isinstance(row.get("outputs"), dict) else {}
    final = last or next((text for key in FINAL if key != path and (text := text_at(row, key)) and (key != "answer" or text != gold.text or row.keys() & {*rows.GOLD})), "") or text_at(outputs, *FINAL) or said
    made, reasoning, answer = final_of(made, final, domain)
    return Trajectory(
        domain=domain,
        task_id=rows.task_id_of(row) or rows.task_id_of(row["ds"] if isinstance(row.get("ds"), dict) else {}),
        question=question_in(question),
        steps=made,
        final_reasoning=reasoning,
        final_answer=patch or answer,
        ground_truth=gold,
        solved=rows.solved_of(row),
        environment=rows.environment_of(row),
    )


def said_in(fields: dict[str, Any]) -> str:
    """What the model wrote, where its whole reply stands in the step."""
    reply = fields.get("llm_response")
    return text_at(reply, "content") if isinstance(reply, dict) else ""


def asked_of(row: dict[str, Any]) -> str:
    """The question inside what a run was given."""
    for key in ("inputs", "input", "task"):
        given = row.get(key)
        if isinstance(given, dict):
            return text_at(given, *QUESTION)
    return ""


def seen_first(steps: list[Any]) -> bool:
    """Does each step begin with what came back from the one before (Spider 2.0)?"""
    step = steps[0]
    return isinstance(step, dict) and "next_observation" not in step and step.keys() >= {"observation", "thought", "action", "code", "response"}
