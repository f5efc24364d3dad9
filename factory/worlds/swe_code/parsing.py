"""Small languages: expressions, settings, durations, versions, numerals."""

from factory.worlds.swe_code import expect

PRIORITY = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2}
UNIT_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
SIZE_FACTORS = {"B": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
         (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


def tokenize(text):
    """Numbers, names, operators and brackets of an expression, in order."""
    tokens = []
    current = ""
    for letter in text + " ":
        if letter.isalnum() or letter == "_":
            current += letter
            continue
        if current:
            tokens.append(current)
            current = ""
        if letter in "+-*/%()":
            tokens.append(letter)
        elif not letter.isspace():
            raise ValueError(f"unexpected character {letter!r}")
    return tokens


def to_postfix(tokens):
    """Operands first, operators after them (shunting yard)."""
    output = []
    waiting = []
    for token in tokens:
        if token == "(":
            waiting.append(token)
        elif token == ")":
            while waiting and waiting[-1] != "(":
                output.append(waiting.pop())
            if not waiting:
                raise ValueError("a bracket is closed that was never opened")
            waiting.pop()
        elif token in PRIORITY:
            while waiting and waiting[-1] != "(" and PRIORITY[waiting[-1]] >= PRIORITY[token]:
                output.append(waiting.pop())
            waiting.append(token)
        else:
            output.append(token)
    if "(" in waiting:
        raise ValueError("a bracket is never closed")
    return output + waiting[::-1]


def apply_operator(operator, left, right):
    """Integer arithmetic; division rounds down."""
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        return left // right
    return left % right


def evaluate(text, names=None):
    """Value of an integer expression; names are looked up in a dict."""
    names = names or {}
    stack = []
    for token in to_postfix(tokenize(text)):
        if token in PRIORITY:
            right = stack.pop()
            left = stack.pop()
            stack.append(apply_operator(token, left, right))
        elif token.isdigit():
            stack.append(int(token))
        else:
            stack.append(names[token])
    if len(stack) != 1:
        raise ValueError("operands are left over")
    return stack[0]


def parse_settings(text):
    """Sections of `[name]` lines with `key = value` lines; `#` starts a comment."""
    sections = {"": {}}
    name = ""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1].strip()
            sections.setdefault(name, {})
        elif "=" in line:
            key, value = line.split("=", 1)
            sections[name][key.strip()] = value.strip()
        else:
            raise ValueError(f"line {number} is neither a section nor a setting")
    return sections


def parse_query(text):
    """Key -> list of values from a=1&b=2&a=3; a key without a value counts as empty."""
    result = {}
    for part in text.lstrip("?").split("&"):
        if not part:
            continue
        key, _, value = part.partition("=")
        result.setdefault(key, []).append(value.replace("+", " "))
    return result


def split_record(line, separator=",", quote='"'):
    """Fields of one line; a quoted field may hold separators, a doubled quote is a quote."""
    fields = []
    current = ""
    quoted = False
    previous = ""
    for letter in line:
        if letter == quote:
            if not quoted and previous == quote:
                current += quote
            quoted = not quoted
        elif letter == separator and not quoted:
            fields.append(current)
            current = ""
        else:
            current += letter
        previous = letter
    fields.append(current)
    return fields


def parse_duration(text):
    """Seconds in a text such as 1h30m or 2d 4h."""
    seconds = 0
    digits = ""
    for letter in text.replace(" ", ""):
        if letter.isdigit():
            digits += letter
        elif letter in UNIT_SECONDS and digits:
            seconds += int(digits) * UNIT_SECONDS[letter]
            digits = ""
        else:
            raise ValueError(f"cannot read duration {text!r}")
    if digits:
        seconds += int(digits)
    return seconds


def format_duration(seconds, most_units=2):
    """The largest units of a time, 1h 30m for 5400."""
    parts = []
    remaining = seconds
    for unit, length in UNIT_SECONDS.items():
        number, remaining = divmod(remaining, length)
        if number and len(parts) < most_units:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"


def parse_size(text):
    """Bytes in a text such as 12K or 3M; without a letter the number is bytes."""
    text = text.strip().upper()
    if text[-1] in SIZE_FACTORS:
        return int(text[:-1]) * SIZE_FACTORS[text[-1]]
    return int(text)


def to_roman(number):
    """Roman numeral of a number from 1 to 3999."""
    if not 0 < number < 4000:
        raise ValueError(f"{number} has no Roman numeral")
    result = ""
    remaining = number
    for value, letters in ROMAN:
        result += letters * (remaining // value)
        remaining %= value
    return result


def from_roman(text):
    """Number that a Roman numeral stands for."""
    values = {letters: value for value, letters in ROMAN if len(letters) == 1}
    total = 0
    highest = 0
    for letter in reversed(text):
        value = values[letter]
        if value < highest:
            total -= value
        else:
            total += value
            highest = value
    return total


def version_key(text):
    """Sort key of a version: numbers compare as numbers, a pre-release comes before its release."""
    release, _, suffix = text.partition("-")
    numbers = [int(part) for part in release.split(".")]
    numbers += [0] * (3 - len(numbers))
    return tuple(numbers), suffix == "", suffix


def is_compatible(version, wanted):
    """Whether a version has the wanted major number and is not older."""
    have, want = version_key(version), version_key(wanted)
    return have[0][0] == want[0][0] and have >= want


def check_tokenize():
    expect(tokenize("3*(width + 12) - x_1"))
    expect(tokenize(""))


def check_to_postfix():
    expect(to_postfix(["a", "-", "b", "-", "c"]))
    expect(to_postfix(["a", "+", "b", "*", "(", "c", "-", "d", ")"]))


def check_apply_operator():
    expect([apply_operator(operator, 17, 5) for operator in "+-*/%"])


def check_evaluate():
    expect(evaluate("2 + 3 * 4"))
    expect(evaluate("(2 + 3) * 4 - 10 / 3"))
    expect(evaluate("100 - width * 2 - 1", {"width": 8}))
    expect(evaluate("17 % 5 * 2"))


def check_parse_settings():
    expect(parse_settings("debug = yes\n[paths]\nhome = /srv  # where\n\n[ limits ]\nsize=10\nexpr = a=b\n"))


def check_parse_query():
    expect(parse_query("?q=blue+sky&page=2&q=sea&empty=&flag"))
    expect(parse_query(""))


def check_split_record():
    expect(split_record('1,"a, b",c'))
    expect(split_record('"say ""hi""",2,'))
    expect(split_record("x;y,z;", separator=";"))


def check_parse_duration():
    expect(parse_duration("1h30m"))
    expect(parse_duration("2d 4h"))
    expect(parse_duration("15m20"))


def check_format_duration():
    expect(format_duration(93784))
    expect(format_duration(93784, most_units=4))
    expect(format_duration(0))
    expect(format_duration(3605))


def check_parse_size():
    expect([parse_size("12K"), parse_size(" 3m"), parse_size("77"), parse_size("1G"), parse_size("5b")])


def check_to_roman():
    expect([to_roman(number) for number in (1, 4, 9, 14, 40, 90, 400, 1994, 3999)])


def check_from_roman():
    expect([from_roman(text) for text in ("I", "IV", "XIV", "MCMXCIV", "CDXLIV")])


def check_version_key():
    expect(sorted(["1.10", "1.9.3", "1.9.3-rc1", "1.2", "2.0-beta"], key=version_key))


def check_is_compatible():
    expect([is_compatible("1.4.2", "1.4"), is_compatible("2.0", "1.4"), is_compatible("1.3.9", "1.4")])
    expect(is_compatible("1.4.0-rc1", "1.4.0"))
