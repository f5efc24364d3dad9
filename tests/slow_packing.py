"""Packing again, written from the rules alone: slow, without caches, without cutting, with the truth tokenizer.

Every total is a count of a whole rendered prompt. Nothing is shared with `factory.packing` but the records and the
texts around the context.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from factory.errors import RowError
from factory.prompts import user_prompt
from factory.recipe import Packing
from factory.records import Domain, Evidence


class SlowPacked(NamedTuple):
    context: str
    names: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    token_ranges: tuple[tuple[int, int], ...]
    prompt_tokens: int
    dropped: dict[str, int]
    ids: list[int]
    """Token ids of the whole prompt."""


def slow_pack(question: str, domain: Domain, evidence: list[Evidence], tokenizer, settings: Packing, pair_id: str) -> SlowPacked:
    prefix, suffix = user_prompt(domain, question)
    budget = settings.sequence_tokens - settings.reserve_trace_tokens
    limit = budget
    if settings.target == "fixed":
        limit = min(budget, settings.target_tokens)

    def prompt(pieces: list[Evidence]) -> str:
        return tokenizer.prompt_prefix + prefix + "".join(map(wrap, pieces)) + suffix + tokenizer.prompt_suffix

    def count(pieces: list[Evidence]) -> int:
        return len(tokenizer.truth.encode(prompt(pieces), add_special_tokens=False).ids)

    taken = [piece for piece in evidence if piece.role == "gold"]
    if count(taken) > budget:
        raise RowError("over_budget")
    dropped: dict[str, int] = {}
    for role in ("tier1", "tier2"):
        tier = [piece for piece in evidence if piece.role == role]
        for piece in sorted(tier, key=lambda p: lot(pair_id, settings.seed, "fill", p)):
            total = count([*taken, piece])
            if total <= limit:
                taken.append(piece)
            else:
                why = "budget" if total > budget else "over_target"
                dropped[why] = dropped.get(why, 0) + 1
    taken.sort(key=lambda p: lot(pair_id, settings.seed, "order", p))

    context, spans = "", []
    for piece in taken:
        opening = wrap(piece).removesuffix(piece.text + "\n</document>\n")
        spans.append((len(context) + len(opening), len(context) + len(opening) + len(piece.text)))
        context += wrap(piece)
    encoding = tokenizer.truth.encode(prompt(taken), add_special_tokens=False)
    shift = len(tokenizer.prompt_prefix + prefix)
    ranges = []
    for start, end in spans:
        covering = [
            i for i, (first, last) in enumerate(encoding.offsets) if first < shift + end and last > shift + start
        ]
        ranges.append((covering[0], covering[-1] + 1) if covering else None)
    names = tuple(piece.name for piece in taken)
    return SlowPacked(context, names, tuple(spans), tuple(ranges), len(encoding.ids), dropped, encoding.ids)


def wrap(piece: Evidence) -> str:
    name = ""
    previous_is_break = False
    for character in piece.name:
        is_break = ord(character) < 32 or character in "\x7f\x85\u2028\u2029"
        if is_break and previous_is_break:
            continue
        name += " " if is_break else ESCAPES.get(character, character)
        previous_is_break = is_break
    return f'<document source="{name}">\n{piece.text}\n</document>\n'


ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}


def lot(pair_id: str, seed: int, purpose: str, piece: Evidence) -> str:
    hashed = hashlib.sha256()
    for part in ("draw", pair_id, str(seed), purpose):
        data = part.encode()
        hashed.update(len(data).to_bytes(8, "little") + data)
    start = hashed.hexdigest()[:32]
    return hashlib.sha256(f"{start}{piece.kind}\0{piece.name}".encode()).hexdigest()
