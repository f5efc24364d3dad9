"""Characters of an answer made plain: dashes, quotes and spaces of one kind, no citations, links, LaTeX, control characters."""

from __future__ import annotations

import re
import unicodedata

from factory.verifiers.answer_words import MONTHS

MAX_CHARS = 16_000
"""Longer answers are not read to their end: nothing that answers a short question is this long."""

_TRANSLATE = {ord(c): "-" for c in "‐‑‒–—―−﹘﹣-"}

_TRANSLATE |= {ord(c): "'" for c in "‘’‚‛′´`ʼ"} | {ord(c): '"' for c in "“”„‟″«»"}

_TRANSLATE |= {
    ord(c): None
    for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
}

_FOLD = str.maketrans(
    {
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ß": "ss",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "Œ": "OE",
        "ı": "i",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
    }
)

_CITATION = re.compile(r"\[\^?\d{1,3}\^?\]|【[^】]{0,80}】|\(https?://[^\s)]{1,500}\)|https?://[^\s)\]]{1,500}")

_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3}){1,5}(?![\d.,]?\d)")

_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\([^()\n]{0,500}\)")

_DOTTED = re.compile(r"(?<![\w.])[A-Za-z]\.(?: ?[A-Za-z]\.){1,5}")

_DOTTED_DATE = re.compile(r"(?<![\d.])(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?![\d])")

_MONTH_NAMES = {number: name for name, number in reversed(MONTHS.items())}
"""The full ones: the table has them before their short forms."""

_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mbox|operatorname)\b|\\[,;! ]|\\[()\[\]]|(?<!\\)[{}]|\$(?!\d)")


def clean(text: str) -> str:
    """`text` with plain dashes, quotes and spaces, without citations, links, LaTeX and control characters."""
    text = text[:MAX_CHARS]
    if text.isascii():
        text = text.replace("`", "'")  # all that the table holds of ASCII
    else:
        text = unicodedata.normalize("NFKC", text.translate(_TRANSLATE)).translate(_TRANSLATE)[:MAX_CHARS]
    if not text.isprintable():
        text = "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else " " for c in text)
    text = _LINK.sub(r"\1", text)
    text = _SPACED.sub(lambda m: m[0].replace(" ", ","), text)
    text = _CITATION.sub(" ", text).replace(" 's", "'s").replace("``", '"').replace("''", '"')
    if "\\" in text or "$" in text:
        text = _LATEX.sub(lambda m: "" if m[0] in "{}" else " ", text)
    text = _DOTTED_DATE.sub(_spell_month, text)
    return _DOTTED.sub(lambda m: m[0].replace(".", "").replace(" ", ""), text).strip()


def _spell_month(match: re.Match[str]) -> str:
    """15.4.1912 is 15 April 1912; where both numbers could be the month it stays."""
    one, two = int(match[1]), int(match[2])
    day, month = (one, two) if two <= 12 < one <= 31 else (two, one) if one <= 12 < two <= 31 else (0, 0)
    return f"{day} {_MONTH_NAMES[month].title()} {match[3]}" if month >= 1 else match[0]


def fold(word: str) -> str:
    """Lower case without accents."""
    if word.isascii():
        return word.casefold()
    word = unicodedata.normalize("NFKD", word.translate(_FOLD))
    return "".join(c for c in word if not unicodedata.combining(c)).casefold()
