"""Bounded memories: caches, rings, sketches and hash rings. Time is handed in, never read."""

import zlib
from collections import OrderedDict

from factory.worlds.swe_code import expect

RING_POINTS = 8  # one of 6 8 10


class RecentCache:
    """Keeps the most recently used entries."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.entries = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, key, default=None):
        if key not in self.entries:
            self.misses += 1
            return default
        self.hits += 1
        self.entries.move_to_end(key)
        return self.entries[key]

    def put(self, key, value):
        if key in self.entries:
            self.entries.move_to_end(key)
        self.entries[key] = value
        if len(self.entries) > self.capacity:
            self.entries.popitem(last=False)

    def hit_percent(self):
        asked = self.hits + self.misses
        return self.hits * 100 // asked if asked else 0


class TimedCache:
    """Entries live for a fixed time after they were put."""

    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.entries = {}

    def put(self, key, value, now):
        self.entries[key] = (value, now + self.lifetime)

    def get(self, key, now):
        if key in self.entries:
            value, end = self.entries[key]
            if now < end:
                return value
            del self.entries[key]
        return None

    def purge(self, now):
        """Forget what is over; returns how many entries that were."""
        over = [key for key, (_, end) in self.entries.items() if end <= now]
        for key in over:
            del self.entries[key]
        return len(over)


class FrequencyCache:
    """Drops the entry that was used least often; among equals the oldest."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.values = {}
        self.uses = {}

    def get(self, key):
        if key in self.values:
            self.uses[key] += 1
            return self.values[key]
        return None

    def put(self, key, value):
        if key not in self.values and len(self.values) >= self.capacity:
            rarest = min(self.values, key=lambda known: self.uses[known])
            del self.values[rarest]
            del self.uses[rarest]
        self.values[key] = value
        self.uses[key] = self.uses.get(key, 0) + 1


class Ring:
    """The last `size` items that were added."""

    def __init__(self, size):
        self.size = size
        self.items = [None] * size
        self.added = 0

    def add(self, item):
        self.items[self.added % self.size] = item
        self.added += 1

    def newest(self, number=1):
        """Up to `number` items, newest first."""
        number = min(number, self.added, self.size)
        return [self.items[(self.added - step) % self.size] for step in range(1, number + 1)]

    def is_full(self):
        return self.added >= self.size


class MembershipSketch:
    """Bloom filter: never misses what was added, seldom claims what was not."""

    def __init__(self, num_bits=256, num_hashes=3):
        self.num_bits = num_bits
        self.num_hashes = num_hashes
        self.bits = 0

    def positions(self, word):
        return [zlib.crc32(f"{number}:{word}".encode()) % self.num_bits for number in range(self.num_hashes)]

    def add(self, word):
        for position in self.positions(word):
            self.bits |= 1 << position

    def may_hold(self, word):
        return all(self.bits >> position & 1 for position in self.positions(word))


def ring_points(servers):
    """Sorted (hash, server) points of a hash ring, RING_POINTS for each server."""
    points = []
    for server in servers:
        for number in range(RING_POINTS):
            points.append((zlib.crc32(f"{server}#{number}".encode()), server))
    return sorted(points)


def server_of(key, servers):
    """The server whose point follows the key's hash; the ring closes at its end."""
    points = ring_points(servers)
    value = zlib.crc32(key.encode())
    for point, server in points:
        if point >= value:
            return server
    return points[0][1]


def moved_keys(keys, before, after):
    """Keys that change their server when the set of servers changes."""
    return [key for key in keys if server_of(key, before) != server_of(key, after)]


def replay(requests, capacity):
    """Hits and misses of a RecentCache on a sequence of keys."""
    cache = RecentCache(capacity)
    for key in requests:
        if cache.get(key) is None:
            cache.put(key, True)
    return cache.hits, cache.misses


def check_recent_cache_drops_the_oldest():
    cache = RecentCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    expect(cache.get("a"))
    cache.put("c", 3)
    expect([cache.get("b"), cache.get("a"), cache.get("c", 9)])
    expect(cache.get("zz", default="none"))
    cache.put("a", 5)
    expect(list(cache.entries.items()))


def check_recent_cache_hit_percent():
    cache = RecentCache(3)
    expect(cache.hit_percent())
    cache.put("a", 1)
    cache.get("a")
    cache.get("b")
    cache.get("a")
    expect(cache.hit_percent())


def check_timed_cache():
    cache = TimedCache(10)
    cache.put("a", 1, now=0)
    cache.put("b", 2, now=5)
    expect([cache.get("a", now=9), cache.get("a", now=10), cache.get("b", now=11)])
    expect(cache.purge(now=15))
    expect(cache.entries)


def check_frequency_cache():
    cache = FrequencyCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    expect([cache.get("a"), cache.get("b"), cache.get("c")])
    expect(cache.uses)


def check_ring():
    ring = Ring(3)
    for item in "abcde":
        ring.add(item)
    expect(ring.newest(2))
    expect(ring.newest(9))
    expect(ring.is_full())
    expect(Ring(2).newest())


def check_ring_is_full():
    ring = Ring(2)
    ring.add(1)
    expect(ring.is_full())
    expect(ring.newest(5))


def check_membership_sketch():
    sketch = MembershipSketch(num_bits=64, num_hashes=2)
    for word in ("apple", "pear", "plum"):
        sketch.add(word)
    expect([sketch.may_hold(word) for word in ("apple", "pear", "plum", "stone", "table", "chair")])
    expect(sketch.positions("apple"))


def check_server_of():
    expect([server_of(key, ["red", "green", "blue"]) for key in ("k1", "k2", "k3", "k4", "k5", "k6")])


def check_ring_points():
    expect(ring_points(["red", "green"])[:4])
    expect(len(ring_points(["red", "green", "blue"])))


def check_moved_keys():
    expect(moved_keys(["k1", "k2", "k3", "k4", "k5", "k6", "k7"], ["red", "green"], ["red", "green", "blue"]))


def check_replay():
    expect(replay("abcabdaebc", 3))
    expect(replay("aaaa", 1))
