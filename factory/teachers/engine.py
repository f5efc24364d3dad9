"""The seam between the pool and what answers: one engine is one replica, in an actor or behind an endpoint.

An engine answers one request at a time per call and is called many times at once. It knows nothing of other
replicas, of queues or of examples.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Request(NamedTuple):
    """One attempt at one prompt."""

    id: str
    messages: tuple[dict[str, str], ...]
    """{role, content}; empty while the request waits, where the pool is given a way to read them."""
    prompt_tokens: int
    max_tokens: int
    """Tokens that the reply may take."""
    temperature: float
    top_p: float
    seed: int
    group: str
    """Identity of the prompt: attempts of one prompt share it."""


class Answer(NamedTuple):
    text: str
    """The reply without its reasoning."""
    reasoning: str
    finish_reason: str
    """`stop`, `length`, or what else the engine says."""
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    """Prompt tokens that the engine took from its prefix cache."""
    raw: str
    """What came back, before reasoning and answer were separated."""
    seconds: float
    """From when the request was sent to when its reply was there."""


class Engine(Protocol):
    """One replica."""

    name: str
    kv_tokens: int
    """Tokens that fit into its KV cache; requests are admitted by it. 0: not known, only `slots` counts."""
    slots: int
    """Requests that it takes at once at most; 0: no limit."""

    async def ask(self, request: Request) -> Answer:
        """Raises EngineDied, TryLater or RequestRefused; anything else is a bug and stops the run."""
        ...

    async def close(self) -> None: ...


class EngineDied(Exception):
    """The replica is gone or hangs. It is replaced, and its requests go to others.

    `to_blame`: whether one of the requests may have killed it (a crash, an engine that hangs), in contrast to a
    lost machine or an endpoint that cannot be reached."""

    def __init__(self, detail: str, to_blame: bool = True):
        super().__init__(detail)
        self.to_blame = to_blame


class TryLater(Exception):
    """The replica is overloaded (429, 503): the request goes back into the queue."""

    def __init__(self, seconds: float = 0.0):
        super().__init__(f"asked to wait {seconds} s")
        self.seconds = seconds
        """What the replica asked for; 0 where it says nothing."""


class RequestRefused(Exception):
    """This request can never succeed. `reason` is a key of errors.REASONS."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
