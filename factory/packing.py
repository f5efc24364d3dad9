"""Pack: choose distractors up to the budget, put the pieces in random order, count the whole prompt exactly.

Gold is never cut. Distractors are tried tier 1 first, inside a tier in an order drawn from (pair_id, seed); one that
does not fit into what is left is skipped and counted, a later and smaller one may still fit. The order in the
context is one random permutation drawn from (pair_id, seed) and the pieces' kinds and names alone, so pieces that
two variants share stand in the same relative order in both.

Each piece is tokenised once, together with its wrapper: documents meet where a newline stands before `<`, and
there the count of a whole prompt is the sum of its parts (`tokens.LINE_PATTERNS`). A tokenizer for which that is
not proven is counted over whole prompts, which is slower and as exact.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from factory.errors import RowError, SettingsError
from factory.prompts import FOOTER, document_header, user_prompt
from factory.recipe import Packing
from factory.records import Domain, Evidence, Piece, digest
from factory.tokens import Measured, Tokenizer

VERSION = "3"
"""Raised when the same evidence is packed differently."""

BIN_TOKENS = 2_000
"""Width of the bins of a length histogram."""


class Packed(NamedTuple):
    context: str
    pieces: tuple[Piece, ...]
    """In the order of the context."""
    prompt_tokens: int
    context_tokens: int
    dropped: dict[str, int]
    """Distractors left out: `budget` does not fit at all, `over_target` only not into the wanted length."""
    evidence_ids: tuple[str, ...]
    """Sorted ids of all the evidence that was offered."""
    context_id: str
    """Hash of what makes up the context, in its order. It and the ids come from one hash of each text."""


class Offered(NamedTuple):
    id: str
    text_id: str
    evidence: Evidence


class Document(NamedTuple):
    """A piece of evidence in its wrapper."""

    id: str
    text_id: str
    evidence: Evidence
    header: str
    measured: Measured
    """Exact where the tokenizer cuts at lines, else the document's count when it stands alone."""


def pack(
    question: str, domain: Domain, evidence: Sequence[Evidence], tokenizer: Tokenizer, settings: Packing, pair_id: str
) -> Packed:
    """The context of one prompt. RowError `over_budget` when the gold alone does not fit, `too_short` when the context
    is under min_context_tokens."""
    prefix, suffix = user_prompt(domain, question)
    head, tail = f"{tokenizer.prompt_prefix}{prefix}", f"{suffix}{tokenizer.prompt_suffix}"
    budget, target = settings.budget_tokens, target_tokens(domain, settings, pair_id)
    hashed = [(piece.text_id, piece) for piece in evidence]
    offered = sorted([Offered(piece.id(text_id), text_id, piece) for text_id, piece in hashed], key=itemgetter(0))

    chosen = _documents([one for one in offered if one.evidence.role == "gold"], tokenizer)
    num_gold = len(chosen)
    around = tokenizer.count_again(head), tokenizer.count(tail)
    used = sum(around) + sum(document.measured.num_tokens for document in chosen)
    if tokenizer.cuts_at_lines and used > budget:
        raise _over_budget(used, num_gold, budget)
    dropped: Counter[str] = Counter()
    lots = Lots(pair_id, settings.seed, "fill")
    for tier in ("tier1", "tier2"):
        documents = _documents([one for one in offered if one.evidence.role == tier], tokenizer)
        fit = tokenizer.cuts_at_lines and used + sum(document.measured.num_tokens for document in documents) <= target
        for document in documents if fit else lots.sort(documents):  # where all fit, their order is nothing to anyone
            total = used + document.measured.num_tokens
            if total <= target:
                chosen.append(document)
                used = total
            else:
                dropped["budget" if total > budget else "over_target"] += 1

    lots = Lots(pair_id, settings.seed, "order")
    while True:
        packed = _lay_out(lots.sort(chosen), head, tail, around, tokenizer)
        if len(chosen) == num_gold or packed.prompt_tokens <= target:
            break
        chosen.pop()  # only where counts of documents alone do not add up: the last one taken goes again
        dropped["budget" if packed.prompt_tokens > budget else "over_target"] += 1
    if packed.prompt_tokens > budget:
        raise _over_budget(packed.prompt_tokens, num_gold, budget)
    if packed.context_tokens < settings.min_context_tokens:
        raise RowError("too_short", f"{packed.context_tokens:,} tokens of context; min_context_tokens = {settings.min_context_tokens:,}")
    return packed._replace(dropped=dict(sorted(dropped.items())), evidence_ids=tuple(one.id for one in offered))


def _over_budget(num_tokens: int, num_gold: int, budget: int) -> RowError:
    return RowError("over_budget", f"with its {num_gold} gold pieces alone the prompt takes {num_tokens:,} tokens; {budget:,} are allowed")


def target_tokens(domain: Domain, settings: Packing, pair_id: str) -> int:
    """Prompt tokens that distractors may fill up to; gold may go past it, up to the budget.

    With `histogram`, the last token of a bin that is drawn from (pair_id, seed) by weight; a domain without a
    histogram is filled."""
    budget = settings.budget_tokens
    if settings.target == "fixed":
        if not settings.target_tokens:
            raise SettingsError("`compile.packing.target_tokens` = 0: with target = \"fixed\" give the prompt tokens that are wanted")
        return min(budget, settings.target_tokens)
    weights = settings.histogram.get(domain, {}) if settings.target == "histogram" else {}
    if not weights:
        return budget
    edges, sums = zip(*zip(sorted(weights), accumulate(weights[edge] for edge in sorted(weights))))
    if min(weights.values()) < 0 or not sums[-1] > 0:
        raise SettingsError(f"`compile.packing.histogram.{domain}` = {weights}: weights are 0 or more, and one is more than 0")
    drawn = int.from_bytes(Lots(pair_id, settings.seed, "length").draw()) / 256**32 * sums[-1]
    edge = next((edge for edge, total in zip(edges, sums) if drawn < total), edges[-1])
    return min(budget, edge + BIN_TOKENS - 1)


class Lots:
    """Random numbers that depend on (pair_id, seed), what they are for, and a piece's kind and name: the same on every
    machine, in every process, for any order of the evidence."""

    def __init__(self, pair_id: str, seed: int, purpose: str):
        self._start = hashlib.sha256(digest("draw", pair_id, str(seed), purpose).encode())

    def draw(self, *what: str) -> bytes:
        """32 bytes."""
        lot = self._start.copy()
        lot.update("\0".join(what).encode())
        return lot.digest()

    def sort(self, documents: Iterable[Offered]) -> list[Offered]:
        return sorted(documents, key=lambda one: (self.draw(one.evidence.kind, one.evidence.name), one.id))


def _documents(offered: list[Offered], tokenizer: Tokenizer) -> list[Document]:
    texts = [(text_id, document_header(piece.name), piece.text) for _, text_id, piece in offered]
    if tokenizer.cuts_at_lines:
        found = tokenizer.measure(texts, FOOTER)
    else:
        found = [Measured(tokenizer.count(f"{header}{text}{FOOTER}"), 0, 0) for _, header, text in texts]
    return [Document(id, text_id, piece, header, measured) for (id, text_id, piece), (_, header, _), measured in zip(offered, texts, found)]


def _lay_out(documents: list[Document], head: str, tail: str, around: tuple[int, int], tokenizer: Tokenizer) -> Packed:
    """The context with its pieces' places; `dropped` and `evidence_ids` are left to the caller."""
    parts, spans, ranges = [], [], []
    end, at = 0, around[0]
    for _, _, evidence, header, (num_tokens, text_start, text_end) in documents:
        parts += (header, evidence.text, FOOTER)
        start = end + len(header)
        end = start + len(evidence.text)
        spans.append((start, end))
        end += len(FOOTER)
        ranges.append((at + text_start, at + text_end))
        at += num_tokens
    context = "".join(parts)
    context_tokens, prompt_tokens = at - around[0], at + around[1]
    if not tokenizer.cuts_at_lines:
        shifted = [(len(head) + start, len(head) + end) for start, end in [*spans, (0, len(context))]]
        prompt_tokens, ranges = tokenizer.locate(f"{head}{context}{tail}", shifted)
        first, last = ranges.pop()
        context_tokens = last - first
    pieces = tuple([_piece(document.evidence, span, tokens) for document, span, tokens in zip(documents, spans, ranges)])
    context_id = digest(*[document.text_id for document in documents])
    return Packed(context, pieces, prompt_tokens, context_tokens, {}, (), context_id)


def _piece(evidence: Evidence, span: tuple[int, int], tokens: tuple[int, int]) -> Piece:
    role, kind, name, _, turns, whole, edits, original_sha256 = evidence
    return Piece(role, kind, name, *span, *tokens, whole, turns, edits, original_sha256)
