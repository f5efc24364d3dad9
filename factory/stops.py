"""A polite end: SIGTERM stops a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def heed() -> None:
    """From here on SIGTERM raises Terminated in the main thread."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)


@contextmanager
def kept() -> Iterator[None]:
    """SIGTERM means afterwards what it meant before: `ray.init` sets a handler of its own."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if before is _stop:
        heed()


def _stop(number: int, frame: object) -> None:
    raise Terminated
