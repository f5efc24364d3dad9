"""Building steps from a stream of what was said, called and observed."""

from __future__ import annotations

from typing import Any

from factory.errors import RowError
from factory.records import Step

MAX_CALLS = 20_000


class Turns:
    """Collects one run. Observations find their call by id, else the oldest call still unanswered."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.waiting: dict[str, dict[str, Any]] = {}
        self.turn = -1
        self.said: list[str] = []
        self.thought: set[int] = set()
        """Places in `said` of what the log keeps apart as reasoning."""
        self.open = False  # a turn has begun, and nothing was observed since

    def begin(self) -> None:
        """A new assistant message. Text of the last one that made no call becomes a step, so that none is lost."""
        if self.said:
            self.calls.append({"turn": self.turn, "reasoning": self.take()})
        self.turn += 1
        self.open = True

    def say(self, text: str) -> None:
        """The agent writes: reasoning of the call that follows, or its last words."""
        if not self.open:
            self.begin()
        if text := text.strip():
            self.said.append(text)

    def think(self, text: str) -> None:
        """Reasoning that the log keeps apart from the words: in the last turn it is no part of the answer."""
        before = len(self.said) if self.open else 0
        self.say(text)
        if len(self.said) > before:
            self.thought.add(len(self.said) - 1)

    def take(self) -> str:
        """What was said since the last call."""
        said = "\n\n".join(self.said)
        self.said, self.thought = [], set()
        return said

    def last_words(self) -> str:
        """What was said since the last call, with the reasoning among it in think tags."""
        thoughts = "\n\n".join(text for place, text in enumerate(self.said) if place in self.thought)
        words = "\n\n".join(text for place, text in enumerate(self.said) if place not in self.thought)
        self.take()
        return f"<think>\n{thoughts}\n</think>\n\n{words}" if thoughts else words

    def call(self, tool: str, arguments: dict[str, Any], call_id: str = "", **known: Any) -> None:
        """`known` may hold the observation and failed, where the log keeps them with the call."""
        if not self.open:
            self.begin()
        if len(self.calls) >= MAX_CALLS:
            raise RowError("too_large", f"the run has more than {MAX_CALLS:,} calls")
        call = {"turn": self.turn, "reasoning": self.take(), "tool": tool or "unknown", "arguments": arguments, **known}
        self.calls.append(call)
        if "observation" not in known:
            key = call_id if call_id and call_id not in self.waiting else f"#{len(self.calls)}"
            self.waiting[key] = call

    def observe(self, text: str, call_id: str = "", failed: bool = False) -> bool:
        """What came back. False when no call waits for it (what a person says, for example)."""
        key = call_id if call_id in self.waiting else next(iter(self.waiting), None)
        self.open = False
        if key is None:
            return False
        self.waiting.pop(key).update(observation=text, failed=failed)
        return True

    def close(self) -> tuple[tuple[Step, ...], str]:
        """The steps, and the text of the last turn when it made no call."""
        last = self.last_words()
        if not last and self.calls and not self.calls[-1].get("tool"):
            last = self.calls.pop()["reasoning"]
        return tuple([Step(**call) for call in self.calls]), last
