"""A scripted OpenAI-compatible server in a process of its own:  python tests/openai_server.py

The script says what happens to each request; what happened is kept and read back through `Server.calls`. A request
is known by (digest of its last message, seed). Script:
  answers    digest of the prompt -> replies by seed (the last one for all seeds past it)
  steps      "DIGEST SEED", digest of the prompt, or "*" -> what its requests meet one after the other, for every seed apart; then `ok`
  delay      seconds before a reply
  capacity   requests at once; one more is answered 429
  models     names that exist; empty: all
Steps: ok, slow, hold (until `release` is asked for), cut, malformed, empty, html, error, 429, 503, 429:SECONDS, 400, 401, 402, 404, 500, too_long, filter,
filtered_reply, length, die, hang_up.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TEXTS = {
    400: {"error": {"message": "`top_p` is not supported here", "type": "invalid_request_error"}},
    401: {"error": {"message": "Incorrect API key provided"}},
    402: {"error": {"message": "Insufficient Balance"}},
    404: {"detail": "Not Found"},
    500: {"error": {"message": "Internal Server Error"}},
    429: {"error": {"message": "Rate limit reached"}},
    503: {"error": {"message": "The server is overloaded"}},
    "too_long": {"error": {"message": "This model's maximum context length is 4096 tokens", "code": "context_length_exceeded"}},
    "filter": {"error": {"message": "Content Exists Risk", "code": "content_filter"}},
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Server:
    def __init__(self, url: str, process: subprocess.Popen[bytes]):
        self.url, self.process = url, process

    def get(self, path: str, data: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}", data, timeout=30) as response:
            return json.load(response)

    def follow(self, **script: Any) -> Server:
        """Forget what was, follow this script from now on."""
        self.get("script", json.dumps(script).encode())
        return self

    def calls(self) -> list[dict[str, Any]]:
        """{prompt, seed, step, model, key, done} in the order in which they came in."""
        return self.get("calls")

    def answered(self) -> Counter[tuple[str, int]]:
        """(prompt, seed) -> how often it was answered to the end."""
        return Counter((call["prompt"], call["seed"]) for call in self.calls() if call["done"])

    def most_at_once(self) -> int:
        return self.get("most")


@contextmanager
def serving(**script: Any) -> Iterator[Server]:
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        yield Server(f"http://127.0.0.1:{port}/v1", process).follow(**script)
    finally:
        process.kill()
        process.wait()


def main() -> None:
    from aiohttp import web

    script: dict[str, Any] = {}
    calls: list[dict[str, Any]] = []
    turns: Counter[tuple[str, int]] = Counter()
    state = {"now": 0, "most": 0}
    held = asyncio.Event()

    async def completions(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt, seed = digest(body["messages"][-1]["content"]), body.get("seed", 0)
        call = {"prompt": prompt, "seed": seed, "step": "", "model": body["model"], "key": request.headers.get("Authorization", ""), "done": False}
        calls.append(call)
        if script.get("capacity") and state["now"] >= script["capacity"]:
            call["step"] = "429"
            return web.json_response(TEXTS[429], status=429)
        state["now"] += 1
        state["most"] = max(state["most"], state["now"])
        try:
            return await reply(request, body, call)
        finally:
            state["now"] -= 1

    async def reply(request: web.Request, body: dict[str, Any], call: dict[str, Any]) -> web.StreamResponse:
        prompt, seed = call["prompt"], call["seed"]
        steps = script.get("steps", {})
        steps = steps.get(f"{prompt} {seed}") or steps.get(prompt) or steps.get("*") or []
        turn = turns[prompt, seed]
        turns[prompt, seed] += 1
        step = call["step"] = steps[turn] if turn < len(steps) else "ok"
        if script.get("models") and body["model"] not in script["models"]:
            return web.json_response({"error": {"message": f"The model `{body['model']}` does not exist.", "code": "model_not_found"}}, status=404)
        if script.get("delay"):
            await asyncio.sleep(script["delay"])
        name, _, wait = step.partition(":")
        if name.isdecimal():
            return web.json_response(TEXTS[int(name)], status=int(name), headers={"Retry-After": wait} if wait else {})
        if name in TEXTS:
            return web.json_response(TEXTS[name], status=400)
        if name == "slow":
            await asyncio.sleep(3_600)
        if name == "hold":
            await held.wait()
        if name == "die":
            os._exit(1)
        if name == "malformed":
            return web.Response(text='{"choices": [{"message": {"content": "half', content_type="application/json")
        if name == "empty":
            return web.json_response({})
        if name == "html":
            return web.Response(text="<html>502 Bad Gateway</html>", status=502, content_type="text/html")
        if name == "error":
            return web.json_response({"error": {"message": "upstream failed", "code": 502}})
        replies = script.get("answers", {}).get(prompt) or [f"<think>\nIt is {prompt}.\n</think>\n\n{prompt} {seed}"]
        text = replies[min(seed, len(replies) - 1)]
        finish = {"filtered_reply": "content_filter", "length": "length"}.get(name, "stop")
        message = {"role": "assistant", "content": text}
        used = {"prompt_tokens": len(body["messages"][-1]["content"]) // 4, "completion_tokens": len(text) // 4}
        data = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": used}).encode()
        if name in ("cut", "hang_up"):
            response = web.StreamResponse(headers={"Content-Length": str(len(data))})
            if name == "cut":
                await response.prepare(request)
                await response.write(data[: len(data) // 2])
            assert request.transport
            request.transport.close()
            return response
        call["done"] = True
        return web.Response(body=data, content_type="application/json")

    async def read(request: web.Request) -> web.Response:
        return web.json_response({"calls": calls, "most": state["most"], "models": {"data": []}}[request.path.rpartition("/")[2]])

    async def release(_: web.Request) -> web.Response:
        held.set()
        return web.json_response({})

    async def follow(request: web.Request) -> web.Response:
        held.clear()
        calls.clear()
        turns.clear()
        script.clear()
        script.update(await request.json())
        state["most"] = 0
        return web.json_response({})

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/chat/completions", completions)
        app.router.add_post("/v1/script", follow)
        app.router.add_get("/v1/release", release)
        for name in ("calls", "most", "models"):
            app.router.add_get(f"/v1/{name}", read)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4_096)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
