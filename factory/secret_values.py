"""Whether a value that stands where secrets stand is one: random enough, and neither an example nor a template nor an identifier."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter

# fmt: off
EXAMPLE_WORDS = (
    "example", "sample", "placeholder", "change", "password", "passwd", "passphrase", "secret", "dummy", "fake",
    "test", "your", "my-", "my_", "xxxx", "****", "....", "redacted", "todo", "none", "null", "undefined",
    "default", "insecure", "insert", "replace", "notreal", "foobar", "hunter2", "abcdef", "123456", "012345",
    "987654", "deadbeef", "000000",
)
# fmt: on
"""Parts of values that nobody keeps secret."""

TEMPLATE = re.compile(r"[${}<>()\[\]`\\\s]|%\(|%s|://|\.\.\.|^[@/.~]|^\w+\.\w+\.\w+$|::")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
PARTS = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
SEGMENT = re.compile("[A-Z]?[a-z]*[0-9]{0,4}|[A-Z]+[0-9]{0,4}")
"""What stands between the separators of an identifier: `AWS_S3_KEY_V4`, `X-Auth-Key-2`."""

READABLE_PART = 3.3
"""Mean length of the words and numbers in a value from which on it reads as an identifier. Random letters and digits
have parts of 1.5 to 2.6 characters; `PKCS7PrivateKeyTypes` has parts of 3.3."""


def says_example(value: str) -> bool:
    lowered = value.lower()
    return any(word in lowered for word in EXAMPLE_WORDS) or len(set(lowered)) < 6


CHANCE_WORDS = tuple(word for word in EXAMPLE_WORDS if len(word) <= 6)
"""Of EXAMPLE_WORDS those that stand in a long random token by chance, or in its issuer's mark (`sk_test_`)."""


def is_example_token(value: str) -> bool:
    """As `says_example`; a word that chance may write makes no example of a token that is random without it."""
    lowered = value.lower()
    rest = lowered
    for word in CHANCE_WORDS:
        rest = rest.replace(word, "")
    if says_example(rest):
        return True
    rest = "".join(c for i, c in enumerate(rest) if not i or ord(c) - ord(rest[i - 1]) != 1)  # 789, ghij: counted on
    return rest != lowered and says_example(lowered) and (len(rest) < MIN_RANDOM_REST or entropy_bits(rest) < 3.5)


MIN_RANDOM_REST = 20


def entropy_bits(value: str) -> float:
    """Shannon entropy of one character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def is_random(value: str) -> bool:
    """Whether a value that stands where a secret would stand is random enough to be one."""
    if says_example(value) or TEMPLATE.search(value) or UUID.fullmatch(value) or HEX.fullmatch(value):
        return False
    if not (parts := PARTS.findall(value)) or sum(map(len, parts)) / len(parts) >= READABLE_PART:
        return False
    if all(SEGMENT.fullmatch(segment) for segment in re.split("[^A-Za-z0-9]", value)):
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    if not re.search("[0-9]", value) or not re.search("[A-Za-z]", value):
        return False
    return entropy_bits(value) >= (3.2 if len(value) >= 16 else 2.7) and kinds >= (2 if len(value) >= 16 else 3)


DENSE_KEY = re.compile(r"[A-Za-z0-9!@#$%^&*(=+)_-]{40,100}")


def is_dense_key(value: str) -> bool:
    """Letters, digits and marks without a word among them, as web frameworks make their keys; `$` and brackets are no template there."""
    marks = len(set(re.findall("[!@#$%^&*(=+)]", value)))
    return bool(DENSE_KEY.fullmatch(value)) and marks >= 3 and not re.search("[a-z]{10}", value) and not says_example(value) and entropy_bits(value) >= 4


def is_key_of(name: str, value: str) -> bool:
    """As `is_random`; under a name that means a key, hexadecimal values of 32 digits and more count too."""
    if HEX.fullmatch(value) and not UUID.fullmatch(value):
        named = re.search(r"(?:api|access|private|encryption|signing|master)_?-?key|secret", name.lower())
        return bool(named) and len(value) >= 32 and not says_example(value) and entropy_bits(value) >= 3
    return is_random(value) or is_dense_key(value)


def is_header_token(value: str) -> bool:
    return is_random(value) or (bool(HEX.fullmatch(value)) and len(value) >= 40 and not says_example(value) and entropy_bits(value) >= 3)


def is_json_web_token(value: str) -> bool:
    head = value.partition(".")[0]
    try:
        return b'"alg"' in base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except (binascii.Error, ValueError):
        return False


def is_basic_login(value: str) -> bool:
    try:
        _, colon, password = base64.b64decode(value + "=" * (-len(value) % 4)).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return False
    return bool(colon) and len(password) >= 4 and not says_example(password)


def is_url_password(match: re.Match[str]) -> bool:
    user, value = match["user"], match["value"]
    weak = value.lower() in ("pass", "pwd", "pw", "token", "key", "user", "username", "admin", "root", "guest", "anonymous", user.lower())
    return not weak and not says_example(value) and not re.search(r"[${}<>*]|%s|%\(", value) and not value.isupper()
