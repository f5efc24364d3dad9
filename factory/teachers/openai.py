"""Any OpenAI-compatible endpoint: chat completions over HTTP, one engine per base URL.

Keys come from the environment and stand in no row, log or message. What an endpoint can do wrong is told apart:
overload (429, 503) goes back to the pool; a broken or slow reply is tried again a few times; a request that the
endpoint will never take is refused; what concerns every request (key, model, path) stops the run with one sentence.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

from factory.errors import FactoryError, SettingsError
from factory.recipe import Placement, Teacher
from factory.records import canonical_json, digest
from factory.teachers.engine import Answer, EngineDied, Request, RequestRefused, TryLater
from factory.teachers.pool import Start
from factory.teachers.think import separate

if TYPE_CHECKING:
    import aiohttp

VERSION = "1"
POOLED = True

TRIES = 4
"""Times that a request is sent when its replies are broken."""
SLOW_TRIES = 2
"""Times that a request may run into the time limit."""
FIRST_WAIT_SECONDS = 0.5
LONGEST_RETRY_AFTER_SECONDS = 600.0
REPLY_BYTES = 64 << 20
REFUSALS = 8
"""Refused requests without an answer before them after which the settings are to blame, and the run stops."""
OVERLOADED = (429, 503, 529)
BROKEN = (408, 409, 425, 500, 502, 504, 520, 522, 524)

TOO_LONG = ("context_length_exceeded", "maximum context length", "max_model_len", "context length", "too many tokens", "prompt is too long", "longer than the model")
FILTERED = ("content_filter", "content filter", "content_policy", "content management policy", "content exists risk", "data_inspection_failed")
NO_MODEL = ("model_not_found", "does not exist", "model not found", "unknown model", "not a valid model", "model not exist")
NO_MONEY = ("insufficient_quota", "insufficient balance", "billing")


def identity(settings: Teacher) -> str:
    shaped = {"template": settings.template, "engine": settings.engine}
    return f"openai:{settings.model}" + (f":{digest(canonical_json(shaped))}" if any(shaped.values()) else "")


def starter(settings: Teacher, placement: Placement) -> Start:
    """Start one engine per endpoint. SettingsError when the placement or the recipe cannot work."""
    if not settings.model:
        raise SettingsError("`teacher.model` is empty; give the model's name at the endpoint")
    if settings.structured:
        raise SettingsError("`teacher.structured` is for vllm; give the endpoint's own field in `teacher.engine`, such as response_format")
    if not placement.endpoints:
        raise SettingsError("`endpoints` is empty; give base URLs in the placement, such as endpoints = [\"http://host:8000/v1\"]")
    for url in placement.endpoints:
        if not url.startswith(("http://", "https://")) or "@" in url:
            raise SettingsError("each of `endpoints` is a base URL such as `http://host:8000/v1`, without a user or a key in it")
    key = os.environ.get(placement.api_key_env, "") if placement.api_key_env else ""
    in_use: Counter[str] = Counter({url: 0 for url in placement.endpoints})
    answered: set[str] = set()

    async def start(number: int) -> OpenAIEngine:
        url = min(placement.endpoints, key=lambda url: in_use[url])
        in_use[url] += 1
        engine = OpenAIEngine(f"{url}#{number}", url, key, settings, placement, lambda: in_use.subtract([url]))
        try:
            await engine.greet()
        except BaseException as e:
            await engine.close()
            if isinstance(e, EngineDied) and not answered:
                raise SettingsError(f"`{url}` does not answer ({e}); check `endpoints` and that the server is up") from None
            raise
        answered.add(url)
        return engine

    return start


def replicas(placement: Placement) -> tuple[int, int]:
    """(fewest, most) engines of a pool."""
    return len(placement.endpoints), len(placement.endpoints)


def start_slots(placement: Placement) -> int:
    """Requests that an engine gets at once to begin with."""
    return placement.start_slots


class OpenAIEngine:
    def __init__(self, name: str, url: str, key: str, settings: Teacher, placement: Placement, closed: Callable[[], None]):
        import aiohttp

        self.name, self.kv_tokens, self.slots = name, placement.kv_tokens, placement.slots
        self.url, self.model = url.rstrip("/"), settings.model
        self.completions = f"{self.url}/chat/completions"
        self.key, self.key_name = key, placement.api_key_env
        self.seconds = placement.request_seconds
        self.fields = ({"chat_template_kwargs": settings.template} if settings.template else {}) | settings.engine
        self.errors = aiohttp.ClientError
        self.unreachable = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=self.seconds, sock_connect=min(30.0, self.seconds)),
            headers=headers,
        )
        self._closed = closed
        self._answers = 0
        self._refusals = 0

    async def greet(self) -> None:
        """EngineDied when nothing answers at the URL, SettingsError when the key is refused."""
        try:
            async with self.session.get(f"{self.url}/models") as response:
                if response.status in (401, 403):
                    raise self._key_refused(response.status, await self._read(response))
        except (*self.unreachable, self.errors, TimeoutError) as e:
            raise EngineDied(_say(e), to_blame=False) from None

    async def close(self) -> None:
        await self.session.close()
        self._closed()

    async def ask(self, request: Request) -> Answer:
        body = orjson.dumps(
            {
                "model": self.model,
                "messages": request.messages,
                "max_tokens": request.max_tokens,
                "temperature": request.temperature,
                "top_p": request.top_p,
                "seed": request.seed,
            }
            | self.fields
        )
        broken = slow = 0
        while True:
            try:
                return await self._once(body)
            except self.unreachable as e:
                raise EngineDied(_say(e), to_blame=False) from None
            except TimeoutError:
                slow += 1
                failure = f"no reply within {self.seconds:g} s"
            except (self.errors, ValueError) as e:
                broken += 1
                failure = _say(e)
            if broken >= TRIES or slow >= SLOW_TRIES:
                raise RequestRefused("endpoint_failed", failure)
            await asyncio.sleep(FIRST_WAIT_SECONDS * 2 ** (broken + slow - 1))

    async def _once(self, body: bytes) -> Answer:
        """One request. ValueError for a reply that is broken in itself."""
        sent = time.monotonic()
        async with self.session.post(self.completions, data=body) as response:
            data = await self._read(response)
            if response.status != 200:
                raise self._failure(response.status, response.headers, data)
        answer = self._answer(data, time.monotonic() - sent)
        self._answers += 1
        return answer

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > REPLY_BYTES:
                raise ValueError(f"the reply is over {REPLY_BYTES:,} bytes")
        data = b"".join(chunks)
        return data.replace(self.key.encode(), b"[key]") if self.key else data

    def _answer(self, data: bytes, seconds: float) -> Answer:
        reply = orjson.loads(data.strip())  # some endpoints keep a connection alive with blank lines
        if not isinstance(reply, dict):
            raise ValueError("the reply is no JSON object")
        if reply.get("error") and not reply.get("choices"):
            raise self._failure(_code(reply), {}, data)
        try:
            choice = reply["choices"][0]
            message = choice["message"]
            finish_reason = choice.get("finish_reason") or ""
            reasoning = message.get("reasoning") or message.get("reasoning_content") or ""
            text = message.get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError):
            raise ValueError("the reply holds no `choices[0].message`") from None
        if not isinstance(text, str) or not isinstance(reasoning, str):
            raise ValueError("`choices[0].message` holds no text")
        if finish_reason == "content_filter":
            raise RequestRefused("content_filter", "the reply was cut off")
        separated = separate(text, reasoning)
        used = reply.get("usage")
        used = used if isinstance(used, dict) else {}
        details = used.get("prompt_tokens_details")
        return Answer(
            text=separated.answer,
            reasoning=separated.reasoning,
            finish_reason=str(finish_reason) if separated.closed else "length",
            prompt_tokens=_count(used.get("prompt_tokens")),
            completion_tokens=_count(used.get("completion_tokens")),
            cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, dict) else 0,
            raw=data.decode("utf-8", "replace").strip(),
            seconds=seconds,
        )

    def _failure(self, status: int, headers: Any, data: bytes) -> Exception:
        said = _message(data)
        low = f"{said} {data[:2_000].decode('utf-8', 'replace')}".lower()
        where = f"`{self.completions}` answers {status}"
        if status == 402 or (status == 429 and any(word in low for word in NO_MONEY)):
            return FactoryError(f"{where}: {said}. What is finished is kept; pay or change the endpoint, and run again to go on")
        if status in OVERLOADED:
            return TryLater(_retry_after(headers))
        if status in (401, 403) and not any(word in low for word in FILTERED):
            return self._key_refused(status, data)
        if status in BROKEN or status > 500:
            return ValueError(f"status {status}: {said}")
        if any(word in low for word in NO_MODEL):
            return SettingsError(f"{where} for the model `{self.model}`: {said}; set `teacher.model` to a model of this endpoint")
        if status in (404, 405):
            return SettingsError(f"{where}: {said}; a base URL in `endpoints` ends before /chat/completions, often in /v1")
        if status == 413 or any(word in low for word in TOO_LONG):
            return RequestRefused("prompt_too_long", said)
        if any(word in low for word in FILTERED):
            return RequestRefused("content_filter", said)
        self._refusals += 1
        if not self._answers and self._refusals >= REFUSALS:
            return SettingsError(f"{where} to every request: {said}")
        return RequestRefused("request_refused", f"status {status}: {said}")

    def _key_refused(self, status: int, data: bytes) -> SettingsError:
        state = f"the key in `{self.key_name}` is refused" if self.key else f"no key was sent; set the environment variable `{self.key_name}`"
        return SettingsError(f"`{self.url}` answers {status}: {state} ({_message(data)})")


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:300]}"


def _message(data: bytes) -> str:
    """What an error body says, in one bounded line."""
    try:
        value = orjson.loads(data)
        error = value.get("error", value)
        said = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        said = data[:1_000].decode("utf-8", "replace")
    return " ".join(str(said or "").split())[:300] or "an empty body"


def _code(reply: dict[str, Any]) -> int:
    """The status that an error inside a 200 stands for; 500 where it says none."""
    error = reply["error"]
    code = error.get("code") or error.get("status") if isinstance(error, dict) else 0
    return int(code) if str(code).isdecimal() and 400 <= int(code) < 600 else 500


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _retry_after(headers: Any) -> float:
    """Seconds that the endpoint asks to wait; 0 where it says nothing that can be read."""
    value = headers.get("Retry-After") or ""
    try:
        if value.replace(".", "", 1).isdecimal():
            seconds = float(value)
        elif value:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        else:
            seconds = float(headers.get("retry-after-ms") or 0) / 1_000
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS) if seconds == seconds else 0.0
