"""The search world's agent: it searches, opens pages, reads what the question needs, and goes astray now and then.

Its next step is decided by what stands in the observations: a page is chosen among the results or links that it saw,
and a fact counts as found when its sentence stands in a page that it opened.
"""

from __future__ import annotations

import random

from factory.worlds.runs import Transcript
from factory.worlds.search_corpus import Corpus, Entity, Fact
from factory.worlds.search_engine import Engine, Result, plain
from factory.worlds.search_questions import Question
from factory.worlds.search_relations import RELATIONS, VALUES

SYSTEMS = (
    "You are a research assistant. Use the tools to find the answer, then give it on the last line.",
    "Answer the user's question with the help of `search` and `visit`. Think before each step. End with the answer alone.",
    "You can search a collection of pages and open them. Keep going until the pages support your answer.",
)  # fmt: skip
STARTS = (
    "The question leads from {name} over several steps. I first need the page on {name}.",
    "Let me take this apart: everything hangs on {name}, so that is where I begin.",
    "I know nothing about {name} yet. I look for it first.",
)  # fmt: skip
NEXT = (
    "The page says: \"{sentence}\" So the next thing to look up is {name}.",
    "\"{sentence}\" That gives {name}. Now I need to know more about {name}.",
    "Good: {sentence} I continue with {name}.",
)  # fmt: skip
ASTRAY = (
    "{title} may have something on this as well.",
    "Before I go on I check {title}, which also came up.",
    "This could be related: {title}.",
    "I am not sure that I have the right one, so I read {title} too.",
)  # fmt: skip
USELESS = ("That page does not help.", "Nothing on what I am after there.", "Interesting, but beside the point.")


class Agent:
    def __init__(self, corpus: Corpus, engine: Engine, question: Question, rng: random.Random, silent: bool):
        self.corpus, self.engine, self.question, self.rng = corpus, engine, question, rng
        self.silent = silent
        self.transcript = Transcript(rng.choice(SYSTEMS), question.text)
        self.num_results = rng.choice((5, 6, 8, 10))
        self.results: list[Result] = []
        self.listed: dict[str, list[str]] = {}
        """URL -> what the result lists say of it: title and snippet, once for each time."""
        self.visited: dict[str, str] = {}
        """URL -> text of every page that was opened."""

    def think(self, thought: str) -> str:
        return "" if self.silent or self.rng.random() < 0.12 else thought

    def search(self, thought: str, query: str) -> None:
        self.results = self.engine.search(query, self.num_results)
        for result in self.results:
            self.listed.setdefault(result.url, []).append(f"{result.title}\n{result.snippet}")
        shown = "".join(f"{i}. [{r.title}]({r.url})\n{r.snippet}\n\n" for i, r in enumerate(self.results, 1))
        self.transcript.act(self.think(thought), ("search", {"query": query}, shown.rstrip("\n") or "No results."))

    def visit(self, thought: str, *urls: str) -> None:
        """Open pages, several in one turn when several are given; now and then the first try fails."""
        rng = self.rng
        if rng.random() < 0.05:
            typo = urls[0][:-1] if rng.random() < 0.5 else urls[0].replace("-", "_", 1) + "x"
            if typo not in self.corpus.by_url:
                self.transcript.act(self.think(thought), ("visit", {"url": typo}, f"Error: 404 Not Found: {typo}"))
                thought = "I mistyped the address."
        elif rng.random() < 0.05:
            error = f"Error: request timed out after 20 seconds: {urls[0]}"
            self.transcript.act(self.think(thought), ("visit", {"url": urls[0]}, error))
            thought = "It timed out; once more."
        calls = []
        for url in urls:
            self.visited[url] = self.corpus.by_url[url].text
            calls.append(("visit", {"url": url}, self.visited[url]))
        self.transcript.act(self.think(thought), *calls)

    def find(self, entity: Entity, fact: Fact, thought: str) -> bool:
        """Open the page of `entity`: over a search, or over the link on the page before. False when neither shows it."""
        rng = self.rng
        linked = any(f"]({entity.url})" in text for text in self.visited.values())
        if not linked or rng.random() < 0.55:
            for query in (f"{entity.name} {words(fact)}", entity.name, entity.title):
                self.search(thought, query)
                thought = f"The results do not show {entity.name} itself. I try other words."
                if any(result.url == entity.url for result in self.results):
                    break
            near = [r.url for r in self.results if entity.name in r.title and r.url != entity.url]
            if near and rng.random() < 0.4 and near[0] not in self.visited:
                self.visit(f"The title mentions {entity.name}.", near[0])
                thought = rng.choice(USELESS)
            else:
                thought = f"{entity.title} is the page I want."
        if not linked and entity.url not in self.listed:
            return False
        self.visit(thought, entity.url)
        return True

    def wander(self, target_characters: int, most: int) -> None:
        """Open pages that turn out useless, as long as there is room below `target_characters`."""
        rng = self.rng
        for _ in range(most):
            room = target_characters - sum(map(len, self.visited.values()))
            unseen = [r for r in self.results if r.url not in self.visited and len(self.corpus.by_url[r.url].text) <= room]
            if not unseen:
                return
            unseen.sort(key=lambda r: -len(self.corpus.by_url[r.url].text))
            chosen = unseen[: 2 if rng.random() < 0.2 else 1]
            if sum(len(self.corpus.by_url[r.url].text) for r in chosen) > room:
                chosen = chosen[:1]
            thought = rng.choice(ASTRAY).format(title=" and ".join(r.title for r in chosen))
            self.visit(thought, *(r.url for r in chosen))

    def solve(self, target_characters: int, curiosity: tuple[int, ...]) -> bool:
        """Follow the question's chain from page to page; `curiosity` is how many useless pages a hop may lead to.
        False when a page is nowhere to be found."""
        rng, thought = self.rng, self.rng.choice(STARTS).format(name=self.question.start.name)
        if rng.random() < 0.5:
            self.search(thought, self.question.text)
            thought = f"Too broad. I look for {self.question.start.name} first."
        chars_left = target_characters - sum(len(self.corpus.entities[f.subject].text) for f in self.question.chain)
        for hop, fact in enumerate(self.question.chain, 1):
            entity = self.corpus.entities[fact.subject]
            if not self.find(entity, fact, thought):
                return False
            assert fact.sentence in self.visited[entity.url], "the page says what the question needs"
            seen = sum(map(len, self.visited.values()))
            self.wander(seen + chars_left * hop // len(self.question.chain), most=rng.choice(curiosity))
            chars_left -= sum(map(len, self.visited.values())) - seen
            if rng.random() < 0.06:
                self.visit(f"I read the page on {entity.name} once more to be sure.", entity.url)
            thought = rng.choice(NEXT).format(sentence=plain(fact.sentence), name=fact.text)
        if rng.random() < 0.3:
            self.search("A last look for anything that contradicts this.", f"{entity.name} {words(fact)}")
        return True

    def finish(self, answer: str, conclusion: str = "") -> None:
        """The final turn: the facts in order, then the answer in one of the usual forms."""
        steps = [f"{i}. {plain(fact.sentence)}" for i, fact in enumerate(self.question.chain, 1)]
        reasoning = "\n".join(
            [f"The question was: {self.question.text}", "What the pages say, step by step:", *steps, conclusion or "Each step leads to the next, so the last one gives the answer."]
        )  # fmt: skip
        form = self.rng.choice(("{}", "{}", "{}", "Answer: {}", "<answer>{}</answer>"))
        self.transcript.finish("" if self.silent else reasoning, form.format(answer))


def words(fact: Fact) -> str:
    """What to search for besides the name."""
    return RELATIONS[fact.relation][1] if fact.target >= 0 else VALUES[fact.relation][2]
