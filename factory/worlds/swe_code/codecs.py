"""Check digits, number systems and byte encodings."""

from factory.worlds.swe_code import expect

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SOUND_GROUPS = {"BFPV": "1", "CGJKQSXZ": "2", "DT": "3", "L": "4", "MN": "5", "R": "6"}
CHECK_MODULUS = 97  # one of 89 97
MORSE = {"A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "I": "..", "N": "-.", "O": "---", "S": "...",
         "T": "-"}  # fmt: skip


def luhn_sum(digits):
    """Sum of digits with every second one, from the right, doubled."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2 == 1:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total


def is_card_number(text):
    """Whether the digits pass the Luhn test."""
    digits = text.replace(" ", "")
    return digits.isdigit() and len(digits) >= 12 and luhn_sum(digits) % 10 == 0


def luhn_digit(digits):
    """The digit that makes a number pass the Luhn test."""
    return str(-luhn_sum(digits + "0") % 10)


def isbn_digit(digits):
    """Check digit of the first twelve digits of an ISBN-13."""
    total = 0
    for position, digit in enumerate(digits[:12]):
        total += int(digit) * (3 if position % 2 else 1)
    return str((10 - total % 10) % 10)


def letters_to_number(text):
    """Digits stay, A is 10, B is 11 and so on; one long number."""
    return int("".join(str(int(letter, 36)) for letter in text))


def account_check(country, account):
    """Two check digits in the manner of an IBAN, with CHECK_MODULUS."""
    value = letters_to_number(account + country + "00")
    return f"{CHECK_MODULUS + 1 - value % CHECK_MODULUS:02d}"


def to_text_number(number, size=62):
    """A number written with the first `size` signs of ALPHABET."""
    if number < 0:
        raise ValueError("negative numbers have no text form")
    text = ""
    for _ in range(64):
        number, digit = divmod(number, size)
        text = ALPHABET[digit] + text
        if number == 0:
            break
    return text


def from_text_number(text, size=62):
    """The number that a text form stands for."""
    number = 0
    for letter in text:
        number = number * size + ALPHABET.index(letter)
    return number


def pack_number(number):
    """Seven bits a byte, lowest first; the high bit says that more follow."""
    data = []
    for _ in range(10):
        low = number & 0x7F
        number >>= 7
        if number:
            data.append(low | 0x80)
        else:
            data.append(low)
            break
    return bytes(data)


def unpack_numbers(data):
    """All numbers of a byte string made by `pack_number`."""
    numbers = []
    value = 0
    shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            numbers.append(value)
            value = 0
            shift = 0
    return numbers


def fold_sign(number):
    """Zigzag: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return number * 2 if number >= 0 else -number * 2 - 1


def unfold_sign(number):
    """Inverse of `fold_sign`."""
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def gray_code(bits):
    """All codes of a width; neighbours differ in one bit."""
    return [format(number ^ number >> 1, f"0{bits}b") for number in range(1 << bits)]


def running_check(data, modulus=65521):
    """Two running sums in one number, as Adler does."""
    first, second = 1, 0
    for byte in data:
        first = (first + byte) % modulus
        second = (second + first) % modulus
    return second << 16 | first


def hex_lines(data, width=8):
    """Offset, bytes in hexadecimal, and printable characters."""
    lines = []
    for offset in range(0, len(data), width):
        part = data[offset : offset + width]
        codes = " ".join(f"{byte:02x}" for byte in part)
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{offset:04x}  {codes:<{width * 3 - 1}}  {shown}")
    return lines


def sound_code(name):
    """Soundex: first letter and three digits."""
    groups = {letter: digit for letters, digit in SOUND_GROUPS.items() for letter in letters}
    upper = name.upper()
    code = upper[0]
    previous = groups.get(upper[0], "")
    for letter in upper[1:]:
        digit = groups.get(letter, "")
        if digit and digit != previous:
            code += digit
        if letter not in "HW":
            previous = digit
    return (code + "000")[:4]


def morse_text(text):
    """Signs separated by blanks, words by a slash; unknown letters are left out."""
    words = []
    for word in text.upper().split():
        words.append(" ".join(MORSE[letter] for letter in word if letter in MORSE))
    return " / ".join(words)


def check_luhn_sum():
    expect([luhn_sum("79927398713"), luhn_sum("18"), luhn_sum("55")])


def check_is_card_number():
    expect([is_card_number("4539 1488 0343 6467"), is_card_number("4539148803436468"), is_card_number("18")])


def check_luhn_digit():
    expect([luhn_digit("7992739871"), luhn_digit("453914880343646"), luhn_digit("1")])


def check_isbn_digit():
    expect([isbn_digit("978030640615"), isbn_digit("978316148410"), isbn_digit("978000000000")])


def check_letters_to_number():
    expect(letters_to_number("AB12Z"))


def check_account_check():
    expect([account_check("DE", "370400440532013000"), account_check("GB", "WEST12345698765432")])


def check_to_text_number():
    expect([to_text_number(0), to_text_number(61), to_text_number(62), to_text_number(987654321)])
    expect(to_text_number(255, size=16))


def check_from_text_number():
    expect([from_text_number("10"), from_text_number("zZ9"), from_text_number("FF", size=16)])


def check_pack_number():
    expect([pack_number(number) for number in (0, 127, 128, 300, 70_000)])


def check_unpack_numbers():
    expect(unpack_numbers(bytes([172, 2, 5, 128, 128, 1])))


def check_fold_sign():
    expect([fold_sign(number) for number in (0, -1, 1, -2, 2, 40, -40)])
    expect([unfold_sign(number) for number in range(8)])


def check_gray_code():
    expect(gray_code(3))


def check_running_check():
    expect([running_check(b"Wikipedia"), running_check(b""), running_check(b"abc", modulus=251)])


def check_hex_lines():
    expect(hex_lines(b"Hello,\n world~\x7f"))
    expect(hex_lines(b"abc", width=4))


def check_sound_code():
    expect([sound_code(name) for name in ("Robert", "Rupert", "Ashcraft", "Tymczak", "Pfister", "Lee")])


def check_morse_text():
    expect(morse_text("sos in boston"))
