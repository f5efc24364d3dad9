"""Words and operators of a shell script, as bash reads them, without expanding or running anything.

Every character is read once. What only a running shell could know (command substitutions, globs,
unset variables) makes its word inexact; variables that the script itself sets to plain text are filled in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_CHARACTERS = 400_000
"""A longer script is not read."""


class ShellSyntaxError(ValueError):
    """The script is not one that this lexer can read; nothing of it may be trusted."""


class Word(NamedTuple):
    text: str
    exact: bool = True
    """False when the word holds something that only a running shell could expand."""
    quoted: bool = False


class Operator(NamedTuple):
    text: str
    """One of && || ; ;; & | |& newline ( ), or a redirection such as > >> < 2> &> <<< <<."""
    body: str = ""
    """The text of a heredoc."""


_PLAIN = re.compile(r"[^\s'\"\\$`|&;<>()#*?\[~]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_REDIRECTION = re.compile(r"&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>")
_OPERATORS = ("&&", "||", ";;", "|&", ";", "&", "|", "(", ")")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "e": "\x1b"}


class _Lexer:
    def __init__(self, text: str):
        if len(text) > MAX_CHARACTERS:
            raise ShellSyntaxError("the script is too long")
        self.text = text
        self.at = 0
        self.tokens: list[Word | Operator] = []
        self.variables: dict[str, str] = {}
        self.heredocs: list[tuple[int, str, bool]] = []  # token index, delimiter, tabs stripped
        self.parts: list[str] = []
        self.in_word = self.exact = self.quoted = False

    def run(self) -> list[Word | Operator]:
        text, end = self.text, len(self.text)
        while self.at < end:
            plain = _PLAIN.match(text, self.at)
            if plain:
                self._add(plain.group())
                self.at = plain.end()
                continue
            self._special(text[self.at])
        self._finish_word()
        if self.heredocs:
            self._read_heredocs()
        return self.tokens

    def _add(self, text: str, exact: bool = True, quoted: bool = False) -> None:
        if not self.in_word:
            self.in_word, self.exact, self.quoted = True, True, False
        self.parts.append(text)
        self.exact = self.exact and exact
        self.quoted = self.quoted or quoted

    def _finish_word(self) -> None:
        if not self.in_word:
            return
        word = Word("".join(self.parts), self.exact, self.quoted)
        self.parts, self.in_word = [], False
        assignment = _ASSIGNMENT.match(word.text)
        if assignment:
            if word.exact:
                self.variables[assignment.group(1)] = word.text[assignment.end() :]
            else:
                self.variables.pop(assignment.group(1), None)
        if self.heredocs and self.heredocs[-1][1] is None:
            position, _, strip = self.heredocs.pop()
            self.heredocs.append((position, word.text, strip))
        else:
            self.tokens.append(word)

    def _special(self, c: str) -> None:
        text = self.text
        if c == "'":
            self._add(self._until("'"), quoted=True)
        elif c == '"':
            self._double_quoted()
        elif c == "\\":
            if text[self.at + 1 : self.at + 2] == "\n":
                self.at += 2
            else:
                self._add(text[self.at + 1 : self.at + 2], quoted=True)
                self.at += 2
        elif c == "$":
            self._dollar()
        elif c == "`":
            self.at += 1
            self._skip_backticks()
            self._add("", exact=False)
        elif c in "*?[~":
            # a tilde is only special at the start of a word
            self._add(c, exact=c == "~" and self.in_word)
            self.at += 1
        elif c == "#":
            if self.in_word:
                self._add(c)
                self.at += 1
            else:
                newline = text.find("\n", self.at)
                self.at = len(text) if newline < 0 else newline
        elif c == "\n":
            self._finish_word()
            self.at += 1
            self.tokens.append(Operator("\n"))
            if self.heredocs:
                self._read_heredocs()
        elif c.isspace():
            self._finish_word()
            self.at += 1
        else:
            self._operator(c)

    def _until(self, quote: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            raise ShellSyntaxError("a quote is not closed")
        body = self.text[self.at + 1 : end]
        self.at = end + 1
        return body

    def _double_quoted(self) -> None:
        text, end = self.text, len(self.text)
        self._add("", quoted=True)
        self.at += 1
        start = self.at
        while self.at < end:
            c = text[self.at]
            if c not in '"\\$`':
                self.at += 1
                continue
            self._add(text[start : self.at])
            if c == '"':
                self.at += 1
                return
            if c == "\\":
                following = text[self.at + 1 : self.at + 2]
                if following == "\n":
                    pass
                elif following in ('"', "\\", "$", "`"):
                    self._add(following)
                else:
                    self._add("\\" + following)
                self.at += 2
            elif c == "$":
                self._dollar(in_quotes=True)
            else:
                self.at += 1
                self._skip_backticks()
                self._add("", exact=False)
            start = self.at
        raise ShellSyntaxError("a quote is not closed")

    def _dollar(self, in_quotes: bool = False) -> None:
        text = self.text
        following = text[self.at + 1 : self.at + 2]
        if following == "'" and not in_quotes:
            self._ansi_quoted()
            return
        if following == "(":
            self.at += 2
            self._skip_parentheses()
            self._add("", exact=False)
            return
        if following == "{":
            end = text.find("}", self.at)
            if end < 0:
                raise ShellSyntaxError("`${` is not closed")
            name, after = text[self.at + 2 : end], end + 1
        else:
            match = _NAME.match(text, self.at + 1)
            if not match:
                special = following != "" and following in "0123456789@*#?$!-"
                self._add("" if special else "$", exact=not special)
                self.at += 2 if special else 1
                return
            name, after = match.group(), match.end()
        value = self.variables.get(name)
        self._add(value or "", exact=value is not None)
        self.at = after

    def _ansi_quoted(self) -> None:
        text, end, at = self.text, len(self.text), self.at + 2
        out: list[str] = []
        exact = True
        while at < end and text[at] != "'":
            if text[at] == "\\":
                escape = _ESCAPES.get(text[at + 1 : at + 2])
                exact = exact and escape is not None
                out.append(escape or "")
                at += 2
            else:
                out.append(text[at])
                at += 1
        if at >= end:
            raise ShellSyntaxError("a quote is not closed")
        self._add("".join(out), exact=exact, quoted=True)
        self.at = at + 1

    def _skip_backticks(self) -> None:
        text, end = self.text, len(self.text)
        while self.at < end:
            if text[self.at] == "`":
                self.at += 1
                return
            self.at += 2 if text[self.at] == "\\" else 1
        raise ShellSyntaxError("a backtick is not closed")

    def _skip_parentheses(self) -> None:
        """Move past a command substitution whose opening has been read."""
        text, end = self.text, len(self.text)
        stack = [")"]
        while self.at < end:
            c = text[self.at]
            self.at += 1
            if c == "\\":
                self.at += 1
            elif stack[-1] == '"':
                if c == '"':
                    stack.pop()
                elif c == "$" and text[self.at : self.at + 1] == "(":
                    self.at += 1
                    stack.append(")")
            elif c == "'":
                close = text.find("'", self.at)
                if close < 0:
                    raise ShellSyntaxError("a quote is not closed")
                self.at = close + 1
            elif c == '"':
                stack.append('"')
            elif c == "(":
                stack.append(")")
            elif c == ")":
                stack.pop()
                if not stack:
                    return
        raise ShellSyntaxError("`$(` is not closed")

    def _operator(self, c: str) -> None:
        text = self.text
        redirection = _REDIRECTION.match(text, self.at)
        if redirection and not (c == "&" and text[self.at : self.at + 2] == "&&"):
            descriptor = ""
            if self.in_word and self.exact and not self.quoted and "".join(self.parts).isdigit() and c != "&":
                descriptor = "".join(self.parts)
                self.parts, self.in_word = [], False
            if text[redirection.end() : redirection.end() + 1] == "(" and redirection.group() in "<>":
                self.at = redirection.end() + 1  # process substitution
                self._skip_parentheses()
                self._add("", exact=False)
                return
            self._finish_word()
            self.at = redirection.end()
            kind = redirection.group()
            if kind in ("<<", "<<-"):
                self.tokens.append(Operator("<<"))
                self.heredocs.append((len(self.tokens) - 1, None, kind == "<<-"))
            else:
                self.tokens.append(Operator(descriptor + kind))
            return
        for operator in _OPERATORS:
            if text.startswith(operator, self.at):
                self._finish_word()
                self.tokens.append(Operator(operator))
                self.at += len(operator)
                return
        self._add(c)
        self.at += 1

    def _read_heredocs(self) -> None:
        text, end = self.text, len(self.text)
        for position, delimiter, strip in self.heredocs:
            if delimiter is None:
                raise ShellSyntaxError("a heredoc has no delimiter")
            lines: list[str] = []
            while self.at < end:
                newline = text.find("\n", self.at)
                line = text[self.at : end if newline < 0 else newline]
                self.at = end if newline < 0 else newline + 1
                if strip:
                    line = line.lstrip("\t")
                if line == delimiter:
                    break
                lines.append(line + "\n")
            self.tokens[position] = Operator("<<", "".join(lines))
        self.heredocs = []


def tokenize(text: str) -> list[Word | Operator]:
    """Words and operators of `text`. ShellSyntaxError when quotes or substitutions do not close."""
    return _Lexer(text).run()
