"""Tokens of an answer's text, in a normal form that two spellings of one thing share.

Articles are dropped, number words become digits, Roman numerals after a name become digits, accents and case fold,
British and American spellings and a few names of one country meet. Every step is linear in the text.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from factory.verifiers.answer_clean import clean, fold
from factory.verifiers.answer_words import ARTICLES, CANONICAL, NUMBER_WORDS, ORDINAL_WORDS, SCALES

_TOKEN = re.compile(
    r"(?P<bold>\*\*|__)"
    r"|(?P<num>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?)(?P<suffix>(?:st|nd|rd|th|'?s)(?![^\W_]))?"
    r"|(?P<word>[^\W\d_][^\W_]*(?:'(?![sS](?![^\W_]))[^\W\d_]+)?)(?P<possessive>'[sS](?![^\W_]))?(?P<mark>\+{1,2}|#|-(?=[\s).,;]|$))?"
    r"|(?P<sign>[%$€£¥&°])"
)

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s|\n|[!?]$")

_TITLE_END = re.compile(r"[!?][\"'*_]")

_ABBREVIATIONS = frozenset(
    """
        mr mrs ms dr prof st jr sr vs v no vol gen col lt sgt capt rev hon inc ltd co corp dept est approx ca c fig mt
        ft rep sen gov u
    """.split()
)

_MAY_END = frozenset("jr sr inc ltd co corp u".split())
"""Abbreviations that often are the last word of a sentence; a pronoun behind them begins the next."""

_STARTERS = frozenset("He She It They His Her Its Their This The In".split())

_ROMAN = {
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "xi": 11,
    "xii": 12,
    "xiii": 13,
    "xiv": 14,
    "xv": 15,
    "xvi": 16,
    "xvii": 17,
    "xviii": 18,
    "xix": 19,
    "xx": 20,
    "xxi": 21,
    "xxii": 22,
    "xxiii": 23,
    "xxiv": 24,
    "xxv": 25,
}

_REGNAL = frozenset(
    """
        henry edward george louis charles james william richard philip john paul pius leo benedict gregory gustav elizabeth
        mary catherine alexander nicholas peter ferdinand francis napoleon wilhelm frederick leopold albert victor alfonso
    """.split()
)
"""Names that numbers follow, for answers in lower case: george vi."""

_REGNAL_LETTERS = {"i": "1", "v": "5", "x": "10"}
"""Letters that are numbers behind such a name only, at the end of a piece."""

_REGNAL_END = re.compile(r"[\"'*_)\]}]{0,4}(?:\s{0,3}$|[,;:]|\.\s{0,3}(?:$|\n)|\s(?:of|was|is|and|in|who)\b|\s\()")

_SIGNS = {"%": "percent", "&": "and", "$": "$", "€": "€", "£": "£", "¥": "¥", "°": "degree"}

_PHRASES: dict[str, list[tuple[tuple[str, ...], str]]] = {}

for _key, _value in CANONICAL.items():
    _words = tuple(_key.split())
    _PHRASES.setdefault(_words[0], []).append((_words, _value))

for _options in _PHRASES.values():
    _options.sort(key=lambda option: -len(option[0]))


class Token(NamedTuple):
    norm: str
    raw: str
    cap: bool
    """Written with a capital letter or as capitals."""
    gap: str
    """What stands between the previous token and this one, dropped articles included."""
    sentence: int
    first: bool
    """First word of its sentence."""
    possessive: bool = False
    bold: bool = False


def tokens(text: str) -> list[Token]:
    """Tokens of cleaned text."""
    found: list[Token] = []
    sentence, first, bold, end, carried = 0, True, False, 0, ""
    for match in _TOKEN.finditer(text):
        gap = carried + text[end : match.start()]
        end, carried = match.end(), ""
        if match["bold"]:
            bold, carried = not bold, gap
            continue
        if found and _ends_sentence(found[-1], gap + " ", match[0]):
            sentence, first = sentence + 1, True
        if match["num"]:
            raw, cap, possessive = match[0], False, False
            suffix = (match["suffix"] or "").strip("'")
            norm = match["num"].replace(",", "") if len(match["num"]) <= 40 else match["num"]
            if "." in norm:
                norm = norm.rstrip("0").rstrip(".")
            regnal = suffix and gap.split() == ["the"] and found and found[-1].norm in _REGNAL  # Henry the 8th
            norm += suffix if suffix == "s" else ("th" if suffix and not regnal else "")
            if (
                gap.endswith("-")
                and (gap[-2:-1] in (" ", "(", "~", '"') or (gap == "-" and not found))
                and text[end : end + 1] != "-"
            ):
                norm = "-" + norm
        elif match["word"]:
            raw, possessive = match["word"], bool(match["possessive"])
            cap = raw[0].isupper() or raw[:4].isupper()
            norm = fold(raw).replace("'", "") + (match["mark"] or "" if len(raw) <= 2 else "")  # O+, C#
            if norm in ARTICLES and (norm == "the" or (text[end : end + 1] == " " and not raw.isupper()) or first):
                following = text[end : end + 2]
                if norm == "the" or following[:1].isspace():
                    carried = gap + "the "
                    continue
            if norm in ORDINAL_WORDS and raw[0].isupper() and gap.split() == ["the"] and found and found[-1].cap:
                norm = str(ORDINAL_WORDS[norm])  # Henry the Eighth
            if (
                norm in _REGNAL_LETTERS
                and found
                and found[-1].norm in _REGNAL
                and gap == " "
                and _REGNAL_END.match(text, end)
            ):
                norm = _REGNAL_LETTERS[norm]
            norm = (
                str(NUMBER_WORDS[norm])
                if norm in NUMBER_WORDS
                else f"{ORDINAL_WORDS[norm]}th"
                if norm in ORDINAL_WORDS
                else norm
            )
            if norm in _ROMAN and (
                raw.isupper()
                or norm in ("ii", "iii", "iv", "vii", "viii", "xii", "xiii")
                or (found and found[-1].norm in _REGNAL)
            ):
                norm = str(_ROMAN[norm])
        else:
            raw, cap, possessive = match[0], False, False
            norm = _SIGNS[raw]
        found.append(Token(norm, raw, cap, gap, sentence, first, possessive, bold))
        first = False
    if not found and carried.strip():
        return [Token(carried.strip(), carried.strip(), False, "", 0, True)]
    return _phrases(_initials(_number_words(found)))


def _ends_sentence(last: Token, gap: str, following: str) -> bool:
    if not _SENTENCE_END.search(gap):
        return False
    if _TITLE_END.search(gap) and following[:1].islower() and "\n" not in gap:
        return False  # "Mamma Mia!" is a musical
    if "\n" in gap or "!" in gap or "?" in gap:
        return True
    if last.norm in _MAY_END and following in _STARTERS:
        return True
    return not (last.norm in _ABBREVIATIONS or (len(last.raw) == 1 and last.raw.isupper()))


def _number_words(found: list[Token]) -> list[Token]:
    """Runs of number words become one number: twenty five, one hundred and five, 3 hundred."""
    result: list[Token] = []
    i = 0
    while i < len(found):
        token = found[i]
        if not (token.norm.isdigit() and len(token.norm) < 16 and not token.raw[0].isdigit()):
            result.append(token)
            i += 1
            continue
        total, current, j, ordinal = 0, int(token.norm), i + 1, False
        while j < len(found) and found[j].gap.strip(" -") == "":
            norm, raw = found[j].norm, found[j].raw
            if norm in ("hundred", "thousand") and current < 1000:
                current *= SCALES[norm]
                if norm == "thousand":
                    total, current = total + current, 0
            elif (
                norm.isdigit()
                and not raw[0].isdigit()
                and (
                    (current % 100 >= 20 and current % 10 == 0 and 0 < int(norm) < 10)
                    or (current % 100 == 0 and current >= 100 and int(norm) < 100)
                    or (current == 0 and total and int(norm) < 1000)
                )
            ):
                current += int(norm)
            elif (
                norm.endswith("th")
                and norm[:-2].isdigit()
                and raw[0].isalpha()
                and current % 100 >= 20
                and current % 10 == 0
                and int(norm[:-2]) < 10
            ):
                current, ordinal, j = current + int(norm[:-2]), True, j + 1
                break
            elif (
                norm == "and"
                and j + 1 < len(found)
                and current % 100 == 0
                and current >= 100
                and found[j + 1].norm.isdigit()
                and found[j + 1].raw[0].isalpha()
            ):
                pass
            else:
                break
            j += 1
        result.append(token._replace(norm=str(total + current) + ("th" if ordinal else "")))
        i = j
    return result


def _initials(found: list[Token]) -> list[Token]:
    """J. R. R. and JRR are one token, and so are U S A and USA."""
    result: list[Token] = []
    for token in found:
        if (
            result
            and len(token.raw) == 1
            and token.raw.isupper()
            and token.gap in (" ", ". ", ".")
            and result[-1].raw.isupper()
            and result[-1].raw.isalpha()
            and len(result[-1].raw) <= 3
            and not result[-1].first
            and token.sentence == result[-1].sentence
            and (len(result[-1].raw) == 1)
        ):
            last = result[-1]
            result[-1] = last._replace(norm=last.norm + token.norm, raw=last.raw + token.raw)
        else:
            result.append(token)
    return result


def _phrases(found: list[Token]) -> list[Token]:
    result: list[Token] = []
    i = 0
    while i < len(found):
        token = found[i]
        norm = token.norm
        if norm == "us" and token.raw == "US":
            result.append(token._replace(norm="usa"))
            i += 1
            continue
        for words, value in _PHRASES.get(norm, ()):
            size = len(words)
            if size == 1 or tuple(t.norm for t in found[i : i + size]) == words:
                for k, part in enumerate(value.split()):
                    result.append(
                        token._replace(
                            norm=part,
                            gap=token.gap if k == 0 else " ",
                            first=token.first and k == 0,
                            raw=" ".join(t.raw for t in found[i : i + size])
                            if " " not in value
                            else part.title()
                            if token.cap
                            else part,
                        )
                    )
                i += size
                break
        else:
            result.append(token)
            i += 1
    return result


def norms(found: Iterable[Token]) -> list[str]:
    return [token.norm for token in found]


def normal(text: str) -> str:
    """Normal form of a whole text: its tokens' normal forms, joined by spaces."""
    return " ".join(norms(tokens(clean(text))))


def find_all(needle: list[str], hay: list[str]) -> list[int]:
    """Every index at which `needle` stands in `hay`."""
    if not needle or len(needle) > len(hay):
        return []
    hay_text, needle_text = "\x00" + "\x00".join(hay) + "\x00", "\x00" + "\x00".join(needle) + "\x00"
    starts, position, index, last = [], hay_text.find(needle_text), 0, 0
    while position >= 0 and len(starts) < 200:
        index += hay_text.count("\x00", last, position)
        starts.append(index)
        last = position
        position = hay_text.find(needle_text, position + 1)
    return starts
