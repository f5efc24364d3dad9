"""Dates inside an answer: years, months, days, decades, centuries and ranges, compared at the gold's granularity.

A finer answer is fine, a coarser one is incomplete. 03/04/2020 is read as no date at all: nobody can know which it is.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import MONTHS


class Date(NamedTuple):
    year: int | None = None
    """Negative before Christ; first year of a decade; number of a century."""
    month: int | None = None
    day: int | None = None
    span: str = "point"
    """`point`, `decade`, `century`."""
    part: str = ""
    """`early`, `mid`, `late`."""
    end: tuple[int, int | None, int | None] | None = None
    """Last (year, month, day) of a range."""
    ambiguous: bool = False
    start: int = 0
    stop: int = 0
    """Half-open range of tokens."""


_FILLER = frozenset("on in of by during since from around about circa c year years between".split())
_PARTS = {"early": "early", "mid": "mid", "middle": "mid", "late": "late", "beginning": "early", "end": "late"}
_DAYS = frozenset(
    """
        monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
    """.split()
)
_ERAS = {"bc": -1, "bce": -1, "ad": 1, "ce": 1}
_DECADES = {
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
}


def find_dates(found: list[Token]) -> list[Date]:
    result: list[Date] = []
    i = 0
    while i < len(found):
        date = _read(found, i)
        if date is None:
            i += 1
            continue
        last = result[-1] if result else None
        if (
            last
            and last.end is None
            and last.span == date.span == "point"
            and date.stop > last.stop
            and _is_range(found, last, date)
        ):
            first = last
            if first.year is None and date.year is not None:
                first = first._replace(year=date.year)
            result[-1] = first._replace(
                end=(date.year if date.year is not None else first.year or 0, date.month, date.day), stop=date.stop
            )
        else:
            result.append(date)
        i = date.stop
    return result


def _is_range(found: list[Token], last: Date, date: Date) -> bool:
    gap = found[date.start].gap.replace("the", "").strip()
    if date.start == last.stop:
        return gap in ("-", "--") and (last.year is None) <= (date.year is not None)
    between = [t.norm for t in found[last.stop : date.start]]
    if between in (["to"], ["until"], ["through"], ["till"]):
        return True
    return between == ["and"] and last.start > 0 and found[last.start - 1].norm == "between"


def _number(token: Token, low: int, high: int) -> int | None:
    norm = token.norm[:-2] if token.norm.endswith("th") else token.norm
    if norm.isdigit() and norm.isascii() and len(norm) <= 4 and low <= int(norm) <= high and token.raw[:1].isalnum():
        return int(norm)
    return None


def _year(found: list[Token], i: int) -> tuple[int, int] | None:
    """(year, index after it)."""
    if i >= len(found):
        return None
    token = found[i]
    if (
        token.norm in ("ad", "ce")
        and token.raw.isupper()
        and i + 1 < len(found)
        and (value := _number(found[i + 1], 1, 2100))
    ):
        return value, i + 2
    if token.norm.endswith("th") or (
        not token.raw[:1].isdigit()
        and not (token.norm.isdigit() and int(token.norm[:4]) >= 1100 and len(token.norm) == 4)
    ):
        return None
    value = _number(token, 1, 9999)
    if value is None or "," in token.raw:
        return None
    if i + 1 < len(found) and found[i + 1].norm in _ERAS and found[i + 1].gap in (" ", ""):
        return value * _ERAS[found[i + 1].norm], i + 2
    return (value, i + 1) if 1000 <= value <= 2100 else None


def _read(found: list[Token], i: int) -> Date | None:
    token = found[i]
    norm = token.norm
    # decades and centuries
    if norm.endswith("s") and norm[:-1].isdigit() and len(norm) in (3, 5) and norm[-2] == "0":
        return _part(found, i, Date(year=int(norm[:-1]), span="decade", start=i, stop=i + 1))
    if norm in _DECADES:
        return _part(found, i, Date(year=_DECADES[norm], span="decade", start=i, stop=i + 1))
    if (
        norm.endswith("th")
        and norm[:-2].isdigit()
        and i + 1 < len(found)
        and found[i + 1].norm in ("century", "centuries")
        and len(norm) < 5
    ):
        sign, stop = 1, i + 2
        if stop < len(found) and found[stop].norm in _ERAS:
            sign, stop = _ERAS[found[stop].norm], stop + 1
        return _part(found, i, Date(year=sign * int(norm[:-2]), span="century", start=i, stop=stop))
    # month first: December 14, 1972; December 1972; December 14
    if norm in MONTHS and (
        token.cap
        or norm not in ("may", "march", "mar", "dec", "sep", "jan")
        or (i + 1 < len(found) and found[i + 1].norm[:1].isdigit())
        or (i and found[i - 1].norm[:1].isdigit())
    ):
        month, j, day = MONTHS[norm], i + 1, None
        if j < len(found) and (value := _number(found[j], 1, 31)) and found[j].gap.strip(" .") in ("", "the", "-"):
            day, j = value, j + 1
        ranged = (
            day and j + 1 < len(found) and found[j].gap.strip() == "-" and found[j + 1].gap.strip() == ","
        )  # June 7-21, 1975
        if day and ranged and (last := _number(found[j], day + 1, 31)) and (year := _year(found, j + 1)):
            return Date(year[0], month, day, end=(year[0], month, last), start=i, stop=year[1])
        if (j < len(found) and found[j].gap.strip(" ,.") in ("", "the")) or (j < len(found) and found[j].norm == "of"):
            j2 = j + 1 if found[j].norm in ("of", "in") and j + 1 < len(found) else j
            if (year := _year(found, j2)) and found[j2].gap.strip(" ,.") == "":
                return Date(year[0], month, day, start=i, stop=year[1])
        if day is None and norm in ("may", "march", "mar") and not (i and found[i - 1].norm in _FILLER):
            return None
        return Date(None, month, day, start=i, stop=j)
    # day first: 14 December 1972; the 14th of December
    if (value := _number(token, 1, 31)) and i + 1 < len(found):
        j = i + 2 if found[i + 1].norm == "of" and i + 2 < len(found) else i + 1
        if found[j].norm in MONTHS and found[j].gap.strip(" .-") == "":
            month, j = MONTHS[found[j].norm], j + 1
            if j < len(found) and found[j].gap.strip(" ,.-") == "" and (year := _year(found, j)):
                return Date(year[0], month, value, start=i, stop=year[1])
            return Date(None, month, value, start=i, stop=j)
        # 26-30 August 1914 and 3rd to 13th September begin with a bare day
        k = (
            i + 1
            if found[i + 1].gap.strip() == "-"
            else i + 2
            if found[i + 1].norm in ("to", "through")
            else len(found)
        )
        if k + 1 < len(found) and _number(found[k], 1, 31) and found[k + 1].norm in MONTHS:
            rest = _read(found, k)
            if rest is not None and rest.day is not None:
                return Date(
                    rest.year, rest.month, value, end=(rest.year or 0, rest.month, rest.day), start=i, stop=rest.stop
                )
        # 14/12/1972
        if i + 2 < len(found) and found[i + 1].gap in ("/", "-", ".") and found[i + 2].gap == found[i + 1].gap:
            second, year = _number(found[i + 1], 1, 31), _number(found[i + 2], 1000, 2100)
            if second and year:
                if value > 12 >= second:
                    return Date(year, second, value, start=i, stop=i + 3)
                if second > 12 >= value:
                    return Date(year, value, second, start=i, stop=i + 3)
                if second == value:
                    return Date(year, value, second, start=i, stop=i + 3)
                if second <= 12 and value <= 12:
                    return Date(year, start=i, stop=i + 3, ambiguous=True)
    if year := _year(found, i):
        value, stop = year
        # 1972-12-14
        if stop == i + 1 and i + 2 < len(found) and found[i + 1].gap == found[i + 2].gap == "-":
            month, day = _number(found[i + 1], 1, 12), _number(found[i + 2], 1, 31)
            if month and day:
                return Date(value, month, day, start=i, stop=i + 3)
        # 1939-45
        if (
            stop == i + 1
            and stop < len(found)
            and found[stop].gap == "-"
            and len(found[stop].raw) == 2
            and (short := _number(found[stop], 0, 99))
            and short > value % 100
        ):
            return Date(value, end=(value - value % 100 + short, None, None), start=i, stop=stop + 1)
        return Date(value, start=i, stop=stop)
    return None


def _part(found: list[Token], i: int, date: Date) -> Date:
    part = _PARTS.get(found[i - 1].norm, "") if i else ""
    return date._replace(part=part, start=i - 1 if part else i)


def only_dates(found: list[Token], dates: list[Date]) -> bool:
    """True when nothing but dates and small words stands in `found`."""
    covered = {k for date in dates for k in range(date.start, date.stop)}
    return bool(dates) and all(
        k in covered or token.norm in _FILLER or token.norm in _DAYS or token.norm in ("to", "and", "utc", "gmt")
        for k, token in enumerate(found)
    )


def compare(gold: Date, other: Date, asked_years: frozenset[int], year_is_enough: bool) -> str:
    """`equal`, `different`, `coarse` (compatible, but less than the gold says) or `unclear`."""
    if other.ambiguous:
        return "unclear" if gold.year == other.year else "different"
    if gold.span == "century":
        century = (
            other.year if other.span == "century" else _century(other.year and other.year + (other.span == "decade"))
        )
        if century is None:
            return "unclear"
        return _same_part(gold, other) if century == gold.year else "different"
    if gold.span == "decade":
        if other.span == "century" or other.year is None or gold.year is None:
            return "unclear"
        short = gold.year < 100 or (other.span == "decade" and other.year < 100)
        mine, theirs = (
            (gold.year % 100, other.year - other.year % 10) if short else (gold.year, other.year - other.year % 10)
        )
        if (theirs % 100 if short else theirs) != mine:
            return "different"
        return _same_part(gold, other)
    if other.span != "point":
        if gold.year is None or other.year is None:
            return "unclear"
        inside = other.year == (_century(gold.year) if other.span == "century" else gold.year - gold.year % 10)
        return "coarse" if inside else "different"
    if gold.end is not None or other.end is not None:
        if gold.end is None or other.end is None:
            if (
                other.end is not None
                and gold.year is not None
                and other.year is not None
                and not other.year <= gold.year <= other.end[0]
            ):
                return "different"
            if other.end is not None and gold.day is None and other.month is not None and _holds(gold, other):
                return "equal"  # from 7 to 21 June 1975, for 1975
            return "unclear"
        ends = [
            (a, b)
            for a, b in zip(
                (gold.year, gold.month, gold.day, *gold.end), (other.year, other.month, other.day, *other.end)
            )
            if a is not None
        ]
        if all(a == b for a, b in ends):
            return "equal"
        return "different" if any(a != b and b is not None for a, b in ends) else "coarse"
    year = other.year
    if year is None and gold.year is not None and gold.year in asked_years:
        year = gold.year
    coarse = False
    for a, b in ((gold.year, year), (gold.month, other.month), (gold.day, other.day)):
        if a is None:
            continue
        if b is None:
            coarse = True
        elif a != b:
            return "different"
    if coarse and year_is_enough and year == gold.year:
        return "equal"
    return "coarse" if coarse else "equal"


def _holds(gold: Date, other: Date) -> bool:
    """Both ends lie in the gold's year, or its month."""
    ends = ((other.year, other.month), (other.end[0], other.end[1]) if other.end else (None, None))
    return all(year == gold.year and (gold.month is None or month == gold.month) for year, month in ends)


def _century(year: int | None) -> int | None:
    if year is None:
        return None
    return (year - 1) // 100 + 1 if year > 0 else -((-year - 1) // 100 + 1)


def _same_part(gold: Date, other: Date) -> str:
    if not gold.part or gold.part == other.part:
        return "equal"
    if other.span == "point" and other.year is not None and gold.span == "decade":
        digit = other.year % 10
        return (
            "equal"
            if digit in {"early": range(0, 4), "mid": range(4, 7), "late": range(6, 10)}[gold.part]
            else "different"
        )
    return "different" if other.part else "coarse"
