"""Questions of the search world: a chain of facts on different pages, its wording, its answer, and wrong answers."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from factory.worlds.search_corpus import Corpus, Entity, Fact
from factory.worlds.search_prose import MONTHS
from factory.worlds.search_relations import RELATIONS, VALUES

_WORD = re.compile(r"\w+")
_WALKS = 60
COMMON = frozenset(("the", "of", "a", "and", "for"))
"""Words that say nothing about which of two answers is meant."""


class Question(NamedTuple):
    start: Entity
    chain: tuple[Fact, ...]
    """Fact i stands on the page of fact i-1's object; the last one's object is the answer."""
    text: str
    kind: str
    """name, date, year, number or list"""
    answer: str
    aliases: tuple[str, ...]
    gold: str
    """The ground truth as the source writes it: the answer, or the answer with its alias in parentheses."""


def ask(corpus: Corpus, rng: random.Random, target_characters: int) -> Question:
    """A question of 2 to 5 hops whose pages come near `target_characters` together."""
    best: tuple[float, list[Fact]] | None = None
    for _ in range(_WALKS):
        chain = walk(corpus, rng, rng.choice((2, 2, 3, 3, 4, 5)))
        if chain:
            miss = abs(sum(len(corpus.entities[fact.subject].text) for fact in chain) - target_characters)
            if best is None or miss < best[0]:
                best = (miss, chain)
    assert best is not None, "a corpus holds chains of every length"
    chain, last = best[1], best[1][-1]
    phrase = corpus.entities[chain[0].subject].ref
    for fact in chain[:-1]:
        phrase = RELATIONS[fact.relation][0].format(x=phrase)
    if last.target < 0:
        text, kind = VALUES[last.relation][0].format(x=phrase), VALUES[last.relation][1]
        aliases: tuple[str, ...] = ()
    else:
        phrase, kind = RELATIONS[last.relation][0].format(x=phrase), "name"
        asks = ["What is the name of {}?", "Name {}.", "Which name does the record give for {}?"]
        if corpus.entities[last.target].kind == "person":
            asks.append("Who is {}?")
        text, aliases = rng.choice(asks).format(phrase), corpus.entities[last.target].aliases
    gold = last.text
    if aliases and rng.random() < 0.3:
        gold = f"{last.text} (also known as {aliases[0]})"
    return Question(corpus.entities[chain[0].subject], tuple(chain), text, kind, last.text, aliases, gold)


def walk(corpus: Corpus, rng: random.Random, hops: int) -> list[Fact]:
    """A random chain of `hops` facts, or [] when the walk ends too early."""
    at = rng.randrange(len(corpus.entities))
    met, chain = {at}, []
    for hop in range(hops):
        facts = corpus.entities[at].facts
        once = [f for f in facts if f.target not in met and sum(g.relation == f.relation for g in facts) == 1]
        open_ = once if hop == hops - 1 else [f for f in once if f.target >= 0]
        if not open_:
            return []
        chain.append(rng.choice(open_))
        at = chain[-1].target
        met.add(at)
    return chain


def other_forms(question: Question, rng: random.Random) -> str:
    """The right answer as an agent may write it: as it is, an alias, another date style, a list the other way round."""
    answer = question.answer
    if question.aliases and rng.random() < 0.5:
        return question.aliases[0]
    if rng.random() < 0.6:
        return answer
    if question.kind == "date":
        return restyle(answer)
    if question.kind == "number":
        return answer.replace(",", "")
    if question.kind == "list":
        first, second = answer.split(" and ")
        return f"{second} and {first}"
    return f"{answer}." if rng.random() < 0.3 else answer


def restyle(date: str) -> str:
    """`3 May 1894` as `May 3, 1894` and back."""
    a, b, year = date.replace(",", "").split()
    return f"{b} {a} {year}" if a in MONTHS else f"{b} {a}, {year}"


def wrong(corpus: Corpus, question: Question, rng: random.Random) -> str:
    """A plausible answer of the same type that shares no word with the right one and is no near miss; "" where none is.

    `River Isiwen` for `River Martine` is wrong too, but a strict reader may call it half right."""
    last = question.chain[-1]
    taken = {word for form in (question.answer, *question.aliases) for word in terms(form)} - COMMON
    if last.target >= 0:
        same = corpus.of_kind[corpus.entities[last.target].kind]
        answers = [other.name for other in (corpus.entities[i] for i in same) if not set(terms(other.name)) & taken]
    else:
        answers = [fact.text for entity in corpus.entities for fact in entity.facts if fact.relation == last.relation]
        if question.kind == "number":
            answers = [answer for answer in answers if not 0.7 < number(answer) / number(question.answer) < 1.4]
        elif question.kind == "date":
            answers = [answer for answer in answers if answer not in (question.answer, restyle(question.answer))]
        else:
            answers = [answer for answer in answers if not set(terms(answer)) & taken]
    return rng.choice(answers) if answers else ""


def number(text: str) -> float:
    digits = re.sub(r"[^0-9.]", "", text.split(" ")[0])
    return float(digits) if digits else 0.0


def terms(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def holds(text: str, question: Question) -> bool | None:
    """Whether `text` says the answer; None where readers could differ (another date style, both items apart)."""
    said = f" {' '.join(terms(text))} "

    def has(form: str) -> bool:
        return f" {' '.join(terms(form))} " in said

    if question.gold != question.answer:  # a gold with its alias in parentheses: whole, in parts?
        return None if has(question.answer) or any(map(has, question.aliases)) else False
    if has(question.answer) or any(map(has, question.aliases)):
        return True
    if question.kind == "date":
        return None if has(restyle(question.answer)) else False
    if question.kind == "list":
        return None if all(map(has, question.answer.split(" and "))) else False
    if question.kind == "number":
        figure = question.answer.split(" ")[0]
        return None if has(figure) or has(figure.replace(",", "")) else False
    return False
