"""A model in vLLM engines of our own: each one a Ray actor that asks the cluster for its GPUs, or CPUs where there
are none.

    one GPU            num_gpus = 1
    tensor parallel    num_gpus = n on one node, vLLM's worker processes inside
    pipeline parallel  a placement group of one-GPU bundles, vLLM's Ray executor inside

Ray must be up before an engine is started. vLLM is imported in the actors only: the driver needs no GPU and no vLLM.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import time
from pathlib import Path
from typing import Any

from factory.errors import SettingsError
from factory.recipe import Placement, Teacher
from factory.records import canonical_json, digest
from factory.teachers.engine import EngineDied
from factory.teachers.pool import Start
from factory.teachers.vllm_actor import MISSING, Dead, EngineActor, Facts
from factory.teachers.vllm_handle import VllmEngine, result

VERSION = "1"
POOLED = True
NEEDS_RAY = True
"""The engines are Ray actors: the stage connects to Ray before it starts them."""

HASHED_BYTES = 32 << 20
"""Files of a model's folder up to this size are hashed whole, of larger ones SAMPLES pieces."""
SAMPLES, SAMPLE_BYTES = 16, 65_536
CALLS = 10_000
"""Calls that an actor takes at once: more than any engine has slots."""
LOOK_SECONDS = 2.0
ENVIRONMENT = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "WARNING", "TOKENIZERS_PARALLELISM": "false"}
CPU_ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB; vLLM's default is most of the machine's memory, for each engine
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # several engines would be bound to the same cores
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # else the engine's process starts one more for its only worker
}
SPEED = frozenset({
    "gpu_memory_utilization", "kv_cache_memory_bytes", "max_num_seqs", "max_num_batched_tokens", "block_size", "enforce_eager",
    "enable_expert_parallel", "disable_custom_all_reduce", "cpu_offload_gb", "kv_offloading_size", "download_dir", "max_parallel_loading_workers",
})
"""Engine arguments that a placement may set: they leave alone what the model says."""
OURS = frozenset({
    "model", "revision", "max_model_len", "tensor_parallel_size", "pipeline_parallel_size", "distributed_executor_backend",
    "enable_prefix_caching", "disable_log_stats", "enable_logging_iteration_details",
})


def identity(settings: Teacher) -> str:
    """Model, revision and what shapes the reply. A folder counts by its content, so that new weights ask again."""
    folder = Path(settings.model)
    name = f"folder:{_folder_hash(folder)}" if settings.model and folder.is_dir() else f"{settings.model}@{settings.revision or 'main'}"
    shaped = {"template": settings.template, "structured": settings.structured, "engine": settings.engine}
    return f"vllm:{name}" + (f":{digest(canonical_json(shaped))}" if any(shaped.values()) else "")


def _folder_hash(folder: Path) -> str:
    parts: list[str | bytes] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts):
        size = path.stat().st_size
        parts += [str(path.relative_to(folder)), str(size)]
        with open(path, "rb") as file:
            if size <= HASHED_BYTES:
                parts.append(file.read())
            else:
                for i in range(SAMPLES):
                    file.seek((size - SAMPLE_BYTES) * i // (SAMPLES - 1))
                    parts.append(file.read(SAMPLE_BYTES))
    return digest(*parts)


def replicas(placement: Placement) -> tuple[int, int]:
    """(fewest, most) engines of a pool."""
    return placement.engines_min, max(placement.engines_min, placement.engines_max)


def engine_arguments(settings: Teacher, placement: Placement) -> dict[str, Any]:
    """vLLM's engine arguments. SettingsError for one that stands in the wrong place."""
    if not settings.model:
        raise SettingsError("`teacher.model` is empty; give a hub id or a folder")
    if wrong := sorted(set(placement.engine) - SPEED):
        raise SettingsError(f"`engine` of the placement holds `{wrong[0]}`; what may change a reply belongs into `teacher.engine`, and here may stand: {', '.join(sorted(SPEED))}")
    if wrong := sorted(set(settings.engine) & OURS):
        raise SettingsError(f"`teacher.engine` holds `{wrong[0]}`, which has a setting of its own")
    if len(settings.structured) > 1:
        raise SettingsError(f"`teacher.structured` holds {', '.join(settings.structured)}; keep one of them")
    workers = placement.tensor_parallel * placement.pipeline_parallel
    return {
        "model": settings.model,
        "revision": settings.revision or None,
        "max_model_len": settings.context_tokens or -1,  # -1: the model's own, or what fits into the KV cache
        "tensor_parallel_size": placement.tensor_parallel,
        "pipeline_parallel_size": placement.pipeline_parallel,
        "distributed_executor_backend": "ray" if placement.pipeline_parallel > 1 else "mp" if workers > 1 else "uni",
        "enable_prefix_caching": True,
        "disable_log_stats": True,  # its own loggers; the counters are taken by ours
        "enable_logging_iteration_details": True,  # the counter of prefill tokens that were computed
        **settings.engine,
        **placement.engine,
    }


def starter(settings: Teacher, placement: Placement) -> Start:
    """Start engines on the Ray cluster that is connected. SettingsError when the first of them cannot come up."""
    arguments = engine_arguments(settings, placement)
    here = placement.address in ("", "local") and not ( os.environ.get("RAY_ADDRESS") or os.environ.get("RAY_JOB_ID"))
    if here and importlib.util.find_spec("vllm") is None:  # on another machine only its engines can tell
        raise SettingsError(f"`teacher.kind` = \"vllm\": vLLM is not installed; {MISSING}")
    return start_with(arguments, settings.template, settings.structured, placement)


def start_with(arguments: dict[str, Any], template: dict[str, Any], structured: dict[str, Any], placement: Placement) -> Start:
    came_up: list[str] = []

    async def start(number: int) -> VllmEngine:
        actor, release = await asyncio.to_thread(_create, arguments, template, structured, placement)
        try:
            await _placed(actor, placement)
            facts = await asyncio.wait_for(result(actor.start.remote()), placement.start_seconds)
            if isinstance(facts, Dead) and not came_up:
                raise SettingsError(facts.detail)
            if isinstance(facts, Dead):
                raise EngineDied(facts.detail, to_blame=False)
        except BaseException as e:
            release()
            if isinstance(e, TimeoutError):
                raise EngineDied(f"not up after `start_seconds` = {placement.start_seconds:g}", to_blame=False) from None
            raise
        assert isinstance(facts, Facts)
        came_up.append(facts.node)
        return VllmEngine(f"vllm-{number}", actor, facts, placement.kv_tokens, placement.hang_seconds, release)

    return start


def on_gpu(placement: Placement) -> bool:
    import ray

    return placement.device == "gpu" or (placement.device == "auto" and ray.cluster_resources().get("GPU", 0) > 0)


def _create(arguments: dict[str, Any], template: dict[str, Any], structured: dict[str, Any], placement: Placement) -> tuple[Any, Any]:
    """The actor, which may still wait for its place, and what ends it."""
    import ray
    from ray.util import placement_group, remove_placement_group
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    gpu = on_gpu(placement)
    environment = ENVIRONMENT | ({} if gpu else CPU_ENVIRONMENT)
    options: dict[str, Any] = {
        "num_cpus": placement.engine_cpus,
        "num_gpus": placement.tensor_parallel if gpu else 0,
        "max_restarts": 0,  # a dead engine is replaced by the pool
        "max_concurrency": CALLS,
        "runtime_env": {"env_vars": {name: os.environ.get(name, value) for name, value in environment.items()}},
    }
    group = None
    if placement.pipeline_parallel > 1:
        group = placement_group(bundles(placement), strategy="PACK")
        strategy = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=0, placement_group_capture_child_tasks=True)
        options |= {"num_gpus": 0, "scheduling_strategy": strategy}
    actor = ray.remote(EngineActor).options(**options).remote(arguments, template, structured)

    def release() -> None:
        ray.kill(actor, no_restart=True)
        if group is not None:
            remove_placement_group(group)

    return actor, release


def bundles(placement: Placement) -> list[dict[str, float]]:
    """Of a pipeline over nodes: the actor's own, then one for each GPU, as vLLM's Ray executor wants them."""
    return [{"CPU": placement.engine_cpus}, *({"GPU": 1.0} for _ in range(placement.tensor_parallel * placement.pipeline_parallel))]


async def _placed(actor: Any, placement: Placement) -> None:
    """Wait until the actor has its place. Its demand is what makes a cluster grow, so it is made first."""
    began = time.monotonic()
    present = asyncio.ensure_future(result(actor.present.remote()))
    while not (await asyncio.wait({present}, timeout=LOOK_SECONDS))[0]:
        waited = time.monotonic() - began
        if waited > placement.join_seconds and (missing := await asyncio.to_thread(_missing, placement)):
            present.cancel()
            raise SettingsError(missing)
        if waited > placement.start_seconds:
            present.cancel()
            raise EngineDied("the cluster has no place free for one more engine", to_blame=False)
    if isinstance(present.result(), Dead):
        raise EngineDied(present.result().detail, to_blame=False)


def _missing(placement: Placement) -> str:
    """What an empty cluster would still lack for one engine; "" when it would fit."""
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = placement.tensor_parallel if on_gpu(placement) else 0
    if placement.pipeline_parallel > 1:
        gpus *= placement.pipeline_parallel
        nodes = [{name: sum(node.get(name, 0) for node in nodes) for name in ("CPU", "GPU")}]
    if any(node.get("GPU", 0) >= gpus and node.get("CPU", 0) >= placement.engine_cpus for node in nodes):
        return ""
    most = {name: max((node.get(name, 0) for node in nodes), default=0) for name in ("CPU", "GPU")}
    return (
        f"an engine asks for {gpus} GPUs (`tensor_parallel`) and {placement.engine_cpus} CPUs (`engine_cpus`) of a node, and the biggest has "
        f"{most['GPU']:g} and {most['CPU']:g}; lower them, add nodes, or give nodes time to join (`join_seconds`)"
    )
