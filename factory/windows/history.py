"""One file through a run: which of the lines that were shown are its text before any edit.

A file starts as it stood before the run. Edits that are fully understood move line numbers and mark
lines as new; after one that is not, nothing shown later is taken, until the file is restored, or unless
the agent's final diff says what became of every line. Windows that contradict what is known are dropped.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

from factory.patches import Hunk
from factory.shell import Edit
from factory.windows.reading import Window

MAX_PLACES = 200
"""A text that stands at more places is not followed."""


class Segment(NamedTuple):
    """Lines `start` onwards of the file as it stands now, up to the next segment."""

    start: int
    origin: int | None
    """Old number of the first line; None for lines that an edit wrote."""


class History:
    def __init__(self, path: str):
        self.path = path
        self.old: dict[int, str] = {}
        """Old line number -> text."""
        self.sources: dict[int, int] = {}
        """Old line number -> index into `windows` of the window that gave it."""
        self.windows: list[tuple[int, Window]] = []
        """(turn, window) of every window that was used."""
        self.end: int | None = None
        """Old number of the last line."""
        self.ends_bare = False
        self.loose: list[tuple[int, Window]] = []
        """Windows of the old text whose place is not known."""
        self.late: list[tuple[int, Window]] = []
        """Windows since the last edit, while that edit is not understood."""
        self.new: dict[int, str] = {}
        """Present line number -> text, of lines that edits wrote."""
        self.num_conflicts = 0
        self.was_created = False
        self.segments: list[Segment] | None = [Segment(1, 1)]
        self.filters: list[tuple[str, str]] = []
        """(old, new) of substitutions that ran over every line."""
        self.is_touched = False
        self.can_restore = True
        self.stashed: list[tuple] = []

    @property
    def was_opened(self) -> bool:
        """Some window was opened, not only found by a search."""
        return any(not window.is_search for _, window in (*self.windows, *self.loose))

    # windows

    def show(self, window: Window, turn: int) -> None:
        """Take in a window as the run showed it."""
        if self.was_created:
            return
        if window.revision:
            if window.revision in ("HEAD", "HEAD:") and self.can_restore and window.first is not None:
                self.take(window, turn, {window.first + i: line for i, line in enumerate(window.lines)})
            return
        if self.segments is None:
            self.late.append((turn, window))
        elif window.first is None:
            if not self.is_touched:
                self.loose.append((turn, window))
        else:
            self._take_through(window, turn, self.segments)

    def _take_through(self, window: Window, turn: int, segments: list[Segment]) -> None:
        assert window.first is not None
        lines: dict[int, str] = {}
        position = 0
        for offset, text in enumerate(window.lines):
            number = window.first + offset
            while position + 1 < len(segments) and segments[position + 1].start <= number:
                position += 1
            origin = segments[position].origin
            if origin is None:
                written = self.new.get(number)
                if written is not None and written.rstrip() != text.rstrip():
                    self._conflict()
                    return
            elif not any(new in text for _, new in self.filters):
                lines[origin + number - segments[position].start] = text
        self.take(window, turn, lines)

    def take(self, window: Window, turn: int, lines: dict[int, str]) -> None:
        if self.end is not None:
            # some tools number the nothing after the last newline
            lines = {n: text for n, text in lines.items() if n <= self.end or text.strip()}
            if any(n > self.end for n in lines):
                self._conflict()
                return
        if any(n in self.old and not _is_same(self.old[n], text) for n, text in lines.items()):
            self._conflict()
            return
        index = len(self.windows)
        self.windows.append((turn, window))
        for n, text in lines.items():
            known = self.old.get(n)
            # trailing blanks may have been stripped, leading tabs written as blanks
            if known is None or ("\t" in text, len(text)) > ("\t" in known, len(known)):
                self.old[n] = text
                self.sources[n] = index
        if window.reaches_end and lines and not self.is_touched:
            last = max(lines)
            if self.end is None and last == max(self.old):
                self.end = last
                self.ends_bare = window.ends_bare

    def _conflict(self) -> None:
        """What is shown does not fit what is known: something changed the file unseen."""
        self.num_conflicts += 1
        self.lose_track()

    # edits

    def lose_track(self) -> None:
        self.segments = None
        self.is_touched = True
        self.late = []

    def edit(self, edit: Edit, certain: bool = True) -> None:
        """Follow an edit of this file."""
        if edit.kind == "restore":
            self.restore() if certain else self.lose_track()
            return
        if edit.kind == "write" and not self.old and not self.loose and not self.is_touched:
            self.was_created = True
        if self.was_created:
            return
        if self.segments is None or not certain:
            self.lose_track()
        elif edit.kind == "lines":
            self._replace_lines(edit.first, edit.last, None if edit.lines is None else list(edit.lines))
        elif edit.kind == "replace":
            self._replace_text(edit)
        elif edit.kind == "substitute" and edit.new.strip():
            # a line that changed holds the new text; one without it did not change
            self.filters = [*self.filters, (edit.old, edit.new)]
        else:
            self.lose_track()
        self.is_touched = True

    def restore(self) -> None:
        """The file is as it was before the run."""
        if not self.can_restore:
            self.lose_track()
            return
        self.segments, self.filters, self.new, self.late, self.is_touched = [Segment(1, 1)], [], {}, [], False

    def stash(self) -> None:
        self.stashed.append((self.segments, self.filters, self.new, self.is_touched))
        self.restore()

    def unstash(self) -> None:
        if self.stashed:
            self.segments, self.filters, self.new, self.is_touched = self.stashed.pop()
            self.late = []
        elif self.is_touched:
            self.lose_track()

    def _replace_lines(self, first: int, last: int, lines: list[str] | None) -> None:
        """Lines first..last of the present file become `lines`; with None, nothing is known from `first` on."""
        assert self.segments is not None
        if lines is None:
            self.segments = [*(s for s in self.segments if s.start < first), Segment(first, None)]
            self.new = {n: text for n, text in self.new.items() if n < first}
            return
        segments: list[Segment] = []
        after: Segment | None = None
        shift = len(lines) - (last - first + 1)
        for position, segment in enumerate(self.segments):
            stop = self.segments[position + 1].start if position + 1 < len(self.segments) else None
            if segment.start < first:
                segments.append(segment)
            if stop is None or stop > last + 1:
                start = max(segment.start, last + 1)
                origin = None if segment.origin is None else segment.origin + start - segment.start
                if after is None:
                    after = Segment(start + shift, origin)
                    if lines:
                        segments.append(Segment(first, None))
                    segments.append(after)
                else:
                    segments.append(Segment(start + shift, origin))
        self.segments = segments
        kept = {n if n < first else n + shift: text for n, text in self.new.items() if n < first or n > last}
        kept.update({first + i: text for i, text in enumerate(lines) if text != "\0"})
        self.new = kept

    def present(self) -> dict[int, str]:
        """Present line number -> text, of all that is known."""
        assert self.segments is not None
        out = dict(self.new)
        numbers = sorted(self.old)
        for position, segment in enumerate(self.segments):
            if segment.origin is None:
                continue
            stop = len(numbers)
            if position + 1 < len(self.segments):
                stop = bisect_left(numbers, segment.origin + self.segments[position + 1].start - segment.start)
            for n in numbers[bisect_left(numbers, segment.origin) : stop]:
                if not any(old in self.old[n] for old, _ in self.filters):  # a pattern ("") may have hit any line
                    out[segment.start + n - segment.origin] = self.old[n]
        return out

    def _replace_text(self, edit: Edit) -> None:
        """Old text becomes new text, once or everywhere, where it stands in what is known."""
        height = edit.old.count("\n")
        present = self.present()
        if edit.first:
            lines = [present.get(edit.first + i) for i in range(height + 1)]
            if None not in lines and "\n".join(lines).count(edit.old) == 1:  # type: ignore[arg-type]
                places = [(edit.first, "\n".join(lines))]  # type: ignore[arg-type]
            else:
                # where it happened is known, what stood around it on its first and last line is not
                blank = ["\0"] * (edit.new.count("\n") + 1)
                self._replace_lines(edit.first, edit.first + height, blank)
                return
        else:
            places = self._find(present, edit.old)
        if not places or (edit.everywhere and not self._is_whole()) or (len(places) > 1 and not edit.everywhere):
            self.lose_track()
            return
        for first, text in reversed(places):
            self._replace_lines(first, first + height, text.replace(edit.old, edit.new, 1).split("\n"))

    def _is_whole(self) -> bool:
        return self.end is not None and len(self.old) == self.end

    def _find(self, present: dict[int, str], old: str) -> list[tuple[int, str]]:
        """(first line, its whole lines) of the places where `old` stands."""
        places: list[tuple[int, str]] = []
        height = old.count("\n")
        numbers = sorted(present)
        start = 0
        while start < len(numbers):
            stop = start + 1
            while stop < len(numbers) and numbers[stop] == numbers[stop - 1] + 1:
                stop += 1
            lines = [present[n] for n in numbers[start:stop]]
            text = "\n".join(lines)
            at = text.find(old)
            row = counted = 0
            while at >= 0:
                row += text.count("\n", counted, at)
                counted = at
                places.append((numbers[start] + row, "\n".join(lines[row : row + height + 1])))
                if len(places) > MAX_PLACES:
                    return []
                at = text.find(old, at + len(old))
            start = stop
        if any(b[0] <= a[0] + height for a, b in pairwise(places)):
            return []  # twice on one line
        return places

    # what the agent's final diff says

    def check(self, hunks: tuple[Hunk, ...]) -> None:
        """Drop windows that contradict the old side of the agent's own final diff."""
        truth = old_lines(hunks)
        wrong = {self.sources[n] for n, text in truth.items() if n in self.old and not _is_same(self.old[n], text)}
        if not wrong:
            return
        self.num_conflicts += len(wrong)
        for n in [n for n, source in self.sources.items() if source in wrong]:
            del self.old[n], self.sources[n]
        if self.end is not None and self.end not in self.old:
            self.end = None

    def extend(self, hunks: tuple[Hunk, ...], turn: int) -> None:
        """Old lines of a diff that the run showed, where they go on from lines that are known."""
        for hunk in hunks:
            lines = old_lines((hunk,))
            if any(n in self.old for n in lines) and not all(n in self.old for n in lines):
                window = Window(self.path, hunk.old_start, tuple(lines.values()))
                self.take(window, turn, lines)

    def recover(self, hunks: tuple[Hunk, ...]) -> None:
        """Use the windows since the last edit, whose lines the final diff maps to old ones."""
        late, self.late = self.late, []
        if not late or any(hunk.old_start < 0 for hunk in hunks):
            return
        segments, self.new = [Segment(1, 1)], {}
        context: dict[int, str] = {}
        for hunk in hunks:
            old, new = hunk.old_start, hunk.new_start
            if not hunk.before:
                old += 1
            if not hunk.after:
                new += 1
            for line in hunk.lines:
                if line[0] == "+":
                    self.new[new] = line[1:].rstrip("\r\n")
                    segments.append(Segment(new, None))
                    new += 1
                else:
                    old += 1
                    if line[0] == " ":
                        segments.append(Segment(new, old - 1))
                        context[new] = line[1:].rstrip("\r\n")
                        new += 1
            segments.append(Segment(new, old))
        tidy: dict[int, Segment] = {segment.start: segment for segment in segments}
        segments = [tidy[start] for start in sorted(tidy)]
        for turn, window in late:
            if window.first is None or window.revision:
                continue
            lines = enumerate(window.lines, window.first)
            if all(_is_same(context.get(n, text), text) for n, text in lines):
                self._take_through(window, turn, segments)


def _is_same(one: str, other: str) -> bool:
    """Equal but for what harnesses do to lines: trailing blanks stripped, leading tabs written as blanks."""
    if one.rstrip() == other.rstrip():
        return True
    return ("\t" in one) != ("\t" in other) and one.strip() == other.strip()


def old_lines(hunks: tuple[Hunk, ...]) -> dict[int, str]:
    """Old line number -> text of the context and minus lines."""
    truth: dict[int, str] = {}
    for hunk in hunks:
        if hunk.old_start > 0:
            truth.update({hunk.old_start + i: line.rstrip("\r\n") for i, line in enumerate(hunk.before)})
    return truth
