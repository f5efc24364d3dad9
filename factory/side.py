"""Side inputs: what a row reads besides itself (databases, repositories, gold tables, page stores).

`SideInputs` gives each one as a local path and remembers which were read, so that a unit's key can
cover their content.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class SideInputs(Protocol):
    def path(self, uri: str) -> Path:
        """Local, read-only path of the object or folder at `uri`. RowError("side_input_missing") when it cannot be read."""
        ...
