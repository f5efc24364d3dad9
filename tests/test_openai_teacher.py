"""The endpoint teacher against a real HTTP server that fails in every way: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from openai_server import Server, digest, serving

from factory.errors import FactoryError, SettingsError
from factory.recipe import Placement, Teacher
from factory.teachers import openai, pool
from factory.teachers.engine import Answer, Request, RequestRefused
from factory.teachers.pool import Pool

KEY = "sk-of-a-test-1234567890"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(pool, "SHORTEST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(pool, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setenv("A_KEY", KEY)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def requests(prompts: Iterable[str], seeds: int = 1) -> list[Request]:
    return [
        Request(f"{prompt}/{seed}", ({"role": "user", "content": prompt},), len(prompt), 100, 0.6, 0.95, seed, prompt)
        for prompt in prompts
        for seed in range(seeds)
    ]


def ask_all(servers: list[Server], asked: list[Request], model: str = "m", **placement: Any) -> dict[str, Answer | BaseException]:
    where = Placement(endpoints=tuple(server.url for server in servers), api_key_env="A_KEY", **placement)

    async def run() -> dict[str, Answer | BaseException]:
        async with Pool(openai.starter(Teacher(kind="openai", model=model), where), *openai.replicas(where), where.start_slots) as pool:
            found = await asyncio.gather(*(pool.ask(request) for request in asked), return_exceptions=True)
        return {request.id: outcome for request, outcome in zip(asked, found)}

    return asyncio.run(run())


def right(outcomes: dict[str, Answer | BaseException]) -> set[str]:
    """Requests whose answer is their own."""
    found = set()
    for id, outcome in outcomes.items():
        prompt, _, seed = id.rpartition("/")
        if isinstance(outcome, Answer) and outcome.text == f"{digest(prompt)} {seed}" and outcome.reasoning == f"It is {digest(prompt)}.":
            found.add(id)
    return found


FAULTS = {
    "all of them": ["429", "503", "cut", "malformed", "429:0.01", "hang_up"],
    "cut": ["cut"] * 3,
    "hang_up": ["hang_up"] * 3,
    "malformed": ["malformed", "empty", "error"],
    "gateway": ["html", "500", "html"],
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_request_is_answered_once_whatever_fails_on_the_way(name: str, server: Server) -> None:
    prompts = [f"prompt {i}" for i in range(20)]
    server.follow(steps={"*": FAULTS[name]})
    outcomes = ask_all([server], requests(prompts, 2), start_slots=40)
    assert right(outcomes) == set(outcomes)
    assert server.answered() == {(digest(prompt), seed): 1 for prompt in prompts for seed in (0, 1)}


def test_a_storm_of_429_is_ridden_out_at_the_size_that_the_endpoint_bears(server: Server) -> None:
    server.follow(capacity=5, delay=0.01)
    outcomes = ask_all([server], requests(f"prompt {i}" for i in range(200)), start_slots=100)
    assert right(outcomes) == set(outcomes)
    assert set(server.answered().values()) == {1}
    refused = sum(call["step"] == "429" for call in server.calls())
    assert refused < 200 + 100


def test_more_requests_go_out_while_nothing_is_refused(server: Server) -> None:
    server.follow(delay=0.05)
    ask_all([server], requests(f"prompt {i}" for i in range(120)), start_slots=2, slots=30)
    assert 20 <= server.most_at_once() <= 30


REFUSALS = {"filter": "content_filter", "filtered_reply": "content_filter", "too_long": "prompt_too_long", "400": "request_refused"}


@pytest.mark.parametrize("step", REFUSALS)
def test_a_request_that_can_never_succeed_is_refused_and_not_sent_again(step: str, server: Server) -> None:
    server.follow(steps={digest("bad"): [step] * 9})
    outcomes = ask_all([server], requests(["good", "bad", "also good"]), start_slots=1)
    refused = outcomes["bad/0"]
    assert isinstance(refused, RequestRefused) and refused.reason == REFUSALS[step]
    assert right(outcomes) == {"good/0", "also good/0"}
    assert len(server.calls()) == 3


@pytest.mark.parametrize("step", ["cut", "malformed", "html", "slow"])
def test_an_endpoint_that_always_fails_on_a_request_costs_that_request_only(step: str, server: Server) -> None:
    server.follow(steps={digest("bad"): [step] * 99})
    outcomes = ask_all([server], requests(["good", "bad"]), request_seconds=0.5 if step == "slow" else 60)
    failed = outcomes["bad/0"]
    assert isinstance(failed, RequestRefused) and failed.reason == "endpoint_failed" and failed.detail
    assert right(outcomes) == {"good/0"}


STOPS = {"401": (SettingsError, "A_KEY"), "402": (FactoryError, "Insufficient Balance"), "404": (SettingsError, "/chat/completions"), "400": (SettingsError, "top_p")}


@pytest.mark.parametrize("step", STOPS)
def test_what_concerns_every_request_stops_the_run_with_one_sentence(step: str, server: Server) -> None:
    kind, part = STOPS[step]
    server.follow(steps={"*": [step] * 99})
    outcomes = ask_all([server], requests(f"prompt {i}" for i in range(30)), start_slots=4)
    errors = [outcome for outcome in outcomes.values() if isinstance(outcome, FactoryError)]
    assert errors and all(isinstance(error, kind) and part in str(error) and "\n" not in str(error) and KEY not in str(error) for error in errors)
    assert len(server.calls()) < 20


def test_a_wrong_model_stops_the_run_and_is_named(server: Server) -> None:
    server.follow(models=["right"])
    outcome = ask_all([server], requests(["prompt"]), model="wrong")["prompt/0"]
    assert isinstance(outcome, SettingsError) and "`wrong`" in str(outcome) and "teacher.model" in str(outcome)


def test_an_endpoint_that_is_not_there_is_named() -> None:
    dead = Server("http://127.0.0.1:9/v1", None)  # type: ignore[arg-type]
    outcome = ask_all([dead], requests(["prompt"]))["prompt/0"]
    assert isinstance(outcome, SettingsError) and "127.0.0.1:9" in str(outcome)


def test_the_key_is_sent_and_stands_in_no_answer(server: Server) -> None:
    echo = f"<think>\nYou said {KEY}.\n</think>\n\nyes"
    server.follow(answers={digest("prompt"): [echo]})
    answer = ask_all([server], requests(["prompt"]))["prompt/0"]
    assert server.calls()[0]["key"] == f"Bearer {KEY}"
    assert isinstance(answer, Answer) and KEY not in repr(answer)


def test_when_one_of_two_endpoints_dies_the_other_takes_its_requests(server: Server) -> None:
    server.follow(delay=0.05)
    with serving(delay=0.05, steps={digest("prompt 9"): ["die"]}) as dying:
        outcomes = ask_all([dying, server], requests(f"prompt {i}" for i in range(40)), start_slots=4, slots=4)
        assert right(outcomes) == set(outcomes)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("", 0.0), ("soon", 0.0), ("1e999", 0.0), ("99999999", 600.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_read_or_ignored(value: str, seconds: float) -> None:
    assert openai._retry_after({"Retry-After": value}) == seconds
