"""Files as a run showed them: windows of one file merged into its text before any edit.

`read` follows a run step by step. Nothing here knows what the right patch is; the paths that matter are
handed in, so that the run's own paths (absolute, relative, from other folders) can be told apart.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from factory.patches import FilePatch, PatchError, parse
from factory.recipe import Vocabulary
from factory.records import Step
from factory.shell import Edit
from factory.windows.events import Diff, Event, events
from factory.windows.history import History, old_lines
from factory.windows.reading import Window
from factory.windows.render import Merged, place, render

__all__ = ["Files", "Merged", "read"]

VERSION = "4"
"""Raised when other texts are read from a run, here or by `factory/shell`. Part of the version of whoever uses it."""

_ROOT = re.compile(r"/(?:testbed|workspace/[^/]+|repo|app|[\w.-]+__[\w.-]+)(?=/)")
_INDEX = re.compile(r"^index [0-9a-f]{7,64}\.\.[0-9a-f]{7,64}(?: \d{6})?\r?$", re.M)
_OUTSIDE = ("/tmp/", "/var/tmp/", "/dev/", "/proc/")
_TOKEN = re.compile(r"[\w./+-]{3,400}")
_OPENS = re.compile(r"open\([^)\n]{0,300}['\"][rwax]?[wax+]b?t?['\"]|write_text|write_bytes|inplace|sed -i")
_WRITES = re.compile(_OPENS.pattern + r"|writ|shutil|os\.re|unlink|subprocess|patch|truncate|>")
_WALKS = re.compile(r"os\.walk|glob\(|iterdir|listdir|scandir|git ls-files|find \.")


class Files(NamedTuple):
    texts: dict[str, Merged]
    """Path -> its text before any edit, in the order in which the run met them; paths of the repository are relative."""
    opened: tuple[str, ...]
    """Paths of files that were opened, not only found by a search; files that the run made itself are left out."""
    named: frozenset[str]
    """Every path that was shown, searched or edited."""


def read(steps: tuple[Step, ...], vocabulary: Vocabulary, wanted: Iterable[str], final_diff: str = "") -> Files:
    """What `steps` showed. `wanted` are repository paths; `final_diff` is the agent's own patch, used when git wrote it."""
    wanted = tuple(wanted)
    found = events(steps, vocabulary)
    rename = _Names(found, wanted)
    found = [event._replace(what=rename.of(event.what)) for event in found]
    shown = [event.what for event in found if isinstance(event.what, Window)]
    known = dict.fromkeys([w.path for w in shown if w.path and not w.is_search]) | dict.fromkeys(wanted)
    histories = {path: History(path) for path in known}
    last_edit = _follow(found, histories)
    diffs = [(i, event.what.text) for i, event in enumerate(found) if isinstance(event.what, Diff)]
    if _is_from_git(final_diff):
        diffs.append((len(found), final_diff))
    witnesses = _witnesses(diffs)
    texts: dict[str, Merged] = {}
    for path, history in histories.items():
        _settle(history, witnesses.get(path, []), last_edit.get(path, -1), [event.turn for event in found])
        merged = render(history)
        if merged is not None:
            texts[path] = merged
    made = {file.new_path for _, text in diffs for file in _files_of(text) if not file.old_path}
    opened = [p for p in texts if p not in made and not p.startswith(_OUTSIDE) and histories[p].was_opened]
    named = frozenset(w.path for w in shown) | {e.what.path for e in found if isinstance(e.what, Edit) and e.what.path}
    return Files(texts, tuple(opened), named)


def _settle(history: History, witnesses: list[tuple[int, FilePatch]], last_edit: int, turns: list[int]) -> None:
    """Bring what a run showed of a file together with what its diffs say; a diff after a commit says nothing."""
    if not history.can_restore:
        witnesses = []
    anchors: dict[int, str] = {}
    for position, file in witnesses:
        history.check(file.hunks)
        anchors.update(old_lines(file.hunks))
        if position > last_edit:
            history.recover(file.hunks)
    place(history, anchors)
    for position, file in witnesses:
        if position < len(turns):  # the run showed it
            history.extend(file.hunks, turns[position])


def _witnesses(diffs: list[tuple[int, str]]) -> dict[str, list[tuple[int, FilePatch]]]:
    """Path -> (position among the events, the agent's patch of that file) of every diff that can be read."""
    out: dict[str, list[tuple[int, FilePatch]]] = {}
    for position, text in diffs:
        for file in _files_of(text):
            if file.old_path:
                out.setdefault(file.old_path, []).append((position, file))
    return out


def _is_from_git(diff: str) -> bool:
    """Whether git wrote the diff, going by the hashes; one that the agent wrote by hand proves nothing."""
    return 0 < sum(bool(file.hunks) for file in _files_of(diff)) <= len(_INDEX.findall(diff))


def _files_of(diff: str) -> tuple[FilePatch, ...]:
    try:
        return parse(diff).files if diff.strip() else ()
    except PatchError:
        return ()


def _follow(found: list[Event], histories: dict[str, History]) -> dict[str, int]:
    """Play all events; the position of the last edit that may have changed each file."""
    by_name: dict[str, list[str]] = {}
    for path in histories:
        by_name.setdefault(posixpath.basename(path), []).append(path)
    programs: dict[str, str] = {}
    last: dict[str, int] = {}
    for position, (turn, what, failed) in enumerate(found):
        if isinstance(what, Window):
            if what.path in histories:
                histories[what.path].show(what, turn)
        elif isinstance(what, Edit):
            if what.kind == "write" and what.path:
                programs[what.path] = what.text or ""
            touched = _touched(what, histories, by_name, programs)
            for path in touched:
                last[path] = position
                _change(histories[path], what, failed)
    return last


def _change(history: History, edit: Edit, failed: bool) -> None:
    if edit.kind == "stash":
        history.stash()
    elif edit.kind == "unstash":
        history.unstash()
    elif edit.kind == "commit":
        history.can_restore = False
    elif edit.kind == "script":
        history.lose_track()
    else:
        history.edit(edit, certain=not failed)


def _touched(edit: Edit, histories: dict[str, History], by_name: dict[str, list[str]], programs: dict[str, str]) -> list[str]:
    """The known files that an edit may have changed."""
    if edit.kind == "script":
        text = (edit.text or "") + "\n" + programs.get(edit.old, "")
        if not _WRITES.search(text):
            return []
        return list(histories) if _WALKS.search(text) and _OPENS.search(text) else _mentioned(text, by_name)
    if edit.path:
        if edit.path in histories:
            return [edit.path]
        inside = edit.path.rstrip("/") + "/"
        return [path for path in histories if path.startswith(inside)] if edit.kind in ("unknown", "restore") else []
    if edit.kind == "unknown" and edit.text:
        return _mentioned(edit.text, by_name) or list(histories)
    return list(histories)


def _mentioned(text: str, by_name: dict[str, list[str]]) -> list[str]:
    """Known paths whose name, or a longer end of them, stands in `text`."""
    out: dict[str, None] = {}
    for token in dict.fromkeys(_TOKEN.findall(text)):
        token = token.strip(".").removeprefix("/") if token.startswith(("./", "/")) else token
        for path in by_name.get(token.rpartition("/")[2], ()):
            if path == token or path.endswith("/" + token) or token.endswith("/" + path):
                out[path] = None
    return list(out)


class _Names:
    """From paths as the run writes them to paths of the repository."""

    def __init__(self, found: list[Event], wanted: tuple[str, ...]):
        self.wanted = frozenset(wanted)
        paths = [e.what.path for e in found if not isinstance(e.what, Diff) and e.what.path.startswith("/")]
        roots: Counter[str] = Counter()
        for path in paths:
            for end in wanted:
                if path.endswith("/" + end) and "-packages/" not in path:
                    roots[path[: -len(end)]] += 1
        for path in paths:
            match = None if roots else _ROOT.match(path)
            if match:
                roots[match.group() + "/"] += 1
        self.root = roots.most_common(1)[0][0] if roots else ""

    def of(self, what: Window | Edit | Diff) -> Window | Edit | Diff:
        if isinstance(what, Diff):
            return what
        if isinstance(what, Window):
            return what._replace(path=self.path(what.path))
        old = self.path(what.old) if what.kind == "script" and what.old else what.old
        return replace(what, path=self.path(what.path), old=old)

    def path(self, path: str) -> str:
        path = posixpath.normpath(path).encode("utf-8", "replace").decode() if path else path
        if path.startswith("/"):
            return path.removeprefix(self.root) if self.root else path
        if path in self.wanted or "/" not in path:
            return path
        longer = [end for end in self.wanted if end.endswith("/" + path)]
        return longer[0] if len(longer) == 1 else path
