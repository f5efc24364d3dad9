"""Pieces of a published dataset as a pool of further distractors.

The pool is a version of a dataset, so that what an example becomes depends on content alone: not on which runs
happen to be compiled beside it. The dataset's pointer is part of the scope (see `factory/identity.py`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from factory import mining, parts, publish
from factory.errors import SettingsError
from factory.records import Domain, Evidence

MOST_PIECES = 20_000
"""Of a larger pool the pieces with the smallest ids are taken."""

COLUMNS = ("messages", "context_start", "pieces")


def load(root: str, domain: Domain) -> mining.Pool:
    """The pool of one domain."""
    version = publish.current(root)
    if version is None:
        raise SettingsError(f"`compile.packing.pool` = `{root}` holds no published version; build it first")
    pieces = heapq.nsmallest(MOST_PIECES, _pieces(root, version, domain), key=lambda pair: pair[0])
    return mining.pool(piece for _, piece in pieces)


def _pieces(root: str, version: publish.Version, domain: Domain) -> Iterator[tuple[str, Evidence]]:
    seen: set[str] = set()
    for file in version.files:
        if file.domain != domain:
            continue
        for row in parts.read_rows(root, file.path, COLUMNS):
            message = row["messages"][0]["content"]
            for span in row["pieces"]:
                text = message[row["context_start"] + span["start"] : row["context_start"] + span["end"]]
                piece = Evidence(role="tier2", kind=span["kind"], name=span["name"], text=text, whole=span["whole"])
                key = piece.text_id
                if key not in seen:
                    seen.add(key)
                    yield key, piece
