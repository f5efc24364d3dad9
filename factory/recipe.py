"""What decides content (Recipe, fingerprinted) and what decides where and how fast (Placement, never fingerprinted).

Both are TOML files read once, at the entry. Unknown keys are refused. A stage's fingerprint covers only
the sections that the stage reads, so that a new verifier setting leaves examples and traces alone.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from factory import storage
from factory.errors import SettingsError, StorageError
from factory.records import canonical_json, digest


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class GoldTable(Settings):
    """Records that hold the ground truth of runs, joined by task id; by the question where a run's id is not among them."""

    uri: str
    """JSON, JSONL, CSV or Parquet, or a folder of such files; a list or a dict of records."""
    key: str = ""
    """Field of a record that equals the run's task id; without it instance_id, task_id, id and the like; `#` when `ids` gives the ids by position."""
    ids: str = ""
    """URI of a JSON list: the i-th record belongs to the task with the i-th id."""
    fields: dict[str, str] = {}
    """Our name -> field of the record; without any, the usual names are tried (factory/joins.py). Our names: question, answer, patch, sql, database, dialect,
    repository, base_commit, test_patch, test_command, fail_to_pass, pass_to_pass, solved."""


class Input(Settings):
    """A set of raw runs and how to read them."""

    uri: str = ""
    """File, folder, glob or s3:// prefix. With a manifest: only what lies at or under it."""
    manifest: str = ""
    """URI of a list of the objects, which is read instead of looking: S3 Inventory's manifest.json, or JSONL of {uri, etag, size}."""
    format: str = "auto"
    domain: Literal["auto", "search", "swe", "sql"] = "auto"
    gold: GoldTable | None = None
    report: str = ""
    """URI of the run's success report; `{folder}` is the run's folder, `{task_id}` its task."""
    database: str = ""
    """URI of the run's database; `{database}` is the name that the run or its gold record gives."""
    dialect: Literal["", "sqlite", "duckdb"] = ""
    repository: str = ""
    """URI of the run's repository; `{repository}` is the name that the run or its gold record gives."""


class Cleaning(Settings):
    redact_secrets: bool = True
    """Keys, tokens, private keys and passwords become `[REDACTED:kind]`."""


class Vocabulary(Settings):
    """Tool names beyond the built-in table (factory/vocabulary.py), by what they do."""

    search: dict[str, str] = {}
    """Tool name -> argument that holds the query. The same shape for all of them."""
    visit: dict[str, str] = {}
    view: dict[str, str] = {}
    edit: dict[str, str] = {}
    run: dict[str, str] = {}
    query: dict[str, str] = {}


class Search(Settings):
    gold: Literal["visited", "cited", "visited_or_result"] = "visited"
    """Which pages are gold. visited: every opened page; cited: of those the ones that the agent's writing names or that hold the
    answer, the others are distractors; visited_or_result: opened pages, and results that hold the answer though none was opened."""


class Swe(Settings):
    distractors: Literal["inspected", "none"] = "inspected"


class Sql(Settings):
    distractors: Literal["none", "unqueried"] = "none"
    max_rows: int = Field(200_000, gt=0)
    """A queried table with more rows is rejected `over_budget` without being read whole."""


class Packing(Settings):
    sequence_tokens: int = Field(131_072, gt=0)
    """Tokens of prompt + reasoning + answer."""
    reserve_trace_tokens: int = Field(8_192, ge=0)
    """Tokens kept free for reasoning and answer."""
    min_context_tokens: int = Field(2_000, ge=0)
    target: Literal["fill", "fixed", "histogram"] = "fill"
    """fill: all distractors that fit; fixed: up to target_tokens; histogram: a length drawn from `histogram`."""
    target_tokens: int = Field(0, ge=0)
    """Prompt tokens wanted with target = fixed."""
    histogram: dict[Literal["search", "swe", "sql"], dict[int, float]] = {}
    """Domain -> lower edge of a 2,000-token bin -> weight."""
    pool: str = ""
    """URI of a published dataset whose pieces of the same domain are mined for more tier-2 distractors."""
    mined_pieces: int = Field(0, ge=0)
    """Pieces mined per example at most (BM25 neighbours of the question); needs `pool`."""
    seed: int = 0

    @property
    def budget_tokens(self) -> int:
        """Tokens that the rendered prompt may take."""
        return self.sequence_tokens - self.reserve_trace_tokens


class Compile(Settings):
    """Everything that decides an example."""

    tokenizer: str = "qwen-vocab-151643"
    """Hub id or folder of the target tokenizer, or the packaged Qwen vocabulary."""
    cleaning: Cleaning = Cleaning()
    vocabulary: Vocabulary = Vocabulary()
    search: Search = Search()
    swe: Swe = Swe()
    sql: Sql = Sql()
    packing: Packing = Packing()


class Attempt(Settings):
    """One rung of the sampling ladder."""

    temperature: float = Field(0.6, ge=0)
    top_p: float = Field(0.95, gt=0, le=1)
    seed: int = 0


class Sampling(Settings):
    """How often a domain's examples are asked. What is not given is taken from the teacher."""

    wanted: int | None = Field(None, gt=0)
    max_attempts: int | None = Field(None, gt=0)
    ladder: tuple[Attempt, ...] | None = Field(None, min_length=1)


class Teacher(Settings):
    """Everything that decides a trace."""

    kind: str = "trajectory"
    """A key of factory.teachers.TEACHERS."""
    model: str = ""
    """openai: the model's name at the endpoint; vllm: hub id or folder."""
    revision: str = ""
    """vllm: commit or branch of a hub id; "" means `main`. A commit keeps the weights from changing unseen."""
    template: dict[str, bool | int | str] = {}
    """Arguments of the chat template, such as thinking = true (DeepSeek-V3.1 and later) or enable_thinking = true (Qwen3)."""
    structured: dict[Literal["choice", "regex", "json"], Any] = {}
    """vllm: what every reply must be (constrained decoding): one of `choice`, a match of `regex`, JSON of the schema `json`; one key at most."""
    engine: dict[str, Any] = {}
    """vllm: engine arguments that may change a reply, such as dtype, quantization, kv_cache_dtype, hf_overrides;
    openai: further fields of each request, such as reasoning_effort = "high"."""
    replies: str = ""
    """replay: URI of recorded replies (JSONL of {example_id, attempt, reasoning, answer})."""
    mode: Literal["blind", "answer_given"] = "blind"
    """answer_given: the teacher is shown the verified answer; every row says so."""
    prompt: Literal["derive_first", "final_check"] = "derive_first"
    """answer_given: derive the answer from the documents before it is named, or only check against it at the end."""
    context_tokens: int = Field(0, ge=0)
    """Tokens of prompt and reply that the teacher takes; a longer prompt is not sent. 0: the engine says so itself."""
    tokenizer: str = ""
    """Tokenizer and chat template that count the teacher's prompts; "" means the target tokenizer."""
    wanted: int = Field(1, gt=0)
    """Accepted traces wanted per example."""
    max_attempts: int = Field(1, gt=0)
    ladder: tuple[Attempt, ...] = Field((Attempt(),), min_length=1)
    """Attempt i uses ladder[min(i, last)], with i added to its seed past the last."""
    domains: dict[Literal["search", "swe", "sql"], Sampling] = {}
    """What is different for a domain."""
    max_answer_tokens: int = Field(8_192, gt=0)
    answer_only: bool = False
    """Keep traces without reasoning (`no_reasoning` otherwise)."""

    def sampling(self, domain: str) -> Sampling:
        """What holds for a domain; no field is None."""
        own = self.domains.get(domain, Sampling())
        return Sampling(wanted=own.wanted or self.wanted, max_attempts=own.max_attempts or self.max_attempts, ladder=own.ladder or self.ladder)


class Verify(Settings):
    """Everything that decides a verdict and which traces become rows."""

    search_mode: Literal["strict", "lenient"] = "strict"
    search_judge: bool = False
    """A teacher behind engines gives a second opinion on its search answers that the rules leave undecided."""
    sql_mode: Literal["strict_bag", "bird", "testsuite", "spider2", "defog"] = "strict_bag"
    low_information: Literal["keep", "reject"] = "keep"
    """sql: what to do with a right value answer of one small cell."""
    swe_tests: Literal["auto", "never", "require"] = "auto"
    """auto: run the tests where the environment and a cage are at hand; else compare files."""
    swe_test_seconds: int = Field(120, gt=0)
    """Wall time after which one run of the test command is killed."""
    swe_fuzzy: bool = False
    """Accept patches that apply only with fuzz."""
    unsandboxed: bool = False
    """Run tests without a cage where bubblewrap is missing; every verdict then carries `unsandboxed`."""
    keep: Literal["first", "shortest", "all"] = "first"
    """Which of several passing traces become rows."""


class Recipe(Settings):
    name: str = "dataset"
    inputs: tuple[Input, ...] = ()
    compile: Compile = Compile()
    teacher: Teacher = Teacher()
    verify: Verify = Verify()


class Placement(Settings):
    """Where and how fast. Nothing here changes a byte of the output."""

    runner: Literal["auto", "inline", "ray"] = "auto"
    """inline: in this process; ray: Ray Data; auto: ray when the pending input is over `inline_bytes`."""
    address: str = ""
    """Ray cluster address; "" starts Ray on this machine."""
    workers: int = Field(0, ge=0)
    """Parallel actors; 0 means one per CPU."""
    inline_bytes: int = Field(32 << 20, ge=0)
    shard_bytes: int = Field(16 << 20, gt=0)
    """Raw input bytes that one task reads."""
    part_bytes: int = Field(128 << 20, gt=0)
    """Uncompressed bytes after which a part is closed."""
    endpoints: tuple[str, ...] = ()
    """openai: base URLs such as `http://host:8000/v1`, one replica each."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key; it may be unset where the endpoint wants none."""
    slots: int = Field(256, gt=0)
    """openai: requests that an endpoint gets at once at most."""
    start_slots: int = Field(16, gt=0)
    """openai: requests at once to begin with; more with every windowful of answers, half after a 429 or 503."""
    request_seconds: float = Field(1_800.0, gt=0)
    """openai: an attempt that takes longer is given up and tried again."""
    kv_tokens: int = Field(0, ge=0)
    """Tokens that an engine's KV cache holds; 0: as the engine says (vllm), not limited (openai)."""
    engines_min: int = Field(1, gt=0)
    """vllm: engines that are kept up while there is work."""
    engines_max: int = Field(1, gt=0)
    """vllm: engines at most."""
    tensor_parallel: int = Field(1, gt=0)
    """vllm: GPUs of one engine, all in one node."""
    pipeline_parallel: int = Field(1, gt=0)
    """vllm: groups of `tensor_parallel` GPUs that one engine spreads over, on as many nodes."""
    device: Literal["auto", "gpu", "cpu"] = "auto"
    """vllm: auto means gpu where the cluster has one now."""
    engine_cpus: int = Field(1, gt=0)
    """vllm: CPUs of one engine; without a GPU they do its work."""
    engine: dict[str, Any] = {}
    """vllm: engine arguments that change speed only, such as gpu_memory_utilization, max_num_seqs, max_num_batched_tokens."""
    start_seconds: float = Field(3_600.0, gt=0)
    """vllm: an engine that is not up after so long is given up."""
    hang_seconds: float = Field(300.0, gt=0)
    """vllm: an engine that has requests and takes no step for so long is killed and replaced."""
    join_seconds: float = Field(0.0, ge=0)
    """How long to wait for nodes to join a cluster that has too few CPUs for `workers`."""
    stuck_seconds: float = Field(300.0, gt=0)
    """After so long without a finished task it is said which tasks are out and what Ray has free."""
    s3_endpoint: str = ""
    """URL of an S3 server other than AWS; "" means as the environment says (AWS_ENDPOINT_URL_S3)."""
    s3_region: str = ""
    s3_addressing: Literal["", "path", "virtual"] = ""
    single_writer: bool = False
    """There is one writer at a time: publish even where the store does not hold conditional writes."""
    judges: int = Field(0, ge=0)
    """Processes that verify attempts while others are generated; 0 means half of the CPUs."""


def fingerprint(section: Settings) -> str:
    return digest(canonical_json(section.model_dump(mode="json")))


def load(model: type[Settings], path: str | Path) -> Any:
    """Read a TOML (or JSON) file or object into `model`. Raises SettingsError that names the key and the value."""
    try:
        text = storage.read(str(path)).decode("utf-8")
        data = json.loads(text) if str(path).endswith(".json") else tomllib.loads(text)
    except StorageError as e:
        raise SettingsError(f"{e}; give the path or URI of a TOML file") from None
    except ValueError as e:  # of either parser, or of the decoding
        raise SettingsError(f"`{path}` is not TOML: {e}") from None
    return validate(model, data, str(path))


def validate(model: type[Settings], data: dict[str, Any], name: str) -> Any:
    try:
        return model.model_validate(data)
    except ValidationError as e:
        first = e.errors()[0]
        key, given = ".".join(str(part) for part in first["loc"]), first.get("input")
        said = first["msg"]
        if first["type"] == "extra_forbidden":
            said = "there is no such field; `factory/recipe.py` describes them"
        elif first["type"] == "tuple_type" and isinstance(given, dict):
            said = f"one of several is wanted: write [[{key}]] for [{key}]"
        raise SettingsError(f"`{name}`: `{key or '(an empty name)'}` = {given!r}: {said}") from None
