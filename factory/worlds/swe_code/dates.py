"""Calendar arithmetic on (year, month, day) triples and on minutes of a day."""

from factory.worlds.swe_code import expect

MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTH_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
               "October", "November", "December")  # fmt: skip
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OPENING_MINUTE = 510  # one of 480 510 540
CLOSING_MINUTE = 1050  # one of 1020 1050 1080


def is_leap(year):
    """Gregorian rule: every fourth year, except full centuries that 400 does not divide."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year, month):
    """Number of days of a month."""
    if month == 2 and is_leap(year):
        return 29
    return MONTH_LENGTHS[month - 1]


def day_of_year(year, month, day):
    """1 for the first of January."""
    return sum(days_in_month(year, earlier) for earlier in range(1, month)) + day


def day_number(year, month, day):
    """Days since 0001-01-01, which is number 1."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + day_of_year(year, month, day)


def days_between(first, second):
    """Days from the first date to the second; negative when the second is earlier."""
    return day_number(*second) - day_number(*first)


def weekday_name(year, month, day):
    """Name of the day of the week."""
    return DAY_NAMES[(day_number(year, month, day) - 1) % 7]


def add_months(date, months):
    """The same day some months later, or the month's last day where it is too short."""
    year, month, day = date
    index = year * 12 + month - 1 + months
    year, month = index // 12, index % 12 + 1
    return year, month, min(day, days_in_month(year, month))


def next_day(date):
    """The day after a date."""
    year, month, day = date
    if day < days_in_month(year, month):
        return year, month, day + 1
    if month < 12:
        return year, month + 1, 1
    return year + 1, 1, 1


def is_workday(date, holidays=()):
    """Whether a date is neither at the weekend nor a holiday."""
    return weekday_name(*date) not in ("Saturday", "Sunday") and date not in holidays


def workdays_between(first, second, holidays=()):
    """Working days from the first date (included) to the second (excluded)."""
    number = 0
    current = first
    for _ in range(days_between(first, second)):
        if is_workday(current, holidays):
            number += 1
        current = next_day(current)
    return number


def due_date(start, workdays, holidays=()):
    """The date that lies a number of working days after the start."""
    current = start
    remaining = workdays
    for _ in range(workdays * 3 + 10):
        if remaining == 0:
            break
        current = next_day(current)
        if is_workday(current, holidays):
            remaining -= 1
    return current


def quarter_of(month):
    """Quarter of the year, 1 to 4."""
    return (month - 1) // 3 + 1


def age_on(birth, today):
    """Full years between a birth date and a day."""
    years = today[0] - birth[0]
    if (today[1], today[2]) < (birth[1], birth[2]):
        years -= 1
    return years


def parse_iso(text):
    """(year, month, day) from 2024-03-09. Raises ValueError for a day that does not exist."""
    year, month, day = (int(part) for part in text.split("-"))
    if not 1 <= month <= 12:
        raise ValueError(f"no such month: {month}")
    if not 1 <= day <= days_in_month(year, month):
        raise ValueError(f"no such day: {day}")
    return year, month, day


def long_form(date):
    """9 March 2024."""
    year, month, day = date
    return f"{day} {MONTH_NAMES[month - 1]} {year}"


def minutes_open(start, end):
    """How many minutes of a stay, given as minutes of the day, fall into opening hours."""
    begin = max(start, OPENING_MINUTE)
    finish = min(end, CLOSING_MINUTE)
    return max(0, finish - begin)


def clock_text(minute):
    """14:05 from 845."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def check_is_leap():
    expect([year for year in range(1895, 1910) if is_leap(year)])
    expect([is_leap(2000), is_leap(2100), is_leap(2024)])


def check_days_in_month():
    expect([days_in_month(2023, month) for month in range(1, 13)])
    expect(days_in_month(2024, 2))


def check_day_of_year():
    expect(day_of_year(2023, 12, 31))
    expect(day_of_year(2024, 3, 1))


def check_day_number():
    expect(day_number(1, 1, 1))
    expect(day_number(2000, 2, 29))


def check_days_between():
    expect(days_between((2023, 12, 30), (2024, 3, 1)))
    expect(days_between((2024, 3, 1), (2024, 2, 1)))


def check_weekday_name():
    expect(weekday_name(2024, 2, 29))
    expect(weekday_name(1999, 12, 31))


def check_add_months():
    expect(add_months((2023, 10, 31), 4))
    expect(add_months((2024, 1, 31), 1))
    expect(add_months((2024, 1, 15), -13))


def check_next_day():
    expect([next_day((2023, 2, 28)), next_day((2023, 12, 31)), next_day((2023, 4, 29))])
    expect(next_day((2024, 4, 30)))


def check_is_workday():
    expect([is_workday((2024, 5, day)) for day in range(1, 8)])
    expect(is_workday((2024, 5, 1), holidays=[(2024, 5, 1)]))


def check_workdays_between():
    expect(workdays_between((2024, 4, 29), (2024, 5, 13), holidays=[(2024, 5, 1), (2024, 5, 9)]))
    expect(workdays_between((2024, 5, 3), (2024, 5, 4)))


def check_due_date():
    expect(due_date((2024, 12, 20), 5, holidays=[(2024, 12, 25), (2024, 12, 26)]))
    expect(due_date((2024, 12, 20), 0))


def check_quarter_of():
    expect([quarter_of(month) for month in range(1, 13)])


def check_age_on():
    expect(age_on((1990, 6, 15), (2024, 6, 14)))
    expect(age_on((1990, 6, 15), (2024, 6, 15)))
    expect(age_on((1990, 6, 15), (2024, 7, 1)))


def check_parse_iso():
    expect(parse_iso("2024-02-29"))
    expect(parse_iso("1999-12-01"))


def check_long_form():
    expect(long_form((2024, 3, 9)))


def check_minutes_open():
    expect(minutes_open(400, 700))
    expect(minutes_open(600, 1300))
    expect(minutes_open(100, 200))


def check_clock_text():
    expect(clock_text(845))
    expect(clock_text(59))
