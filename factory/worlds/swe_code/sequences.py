"""Searching, sorting, grouping and counting in sequences."""

from factory.worlds.swe_code import expect

SMALL_ENOUGH = 6  # one of 4 6 8


def lower_bound(ordered, value):
    """First index whose entry is not below the value, by halving."""
    low, high = 0, len(ordered)
    for _ in range(len(ordered) + 1):
        if low >= high:
            break
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


def find_sorted(ordered, value):
    """Index of a value in a sorted list, or -1."""
    index = lower_bound(ordered, value)
    if index < len(ordered) and ordered[index] == value:
        return index
    return -1


def count_between(ordered, low, high):
    """How many entries of a sorted list lie from low (included) to high (excluded)."""
    return lower_bound(ordered, high) - lower_bound(ordered, low)


def insertion_sort(values):
    """Stable sort that shifts every value to its place."""
    result = []
    for value in values:
        place = len(result)
        for index in range(len(result) - 1, -1, -1):
            if result[index] <= value:
                break
            place = index
        result.insert(place, value)
    return result


def merge_sorted(left, right):
    """One sorted list from two; equal values come from the left first."""
    result = []
    right_index = 0
    for value in left:
        for other in right[right_index:]:
            if other >= value:
                break
            result.append(other)
            right_index += 1
        result.append(value)
    return result + right[right_index:]


def merge_sort(values):
    """Sort by halves; short lists by insertion."""
    if len(values) <= SMALL_ENOUGH:
        return insertion_sort(values)
    middle = len(values) // 2
    return merge_sorted(merge_sort(values[:middle]), merge_sort(values[middle:]))


def kth_smallest(values, rank):
    """The value at a 1-based rank, by partition around the first."""
    pivot = values[0]
    smaller = [value for value in values if value < pivot]
    equal = [value for value in values if value == pivot]
    if rank <= len(smaller):
        return kth_smallest(smaller, rank)
    if rank <= len(smaller) + len(equal):
        return pivot
    larger = [value for value in values if value > pivot]
    return kth_smallest(larger, rank - len(smaller) - len(equal))


def group_by(rows, key):
    """Key -> rows, in the order of appearance."""
    groups = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def chunks(values, size):
    """Parts of a fixed size; the last may be shorter."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def windows(values, size, step=1):
    """All full windows of a size, `step` apart."""
    return [values[start : start + size] for start in range(0, len(values) - size + 1, step)]


def flatten(nested, depth=1):
    """Lists inside a list replaced by their entries, down to a depth."""
    result = []
    for entry in nested:
        if isinstance(entry, list) and depth > 0:
            result.extend(flatten(entry, depth - 1))
        else:
            result.append(entry)
    return result


def unique(values):
    """First appearances only."""
    seen = set()
    result = []
    for value in values:
        if value not in seen:
            seen.add(value)
            result.append(value)
    return result


def interleave(*lists):
    """Entries taken in turn from each list until all are used up."""
    longest = max((len(entries) for entries in lists), default=0)
    return [entries[index] for index in range(longest) for entries in lists if index < len(entries)]


def pair_with_sum(values, target):
    """Indexes of the first pair that adds up to the target, or None."""
    places = {}
    for index, value in enumerate(values):
        if target - value in places:
            return places[target - value], index
        places[value] = index
    return None


def best_load(items, capacity):
    """Largest value of items (weight, value) that fit into a capacity, each at most once."""
    best = [0] * (capacity + 1)
    for weight, value in items:
        for room in range(capacity, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + value)
    return best[capacity]


def longest_common(left, right):
    """A longest common subsequence of two words."""
    rows = [[""] * (len(right) + 1)]
    for letter in left:
        row = [""]
        for column, other in enumerate(right):
            if letter == other:
                row.append(rows[-1][column] + letter)
            else:
                row.append(max(rows[-1][column + 1], row[-1], key=len))
        rows.append(row)
    return rows[-1][-1]


def rising_length(values):
    """Length of the longest strictly rising subsequence."""
    tails = []
    for value in values:
        place = lower_bound(tails, value)
        if place == len(tails):
            tails.append(value)
        else:
            tails[place] = value
    return len(tails)


def largest_stretch(values):
    """Largest sum of neighbouring values; 0 for none."""
    best = current = 0
    for value in values:
        current = max(0, current + value)
        best = max(best, current)
    return best


def ways_to_sum(total, parts):
    """In how many ways a total can be made of parts, order ignored."""
    ways = [1] + [0] * total
    for part in parts:
        for amount in range(part, total + 1):
            ways[amount] += ways[amount - part]
    return ways[total]


def rotate(values, distance):
    """Move entries to the right; what falls off comes back at the left."""
    if not values:
        return []
    distance %= len(values)
    return values[-distance:] + values[:-distance] if distance else list(values)


def check_lower_bound():
    expect([lower_bound([2, 4, 4, 7, 9], value) for value in (1, 2, 4, 5, 9, 10)])


def check_find_sorted():
    expect([find_sorted([1, 3, 5, 7], value) for value in (1, 5, 7, 4, 8)])


def check_count_between():
    expect([count_between([1, 3, 3, 5, 8], 3, 8), count_between([1, 3, 5], 6, 9)])


def check_insertion_sort():
    expect(insertion_sort([5, 2, 9, 2, 1]))


def check_merge_sorted():
    expect(merge_sorted([1, 4, 6], [2, 4, 9, 10]))
    expect(merge_sorted([], [3]))


def check_merge_sort():
    expect(merge_sort([9, 3, 7, 1, 8, 2, 6, 4, 5, 0, 11, 10, 13, 12]))


def check_kth_smallest():
    expect([kth_smallest([7, 2, 9, 2, 5, 7], rank) for rank in range(1, 7)])


def check_group_by():
    expect(group_by([{"k": 1, "v": "a"}, {"k": 2, "v": "b"}, {"k": 1, "v": "c"}], "k"))


def check_chunks_and_windows():
    expect(chunks([1, 2, 3, 4, 5, 6, 7], 3))
    expect(windows([1, 2, 3, 4, 5], 3))
    expect(windows([1, 2, 3, 4, 5, 6], 2, step=2))


def check_flatten():
    expect(flatten([1, [2, [3]], [4]]))
    expect(flatten([1, [2, [3, [4]]]], depth=2))


def check_unique():
    expect(unique([3, 1, 3, 2, 1]))


def check_interleave():
    expect(interleave([1, 2, 3], ["a"], [True, False]))


def check_pair_with_sum():
    expect([pair_with_sum([2, 7, 11, 15], 18), pair_with_sum([3, 3], 6), pair_with_sum([1, 2], 9)])


def check_best_load():
    expect(best_load([(3, 4), (4, 5), (2, 3), (5, 8)], 7))
    expect(best_load([(3, 4), (3, 4)], 3))


def check_longest_common():
    expect([longest_common("AGGTAB", "GXTXAYB"), longest_common("abc", "xyz")])


def check_rising_length():
    expect([rising_length([10, 9, 2, 5, 3, 7, 101, 18]), rising_length([4, 4, 4])])


def check_largest_stretch():
    expect([largest_stretch([-2, 1, -3, 4, -1, 2, 1, -5, 4]), largest_stretch([-3, -1])])


def check_ways_to_sum():
    expect([ways_to_sum(12, (1, 2, 5)), ways_to_sum(3, (2,))])


def check_rotate():
    expect([rotate([1, 2, 3, 4, 5], 2), rotate([1, 2, 3], -1), rotate([1, 2], 4), rotate([], 3)])
