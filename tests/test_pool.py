"""The pool of engines: every request is answered once, whatever dies, and long contexts are placed well."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import FactoryError
from factory.teachers import pool as pools
from factory.teachers.engine import Answer, EngineDied, Request, RequestRefused, TryLater
from factory.teachers.pool import Pool
from factory.teachers.schedule import Schedule, Window


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "PATIENCE_SECONDS", 0.001)
    monkeypatch.setattr(pools, "SHORTEST_PAUSE_SECONDS", 0.001)


def request(id: str, tokens: int = 100, group: str = "", reply: int = 10) -> Request:
    return Request(id, ({"role": "user", "content": id},), tokens, reply, 0.6, 0.95, 0, group or id)


class Fleet:
    """Engines whose requests end when the event loop comes round; `act` may raise for (engine, request)."""

    def __init__(self, kv_tokens: int = 0, slots: int = 4, act: Callable[[str, Request], None] = lambda name, request: None, turns: int = 3):
        self.kv_tokens, self.slots, self.act, self.turns = kv_tokens, slots, act, turns
        self.answered: list[tuple[str, str]] = []
        self.order: list[str] = []
        self.started: list[str] = []
        self.closed: list[str] = []
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.most_tokens: Counter[str] = Counter()

    async def start(self, number: int) -> Any:
        await asyncio.sleep(0)
        self.started.append(f"engine-{number}")
        return Engine(self, f"engine-{number}")


class Engine:
    def __init__(self, fleet: Fleet, name: str):
        self.fleet, self.name, self.kv_tokens, self.slots = fleet, name, fleet.kv_tokens, fleet.slots

    async def ask(self, request: Request) -> Answer:
        fleet = self.fleet
        fleet.order.append(request.id)
        fleet.running[self.name] += 1
        fleet.tokens[self.name] += request.prompt_tokens
        fleet.most[self.name] = max(fleet.most[self.name], fleet.running[self.name])
        fleet.most_tokens[self.name] = max(fleet.most_tokens[self.name], fleet.tokens[self.name])
        try:
            for _ in range(fleet.turns):
                await asyncio.sleep(0)
            fleet.act(self.name, request)
        finally:
            fleet.running[self.name] -= 1
            fleet.tokens[self.name] -= request.prompt_tokens
        fleet.answered.append((self.name, request.id))
        return Answer(f"to {request.id}", "", "stop", request.prompt_tokens, 5, 0, "", 0.0)

    async def close(self) -> None:
        self.fleet.closed.append(self.name)


def ask_all(fleet: Fleet, asked: list[Request], minimum: int = 1, maximum: int = 1) -> dict[str, Answer | BaseException]:
    async def run() -> list[Answer | BaseException]:
        async with Pool(fleet.start, minimum, maximum) as pool:
            return await asyncio.gather(*(pool.ask(one) for one in asked), return_exceptions=True)

    found = asyncio.run(asyncio.wait_for(run(), 20))
    assert sorted(fleet.closed) == sorted(fleet.started)
    return {one.id: outcome for one, outcome in zip(asked, found)}


def answers(outcomes: dict[str, Answer | BaseException]) -> set[str]:
    return {id for id, outcome in outcomes.items() if isinstance(outcome, Answer) and outcome.text == f"to {id}"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900), st.integers(0, 5)), max_size=40), st.integers(1, 3), st.sampled_from([0, 1_000]), st.integers(0, 9))
def test_every_request_is_answered_once_while_engines_die_and_refuse(sizes: list[tuple[int, int]], engines: int, kv_tokens: int, seed: int) -> None:
    turns: Counter[str] = Counter()

    def act(name: str, request: Request) -> None:
        turns[request.id] += 1
        what = zlib.crc32(f"{request.id} {turns[request.id]} {seed}".encode()) % 10
        if turns[request.id] < 4 and what == 0:
            raise EngineDied("lost its machine", to_blame=False)
        if turns[request.id] < 4 and what == 1:
            raise TryLater(0.0)

    fleet = Fleet(kv_tokens, 3, act)
    asked = [request(str(i), tokens, f"group {group}") for i, (tokens, group) in enumerate(sizes)]
    outcomes = ask_all(fleet, asked, 1, engines)
    assert answers(outcomes) == {one.id for one in asked}
    assert set(Counter(id for _, id in fleet.answered).values()) <= {1}


def test_a_request_that_kills_two_engines_is_poison_and_takes_nobody_along() -> None:
    def act(name: str, request: Request) -> None:
        if request.id == "bad":
            raise EngineDied("segmentation fault")

    asked = [request(f"good {i}") for i in range(30)] + [request("bad")]
    outcomes = ask_all(Fleet(act=act, slots=8), asked, 2, 2)
    assert answers(outcomes) == {one.id for one in asked} - {"bad"}
    assert isinstance(outcomes["bad"], RequestRefused) and outcomes["bad"].reason == "poison"


def test_requests_that_were_beside_a_killer_twice_are_not_blamed_for_it() -> None:
    """Two killers among many: each death finds others running, who must survive both."""

    def act(name: str, request: Request) -> None:
        if request.id.startswith("bad"):
            raise EngineDied("out of memory")

    asked = [request(f"good {i}") for i in range(12)] + [request("bad 1"), request("bad 2")]
    outcomes = ask_all(Fleet(act=act, slots=14), asked, 1, 1)
    assert answers(outcomes) == {f"good {i}" for i in range(12)}
    assert {outcomes[name].reason for name in ("bad 1", "bad 2")} == {"poison"}  # type: ignore[union-attr]


def test_engines_that_all_die_stop_the_run_with_one_sentence() -> None:
    def act(name: str, request: Request) -> None:
        raise EngineDied("no memory for the model", to_blame=False)

    outcomes = ask_all(Fleet(act=act), [request("one"), request("two")])
    assert all(isinstance(outcome, FactoryError) and "no memory for the model" in str(outcome) for outcome in outcomes.values())


def test_engines_that_do_not_start_stop_the_run() -> None:
    async def start(number: int) -> Any:
        raise EngineDied("no GPU is free")

    async def run() -> None:
        async with Pool(start, 2, 2) as pool:
            await pool.ask(request("one"))

    with pytest.raises(FactoryError, match="no GPU is free"):
        asyncio.run(asyncio.wait_for(run(), 20))


def test_a_bug_in_an_engine_stops_the_run_and_is_not_swallowed() -> None:
    def act(name: str, request: Request) -> None:
        raise ZeroDivisionError("a bug")

    assert isinstance(ask_all(Fleet(act=act), [request("one")])["one"], ZeroDivisionError)


def test_no_replica_holds_more_than_its_kv_cache_and_the_longest_start_first() -> None:
    fleet = Fleet(kv_tokens=1_000, slots=50)
    asked = [request(str(tokens), tokens) for tokens in (10, 400, 50, 300, 200, 350, 20, 90, 120, 330)]
    assert len(answers(ask_all(fleet, asked, 2, 2))) == len(asked)
    assert max(fleet.most_tokens.values()) <= 1_000
    assert fleet.order[:4] == ["400", "350", "330", "300"]


def test_a_prompt_that_no_engine_can_hold_is_refused_and_holds_up_nobody() -> None:
    outcomes = ask_all(Fleet(kv_tokens=1_000), [request("huge", 1_000), request("small", 10)])
    assert answers(outcomes) == {"small"}
    assert isinstance(outcomes["huge"], RequestRefused) and outcomes["huge"].reason == "over_kv_cache"


def test_all_attempts_of_a_prompt_run_where_its_prefix_is_and_count_it_once() -> None:
    fleet = Fleet(kv_tokens=1_000, slots=50)
    asked = [request(f"{prompt}/{i}", 800, f"prompt {prompt}", reply=20) for prompt in range(4) for i in range(4)]
    assert len(answers(ask_all(fleet, asked, 2, 2))) == len(asked)
    places: dict[str, set[str]] = {}
    for name, id in fleet.answered:
        places.setdefault(id.partition("/")[0], set()).add(name)
    assert all(len(names) == 1 for names in places.values())
    assert min(fleet.most.values()) == 4  # four attempts of 800 tokens share one prefix: 800 + 4 x 20 fit


def test_a_later_attempt_goes_back_to_the_replica_of_the_first() -> None:
    fleet = Fleet(kv_tokens=10_000)

    async def run() -> None:
        async with Pool(fleet.start, 3, 3) as pool:
            for turn in range(3):
                await asyncio.gather(*(pool.ask(request(f"{prompt}/{turn}", 100, f"prompt {prompt}")) for prompt in range(6)))

    asyncio.run(run())
    assert len({(name, id.partition("/")[0]) for name, id in fleet.answered}) == 6


def test_more_engines_start_while_work_waits_and_idle_ones_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "IDLE_SECONDS", 0.01)
    fleet = Fleet(slots=2, turns=30)

    async def run() -> tuple[int, int]:
        async with Pool(fleet.start, 1, 4) as pool:
            await asyncio.gather(*(pool.ask(request(str(i))) for i in range(60)))
            grown = len(fleet.started)
            while len(fleet.closed) < grown - 1:
                await asyncio.sleep(0.005)
            await pool.ask(request("last"))
            return grown, len(fleet.closed)

    assert asyncio.run(asyncio.wait_for(run(), 20)) == (4, 3)


def test_a_request_that_is_no_longer_wanted_is_never_sent() -> None:
    fleet = Fleet(slots=1)

    async def run() -> None:
        async with Pool(fleet.start) as pool:
            first, second, third = (asyncio.create_task(pool.ask(request(name))) for name in ("first", "second", "third"))
            while not fleet.order:
                await asyncio.sleep(0)
            assert pool.is_waiting("second") and not pool.is_waiting("first")
            second.cancel()
            await asyncio.gather(first, third)

    asyncio.run(asyncio.wait_for(run(), 20))
    assert fleet.order == ["first", "third"]


def test_a_request_that_is_given_up_while_it_runs_makes_room_for_the_next() -> None:
    fleet = Fleet(slots=1, turns=1_000)

    async def run() -> None:
        async with Pool(fleet.start) as pool:
            first, second = (asyncio.create_task(pool.ask(request(name))) for name in ("first", "second"))
            while not fleet.order:
                await asyncio.sleep(0)
            first.cancel()
            await second

    asyncio.run(asyncio.wait_for(run(), 20))
    assert [id for _, id in fleet.answered] == ["second"]


def test_a_window_doubles_until_it_is_refused_then_halves_once_for_each_burst() -> None:
    window = Window(4, 100)
    for _ in range(4):
        window.grow()
    assert window.size == 8
    assert window.shrink(sent=10, now=20) and window.size == 4
    assert not window.shrink(sent=15, now=21) and window.size == 4
    for _ in range(5):
        window.grow()
    assert 5 <= window.size < 5.2
    assert window.shrink(sent=21, now=30)


def test_the_schedule_forgets_nothing_when_a_replica_goes() -> None:
    schedule = Schedule()
    for name in ("a", "b"):
        schedule.add_replica(name, 1_000, Window(2, 2))
    for i in range(10):
        schedule.add(request(str(i), 100, f"group {i % 3}"))
    running = {assignment.request.id: assignment.replica for assignment in schedule.assign(0.0)}
    assert schedule.num_waiting == 10 - len(running)
    schedule.remove_replica("a", to_blame=False)
    seen = {id for id, name in running.items() if name == "b"}
    for id in list(seen):
        schedule.finish(id, "b", 5)
    while assigned := list(schedule.assign(0.0)):
        for one in assigned:
            seen.add(one.request.id)
            schedule.finish(one.request.id, one.replica, 5)
    assert len(seen) == 10 and schedule.num_waiting == 0
