"""Statistics over lists of whole numbers."""

from collections import Counter
from itertools import pairwise

from factory.worlds.swe_code import expect

OUTLIER_FACTOR = 2  # one of 1 2 3
BAR_WIDTH = 20  # one of 10 20 25


def mean_of(values, digits=2):
    """Arithmetic mean, rounded."""
    if not values:
        raise ValueError("no values")
    return round(sum(values) / len(values), digits)


def median_of(values):
    """Middle value; the mean of the two middle ones when their number is even."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def modes_of(values):
    """All values that occur most often, in ascending order."""
    tally = Counter(values)
    most = max(tally.values())
    return sorted(value for value, number in tally.items() if number == most)


def variance_of(values, sample=True, digits=3):
    """Variance; of a sample it divides by one less."""
    mean = sum(values) / len(values)
    squares = sum((value - mean) ** 2 for value in values)
    divisor = len(values) - 1 if sample else len(values)
    return round(squares / divisor, digits)


def percentile(values, percent):
    """Nearest-rank percentile."""
    ordered = sorted(values)
    rank = -(-percent * len(ordered) // 100)
    return ordered[max(rank, 1) - 1]


def spread(values):
    """Smallest, lower quarter, median, upper quarter, largest."""
    ordered = sorted(values)
    return (ordered[0], percentile(ordered, 25), median_of(ordered), percentile(ordered, 75), ordered[-1])


def moving_mean(values, width):
    """Means of all full windows."""
    means = []
    for end in range(width, len(values) + 1):
        window = values[end - width : end]
        means.append(round(sum(window) / width, 2))
    return means


def running_totals(values, start=0):
    """Sum of everything up to each place."""
    totals = []
    total = start
    for value in values:
        total += value
        totals.append(total)
    return totals


def bin_counts(values, low, high, num_bins):
    """How many values fall into equal bins; the last bin includes its upper edge."""
    width = (high - low) / num_bins
    counts = [0] * num_bins
    for value in values:
        if low <= value <= high:
            index = min(int((value - low) / width), num_bins - 1)
            counts[index] += 1
    return counts


def bar_chart(counts):
    """Text lines with bars that scale to the largest count."""
    largest = max(counts.values())
    lines = []
    for name, number in counts.items():
        bar = "#" * (number * BAR_WIDTH // largest)
        lines.append(f"{name:<8}|{bar} {number}")
    return lines


def rank_values(values):
    """Rank of every value, largest first; equal values share the better rank."""
    ordered = sorted(values, reverse=True)
    return [ordered.index(value) + 1 for value in values]


def outliers(values):
    """Values farther from the quarters than OUTLIER_FACTOR times the distance between them."""
    lower, upper = percentile(values, 25), percentile(values, 75)
    reach = (upper - lower) * OUTLIER_FACTOR
    return [value for value in values if value < lower - reach or value > upper + reach]


def scale_to(values, low=0, high=100):
    """Stretch values so that the smallest is `low` and the largest `high`."""
    smallest, largest = min(values), max(values)
    if smallest == largest:
        return [low for _ in values]
    return [low + (value - smallest) * (high - low) // (largest - smallest) for value in values]


def growth_percents(values):
    """Change from each value to the next in whole percent; None after a zero."""
    changes = []
    for before, after in pairwise(values):
        changes.append(None if before == 0 else (after - before) * 100 // before)
    return changes


def longest_rise(values):
    """Length of the longest stretch in which every value is above the one before."""
    if not values:
        return 0
    best = current = 1
    for before, after in pairwise(values):
        current = current + 1 if after > before else 1
        best = max(best, current)
    return best


def weighted_mean(pairs, digits=2):
    """Mean of (value, weight) pairs."""
    weight = sum(weight for _, weight in pairs)
    if weight == 0:
        raise ValueError("the weights add up to zero")
    return round(sum(value * weight for value, weight in pairs) / weight, digits)


def slope_and_start(points, digits=3):
    """Line of least squares through (x, y) points."""
    number = len(points)
    mean_x = sum(x for x, _ in points) / number
    mean_y = sum(y for _, y in points) / number
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    below = sum((x - mean_x) ** 2 for x, _ in points)
    slope = above / below
    return round(slope, digits), round(mean_y - slope * mean_x, digits)


def check_mean_of():
    expect(mean_of([3, 4, 4]))
    expect(mean_of([1, 2, 4], digits=4))


def check_median_of():
    expect([median_of([5, 1, 9]), median_of([5, 1, 9, 2]), median_of([7])])


def check_modes_of():
    expect(modes_of([3, 1, 3, 2, 2, 5]))


def check_variance_of():
    expect(variance_of([2, 4, 4, 4, 5, 5, 7, 9]))
    expect(variance_of([2, 4, 4, 4, 5, 5, 7, 9], sample=False))


def check_percentile():
    expect([percentile([15, 20, 35, 40, 50], percent) for percent in (0, 5, 30, 40, 50, 100)])


def check_spread():
    expect(spread([9, 4, 7, 1, 12, 3, 8]))


def check_moving_mean():
    expect(moving_mean([1, 4, 7, 10, 4], 3))
    expect(moving_mean([1, 2], 3))


def check_running_totals():
    expect(running_totals([4, -1, 6], start=10))


def check_bin_counts():
    expect(bin_counts([0, 1, 5, 9, 10, 11, -1, 4], 0, 10, 5))


def check_bar_chart():
    expect(bar_chart({"north": 12, "south": 5, "west": 1}))


def check_rank_values():
    expect(rank_values([50, 70, 50, 90, 10]))


def check_outliers():
    expect(outliers([10, 12, 11, 13, 12, 40, 11, -30]))


def check_scale_to():
    expect(scale_to([3, 6, 9, 12]))
    expect(scale_to([5, 10], low=1, high=11))
    expect(scale_to([4, 4]))


def check_growth_percents():
    expect(growth_percents([100, 150, 0, 30, 27]))


def check_longest_rise():
    expect([longest_rise([1, 2, 2, 3, 4, 9, 1]), longest_rise([]), longest_rise([5, 4])])


def check_weighted_mean():
    expect(weighted_mean([(10, 1), (20, 3)]))


def check_slope_and_start():
    expect(slope_and_start([(0, 1), (1, 3), (2, 4), (4, 9)]))
