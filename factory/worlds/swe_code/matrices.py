"""Matrices as lists of rows, with integer entries."""

from factory.worlds.swe_code import expect


def identity(size):
    """Ones on the diagonal."""
    return [[1 if row == column else 0 for column in range(size)] for row in range(size)]


def transpose(matrix):
    """Rows become columns."""
    return [list(column) for column in zip(*matrix)]


def scale(matrix, factor):
    """Every entry times a factor."""
    return [[entry * factor for entry in row] for row in matrix]


def add(left, right):
    """Entry by entry sum. Raises ValueError when the shapes differ."""
    if len(left) != len(right) or len(left[0]) != len(right[0]):
        raise ValueError("the shapes differ")
    return [[a + b for a, b in zip(upper, lower)] for upper, lower in zip(left, right)]


def multiply(left, right):
    """Matrix product."""
    if len(left[0]) != len(right):
        raise ValueError("inner sizes differ")
    columns = transpose(right)
    return [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in left]


def power(matrix, exponent):
    """A square matrix times itself, by repeated squaring."""
    result = identity(len(matrix))
    for bit in bin(exponent)[2:]:
        result = multiply(result, result)
        if bit == "1":
            result = multiply(result, matrix)
    return result


def minor(matrix, row, column):
    """The matrix without one row and one column."""
    return [line[:column] + line[column + 1 :] for index, line in enumerate(matrix) if index != row]


def determinant(matrix):
    """Expansion along the first row."""
    if len(matrix) == 1:
        return matrix[0][0]
    total = 0
    for column, entry in enumerate(matrix[0]):
        sign = -1 if column % 2 else 1
        total += sign * entry * determinant(minor(matrix, 0, column))
    return total


def adjugate(matrix):
    """Transposed matrix of signed minors."""
    size = len(matrix)
    signed = []
    for row in range(size):
        line = []
        for column in range(size):
            sign = 1 if (row + column) % 2 == 0 else -1
            line.append(sign * determinant(minor(matrix, row, column)))
        signed.append(line)
    return transpose(signed)


def trace_of(matrix):
    """Sum of the diagonal."""
    return sum(matrix[index][index] for index in range(len(matrix)))


def rotate_right(matrix):
    """Turn by ninety degrees, clockwise."""
    return [list(row) for row in zip(*matrix[::-1])]


def spiral(matrix):
    """Entries from the outer ring inwards, clockwise from the upper left corner."""
    result = []
    rest = [list(row) for row in matrix]
    for _ in range(len(matrix) * 2):
        if not rest:
            break
        result.extend(rest[0])
        rest = transpose(rest[1:])[::-1]
    return result


def is_symmetric(matrix):
    """Whether the matrix equals its transpose."""
    return matrix == transpose(matrix)


def diagonal_sums(matrix):
    """Sums along the falling and the rising diagonal."""
    last = len(matrix) - 1
    falling = sum(row[index] for index, row in enumerate(matrix))
    rising = sum(row[last - index] for index, row in enumerate(matrix))
    return falling, rising


def row_echelon(matrix, modulus=7):
    """Reduced row echelon form with entries modulo a prime."""
    rows = [[entry % modulus for entry in row] for row in matrix]
    pivot_row = 0
    for column in range(len(rows[0])):
        candidates = [index for index in range(pivot_row, len(rows)) if rows[index][column]]
        if not candidates:
            continue
        rows[pivot_row], rows[candidates[0]] = rows[candidates[0]], rows[pivot_row]
        inverse = pow(rows[pivot_row][column], modulus - 2, modulus)
        rows[pivot_row] = [entry * inverse % modulus for entry in rows[pivot_row]]
        for index in range(len(rows)):
            factor = rows[index][column]
            if index != pivot_row and factor:
                pairs = zip(rows[index], rows[pivot_row])
                rows[index] = [(entry - factor * other) % modulus for entry, other in pairs]
        pivot_row += 1
        if pivot_row == len(rows):
            break
    return rows


def rank_of(matrix, modulus=7):
    """Number of rows that are not zero after elimination."""
    return sum(1 for row in row_echelon(matrix, modulus) if any(row))


def check_identity():
    expect(identity(3))


def check_transpose():
    expect(transpose([[1, 2, 3], [4, 5, 6]]))


def check_scale_and_add():
    expect(scale([[1, -2], [3, 4]], 3))
    expect(add([[1, 2], [3, 4]], [[10, 20], [30, 40]]))


def check_multiply():
    expect(multiply([[1, 2], [3, 4], [5, 6]], [[7, 8, 9], [1, 2, 3]]))


def check_power():
    expect(power([[1, 1], [1, 0]], 10))
    expect(power([[2, 0], [0, 3]], 0))


def check_minor():
    expect(minor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 0))


def check_determinant():
    expect(determinant([[2, -3, 1], [2, 0, -1], [1, 4, 5]]))
    expect(determinant([[7]]))


def check_adjugate():
    expect(adjugate([[1, 2, 3], [0, 1, 4], [5, 6, 0]]))


def check_trace_of():
    expect(trace_of([[1, 9], [9, 5]]))


def check_rotate_right():
    expect(rotate_right([[1, 2, 3], [4, 5, 6]]))


def check_spiral():
    expect(spiral([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]))


def check_is_symmetric():
    expect(is_symmetric([[1, 2], [2, 1]]))
    expect(is_symmetric([[1, 2], [3, 1]]))


def check_diagonal_sums():
    expect(diagonal_sums([[1, 2, 3], [4, 5, 6], [7, 8, 10]]))


def check_row_echelon():
    expect(row_echelon([[1, 2, 3], [2, 4, 1], [3, 1, 2]]))
    expect(row_echelon([[0, 2], [3, 1]], modulus=5))


def check_rank_of():
    expect(rank_of([[1, 2, 3], [2, 4, 6], [1, 0, 1]]))
