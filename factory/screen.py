"""What a person sees in the terminal: progress, the table that reconciles, one sample."""

from __future__ import annotations

import sys
import time
from typing import Any

UNITS = {"compile": "bytes", "trace": "examples", "verify": "examples"}
EVERY_SECONDS = 5.0
"""Between progress lines where the output is no terminal."""
MEASURED_SECONDS = 0.1
"""A rate of less time than this says nothing and is not shown."""


class ProgressBars:
    """Rate and time left per stage: bars on a terminal, a line now and then elsewhere. A context manager."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.bars: Any = None
        self.tasks: dict[str, Any] = {}
        self.started: dict[str, float] = {}
        self.printed = 0.0

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bars:
            self.bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.terminal:
            self._bar(stage, done, total)
        else:
            self._line(stage, done, total)

    def _bar(self, stage: str, done: int, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        if self.bars is None:
            columns = ("{task.description:8}", BarColumn(), TextColumn("{task.fields[state]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
            self.bars = Progress(*columns, console=Console(stderr=True))
            self.bars.start()
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=None, state="")
            self.started[stage] = time.monotonic()
        # Without a total the bar moves by itself: a small input is one task, of which nothing is heard before it ends.
        self.bars.update(self.tasks[stage], completed=done, total=total if done else None, state=self._state(stage, done, total))

    def _line(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        self.started.setdefault(stage, now)
        if done >= total or now - self.printed > EVERY_SECONDS:
            self.printed = now
            seconds = now - self.started[stage]
            left = f", {seconds / done * (total - done):.0f} s left" if 0 < done < total and seconds > MEASURED_SECONDS else ""
            print(f"{stage:8} {self._state(stage, done, total)}{left}", file=sys.stderr)

    def _state(self, stage: str, done: int, total: int) -> str:
        seconds = time.monotonic() - self.started[stage]
        measured = done > 0 and seconds > MEASURED_SECONDS
        if UNITS.get(stage) == "bytes":
            size, unit = (1e6, "MB") if total >= 1e6 else (1e3, "kB")
            return f"{done / size:,.1f} of {total / size:,.1f} {unit}" + (f", {done / seconds / size:,.1f} {unit}/s" if measured else "")
        return f"{done:,} of {total:,} {UNITS.get(stage, 'runs')}" + (f", {done / seconds:,.0f}/s" if measured else "")


def summary(root: str, version: Any) -> str:
    """The table of a version: per domain, read = accepted + rejected by stage and reason."""
    from factory.errors import REASONS

    lines = [f"{'':10}{'read':>9}{'accepted':>10}{'rows':>8}{'rejected':>10}   {'prompt tokens':>15}{'reply tokens':>14}"]
    total = [0, 0, 0, 0, 0, 0]
    tokens = version.summary["tokens"]
    for domain, counts in version.summary["domains"].items():
        used = tokens.get(domain, {"prompt": 0, "completion": 0})
        figures = [counts["read"], counts["accepted"], counts["rows"], sum(counts["rejected"].values()), used["prompt"], used["completion"]]
        total = [a + b for a, b in zip(total, figures)]
        lines.append(_figures(domain, figures))
    lines.append(_figures("total", total))
    reasons = [
        (f"{domain}/{key}", count) for domain, counts in version.summary["domains"].items() for key, count in counts["rejected"].items()
    ]
    if reasons:
        lines += ["", "rejected"]
        for name, count in reasons:
            lines.append(f"{count:9,}  {name:42} {REASONS.get(name.rpartition('/')[2], '')}")
    if "teacher" in version.summary:
        from factory import yields

        lines += ["", *yields.table(version.summary["teacher"])]
    bugs = sum(count for name, count in reasons if name.endswith("internal_error"))
    if bugs:
        lines += ["", f"WARNING: {bugs:,} rows met a bug of the factory; `factory rejections --reason internal_error` shows them"]
    lines += ["", f"version {version.version} of {root}: {len(version.files)} data files under {root}/data, {len(version.rejections)} rejection files"]
    return "\n".join(lines)


def _figures(name: str, figures: list[int]) -> str:
    read, accepted, rows, rejected, prompt, completion = figures
    return f"{name:10}{read:9,}{accepted:10,}{rows:8,}{rejected:10,}   {prompt:15,}{completion:14,}"


def sample(row: dict[str, Any], width: int = 400) -> str:
    """One published row: question, pieces, trace, verdict."""
    lines = [
        f"id         {row['id']}",
        f"domain     {row['domain']}   task {in_line(row['task_id'])}   {row['prompt_tokens']:,} prompt + {row['completion_tokens']:,} reply tokens",
        f"source     {in_line(row['source_uri'])} ({row['source_format']})",
        "",
        "question",
        _shorten(row["question"], 4 * width),
        "",
        f"{'role':7}{'kind':9}{'tokens':>9}  whole  name",
    ]
    for piece in row["pieces"]:
        size = piece["token_end"] - piece["token_start"]
        lines.append(f"{piece['role']:7}{piece['kind']:9}{size:9,}  {'yes' if piece['whole'] else 'no':5}  {in_line(piece['name'])}")
    lines += ["", f"trace      {row['trace_mode']} by {row['teacher']}, attempt {row['attempt']} {' '.join(row['trace_marks'])}".rstrip()]
    lines += [_shorten(row["messages"][1]["content"], 6 * width), ""]
    lines += [f"ground truth  {_shorten(row['ground_truth_answer'], 2 * width)}"]
    lines += [f"verdict       {row['verdict']}: {row['verdict_reason']} by rule {row['verdict_rule']}, verifier {row['verifier_version']} {' '.join(row['verdict_marks'])}".rstrip()]
    return visible("\n".join(lines))


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half:,} characters ...]\n{text[-half:]}"


def visible(text: str) -> str:
    """No control character of a run, a name or a message reaches the terminal; line ends of any kind are line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c in "\n\t" or (c.isprintable() or c == " ") else "�" for c in text)


def in_line(text: str) -> str:
    """A name or an id: it stays in its line, so line ends and other control characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def rejection(row: dict[str, Any], position: str) -> str:
    """One rejected row: where it left the line and why."""
    place = row["source_uri"] + (f" at {position}" if position else "")
    detail = f"\n    {_shorten(row['detail'], 500)}" if row["detail"] else ""
    return visible(in_line(f"{row['stage']}/{row['reason']}  {row['task_id']}  {place}") + detail)
