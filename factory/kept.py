"""Answers that are kept: the latest of them, as many as their bound allows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key, up to `most` of weight in all; the one asked for longest ago goes first. A value is never None."""

    def __init__(self, most: int):
        self.most, self.weight = most, 0
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: Value, weight: int = 1) -> Value:
        """The value, which is kept in place of an older one; the last one stays however heavy it is."""
        self.weight += weight - self._values.pop(key, (None, 0))[1]
        self._values[key] = value, weight
        while self.weight > self.most and len(self._values) > 1:
            self.weight -= self._values.popitem(last=False)[1][1]
        return value
