"""What the teacher's client costs, how well it schedules, what a kill costs:  python -m jobs.bench_teacher [overhead|makespan|prefill|resume|durable ...]

overhead   5,000 requests of 64 KB, 1,000 in flight, to a server that answers after 2 s, beside a bare asynchronous
           client; each client in a process of its own, the two by turns
makespan   1,000 requests on 32 slots, log-normal times, the scheduler sees prompt tokens that correlate with the time
prefill    jobs/bench_prefill.py, where vLLM is installed: minutes on a CPU
resume     a build killed half-way and run again, counted at the server, beside Ray Data with its checkpoint and datatrove
durable    seconds from a reply to its trace on storage, as another reader of the storage sees it
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import importlib.util
import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

REQUESTS, IN_FLIGHT, REQUEST_BYTES, DELAY_SECONDS = 5_000, 1_000, 64 << 10, 2.0
JOBS, SLOTS, SEEDS, SIGMA, CORRELATION = 1_000, 32, 20, 1.0, 0.7


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("parts", nargs="*", help="overhead, makespan, prefill, resume, durable; all of them by default")
    parts = arguments.parse_args().parts or ["makespan", "overhead", "resume", "durable", "prefill"]
    if parts[0] in PROCESSES:
        PROCESSES[parts[0]](*parts[1:])
        return
    for part in parts:
        {"overhead": overhead, "makespan": makespan, "prefill": prefill, "resume": resume, "durable": durable}[part]()


# (a) client overhead


def overhead() -> None:
    with serving() as url:
        found: dict[str, list[dict[str, float]]] = {"bare": [], "ours": []}
        for _ in range(2):
            for name in found:
                done = subprocess.run([sys.executable, "-m", "jobs.bench_teacher", f"client-{name}", url], capture_output=True, text=True, check=True)
                found[name].append(json.loads(done.stdout))
    wall, cpu = ({name: min(one[key] for one in runs) for name, runs in found.items()} for key in ("wall", "cpu"))
    print(f"overhead: {REQUESTS:,} requests of {REQUEST_BYTES >> 10} KB, {IN_FLIGHT:,} in flight, the server answers after {DELAY_SECONDS:g} s; the better of 2 runs each")
    for name in found:
        print(f"  {name}  wall {wall[name]:6.2f} s   client CPU {cpu[name]:6.2f} s   {REQUESTS / wall[name]:,.0f} requests/s")
    print(f"  ours / bare: wall {wall['ours'] / wall['bare']:.3f} (at most 1.1), CPU {cpu['ours'] / cpu['bare']:.3f} (at most 1.5)")


@contextmanager
def serving(delay: float = DELAY_SECONDS) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "jobs.bench_teacher", "server", str(delay)], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()


def server(delay: str) -> None:
    """Answers every chat completion after `delay` seconds and counts by prompt."""
    from aiohttp import web

    text = "<think>\n" + "Because of what the documents say. " * 50 + "\n</think>\n\nyes"
    reply = orjson.dumps({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 16_000, "completion_tokens": 400}})
    seen: dict[str, int] = {}

    async def complete(request: web.Request) -> web.Response:
        body = await request.read()
        key = body[: body.find(b" ", 64)][-40:].decode("utf-8", "replace")
        await asyncio.sleep(float(delay))
        seen[key] = seen.get(key, 0) + 1
        return web.Response(body=reply, content_type="application/json")

    async def count(request: web.Request) -> web.Response:
        return web.json_response({"answered": sum(seen.values()), "prompts": len(seen)})

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/v1/chat/completions", complete)
        app.router.add_get("/v1/count", count)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4_096).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


def prompts() -> list[str]:
    return [f"prompt-{i} " + "word " * ((REQUEST_BYTES - 16) // 5) for i in range(REQUESTS)]


def measured(run: Any) -> None:
    texts = prompts()
    wall, cpu = time.perf_counter(), time.process_time()
    num_answers = asyncio.run(run(texts))
    assert num_answers == REQUESTS
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


def client_bare(url: str) -> None:
    async def run(texts: list[str]) -> int:
        import aiohttp

        free = asyncio.Semaphore(IN_FLIGHT)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def ask(text: str) -> bool:
                async with free:
                    body = {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 8_192}
                    async with session.post(f"{url}/chat/completions", data=orjson.dumps(body), headers={"Content-Type": "application/json"}) as response:
                        return bool(orjson.loads(await response.read())["choices"][0]["message"]["content"])

            return sum(await asyncio.gather(*(ask(text) for text in texts)))

    measured(run)


def client_ours(url: str) -> None:
    async def run(texts: list[str]) -> int:
        from factory.recipe import Placement, Teacher
        from factory.teachers import openai
        from factory.teachers.pool import Pool, Request

        placement = Placement(endpoints=(url,), slots=IN_FLIGHT, start_slots=IN_FLIGHT)
        async with Pool(openai.starter(Teacher(kind="openai", model="m"), placement), 1, 1, IN_FLIGHT) as pool:

            async def ask(number: int, text: str) -> bool:
                request = Request(str(number), ({"role": "user", "content": text},), 16_000, 8_192, 0.6, 0.95, 0, str(number))
                return bool((await pool.ask(request)).text)

            return sum(await asyncio.gather(*(ask(i, text) for i, text in enumerate(texts))))

    measured(run)


# (b) makespan


def makespan() -> None:
    names = ("first-come", "batches", "ours", "oracle")
    found: dict[str, list[float]] = {name: [] for name in names}
    seen = []
    for seed in range(SEEDS):
        times, tokens = workload(seed)
        seen.append(statistics.correlation(times, tokens))
        found["first-come"].append(in_order(times, range(JOBS)))
        found["batches"].append(sum(max(times[at : at + SLOTS]) for at in range(0, JOBS, SLOTS)))
        found["ours"].append(scheduled(times, tokens))
        found["oracle"].append(in_order(times, sorted(range(JOBS), key=lambda i: -times[i])))
    means = {name: statistics.mean(found[name]) for name in names}
    closed = (means["first-come"] - means["ours"]) / (means["first-come"] - means["oracle"])
    print(f"makespan: {JOBS:,} requests, {SLOTS} slots, log-normal times (sigma {SIGMA:g}), {SEEDS} seeds; prompt tokens correlate with time by {statistics.mean(seen):.2f}")
    for name in names:
        print(f"  {name:10}  mean {means[name]:7.2f}   worst {max(found[name]):7.2f}   beside the oracle {means[name] / means['oracle']:.3f}")
    print(f"  ours closes {closed:.0%} of the gap from first-come to oracle (at least 60 %)")


def workload(seed: int) -> tuple[list[float], list[int]]:
    """Times, and prompt tokens whose linear correlation with them is CORRELATION: both log-normal."""
    random_ = random.Random(seed)
    of_logs = math.log1p(CORRELATION * (math.exp(SIGMA**2) - 1)) / SIGMA**2
    times, tokens = [], []
    for _ in range(JOBS):
        a, b = random_.gauss(0, 1), random_.gauss(0, 1)
        times.append(math.exp(SIGMA * a))
        tokens.append(int(16_000 * math.exp(SIGMA * (of_logs * a + math.sqrt(1 - of_logs**2) * b))))
    return times, tokens


def in_order(times: list[float], order: Any) -> float:
    """Every free slot takes the next of `order`."""
    free = [0.0] * SLOTS
    for i in order:
        heapq.heapreplace(free, free[0] + times[i])
    return max(free)


def scheduled(times: list[float], tokens: list[int]) -> float:
    """The pool's own schedule, on a simulated clock."""
    from factory.teachers.engine import Request
    from factory.teachers.schedule import Schedule, Window

    schedule = Schedule()
    for i in range(SLOTS):
        schedule.add_replica(str(i), 0, Window(1, 1))
    for i, num_tokens in enumerate(tokens):
        schedule.add(Request(str(i), (), num_tokens, 8_192, 0.6, 0.95, 0, str(i)))
    now, running = 0.0, []
    while True:
        for request, replica in schedule.assign(now):
            heapq.heappush(running, (now + times[int(request.id)], request.id, replica))
        if not running:
            assert schedule.num_waiting == 0
            return now
        now, id, replica = heapq.heappop(running)
        schedule.finish(id, replica, 100)


# (c) prefill


def prefill() -> None:
    if importlib.util.find_spec("vllm") is None:
        print("prefill: vLLM is not installed")
        return
    from jobs import bench_prefill

    bench_prefill.main([])


# (d) resume


def resume() -> None:
    from jobs.benches import resume

    resume.main()


# durable within two seconds


def durable() -> None:
    from jobs.benches import durable

    durable.main()


PROCESSES = {"server": server, "client-bare": client_bare, "client-ours": client_ours}

if __name__ == "__main__":
    main()
