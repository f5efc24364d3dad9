"""Real vLLM engines on CPU with a tiny model: what they say of themselves, what a kill costs, what a prefix costs."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from lines import build, expected, recipe_for, rejections, rows, write_world

from factory import ledger, parts
from factory.errors import SettingsError
from factory.recipe import Placement, Recipe, Teacher, validate
from factory.stages import cluster
from factory.teachers import vllm
from factory.teachers.engine import Answer, EngineDied, Request, RequestRefused
from factory.teachers.pool import Pool
from factory.teachers.vllm_handle import VllmEngine

CONTEXT = 8_192
PLACEMENT = Placement(runner="inline", workers=2, judges=1, hang_seconds=60)

pytestmark = pytest.mark.timeout(900)  # three engines come up in one test: minutes where the cores are shared
needs_vllm = pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM for CPU is not installed (the extra `cpu`)")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.write(tmp_path_factory.mktemp("tiny"), 2 * CONTEXT)


@pytest.fixture(scope="module")
def ray_up() -> Iterator[None]:
    os.environ["HF_HUB_OFFLINE"] = "1"
    cluster.start_ray(PLACEMENT)
    import ray

    yield
    ray.shutdown()


class Session:
    """An event loop of its own, in which an engine lives over several tests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Any], seconds: float = 600) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = Session()
    yield session
    session.loop.call_soon_threadsafe(session.loop.stop)
    session.thread.join(10)


@pytest.fixture(scope="module")
def engine(model: Path, ray_up: None, session: Session) -> Iterator[VllmEngine]:
    settings = Teacher(kind="vllm", model=str(model), context_tokens=CONTEXT)
    engine = session.run(vllm.starter(settings, PLACEMENT.model_copy(update={"hang_seconds": 8.0}))(0))
    yield engine
    session.run(engine.close())


def request(id: str, text: str = "Name a river.", max_tokens: int = 16, seed: int = 0, group: str = "") -> Request:
    return Request(id, ({"role": "user", "content": text},), len(text), max_tokens, 1.0, 1.0, seed, group or text)


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Any, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.05)


def test_new_weights_another_revision_and_another_template_are_other_teachers(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    settings = Teacher(kind="vllm", model=str(tmp_path))
    before = vllm.identity(settings)
    assert vllm.identity(settings) == before
    (tmp_path / "model.safetensors").write_bytes(b"WEIGHTS")
    assert vllm.identity(settings) != before
    hub = Teacher(kind="vllm", model="Qwen/Qwen3-30B-A3B-Thinking-2507")
    others = [{"revision": "144afc2"}, {"template": {"enable_thinking": True}}, {"engine": {"kv_cache_dtype": "fp8"}}, {"structured": {"choice": ["a"]}}]
    assert len({vllm.identity(hub.model_copy(update=other)) for other in [{}, *others]}) == 5


def test_what_may_change_a_reply_is_no_placement(tmp_path: Path) -> None:
    settings = Teacher(kind="vllm", model="m")
    with pytest.raises(SettingsError, match=r"kv_cache_dtype.*teacher.engine"):
        vllm.starter(settings, Placement(engine={"kv_cache_dtype": "fp8"}))
    with pytest.raises(SettingsError, match="max_model_len"):
        vllm.starter(settings.model_copy(update={"engine": {"max_model_len": 10}}), Placement())


def test_where_vllm_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.teachers.vllm_actor import Dead, EngineActor

    monkeypatch.setitem(sys.modules, "vllm.engine.arg_utils", None)
    monkeypatch.setitem(sys.modules, "vllm", None)
    dead = asyncio.run(EngineActor({}, {}, {}).start())
    assert isinstance(dead, Dead) and "`gpu`" in dead.detail and "`cpu`" in dead.detail


@pytest.mark.parametrize("address", ["", "local", "ray://cluster:10001"])
def test_where_vllm_is_missing_here_nothing_begins(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster's nodes may have what the driver has not."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "vllm" else found(name, *more))
    for name in ("RAY_ADDRESS", "RAY_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    settings, placed = Teacher(kind="vllm", model="m"), Placement(runner="inline", address=address)
    if "cluster" in address:
        vllm.starter(settings, placed)
        return
    (tmp_path / "runs.jsonl").write_text("{}\n")
    with pytest.raises(SettingsError, match=r"not installed.*`gpu`"):
        build(tmp_path / "out", recipe_for(tmp_path / "runs.jsonl").model_copy(update={"teacher": settings}), placed)
    assert not (tmp_path / "out/ledger").exists()


@pytest.mark.vllm
@needs_vllm
def test_an_engine_that_no_node_can_hold_is_refused_with_what_is_missing(model: Path, ray_up: None, session: Session) -> None:
    placement = PLACEMENT.model_copy(update={"engine_cpus": 512})
    with pytest.raises(SettingsError, match=r"512 CPUs.*`join_seconds`"):
        session.run(vllm.starter(Teacher(kind="vllm", model=str(model)), placement)(0))


@pytest.mark.vllm
@needs_vllm
def test_attempts_of_one_prompt_pay_for_one_prefill(engine: VllmEngine, session: Session) -> None:
    """The engine's own counters: computed prefill tokens are the distinct prompts and at most a block per extra attempt."""
    texts = [f"{number} {'The river runs past the old mill. ' * 300}" for number in range(3)]
    attempts = 4

    async def started(number: int) -> VllmEngine:
        return Shared(engine)

    async def ask() -> tuple[list[Answer], int]:
        before = await engine.count()
        async with Pool(started) as pool:
            asked = [pool.ask(request(f"prefix-{i}-{j}", text, seed=j)) for i, text in enumerate(texts) for j in range(attempts)]
            answers = await asyncio.gather(*asked)
        after = await engine.count()
        assert after.generated_tokens - before.generated_tokens == sum(answer.completion_tokens for answer in answers)
        return answers, after.prefill_tokens - before.prefill_tokens

    answers, computed = session.run(ask())
    lengths = [answer.prompt_tokens for answer in answers[::attempts]]
    assert min(lengths) > 2_000
    assert computed == sum(answer.prompt_tokens - answer.cached_tokens for answer in answers)
    needed = sum(lengths) + engine.facts.block_tokens * (len(answers) - len(texts))
    assert sum(lengths) <= computed <= 1.05 * needed
    assert len({answer.raw for answer in answers}) >= attempts


class Shared:
    """The fixture's engine, which a pool must not close."""

    def __init__(self, engine: VllmEngine):
        self.name, self.kv_tokens, self.slots, self.ask = engine.name, engine.kv_tokens, engine.slots, engine.ask

    async def close(self) -> None: ...


@pytest.mark.vllm
@needs_vllm
def test_an_engine_takes_as_many_requests_at_once_as_one_for_offline_batches(engine: VllmEngine) -> None:
    from vllm.engine.arg_utils import EngineArgs
    from vllm.usage.usage_lib import UsageContext

    _, most = EngineArgs.get_batch_defaults(1)
    assert engine.facts.slots == most[UsageContext.LLM_CLASS] > most[UsageContext.OPENAI_API_SERVER]


@pytest.mark.vllm
@needs_vllm
def test_an_over_long_prompt_never_reaches_the_engine(engine: VllmEngine, session: Session) -> None:
    before = session.run(engine.count())
    with pytest.raises(RequestRefused) as refused:
        session.run(engine.ask(request("long", "river " * CONTEXT)))
    assert refused.value.reason == "prompt_too_long" and f"{CONTEXT:,}" in refused.value.detail
    assert session.run(engine.count()).prefill_tokens == before.prefill_tokens


@pytest.mark.vllm
@needs_vllm
def test_the_same_seed_says_the_same_and_what_is_given_up_leaves_the_engine(engine: VllmEngine, session: Session) -> None:
    first, again, other = (session.run(engine.ask(request(f"seed-{i}", seed=seed))) for i, seed in enumerate((7, 7, 8)))
    assert first.raw == again.raw != other.raw and first.finish_reason == "length" and first.completion_tokens == 16

    async def give_up() -> int:
        asked = asyncio.ensure_future(engine.ask(request("given-up", max_tokens=CONTEXT - 100)))
        while (await engine.actor.pulse.remote()).running == 0:
            await asyncio.sleep(0.01)
        asked.cancel()
        while (running := (await engine.actor.pulse.remote()).running) > 0:
            await asyncio.sleep(0.01)
        return running

    assert session.run(give_up()) == 0


@pytest.mark.vllm
@needs_vllm
def test_an_engine_that_hangs_is_killed_with_all_its_processes(engine: VllmEngine, session: Session) -> None:
    """The last test of this engine."""

    async def hang() -> EngineDied:
        asked = asyncio.ensure_future(engine.ask(request("hung", max_tokens=CONTEXT - 100)))
        while (await engine.actor.pulse.remote()).running == 0:
            await asyncio.sleep(0.01)
        for process in engine.facts.processes[1:]:
            os.kill(process, signal.SIGSTOP)
        with pytest.raises(EngineDied) as died:
            await asked
        return died.value

    death = session.run(hang())
    assert death.to_blame and "took no step" in str(death)
    assert len(engine.facts.processes) > 1
    wait_until(lambda: not any(map(lives, engine.facts.processes)))


@pytest.mark.vllm
@needs_vllm
def test_an_engine_killed_in_mid_run_is_replaced_and_nothing_is_lost_or_doubled(model: Path, ray_up: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_world("search", 14, tmp_path)
    golds = sorted({run["answer"] for run in expected(tmp_path, "search") if run["answer"]})
    started: list[int] = []
    engines: list[VllmEngine] = []
    answered: Counter[str] = Counter()

    def starter(settings: Teacher, placement: Placement) -> Any:
        start = vllm_starter(settings, placement)

        async def watched(number: int) -> VllmEngine:
            started.append(number)
            engine = await start(number)
            engines.append(engine)
            ask = engine.ask

            async def asked(request: Request) -> Answer:
                answer = await ask(request)
                answered[request.id] += 1
                if answered.total() == 3:  # others run at this moment
                    os.kill(engine.facts.processes[1], signal.SIGKILL)
                return answer

            engine.ask = asked  # type: ignore[method-assign]
            return engine

        return watched

    vllm_starter = vllm.starter
    monkeypatch.setattr(vllm, "starter", starter)
    plain = recipe_for(tmp_path / "search", tokenizer=str(model), packing={"sequence_tokens": CONTEXT, "reserve_trace_tokens": 256}).model_dump()
    teacher = {
        "kind": "vllm",
        "model": str(model),
        "context_tokens": CONTEXT,
        "max_answer_tokens": 128,
        "max_attempts": 8,
        "ladder": [{"temperature": 1.0, "top_p": 1.0}],
        "structured": {"choice": [f"<think>\nThe documents name it.\n</think>\n\n{gold}" for gold in golds]},
    }
    result = build(tmp_path / "out", validate(Recipe, plain | {"teacher": teacher}, "test"), PLACEMENT.model_copy(update={"engines_min": 2, "engines_max": 2}))

    assert len(started) >= 3, "the dead engine is replaced"
    assert set(answered.values()) == {1}
    counts = result.version.summary["domains"]["search"]
    assert counts["read"] == counts["accepted"] + sum(counts["rejected"].values()) == len(expected(tmp_path, "search"))
    root = str(tmp_path / "out")
    homes = ledger.homes(ledger.load(root, "trace"), "traces")
    kept = [row["unit"] for part in {part.path: part for part in homes.values()}.values() for row in parts.read_rows(root, part.path)]
    assert Counter(kept) == answered
    found = rows(root)
    assert found and all(row["ground_truth_answer"] in row["messages"][1]["content"] for row in found)
    assert {row["reason"] for row in rejections(root) if row["stage"] == "verify"} <= {"wrong_answer"}
    left = [process for engine in engines for process in engine.facts.processes[1:]]
    for _ in range(600):  # they are told to end, and end on their own
        left = [process for process in left if lives(process)]
        if not left:
            break
        time.sleep(0.1)
    assert not left


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """vLLM's own OpenAI-compatible server; its base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--host 127.0.0.1 --port {port} --served-model-name tiny --max-model-len {CONTEXT} --max-num-batched-tokens {CONTEXT}"
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), *options.split(), "--no-enable-chunked-prefill", "--enforce-eager"]
    log = tmp_path_factory.mktemp("server") / "log"
    with open(log, "w") as out:
        environment = os.environ | vllm.ENVIRONMENT | vllm.CPU_ENVIRONMENT | {"HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen([*command, "--enable-prompt-tokens-details"], stdout=out, stderr=out, env=environment, start_new_session=True)

    def healthy() -> bool:
        assert process.poll() is None, log.read_text()[-3_000:]
        with suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health").status == 200
        return False

    try:
        wait_until(healthy, 600)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.vllm
@needs_vllm
def test_the_openai_teacher_works_with_vllms_own_server(model: Path, server: str, tmp_path: Path) -> None:
    """A random model passes nothing: every attempt is kept with what it used, and rejected with a reason."""
    write_world("search", 6, tmp_path)
    plain = recipe_for(tmp_path / "search", tokenizer=str(model), packing={"sequence_tokens": CONTEXT, "reserve_trace_tokens": 256}).model_dump()
    teacher = {"kind": "openai", "model": "tiny", "max_answer_tokens": 32, "max_attempts": 3, "ladder": [{"temperature": 1.0, "top_p": 1.0}]}
    root = str(tmp_path / "out")
    placement = PLACEMENT.model_copy(update={"endpoints": (server,), "api_key_env": ""})
    result = build(root, validate(Recipe, plain | {"teacher": teacher}, "test"), placement)
    counts = result.version.summary["domains"]["search"]
    assert counts["read"] == counts["accepted"] + sum(counts["rejected"].values()) == 6
    traces = [row for part in ledger.parts(ledger.load(root, "trace"), "traces") for row in parts.read_rows(root, part.path)]
    examples = {row["id"]: row for part in ledger.parts(ledger.load(root, "compile"), "examples") for row in parts.read_rows(root, part.path)}
    assert len(traces) == 3 * len(examples) > 0
    assert all(trace["prompt_tokens"] == examples[trace["example_id"]]["prompt_tokens"] for trace in traces)
    assert {trace["finish_reason"] for trace in traces} <= {"length", "stop"} and all(0 < trace["completion_tokens"] <= 32 for trace in traces)
