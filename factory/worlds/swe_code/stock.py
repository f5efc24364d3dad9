"""Goods on shelves: quantities, reservations, costs, orders and boxes."""

from factory.worlds.swe_code import expect

SAFETY_DAYS = 4  # one of 2 3 4 5
BOX_LIMIT = 20  # one of 18 20 25
EXPIRY_WARNING = 7  # one of 5 7 10


class Shelf:
    """Quantities per article, with reservations that make goods unavailable."""

    def __init__(self):
        self.quantities = {}
        self.reserved = {}

    def put(self, article, quantity):
        if quantity <= 0:
            raise ValueError("a quantity must be positive")
        self.quantities[article] = self.quantities.get(article, 0) + quantity

    def available(self, article):
        return self.quantities.get(article, 0) - self.reserved.get(article, 0)

    def reserve(self, article, quantity):
        """Set goods aside; returns whether there was enough."""
        if quantity > self.available(article):
            return False
        self.reserved[article] = self.reserved.get(article, 0) + quantity
        return True

    def release(self, article, quantity):
        held = self.reserved.get(article, 0)
        self.reserved[article] = max(0, held - quantity)

    def ship(self, article, quantity):
        """Take reserved goods away for good."""
        if quantity > self.reserved.get(article, 0):
            raise ValueError("only reserved goods are shipped")
        self.reserved[article] -= quantity
        self.quantities[article] -= quantity

    def missing(self, order):
        """Article -> how many of an order's pieces are not available."""
        gaps = {}
        for article, quantity in order.items():
            gap = quantity - self.available(article)
            if gap > 0:
                gaps[article] = gap
        return gaps


def oldest_first_cost(batches, quantity):
    """Cost of taking goods from batches (quantity, unit cost), oldest first."""
    cost = 0
    remaining = quantity
    for size, unit_cost in batches:
        used = min(size, remaining)
        cost += used * unit_cost
        remaining -= used
    if remaining:
        raise ValueError(f"{remaining} pieces are missing")
    return cost


def average_cost(batches):
    """Unit cost over all batches, rounded down."""
    pieces = sum(size for size, _ in batches)
    if pieces == 0:
        return 0
    return sum(size * unit_cost for size, unit_cost in batches) // pieces


def reorder_point(daily_demand, lead_days):
    """Stock level at which to order, with a reserve of SAFETY_DAYS."""
    return daily_demand * (lead_days + SAFETY_DAYS)


def order_quantity(level, on_the_way, daily_demand, lead_days, pack_size=1):
    """Pieces to order now, in whole packs; 0 while there is enough."""
    wanted = reorder_point(daily_demand, lead_days)
    have = level + on_the_way
    if have > wanted:
        return 0
    needed = wanted + daily_demand * lead_days - have
    packs = -(-needed // pack_size)
    return packs * pack_size


def value_classes(values, first=70, second=90):
    """Article -> class A, B or C by the running share of total value in percent."""
    total = sum(values.values())
    classes = {}
    running = 0
    for article in sorted(values, key=lambda article: (-values[article], article)):
        running += values[article]
        share = running * 100 // total
        if share <= first:
            classes[article] = "A"
        elif share <= second:
            classes[article] = "B"
        else:
            classes[article] = "C"
    return classes


def pack_boxes(weights):
    """Fill boxes up to BOX_LIMIT, heaviest piece first, each into the first box with room."""
    boxes = []
    for weight in sorted(weights, reverse=True):
        if weight > BOX_LIMIT:
            raise ValueError(f"{weight} is too heavy for a box")
        for box in boxes:
            if sum(box) + weight <= BOX_LIMIT:
                box.append(weight)
                break
        else:
            boxes.append([weight])
    return boxes


def share_out(quantity, demands):
    """Divide a scarce quantity in proportion to demands; what is left goes to the largest remainders."""
    total = sum(demands.values())
    if quantity >= total:
        return dict(demands)
    shares = {name: quantity * demand // total for name, demand in demands.items()}
    left_over = quantity - sum(shares.values())
    by_remainder = sorted(demands, key=lambda name: (-(quantity * demands[name] % total), name))
    for name in by_remainder[:left_over]:
        shares[name] += 1
    return shares


def expiring(batches, today):
    """Names of batches (name, last day) that are not yet over but will be within EXPIRY_WARNING days."""
    return [name for name, last_day in batches if today <= last_day < today + EXPIRY_WARNING]


def turnover_days(stock_value, yearly_cost):
    """Days that the stock lasts at the yearly rate; None when nothing is sold."""
    if yearly_cost == 0:
        return None
    return stock_value * 365 // yearly_cost


def count_differences(booked, counted):
    """Article -> counted minus booked, for articles where they differ."""
    differences = {}
    for article in sorted(set(booked) | set(counted)):
        difference = counted.get(article, 0) - booked.get(article, 0)
        if difference != 0:
            differences[article] = difference
    return differences


def pick_route(positions, start=0):
    """Order of articles {name: (aisle, place)}: aisles upwards, every second aisle walked backwards."""
    aisles = {}
    for name, (aisle, place) in positions.items():
        aisles.setdefault(aisle, []).append((place, name))
    route = []
    for number, aisle in enumerate(sorted(aisles), start=start):
        stops = sorted(aisles[aisle], reverse=number % 2 == 1)
        route.extend(name for _, name in stops)
    return route


def check_shelf_reserve_and_ship():
    shelf = Shelf()
    shelf.put("lamp", 6)
    shelf.put("lamp", 4)
    expect(shelf.reserve("lamp", 7))
    expect(shelf.available("lamp"))
    expect(shelf.reserve("lamp", 4))
    expect(shelf.reserve("lamp", 3))
    shelf.ship("lamp", 5)
    expect([shelf.quantities, shelf.reserved])


def check_shelf_release():
    shelf = Shelf()
    shelf.put("desk", 3)
    shelf.reserve("desk", 2)
    shelf.release("desk", 1)
    expect(shelf.available("desk"))
    shelf.release("desk", 9)
    expect(shelf.available("desk"))


def check_shelf_missing():
    shelf = Shelf()
    shelf.put("desk", 3)
    shelf.put("lamp", 5)
    shelf.reserve("lamp", 3)
    expect(shelf.missing({"desk": 3, "lamp": 4, "sofa": 1}))


def check_oldest_first_cost():
    expect(oldest_first_cost([(5, 10), (5, 12), (9, 15)], 12))
    expect(oldest_first_cost([(5, 10), (5, 12)], 5))


def check_average_cost():
    expect(average_cost([(5, 10), (10, 13)]))
    expect(average_cost([]))


def check_reorder_point():
    expect(reorder_point(12, 6))


def check_order_quantity():
    expect(order_quantity(30, 10, 8, 5, pack_size=12))
    expect(order_quantity(300, 10, 8, 5))
    expect(order_quantity(0, 0, 7, 3, pack_size=10))


def check_value_classes():
    expect(value_classes({"a": 500, "b": 200, "c": 150, "d": 60, "e": 50, "f": 40}))


def check_pack_boxes():
    expect(pack_boxes([4, 8, 15, 3, 12, 7, 9, 1]))


def check_share_out():
    expect(share_out(10, {"north": 7, "south": 5, "west": 3}))
    expect(share_out(20, {"north": 7, "south": 5}))


def check_expiring():
    expect(expiring([("m1", 99), ("m2", 100), ("m3", 104), ("m4", 107), ("m5", 115)], 100))


def check_turnover_days():
    expect([turnover_days(5000, 36500), turnover_days(5000, 0)])


def check_count_differences():
    expect(count_differences({"a": 5, "b": 2, "c": 1}, {"a": 5, "b": 1, "d": 4}))


def check_pick_route():
    expect(pick_route({"a": (1, 5), "b": (2, 1), "c": (1, 2), "d": (2, 7), "e": (3, 3), "f": (3, 1)}))
    expect(pick_route({"a": (1, 5), "b": (1, 6)}, start=1))
