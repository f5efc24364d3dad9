"""Labelled patches from the SWE world: the verified change in other textual forms, and changes that are not it.

A label is checked by git and by `ast.dump`, not by the verifier's own code.
"""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory import repositories
from factory.patches import parse, reverse, touched
from factory.patches.render import render
from factory.records import AgentTrace, Environment, Example, GroundTruth, Piece, Source
from jobs.benches.labelled_sql import SEED, written_world
from tests.patch_reference import diff, git_apply

Files = dict[str, str]


class Answer(NamedTuple):
    example: Example
    text: str
    right: bool
    kind: str
    type: str
    """Form of the answer."""


class Case(NamedTuple):
    example: Example
    base: Files
    """The files that the patch touches."""
    fixed: Files
    patch: str


def cases(folder: Path, num_runs: int) -> Iterator[tuple[Case, str]]:
    """(case, the last patch of its run) of each bug of the world."""
    folder = written_world("swe", num_runs, folder)
    known: dict[str, Case] = {}
    for line in (folder / "swe" / "runs-00000.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        patch, commit = row["ground_truth"].get("text", ""), row["environment"]["base_commit"]
        bundle = folder / "swe" / row["environment"]["repository"]
        if not patch or not bundle.exists():
            continue
        if commit not in known:
            paths = list(touched(parse(patch)))
            base = {path: data.decode() for path, data in repositories.read_files(bundle, commit, paths).items() if data is not None}
            fixed = git_apply(base, patch)
            assert fixed is not None, "git refuses a verified patch"
            known[commit] = Case(example_of(base, patch), base, fixed, patch)
        yield known[commit], row["messages"][-1]["content"].rpartition("</think>")[2].strip() + "\n"


def example_of(files: Files, patch: str) -> Example:
    context, pieces = "", []
    for path, text in files.items():
        start = len(context)
        context += text
        pieces.append(Piece(role="gold", kind="file", name=path, start=start, end=len(context), token_start=0, token_end=1))
    return Example(
        id="e", pair_id="p", unit="u", domain="swe", task_id="t", question="q", context=context, pieces=tuple(pieces),
        ground_truth=GroundTruth(text=patch), agent=AgentTrace(), solved=None, environment=Environment(), source=Source(),
        tokenizer="", seed=0, budget_tokens=1, prompt_tokens=1, context_tokens=1,
    )  # fmt: skip


def answers(folder: Path, num_runs: int) -> Iterator[Answer]:
    rng = random.Random(SEED)
    seen: set[str] = set()
    last: Case | None = None
    for case, said in cases(folder, num_runs):
        if case.patch not in seen:
            seen.add(case.patch)
            yield from right_forms(case, rng)
            yield from edits(case, rng)
            yield from broken(case, rng)
            if last is not None and last.patch != case.patch:
                yield Answer(case.example, last.patch, False, "the patch of another bug", "diff")
            last = case
        result = git_apply(case.base, said)
        if result is not None and result != case.fixed:
            yield Answer(case.example, said, same(result, case.fixed), "what the agent wrote", "diff")


def same(ours: Files, gold: Files) -> bool:
    """Whether two sets of Python files are the same programs."""
    try:
        return ours.keys() == gold.keys() and all(
            ours[path] == gold[path] or (path.endswith(".py") and ast.dump(ast.parse(ours[path])) == ast.dump(ast.parse(gold[path]))) for path in gold
        )
    except SyntaxError:
        return False


def between(base: Files, new: Files, context: int = 3) -> str:
    return "".join(diff(path, text, new[path], context) for path, text in base.items() if text != new[path])


def right_forms(case: Case, rng: random.Random) -> Iterator[Answer]:
    """The same change, written otherwise."""
    patch = case.patch
    lines = patch.splitlines(keepends=True)
    forms = {
        "as it is": patch,
        "in a fence": f"```diff\n{patch}```",
        "in a fence with prose": f"The condition is wrong.\n\n```diff\n{patch}```\n\nThis makes the tests pass.\n",
        "after prose": f"Here is the fix.\n\n{patch}",
        "reasoning before it": f"<think>Maybe:\n```diff\n{between(case.fixed, case.base)}```\n</think>\n{patch}",
        "one line of context": between(case.base, case.fixed, 1),
        "ten lines of context": between(case.base, case.fixed, 10),
        "CRLF": patch.replace("\n", "\r\n"),
        "no newline at the end": patch.rstrip("\n"),
        "without a/ and b/": patch.replace("--- a/", "--- ").replace("+++ b/", "+++ "),
        "without git's lines": "".join(line for line in lines if not line.startswith(("diff --git", "index "))),
        "wrong counts": "".join("@@ -" + line.split("-")[1].split(",")[0] + ",50 +1,60 @@\n" if line.startswith("@@") else line for line in lines),
        "wrong start lines": "".join(shifted(line, rng.choice((3, 40))) if line.startswith("@@") else line for line in lines),
    }
    for kind, text in forms.items():
        yield Answer(case.example, text, True, kind, "diff")
    yield Answer(case.example, blocks(case.base, case.fixed), True, "as it is", "SEARCH/REPLACE")
    yield Answer(case.example, blocks(case.base, case.fixed, fence="python"), True, "path above the fence", "SEARCH/REPLACE")


def shifted(header: str, lines: int) -> str:
    old, new = header.split(" ")[1:3]
    moved = [f"{sign}{int(place[1:].split(',')[0]) + lines},{(place + ',1').split(',')[1]}" for sign, place in (("-", old), ("+", new))]
    return f"@@ {moved[0]} {moved[1]} @@\n"


def blocks(base: Files, new: Files, fence: str = "") -> str:
    """SEARCH/REPLACE blocks with enough context to be unique."""
    out = []
    for path, text in base.items():
        for context in range(3, 60, 8):
            hunks = parse(diff(path, text, new[path], context)).files[0].hunks if text != new[path] else ()
            if all(text.count("".join(hunk.before)) == 1 for hunk in hunks):
                break
        for hunk in hunks:
            body = f"<<<<<<< SEARCH\n{''.join(hunk.before)}=======\n{''.join(hunk.after)}>>>>>>> REPLACE\n```\n"
            out.append(f"{path}\n```{fence}\n{body}" if fence else f"```\n### {path}\n{body}")
    return "\n".join(out)


def edits(case: Case, rng: random.Random) -> Iterator[Answer]:
    """Other files than the fixed ones: by what was done to a line that the patch adds, or to another."""
    path = next(path for path in case.base if case.base[path] != case.fixed[path])
    old, new = case.base[path].splitlines(keepends=True), case.fixed[path].splitlines(keepends=True)
    added = [i for i, line in enumerate(new) if line not in old and line.strip()] or [0]
    at = rng.choice(added)
    line = new[at].rstrip("\n")
    code = [i for i, text in enumerate(old) if "=" in text and text not in new[at : at + 1] and text.strip()[0] not in "#\"'"]
    other = rng.choice(code)
    changed = {
        "a comment more": [*new[:at], line + "  # as described\n", *new[at + 1 :]],
        "blanks at the end of a line": [*new[:at], line + "   \n", *new[at + 1 :]],
        "blank lines at the end of the file": [*new, "\n", "\n"],
        "quotes of the other kind": [*new[:at], line.replace('"', "'") + "\n", *new[at + 1 :]],
        "parentheses around a returned value": [*new[:at], line.replace("return ", "return (", 1) + (")" if "return " in line else "") + "\n", *new[at + 1 :]],
        "a line of the change left out": [*new[:at], *new[at + 1 :]],
        "a digit changed": [*new[:at], "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in line) + "\n", *new[at + 1 :]],
        "an operator changed": [*new[:at], swapped(line) + "\n", *new[at + 1 :]],
        "another indentation": [*new[:at], "    " + line + "\n", *new[at + 1 :]],
        "a statement more": [*new[: at + 1], line[: len(line) - len(line.lstrip())] + "print('done')\n", *new[at + 1 :]],
        "another line broken": [*new[:other], *([] if other == at else [new[other].replace("=", "= 0 *", 1)]), *new[other + 1 :]] if other < len(new) else new,
        "in another place": [*old[:other], line + "\n", *old[other + 1 :]],
        "a name misspelt": [*new[:at], line.replace("e", "ee", 1) + "\n", *new[at + 1 :]],
    }
    for kind, lines in changed.items():
        files = case.fixed | {path: "".join(lines)}
        text = between(case.base, files)
        if not text or files == case.fixed:
            continue
        right = same(files, case.fixed)
        yield Answer(case.example, text, right, kind, "diff")
        yield Answer(case.example, blocks(case.base, files), right, kind, "SEARCH/REPLACE")
    extra = "--- /dev/null\n+++ b/helper_notes.py\n@@ -0,0 +1 @@\n+DONE = True\n"
    yield Answer(case.example, case.patch + extra, False, "a further file", "diff")


def swapped(line: str) -> str:
    for a, b in ((" + ", " - "), (" - ", " + "), (" < ", " <= "), (" > ", " >= "), (" == ", " != "), (" and ", " or "), (" is ", " is not "), ("True", "False")):
        if a in line:
            return line.replace(a, b, 1)
    return line


def broken(case: Case, rng: random.Random) -> Iterator[Answer]:
    """Patches that are damaged, partial or turned round."""
    read = parse(case.patch)
    yield Answer(case.example, render(reverse(read)), False, "reversed", "diff")
    yield Answer(case.example, between(case.fixed, case.base), False, "reversed", "diff")
    hunks = [(i, j) for i, file in enumerate(read.files) for j in range(len(file.hunks))]
    if len(hunks) > 1:
        i, j = rng.choice(hunks)
        files = [f._replace(hunks=tuple(h for k, h in enumerate(f.hunks) if (n, k) != (i, j))) for n, f in enumerate(read.files)]
        yield Answer(case.example, render(read._replace(files=tuple(f for f in files if f.hunks))), False, "a hunk left out", "diff")
    first = next(n for n, line in enumerate(case.patch.split("\n")) if line.startswith(("+", "-")) and not line.startswith(("+++", "---")))
    lines = case.patch.split("\n")
    yield Answer(case.example, "\n".join(lines[: first + 1]), False, "truncated in the change", "diff")
    yield Answer(case.example, "\n".join(lines[:first]), False, "truncated before the change", "diff")
    yield Answer(case.example, "```diff\n" + "\n".join(lines[: first + 1]) + "\n```", False, "truncated in a fence", "diff")
    for kind, said in (("wrong after the right thought", between(case.fixed, case.base)), ("only thought of", "I made the change.")):
        yield Answer(case.example, f"<think>Perhaps:\n```diff\n{case.patch}```\n</think>\n{said}", False, kind, "diff")
    searched = blocks(case.base, case.fixed)
    yield Answer(case.example, searched[: searched.rindex(">>>>>>>")], False, "truncated", "SEARCH/REPLACE")
    yield Answer(case.example, blocks(case.fixed, case.base), False, "reversed", "SEARCH/REPLACE")
    yield Answer(case.example, case.patch.replace("/", "/src/", 3), False, "another path", "diff")
    yield Answer(case.example, "The bug is fixed by changing the condition.", False, "prose", "words")
    yield Answer(case.example, f"```python\n{next(iter(case.fixed.values()))}```", False, "the whole file", "words")
