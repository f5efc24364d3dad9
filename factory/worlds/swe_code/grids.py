"""Rectangles of cells: neighbours, regions, walks and simple games."""

from collections import deque

from factory.worlds.swe_code import expect

STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
BORN_WITH = 3
SURVIVES_WITH = (2, 3)


def neighbours(grid, row, column, diagonal=False):
    """Cells beside a cell, inside the grid."""
    result = []
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            if (down == 0 and across == 0) or (down != 0 and across != 0 and not diagonal):
                continue
            if 0 <= row + down < len(grid) and 0 <= column + across < len(grid[0]):
                result.append((row + down, column + across))
    return result


def region_of(grid, row, column):
    """All cells that hang together with a cell and show the same sign."""
    sign = grid[row][column]
    seen = {(row, column)}
    queue = deque([(row, column)])
    while queue:
        cell = queue.popleft()
        for near in neighbours(grid, *cell):
            if near not in seen and grid[near[0]][near[1]] == sign:
                seen.add(near)
                queue.append(near)
    return seen


def region_sizes(grid, sign):
    """Sizes of all regions of a sign, largest first."""
    done = set()
    sizes = []
    for row, line in enumerate(grid):
        for column, cell in enumerate(line):
            if cell == sign and (row, column) not in done:
                region = region_of(grid, row, column)
                done |= region
                sizes.append(len(region))
    return sorted(sizes, reverse=True)


def fewest_steps(grid, start, goal, wall="#"):
    """Steps of a shortest walk around walls, or -1."""
    distance = {start: 0}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        if cell == goal:
            return distance[cell]
        for near in neighbours(grid, *cell):
            if near not in distance and grid[near[0]][near[1]] != wall:
                distance[near] = distance[cell] + 1
                queue.append(near)
    return -1


def next_generation(alive):
    """One step of the game of life on an endless board of (row, column) cells."""
    counts = {}
    for row, column in alive:
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                if down or across:
                    cell = (row + down, column + across)
                    counts[cell] = counts.get(cell, 0) + 1
    born = {cell for cell, number in counts.items() if number == BORN_WITH}
    survivors = {cell for cell in alive if counts.get(cell, 0) in SURVIVES_WITH}
    return born | survivors


def walk(instructions, start=(0, 0)):
    """Position after F, L and R instructions; the walker first looks north."""
    row, column = start
    heading = 0
    for letter in instructions:
        if letter == "L":
            heading = (heading - 1) % 4
        elif letter == "R":
            heading = (heading + 1) % 4
        elif letter == "F":
            row += STEPS[heading][0]
            column += STEPS[heading][1]
    return row, column


def bounding_box(cells):
    """(top, left, bottom, right) of a set of cells, ends included."""
    rows = [row for row, _ in cells]
    columns = [column for _, column in cells]
    return min(rows), min(columns), max(rows), max(columns)


def draw(cells, full="#", empty="."):
    """Text lines that show a set of cells."""
    top, left, bottom, right = bounding_box(cells)
    lines = []
    for row in range(top, bottom + 1):
        lines.append("".join(full if (row, column) in cells else empty for column in range(left, right + 1)))
    return lines


def city_distance(first, second):
    """Steps between two cells without diagonals."""
    return abs(first[0] - second[0]) + abs(first[1] - second[1])


def king_distance(first, second):
    """Steps between two cells with diagonals."""
    return max(abs(first[0] - second[0]), abs(first[1] - second[1]))


def sees(grid, first, second, wall="#"):
    """Whether two cells of one row or column have no wall between them."""
    if first[0] == second[0]:
        low, high = sorted((first[1], second[1]))
        between = [grid[first[0]][column] for column in range(low + 1, high)]
    elif first[1] == second[1]:
        low, high = sorted((first[0], second[0]))
        between = [grid[row][first[1]] for row in range(low + 1, high)]
    else:
        return False
    return wall not in between


def mine_counts(grid, mine="*"):
    """Every empty cell replaced by the number of mines around it."""
    lines = []
    for row, line in enumerate(grid):
        shown = ""
        for column, cell in enumerate(line):
            if cell == mine:
                shown += mine
            else:
                around = neighbours(grid, row, column, diagonal=True)
                shown += str(sum(grid[down][across] == mine for down, across in around))
        lines.append(shown)
    return lines


def line_winner(board):
    """Sign that fills a row, a column or a diagonal of a square board, or None."""
    size = len(board)
    lines = [list(row) for row in board]
    lines += [[row[column] for row in board] for column in range(size)]
    lines.append([board[index][index] for index in range(size)])
    lines.append([board[index][size - 1 - index] for index in range(size)])
    for line in lines:
        if line[0] != " " and all(cell == line[0] for cell in line):
            return line[0]
    return None


def cheapest_way(costs):
    """Smallest sum from the upper left to the lower right, moving right or down."""
    best = []
    for row, line in enumerate(costs):
        current = []
        for column, cost in enumerate(line):
            options = []
            if row > 0:
                options.append(best[column])
            if column > 0:
                options.append(current[column - 1])
            current.append(cost + min(options, default=0))
        best = current
    return best[-1]


def check_neighbours():
    expect(neighbours(["...", "...", "..."], 1, 1))
    expect(neighbours(["...", "...", "..."], 0, 2, diagonal=True))


def check_region_of():
    expect(sorted(region_of(["aab", "abb", "aba"], 0, 0)))
    expect(len(region_of(["aab", "abb", "aba"], 1, 1)))


def check_region_sizes():
    expect(region_sizes(["##..#", "#..##", "..#..", "#...."], "#"))


def check_fewest_steps():
    maze = ["..#.", ".##.", "....", "#.#."]
    expect([fewest_steps(maze, (0, 0), (0, 3)), fewest_steps(maze, (0, 0), (0, 0))])
    expect(fewest_steps([".#.", "##.", "..."], (0, 0), (2, 2)))


def check_next_generation():
    expect(sorted(next_generation({(1, 0), (1, 1), (1, 2)})))
    expect(sorted(next_generation({(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)})))


def check_walk():
    expect([walk("FFRFFLF"), walk("RRFLFF", start=(5, 5)), walk("xLF")])


def check_bounding_box():
    expect(bounding_box({(3, 4), (-1, 6), (2, 2)}))


def check_draw():
    expect(draw({(0, 0), (1, 1), (1, 2), (2, 0)}))
    expect(draw({(5, 5)}, full="X"))


def check_distances():
    expect([city_distance((1, 2), (4, -2)), king_distance((1, 2), (4, -2)), king_distance((0, 0), (5, 1))])


def check_sees():
    grid = ["..#..", ".....", "..#.."]
    expect([sees(grid, (0, 0), (0, 4)), sees(grid, (1, 0), (1, 4)), sees(grid, (0, 0), (1, 1))])
    expect([sees(grid, (2, 1), (0, 1)), sees(grid, (2, 2), (0, 2)), sees(["#.#"], (0, 0), (0, 2))])


def check_mine_counts():
    expect(mine_counts(["*..", "..*", "..."]))


def check_line_winner():
    expect([line_winner(["XO ", "XO ", "X O"]), line_winner(["OX ", "XOX", "  O"]), line_winner(["XO", "OX"])])
    expect([line_winner(["  X", " X ", "X O"]), line_winner(["OOX", "XXO", "OXX"])])


def check_cheapest_way():
    expect(cheapest_way([[1, 3, 1], [1, 5, 1], [4, 2, 1]]))
    expect(cheapest_way([[2, 9], [1, 1]]))
