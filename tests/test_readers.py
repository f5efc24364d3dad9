"""What tools of many agents show of one file, each in its own frame: the text inside is the file's, and nothing of the frame is."""

from __future__ import annotations

import json

import pytest

from factory.domains import swe
from factory.recipe import Compile
from factory.records import GroundTruth, Step, Trajectory
from factory.side import SideInputs

NUM = 40
BEFORE = "".join(f"value_{n} = {n}\n" for n in range(1, NUM + 1))
PATCH = """diff --git a/src/mod.py b/src/mod.py
--- a/src/mod.py
+++ b/src/mod.py
@@ -17,7 +17,7 @@
 value_17 = 17
 value_18 = 18
 value_19 = 19
-value_20 = 20
+value_20 = 21
 value_21 = 21
 value_22 = 22
 value_23 = 23
"""
LINES = BEFORE.splitlines()


def num(style: str, first: int = 1, last: int = NUM) -> str:
    return "\n".join(style.format(number, LINES[number - 1]) for number in range(first, last + 1))


SHOWN = {
    "codex shell json": (
        "shell",
        {"command": ["bash", "-lc", "sed -n '10,30p' src/mod.py"]},
        json.dumps({"output": "\n".join(LINES[9:30]) + "\n", "metadata": {"exit_code": 0, "duration_seconds": 0.1}}),
    ),
    "codex shell_command": (
        "shell_command",
        {"command": "sed -n '10,30p' src/mod.py", "workdir": "/repo"},
        "Exit code: 0\nWall time: 0 seconds\nOutput:\n" + "\n".join(LINES[9:30]) + "\n",
    ),
    "codex exec_command": (
        "exec_command",
        {"cmd": "sed -n '10,30p' src/mod.py"},
        "Chunk ID: 1\nWall time: 0.0 seconds\nProcess exited with code 0\nOriginal token count: 10\nOutput:\n" + "\n".join(LINES[9:30]) + "\n",
    ),
    "claude Read": (
        "Read",
        {"file_path": "/repo/src/mod.py", "offset": 10, "limit": 21},
        num("{:6d}→{}", 10, 30) + "\n\n<system-reminder>\nWhenever you read a file...\n</system-reminder>\n",
    ),
    "claude Grep content": ("Grep", {"pattern": "value", "path": "/repo/src/mod.py", "output_mode": "content", "-n": True}, num("{}:{}", 10, 30)),
    "claude Grep multi": ("Grep", {"pattern": "value", "output_mode": "content", "-n": True}, num("src/mod.py:{}:{}", 10, 30)),
    "claude Bash": ("Bash", {"command": "sed -n '10,30p' /repo/src/mod.py"}, "\n".join(LINES[9:30])),
    "opencode read": (
        "read",
        {"filePath": "/repo/src/mod.py", "offset": 9, "limit": 21},
        "<file>\n" + num("{:05d}| {}", 10, 30) + "\n\n(File has more lines. Use 'offset' parameter to read beyond line 30)\n</file>",
    ),
    "gemini read_file": (
        "read_file",
        {"absolute_path": "/repo/src/mod.py", "offset": 9, "limit": 21},
        "\nIMPORTANT: The file content has been truncated.\nStatus: Showing lines 10-30 of 40 total lines.\nAction: To read more of the file, you can use the 'offset' and 'limit' parameters in a subsequent 'read_file' call. For example, to read the next section of the file, use offset: 30.\n\n--- FILE CONTENT (truncated) ---\n"
        + "\n".join(LINES[9:30]),
    ),
    "gemini read whole": ("read_file", {"absolute_path": "/repo/src/mod.py"}, BEFORE),
    "gemini shell": (
        "run_shell_command",
        {"command": "sed -n '10,30p' src/mod.py"},
        "Command: sed -n '10,30p' src/mod.py\nDirectory: (root)\nStdout: "
        + "\n".join(LINES[9:30])
        + "\nStderr: (empty)\nError: (none)\nExit Code: 0\nSignal: (none)\nBackground PIDs: (none)\nProcess Group PGID: 12",
    ),
    "gemini shell new": ("run_shell_command", {"command": "sed -n '10,30p' src/mod.py"}, "Output: " + "\n".join(LINES[9:30]) + "\nExit Code: 0"),
    "copilot read_file": (
        "read_file",
        {"filePath": "/repo/src/mod.py", "startLine": 10, "endLine": 30},
        "```python\n// filepath: /repo/src/mod.py\n" + "\n".join(LINES[9:30]) + "\n```",
    ),
    "copilot read_file2": (
        "read_file",
        {"filePath": "/repo/src/mod.py", "startLine": 10, "endLine": 30},
        "File: `/repo/src/mod.py`. Lines 10 to 30 (40 lines total): \n```python\n" + "\n".join(LINES[9:30]) + "\n```",
    ),
    "cursor read_file": (
        "read_file",
        {"target_file": "src/mod.py", "should_read_entire_file": False, "start_line_one_indexed": 10, "end_line_one_indexed_inclusive": 30},
        "Contents of src/mod.py, from line 10-30 (total 40 lines):\n```10:30:src/mod.py\n" + "\n".join(LINES[9:30]) + "\n```",
    ),
    "cursor read_file plain": ("read_file", {"target_file": "src/mod.py", "offset": 10, "limit": 21}, num("{:6d}|{}", 10, 30)),
    "cline read_file": ("read_file", {"path": "src/mod.py"}, "[read_file for 'src/mod.py'] Result:\n" + BEFORE),
    "roo native": ("read_file", {"files": [{"path": "src/mod.py"}]}, "File: src/mod.py\nLines 10-30:\n" + num("{} | {}", 10, 30)),
    "a tool of no table": ("peek_source", {"file_path": "/repo/src/mod.py", "start_line": 10, "end_line": 30}, "\n".join(LINES[9:30])),
    "cline numbered": ("read_file", {"path": "src/mod.py"}, "[read_file for 'src/mod.py'] Result:\n" + num("{} | {}")),
    "roo": ("read_file", {"path": "src/mod.py"}, '<file><path>src/mod.py</path>\n<content lines="1-40">\n' + num("{:2d} | {}") + "\n</content>\n</file>"),
    "openhands editor": (
        "str_replace_editor",
        {"command": "view", "path": "/workspace/src/mod.py", "view_range": [10, 30]},
        "Here's the result of running `cat -n` on /workspace/src/mod.py:\n" + num("{:6d}\t{}", 10, 30) + "\n",
    ),
    "openhands file_editor": (
        "file_editor",
        {"command": "view", "path": "/workspace/src/mod.py", "view_range": [10, 30]},
        "Here's the result of running `cat -n` on /workspace/src/mod.py:\n" + num("{:6d}\t{}", 10, 30) + "\n",
    ),
    "openhands bash": (
        "execute_bash",
        {"command": "sed -n '10,30p' /workspace/src/mod.py"},
        "\n".join(LINES[9:30])
        + "\r\n[The command completed with exit code 0.]\n[Current working directory: /workspace]\n[Python interpreter: /usr/bin/python]\n[Command finished with exit code 0]",
    ),
    "openhands terminal": (
        "terminal",
        {"command": "sed -n '10,30p' /workspace/src/mod.py"},
        "\n".join(LINES[9:30]) + "\n[Current working directory: /workspace]\n[Python interpreter: /usr/bin/python]\n[Command finished with exit code 0]",
    ),
    "openhands ipython open": (
        "execute_ipython_cell",
        {"code": "open_file('/workspace/src/mod.py', line_number=20)"},
        "[File: /workspace/src/mod.py (40 lines total)]\n(this is the beginning of the file)\n"
        + num("{}|{}")
        + "\n(this is the end of the file)\n[Jupyter current working directory: /workspace]",
    ),
    "swe-agent open": (
        "open",
        {"path": "src/mod.py", "command": "open src/mod.py"},
        "[File: /src/mod.py (40 lines total)]\n" + num("{}:{}") + "\n\n(Open file: /src/mod.py)\n(Current directory: /)\nbash-$",
    ),
    "r2e file_editor": (
        "file_editor",
        {"command": "view", "path": "/testbed/src/mod.py"},
        "Here's the result of running `cat -n` on /testbed/src/mod.py:\n" + num("{:6d}\t{}") + "\n",
    ),
    "r2e execute_bash": (
        "execute_bash",
        {"cmd": "sed -n '10,30p' src/mod.py"},
        "Exit code: 0\nExecution output of [execute_bash]:\n[STDOUT]\n\n" + "\n".join(LINES[9:30]) + "\n\n[STDERR]\n",
    ),
    "mini v2": ("bash", {"command": "sed -n '10,30p' src/mod.py"}, "<returncode>0</returncode>\n<output>\n" + "\n".join(LINES[9:30]) + "\n</output>"),
    "mini json out": ("bash", {"command": "sed -n '10,30p' src/mod.py"}, json.dumps({"returncode": 0, "output": "\n".join(LINES[9:30]) + "\n"})),
    "langchain read_file": ("read_file", {"file_path": "src/mod.py"}, BEFORE),
    "deepagents read_file": ("read_file", {"file_path": "/src/mod.py", "offset": 0, "limit": 100}, num("{:6d}\t{}")),
    "mcp read_text_file": ("mcp__filesystem__read_text_file", {"path": "/repo/src/mod.py"}, BEFORE),
    "mcp read json": ("read_text_file", {"path": "/repo/src/mod.py"}, json.dumps([{"type": "text", "text": BEFORE}])),
    "mcp read json content": ("read_text_file", {"path": "/repo/src/mod.py"}, json.dumps({"content": BEFORE})),
    "trae view": (
        "str_replace_based_edit_tool",
        {"command": "view", "path": "/testbed/src/mod.py", "view_range": [10, 30]},
        "Here's the result of running `cat -n` on /testbed/src/mod.py:\n" + num("{:6d}\t{}", 10, 30) + "\n",
    ),
    "trae bash": ("bash", {"command": "sed -n '10,30p' src/mod.py"}, "Exit code: 0\nstdout:\n" + "\n".join(LINES[9:30]) + "\n"),
    "goose": ("developer__text_editor", {"command": "view", "path": "/repo/src/mod.py"}, "### /repo/src/mod.py\n```python\n" + num("{}: {}") + "\n```\n"),
    "qwen read": ("read_file", {"absolute_path": "/repo/src/mod.py"}, "Showing lines 1-40 of 40 total lines.\n\n---\n\n" + BEFORE),
    "ADP open": ("open", {"path": "src/mod.py"}, "[File: /src/mod.py (40 lines total)]\n" + num("{}:{}")),
    "kimi ReadFile": ("ReadFile", {"path": "/repo/src/mod.py", "line_offset": 1, "n_lines": 1000}, num("{:6d}\t{}")),
    "cat with header": ("bash", {"command": "cat src/mod.py"}, "OBSERVATION:\n" + BEFORE),
    "cat two": ("bash", {"command": "cat src/mod.py && echo '---' && cat src/o.py"}, BEFORE + "---\nx = 1\n"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_reader_s_frame_is_no_text_of_the_file(name: str) -> None:
    tool, arguments, observation = SHOWN[name]
    steps = (Step(turn=0, tool=tool, arguments=arguments, observation=observation),)
    run = Trajectory(domain="swe", question="q", steps=steps, ground_truth=GroundTruth(text=PATCH))
    gold = swe.collect(run, Compile(), SideInputs()).evidence[0]
    shown = [line for line in gold.text.splitlines() if not line.startswith("[... lines ")]
    assert gold.name == "src/mod.py" and gold.whole == (len(shown) == NUM)
    assert shown in (LINES, LINES[9:30]), name


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "```python\nx = 1\n```\n"),
        ("a.log", "Output: three\nfour\n"),
        ("a.json", '{"content": "x", "name": "y"}\n'),
        ("a.txt", "Exit code: 0\nsomething else\n"),
    ],
)
def test_files_that_look_like_a_frame_stand_as_they_are(path: str, text: str) -> None:
    patch = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{text.count(chr(10))} +1,0 @@\n" + "".join(f"-{line}\n" for line in text.splitlines())
    steps = (Step(turn=0, tool="read_file", arguments={"path": path}, observation=text),)
    run = Trajectory(domain="swe", question="q", steps=steps, ground_truth=GroundTruth(text=patch))
    assert swe.collect(run, Compile(), SideInputs()).evidence[0].text == text
