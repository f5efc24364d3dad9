"""Git repositories made byte for byte the same every time, and checkouts of them; nothing of the user's git takes part."""

from __future__ import annotations

import os
from pathlib import Path

from factory.worlds import appear
from factory.worlds.swe_process import execute

AUTHOR = "Robin Example <robin@example.org>"
START_S = 1_700_000_000
GIT = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.abbrev=10", "-c", "core.autocrlf=false", "-c", "pack.threads=1",
       "-c", "gc.auto=0", "-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"]  # fmt: skip


def git(folder: Path, *arguments: str, text: str = "") -> str:
    status, output = execute([*GIT, *arguments], folder, text=text)
    if status:
        raise OSError(f"`git {' '.join(arguments)}` failed with {status}: {output[-500:]}")
    return output


def make(folder: Path, first: dict[str, str], trees: dict[str, dict[str, str]], right: dict[str, str], index: int) -> dict[str, tuple[str, str]]:
    """A bare repository: branch `main` holds the files `first`, and each branch of `trees` one commit more.

    Returns branch -> (commit, what `git diff` says of the change from it to the files `right`). Every branch grows
    from the first commit, so that no history holds the right files.
    """
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare")
    when = START_S + index * 86_400
    stream = [commit("refs/heads/main", "Set up the project", first, when, "")]
    for branch, files in [*sorted(trees.items()), ("", right)]:
        ref = f"refs/heads/{branch}" if branch else "refs/hidden/right"
        stream.append(commit(ref, "Add the modules and their tests", files, when + 3_600, "refs/heads/main"))
    git(folder, "fast-import", "--quiet", text="".join(stream))
    found = git(folder, "for-each-ref", "--format=%(refname) %(objectname) %(tree)").splitlines()
    refs = {ref: (head, tree) for ref, head, tree in (line.split() for line in found)}
    _, target = refs["refs/hidden/right"]
    asked = {f"{refs[f'refs/heads/{branch}'][1]} {target}\n": branch for branch in trees}
    patches: dict[str, str] = {}
    branch = ""
    for line in git(folder, "diff-tree", "-r", "-p", "--stdin", text="".join(asked)).splitlines(keepends=True):
        if line in asked:
            branch = asked[line]
        else:
            patches[branch] = patches.get(branch, "") + line
    return {branch: (refs[f"refs/heads/{branch}"][0], patches[branch]) for branch in trees}


def commit(ref: str, message: str, files: dict[str, str], when: int, parent: str) -> str:
    """One commit in the language of `git fast-import`."""
    lines = [f"commit {ref}\n", f"author {AUTHOR} {when} +0000\n", f"committer {AUTHOR} {when} +0000\n", data(message + "\n")]
    lines += [f"from {parent}\n"] if parent else []
    lines += ["deleteall\n"]
    for path, text in sorted(files.items()):
        lines.append(f"M 100644 inline {path}\n{data(text)}")
    return "".join(lines) + "\n"


def data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def bundle(folder: Path, target: Path) -> None:
    """The branches of a bare repository as one file, which appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    git(folder, "bundle", "create", "-q", str(partial.absolute()), "--branches")
    appear(partial, target)


def checkout(source: Path, branch: str, folder: Path) -> None:
    """A working tree of a branch of a bundle."""
    git(folder.parent, "clone", "-q", "--config", "core.abbrev=10", "--branch", branch, str(source.absolute()), str(folder))
