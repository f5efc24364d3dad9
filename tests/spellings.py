"""One run as many logs spell it: (name of the object, its bytes) by who writes it so."""

from __future__ import annotations

import html
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

QUESTION = "Which river flows past the mill where Ada Brook was born?"
FIRST, SECOND = "1. [Ada Brook](https://people.example/ada)\nA composer, born at Stone Mill.", "Stone Mill\n\nStone Mill stands on the river Wend, above Oster."
CALLS = (("web_search", {"query": "Ada Brook"}, FIRST), ("web_fetch", {"url": "https://mills.example/stone"}, SECOND))
SAID = ("I look for her.", "Now the mill.")
ENDING = "It is the Wend."
STEPS = tuple(zip(range(9), SAID, (name for name, _, _ in CALLS), (given for _, given, _ in CALLS), (seen for _, _, seen in CALLS)))


def flat(*lists: list[Any]) -> list[Any]:
    return [item for one in lists for item in one]


def lines(name: str, items: list[Any]) -> tuple[str, bytes]:
    return name, b"".join(json.dumps(item).encode() + b"\n" for item in items)


def document(value: Any) -> tuple[str, bytes]:
    return "run.json", json.dumps(value).encode()


def chat() -> list[dict[str, Any]]:
    made = [{"role": "user", "content": QUESTION}]
    for n, said, name, given, seen in STEPS:
        function = {"name": name, "arguments": json.dumps(given)}
        made += [{"role": "assistant", "content": said, "tool_calls": [{"id": f"c{n}", "type": "function", "function": function}]}, {"role": "tool", "tool_call_id": f"c{n}", "content": seen}]
    return [*made, {"role": "assistant", "content": ENDING}]


def copilot() -> list[Any]:
    event = {"id": "e", "timestamp": "t", "parentId": None}
    made = [{"type": "session.start", "data": {"sessionId": "s", "version": 1}}, {"type": "user.message", "data": {"content": QUESTION, "transformedContent": f"<time>t</time>{QUESTION}"}}]
    for n, said, name, given, seen in STEPS:
        made += [
            {"type": "assistant.turn_start", "data": {"turnId": str(n)}},
            {"type": "assistant.message", "data": {"messageId": "m", "content": said, "toolRequests": [{"toolCallId": f"c{n}", "name": name, "arguments": given}]}},
            {"type": "tool.execution_start", "data": {"toolCallId": f"c{n}", "toolName": name, "arguments": given}},
            {"type": "tool.execution_complete", "data": {"toolCallId": f"c{n}", "success": True, "result": {"content": seen, "detailedContent": seen}}},
        ]
    return [event | one for one in [*made, {"type": "assistant.message", "data": {"messageId": "m", "content": ENDING, "toolRequests": []}}]]


def cursor() -> list[Any]:
    made: list[Any] = [{"type": "system", "subtype": "init", "cwd": "/r"}, {"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": QUESTION}]}}]
    for n, said, name, given, seen in STEPS:
        made.append({"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": said}]}})
        for subtype, result in (("started", {}), ("completed", {"result": {"success": {"content": seen, "isEmpty": False}}})):
            made.append({"type": "tool_call", "subtype": subtype, "call_id": f"c{n}", "tool_call": {f"{name}ToolCall": {"args": given} | result}})
    made += [{"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": ENDING}]}}, {"type": "result", "subtype": "success", "result": ENDING}]
    return [one | {"session_id": "s"} for one in made]


def droid_stream() -> list[Any]:
    made: list[Any] = [{"type": "system", "subtype": "init"}, {"type": "message", "role": "user", "text": QUESTION}]
    for n, said, name, given, seen in STEPS:
        made += [{"type": "message", "role": "assistant", "text": said}, {"type": "tool_call", "id": f"c{n}", "toolId": name, "toolName": name, "parameters": given}]
        made.append({"type": "tool_result", "id": f"c{n}", "toolId": name, "isError": False, "value": seen})
    return [one | {"session_id": "s", "timestamp": 1} for one in [*made, {"type": "completion", "finalText": ENDING, "numTurns": 2}]]


def gemini_stream() -> list[Any]:
    made: list[Any] = [{"type": "init", "session_id": "s"}, {"type": "message", "role": "user", "content": QUESTION}]
    for n, said, name, given, seen in STEPS:
        made += [{"type": "message", "role": "assistant", "content": part, "delta": True} for part in (said[:5], said[5:])]
        made += [{"type": "tool_use", "tool_name": name, "tool_id": f"c{n}", "parameters": given}, {"type": "tool_result", "tool_id": f"c{n}", "status": "success", "output": seen}]
    return [one | {"timestamp": "t"} for one in [*made, {"type": "message", "role": "assistant", "content": ENDING, "delta": True}, {"type": "result", "status": "success", "stats": {}}]]


def crush() -> list[Any]:
    made = [("user", [{"type": "text", "data": {"text": QUESTION}}])]
    for n, said, name, given, seen in STEPS:
        made.append(("assistant", [{"type": "reasoning", "data": {"thinking": said}}, {"type": "tool_call", "data": {"id": f"c{n}", "name": name, "input": json.dumps(given), "finished": True}}]))
        made.append(("tool", [{"type": "tool_result", "data": {"tool_call_id": f"c{n}", "name": name, "content": seen, "is_error": False}}]))
    return [{"id": str(n), "role": role, "parts": json.dumps(parts)} for n, (role, parts) in enumerate([*made, ("assistant", [{"type": "text", "data": {"text": ENDING}}])])]


def zed() -> dict[str, Any]:
    made: list[Any] = [{"User": {"id": "u", "content": [{"Text": QUESTION}]}}]
    for n, said, name, given, seen in STEPS:
        content = [{"Thinking": {"text": said, "signature": None}}, {"ToolUse": {"id": f"c{n}", "name": name, "raw_input": json.dumps(given), "input": given}}]
        made.append({"Agent": {"content": content, "tool_results": {f"c{n}": {"tool_use_id": f"c{n}", "tool_name": name, "is_error": False, "content": {"Text": seen}}}}})
    return {"title": "t", "messages": [*made, {"Agent": {"content": [{"Text": ENDING}], "tool_results": {}}}], "version": "0.3.0"}


def lm_studio() -> dict[str, Any]:
    steps: list[Any] = []
    for n, said, name, given, seen in STEPS:
        steps.append({"type": "contentBlock", "content": [{"type": "text", "text": said}]})
        steps.append({"type": "contentBlock", "content": [{"type": "toolCallRequest", "callId": n, "toolCallRequestId": f"c{n}", "name": name, "parameters": given}]})
        steps.append({"type": "contentBlock", "roleOverride": "tool", "content": [{"type": "toolCallResult", "toolCallId": n, "toolCallRequestId": f"c{n}", "content": json.dumps([{"type": "text", "text": seen}])}]})
    steps.append({"type": "contentBlock", "content": [{"type": "text", "text": ENDING}]})
    asked = {"versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": QUESTION}]}], "currentlySelected": 0}
    return {"name": "x", "messages": [asked, {"versions": [{"type": "multiStep", "role": "assistant", "steps": steps}], "currentlySelected": 0}]}


def semantic_kernel(net: bool) -> list[Any]:
    made: list[Any] = [{"Role": {"Label": "user"}, "Items": [{"$type": "TextContent", "Text": QUESTION}]}] if net else [{"role": "user", "items": [{"content_type": "text", "text": QUESTION}]}]
    for n, said, name, given, seen in STEPS:
        if net:
            made.append({"Role": {"Label": "assistant"}, "Items": [{"$type": "TextContent", "Text": said}, {"$type": "FunctionCallContent", "Id": f"c{n}", "PluginName": "p", "FunctionName": name, "Arguments": given}]})
            made.append({"Role": {"Label": "tool"}, "Items": [{"$type": "FunctionResultContent", "CallId": f"c{n}", "PluginName": "p", "FunctionName": name, "Result": seen}]})
        else:
            call = {"id": f"c{n}", "name": f"p-{name}", "function_name": name, "plugin_name": "p"}
            made.append({"role": "assistant", "items": [{"content_type": "text", "text": said}, {"content_type": "function_call", **call, "arguments": json.dumps(given)}]})
            made.append({"role": "tool", "items": [{"content_type": "function_result", **call, "result": seen}]})
    return [*made, {"Role": {"Label": "assistant"}, "Items": [{"$type": "TextContent", "Text": ENDING}]} if net else {"role": "assistant", "items": [{"content_type": "text", "text": ENDING}]}]


def letta() -> list[Any]:
    made: list[Any] = [{"message_type": "system_message", "content": "s"}, {"message_type": "user_message", "content": QUESTION}]
    for n, said, name, given, seen in STEPS:
        made.append({"message_type": "reasoning_message", "reasoning": said})
        made.append({"message_type": "tool_call_message", "tool_call": {"name": name, "arguments": json.dumps(given), "tool_call_id": f"c{n}"}})
        made.append({"message_type": "tool_return_message", "tool_return": seen, "status": "success", "tool_call_id": f"c{n}"})
    return [{"id": f"message-{n}"} | one for n, one in enumerate([*made, {"message_type": "assistant_message", "content": ENDING}])]


def camel() -> list[Any]:
    made: list[Any] = [("BaseMessage", "user", {"content": QUESTION})]
    for n, said, name, given, seen in STEPS:
        made.append(("FunctionCallingMessage", "assistant", {"content": said, "func_name": name, "args": given, "result": None, "tool_call_id": f"c{n}"}))
        made.append(("FunctionCallingMessage", "function", {"content": "", "func_name": name, "args": None, "result": seen, "tool_call_id": f"c{n}"}))
    made.append(("BaseMessage", "assistant", {"content": ENDING}))
    return [{"message": {"__class__": kind, "role_name": "r", "role_type": "assistant"} | fields, "role_at_backend": role} for kind, role, fields in made]


def mastra() -> dict[str, Any]:
    parts: list[Any] = []
    for n, said, name, given, seen in STEPS:
        parts += [{"type": "step-start"}, {"type": "text", "text": said}, {"type": "tool-invocation", "toolInvocation": {"state": "result", "toolCallId": f"c{n}", "toolName": name, "args": given, "result": {"text": seen}}}]
    asked = {"role": "user", "content": {"format": 2, "parts": [{"type": "text", "text": QUESTION}], "content": QUESTION}}
    return {"messages": [asked, {"role": "assistant", "content": {"format": 2, "parts": [*parts, {"type": "text", "text": ENDING}]}}]}


def chatgpt() -> dict[str, Any]:
    said: list[Any] = [("user", None, QUESTION, "all")]
    for _, thought, name, given, seen in STEPS:
        said += [("assistant", None, thought, "all"), ("assistant", None, json.dumps(given), f"web.{name}"), ("tool", f"web.{name}", seen, "all")]
    nodes: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None}, "other": {"id": "other", "message": {"author": {"role": "user"}, "content": {"parts": ["Not this one"]}}, "parent": "root"}}
    for n, (role, name, text, to) in enumerate([*said, ("assistant", None, ENDING, "all")]):
        message = {"author": {"role": role, "name": name}, "content": {"content_type": "text", "parts": [text]}, "recipient": to}
        nodes[f"n{n}"] = {"id": f"n{n}", "message": message, "parent": f"n{n - 1}" if n else "root"}
    return {"title": "t", "mapping": nodes, "current_node": f"n{len(said)}"}


def open_webui() -> list[Any]:
    text = ""
    for n, said, name, given, seen in STEPS:
        arguments, result = (html.escape(json.dumps(one)) for one in (json.dumps(given), seen))
        text += f'{said}\n<details type="tool_calls" done="true" id="c{n}" name="{name}" arguments="{arguments}" result="{result}" files="">\n<summary>Tool Executed</summary>\n</details>\n'
    return [{"id": "x", "title": "t", "chat": {"title": "t", "messages": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": text + ENDING}]}}]


def claude_export() -> list[Any]:
    blocks = flat(*([{"type": "thinking", "thinking": said}, {"type": "tool_use", "id": None, "name": name, "input": given}, {"type": "tool_result", "name": name, "content": [{"type": "text", "text": seen}]}] for _, said, name, given, seen in STEPS))
    asked = {"uuid": "1", "text": QUESTION, "content": [{"type": "text", "text": QUESTION}], "sender": "human"}
    return [{"uuid": "u", "name": "n", "chat_messages": [asked, {"uuid": "2", "text": ENDING, "sender": "assistant", "content": [*blocks, {"type": "text", "text": ENDING}]}]}]


def written() -> list[Any]:
    made = [{"role": "user", "content": QUESTION}]
    for _, said, name, given, seen in STEPS:
        made += [{"role": "assistant", "content": "```json\n" + json.dumps({"thought": said, "action": name, "action_input": given}) + "\n```"}, {"role": "user", "content": f"Observation: {seen}"}]
    return [*made, {"role": "assistant", "content": ENDING}]


def claude_array() -> list[Any]:
    made: list[Any] = [{"type": "system", "subtype": "init", "cwd": "/r", "tools": []}, {"type": "user", "message": {"role": "user", "content": QUESTION}}]
    for n, said, name, given, seen in STEPS:
        made.append({"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": said}, {"type": "tool_use", "id": f"c{n}", "name": name, "input": given}]}})
        made.append({"type": "user", "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"c{n}", "content": seen}]}})
    return [one | {"session_id": "s"} for one in [*made, {"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": ENDING}]}}]]


def amp() -> dict[str, Any]:
    made: list[Any] = [{"role": "user", "messageId": 0, "content": [{"type": "text", "text": QUESTION}]}]
    for n, said, name, given, seen in STEPS:
        made.append({"role": "assistant", "content": [{"type": "thinking", "thinking": said}, {"type": "tool_use", "id": f"c{n}", "name": name, "input": given}]})
        made.append({"role": "user", "content": [{"type": "tool_result", "toolUseID": f"c{n}", "run": {"status": "done", "result": seen}}]})
    return {"v": 88, "id": "T-1", "messages": [*made, {"role": "assistant", "content": [{"type": "text", "text": ENDING}]}]}


def responses(call: Any, output: Any) -> dict[str, Any]:
    items = flat(*([{"type": "reasoning", "summary": [{"type": "summary_text", "text": said}]}, call(n, name, given), output(n, seen)] for n, said, name, given, seen in STEPS))
    return {"input": [{"role": "user", "content": QUESTION}, *items], "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ENDING}]}]}


def spans() -> list[Any]:
    made = [{"span_id": "r", "span_parents": None, "span_attributes": {"name": "eval", "type": "eval"}, "input": QUESTION, "expected": "Wend", "output": ENDING}]
    made += [{"span_id": f"s{n}", "span_parents": ["r"], "span_attributes": {"name": name, "type": "tool"}, "input": given, "output": seen} for n, _, name, given, seen in STEPS]
    return [one | {"id": one["span_id"], "root_span_id": "r", "created": f"t{n}"} for n, one in enumerate(made)]


def smolagents() -> list[Any]:
    made: list[Any] = [("user", f"New task:\n{QUESTION}")]
    for n, said, name, given, seen in STEPS:
        code = f"print({name}({next(iter(given.values()))!r}))"
        calls = [{"id": f"call_{n}", "type": "function", "function": {"name": "python_interpreter", "arguments": code}}]
        made += [("assistant", said), ("tool-call", f"Calling tools:\n{calls}"), ("tool-response", f"Call id: call_{n}\nObservation:\nExecution logs:\n{seen}\nLast output from code snippet:\nNone")]
    steps = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in [*made, ("assistant", ENDING)]]
    return [{"question": QUESTION, "intermediate_steps": steps, "true_answer": "Wend", "prediction": "Wend"}]


def amazon_q() -> dict[str, Any]:
    history: list[Any] = []
    user: dict[str, Any] = {"content": {"Prompt": {"prompt": QUESTION}}}
    for n, said, name, given, seen in STEPS:
        history.append({"user": user, "assistant": {"ToolUse": {"message_id": "m", "content": said, "tool_uses": [{"id": f"c{n}", "name": name, "args": given}]}}})
        user = {"content": {"ToolUseResults": {"tool_use_results": [{"tool_use_id": f"c{n}", "content": [{"Text": seen}], "status": "Success"}]}}}
    return {"conversation_id": "c", "history": [*history, {"user": user, "assistant": {"Response": {"message_id": "m", "content": ENDING}}}]}


def kimi() -> list[Any]:
    made: list[Any] = [{"role": "_checkpoint", "id": 0}, {"role": "user", "content": QUESTION}]
    for n, said, name, given, seen in STEPS:
        call = {"type": "function", "id": f"c{n}", "function": {"name": name, "arguments": json.dumps(given)}}
        made += [{"role": "assistant", "content": [{"type": "think", "think": said}], "tool_calls": [call]}, {"role": "_usage", "token_count": 5}, {"role": "tool", "content": [{"type": "text", "text": seen}], "tool_call_id": f"c{n}"}]
    return [*made, {"role": "_checkpoint", "id": 1}, {"role": "assistant", "content": ENDING}]


def events(time: str) -> list[Any]:
    made: list[Any] = [{"event": "task", "question": QUESTION}]
    for _, said, name, given, seen in STEPS:
        made += [{"event": "llm_response", "content": said}, {"event": "tool_call", "tool": name, "input": given}, {"event": "tool_result", "tool": name, "output": seen}]
    return [{time: n} | one for n, one in enumerate([*made, {"event": "final_answer", "answer": ENDING}])]


def table() -> list[Any]:
    root = {"name": "agent", "span_kind": "AGENT", "context.span_id": "r", "start_time": "t", "attributes.tool.name": None, "attributes.input.value": QUESTION, "attributes.output.value": ENDING, "parent_id": None}
    made = [root | {"name": name, "span_kind": "TOOL", "context.span_id": f"s{n}", "start_time": f"t{n}", "attributes.tool.name": name, "attributes.input.value": json.dumps(given), "attributes.output.value": seen, "parent_id": "r"} for n, _, name, given, seen in STEPS]
    return [{"context.trace_id": "t"} | one for one in (root, *made)]


def parquet(rows: list[Any]) -> tuple[str, bytes]:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    return "spans.parquet", stream.getvalue()


def updates() -> list[Any]:
    made: list[Any] = [{"asking": {"messages": [{"type": "human", "content": QUESTION}]}}]
    for n, said, name, given, seen in STEPS:
        made.append({"agent": {"messages": [{"type": "ai", "content": said, "tool_calls": [{"name": name, "args": given, "id": f"c{n}"}]}]}})
        made.append({"tools": {"messages": [{"type": "tool", "content": seen, "name": name, "tool_call_id": f"c{n}"}]}})
    return [*made, {"agent": {"messages": [{"type": "ai", "content": ENDING}]}}]


def browser_use() -> dict[str, Any]:
    history: list[Any] = [{"model_output": {"next_goal": said, "action": [{name: given}]}, "result": [{"is_done": False, "extracted_content": seen}]} for _, said, name, given, seen in STEPS]
    return {"task": QUESTION, "history": [*history, {"model_output": {"action": [{"done": {"text": ENDING}}]}, "result": [{"is_done": True, "extracted_content": ENDING}]}]}


def react_log() -> tuple[str, bytes]:
    text = f"\x1b[1m> Entering new AgentExecutor chain...\x1b[0m\nQuestion: {QUESTION}\n"
    for _, said, name, given, seen in STEPS:
        text += f"Thought: {said}\nAction: {name}\nAction Input: {json.dumps(given)}\nObservation: {seen}\n"
    return "run.log", f"{text}Thought: I know.\nFinal Answer: {ENDING}\n\n> Finished chain.\n".encode()


TOLD = {
    "Amazon Q": document(amazon_q()),
    "Kimi CLI": lines("context.jsonl", kimi()),
    "events of one's own": lines("run.jsonl", events("ts")),
    "events with times": lines("run.jsonl", events("timestamp")),
    "Phoenix's table": parquet(table()),
    "Phoenix's table as lines": lines("spans.jsonl", table()),
    "LangGraph's updates": document(updates()),
    "browser-use": document(browser_use()),
    "what LangChain prints": react_log(),
    "steps under `trace`": lines("r.jsonl", [{"query": QUESTION, "trace": [{"thought": said, "action": name, "args": given, "result": seen} for _, said, name, given, seen in STEPS], "final_answer": ENDING}]),
    "turns of one's own": lines("r.jsonl", [{"question": QUESTION, "gold_answer": "Wend", "turns": [{"thought": said, "tool_call": {"name": name, "arguments": given}, "tool_response": seen} for _, said, name, given, seen in STEPS], "answer": ENDING}]),
    "LlamaIndex's sources": document([{"query": QUESTION, "response": ENDING, "sources": [{"tool_name": name, "content": seen, "raw_input": {"args": [], "kwargs": given}, "raw_output": seen} for _, _, name, given, seen in STEPS]}]),
    "the AI SDK's steps": document([{"prompt": QUESTION, "steps": [*({"text": said, "toolCalls": [{"toolCallId": f"c{n}", "toolName": name, "input": given}], "toolResults": [{"toolCallId": f"c{n}", "toolName": name, "output": seen}]} for n, said, name, given, seen in STEPS), {"text": ENDING, "toolCalls": [], "toolResults": []}]}]),
    "a chat far inside": document([{"result": {"agent": {"messages": chat()}}}]),
    "Copilot's events": lines("events.jsonl", copilot()),
    "Cursor's stream": lines("s.jsonl", cursor()),
    "Droid's stream": lines("s.jsonl", droid_stream()),
    "Gemini CLI's stream": lines("s.jsonl", gemini_stream()),
    "Claude Code's stream as an array": document(claude_array()),
    "Crush": document(crush()),
    "Zed": document(zed()),
    "Amp": document(amp()),
    "LM Studio": document(lm_studio()),
    "Semantic Kernel": document({"messages": semantic_kernel(False)}),
    "Semantic Kernel in .NET": document(semantic_kernel(True)),
    "Letta": document({"messages": letta()}),
    "Letta, messages alone": document(letta()),
    "CAMEL": lines("memory.jsonl", camel()),
    "Mastra": document(mastra()),
    "ChatGPT's export": document([chatgpt()]),
    "Claude's export": document(claude_export()),
    "Open WebUI's export": document(open_webui()),
    "an action in JSON": document({"messages": written()}),
    "smolagents' messages": document(smolagents()),
    "rLLM": lines("e.jsonl", [{"id": "e", "task": {"question": QUESTION}, "trajectories": [{"steps": [{"chat_completions": chat()[:3]}, {"chat_completions": chat()}]}]}]),
    "ART": lines("t.jsonl", [{"messages_and_choices": [{"index": 0, "finish_reason": "stop", "message": one} if one["role"] == "assistant" else one for one in chat()], "reward": 0.5}]),
    "LiteLLM": lines("l.jsonl", [{"id": "x", "messages": json.dumps(chat()[:-1]), "response": json.dumps({"choices": [{"message": chat()[-1]}]})}]),
    "Helicone": lines("l.jsonl", [{"request_body": {"messages": chat()[:-1]}, "response_body": {"choices": [{"message": chat()[-1]}]}}]),
    "PromptLayer": document([{"id": 1, "prompt_blueprint": {"prompt_template": {"type": "chat", "messages": chat()}}}]),
    "Braintrust": lines("spans.jsonl", spans()),
    "HAL": document({"config": {}, "raw_logging_results": [{"weave_task_id": "t", "op_name": "o", "started_at": str(n), "inputs": {"messages": chat()[:n]}, "output": {"choices": [{"message": chat()[n]}]}} for n in (1, 3, 5)]}),
    "Opik": document([{"id": "t", "input": {"question": QUESTION}, "output": {"answer": ENDING}, "spans": [{"id": f"s{n}", "trace_id": "t", "type": "tool", "name": name, "input": given, "output": {"output": seen}, "start_time": f"t{n}"} for n, _, name, given, seen in STEPS]}]),
    "n8n": document([{"json": {"chatInput": QUESTION, "output": ENDING, "intermediateSteps": [{"action": {"tool": name, "toolInput": given, "log": said}, "observation": seen} for _, said, name, given, seen in STEPS]}}]),
    "Dify": document([{"query": QUESTION, "answer": ENDING, "agent_thoughts": [{"thought": said, "tool": name, "tool_input": json.dumps({name: given}), "observation": json.dumps({name: seen})} for _, said, name, given, seen in STEPS]}]),
    "LangChain's constructors": document([{"input": QUESTION, "output": ENDING, "intermediate_steps": [[{"lc": 1, "type": "constructor", "id": ["x"], "kwargs": {"tool": name, "tool_input": given, "log": said}}, seen] for _, said, name, given, seen in STEPS]}]),
    "a step with what came next": lines("g.jsonl", [{"task": {"question": QUESTION}, "output": ENDING, "steps": [{"thought": said, "tool": name, "args": given, "observation": "before", "next_observation": seen} for _, said, name, given, seen in STEPS]}]),
    "calls as printed literals": lines("t.jsonl", [{"messages": flat([{"role": "user", "content": QUESTION}], *([{"role": "tool_call", "content": str({"name": name, "arguments": json.dumps(given)})}, {"role": "tool_response", "content": seen}] for _, _, name, given, seen in STEPS), [{"role": "assistant", "content": ENDING}])}]),
    "items around a request": document(responses(lambda n, name, given: {"type": "function_call", "call_id": f"c{n}", "name": name, "arguments": json.dumps(given)}, lambda n, seen: {"type": "function_call_output", "call_id": f"c{n}", "output": seen})),
    "one simulation of several": document({"timestamp": "t", "info": {}, "tasks": [], "simulations": [{"id": "s", "task_id": "1", "messages": chat(), "reward_info": {"reward": 1.0}}]}),
}  # fmt: skip
