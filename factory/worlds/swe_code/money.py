"""Amounts in cents: rounding, discounts, taxes, loans, shipping and change."""

from factory.worlds.swe_code import expect

TAX_BRACKETS = ((10_000, 0), (30_000, 15), (80_000, 25), (None, 40))
COINS = (200, 100, 50, 20, 10, 5, 2, 1)
FREE_SHIPPING_FROM = 6_000  # one of 4_000 5_000 6_000 7_500
POINTS_PER_EURO = 3  # one of 1 2 3
VALUE_DISCOUNTS = ((100_000, 12), (50_000, 8), (20_000, 4))


def round_half_up(numerator, denominator):
    """Division of integers with halves rounded away from zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def to_cents(text):
    """Cents in a text such as 1,234.5 or -0.07."""
    text = text.strip().replace(",", "")
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(fraction) > 2:
        raise ValueError(f"more than two decimals: {text}")
    return sign * (int(whole or 0) * 100 + int(fraction.ljust(2, "0")))


def format_cents(amount, symbol="EUR"):
    """1,234.50 EUR from 123450."""
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), 100)
    return f"{sign}{whole:,}.{fraction:02d} {symbol}"


def percent_of(amount, percent):
    """A share of an amount, rounded half up."""
    return round_half_up(amount * percent, 100)


def split_evenly(amount, people):
    """Parts that add up to the amount and differ by at most one cent; larger parts first."""
    part, rest = divmod(amount, people)
    return [part + 1] * rest + [part] * (people - rest)


def value_discount(amount):
    """Discount for large orders, by the first threshold that is reached."""
    for threshold, percent in VALUE_DISCOUNTS:
        if amount >= threshold:
            return percent_of(amount, percent)
    return 0


def income_tax(income):
    """Progressive tax: every bracket taxes only what lies inside it."""
    tax = 0
    lower = 0
    for upper, percent in TAX_BRACKETS:
        top = income if upper is None else min(income, upper)
        if top > lower:
            tax += percent_of(top - lower, percent)
        if upper is None or income <= upper:
            break
        lower = upper
    return tax


def compound(amount, percent, years):
    """Amount after some years of yearly interest, rounded every year."""
    for _ in range(years):
        amount += percent_of(amount, percent)
    return amount


def repayment_plan(loan, payment, percent):
    """Rows (interest, repaid, left) of yearly payments, at most thirty."""
    rows = []
    left = loan
    for _ in range(30):
        interest = percent_of(left, percent)
        repaid = min(payment - interest, left)
        if repaid <= 0:
            raise ValueError("the payment does not cover the interest")
        left -= repaid
        rows.append((interest, repaid, left))
        if left == 0:
            break
    return rows


def shipping_cost(amount, weight, express=False):
    """Cents by weight in grams; orders above a threshold go free unless they are express."""
    if amount >= FREE_SHIPPING_FROM and not express:
        return 0
    if weight <= 1_000:
        cost = 390
    elif weight <= 5_000:
        cost = 590
    else:
        cost = 590 + (weight - 5_000 + 999) // 1_000 * 80
    return cost * 2 if express else cost


def loyalty_points(amount, member_years):
    """Points of a purchase; long members get a bonus of ten percent a year, at most fifty."""
    points = amount // 100 * POINTS_PER_EURO
    bonus = min(member_years * 10, 50)
    return points + points * bonus // 100


def change_coins(amount):
    """Coin -> number, fewest coins."""
    coins = {}
    remaining = amount
    for coin in COINS:
        number, remaining = divmod(remaining, coin)
        if number:
            coins[coin] = number
    return coins


def convert(amount, rates, source, target):
    """Change an amount from one currency to another; rates are units per 1000 euros."""
    if source == target:
        return amount
    euros = round_half_up(amount * 1000, rates[source])
    return round_half_up(euros * rates[target], 1000)


def balance_accounts(entries):
    """Account -> balance from entries (debit account, credit account, amount); zero balances are left out."""
    balances = {}
    for debit, credit, amount in entries:
        balances[debit] = balances.get(debit, 0) + amount
        balances[credit] = balances.get(credit, 0) - amount
    return {account: balance for account, balance in sorted(balances.items()) if balance}


def settle(balances):
    """Payments (from, to, amount) that bring all balances to zero, largest amounts first."""
    owes = sorted(((-value, name) for name, value in balances.items() if value < 0), reverse=True)
    gets = sorted(((value, name) for name, value in balances.items() if value > 0), reverse=True)
    payments = []
    for debt, debtor in owes:
        for index, (claim, creditor) in enumerate(gets):
            paid = min(debt, claim)
            if paid > 0:
                payments.append((debtor, creditor, paid))
                debt -= paid
                gets[index] = (claim - paid, creditor)
    return payments


def check_round_half_up():
    expect([round_half_up(5, 2), round_half_up(-5, 2), round_half_up(7, 3), round_half_up(8, 3)])


def check_to_cents():
    expect([to_cents("1,234.5"), to_cents("-0.07"), to_cents("12"), to_cents(" .99 ")])


def check_format_cents():
    expect([format_cents(123450), format_cents(-7), format_cents(100, symbol="USD")])


def check_percent_of():
    expect([percent_of(999, 15), percent_of(50, 1), percent_of(-250, 10)])


def check_split_evenly():
    expect(split_evenly(1000, 3))
    expect(split_evenly(7, 4))


def check_value_discount():
    expect([value_discount(amount) for amount in (19_999, 20_000, 50_000, 99_999, 100_000)])


def check_income_tax():
    expect([income_tax(income) for income in (9_000, 10_000, 25_000, 30_000, 80_000, 123_456)])


def check_compound():
    expect([compound(100_000, 3, 5), compound(999, 7, 1), compound(50, 10, 0)])


def check_repayment_plan():
    expect(repayment_plan(100_000, 30_000, 5))


def check_shipping_cost():
    expect([shipping_cost(1_000, weight) for weight in (500, 1_000, 1_001, 5_000, 5_001, 7_300)])
    expect([shipping_cost(20_000, 900), shipping_cost(20_000, 900, express=True)])


def check_loyalty_points():
    expect([loyalty_points(12_345, 0), loyalty_points(12_345, 2), loyalty_points(12_345, 9)])


def check_change_coins():
    expect(change_coins(388))
    expect(change_coins(0))


def check_convert():
    rates = {"EUR": 1000, "USD": 1085, "JPY": 161_400}
    expect([convert(10_000, rates, "EUR", "USD"), convert(10_000, rates, "USD", "EUR")])
    expect([convert(5_000, rates, "USD", "JPY"), convert(77, rates, "JPY", "JPY")])


def check_balance_accounts():
    expect(balance_accounts([("cash", "sales", 500), ("rent", "cash", 200), ("sales", "cash", 50), ("a", "b", 0)]))


def check_settle():
    expect(settle({"ann": -50, "bob": 30, "cid": -20, "dee": 40}))
