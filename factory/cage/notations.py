"""How people write numbers and days: separators, currencies, magnitudes, units, months as words.

Only what can be read in one way is read: `03/05/2021` is no day, `1,23` no number.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal, InvalidOperation

MAX_CHARS = 400
PLAIN = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")
SPACED = re.compile(r"[+-]?\d{1,3}(?:([ '\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?")
CURRENCY = r"(?:US\$|[$\u20ac\u00a3\u00a5\u20b9]|(?:USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR)(?![A-Za-z]))"
MAGNITUDES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "K": 3, "M": 6, "B": 9, "bn": 9}
BEFORE = re.compile(rf"([+-]?){CURRENCY} ?")
BEHIND = re.compile(rf" ?{CURRENCY}\Z")
MAGNITUDE = re.compile(r"(?:(?<=\d) (thousand|million|billion|trillion)|(?<=\d)(K|M|B|bn))\Z")


def read_number(text: str) -> tuple[Decimal, int] | None:
    """(value, printed decimals) of a plain number; thousands separators, a currency and a magnitude allowed."""
    if len(text) > MAX_CHARS:
        return None
    text = text.strip().replace("\u2212", "-")
    if not PLAIN.fullmatch(text):
        text = BEFORE.sub(r"\1", text, count=1) if BEFORE.match(text) else BEHIND.sub("", text)
    power = 0
    if found := MAGNITUDE.search(text):
        text, power = text[: found.start()], MAGNITUDES[found[1] or found[2]]
    if SPACED.fullmatch(text):
        text = re.sub(r"[^\d.+-]", "", text)
    if not PLAIN.fullmatch(text):
        return None
    try:
        value = Decimal(text.replace(",", "")).scaleb(power)
    except InvalidOperation:
        return None
    if power and value == value.to_integral_value():
        value = value.quantize(Decimal(1))
    return value, max(0, -int(value.as_tuple().exponent))


UNITS = {
    word: (kind, words.split()[0])
    for kind, spellings in {
        "length": ("m metre metres meter meters", "km kilometre kilometres kilometer kilometers", "cm", "mm", "ft foot feet", "mile miles", "inch inches"),
        "mass": ("kg kilogram kilograms", "g gram grams", "lb lbs pounds", "tonnes tons"),
        "heat": ("\u00b0C C Celsius celsius", "\u00b0F F Fahrenheit fahrenheit", "\u00b0 degrees degree"),
        "time": ("years year", "months month", "weeks week", "days day", "hours hour h", "minutes minute min", "seconds second s", "ms milliseconds"),
        "money": ("dollars dollar USD", "euros euro EUR", "GBP"),
        "count": ("points point pts", "items item", "units unit", "pieces", "people", "times"),
    }.items()
    for words in spellings
    for word in words.split()
}  # fmt: skip
UNIT = re.compile(r" ?(\u00b0 ?[CF]?|[A-Za-z]{1,12})(?![\w])")


def end_of_unit(text: str, end: int, said: str) -> int:
    """Where the unit behind a number at `end` ends; `end` where none stands or the words `said` name another of its kind."""
    found = UNIT.match(text, end)
    unit = UNITS.get(found[1].replace(" ", "")) if found else None
    if unit is None:
        return end
    others = (UNITS.get(word) for word in re.findall(r"\u00b0[CF]?|[A-Za-z]{2,}", said))
    generic = unit[1] == "\u00b0"
    clash = any(o and o[0] == unit[0] and o[1] != unit[1] and not generic and o[1] != "\u00b0" for o in others)
    return end if clash else found.end()


MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
DAY = (
    r"(?:(?:[A-Za-z]{3,6}day),? )?"
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?[ -](?:of )?(?P<m1>[A-Za-z]{3,9})\.?,?[ -](?P<y1>\d{4})"
    r"|(?P<m2>[A-Za-z]{3,9})\.? (?P<d2>\d{1,2})(?:st|nd|rd|th)?,? (?P<y2>\d{4})"
    r"|(?P<y3>\d{4})(?P<mark>[-/.])(?P<m3>\d{1,2})(?P=mark)(?P<d3>\d{1,2}))"
)
CLOCK = r"(?:(?:T|,? (?:at )?)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<rest>\d{1,6}))?)?(?: ?(?P<half>[AaPp])\.?[Mm]\b\.?)?)?"
MOMENT = re.compile(rf"(?<![\w-]){DAY}{CLOCK}(?![\w-])(?!:\d)")


def moment_of(found: re.Match) -> str | None:
    """The day, or the day and time, that a match of MOMENT writes, as ISO text."""
    part = found.groupdict()
    if part["y3"]:
        year, month, day = int(part["y3"]), int(part["m3"]), int(part["d3"])
    else:
        word = (part["m1"] or part["m2"]).lower()
        month = next((i for i, name in enumerate(MONTHS, 1) if word in (name, name[:3]) or (word, i) == ("sept", 9)), 0)
        year, day = int(part["y1"] or part["y2"]), int(part["d1"] or part["d2"])
    try:
        date = datetime.date(year, month, day).isoformat()
        if part["hour"] is None:
            return date
        hour = int(part["hour"])
        if part["half"]:
            hour = hour % 12 + 12 * (part["half"].lower() == "p") if 1 <= hour <= 12 else 99
        micros = int((part["rest"] or "0").ljust(6, "0"))
        return f"{date} {datetime.time(hour, int(part['minute']), int(part['second'] or 0), micros).isoformat()}"
    except ValueError:
        return None


def read_moment(text: str) -> str | None:
    """The day or moment that the whole text writes."""
    found = MOMENT.fullmatch(text) if 8 <= len(text) <= 50 else None
    return moment_of(found) if found else None
