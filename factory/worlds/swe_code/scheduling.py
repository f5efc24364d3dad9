"""Jobs, intervals, shifts and limits over whole units of time."""

import heapq

from factory.worlds.swe_code import expect

FIRST_DELAY = 2  # one of 1 2 3
LONGEST_DELAY = 60  # one of 30 60 90


class JobQueue:
    """Jobs by priority (small first); equal priorities leave in the order they came."""

    def __init__(self):
        self._heap = []
        self._number = 0

    def push(self, name, priority=5):
        heapq.heappush(self._heap, (priority, self._number, name))
        self._number += 1

    def pop(self):
        if not self._heap:
            raise IndexError("the queue is empty")
        return heapq.heappop(self._heap)[2]

    def promote(self, name, by=1):
        """Raise a job's priority; returns whether the job was found."""
        for index, (priority, number, waiting) in enumerate(self._heap):
            if waiting == name:
                self._heap[index] = (priority - by, number, waiting)
                heapq.heapify(self._heap)
                return True
        return False

    def names(self):
        return [name for _, _, name in sorted(self._heap)]


class TokenBucket:
    """Allows `rate` actions per unit of time with bursts up to `capacity`."""

    def __init__(self, rate, capacity):
        self.rate = rate
        self.capacity = capacity
        self.level = capacity
        self.last_time = 0

    def allow(self, now, cost=1):
        gained = (now - self.last_time) * self.rate
        self.level = min(self.capacity, self.level + gained)
        self.last_time = now
        if self.level >= cost:
            self.level -= cost
            return True
        return False


def merge_intervals(intervals):
    """Sorted intervals that neither overlap nor touch."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def free_slots(busy, day_start, day_end, shortest=1):
    """Gaps between busy intervals that are at least `shortest` long."""
    slots = []
    position = day_start
    for start, end in merge_intervals(busy):
        if start - position >= shortest:
            slots.append((position, start))
        position = max(position, end)
    if day_end - position >= shortest:
        slots.append((position, day_end))
    return slots


def overlaps(first, second):
    """Whether two half-open intervals share a moment."""
    return first[0] < second[1] and second[0] < first[1]


def rooms_needed(meetings):
    """Largest number of meetings at one moment."""
    changes = []
    for start, end in meetings:
        changes.append((start, 1))
        changes.append((end, -1))
    rooms = 0
    most = 0
    for _, change in sorted(changes):
        rooms += change
        most = max(most, rooms)
    return most


def assign_rooms(meetings):
    """Meeting -> number of the first room that is free when it starts."""
    free_from = []
    rooms = {}
    for start, end in sorted(meetings):
        for number, free in enumerate(free_from):
            if free <= start:
                free_from[number] = end
                rooms[(start, end)] = number
                break
        else:
            rooms[(start, end)] = len(free_from)
            free_from.append(end)
    return rooms


def most_meetings(meetings):
    """A largest set of meetings without overlap: always take the one that ends first."""
    chosen = []
    for meeting in sorted(meetings, key=lambda meeting: (meeting[1], meeting[0])):
        if not chosen or meeting[0] >= chosen[-1][1]:
            chosen.append(meeting)
    return chosen


def round_robin(jobs, quantum):
    """Finishing times of jobs {name: length} that take turns of `quantum` units."""
    remaining = dict(jobs)
    finished = {}
    now = 0
    turns = sum(-(-length // quantum) for length in jobs.values())
    for _ in range(turns):
        for name in list(remaining):
            used = min(quantum, remaining[name])
            now += used
            remaining[name] -= used
            if remaining[name] == 0:
                finished[name] = now
                del remaining[name]
    return finished


def earliest_deadline(jobs):
    """Order of jobs (name, length, deadline) and the names that come too late."""
    now = 0
    order = []
    late = []
    for name, length, deadline in sorted(jobs, key=lambda job: (job[2], job[0])):
        now += length
        order.append(name)
        if now > deadline:
            late.append(name)
    return order, late


def retry_delays(attempts, factor=2):
    """Waiting times before the attempts after the first; they grow up to LONGEST_DELAY."""
    delays = []
    delay = FIRST_DELAY
    for _ in range(attempts - 1):
        delays.append(min(delay, LONGEST_DELAY))
        delay *= factor
    return delays


def field_matches(field, value):
    """Whether a cron field (*, 5, 1-5, */15, 1,3,5) allows a value."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        width = int(step) if step else 1
        if span == "*":
            if value % width == 0:
                return True
        elif "-" in span:
            low, high = (int(end) for end in span.split("-"))
            if low <= value <= high and (value - low) % width == 0:
                return True
        elif int(span) == value:
            return True
    return False


def cron_matches(line, minute, hour, weekday):
    """Whether `minute hour weekday` fields all allow a moment."""
    fields = line.split()
    return all(field_matches(field, value) for field, value in zip(fields, (minute, hour, weekday)))


def spread_load(costs, workers):
    """Longest job first, each to the worker with the least work; returns the loads."""
    loads = [0] * workers
    for cost in sorted(costs, reverse=True):
        loads[loads.index(min(loads))] += cost
    return loads


def finish_times(lengths, needs):
    """Earliest end of every task when tasks wait for those they need; tasks come in a legal order."""
    ends = {}
    for task, length in lengths.items():
        start = max((ends[other] for other in needs.get(task, ())), default=0)
        ends[task] = start + length
    return ends


def check_job_queue_order():
    queue = JobQueue()
    queue.push("mail", 3)
    queue.push("backup")
    queue.push("alarm", 1)
    queue.push("report", 3)
    expect(queue.names())
    expect(queue.pop())
    expect(queue.promote("backup", 4))
    expect(queue.promote("missing"))
    expect(queue.names())


def check_token_bucket():
    bucket = TokenBucket(2, 5)
    expect([bucket.allow(0, 3), bucket.allow(0, 3), bucket.allow(1, 4), bucket.allow(1), bucket.allow(9, 5)])
    expect(bucket.level)


def check_merge_intervals():
    expect(merge_intervals([(5, 8), (1, 3), (3, 4), (7, 9), (20, 21)]))
    expect(merge_intervals([(1, 10), (2, 3)]))


def check_free_slots():
    expect(free_slots([(9, 10), (12, 14), (13, 15)], 8, 18))
    expect(free_slots([(9, 10), (12, 17)], 8, 18, shortest=2))


def check_overlaps():
    expect([overlaps((1, 3), (3, 5)), overlaps((1, 4), (3, 5)), overlaps((3, 5), (1, 4)), overlaps((1, 9), (4, 5))])


def check_rooms_needed():
    expect(rooms_needed([(9, 11), (10, 12), (11, 13), (9, 10)]))
    expect(rooms_needed([]))


def check_assign_rooms():
    expect(assign_rooms([(9, 12), (10, 11), (11, 13), (12, 14), (9, 10)]))


def check_most_meetings():
    expect(most_meetings([(1, 9), (2, 3), (3, 5), (4, 7), (5, 6), (6, 8)]))


def check_round_robin():
    expect(round_robin({"a": 5, "b": 2, "c": 7}, 3))
    expect(round_robin({"a": 4, "b": 4}, 4))


def check_earliest_deadline():
    expect(earliest_deadline([("a", 3, 9), ("b", 4, 4), ("c", 3, 8), ("d", 1, 9)]))


def check_retry_delays():
    expect(retry_delays(8))
    expect(retry_delays(4, factor=3))
    expect(retry_delays(1))


def check_field_matches():
    expect([minute for minute in range(60) if field_matches("*/15", minute)])
    expect([hour for hour in range(24) if field_matches("8-17/3,22", hour)])


def check_cron_matches():
    expect(cron_matches("30 8 1-5", 30, 8, 5))
    expect(cron_matches("30 8 1-5", 30, 8, 6))
    expect(cron_matches("0 * *", 1, 8, 6))


def check_spread_load():
    expect(spread_load([7, 3, 5, 5, 2, 9], 3))


def check_finish_times():
    expect(finish_times({"dig": 3, "pour": 2, "frame": 4, "roof": 2}, {"pour": ["dig"], "roof": ["pour", "frame"]}))
