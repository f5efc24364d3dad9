"""The merged text of one file: its known lines in order, and a marker for every gap."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from factory.windows.history import History
from factory.windows.reading import Window

MIN_RUN = 3
"""Shorter runs of lines that only a search found, and shorter windows without a place, are left out."""


def gap(first: int, last: int | None) -> str:
    """The line that stands for lines first..last, as factory/patches reads it; last None is the file's end."""
    return f"[... lines {first}-{'end' if last is None else last} not shown ...]"


UNKNOWN_GAP = "[... not shown ...]"


class Merged(NamedTuple):
    text: str
    turns: tuple[int, ...]
    """Turns whose windows are in the text."""
    whole: bool
    num_conflicts: int


def place(history: History, anchors: dict[int, str]) -> None:
    """Give loose windows their line numbers where their content fits at exactly one place.

    `anchors` are old lines known from elsewhere (the agent's diff): they help to place, and are not shown.
    """
    for _ in range(5 if history.loose else 0):
        known = {**anchors, **history.old}
        counts = Counter(text.rstrip() for text in known.values())
        unique = {text.rstrip(): n for n, text in known.items() if counts[text.rstrip()] == 1 and text.strip()}
        left = []
        for turn, window in history.loose:
            first = _fit(window, known, unique)
            if first is None:
                left.append((turn, window))
            else:
                lines = {first + i: line for i, line in enumerate(window.lines)}
                history.take(window._replace(first=first), turn, lines)
        if len(left) == len(history.loose):
            return
        history.loose = left


def _fit(window: Window, known: dict[int, str], unique: dict[str, int]) -> int | None:
    """First line number of a window whose lines agree with all known lines, on at least MIN_RUN that are not blank."""
    votes = Counter(
        unique[line.rstrip()] - i for i, line in enumerate(window.lines) if line.rstrip() in unique
    )
    if not votes:
        return None
    first, _ = votes.most_common(1)[0]
    if first < 1:
        return None
    same = 0
    for i, line in enumerate(window.lines):
        text = known.get(first + i)
        if text is None:
            continue
        if text.rstrip() != line.rstrip():
            return None
        same += bool(line.strip())
    return first if same >= MIN_RUN else None


def _runs(history: History) -> list[tuple[int, int]]:
    """First and last number of every run of known lines that is worth showing."""
    runs: list[list[int]] = []
    for n in sorted(history.old):
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])

    def opened(first: int, last: int) -> bool:
        return any(not history.windows[history.sources[n]][1].is_search for n in range(first, last + 1))

    return [(a, b) for a, b in runs if b - a + 1 >= MIN_RUN or opened(a, b)]


def render(history: History) -> Merged | None:
    """The file as far as it is known, or None when nothing is."""
    runs = _runs(history)
    lines: list[str] = []
    turns: set[int] = set()
    at = 1
    for first, last in runs:
        if first > at:
            lines.append(gap(at, first - 1))
        lines += [history.old[n] for n in range(first, last + 1)]
        at = last + 1
    shown = {history.sources[n] for first, last in runs for n in range(first, last + 1)}
    turns.update(history.windows[index][0] for index in shown)
    complete = history.end is not None and at == history.end + 1
    kept: list[Window] = []
    texts = ["\n".join(history.old[n] for n in range(a, b + 1)) for a, b in runs]
    for turn, window in [] if complete else history.loose:
        text = "\n".join(window.lines)
        if len(window.lines) >= MIN_RUN and not any(text in other for other in texts):
            kept.append(window)
            texts.append(text)
            turns.add(turn)
    kept.sort(key=lambda window: window.reaches_end)
    if not complete and (lines or kept):
        if not kept:
            lines.append(gap(at, history.end))
        for position, window in enumerate(kept):
            lines += [gap(at, None) if runs and not position else UNKNOWN_GAP, *window.lines]
        if kept and not kept[-1].reaches_end:
            lines.append(UNKNOWN_GAP)
    if not lines:
        return None
    whole = complete and bool(runs) and len(runs) == 1 and runs[0][0] == 1
    text = "\n".join(lines) + ("" if complete and history.ends_bare else "\n")
    return Merged(text, tuple(sorted(turns)), whole, history.num_conflicts)
