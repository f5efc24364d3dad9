"""What a simple command changes in files, and whether it prints anything.

An edit is fully understood (`write` with its text, `lines`, `substitute`, `restore`) or `unknown`:
then nothing seen of that file afterwards is taken for its old text.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Literal

from factory.shell.lexer import Word
from factory.shell.syntax import Simple, carried
from factory.vocabulary import PATCHED

Kind = Literal["write", "lines", "replace", "substitute", "restore", "stash", "unstash", "commit", "script", "unknown"]


@dataclass(frozen=True)
class Edit:
    """A change of one file, or of all (`path` "")."""

    path: str
    kind: Kind
    text: str | None = None
    """write: the new content; script: the program's text or path; else what is left to search for names."""
    first: int = 0
    last: int = 0
    """lines: the file's lines first..last are replaced (last = first - 1: inserted before `first`)."""
    lines: tuple[str, ...] | None = ()
    """lines: what stands there afterwards; None where that is not known, and so not how far later lines moved."""
    old: str = ""
    """replace: text before; substitute: the same, or "" for a pattern; script: path of the program."""
    new: str = ""
    """replace, substitute: text after. `replace` hits once, `substitute` on any line."""
    everywhere: bool = False
    """replace: every occurrence."""


SILENT = frozenset({
    "cd", "pushd", "popd", "export", "set", "unset", "shopt", "source", ".", ":", "true", "alias", "umask", "mkdir",
    "touch", "rm", "rmdir", "mv", "cp", "chmod", "chown", "ln", "sleep", "truncate", "trap", "wait", "local", "declare",
    "readonly",
})  # fmt: skip
_READS_ONLY = frozenset({
    "ls", "find", "fd", "wc", "grep", "egrep", "fgrep", "rg", "ag", "ack", "cat", "head", "tail", "less", "more", "nl",
    "awk", "gawk", "mawk", "sort", "uniq", "cut", "tr", "diff", "cmp", "comm", "file", "stat", "du", "df", "tree",
    "which", "whereis", "type", "echo", "printf", "pwd", "date", "whoami", "uname", "id", "ps",
    "kill", "top", "test", "[", "[[", "basename", "dirname", "realpath", "readlink", "md5sum", "sha1sum", "sha256sum",
    "xxd", "od", "hexdump", "strings", "column", "paste", "fold", "fmt", "rev", "tac", "seq", "expr", "bc", "jq", "yq",
    "xmllint", "pytest", "py.test", "tox", "nosetests", "unittest", "nox", "coverage", "mypy", "flake8", "pylint",
    "pyright", "pycodestyle", "bandit", "make", "cmake", "ninja", "pip", "pip3", "conda", "npm", "yarn", "pnpm",
    "cargo", "go", "mvn", "gradle", "gcc", "g++", "cc", "clang", "rustc", "javac", "java", "node", "ruby", "php",
    "sqlite3", "curl", "wget", "man", "help", "history", "open", "goto", "scroll_up",
    "scroll_down", "search_dir", "search_file", "find_file", "submit", "exit", "bat",
})  # fmt: skip
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?|ipython|pypy3?|uv|poetry")
_FORMATTERS = frozenset({"black", "isort", "autopep8", "yapf", "autoflake", "pyupgrade", "2to3", "docformatter", "gofmt", "goimports", "rustfmt", "clang-format"})
_REWRITES = {"ruff": ("--fix", "format"), "eslint": ("--fix",), "prettier": ("--write", "-w"), "pre-commit": ("run",)}
"""Programs that change files only when told so."""
_CHECKS = ("--check", "--check-only", "--diff", "-c", "--version", "--help")
_LINE_ADDRESS = re.compile(r"\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?([dcais].*)\s*", re.S)
_LITERAL = re.compile(r"[^\\.*\[\]^$+?(){}|&\n]*")


def is_silent(command: Simple) -> bool:
    """Nothing of it reaches the observation when it succeeds."""
    if not command.words or not command.stdout_is_shown or command.name in SILENT:
        return True
    if command.name == "sed":
        return _sed_in_place(command)
    return command.name == "git" and [w.text for w in command.words[1:2]] in (["add"], ["rm"], ["config"])


def _sed_in_place(command: Simple) -> bool:
    return any(
        w.text.startswith("--in-place") or re.fullmatch(r"-[nErsuz]*i.*", w.text) is not None for w in command.words[1:]
    )


def edits_of(command: Simple, folder: str | None) -> list[Edit]:
    """The edits of one command that runs in `folder`."""
    edits: list[Edit] = []
    everything = " ".join(w.text for w in command.words) + "\n" + (command.heredoc or "")

    def resolve(word: str) -> str:
        return posixpath.normpath(posixpath.join(folder or ".", word))

    def unknown(words: list) -> None:
        edits.extend(Edit(resolve(w.text) if w.exact else "", "unknown", everything) for w in words)

    for target, appended in command.writes_to():
        if not target.exact:
            edits.append(Edit("", "unknown", everything))
            continue
        plain_cat = command.name == "cat" and len(command.words) == 1
        text = command.heredoc if plain_cat and not appended else None
        edits.append(Edit(resolve(target.text), "unknown" if appended else "write", text))
    inner = carried(command)
    if inner is not None:
        return edits + edits_of(inner, folder)
    name = command.name
    operands = [w for w in command.words[1:] if not w.text.startswith("-")]
    if not command.words:
        return edits
    if name == "sed" and _sed_in_place(command):
        edits += _sed_edits(command, resolve)
    elif name == "tee":
        edits += [Edit(resolve(w.text) if w.exact else "", "unknown" if "-a" in everything else "write") for w in operands]
    elif name in ("mv", "cp", "install", "rsync", "ln", "rm", "truncate", "dd"):
        if name == "dd":
            operands = [w._replace(text=w.text[3:]) for w in operands if w.text.startswith("of=")]
        unknown(operands if name in ("mv", "rm") else operands[-1:])
        if name in ("mv", "cp") and operands[-1:] and operands[-1].exact:
            # the target may be a folder
            last = resolve(operands[-1].text)
            unknown_in = [posixpath.join(last, posixpath.basename(w.text)) for w in operands[:-1] if w.exact]
            edits += [Edit(path, "unknown", everything) for path in unknown_in]
    elif name == "git":
        edits += _git_edits([w.text for w in command.words[1:]], resolve, everything)
    elif name == "patch":
        edits += _diff_targets(everything)
    elif name in ("apply_patch", "applypatch"):
        edits += [Edit(resolve(path.strip()), "unknown", everything) for path in PATCHED.findall(everything)] or [Edit("", "unknown", everything)]
    elif name in _FORMATTERS or any(word in _REWRITES.get(name, ()) for word in everything.split()):
        if not any(w.text in _CHECKS for w in command.words):
            named = [w for w in operands if w.text not in ("check", "format", "run")]
            known = bool(named) and all(_looks_like_file(w.text) for w in named)  # else a folder, or all that the settings name
            unknown(named if known else [Word("", exact=False)])
    elif _PYTHON.fullmatch(name) or name in ("perl", "ruby", "node", "bash", "sh"):
        edits += _program_edits(command, resolve, everything)
    elif name not in _READS_ONLY and name not in SILENT and name != "sed":
        # an unknown program may write the files that it is given
        edits += [Edit(resolve(w.text), "unknown", everything) for w in operands if w.exact and _looks_like_file(w.text)]
    return edits


def _looks_like_file(text: str) -> bool:
    return "." in posixpath.basename(text) and text.strip("./") != "" and "\n" not in text and len(text) < 500


def _sed_edits(command: Simple, resolve) -> list[Edit]:
    scripts: list[str] = []
    files = []
    words = command.words[1:]
    index = 0
    while index < len(words):
        text = words[index].text
        index += 1
        if text == "-e" and index < len(words):
            scripts.append(words[index].text)
            index += 1
        elif text == "-f":
            return [Edit("", "unknown", text)]
        elif text.startswith("-") and not (scripts or files):
            continue
        elif not scripts and text:
            scripts.append(text)
        elif text:  # BSD style `-i ''` leaves an empty word
            files.append(words[index - 1])
    out: list[Edit] = []
    for word in files:
        path = resolve(word.text) if word.exact else ""
        understood = _sed_script(path, scripts[0]) if path and len(scripts) == 1 else None
        out.append(understood or Edit(path, "unknown"))
    return out or [Edit("", "unknown")]


def _sed_script(path: str, script: str) -> Edit | None:
    """A one-command sed script that is fully understood."""
    changed = _substitution(script.strip())
    if changed:
        return Edit(path, "substitute", old=changed[0], new=changed[1])
    match = _LINE_ADDRESS.fullmatch(script)
    if not match:
        return None
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    action = match.group(3)
    if action == "d" and 1 <= first <= last:
        return Edit(path, "lines", first=first, last=last)
    if action[0] == "s" and "\\n" not in action and "\n" not in action and _one_substitution(action):
        # which text stands on these lines now is not known, how many is
        return Edit(path, "lines", first=first, last=last, lines=("\0",) * (last - first + 1)) if last - first < 10_000 else None
    if action[0] in "cai" and action[1:2] in ("\\", " "):
        text = action[1:].removeprefix("\\").removeprefix("\n") if action[1] == "\\" else action[1:].lstrip()
        lines = None if "\\" in text or not text.strip() else tuple(text.split("\n"))
        if action[0] == "c":
            return Edit(path, "lines", first=first, last=last, lines=lines)
        if match.group(2) is None:
            at = first + 1 if action[0] == "a" else first
            return Edit(path, "lines", first=at, last=at - 1, lines=lines)
    return None


def _one_substitution(action: str) -> bool:
    delimiter = action[1:2]
    parts = action.split(delimiter) if delimiter and not delimiter.isalnum() else []
    return len(parts) == 4 and re.fullmatch(r"[gI0-9]*", parts[3]) is not None


def _substitution(script: str) -> tuple[str, str] | None:
    """(old, new) of `s/old/new/g` without address; old is "" when it is a pattern. Each changed line holds new."""
    if script[:1] != "s" or not _one_substitution(script):
        return None
    _, old, new, _ = script.split(script[1])
    if not old or "&" in new or "\\" in new or "\n" in new or old.endswith("\\"):
        return None
    return (old if _LITERAL.fullmatch(old) else ""), new


def _git_edits(words: list[str], resolve, everything: str) -> list[Edit]:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("-C", "-c") else words[1:]
    if not words:
        return []
    name, rest = words[0], words[1:]
    paths = [w for w in rest if not w.startswith("-")]
    if name in ("checkout", "restore"):
        if any(w.startswith("-") and w not in ("--", "-f", "--force", "-q") for w in rest):
            return [Edit("", "unknown", everything)]
        if name == "checkout" and "--" in rest:
            revision, paths = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
            if [w for w in revision if not w.startswith("-") and w != "HEAD"]:
                return [Edit(resolve(p), "unknown", everything) for p in paths]
        elif name == "checkout" and paths[:1] == ["HEAD"]:
            paths = paths[1:]
        if not paths:
            return []
        return [Edit("" if p == "." else resolve(p), "restore") for p in paths]
    if name == "reset":
        return [Edit("", "restore")] if "--hard" in rest and paths in ([], ["HEAD"]) else []
    if name == "stash":
        if paths[:1] in (["pop"], ["apply"]):
            return [Edit("", "unstash")]
        return [Edit("", "stash")] if not paths or paths[0] in ("push", "save") else []
    if name in ("apply", "am"):
        return _diff_targets(everything)
    if name in ("commit", "merge", "rebase", "pull", "cherry-pick", "revert", "switch"):
        return [Edit("", "commit")]
    if name in ("mv", "rm", "clean"):
        return [Edit(resolve(p), "unknown", everything) for p in paths]
    return []


def _diff_targets(text: str) -> list[Edit]:
    """The files that a diff given in place names; any file when there is none."""
    targets = {line[4:].split("\t")[0].strip().removeprefix("b/") for line in text.split("\n") if line.startswith("+++ ")}
    return [Edit(path, "unknown", text) for path in sorted(targets)] or [Edit("", "unknown", text)]


def _program_edits(command: Simple, resolve, everything: str) -> list[Edit]:
    """An interpreter: its program in place, or the path of one; in-place flags name the files."""
    words = [w.text for w in command.words[1:]]
    if command.name == "perl" and any(re.fullmatch(r"-[a-z0]*i\S*", w) for w in words):
        return [Edit(resolve(w), "unknown", everything) for w in words if _looks_like_file(w)]
    if "-m" in words:
        module = words[words.index("-m") + 1 :][:1]
        if module and module[0] in ("black", "isort", "autopep8", "yapf", "ruff", "lib2to3"):
            return [Edit(resolve(w), "unknown", everything) for w in words if _looks_like_file(w)]
        return []
    if command.heredoc is not None or "-c" in words or "-e" in words:
        return [Edit("", "script", everything)]
    program = next((w for w in words if not w.startswith("-")), "")
    return [Edit("", "script", " ".join(words), old=resolve(program))] if program else []
