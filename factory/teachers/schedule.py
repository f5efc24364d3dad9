"""Which request runs next, and where: pure bookkeeping, without clock, network or tasks.

Longest first, since a long request that starts last decides when the run ends. A replica takes a request when its
KV cache has room for prompt and expected reply, and its window is open. All attempts of one prompt go to the replica
that holds its prefix, where those after the first count with their reply only. The head of the queue is never
overtaken by a shorter request: what waits gets shorter all the time, so little room is lost, and nothing starves.

A request that was on a replica when it died is a suspect: it runs again with no other suspect beside it, so that a
second death names it and no bystander.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import NamedTuple

from factory.teachers.engine import Request, RequestRefused

HOMES = 100_000
"""Prompts whose replica is remembered after their last attempt."""
LEARNED = 8
"""Replies after which their mean length is trusted."""


class Assignment(NamedTuple):
    request: Request
    replica: str


class Window:
    """How many requests a replica gets at once: one more for every windowful of answers, half for a refusal.

    Before the first refusal it doubles with every windowful. Refusals of requests that were sent before the last cut
    belong to that cut and change nothing."""

    def __init__(self, start: int, most: int):
        self.most = most
        self.size = float(min(start, most) if most else start)
        self._cut_at = -1

    def grow(self) -> None:
        if not self.most or self.size < self.most:
            self.size += 1 if self._cut_at < 0 else 1 / self.size

    def shrink(self, sent: int, now: int) -> bool:
        """Whether it was cut. `sent`, `now`: numbers of the refused request and of the latest one."""
        if sent <= self._cut_at:
            return False
        self.size = max(1.0, self.size / 2)
        self._cut_at = now
        return True


class Replica:
    def __init__(self, name: str, kv_tokens: int, window: Window):
        self.name, self.kv_tokens, self.window = name, kv_tokens, window
        self.used = 0
        """KV tokens of what runs."""
        self.running: dict[str, tuple[Request, int, int]] = {}
        """Request id -> request, the tokens it counts for, its number."""
        self.groups: dict[str, int] = {}
        """Prompt -> attempts that run here."""
        self.waiting: list[tuple[int, int, Request]] = []
        """Heap of attempts whose prefix is here, longest first."""
        self.suspect = ""
        self.paused_until = 0.0

    def fits(self, tokens: int, now: float) -> bool:
        if now < self.paused_until or len(self.running) >= int(self.window.size):
            return False
        return not self.kv_tokens or not self.running or self.used + tokens <= self.kv_tokens


class Schedule:
    def __init__(self) -> None:
        self.replicas: dict[str, Replica] = {}
        self.num_waiting = 0
        self._groups: dict[str, list[tuple[int, int, Request]]] = {}
        """Prompt without a replica -> its attempts."""
        self._queue: list[tuple[int, int, str]] = []
        """Heap of prompts without a replica, longest first."""
        self._homes: OrderedDict[str, str] = OrderedDict()
        self._suspects: deque[Request] = deque()
        self._reserved = ""
        """Replica that takes nothing else until the first suspect fits."""
        self._deaths: dict[str, int] = {}
        self._dropped: set[str] = set()
        self._number = 0
        self._replies = 0
        self._reply_tokens = 0

    # replicas

    def add_replica(self, name: str, kv_tokens: int, window: Window) -> None:
        self.replicas[name] = Replica(name, kv_tokens, window)

    def remove_replica(self, name: str, to_blame: bool) -> list[Request]:
        """Take a dead or idle replica away; its requests wait for others. Returns those that are `poison`."""
        replica = self.replicas.pop(name)
        for group in [group for group, home in self._homes.items() if home == name]:
            del self._homes[group]
        poison = []
        for request, _, _ in replica.running.values():
            deaths = self._deaths[request.id] = self._deaths.get(request.id, 0) + to_blame
            if deaths > 1:
                poison.append(request)
                del self._deaths[request.id]
            elif deaths:
                self._suspects.append(request)
                self.num_waiting += 1
            else:
                del self._deaths[request.id]
                self.add(request)
        for _, _, request in replica.waiting:
            self.num_waiting -= 1
            if not self._was_dropped(request.id):
                self.add(request)
        return poison

    # requests

    def add(self, request: Request) -> None:
        self.num_waiting += 1
        self._number += 1
        entry = (-request.prompt_tokens, self._number, request)
        home = self._homes.get(request.group)
        if home:
            heapq.heappush(self.replicas[home].waiting, entry)
        elif request.group in self._groups:
            self._groups[request.group].append(entry)
        else:
            self._groups[request.group] = [entry]
            heapq.heappush(self._queue, (*entry[:2], request.group))

    def drop(self, id: str) -> None:
        """A waiting request is no longer wanted."""
        self._dropped.add(id)

    def assign(self, now: float) -> Iterator[Assignment]:
        """Everything that can start at the time `now`."""
        while (assignment := self._suspect(now) or self._follower(now) or self._first(now)) is not None:
            yield assignment

    def finish(self, id: str, replica: str, completion_tokens: int | None = None) -> None:
        """The request has left its replica: answered (with so many tokens), or refused for good (None)."""
        self._leave(id, replica)
        self._deaths.pop(id, None)
        if completion_tokens is not None and replica in self.replicas:
            self.replicas[replica].window.grow()
            self._replies += 1
            self._reply_tokens += completion_tokens

    def put_back(self, id: str, replica: str) -> bool:
        """The replica is overloaded: the request waits again. Whether this is news, so that the replica gets fewer."""
        at = self.replicas[replica]
        request, _, number = at.running[id]
        self._leave(id, replica)
        cut = at.window.shrink(number, self._number)
        if self._deaths.get(id):
            self._suspects.append(request)
            self.num_waiting += 1
        else:
            self.add(request)
        return cut

    def pause(self, replica: str, until: float) -> None:
        """The replica gets nothing before the time `until`."""
        at = self.replicas[replica]
        at.paused_until = max(at.paused_until, until)

    def paused_until(self, now: float) -> float:
        """When the first paused replica may be asked again; 0 where none is paused."""
        return min((replica.paused_until for replica in self.replicas.values() if replica.paused_until > now), default=0.0)

    def reply_tokens(self, request: Request) -> int:
        """Expected tokens of the reply: the mean so far with a quarter on top, all that is allowed before."""
        if self._replies < LEARNED:
            return request.max_tokens
        return min(request.max_tokens, self._reply_tokens * 5 // (self._replies * 4) + 1)

    def wanted_replicas(self, kv_tokens: int, slots: int) -> int:
        """Replicas of this size that everything at hand would fill."""
        num_running = sum(len(replica.running) for replica in self.replicas.values())
        wanted = -(-(num_running + self.num_waiting) // slots) if slots else 1
        if kv_tokens:
            tokens = sum(replica.used for replica in self.replicas.values())
            tokens += sum(entry[2].prompt_tokens for group in self._groups.values() for entry in group[:1])
            wanted = max(wanted if slots else 0, -(-tokens // kv_tokens))
        return wanted

    def _suspect(self, now: float) -> Assignment | None:
        self._reserved = ""
        while self._suspects and self._was_dropped(self._suspects[0].id):
            self._suspects.popleft()
            self.num_waiting -= 1
        free = [replica for replica in self.replicas.values() if not replica.suspect]
        if not self._suspects or not free:
            return None
        request = self._suspects[0]
        tokens = request.prompt_tokens + self.reply_tokens(request)
        replica = min(free, key=lambda r: (not r.fits(tokens, now), r.used))
        if not replica.fits(tokens, now):
            self._reserved = replica.name
            return None
        self._suspects.popleft()
        replica.suspect = request.id
        return self._start(request, replica, tokens)

    def _follower(self, now: float) -> Assignment | None:
        for replica in self.replicas.values():
            while replica.waiting and self._was_dropped(replica.waiting[0][2].id):
                heapq.heappop(replica.waiting)
                self.num_waiting -= 1
            if not replica.waiting or replica.name == self._reserved:
                continue
            request = replica.waiting[0][2]
            tokens = self.reply_tokens(request) + (0 if request.group in replica.groups else request.prompt_tokens)
            if replica.fits(tokens, now):
                heapq.heappop(replica.waiting)
                return self._start(request, replica, tokens)
        return None

    def _first(self, now: float) -> Assignment | None:
        request = self._head()
        if request is None:
            return None
        tokens = request.prompt_tokens + self.reply_tokens(request)
        free = (replica for replica in self.replicas.values() if not replica.waiting and replica.name != self._reserved)
        open_ = [replica for replica in free if replica.fits(tokens, now)]
        if not open_:
            return None
        replica = min(open_, key=lambda r: (r.used, len(r.running)))
        heapq.heappop(self._queue)
        first, *others = self._groups.pop(request.group)
        self._homes[request.group] = replica.name
        if len(self._homes) > HOMES:
            self._homes.popitem(last=False)
        for entry in others:
            heapq.heappush(replica.waiting, entry)
        return self._start(first[2], replica, tokens)

    def _head(self) -> Request | None:
        while self._queue:
            group = self._groups[self._queue[0][2]]
            while group and self._was_dropped(group[0][2].id):
                group.pop(0)
                self.num_waiting -= 1
            if group:
                return group[0][2]
            del self._groups[heapq.heappop(self._queue)[2]]
        return None

    def _was_dropped(self, id: str) -> bool:
        if id in self._dropped:
            self._dropped.discard(id)
            return True
        return False

    def _start(self, request: Request, replica: Replica, tokens: int) -> Assignment:
        self.num_waiting -= 1
        self._number += 1
        replica.running[request.id] = (request, tokens, self._number)
        replica.groups[request.group] = replica.groups.get(request.group, 0) + 1
        replica.used += tokens
        return Assignment(request, replica.name)

    def _leave(self, id: str, name: str) -> None:
        replica = self.replicas.get(name)
        if replica is None or id not in replica.running:
            return
        request, tokens, _ = replica.running.pop(id)
        replica.used -= tokens
        left = replica.groups[request.group] - 1
        if left:
            replica.groups[request.group] = left
        else:
            del replica.groups[request.group]
        if replica.suspect == id:
            replica.suspect = ""


def refuse_oversized(request: Request, kv_tokens: int) -> None:
    """RequestRefused for a prompt that no empty replica can hold."""
    if kv_tokens and request.prompt_tokens >= kv_tokens:
        raise RequestRefused("over_kv_cache", f"{request.prompt_tokens:,} tokens; the engine's KV cache holds {kv_tokens:,}")
