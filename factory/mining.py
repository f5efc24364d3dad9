"""Mine: more tier-2 distractors for a question, from what agents saw in other runs of the same domain.

Neighbours of the question by BM25 (bm25s), best first. A piece that holds the answer, or that the run itself has
under the same name or with the same text, is never taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from factory.records import Evidence, digest

VERSION = "1"
"""Raised when other pieces are mined."""

INDEXED_CHARACTERS = 20_000
"""Only the beginning of a piece is indexed: it says what the piece is about, and bounds the index."""

_WORD = re.compile(r"\w\w+")


class Pool(NamedTuple):
    """Distinct pieces of one domain, in an order that does not depend on the order they came in."""

    pieces: tuple[Evidence, ...]
    words: dict[str, int]
    """Word -> its number in the index."""
    index: Any
    """A bm25s.BM25, or None for a pool without a word."""


def pool(evidence: Iterable[Evidence]) -> Pool:
    """An index over the pieces; of pieces with the same name and text, one stays."""
    import bm25s

    distinct = {digest(piece.kind, piece.name, piece.text): piece for piece in evidence}
    pieces = tuple(distinct[key]._replace(role="tier2", turns=()) for key in sorted(distinct))
    words: dict[str, int] = {}
    indexed = [[words.setdefault(word, len(words)) for word in _words(piece)] for piece in pieces]
    if not words:
        return Pool(pieces, words, None)
    index = bm25s.BM25()
    index.index((indexed, words), show_progress=False)
    return Pool(pieces, words, index)


def mine(
    question: str, pool: Pool, count: int, own: Collection[Evidence], holds_answer: Callable[[str], bool]
) -> tuple[list[Evidence], dict[str, int]]:
    """At most `count` pieces that share a word with the question, best first, and what was passed over, by reason.

    `own` is the run's own evidence; `holds_answer` says whether a text gives the answer away."""
    asked = sorted({pool.words[word] for word in _WORD.findall(question.lower()) if word in pool.words})
    if not asked or count <= 0:
        return [], {}
    names, texts = {piece.name for piece in own}, {piece.text for piece in own}
    scores = pool.index.get_scores_from_ids(asked)
    taken: list[Evidence] = []
    dropped: Counter[str] = Counter()
    for place in sorted(scores.nonzero()[0].tolist(), key=lambda place: (-scores[place], place)):
        piece = pool.pieces[place]
        if len(taken) == count:
            break
        if piece.name in names or piece.text in texts:
            continue
        if holds_answer(piece.text):
            dropped["holds_answer"] += 1
            continue
        taken.append(piece)
        names.add(piece.name)
    return taken, dict(dropped)


def _words(piece: Evidence) -> list[str]:
    return _WORD.findall(f"{piece.name}\n{piece.text[:INDEXED_CHARACTERS]}".lower())
