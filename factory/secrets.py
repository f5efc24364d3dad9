"""Secrets in text: what they look like, and how each is told from a hash, an identifier or an example.

A rule has a plain pattern, without look-around, that the scanner in `cleaning` runs over every text (linear in its
length), and a Python expression that runs only over texts in which the scanner found the rule. Repeats that have no
bound are over one class of characters and cannot begin inside a run of it, so no text makes them quadratic.

Left alone on purpose: hashes and UUIDs, values that say they are examples (`AKIAIOSFODNN7EXAMPLE`, `your-api-key`),
templates (`${TOKEN}`, `<password>`), and values with too little randomness. Not covered: passwords in prose, secrets
that are split over lines or encoded once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from factory.secret_values import (
    is_basic_login,
    is_example_token,
    is_header_token,
    is_json_web_token,
    is_key_of,
    is_random,
    is_url_password,
)

VERSION = "4"
"""Raised when other texts are redacted."""


class Rule(NamedTuple):
    kind: str
    scanned: str
    """Plain pattern over ASCII; finds at least every text in which `redact` changes something."""
    redact: Callable[[str, list[int]], tuple[str, int]]
    """(text, character offsets where a scanned match ends) -> redacted text and the number of secrets."""
    located: bool = False
    """Whether the scanner must tell every place, not only that there is one."""


# Tokens that issuers marked by a prefix: kind -> patterns. The name says who issues them.
TOKENS: dict[str, tuple[str, ...]] = {
    "aws_access_key": ("(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",),
    "github": ("gh[pousr]_[A-Za-z0-9]{36,}", "github_pat_[A-Za-z0-9_]{36,}"),
    "gitlab": ("gl(?:pat|ptt|dt|rt|cbt|soat)-[A-Za-z0-9_-]{20,}",),
    "slack": ("xox[abeoprs]-[A-Za-z0-9-]{20,}", "xapp-[A-Za-z0-9-]{24,}"),
    "slack_webhook": ("hooks\\.slack\\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",),
    "discord": ("discord(?:app)?\\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,}", "(?:M[TDjz]|N[TDjz]|O[TD])[A-Za-z0-9_-]{22,24}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}"),
    "anthropic": ("sk-ant-[A-Za-z0-9_-]{20,}",),
    "openai": ("sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}", "sk-(?:or-v1-)?[A-Za-z0-9]{32,}"),
    "google": ("AIza[A-Za-z0-9_-]{35}", "ya29\\.[A-Za-z0-9_-]{20,}", "GOCSPX-[A-Za-z0-9_-]{20,}"),
    "stripe": ("[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", "whsec_[A-Za-z0-9+/]{24,}"),
    "huggingface": ("hf_[A-Za-z0-9]{30,}",),
    "npm": ("npm_[A-Za-z0-9]{36}",),
    "pypi": ("pypi-[A-Za-z0-9_-]{60,}",),
    "docker": ("dckr_[po]at_[A-Za-z0-9_-]{20,}",),
    "sendgrid": ("SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}",),
    "twilio": ("SK[0-9a-f]{32}",),
    "telegram": ("[0-9]{8,10}:AA[A-Za-z0-9_-]{32,34}",),
    "shopify": ("shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}",),
    "digitalocean": ("do[opr]_v1_[a-f0-9]{64}",),
    "databricks": ("dapi[a-f0-9]{32}",),
    "azure": ("AccountKey=[A-Za-z0-9+/]{80,}",),
    "groq": ("gsk_[A-Za-z0-9]{40,}",),
    "xai": ("xai-[A-Za-z0-9]{60,}",),
    "perplexity": ("pplx-[A-Za-z0-9]{40,}",),
    "tavily": ("tvly-[A-Za-z0-9-]{24,}",),
    "replicate": ("r8_[A-Za-z0-9]{37}",),
    "linear": ("lin_api_[A-Za-z0-9]{32,}",),
    "notion": ("ntn_[A-Za-z0-9]{40,}",),
    "mailgun": ("key-[0-9a-f]{32}",),
    "vault": ("hvs\\.[A-Za-z0-9_-]{24,}",),
    "grafana": ("glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",),
    "newrelic": ("NRAK-[A-Z0-9]{27}",),
    "atlassian": ("ATATT3[A-Za-z0-9_=-]{100,}",),
    "langsmith": ("lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",),
    "square": ("sq0(?:csp|atp)-[A-Za-z0-9_-]{22,43}",),
    "airtable": ("pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}",),
    "fly": ("fm2_[A-Za-z0-9+/]{80,}",),
    "facebook": ("EAA[A-Z][A-Za-z0-9]{90,}",),
    "age": ("AGE-SECRET-KEY-1[A-Z0-9]{58}",),
}

def _replaced(kind: str, expression: re.Pattern[str], holds: Callable[[re.Match[str]], bool]) -> Callable[[str, list[int]], tuple[str, int]]:
    """Puts `[REDACTED:kind]` in the place of the group `value` (or of the whole match) where `holds`."""
    group = "value" if "value" in expression.groupindex else 0

    def redact(text: str, _: list[int]) -> tuple[str, int]:
        parts, at, count = [], 0, 0
        for match in expression.finditer(text):
            if holds(match):
                parts += (text[at : match.start(group)], f"[REDACTED:{kind}]")
                at, count = match.end(group), count + 1
        return ("".join(parts) + text[at:], count) if count else (text, 0)

    return redact


def _token_rule(kind: str, pattern: str) -> Rule:
    # a line break that is written as an escape, as in JSON text, begins a word too
    expression = re.compile(rf"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])){pattern}(?![A-Za-z0-9_])", re.ASCII)
    return Rule(kind, pattern, _replaced(kind, expression, lambda match: not is_example_token(match[0])))


_KEYS = [f"{whose}[_-]?key" for whose in ("api", "access", "account", "private", "auth", "encryption", "signing", "master")]
_NAMES = ["pass(?:word|wd|phrase)", "pwd", "secret", "token", *_KEYS, "credentials?"]
_NAME = f"(?:{'|'.join(_NAMES)})"
_FOUND_NAME = f"(?:{'|'.join(f'{first}(?i:{name[1:]})' for name in _NAMES for first in (name[0], name[0].upper()))})"
"""The same in any case, as `re` finds it five times as fast: it looks for the first letters, which it does not where case is ignored."""
_NAME_END = r"(?:[_-]?(?:key|value|base|string))?[\"']?\]?"
_SET = r"[ \t]{0,4}(?:=>|[:=,])[ \t]{0,4}"
_SET_BARE = r"[ \t]{0,4}(?:=>?[ \t]{0,4}|:[ \t]{1,4})"
_QUOTED = r"(?:\"[!#-&(-~]{8,256}\"|'[!#-&(-~]{8,256}')"
_BARE = r"[A-Za-z0-9+/_.~-]{16,256}"
_BARE_START = r"[A-Za-z0-9+/_.~-]{16}"

ASSIGNMENT = re.compile(
    rf"(?P<name>{_FOUND_NAME}(?i:{_NAME_END}))"
    rf"(?:{_SET}(?P<quote>[\"'])(?P<quoted>[!#-&(-~]{{8,256}})(?P=quote)|{_SET_BARE}(?P<bare>{_BARE})(?![A-Za-z0-9+/_.~(\[-]))",
    re.ASCII,
)


ASSIGNMENT_REACH = 400
"""Characters that no match of ASSIGNMENT passes, before or after the end of what the scanner matched of it."""

NOT_SECRET_NAMES = ("next", "page", "forward", "backward", "continuation", "pagination", "cursor", "public", "csrf", "csrfmiddleware", "xsrf", "marker", "resume", "sync")
"""What stands before `token` or `key` where they open no door."""


def _redact_assignments(text: str, ends: list[int]) -> tuple[str, int]:
    """Looks only around the places that the scanner found: names like `token` are everywhere in code."""
    parts, at, count = [], 0, 0
    for start, stop in _merged((max(0, end - ASSIGNMENT_REACH), end + ASSIGNMENT_REACH) for end in ends):
        for match in ASSIGNMENT.finditer(text, start, stop):
            group = "quoted" if match["quoted"] else "bare"
            before = text[max(0, match.start() - 16) : match.start()].lower().rstrip("_- ")
            if not before.endswith(NOT_SECRET_NAMES) and is_key_of(match["name"], match[group]):
                parts += (text[at : match.start(group)], "[REDACTED:assigned]")
                at, count = match.end(group), count + 1
    return ("".join(parts) + text[at:], count) if count else (text, 0)


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(r"[\s\"'+,|>\\nr]{0,40}[A-Za-z0-9+/=]{30,}")
KEY_CHARACTERS = 16_384


def _redact_private_keys(text: str, _: list[int]) -> tuple[str, int]:
    """Whole blocks; of a block without its end, the lines that hold the key. A marker without a key stays."""
    parts, at, count = [], 0, 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < at:
            continue
        end = _END.search(text, begin.end(), begin.end() + KEY_CHARACTERS)
        stop = begin.end()
        while (line := _KEY_LINE.match(text, stop)) and stop - begin.end() < KEY_CHARACTERS:
            stop = line.end()
        if end and len(re.findall("[A-Za-z0-9+/]", text[begin.end() : end.start()])) >= 64 and "-----BEGIN" not in text[begin.end() : end.start()]:
            stop = end.end()
        if stop > begin.end() + 48:
            parts += (text[at : begin.start()], "[REDACTED:private_key]")
            at, count = stop, count + 1
    return ("".join(parts) + text[at:], count) if count else (text, 0)


_USER, _PASSWORD = r"[A-Za-z0-9._~%+-]{0,64}", r"[A-Za-z0-9._~%+!*=,;#?^&|$(){}<>-]{3,128}"
_LOGIN = r"[A-Za-z0-9._@+-]{1,64}"
_TYPED = r"[!#-&(-~]{8,256}"
"""A password as it is typed, without quotes and blanks."""
_TOKEN68 = r"[A-Za-z0-9._~+/-]{20,}"

RULES: tuple[Rule, ...] = (
    Rule("private_key", r"-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY", _redact_private_keys),
    Rule(
        "jwt",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        _replaced(
            "jwt",
            re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
            lambda match: is_json_web_token(match[0]),
        ),
    ),
    *(_token_rule(kind, pattern) for kind, patterns in TOKENS.items() for pattern in patterns),
    Rule(
        "url_password",
        f"://{_USER}:{_PASSWORD}@",
        _replaced("url_password", re.compile(f"://(?P<user>{_USER}):(?P<value>{_PASSWORD})@(?=[A-Za-z0-9\\[])"), is_url_password),
    ),
    Rule(
        "bearer",
        f"[Bb]earer {_TOKEN68}",
        _replaced("bearer", re.compile(f"(?<![A-Za-z])[Bb]earer (?P<value>{_TOKEN68})"), lambda match: is_random(match["value"])),
    ),
    Rule(
        "basic_login",
        r"Basic [A-Za-z0-9+/]{8,}",
        _replaced(
            "basic_login",
            re.compile(r"Basic (?P<value>[A-Za-z0-9+/]{8,}={0,2})"),
            lambda match: is_basic_login(match["value"].rstrip("=")),
        ),
    ),
    Rule(
        "url_token",
        "://[A-Za-z0-9_-]{30,128}@",
        _replaced("url_token", re.compile("://(?P<value>[A-Za-z0-9_-]{30,128})@(?=[A-Za-z0-9\\[])"), lambda match: is_header_token(match["value"])),
    ),
    Rule(
        "header_token",
        f"(?i)authorization[\"']?: {{0,4}}[\"']?token {_TOKEN68}",
        _replaced(
            "header_token",
            re.compile(f"(?i)authorization[\"']?: {{0,4}}[\"']?token (?P<value>{_TOKEN68})"),
            lambda match: is_header_token(match["value"]),
        ),
    ),
    Rule(
        "command_password",
        f"(?:-u|--user)[ =][\"']?{_LOGIN}:{_TYPED}|-p[\"']{_TYPED}|login {_LOGIN}\\s{{1,4}}password {_TYPED}",
        _replaced(
            "command_password",
            re.compile(
                f"(?:(?<![\\w-])(?:-u|--user)[ =][\"']?{_LOGIN}:|(?<![\\w-])-p[\"']|(?<!\\w)login {_LOGIN}\\s{{1,4}}password )(?P<value>{_TYPED})"
            ),
            lambda match: is_random(match["value"]),
        ),
    ),
    Rule(
        "signature",
        "[?&]sig=[A-Za-z0-9%+/]{43,}",
        _replaced("signature", re.compile("[?&]sig=(?P<value>[A-Za-z0-9%+/]{43,}=?)"), lambda match: is_random(match["value"])),
    ),
    Rule(
        "stored_login",
        "_?auth\"?[ \\t]{0,4}[:=][ \\t]{0,4}\"?[A-Za-z0-9+/]{12,}",
        _replaced(
            "stored_login",
            re.compile("(?<![A-Za-z0-9])_?auth\"?[ \\t]{0,4}[:=][ \\t]{0,4}\"?(?P<value>[A-Za-z0-9+/]{12,}={0,2})"),
            lambda match: is_basic_login(match["value"].rstrip("=")),
        ),
    ),
    Rule(
        "element",
        f"(?i){_NAME}(?:>[!-;=?-~]{{8,256}}</|\" {{1,4}}value=\"[!#-&(-~]{{8,256}}\")",
        _replaced(
            "element",
            re.compile(f"(?P<name>{_FOUND_NAME})(?i:>(?=[!-;=?-~]{{8,256}}</)|\" {{1,4}}value=\"(?=[!#-&(-~]{{8,256}}\"))(?P<value>[!#-&(-;=?-~]{{8,256}})"),
            lambda match: is_key_of(match["name"], match["value"]),
        ),
    ),
    Rule("assigned", rf"(?i){_NAME}{_NAME_END}(?:{_SET}{_QUOTED}|{_SET_BARE}{_BARE_START})", _redact_assignments, located=True),
)
"""Whole blocks first, then marked tokens, then what only its place gives away."""
