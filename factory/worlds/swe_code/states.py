"""Things that are in one state at a time."""

from factory.worlds.swe_code import expect

ORDER_MOVES = {
    "new": ("paid", "cancelled"),
    "paid": ("packed", "refunded"),
    "packed": ("sent",),
    "sent": ("delivered", "returned"),
    "returned": ("refunded",),
}
FAILURES_TO_OPEN = 3  # one of 2 3 4
COOLING_TIME = 30  # one of 20 30 45
TICKET_PRICE = 250  # one of 200 250 300


class Order:
    """An order that moves through ORDER_MOVES and remembers how it came there."""

    def __init__(self, number):
        self.number = number
        self.state = "new"
        self.history = ["new"]

    def move(self, state):
        if state not in ORDER_MOVES.get(self.state, ()):
            raise ValueError(f"{self.state} cannot become {state}")
        self.state = state
        self.history.append(state)

    def is_over(self):
        return self.state not in ORDER_MOVES

    def can_refund(self):
        return "refunded" in ORDER_MOVES.get(self.state, ())


class Breaker:
    """Stops calls after FAILURES_TO_OPEN failures in a row, and tries again after COOLING_TIME."""

    def __init__(self):
        self.failures = 0
        self.opened_at = None

    def state(self, now):
        if self.opened_at is None:
            return "closed"
        if now - self.opened_at >= COOLING_TIME:
            return "trial"
        return "open"

    def allows(self, now):
        return self.state(now) != "open"

    def record(self, succeeded, now):
        if succeeded:
            self.failures = 0
            self.opened_at = None
            return
        self.failures += 1
        if self.failures >= FAILURES_TO_OPEN or self.state(now) == "trial":
            self.opened_at = now


class TicketMachine:
    """Sells tickets for coins and gives change."""

    def __init__(self, tickets):
        self.tickets = tickets
        self.inserted = 0
        self.earned = 0

    def insert(self, coin):
        if coin not in (10, 20, 50, 100, 200):
            return coin
        self.inserted += coin
        return 0

    def buy(self):
        """(ticket sold, change). Without tickets all coins come back."""
        if self.tickets == 0:
            change, self.inserted = self.inserted, 0
            return False, change
        if self.inserted < TICKET_PRICE:
            return False, 0
        change = self.inserted - TICKET_PRICE
        self.inserted = 0
        self.earned += TICKET_PRICE
        self.tickets -= 1
        return True, change


class Lift:
    """Serves calls in the direction it moves in, then turns."""

    def __init__(self, floor=0):
        self.floor = floor
        self.direction = 1
        self.calls = set()

    def call(self, floor):
        if floor != self.floor:
            self.calls.add(floor)

    def next_stop(self):
        if not self.calls:
            return None
        above = [floor for floor in self.calls if floor > self.floor]
        below = [floor for floor in self.calls if floor < self.floor]
        if self.direction > 0:
            return min(above) if above else max(below)
        return max(below) if below else min(above)

    def move(self):
        stop = self.next_stop()
        if stop is None:
            return self.floor
        self.direction = 1 if stop > self.floor else -1
        self.floor = stop
        self.calls.discard(stop)
        return stop


class Editor:
    """A text with undo and redo."""

    def __init__(self, text=""):
        self.text = text
        self.past = []
        self.future = []

    def write(self, addition):
        self.past.append(self.text)
        self.text += addition
        self.future.clear()

    def erase(self, number):
        self.past.append(self.text)
        self.text = self.text[: max(0, len(self.text) - number)]
        self.future.clear()

    def undo(self):
        if not self.past:
            return False
        self.future.append(self.text)
        self.text = self.past.pop()
        return True

    def redo(self):
        if not self.future:
            return False
        self.past.append(self.text)
        self.text = self.future.pop()
        return True


class Match:
    """Points of a tennis game between two players."""

    def __init__(self):
        self.points = [0, 0]

    def score_for(self, player):
        self.points[player] += 1

    def winner(self):
        first, second = self.points
        if max(first, second) >= 4 and abs(first - second) >= 2:
            return 0 if first > second else 1
        return None

    def spoken(self):
        first, second = self.points
        if self.winner() is not None:
            return f"game player {self.winner() + 1}"
        if first >= 3 and second >= 3:
            if first == second:
                return "deuce"
            return f"advantage player {1 if first > second else 2}"
        names = ("love", "fifteen", "thirty", "forty")
        if first == second:
            return f"{names[first]} all"
        return f"{names[first]} {names[second]}"


def parse_moves(text):
    """State -> states it can become, from lines `a -> b, c`."""
    moves = {}
    for line in text.splitlines():
        if "->" not in line:
            continue
        state, targets = line.split("->", 1)
        moves[state.strip()] = tuple(target.strip() for target in targets.split(",") if target.strip())
    return moves


def dead_ends(moves):
    """States that can be entered and never left."""
    targets = {target for row in moves.values() for target in row}
    return sorted(state for state in targets if not moves.get(state))


def light_at(second, green=30, yellow=5, red=25):
    """Colour of a traffic light some seconds after it turned green."""
    position = second % (green + yellow + red)
    if position < green:
        return "green"
    if position < green + yellow:
        return "yellow"
    return "red"


def check_order_history():
    order = Order(7)
    order.move("paid")
    expect(order.can_refund())
    order.move("packed")
    expect([order.can_refund(), order.is_over()])
    order.move("sent")
    order.move("delivered")
    expect([order.history, order.is_over()])


def check_breaker_opens_and_tries_again():
    breaker = Breaker()
    for now in range(2):
        breaker.record(False, now)
    expect(breaker.state(2))
    for now in range(2, 5):
        breaker.record(False, now)
    expect([breaker.state(5), breaker.allows(5), breaker.state(60), breaker.allows(60)])
    expect([breaker.state(4 + COOLING_TIME), breaker.state(3 + COOLING_TIME)])
    breaker.record(True, 60)
    expect([breaker.failures, breaker.state(61)])


def check_ticket_machine():
    machine = TicketMachine(1)
    expect([machine.insert(200), machine.insert(3), machine.buy()])
    machine.insert(200)
    expect(machine.buy())
    expect([machine.earned, machine.tickets])
    machine.insert(50)
    expect(machine.buy())


def check_lift_turns():
    lift = Lift(3)
    for floor in (5, 1, 4, 3, 0):
        lift.call(floor)
    expect([lift.move() for _ in range(6)])
    lift.call(2)
    expect(lift.next_stop())


def check_lift_goes_down_first():
    lift = Lift(5)
    lift.direction = -1
    for floor in (7, 2, 4):
        lift.call(floor)
    expect([lift.move() for _ in range(3)])


def check_editor_undo():
    editor = Editor("ab")
    editor.write("cd")
    editor.erase(3)
    expect(editor.text)
    expect([editor.undo(), editor.text])
    expect([editor.undo(), editor.undo(), editor.text])
    expect([editor.redo(), editor.text])
    editor.write("!")
    expect([editor.redo(), editor.text])


def check_match_spoken():
    match = Match()
    spoken = []
    for player in (0, 1, 0, 1, 0, 1, 0, 1, 1, 1):
        match.score_for(player)
        spoken.append(match.spoken())
    expect(spoken)


def check_match_winner():
    match = Match()
    for _ in range(4):
        match.score_for(0)
    expect([match.winner(), match.spoken()])


def check_parse_moves():
    expect(parse_moves("idle -> busy\nbusy -> idle, broken,\n\nno arrow\nbroken ->"))


def check_dead_ends():
    expect(dead_ends({"idle": ("busy", "off"), "busy": ("idle", "broken"), "broken": ()}))


def check_light_at():
    expect([light_at(second) for second in (0, 29, 30, 34, 35, 59, 60)])
    expect(light_at(12, green=10, yellow=2, red=8))
