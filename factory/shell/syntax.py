"""Pipelines of a shell script, with the folder that each runs in.

Loops and branches are read through: their commands appear, marked `conditional`, because nothing
says whether or how often they ran.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from factory.shell.lexer import Operator, ShellSyntaxError, Word, tokenize

_OPENING = {"if", "while", "until", "for", "case", "select", "function"}
_CLOSING = {"fi", "done", "esac"}
_READ_THROUGH = {"then", "else", "elif", "do", "!", "time"}
MAX_PIPELINES = 2_000
MAX_DEPTH = 100
PIPE, AND, OR = Operator("|"), Operator("&&"), Operator("||")


@dataclass
class Simple:
    """One simple command."""

    words: list[Word] = field(default_factory=list)
    assignments: list[Word] = field(default_factory=list)
    redirects: list[tuple[str, Word | None, str]] = field(default_factory=list)
    """(operator with descriptor, target, heredoc body)."""

    @property
    def name(self) -> str:
        return posixpath.basename(self.words[0].text) if self.words and self.words[0].exact else ""

    @property
    def heredoc(self) -> str | None:
        for operator, _, body in self.redirects:
            if operator == "<<":
                return body
        return None

    def writes_to(self) -> list[tuple[Word, bool]]:
        """(target, appended) of the redirections of standard output."""
        out = []
        for operator, target, _ in self.redirects:
            if target is not None and operator.lstrip("1&") in (">", ">>", ">|") and target.text != "/dev/null":
                out.append((target, operator.endswith(">>")))
        return out

    @property
    def stdout_is_shown(self) -> bool:
        """False when standard output goes to a file or to /dev/null."""
        return not any(op.lstrip("1&") in (">", ">>", ">|") for op, _, _ in self.redirects)


PLAIN_CARRIERS = frozenset({"sudo", "env", "nice", "nohup", "time", "timeout", "command", "stdbuf"})
_DURATION = re.compile(r"\d+(?:\.\d+)?[smhd]?")


@dataclass
class Pipeline:
    commands: list[Simple]
    folder: str | None
    """Relative to where the script started, or absolute; None when a `cd` could not be followed."""
    connector: str = ""
    """What stands before it: "" ; newline && || &."""
    conditional: bool = False


def _changed(folder: str | None, command: Simple) -> str | None:
    words = [w for w in command.words[1:] if w.text != "--"]
    if len(words) != 1 or not words[0].exact or words[0].text in ("-", "") or folder is None:
        if len(words) == 1 and words[0].exact and words[0].text.startswith("/"):
            return posixpath.normpath(words[0].text)
        return None
    return posixpath.normpath(posixpath.join(folder, words[0].text))


def pipelines(script: str) -> list[Pipeline]:
    """Pipelines in order, MAX_PIPELINES at most. ShellSyntaxError where the script cannot be read."""
    out: list[Pipeline] = []
    folder: str | None = "."
    groups: list[tuple[str, str | None, int]] = []
    depth = 0
    commands: list[Simple] = []
    current = Simple()
    connector = ""
    tokens = tokenize(script)
    index = 0

    def end_command() -> None:
        nonlocal current
        if current.words or current.assignments or current.redirects:
            commands.append(current)
        current = Simple()

    def end_pipeline(following: str) -> None:
        nonlocal commands, connector, folder
        end_command()
        if commands:
            out.append(Pipeline(commands, folder, connector, depth > 0))
            if len(commands) == 1 and commands[0].name in ("cd", "pushd"):
                folder = _changed(folder, commands[0])
            commands = []
        connector = following

    while index < len(tokens) and len(out) < MAX_PIPELINES:
        token = tokens[index]
        index += 1
        if isinstance(token, Word):
            bare = token.exact and not token.quoted and not current.words
            if bare and token.text in _OPENING:
                depth += 1
                if token.text in ("for", "case", "select", "function"):
                    while index < len(tokens) and not (
                        isinstance(tokens[index], Operator) and tokens[index].text in (";", "\n")
                    ):
                        index += 1
            elif bare and token.text in _CLOSING:
                depth = max(0, depth - 1)
            elif bare and token.text in _READ_THROUGH:
                pass
            elif bare and token.text == "{":
                groups.append(("{", folder, len(out)))
            elif bare and token.text == "}":
                index = _close(tokens, index, groups, out, "{")
            elif not current.words and token.text.split("=", 1)[0].isidentifier() and "=" in token.text:
                current.assignments.append(token)
            else:
                current.words.append(token)
        elif token.text == "(":
            if current.words:  # a function definition
                depth += 1
            end_pipeline(connector)
            groups.append(("(", folder, len(out)))
            if len(groups) > MAX_DEPTH:
                raise ShellSyntaxError("groups are nested too deep")
        elif token.text == ")":
            end_pipeline(";")
            if groups and groups[-1][0] == "(":
                folder = groups[-1][1]
            index = _close(tokens, index, groups, out, "(")
        elif token.text in ("|", "|&"):
            end_command()
        elif token.text in (";", ";;", "\n", "&", "&&", "||"):
            # a newline after | && || goes on with the same list
            if token.text != "\n" or tokens[index - 2 : index - 1] not in ([PIPE], [AND], [OR]):
                end_pipeline(token.text)
        elif token.text == "<<":
            current.redirects.append(("<<", None, token.body))
        else:
            target = None
            if index < len(tokens) and isinstance(tokens[index], Word):
                target = tokens[index]
                index += 1
            current.redirects.append((token.text, target, ""))
    end_pipeline("")
    return out


def _close(tokens: list[Word | Operator], index: int, groups: list, out: list[Pipeline], kind: str) -> int:
    """End a group; when its output is piped or redirected, what its commands show is not known."""
    if not groups or groups[-1][0] != kind:
        return index
    _, _, first = groups.pop()
    following = tokens[index] if index < len(tokens) else None
    if isinstance(following, Operator) and following.text not in (";", ";;", "\n", "&", "&&", "||", ")"):
        for pipeline in out[first:]:
            pipeline.conditional = True
    return index


def carried(command: Simple) -> Simple | None:
    """The command that another one runs: `sudo`, `timeout 9`, `env A=1`; with files that only it knows: `xargs`, `find -exec`."""
    words = command.words[1:]
    if command.name == "find":
        at = next((i for i, w in enumerate(words) if w.text in ("-exec", "-execdir", "-ok", "-delete")), None)
        if at is None:
            return None
        program = [Word("rm")] if words[at].text == "-delete" else words[at + 1 :]
        return Simple([w for w in program if w.text not in ("{}", ";", "+")] + [Word("", exact=False)])
    if command.name not in PLAIN_CARRIERS and command.name != "xargs":
        return None
    while words and (words[0].text.startswith("-") or "=" in words[0].text or _DURATION.fullmatch(words[0].text)):
        words = words[1:]
    return Simple([*words, Word("", exact=False)] if command.name == "xargs" else words, redirects=[])
