"""Logs that are known and hold no run that an example can be made of: what is missing, said instead of a list of fields."""

from __future__ import annotations

from typing import Any

# fields that stand together -> what the record is, and what it lacks
RECORDS: tuple[tuple[set[str], str], ...] = (
    ({"query", "answers", "tools"}, "an xLAM / APIGen record: `answers` holds calls, and nothing holds what they returned"),
    ({"instance_id", "found_files"}, "Agentless's localisation: `found_files` names files, and nothing holds what stands in them"),
    ({"instance_id", "all_generations"}, "Agentless's repairs: `all_generations` holds patches; there are no tool calls and no observations"),
    ({"instance_id", "model_patch", "model_name_or_path"}, "a SWE-bench prediction: `model_patch` alone, without the run; give the trajectories instead"),
    ({"instance_id", "FAIL_TO_PASS", "base_commit"}, "a SWE-bench task, and no run of it; it serves as a gold table ([inputs.gold])"),
    ({"requesterUsername", "requests"}, "a chat of Copilot: `requests[].response` names the tools, and does not hold what they returned"),
    ({"question", "predicted_sql"}, "a SQL prediction without a run: no query was asked of the database"),
    ({"agent_states"}, "AutoGen's saved state: `agent_states` is no record of messages; save the `messages` of the task's result"),
    ({"task", "agent", "status", "timestamp"}, "CrewAI's log of tasks: `output` holds results of tasks, and nothing holds the tools' calls"),
    ({"root", "metadata"}, "Moatless's search tree: nodes name spans of code, and several branches share one root"),
    ({"nodes", "metadata"}, "Moatless's trajectory: nodes name spans of code that the log does not hold as windows of files"),
    ({"custom_id", "result"}, "a line of Anthropic's batch results: `result` is one reply, and the chat before it stands in the requests"),
    ({"custom_id", "response"}, "a line of OpenAI's batch output: `response` is one reply, and the chat before it stands in the requests"),
    ({"ts", "type", "say"}, "what Cline's window shows: it names the tools, and not what they returned; give api_conversation_history.json instead"),
    ({"ts", "type", "ask"}, "what Cline's window shows: it names the tools, and not what they returned; give api_conversation_history.json instead"),
    ({"task_id", "agent_answer"}, "an answer to a task of DABstep: `reasoning_trace` is text, and no call with what it returned"),
    ({"question", "answer", "urls"}, "a question with its answer, and no run; it serves as a gold table ([inputs.gold])"),
)
TEXTS: tuple[tuple[str, str], ...] = (
    ("# aider chat started at", "aider's chat history: it holds edits, and not the files that the model saw"),
    ("NLQ,", "a table of SQL predictions without a run: no query was asked of the database"),
)


def lacks(value: Any) -> str:
    """What is known of a record that no format reads; "" for one that was never seen."""
    if isinstance(value, dict):
        return next((said for fields, said in RECORDS if value.keys() >= fields), "")
    if isinstance(value, str):
        return next((said for begin, said in TEXTS if value.lstrip().startswith(begin)), "")
    return ""
