"""Prose for the search world: invented names, and a seeded grammar of sentences about many subjects.

A sentence is a template whose `{slots}` are filled from word lists, names, years and figures; one page mixes
several subjects, so that no two pages read nearly alike. What a question may ask for is never said here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable


def listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


MONTHS = listed("January February March April May June July August September October November December")
FIRST_NAMES = listed(
    "Halven Mirra Osric Talia Bregan Ilse Corvin Edda Joren Sanna Petrik Lowenna Aldous Vesna Rurik Marit Tobin Elowen "
    "Casimir Runa Dorian Yselle Hector Nadia Ansel Brita Leopold Orla Matthis Zelda Ivor Catrin Emeric Sunniva Gawain "
    "Petra Lucan Thyra Konrad Isolde Ragnar Odette Severin Maren Bastian Wilma Florian Greta Anselm Hedda"
)
_STARTS = listed("Bar Bel Bran Cal Cor Dar Dun El Fen Gal Gren Har Hol Is Jar Kel Kor Lan Lor Mar Mel Nor Or Os Pel Quen Ras Ros Sel Sor Tal Tar Tor Ul Val Vel Vor Wen Wil Yar Zan")  # fmt: skip
_MIDDLES = listed("a an ar e el en er i il in o ol on or u un ur ath eth ov av em im")  # fmt: skip
_ENDS = listed("rick stead mont dane wick lund vale ster gard bray dell quist holm nard sen kett rova tine ville mere dal bourne wen thal vik")  # fmt: skip
_TOWN_ENDS = listed("ford haven port bury stad minster mouth wold gate ham cross field bridge ness hythe combe")  # fmt: skip


def coin(rng: random.Random, ends: tuple[str, ...]) -> str:
    middle = rng.choice(_MIDDLES) if rng.random() < 0.6 else ""
    return rng.choice(_STARTS) + middle + rng.choice(ends)


def surname(rng: random.Random) -> str:
    return coin(rng, _ENDS)


def place(rng: random.Random) -> str:
    return coin(rng, _TOWN_ENDS)


def date(rng: random.Random, year: int, month_first: bool) -> str:
    """A day of `year`, as `3 May 1894` or `May 3, 1894`."""
    day, month = rng.randint(1, 28), rng.choice(MONTHS)
    return f"{month} {day}, {year}" if month_first else f"{day} {month} {year}"


SLOTS: dict[str, tuple[str, ...]] = {
    "trade": listed("timber wool salt herring copper linen barley slate glass amber rope tin honey cider paper oats leather lamp-oil"),
    "quality": listed("modest unusual careful stubborn celebrated disputed quiet ambitious provisional ornate sober uneven patient costly remarkable ill-judged durable"),
    "season": ("a wet spring", "an early frost", "a dry summer", "the autumn gales", "a mild winter", "the spring floods", "a late harvest"),
    "craft": listed("carpenters weavers dockers printers masons millers clerks glaziers coopers schoolteachers ferrymen quarrymen bookbinders"),
    "thing": ("the old granary", "a lime kiln", "the tide mill", "a row of almshouses", "the customs shed", "a rope walk", "the reading room", "a signal tower", "the fish market", "the town pump", "a toll house", "the weighing hall"),
    "paper": ("a ledger", "a bundle of letters", "the parish register", "a surveyor's notebook", "a printed almanac", "a court roll", "a traveller's diary", "an insurance schedule", "a list of subscribers"),
    "sense": ("a smell of tar", "the noise of the looms", "a thin yellow light", "the cold of the stone floors", "an echo under the arches", "the taste of brackish water"),
    "dispute": ("the drainage levy", "the right to the foreshore", "the price of bread", "the opening hours of the lock", "the upkeep of the dyke", "a boundary stone", "the seating of the council", "the choice of an organ builder"),
    "verb": ("rebuilt", "surveyed", "leased out", "painted over", "taken down", "extended by a bay", "sold at auction", "given a new roof", "insured for the first time"),
    "view": ("with impatience", "without much interest", "as a private joke", "with unusual warmth", "only in passing", "at tedious length", "with evident relief"),
}  # fmt: skip

SUBJECTS: dict[str, tuple[str, ...]] = {
    "annals": (
        "In {year} {thing} was {verb}, and {minor} complained that {dispute} had been settled behind closed doors.",
        "The year {year} is remembered for {season}, which ruined most of the {trade} and sent {small} {craft} to look for work elsewhere.",
        "A fire in {year} spared {thing} but destroyed the stock of {minor}, who dealt in {trade}.",
        "After {season} in {year}, the council voted {money} crowns for {thing}, {small} members abstaining.",
        "{minor} opened a school for {craft} in {year}; it taught {small} pupils in its first term and closed after {few} years.",
        "By {year} there were {small} {craft} on the rolls, nearly twice as many as a decade before.",
        "A petition of {year} about {dispute} carried {hundreds} signatures, {few} of them in the same hand.",
        "In the autumn of {year} {minor} gave a course of {few} lectures on {trade}, received {view}.",
    ),
    "trade": (
        "Trade in {trade} rose to {hundreds} tons in {year} and fell again with {season}.",
        "{minor} held the contract for {trade} until {year}, when {minor} underbid it by {small} crowns.",
        "Of every hundred crowns that passed the counter, about {small} came from {trade} and {few} from {trade}.",
        "The price of {trade} is quoted in {paper} as {few} crowns and {small} pence the bale.",
        "Buyers from the coast preferred {trade} and paid {view}, as {paper} of {year} shows.",
        "Warehouse room was let by the week; {minor} alone took {small} bays for {trade} and {few} for {trade}.",
        "An attempt to bring in {trade} from abroad cost {money} crowns and ended in a lawsuit over {dispute}.",
    ),
    "landscape": (
        "To the north the ground rises by {small} feet in the mile; {thing} stands where the road bends.",
        "Visitors mention {sense} and, nearer the water, {sense}.",
        "{paper_c} of {year} counts {hundreds} elms, {small} walnut trees and {few} springs that never run dry.",
        "The soil is thin over chalk, better for {trade} than for {trade}, and after {season} it cracks.",
        "A footpath of {few} miles leads past {thing} to the moor, where {minor} kept bees.",
        "Old maps place {thing} on the wrong bank, an error repeated until {minor} walked the line in {year}.",
    ),
    "letters": (
        "\"I found {thing} {verb},\" wrote {minor} in {year}, \"and nobody able to say by whom.\"",
        "{minor} described the evening {view}, noting {sense} and the late arrival of the {craft}.",
        "{paper_c} preserved by the {minor} family runs to {hundreds} leaves and breaks off in {year}.",
        "\"Nothing here is {quality},\" {minor} told a friend, \"except the bill, which came to {small} crowns.\"",
        "The correspondence between {minor} and {minor} turns {few} times on {dispute}.",
        "A marginal note in {paper} calls the affair {quality}; another hand has written \"and {quality}\" beneath it.",
    ),
    "reception": (
        "Early notices were {quality}; {minor} praised the {quality} middle part and passed over the rest {view}.",
        "Later critics, {minor} among them, saw in it {a_quality} answer to the quarrel over {dispute}.",
        "A revival in {year} drew {hundreds} people on {few} evenings, not enough to cover {money} crowns of costs.",
        "{minor} thought the whole {quality} but {quality}, a phrase that was quoted against its author for years.",
        "The standard study by {minor} ({year}) lists {small} variants and dates {few} of them by the watermark.",
        "School editions cut the {quality} passages, which is why {craft} knew them only from {paper}.",
    ),
    "technical": (
        "The drawings show {small} ribs, {few} of them doubled after {season} of {year}.",
        "Repairs in {year} used {hundreds} rivets and {small} barrels of {trade}, supplied by {minor}.",
        "{a_quality} design by the standards of the day, it needed {few} men where others needed {small}.",
        "Tests under load gave a deflection of {few} inches, which {minor} called {quality} in {paper}.",
        "The fittings came from the workshop of {minor}; {few} of the {small} pieces survive.",
        "In {year} the timbers were replaced with iron at a cost of {money} crowns, {a_quality} decision.",
    ),
    "household": (
        "The house had {small} rooms, {few} of them heated, and {sense} that guests remarked upon.",
        "{minor} rented the upper floor from {year} and paid in {trade}.",
        "Sundays were given to {paper}, read aloud {view} while the {craft} below went on working.",
        "Debts of {money} crowns, mostly for {trade}, were cleared in {year} by selling {thing}.",
        "A portrait by {minor}, {quality} in its colours, hung beside {paper} until {year}.",
        "Friends recalled {few} dogs, {a_quality} temper and an abiding interest in {dispute}.",
    ),
}
# Templates compiled to parts: text at even places, slot names at odd ones.
_COMPILED = {
    subject: tuple(tuple(re.split(r"\{(\w+)\}", template)) for template in templates)
    for subject, templates in SUBJECTS.items()
}


def with_article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


class Prose:
    """Sentences for one page: seeded, with its own span of years and its own minor people."""

    def __init__(self, rng: random.Random, first_year: int, last_year: int):
        self.rng = rng
        self.years = (first_year, max(first_year + 8, last_year))
        self.people = [f"{rng.choice(FIRST_NAMES)} {surname(rng)}" for _ in range(12)]
        self.decks: dict[str, list[tuple[str, ...]]] = {}
        self.fill: dict[str, Callable[[], str]] = {
            "year": lambda: str(rng.randint(*self.years)),
            "minor": lambda: rng.choice(self.people),
            "few": lambda: rng.choice(("two", "three", "four", "five", "six", "seven", "nine", "eleven")),
            "small": lambda: str(rng.randint(12, 98)),
            "hundreds": lambda: str(rng.randint(110, 990)),
            "money": lambda: f"{rng.randint(1, 19)},{rng.randint(0, 99):02d}0",
            "a_quality": lambda: with_article(rng.choice(SLOTS["quality"])),
            "paper_c": lambda: rng.choice(SLOTS["paper"]).capitalize(),
        }

    def sentence(self, subject: str) -> str:
        rng, deck = self.rng, self.decks.setdefault(subject, [])
        if not deck:  # every template once before any comes again
            deck.extend(_COMPILED[subject])
            rng.shuffle(deck)
        parts = list(deck.pop())
        for i in range(1, len(parts), 2):
            slot = parts[i]
            parts[i] = self.fill[slot]() if slot in self.fill else rng.choice(SLOTS[slot])
        text = "".join(parts)
        return text[0].upper() + text[1:]

    def paragraph(self, subjects: list[str]) -> str:
        return " ".join(self.sentence(self.rng.choice(subjects)) for _ in range(self.rng.randint(3, 6)))

    def table(self) -> str:
        """A small Markdown table of yearly figures."""
        rng = self.rng
        goods = rng.sample(SLOTS["trade"], 3)
        first = rng.randint(*self.years)
        lines = [f"| Year | {' | '.join(f'{good} (tons)' for good in goods)} |", "| --- | --- | --- | --- |"]
        for year in range(first, first + rng.randint(5, 14)):
            lines.append(f"| {year} | " + " | ".join(str(rng.randint(20, 980)) for _ in goods) + " |")
        return "\n".join(lines)
