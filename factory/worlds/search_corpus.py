"""The search world's corpus: entities, what is true of them, and the linked pages that say so.

Every fact is one sentence of one page. A relation leads from the page's entity to another entity (which has a page
of its own) or to a value, so that a chain of facts is a question over as many pages.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field

from factory.worlds.runs import chance
from factory.worlds.search_prose import FIRST_NAMES, Prose, date, place, surname
from factory.worlds.search_relations import RELATIONS, VALUES

COUNTS = {"town": 70, "river": 14, "mountain": 10, "person": 170, "company": 50, "ship": 45, "work": 70, "festival": 24, "bridge": 36, "award": 14, "expedition": 12}  # fmt: skip
NUM_REPORTS = 150
LONG_EVERY = 30
"""One page of so many is a long one, whatever was drawn: a corpus without any could fill no large context."""
SITES = ("almanac.example", "gazetteer.example", "lives.example", "harbour-archive.example")
SUBJECTS_OF = {
    "town": ["annals", "landscape", "trade"], "river": ["landscape", "annals"], "mountain": ["landscape", "letters"],
    "person": ["household", "letters", "reception"], "company": ["trade", "annals"], "ship": ["technical", "trade", "letters"],
    "work": ["reception", "letters"], "festival": ["annals", "reception"], "bridge": ["technical", "annals", "landscape"],
    "award": ["reception", "annals"], "expedition": ["letters", "technical", "landscape"], "report": ["annals", "letters", "trade"],
}  # fmt: skip
HEADINGS = ("Background", "In later years", "Accounts", "From the record", "Descriptions", "Circumstances", "Notes", "Dealings", "Opinions", "Surroundings")  # fmt: skip
TRADES = ("timber", "wool", "salt", "copper", "glass", "paper", "leather")


@dataclass
class Fact:
    subject: int
    """Entity whose page says it."""
    relation: str
    text: str
    """The object as an answer: a name, a date, a figure with its unit."""
    target: int = -1
    """Entity that is the object; -1 for a value."""
    sentence: str = ""


@dataclass
class Entity:
    kind: str
    name: str
    ref: str
    """How a sentence names it: `the Corrowen`, `the Arvel Bridge`."""
    title: str
    url: str
    year: int
    aliases: tuple[str, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    text: str = ""


class Corpus:
    """Entities 0..n-1 with their pages; reports come last and hold no facts."""

    def __init__(self, seed: int, number: int):
        self.rng = chance("search corpus", seed, number)
        self.entities: list[Entity] = []
        self.of_kind: dict[str, list[int]] = defaultdict(list)
        self.names: set[str] = set()
        for kind, count in COUNTS.items():
            for _ in range(count):
                self.add(kind)
        self.relate()
        self.add_reports()
        self.by_url = {entity.url: entity for entity in self.entities}
        for number, entity in enumerate(self.entities):
            entity.text = self.page(entity, least=100_000 if number % LONG_EVERY == 12 else 2_000)

    def add(self, kind: str) -> int:
        rng = self.rng
        while True:
            name, ref, title, aliases = coin_entity(rng, kind)
            if not {name, *aliases} & self.names and title not in self.names:
                break
        self.names |= {name, title, *aliases}
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        url = f"https://{rng.choice(SITES)}/{kind}/{slug}"
        self.of_kind[kind].append(len(self.entities))
        self.entities.append(Entity(kind, name, ref, title, url, rng.randint(1790, 1890), aliases))
        return len(self.entities) - 1

    def state(self, subject: int, relation: str, target: int) -> None:
        self.entities[subject].facts.append(Fact(subject, relation, self.entities[target].name, target))

    def value(self, subject: int, relation: str, text: str) -> None:
        self.entities[subject].facts.append(Fact(subject, relation, text))

    def relate(self) -> None:
        """Draw what is true. A relation stated on both pages is drawn once and said twice."""
        rng, of_kind, year = self.rng, self.of_kind, {i: e.year for i, e in enumerate(self.entities)}
        people, towns = of_kind["person"], of_kind["town"]

        def pool(kind: str) -> list[int]:
            return rng.sample(of_kind[kind], len(of_kind[kind]))

        for i in people:
            self.value(i, "birth_date", date(rng, year[i], rng.random() < 0.5))
            self.state(i, "birthplace", rng.choice(towns))
            older = [j for j in people if 12 <= year[i] - year[j] <= 60]
            if older and rng.random() < 0.7:
                self.state(i, "teacher", rng.choice(older))
            self.value(i, "death_year", str(year[i] + rng.randint(45, 88)))
            if rng.random() < 0.5:
                self.value(i, "children", " and ".join(rng.sample(FIRST_NAMES, 2)))
        couples = pool("person")[:90]
        for i, j in zip(couples[::2], couples[1::2]):
            self.state(i, "spouse", j)
            self.state(j, "spouse", i)
        for kind, forth, back in (("work", "author", "work"), ("ship", "captain", "command"), ("company", "founder", "company")):
            for i, j in zip(of_kind[kind], pool("person")):
                self.state(i, forth, j)
                self.state(j, back, i)
                self.entities[i].year = year[i] = year[j] + rng.randint(24, 50)
        for i in of_kind["work"]:
            self.state(i, "dedicatee", rng.choice(people))
            self.state(i, "premiere", rng.choice(towns))
            self.value(i, "finished", str(year[i]))
        for i in of_kind["company"]:
            self.state(i, "seat", rng.choice(towns))
            self.value(i, "founded", str(year[i]))
            self.value(i, "staff", f"{rng.randint(130, 9_800):,}")
        for i in of_kind["ship"]:
            self.state(i, "builder", rng.choice(of_kind["company"]))
            self.value(i, "launched", date(rng, year[i], rng.random() < 0.5))
            self.value(i, "length", f"{rng.randint(311, 1480) / 10} metres")
        for i, j in zip(of_kind["festival"], pool("town")):
            self.state(i, "host", j)
            self.state(j, "festival", i)
            self.state(i, "founder", rng.choice(people))
            self.value(i, "founded", str(year[i]))
            self.value(i, "attendance", f"{rng.randint(1_200, 88_000):,}")
        for i in of_kind["bridge"]:
            self.state(i, "architect", rng.choice(people))
            self.state(i, "crosses", rng.choice(of_kind["river"]))
            self.state(i, "bridge_town", rng.choice(towns))
            self.value(i, "opened", date(rng, year[i], rng.random() < 0.5))
            self.value(i, "length", f"{rng.randint(41, 890)} metres")
            self.value(i, "engineers", f"{self.stranger()} and {self.stranger()}")
        for i in towns:
            self.state(i, "town_river", rng.choice(of_kind["river"]))
            self.state(i, "mayor", rng.choice(people))
            self.value(i, "population", f"{rng.randint(1_100, 240_000):,}")
            self.value(i, "charter", str(year[i] - rng.randint(150, 500)))
        twins = pool("town")
        for i, j in zip(twins[::2], twins[1::2]):
            self.state(i, "twin", j)
            self.state(j, "twin", i)
        for i in of_kind["river"]:
            self.state(i, "source", rng.choice(of_kind["mountain"]))
            self.value(i, "river_length", f"{rng.randint(38, 1_900):,} km")
            self.value(i, "tributaries", f"the {surname(rng)} and the {surname(rng)}")
        for i in of_kind["mountain"]:
            self.state(i, "ascent", rng.choice(people))
            self.value(i, "height", f"{rng.randint(640, 5_900):,} metres")
        for i in of_kind["award"]:
            self.state(i, "namesake", rng.choice(people))
            self.value(i, "prize", f"{rng.randint(2, 95)},{rng.randint(1, 9)}00")
            self.value(i, "winners", f"{self.stranger()} and {self.stranger()}")
        for i, j in zip(of_kind["expedition"], pool("ship")):
            self.state(i, "leader", rng.choice(people))
            self.state(i, "vessel", j)
            self.value(i, "set_out", date(rng, year[i], rng.random() < 0.5))

    def stranger(self) -> str:
        return f"{self.rng.choice(FIRST_NAMES)} {surname(self.rng)}"

    def add_reports(self) -> None:
        """Pages that mention entities and answer nothing: what a search also finds."""
        rng = self.rng
        kinds = ("A visit to {}", "{}: notes of a season", "Letters concerning {}", "{} remembered", "The quarrel over {}")
        for number in range(NUM_REPORTS):
            about = rng.choice(self.entities[: len(self.entities) - number])
            title = rng.choice(kinds).format(about.name)
            slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
            url = f"https://{rng.choice(SITES)}/reports/{number:03d}-{slug}"
            self.entities.append(Entity("report", title, title, f"{title} (no. {number + 1})", url, about.year))

    def link(self, target: Entity) -> str:
        return target.ref.replace(target.name, f"[{target.name}]({target.url})")

    def page(self, entity: Entity, least: int) -> str:
        """Title, lead, sections; the facts are spread over it. Lengths have a long tail: 2,000 to 150,000 characters."""
        rng = self.rng
        prose = Prose(rng, entity.year, min(entity.year + 70, 1935))
        subjects = SUBJECTS_OF[entity.kind]
        target = max(least, min(150_000, int(2_000 * 1.9 ** rng.expovariate(0.62))))
        facts = [self.say(entity, fact) for fact in entity.facts]
        lead = [f"{entity.title}"]
        if entity.aliases:
            lead.append(f"{entity.ref[0].upper()}{entity.ref[1:]} is also known as {' and '.join(entity.aliases)}.")
        lead.append(" ".join([*facts[:2], prose.sentence(subjects[0])]))
        rest = facts[2:]
        if entity.kind == "report":
            mentioned = rng.sample(self.entities[: -NUM_REPORTS], 3)
            rest = [f"{self.link(other)[0].upper()}{self.link(other)[1:]} comes up {rng.choice(('twice', 'in passing', 'at length'))}." for other in mentioned]
        blocks, size = [], 0
        while size < target or len(blocks) < 2 + len(rest):
            block = prose.table() if rng.random() < 0.04 else prose.paragraph(subjects)
            if len(blocks) % 5 == 1:
                block = f"## {rng.choice(HEADINGS)}\n\n{block}"
            blocks.append(block)
            size += len(block)
        for sentence in rest:  # a fact stands at the head, at the tail or inside of a paragraph
            at = rng.randrange(len(blocks))
            blocks[at] = f"{blocks[at]}\n\n{sentence}" if blocks[at].endswith("|") else f"{blocks[at]} {sentence}"
        seen = dict.fromkeys(self.entities[fact.target].url for fact in entity.facts if fact.target >= 0)
        if seen:
            blocks.append("See also: " + ", ".join(f"[{self.by_url[url].title}]({url})" for url in seen))
        return "\n\n".join([*lead, *blocks])

    def say(self, entity: Entity, fact: Fact) -> str:
        rng = self.rng
        sentences = (RELATIONS[fact.relation] if fact.target >= 0 else VALUES[fact.relation])[-1]
        said = self.link(self.entities[fact.target]) if fact.target >= 0 else fact.text
        text = rng.choice(sentences).format(s=entity.ref, o=said, trade=rng.choice(TRADES))
        fact.sentence = text[0].upper() + text[1:]
        return fact.sentence


def coin_entity(rng: random.Random, kind: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Name, name in a sentence, page title, aliases."""
    aliases: tuple[str, ...] = ()
    if kind == "person":
        first, last = rng.choice(FIRST_NAMES), surname(rng)
        name = f"{first} {last}" if rng.random() < 0.7 else f"{first} {rng.choice(FIRST_NAMES)} {last}"
        if rng.random() < 0.25:
            aliases = (f"{rng.choice(('Old', 'Captain', 'Doctor', 'Master'))} {surname(rng)}",)
        return name, name, name, aliases
    if kind == "town":
        stem = place(rng)
        name = stem if rng.random() < 0.6 else f"{rng.choice(('Port', 'Upper', 'Saint', 'New', 'Great'))} {stem}"
        return name, name, name, (place(rng),) if rng.random() < 0.3 else ()
    if kind == "river":
        name = f"River {surname(rng)}"
        return name, f"the {name}", name, ()
    if kind == "mountain":
        name = f"Mount {surname(rng)}"
        return name, name, name, (f"{surname(rng)} Tor",) if rng.random() < 0.5 else ()
    if kind == "company":
        name = rng.choice((f"{surname(rng)} & {surname(rng)}", f"{surname(rng)} Brothers", f"{place(rng)} Works"))
        return name, name, name, ()
    if kind == "ship":
        name = rng.choice((surname(rng), f"{rng.choice(('Queen', 'Lady', 'Star', 'Pride'))} of {place(rng)}"))
        return name, f"the {name}", f"{name} (ship)", ()
    if kind == "work":
        noun = rng.choice(("Song", "Book", "Garden", "House", "Winter", "Dream", "Mirror", "Harvest", "Silence", "Voyage"))
        name = rng.choice((f"The {noun} of {surname(rng)}", f"A {noun} for {rng.choice(FIRST_NAMES)}", f"{surname(rng)}'s {noun}"))
        return name, name, f"{name} ({rng.choice(('novel', 'opera', 'painting', 'symphony'))})", ()
    if kind == "festival":
        name = f"{surname(rng)} {rng.choice(('Festival', 'Fair', 'Regatta', 'Games'))}"
        return name, f"the {name}", name, ()
    if kind == "bridge":
        name = f"{surname(rng)} {rng.choice(('Bridge', 'Viaduct'))}"
        return name, f"the {name}", name, ()
    if kind == "award":
        name = f"{surname(rng)} {rng.choice(('Prize', 'Medal'))}"
        return name, f"the {name}", name, ()
    name = f"{surname(rng)} Expedition"
    return name, f"the {name}", name, ()
