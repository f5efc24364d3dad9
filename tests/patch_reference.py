"""The slow reference for patches (`git apply` on a scratch copy) and a stream of mutated patches held against it.

python -m tests.patch_reference 20000 [SEED]
"""

from __future__ import annotations

import difflib
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from factory.patches import Patch, apply, extract, parse, render
from factory.patches.apply import RUNGS, split_lines
from factory.patches.gaps import is_marker

ISOLATED = {
    "PATH": "/usr/bin:/bin:/usr/local/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CEILING_DIRECTORIES": "/",
    "LC_ALL": "C",
}


def git_apply(files: dict[str, str], patch: str, *flags: str) -> dict[str, str] | None:
    """All files after `git apply`, or None where git refuses."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        root.mkdir()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode("utf-8", "surrogateescape"))
        command = ["git", "-c", "core.autocrlf=false", "-c", "core.quotePath=false", "apply", *flags, "-"]
        environment = ISOLATED | {"GIT_DIR": str(Path(folder) / "none")}
        data = patch.encode("utf-8", "surrogateescape")
        done = subprocess.run(command, input=data, cwd=root, env=environment, capture_output=True, timeout=60)
        if done.returncode:
            return None
        return {
            str(path.relative_to(root)): path.read_bytes().decode("utf-8", "surrogateescape")
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


def whole(files: dict[str, str], changed: dict[str, str | None]) -> dict[str, str]:
    """All files after an edit given as new texts by path."""
    return {path: text for path, text in (files | changed).items() if text is not None}


LINES = ["    return x", "", "    x = 1", "def f(x):", "    if x:", "        pass", "    x = 1  ", "\tx = 1", "}"]


def random_file(rng: random.Random) -> str:
    lines = []
    for number in range(rng.randrange(0, 60)):
        lines.append(rng.choice(LINES) if rng.random() < 0.5 else f"    value_{number} = {rng.randrange(9)}")
    text = "\n".join(lines)
    return text + "\n" if rng.random() < 0.85 and text else text


def random_edit(rng: random.Random, text: str) -> str:
    lines = split_lines(text)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines) + 1)
        new = [rng.choice([*LINES, f"    new_{rng.randrange(99)} = 0"]) + "\n" for _ in range(rng.randrange(4))]
        lines[at : at + rng.randrange(4)] = new
    for i, line in enumerate(lines[:-1]):
        if not line.endswith("\n"):
            lines[i] = line + "\n"
    return "".join(lines)


def diff(path: str, old: str, new: str, context: int = 3) -> str:
    """A unified diff as `diff -u` writes it, with the mark for a missing final newline."""
    out = []
    for line in difflib.unified_diff(split_lines(old), split_lines(new), f"a/{path}", f"b/{path}", n=context):
        out.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(out)


def mutate(rng: random.Random, patch: str) -> str:
    lines = patch.split("\n")
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        i = rng.randrange(len(lines))
        kind = rng.randrange(16)
        line = lines[i]
        if kind == 0:
            del lines[i]
            lines = lines or [""]
        elif kind == 1:
            lines.insert(i, line)
        elif kind == 2:
            j = rng.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
        elif kind == 3:
            lines[i] = rng.choice(" +-") + line[1:]
        elif kind == 4:
            lines[i] = line[1:]
        elif kind == 5:
            lines[i] = line.replace("1", str(rng.randrange(50)))
        elif kind == 6:
            lines = lines[:i] or [""]
        elif kind == 7:
            lines = [part + "\r" for part in lines]
        elif kind == 8:
            lines[i] = line.rstrip()
        elif kind == 9:
            lines[i] = line.replace("    ", rng.choice(["\t", "  ", "        "]))
        elif kind == 10:
            lines = ["@@ ... @@" if part.startswith("@@") and rng.random() < 0.7 else part for part in lines]
        elif kind == 11:
            lines.insert(
                i,
                rng.choice(
                    ["Some prose.", "- a bullet", "+ more", "-- ", "2.39.5", "\\ No newline at end of file", "```", ""]
                ),
            )
        elif kind == 12:
            lines[i] = line.replace("a/", "").replace("b/", "")
        elif kind == 13:
            lines[i] = line + rng.choice([" ", "\0", "\x1b[0m", "é", "\u2028", "x"])
        elif kind == 14:
            lines = [part for part in lines if not (part.startswith(" ") and rng.random() < 0.5)]
        else:
            numbers = [rng.randrange(70) for _ in range(4)]
            lines = [
                "@@ -{},{} +{},{} @@".format(*numbers) if part.startswith("@@") and rng.random() < 0.5 else part
                for part in lines
            ]
    return "\n".join(lines)


def check(files: dict[str, str], patch: str) -> str:
    """What became of one patch, as a word for the count. AssertionError where ours accepts what git does not confirm."""
    ours = apply(files, patch, strict=False)
    strict = apply(files, patch)
    assert strict.ok == (ours.ok and not ours.fuzzy), "strict and lenient disagree"
    if not ours.ok:
        if ours.reason in ("patch_does_not_apply", "ambiguous"):
            read = aligned(patch)
            accepted = git_apply(files, render(read))
            # git drops a hunk without numbers after the first, takes one without context for the file's end, and
            # glues two lines where a context line is said to lack its newline and does not
            faults = any(
                h.old_start < 0 or not (h.leading or h.trailing) or not h.before[-1].endswith("\n")
                for file in read.files
                for h in file.hunks
            )
            assert accepted is None or faults, "git applies what ours does not"
        return ours.reason
    confirmed = confirm(files, patch, ours.rung)
    assert confirmed == whole(files, ours.files), f"git does not confirm the rung {ours.rung}"
    return ours.rung


def aligned(patch: str) -> Patch:
    """The patch, its line ends LF where all of a file's hunks have CRLF; the files here have none."""
    files = []
    for file in parse(patch).files:
        lines = [line for hunk in file.hunks for line in hunk.lines if line.endswith("\n")]
        if all(line.endswith("\r\n") for line in lines) and any(line[0] != "+" for line in lines):
            hunks = [h._replace(lines=tuple(line.replace("\r\n", "\n") for line in h.lines)) for h in file.hunks]
            file = file._replace(hunks=tuple(hunks))
        files.append(file)
    return Patch(tuple(files))


def confirm(files: dict[str, str], patch: str, rung: str) -> dict[str, str] | None:
    """The reference's result for the rung that ours needed: git with its flag; for the unnumbered, brute force."""
    canonical = render(aligned(patch))
    if rung in ("exact", "recount"):
        return git_apply(files, canonical)
    if rung == "end_newline":
        text = files["src/f.py"]
        toggled = text[:-1] if text.endswith("\n") else text + "\n"
        return git_apply(files | {"src/f.py": toggled}, canonical)
    return brute_force(files, patch, RUNGS.index(rung))


def brute_force(files: dict[str, str], patch: str, rung: int) -> dict[str, str] | None:
    """Every hunk rewritten with the file's own lines and number at its only place, then given to git."""
    read = aligned(patch)
    current = dict(files)
    for file in read.files:
        used: set[int] = set()
        for hunk in file.hunks:
            lines = split_lines(current.get(file.old_path, ""))
            options = candidates(lines, hunk, rung, used)
            assert options, "brute force finds no place"
            at, taken, given, marks = options[0]
            new = lines[:at] + given + lines[at + len(taken) :]
            used = {i if i < at else i + len(given) - len(taken) for i in used if not at <= i < at + len(taken)}
            used |= set(range(at, at + len(given)))
            body = "".join(mark if mark.endswith("\n") else mark + "\n\\ No newline at end of file\n" for mark in marks)
            one = f"--- a/{file.old_path}\n+++ b/{file.new_path}\n@@ -{at + 1},{len(taken)} +{at + 1},{len(given)} @@\n{body}"
            result = git_apply(current, one, "--unidiff-zero")
            assert result is not None, "git refuses the rewritten hunk"
            assert result[file.new_path] == "".join(new), "git's result for the rewritten hunk differs"
            current = result
    return current


def candidates(lines: list[str], hunk, rung: int, used: set[int]):
    """(place, lines taken, lines given, marked lines) for the weakest treatment that gives any place."""
    numbered = hunk.old_start >= 0 and (hunk.leading or hunk.trailing or len(hunk.before) == len(lines))
    tries = [(hunk.lines, False, True)] if numbered else []
    if rung >= RUNGS.index("whitespace") and numbered:
        tries.append((hunk.lines, True, False))
    if rung >= RUNGS.index("context") and numbered:
        for keep in (2, 1):
            head, tail = max(hunk.leading - keep, 0), max(hunk.trailing - keep, 0)
            tries.append((hunk.lines[head : len(hunk.lines) - tail], False, False))
    if rung >= RUNGS.index("anchored"):
        tries.append((hunk.lines, False, False))
    for marked, blind, by_number in tries:
        before = [line[1:] for line in marked if line[0] != "+"]
        found = []
        for at in range(len(lines) - len(before) + 1):
            there = lines[at : at + len(before)]
            if used & set(range(at, at + len(before))) or any(is_marker(line) for line in there):
                continue
            if there == before or (blind and list(map(squeezed, there)) == list(map(squeezed, before))):
                found.append((at, there))
        if by_number and hunk.old_start <= 1:
            found = [pair for pair in found if pair[0] == 0]
        if by_number and not hunk.trailing:
            found = [pair for pair in found if pair[0] == len(lines) - len(before)]
        if by_number and found:
            found.sort(key=lambda pair: (abs(pair[0] - hunk.new_start + 1), pair[0] < hunk.new_start - 1))
        elif len(found) != 1:
            continue
        at, there = found[0]
        marks, i = [], 0
        for line in marked:
            marks.append(line if line[0] == "+" else line[0] + there[i])
            i += line[0] != "+"
        return [(at, there, [line[1:] for line in marks if line[0] != "-"], marks)]
    return []


def squeezed(line: str) -> str:
    """The line with runs of blanks as one, none at the end."""
    words = re.split("[ \t\r\n]+", line)
    return " ".join(words).rstrip()


def run(num_patches: int, seed: int = 0) -> Counter:
    """Mutate and check; returns how many came to what."""
    counts: Counter = Counter()
    rng = random.Random(seed)
    for _ in range(num_patches):
        text = random_file(rng)
        files = {"src/f.py": text, "other.txt": "other\n"}
        patch = mutate(rng, diff("src/f.py", text, random_edit(rng, text), rng.choice((0, 1, 3, 3, 3))))
        try:
            answer = f"Here it is:\n```diff\n{patch}\n```\n" if rng.random() < 0.3 else patch
            counts[check(files, extract(answer))] += 1
        except AssertionError as e:
            raise AssertionError(
                f"{e}\nfiles: {files!r}\npatch: {patch!r}\nours: {apply(files, patch, strict=False)}"
            ) from e
    return counts


if __name__ == "__main__":
    start = time.monotonic()
    print(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
    print(f"{time.monotonic() - start:.1f} s")
