"""Put finished attempts on storage within a second or so: one small part and one commit record after the other.

Small parts are written again as large ones, in the order of the examples' parts, so that the verify stage reads each
once: the large one is committed before the records of the small ones are taken away, so a kill between the two leaves
attempts twice, never none, and readers take each unit once. The small parts are then named by nothing and are
collected as garbage.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from factory import ledger, schemas
from factory.ledger import Commit, UnitRecord
from factory.stages.output import Output

EVERY_SECONDS = 0.25
TOGETHER_SECONDS = 0.02
"""What ends within this time of the first is written with it."""
MERGE_BYTES = 64 << 20
"""Text of small parts that is kept in memory to be written again as a large one."""


class Attempt(NamedTuple):
    unit: UnitRecord
    row: dict[str, Any] | None
    """Of schemas.TRACE; None where the attempt left no trace."""
    place: tuple[str, int]
    """Where the example stands: the order of large parts."""


class Judged(NamedTuple):
    unit: str
    row: dict[str, Any]
    """Of schemas.VERDICT."""
    place: tuple[str, int]


class Keeper:
    def __init__(self, root: str, scope: dict[str, str], part_bytes: int, engine_seconds: Callable[[], float]):
        self.root, self.scope, self.part_bytes, self.engine_seconds = root, scope, part_bytes, engine_seconds
        self.commits: list[Commit] = []
        """What was written and stands."""
        self._attempts: list[Attempt] = []
        self._verdicts: list[Judged] = []
        self._loose: list[Commit] = []
        self._loose_attempts: list[Attempt] = []
        self._loose_verdicts: list[Judged] = []
        self._loose_bytes = 0
        self._seconds = 0.0
        self._dirty = asyncio.Event()
        self._lock = threading.Lock()

    def attempt(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        self._dirty.set()

    def verdict(self, judged: Judged) -> None:
        self._verdicts.append(judged)
        self._dirty.set()

    async def keep(self) -> None:
        """Write what there is again and again, until cancelled: at once after a pause, EVERY_SECONDS apart in a stream."""
        last = 0.0
        while True:
            await self._dirty.wait()
            await asyncio.sleep(max(TOGETHER_SECONDS, last + EVERY_SECONDS - time.monotonic()))
            self._dirty.clear()
            last = time.monotonic()
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Make all that was handed in durable."""
        with self._lock:
            attempts, self._attempts = self._attempts, []
            verdicts, self._verdicts = self._verdicts, []
            if not attempts and not verdicts:
                return
            seconds = self.engine_seconds()
            commit = self._write(attempts, verdicts, seconds - self._seconds)
            self._seconds = seconds
            self._loose.append(commit)
            self._loose_attempts += attempts
            self._loose_verdicts += verdicts
            self._loose_bytes += sum(_size(attempt.row) for attempt in attempts) + 500 * len(verdicts)
            if self._loose_bytes > MERGE_BYTES:
                self._merge()

    def close(self) -> None:
        self.flush()
        with self._lock:
            self._merge()

    def _write(self, attempts: list[Attempt], verdicts: list[Judged], seconds: float) -> Commit:
        traces = Output(self.root, "parts/traces", schemas.TRACE, self.part_bytes)
        judged = Output(self.root, "parts/verdicts", schemas.VERDICT, self.part_bytes)
        try:
            for attempt in attempts:
                if attempt.row:
                    traces.write(attempt.unit.unit, attempt.row, _size(attempt.row))
            for verdict in verdicts:
                judged.write(verdict.unit, verdict.row, 500)
            records = traces.close("traces") + judged.close("verdicts")
        except BaseException:
            traces.abort()
            judged.abort()
            raise
        units = tuple(attempt.unit for attempt in attempts)
        commit = Commit(stage="trace", scope=self.scope, units=units, parts=records, engine_seconds=max(0.0, seconds))
        ledger.write(self.root, commit)
        return commit

    def _merge(self) -> None:
        if len(self._loose) > 1:
            attempts = sorted(self._loose_attempts, key=lambda attempt: (attempt.place, attempt.unit.unit))
            verdicts = sorted(self._loose_verdicts, key=lambda judged: (judged.place, judged.unit))
            merged = self._write(attempts, verdicts, sum(commit.engine_seconds for commit in self._loose))
            for commit in self._loose:
                ledger.forget(self.root, commit)
            self._loose = [merged]
        self.commits += self._loose
        self._loose, self._loose_attempts, self._loose_verdicts, self._loose_bytes = [], [], [], 0


def _size(row: dict[str, Any] | None) -> int:
    return len(row["reasoning"]) + len(row["answer"]) + len(row["raw"]) if row else 0
