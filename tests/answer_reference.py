"""The slow reference for search answers: a condition that every right answer meets, in plain words.

All content words of the gold, or of one of its aliases, stand in the answer, apart from these exceptions, which the verifier
documents: a person's surname alone; initials, an acronym, its words for it, or another spelling; both are Danish, for yes, the same; a place without what it lies in; class words
(corporation, county) left out; numbers and dates by their values, in words too; units by conversion; yes and no by their
synonyms; a country by its other name, a state of the US by its two letters; the question's own words left out. Marks and letters of other scripts inside a word
are noise.
It is a necessary condition only: it says nothing of negation, order or what else the answer holds.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

STOP = frozenset(["a", "an", "and", "as", "at", "by", "d", "de", "del", "der", "di", "du", "el", "for", "from", "in", "is", "it", "la", "le", "of", "on", "or", "s", "st", "the", "to", "und", "van", "von", "was", "were", "who", "with", "y"])
CLASSES = frozenset(["city", "club", "company", "corp", "corporation", "county", "film", "group", "inc", "limited", "ltd", "people", "republic", "river", "society", "state", "the", "university"])
YES = frozenset(["yes", "yeah", "yep", "true", "correct", "indeed", "right", "affirmative", "sure"])
NO = frozenset(["no", "nope", "false", "incorrect", "not", "never", "none", "neither", "nor", "isn", "wasn", "aren", "weren", "doesn", "didn", "don", "hasn", "hadn", "cannot", "negative", "untrue", "n't", "t"])
SPELT = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "first": 1, "second": 2, "third": 3, "fifth": 5, "fourth": 4, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "sixteenth": 16, "once": 1, "twice": 2}  # fmt: skip
ROMAN = {"ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}


def confirms(question: str, golds: Sequence[str], answer: str) -> bool:
    """False: no rule may accept `answer`."""
    # Behind golds in ASCII other signs are noise: they stand inside of a word, or part two.
    texts = [answer] if not "".join(golds).isascii() else [re.sub(r"[^\x00-\x7f]", sign, plain(answer)) for sign in ("", " ")]
    asked = set(words(question))
    parts = [part for gold in golds for part in variants(gold)]
    return any(said(part, found, asked) or all_said(part, found, asked) for found in map(words, texts) for part in parts)


def all_said(gold: str, found: list[str], asked: set[str]) -> bool:
    items = [item for item in re.split(r",|\band\b|&|\n", gold) if words(item)]
    return len(items) > 1 and all(said(item, found, asked) for item in items)


def plain(text: str) -> str:
    kept = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cs", "Cc", "Cf") or c in "\n\t")
    text = "".join(kept).casefold()
    text = text.replace("great britain", "united kingdom").replace("co2", "carbon dioxide").replace("qb", "quarterback")
    for special, usual in (("ø", "o"), ("ł", "l"), ("đ", "d"), ("æ", "ae"), ("œ", "oe"), ("ß", "ss"), ("&", " and ")):
        text = text.replace(special, usual)
    return text


def words(text: str) -> list[str]:
    text = re.sub(r"(?<!\d)\d{1,3}(?:[,. ']\d{3})+(?!\d)", lambda number: re.sub(r"\D", "", number[0]), plain(text))
    return re.findall(r"\d+|[^\W\d_]+", text)


def variants(gold: str) -> list[str]:
    """The gold, what stands outside and inside of parentheses, and what `or`, `;`, `/` and `also known as` part."""
    parts = [gold, gold.partition(",")[0], re.sub(r"\([^()]*\)", " ", gold), *re.findall(r"\(([^()]*)\)", gold)]
    parts += [piece for part in list(parts) for piece in re.split(r"\bor\b|;|/|\ba\.?k\.?a\b|also known as|formerly|born|\bn[ée]e\b", part)]
    return [part for part in dict.fromkeys(part.strip() for part in parts) if words(part)]


def said(gold: str, found: list[str], asked: set[str]) -> bool:
    wanted = [w for w in words(gold) if w not in STOP] or words(gold)
    if wanted == ["yes"] and "same" in asked and "both" in found:
        return True
    if gold.isupper() and gold.isalpha() and 2 < len(gold) < 7 and in_order(wanted[0], [w[0] for w in found if w not in STOP]):
        return True
    if wanted[0] in ("yes", "no", "true", "false") and len(wanted) < 3:
        return bool((YES if wanted[0] in ("yes", "true") else NO) & set(found)) or bool(asked & set(found))
    values = {v for v in map(value, found) if v is not None}
    if any(c.isdigit() for c in gold) or any(w in SPELT for w in wanted):
        mine = [v for v in map(value, wanted) if v is not None]
        # Units and magnitudes convert, and numbers are rounded: any number will do for what is no year.
        decade = gold.strip(" .").endswith("0s") and any(v % 10 == 0 and v % 100 == mine[0] % 100 for v in values if mine)
        return decade or any(v in values for v in mine) or (bool(mine) and bool(values) and not is_year(gold))
    letters = [w for w in wanted if w.isalpha() and w not in CLASSES] or wanted
    missing = [w for w in letters if w not in asked and not stands(w, found)]
    if not missing or "".join(letters) in "".join(found):  # "Tu(l sa" too: marks inside of a word are noise
        return True
    if "state" in asked and any(len(w) == 2 and w[0] == letters[0][0] and w[1] in "".join(letters)[1:] for w in found):
        return True
    initials = "".join(w[0] for w in letters)
    if len(letters) > 1 and initials in "".join(found):
        return True
    surname = len(letters) > 1 and any(stands(w, found) for w in letters[1:])
    return surname and gold.split()[-1][:1].isupper()


def in_order(letters: str, found: list[str]) -> bool:
    rest = iter(found)
    return all(letter in rest for letter in letters)


def is_year(gold: str) -> bool:
    return re.fullmatch(r"[12]\d\d\d", gold.strip(" .")) is not None


def stands(word: str, found: list[str]) -> bool:
    """The word itself, or one that begins alike: plurals, adjectives, other spellings, nicknames and initials."""
    alike = any(word == w or (min(len(word), len(w)) >= 3 and word[:3] == w[:3]) or (len(w) == 1 and w == word[0]) for w in found)
    alike = alike or (word in ROMAN and any(value(w) == ROMAN[word] for w in found))
    return alike or bool(difflib.get_close_matches(word, found, 1, 0.75))


def value(word: str) -> int | None:
    if word.isdecimal():
        return int(word) if len(word) < 20 else None
    if word.endswith("ties"):
        word = word.removesuffix("ies") + "y"  # the thirties
    return SPELT.get(word, ROMAN.get(word))
