"""What is measured of a passing trace beside its verdict: how early it names the answer, how much of it stands in the context.

Answer-first rate (AFR): traces that state the gold in their first fifth teach to guess (arXiv 2607.14552).
Faithfulness: of the names, numbers and quoted lines in the reasoning, the share that the documents hold.
Both are marks of the verdict (`early_answer`, `grounded:PERCENT`); nothing is rejected by them.
"""

from __future__ import annotations

import re

from factory.records import Example, Trace

VERSION = "1"

EARLY = 0.2
FEWEST, MOST = 3, 300
"""Quoted things below which nothing is said, and beyond which no more are looked up."""

_QUOTED = re.compile(r"`([^`\n]{3,200})`|\"([^\"\n]{3,200})\"|“([^”\n]{3,200})”")
_WORD = re.compile(r"[^\W_][\w.,:/-]*[^\W_]|[^\W_]")
_SPACE = re.compile(r"\s+")


def marks(example: Example, trace: Trace) -> tuple[str, ...]:
    found = []
    position = first_mention(trace.reasoning, example)
    if position is not None and position <= EARLY:
        found.append("early_answer")
    share = grounded(trace.reasoning, example)
    if share is not None:
        found.append(f"grounded:{share:.0%}".rstrip("%"))
    return tuple(found)


def first_mention(reasoning: str, example: Example) -> float | None:
    """Where in the reasoning, from 0 to 1, the gold is first stated; None where it never is.

    search: the answer or an alias; sql and swe: the point by which half of the result's cells, or of the
    patch's new lines, have been written."""
    text = _flat(reasoning)
    if example.domain == "search":
        places = [place for gold in (example.ground_truth.text, *example.ground_truth.aliases) if (place := _find(text, _flat(gold))) >= 0]
        return min(places) / len(text) if places else None
    pieces = _cells(example.ground_truth.text) if example.domain == "sql" else _new_lines(example.ground_truth.text)
    places = sorted(place for piece in pieces if (place := _find(text, piece)) >= 0)
    half = (len(pieces) + 1) // 2
    return places[half - 1] / len(text) if pieces and len(places) >= half else None


def grounded(reasoning: str, example: Example) -> float | None:
    """Share of the reasoning's quoted lines, names and numbers that the question or the context holds."""
    text = _flat(f"{example.question}\n{example.context}")
    words = set(_WORD.findall(text))
    quoted = {_flat(next(filter(None, groups))) for groups in _QUOTED.findall(reasoning)}
    said = quoted | {word.lower() for word in _names_and_numbers(reasoning)}
    things = sorted(said)[:MOST]
    if len(things) < FEWEST:
        return None
    return sum(thing in words or thing in text for thing in things) / len(things)


def _names_and_numbers(reasoning: str) -> set[str]:
    """Numbers of two digits and more, identifiers, and capitalised words that do not begin a sentence."""
    found = set()
    for match in _WORD.finditer(reasoning):
        word = match[0]
        inner = word[1:]
        if sum(char.isdigit() for char in word) >= 2 or "_" in word or (any(c.isupper() for c in inner) and any(c.islower() for c in word)):
            found.add(word)
        elif word[0].isupper() and len(word) > 2:
            before = reasoning[max(0, match.start() - 3) : match.start()].rstrip(" \"'“‘(")
            if before and before[-1] not in ".!?:;\n*#->":
                found.add(word)
    return found


def _cells(table: str) -> list[str]:
    """Distinct cells of two characters and more in the body of a Markdown table."""
    cells = (_flat(cell) for line in table.splitlines()[2:] for cell in line.strip().strip("|").split("|"))
    return sorted({cell for cell in cells if len(cell) > 1})[:MOST]


def _new_lines(patch: str) -> list[str]:
    lines = (_flat(line[1:]) for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++"))
    return sorted({line for line in lines if len(line) > 7})[:MOST]


def _find(text: str, piece: str) -> int:
    """Where `piece` stands in `text` as whole words; -1 where it does not."""
    at = text.find(piece) if piece else -1
    for _ in range(1_000):
        if at < 0:
            return -1
        before, after = text[at - 1 : at], text[at + len(piece) : at + len(piece) + 1]
        if not (before.isalnum() and piece[0].isalnum()) and not (after.isalnum() and piece[-1].isalnum()):
            return at
        at = text.find(piece, at + 1)
    return -1


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip().lower()
