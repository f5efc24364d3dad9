"""Git repositories made byte for byte the same every time, and checkouts of them; nothing of the user's git takes part."""

from __future__ import annotations

import shutil
from pathlib import Path

from factory.worlds.swe_process import execute, write_tree

AUTHOR = "Robin Example <robin@example.org>"
START_S = 1_700_000_000
GIT = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.abbrev=10", "-c", "core.autocrlf=false", "-c", "pack.threads=1",
       "-c", "gc.auto=0", "-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"]  # fmt: skip


def git(folder: Path, *arguments: str, text: str = "") -> str:
    status, output = execute([*GIT, *arguments], folder, text=text)
    if status:
        raise OSError(f"`git {' '.join(arguments)}` failed with {status}: {output[-500:]}")
    return output


def make(scratch: Path, name: str, first: dict[str, str], trees: dict[str, dict[str, str]], index: int) -> dict[str, str]:
    """A bare repository in `scratch`: branch `main` holds the files `first`, and each branch of `trees` one commit
    more. Returns branch -> commit."""
    folder = scratch / f"{name}.git"
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare")
    when = START_S + index * 86_400
    stream = [commit("refs/heads/main", "Set up the project", first, when, "")]
    for branch, files in sorted(trees.items()):
        # every branch grows from the first commit, so that no history holds the code without the bug
        stream.append(commit(f"refs/heads/{branch}", "Add the modules and their tests", files, when + 3_600, "refs/heads/main"))
    git(folder, "fast-import", "--quiet", text="".join(stream))
    heads = git(folder, "for-each-ref", "--format=%(refname:short) %(objectname)").split()
    return dict(zip(heads[::2], heads[1::2]))


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


def bundle(scratch: Path, name: str, target: Path) -> None:
    """The bare repository as one file, which appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = scratch / f"{name}.bundle"
    git(scratch / f"{name}.git", "bundle", "create", "-q", str(made), "--all")
    partial = target.with_name(f".{target.name}")
    shutil.copyfile(made, partial)
    partial.replace(target)


def checkout(source: Path, revision: str, folder: Path) -> None:
    """A working tree of a bundle or repository at a commit."""
    git(folder.parent, "clone", "-q", "--no-checkout", str(source), str(folder))
    git(folder, "checkout", "-q", revision)
    git(folder, "config", "core.abbrev", "10")


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def diff(before: dict[str, str], after: dict[str, str], scratch: Path) -> str:
    """What `git diff` says of a change from `before` to `after`, of the files that differ."""
    changed = [path for path in before if before[path] != after[path]]
    scratch.mkdir(parents=True)
    git(scratch, "init", "-q")
    write_tree({path: before[path] for path in changed}, scratch)
    git(scratch, "add", "-A")
    write_tree({path: after[path] for path in changed}, scratch)
    return git(scratch, "diff")
