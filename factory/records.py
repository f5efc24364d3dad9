"""The rows that travel through the factory: frozen models and their content ids.

A trajectory is parsed from a raw run, evidence is collected from it, an example is packed from
evidence, a trace is a teacher's reply to an example, a verdict judges a trace.
Ids are hashes of content; nothing here knows files, Ray or time.
Arrow schemas stand in `factory/schemas.py`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, NamedTuple

from blake3 import blake3
from pydantic import BaseModel, ConfigDict, SkipValidation

Domain = Literal["search", "swe", "sql"]
Role = Literal["gold", "tier1", "tier2"]
Kind = Literal["page", "snippet", "file", "table"]
Mode = Literal["blind", "answer_given", "trajectory"]
Outcome = Literal["accept", "reject", "undecided"]

DOMAINS: tuple[Domain, ...] = ("search", "swe", "sql")

LARGE = 16_384
"""Bytes of a part of a digest from which on it is worth a hash of its own."""


def digest(*parts: str | bytes) -> str:
    """32 hex digits over `parts`, each length-prefixed, so that ("ab", "c") and ("a", "bc") differ.

    A part of LARGE bytes or more goes in as its BLAKE3 hash, which takes a quarter of the time of SHA-256 there."""
    pieces: list[bytes] = []
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        pieces += (len(data).to_bytes(8, "little"), data if len(data) < LARGE else blake3(data).digest())
    return hashlib.sha256(b"".join(pieces)).hexdigest()[:32]


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Source(Record):
    """Where a row came from."""

    uri: str = ""
    position: str = ""
    """Place inside the object when it was read: a byte offset, an index, a key; "" when the object is one run."""
    record: str = ""
    """Hash of the raw record: finds it again wherever it moved to inside the object."""
    format: str = ""


class Step(Record):
    """One tool call and what came back. A turn with two calls is two steps of the same turn."""

    turn: int
    """0-based index of the assistant turn."""
    reasoning: str = ""
    """What the agent wrote before the call; on the first step of a turn only."""
    tool: str = ""
    """The tool's name as the log writes it; "" for a turn without a call."""
    arguments: dict[str, Any] = {}
    observation: str = ""
    failed: bool = False
    """The log itself marks the call as failed (exit code, error flag)."""


class Environment(Record):
    """What the agent acted on. URIs; relative ones are resolved against the input object's folder."""

    database: str = ""
    dialect: str = ""
    """`sqlite` or `duckdb`; "" where there is no database."""
    repository: str = ""
    """URI of a git repository or bundle, or a name such as `django/django` when only the name is known."""
    base_commit: str = ""
    pages: str = ""
    """URI of a page store."""


class GroundTruth(Record):
    """What an answer is checked against."""

    text: str = ""
    """search: the gold answer; swe: the verified patch; sql: the gold result as a Markdown table."""
    aliases: tuple[str, ...] = ()
    """search: other accepted answers, as the source gives them."""
    sql: str = ""
    """sql: the gold query."""
    result: str = ""
    """sql: the executed gold result as typed JSON (see `factory/cage/results.py`)."""
    test_patch: str = ""
    test_command: str = ""
    """swe: command, run in the repository's root, that runs the tests."""
    fail_to_pass: tuple[str, ...] = ()
    pass_to_pass: tuple[str, ...] = ()


class Trajectory(Record):
    """One agent run, in one shape for every raw format."""

    domain: Domain
    task_id: str = ""
    """The source's own id of the task; several runs may share it."""
    question: str
    steps: tuple[Step, ...]
    final_reasoning: str = ""
    """What the agent wrote just before its final answer."""
    final_answer: str = ""
    ground_truth: GroundTruth = GroundTruth()
    solved: bool | None = None
    """What the source says of the run's success; None where it says nothing."""
    environment: Environment = Environment()
    source: Source = Source()


class Evidence(NamedTuple):
    """A self-contained piece of what the agent saw. Made by the thousand from what is checked already: a tuple, not a model."""

    role: Role
    kind: Kind
    name: str
    """URL, path or table name."""
    text: str
    """Cleaned text."""
    turns: tuple[int, ...] = ()
    whole: bool = True
    """False when parts of the page, file or table are missing (gaps are marked in the text)."""
    edits: tuple[str, ...] = ()
    """What cleaning changed, as `kind:count`."""
    original_sha256: str = ""
    """Hash of the text before cleaning, where cleaning changed it."""

    @property
    def text_id(self) -> str:
        """Of what stands in a context: the name and the text. Reads the whole text."""
        return digest(self.name, self.text)

    def id(self, text_id: str) -> str:
        return f"{self.role} {self.kind} {text_id}"


class Piece(NamedTuple):
    """Where one piece of evidence stands in an example's context: context[start:end] is its text. In the order of schemas.SPAN."""

    role: Role
    kind: Kind
    name: str
    start: int
    end: int
    """Characters of the context, half open."""
    token_start: int
    token_end: int
    """Tokens of the whole rendered prompt, half open; the smallest range that covers the text."""
    whole: bool = True
    turns: tuple[int, ...] = ()
    edits: tuple[str, ...] = ()
    original_sha256: str = ""


class AgentTrace(Record):
    """The agent's own reasoning and answer, kept for the `trajectory` teacher."""

    reasoning: str = ""
    answer: str = ""


class Example(Record):
    """A question over a shuffled context: what a teacher is asked, before any answer exists."""

    id: str
    """hash(question, ground truth, sorted evidence ids, packing settings); order excluded."""
    pair_id: str
    """hash of the trajectory: the same over ablation variants; seeds the permutation."""
    unit: str
    """Key of the compile unit (see `factory/ledger.py`)."""
    domain: Domain
    task_id: str
    question: str
    context: str
    pieces: SkipValidation[tuple[Piece, ...]]
    ground_truth: GroundTruth
    agent: AgentTrace
    solved: bool | None
    environment: Environment
    source: Source
    tokenizer: str
    seed: int
    budget_tokens: int
    prompt_tokens: int
    """Tokens of the whole rendered prompt, chat template included."""
    context_tokens: int
    """Tokens of the rendered prompt that the context covers."""
    dropped: dict[str, int] = {}
    """Pieces left out, by reason (`holds_answer`, `budget`, `over_target`)."""

    def text_of(self, piece: Piece) -> str:
        return self.context[piece.start : piece.end]


class Trace(Record):
    """One reply of a teacher to one example."""

    example_id: str
    unit: str
    """Key of the trace unit: what was asked, of whom, which attempt."""
    attempt: int = 0
    teacher: str
    """Identity of the teacher: kind, model, revision."""
    sampling: str = ""
    """Sampling settings as canonical JSON."""
    mode: Mode
    reasoning: str = ""
    answer: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    raw: str = ""
    marks: tuple[str, ...] = ()
    """Things to know about the reply, such as `tool_talk`."""


class Verdict(Record):
    """What a verifier says of one answer. `undecided` never passes."""

    outcome: Outcome
    reason: str
    """Short and machine-readable: `exact`, `wrong_answer`, `patch_does_not_apply`."""
    rule: str
    """The rule that decided."""
    version: str
    """Version of the verifier."""
    extracted: str = ""
    """The answer as the verifier read it."""
    detail: str = ""
    marks: tuple[str, ...] = ()
    """Things to know, such as `low_information` or `unsandboxed`."""

    @property
    def passed(self) -> bool:
        return self.outcome == "accept"


class Rejection(Record):
    """A row that left the line, and why."""

    unit: str
    stage: Literal["compile", "trace", "verify"]
    domain: str
    """"" where the row could not be read far enough to know."""
    reason: str
    detail: str
    source: Source
    task_id: str = ""
    raw: str = ""
    """The row as it was read: cleaned, and cut at RAW_LIMIT characters."""


RAW_LIMIT = 4_000
