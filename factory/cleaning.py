"""Clean: every text that enters a row goes through `clean` once, before it is hashed, counted and packed.

Removed or replaced: lone surrogates, terminal sequences, control characters; secrets become `[REDACTED:kind]`;
chat tokens and our own document tags get a backslash after their first character, so that evidence cannot write
the structure of a row. Think tags count as such tokens. Tabs, newlines, carriage returns and form feeds stay
(source files hold them and patches must still apply); bidirectional controls stay and are counted.

One scan over the bytes finds which of all these a text holds; only those are then looked at. Clean text costs the scan.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from factory import secrets
from factory.recipe import Cleaning

VERSION = f"1.{secrets.VERSION}"
"""Raised when the same text is cleaned differently."""

ALWAYS_NEUTRALISED = ("<think>", "</think>", "<|im_start|>", "<|im_end|>", "<|endoftext|>")
"""Chat tokens of every tokenizer: the structure of our rows and of the commonest template."""

ROUNDS = 8
"""What one edit uncovers (a token behind a NUL, a secret behind an escape) is seen in the next round."""


class Cleaned(NamedTuple):
    text: str
    edits: tuple[str, ...]
    """What was done, as `kind:count`, sorted; `bidi_kept` changes nothing."""
    original_sha256: str
    """Of the text before, where it was changed, else ""."""


def clean(text: str, settings: Cleaning, special_tokens: tuple[str, ...] = ()) -> Cleaned:
    """The text as it may enter a row. Cleaning it again changes nothing."""
    scanner = _scanner(special_tokens, settings.redact_secrets)
    cleaned, data, num_surrogates = _encodable(text)
    found = scanner.scan(data)
    if not found and not num_surrogates:
        return Cleaned(text, (), "")
    counts: Counter[str] = Counter(surrogate=num_surrogates)
    for _ in range(ROUNDS):
        if not found:
            break
        before = cleaned
        for index in sorted(found):
            kind, edit, located = scanner.edits[index]
            if located and cleaned is not before:
                continue  # the places have moved; the next round finds them again
            cleaned, count = edit(cleaned, _character_offsets(data, found[index]) if located else [])
            counts[kind] = count if kind == "bidi_kept" else counts[kind] + count
        if cleaned == before:
            break
        data = cleaned.encode()
        found = scanner.scan(data)
    changed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if cleaned != text else ""
    return Cleaned(cleaned, tuple(sorted(f"{kind}:{count}" for kind, count in counts.items() if count)), changed)


Edit = Callable[[str, list[int]], tuple[str, int]]
"""(text, character offsets where the scanner's matches end) -> edited text and the number of edits."""


def is_clean(texts: Iterable[str], settings: Cleaning, special_tokens: tuple[str, ...] = ()) -> bool:
    """Whether `clean` would find nothing in any of the texts, told by one scan over all of them. Two clean texts that
    together look like something give False."""
    # No pattern is bound to a text's start, and to its end only one that takes a newline as well.
    try:
        data = "\n".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return not _scanner(special_tokens, settings.redact_secrets).scan(data)


class Scanner:
    """Which edits a text needs. One pass of Hyperscan over its bytes, linear whatever the text."""

    def __init__(self, rules: list[tuple[str, list[bytes], Edit, bool]]):
        import hyperscan

        self.edits = [(kind, edit, located) for kind, _, edit, located in rules]
        patterns = [(pattern, index) for index, rule in enumerate(rules) for pattern in rule[1]]
        located = {index for index, rule in enumerate(rules) if rule[3]}
        self._database: Any = hyperscan.Database()
        self._database.compile(
            expressions=[pattern for pattern, _ in patterns],
            ids=[index for _, index in patterns],
            elements=len(patterns),
            flags=[0 if index in located else hyperscan.HS_FLAG_SINGLEMATCH for _, index in patterns],
        )
        self._lock = threading.Lock()  # the database's scratch space serves one scan at a time

    def scan(self, data: bytes) -> dict[int, list[int]]:
        """Index of each edit that the text needs -> byte offsets where its pattern's matches end."""
        found: dict[int, list[int]] = {}
        if data:
            with self._lock:
                self._database.scan(data, match_event_handler=lambda index, _, end, *__: found.setdefault(index, []).append(end))
        return found


@lru_cache(16)
def _scanner(special_tokens: tuple[str, ...], redact_secrets: bool) -> Scanner:
    tokens = sorted({*special_tokens, *ALWAYS_NEUTRALISED})
    rules: list[tuple[str, list[bytes], Edit, bool]] = [
        ("terminal", [rb"[\x1b\x08]", rb"\xc2\x9b"], _drop_terminal, False),
        ("control", [rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f]", rb"\xc2[\x80-\x84\x86-\x9a\x9c-\x9f]"], _drop_controls, False),
        ("special_token", [_literal(token) for token in tokens], lambda text, _: _neutralise(text, tokens), False),
        ("delimiter", [rb"</?document(?:[\t-\r >/]|$)"], _neutralise_delimiters, False),
    ]
    if redact_secrets:
        rules += [(f"secret_{rule.kind}", [rule.scanned.encode()], rule.redact, rule.located) for rule in secrets.RULES]
    return Scanner([*rules, ("bidi_kept", [rb"\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c"], _count_bidi, False)])


def _literal(token: str) -> bytes:
    return "".join(f"\\x{byte:02x}" for byte in token.encode()).encode()


def _character_offsets(data: bytes, ends: list[int]) -> list[int]:
    """Offsets in the text of offsets in its UTF-8; every one ends an ASCII character."""
    if data.isascii():
        return ends
    offsets, at, characters = [], 0, 0
    for end in sorted(ends):
        characters, at = characters + len(data[at:end].decode()), end
        offsets.append(characters)
    return offsets


def _encodable(text: str) -> tuple[str, bytes, int]:
    """The text, its UTF-8, and the surrogates that were mended: halves of a pair are joined, lone ones become U+FFFD."""
    try:
        return text, text.encode(), 0
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined, joined.encode(), len(_SURROGATES.findall(text))


_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # colours, cursor movements
    r"|\x1b\][^\x07\x1b\x9c]{0,2048}(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[PX^_][^\x1b]{0,2048}\x1b\\"
    r"|\x1b[ -/]{1,2}[0-~]|\x1b[0-Z\\^-~]|[\x1b\x9b]"
    r"|[^\n\x08]\x08|\x08"  # overstruck letters of manual pages
)
_CONTROLS = re.compile("[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f\x80-\x84\x86-\x9a\x9c-\x9f]")
_DELIMITER = re.compile(r"<(?=/?document(?:[\t-\r >/]|\Z))")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")


def _drop_terminal(text: str, _: list[int]) -> tuple[str, int]:
    return _TERMINAL.subn("", text)


def _drop_controls(text: str, _: list[int]) -> tuple[str, int]:
    return _CONTROLS.subn("", text)


def _neutralise(text: str, tokens: list[str]) -> tuple[str, int]:
    count = 0
    for token in tokens:
        while (times := text.count(token)):  # again where a token overlaps itself
            text, count = text.replace(token, f"{token[0]}\\{token[1:]}"), count + times
    return text, count


def _neutralise_delimiters(text: str, _: list[int]) -> tuple[str, int]:
    return _DELIMITER.subn(r"<\\", text)


def _count_bidi(text: str, _: list[int]) -> tuple[str, int]:
    return text, len(_BIDI.findall(text))
