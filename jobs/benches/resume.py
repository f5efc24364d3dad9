"""What a kill costs:  python -m jobs.benches.resume

The same requests (prompts of a small search world, four attempts each) go to one scripted server that answers after
0.5 s: from a build of ours, from Ray Data with its checkpoint, from datatrove's inference runner. Each is killed
(SIGKILL, the whole process group) when half is answered, and run again to its end. Counted at the server: requests
answered twice; in the results: what is missing or there twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NUM_RUNS, ATTEMPTS, IN_FLIGHT, DELAY_SECONDS = 90, 4, 16, 0.5
BLOCK_ROWS = 8
"""Rows of a file, and so of a block, for Ray Data: what it writes and checkpoints at a time."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        prompts = prepare(Path(folder))
        total = len(prompts) * ATTEMPTS
        print(f"resume: {len(prompts)} prompts, {ATTEMPTS} attempts each, {IN_FLIGHT} in flight, the server answers after {DELAY_SECONDS:g} s; killed when half is answered, run again")
        for name, (_, results) in CLIENTS.items():
            try:
                print(f"  {name:10}  {measure(name, Path(folder), total, results)}")
            except subprocess.CalledProcessError as e:
                print(f"  {name:10}  did not run: {e.stderr.strip().splitlines()[-1] if e.stderr else e}")


def prepare(folder: Path) -> list[str]:
    """A compiled dataset for ours, and its prompts as Parquet and JSONL for the others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from factory import ledger, parts, prompts

    compiled(folder, str(folder / "ours"))
    found = []
    for part in ledger.parts(ledger.load(str(folder / "ours"), "compile"), "examples"):
        for row in parts.read_rows(str(folder / "ours"), part.path, ("context", "domain", "question")):
            found.append(row["context"].join(prompts.user_prompt(row["domain"], row["question"])))
    rows = [{"id": f"{i}-{attempt}", "text": text, "seed": attempt} for i, text in enumerate(found) for attempt in range(ATTEMPTS)]
    (folder / "rows").mkdir()
    for at in range(0, len(rows), BLOCK_ROWS):
        pq.write_table(pa.Table.from_pylist(rows[at : at + BLOCK_ROWS]), folder / "rows" / f"{at:06d}.parquet")
    (folder / "documents").mkdir()
    lines = (json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(found))
    (folder / "documents" / "all.jsonl").write_text("".join(lines))
    return found


def compiled(folder: Path, root: str) -> int:
    """Compile the world in `folder`, made when it is not there, into `root`; the number of its prompts."""
    from factory import ledger, run, worlds

    if not (folder / "search").exists():
        worlds.write("search", NUM_RUNS, 0, folder)
    run.build(root, recipe(folder, "trajectory"), placement(""), lambda *_: None)
    return sum(part.rows for part in ledger.parts(ledger.load(root, "compile"), "examples"))


def measure(name: str, folder: Path, total: int, results: Any) -> str:
    with serving() as url:

        def start() -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "jobs.benches.resume", name, str(folder), url]
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)

        first = start()
        while count(url)["answered"] < total // 2:
            if first.poll() is not None:
                raise subprocess.CalledProcessError(first.returncode, name, stderr=first.stderr.read() if first.stderr else "")
            time.sleep(0.05)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        time.sleep(2 * DELAY_SECONDS)  # what the server had in hand
        before = count(url)
        started = time.perf_counter()
        second = start()
        _, errors = second.communicate(timeout=500)
        seconds = time.perf_counter() - started
        if second.returncode:
            raise subprocess.CalledProcessError(second.returncode, name, stderr=errors)
        after = count(url)
    left, ids = total - before["distinct"], Counter(results(folder))
    ideal = left * DELAY_SECONDS / IN_FLIGHT
    return (
        f"answered at the kill {before['answered']:4}   asked again {after['answered'] - total:4}   results {len(ids)} of {total}, "
        f"{sum(ids.values()) - len(ids)} twice   second run {seconds:5.1f} s (the server needs {ideal:.1f} s for what was left)"
    )


# ours


def recipe(folder: Path, kind: str, attempts: int = ATTEMPTS) -> Any:
    from factory.recipe import Recipe, validate

    teacher = {"kind": kind, "model": "m", "max_attempts": attempts if kind == "openai" else 1, "ladder": [{"seed": 0}]}
    packing = {"min_context_tokens": 0}
    return validate(Recipe, {"inputs": [{"uri": str(folder / "search")}], "compile": {"packing": packing}, "teacher": teacher}, "resume")


def placement(url: str, in_flight: int = IN_FLIGHT) -> Any:
    from factory.recipe import Placement

    return Placement(runner="inline", endpoints=(url,) if url else (), api_key_env="", slots=in_flight, start_slots=in_flight, judges=1)


def ours(folder: Path, url: str) -> None:
    from factory import run

    run.build(str(folder / "ours"), recipe(folder, "openai"), placement(url), lambda *_: None)


def ours_results(folder: Path) -> list[str]:
    from factory import ledger, parts

    root = str(folder / "ours")
    homes = ledger.homes(ledger.load(root, "trace"), "traces")
    rows = (row for path in {part.path for part in homes.values()} for row in parts.read_rows(root, path))
    return [row["unit"] for row in rows if row["teacher"].startswith("openai")]


# Ray Data with its checkpoint


class Ask:
    def __init__(self, url: str):
        self.url = url

    async def __call__(self, batch: dict[str, Any]) -> Any:
        import aiohttp

        async with aiohttp.ClientSession() as session:
            asked = (ask(session, self.url, str(text), int(seed)) for text, seed in zip(batch["text"], batch["seed"], strict=True))
            batch["reply"] = await asyncio.gather(*asked)
        yield {name: batch[name] for name in ("id", "reply")}


async def ask(session: Any, url: str, text: str, seed: int) -> str:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "seed": seed}
    async with session.post(f"{url}/chat/completions", json=body) as response:
        return (await response.json())["choices"][0]["message"]["content"]


def ray_data(folder: Path, url: str) -> None:
    os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
    import ray
    from ray.data.checkpoint import CheckpointConfig

    ray.init(address="local", include_dashboard=False, num_cpus=6, logging_level="ERROR", log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.use_datasource_v2 = False
    context.checkpoint_config = CheckpointConfig(id_column="id", checkpoint_path=str(folder / "checkpoint"), delete_checkpoint_on_success=False)
    files = sorted(str(path) for path in (folder / "rows").iterdir())
    rows = ray.data.read_parquet(files, override_num_blocks=len(files))
    replies = rows.map_batches(Ask, fn_constructor_args=(url,), batch_size=BLOCK_ROWS, concurrency=IN_FLIGHT // BLOCK_ROWS, num_cpus=1)
    replies.write_parquet(str(folder / "ray"))


def ray_results(folder: Path) -> list[str]:
    import pyarrow.parquet as pq

    return [id for path in (folder / "ray").glob("*.parquet") for id in pq.read_table(path, columns=["id"])["id"].to_pylist()]


# datatrove


async def rollout(document: Any, generate: Any, seeds: Any) -> Any:
    return await generate({"messages": [{"role": "user", "content": document.text}], "seed": next(seeds[document.id])})


def datatrove(folder: Path, url: str) -> None:
    from collections import defaultdict
    from itertools import count as counting

    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    config = InferenceConfig(
        server_type="endpoint",
        model_name_or_path="m",
        endpoint_url=url.removesuffix("/v1"),
        rollouts_per_document=ATTEMPTS,
        max_concurrent_generations=IN_FLIGHT,
    )
    writer = JsonlWriter(str(folder / "datatrove"), output_filename="${rank}_chunk_${chunk_index}.jsonl", compression=None)
    seeds = {"seeds": defaultdict(counting)}
    runner = InferenceRunner(rollout, config, writer, seeds, str(folder / "checkpoints"), records_per_chunk=BLOCK_ROWS)
    LocalPipelineExecutor([JsonlReader(str(folder / "documents")), runner], tasks=1, logging_dir=str(folder / "logs")).run()


def datatrove_results(folder: Path) -> list[str]:
    rows = [json.loads(line) for path in (folder / "datatrove").glob("*.jsonl") for line in path.read_text().splitlines()]
    return [f"{row['id']}-{i}" for row in rows for i, _ in enumerate(row["metadata"]["rollout_results"])]


# the server


@contextmanager
def serving() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "jobs.benches.resume", "server"], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()


def count(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/count", timeout=30) as response:
        return json.load(response)


def server() -> None:
    from aiohttp import web

    answered: Counter[tuple[str, int]] = Counter()

    async def complete(request: web.Request) -> web.Response:
        body = await request.json()
        await asyncio.sleep(DELAY_SECONDS)
        answered[hashlib.sha256(body["messages"][-1]["content"].encode()).hexdigest(), body.get("seed", 0)] += 1
        text = f"<think>\nI guess. Answered at {time.time():.3f}.\n</think>\n\nNobody at all"
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})

    async def counts(request: web.Request) -> web.Response:
        return web.json_response({"answered": answered.total(), "distinct": len(answered), "data": []})

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/v1/chat/completions", complete)
        app.router.add_get("/v1/count", counts)
        app.router.add_get("/v1/models", counts)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


CLIENTS = {"ours": (ours, ours_results), "ray-data": (ray_data, ray_results), "datatrove": (datatrove, datatrove_results)}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "server":
        server()
    else:
        CLIENTS[sys.argv[1]][0](Path(sys.argv[2]), sys.argv[3])
