"""Search evidence: the pages that the agent opened, and the results that it saw and never opened.

Gold is the full text of every opened page, as the tool showed it. Opening a page again adds what is new; an error
is no page. The recipe's `search.gold` says which pages are gold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from factory import vocabulary
from factory.decoding import decode
from factory.domains import Collected
from factory.domains.search_answers import forms_of, holds
from factory.domains.search_results import Entry, entries_of, json_entries, says_nothing
from factory.errors import RowError
from factory.recipe import Compile
from factory.records import Evidence, GroundTruth, Step, Trajectory
from factory.side import SideInputs
from factory.vocabulary import Action, classify

VERSION = f"2.{vocabulary.VERSION}"

EXTRACT = "The useful information in "
"""How visiting tools of the WebDancer family begin what they took from a page."""
PAGE_KEYS = ("page_content", "content", "text", "markdown", "body", "raw_content", "results", "result", "output", "data")
ERROR_LENGTH = 2_000
ERROR = re.compile(
    r"(?:#{1,3} [^\n]{0,80}\n\s{0,4})?[\W_]{0,4}(?:error\b|(?:http |status |code )*[45]\d\d\b|failed\b|could not\b|couldn't\b|cannot\b|can't\b"
    r"|unable to\b|no content\b|access (?:to [^\n]{0,80} )?(?:is |was )?(?:denied|forbidden|blocked)|forbidden\b|not found\b|page not found\b"
    r"|timed? ?out\b|(?:the )?request timed out|invalid url|visit\] failed|empty page|success: the result has been saved"
    r"|(?:the )?(?:provided )?(?:web ?page|page|url|site)(?: content)? (?:could not|cannot|can't|is not|was not|not|does not|failed)\b)",
    re.I,
)
UNREAD = "could not be accessed"


NEAR = 8
"""A page's text is compared with this many of its earlier texts, to leave out what stands in them."""


class Found:
    """One page or result, and the turns in which it was seen."""

    def __init__(self, name: str, title: str = ""):
        self.name, self.title = name, title
        self.texts: list[str] = []
        self.known: set[str] = set()
        self.turns: dict[int, None] = {}
        self.whole = True

    def add(self, text: str, turn: int, whole: bool = True) -> None:
        self.turns[turn] = None
        self.whole = self.whole and whole
        if not self.texts:  # nearly always: no need to hash the page
            self.texts.append(text)
            return
        self.known.update(self.texts[:1])
        if text in self.known or any(text in known for known in self.texts[-NEAR:]):
            return
        self.known.add(text)
        self.texts[-NEAR:] = [known for known in self.texts[-NEAR:] if known not in text] + [text]

    @property
    def text(self) -> str:
        return self.texts[0] if len(self.texts) == 1 else "\n\n".join(self.texts)


def holder(truth: GroundTruth) -> Callable[[str], bool]:
    """Whether a text gives the answer away."""
    forms = forms_of(truth)
    return lambda text: holds(text, forms)


def collect(trajectory: Trajectory, settings: Compile, side: SideInputs) -> Collected:
    """Gold pages, tier 1 (opened, not used; `cited` only) and tier 2 (listed, never opened)."""
    acted = [(step, acts) for step in trajectory.steps if (acts := classify(step, settings.vocabulary))]
    if not any(act.kind != "submit" for _, acts in acted for act in acts):
        raise RowError("no_tool_call")
    if not trajectory.ground_truth.text.strip():
        raise RowError("no_ground_truth", "the run holds no right answer; write it as `ground_truth` or `expected_answer` beside the messages (`answer` alone may be the agent's), or join one with [inputs.gold] in a recipe")
    pages, results = seen(acted)
    forms = forms_of(trajectory.ground_truth)
    policy = settings.search.gold
    if not pages and policy != "visited_or_result":
        raise RowError("no_visited_page", 'it only searched; compile.search.gold = "visited_or_result" takes the results that hold the answer' if results else "")
    gold, tier1, tier2, dropped = [], [], [], 0
    said = reasoning_of(trajectory) if policy == "cited" else ""
    for page in pages.values():
        used = policy != "cited" or named(page, said) or holds(page.text, forms)
        (gold if used else tier1).append(evidence("gold" if used else "tier1", "page", page))
    for key, result in results.items():
        if key in pages:
            continue
        if not holds(result.text, forms):
            tier2.append(evidence("tier2", "snippet", result))
        elif policy == "visited_or_result":
            gold.append(evidence("gold", "snippet", result))
        else:
            dropped += 1
    if not gold:
        raise RowError("no_gold_evidence", "no page is cited" if policy == "cited" else "no page was opened, and no result holds the answer")
    return Collected([*gold, *tier1, *tier2], trajectory.ground_truth, {"holds_answer": dropped} if dropped else {})


def seen(acted: list[tuple[Step, tuple[Action, ...]]]) -> tuple[dict[str, Found], dict[str, Found]]:
    """(opened pages, listed results), each by normal address, in the order in which they were met."""
    pages: dict[str, Found] = {}
    results: dict[str, Found] = {}
    subject = ""  # what was searched last: a look-up goes on inside it
    for step, acts in acted:
        if acts[0].kind == "visit":
            for url, text, whole in opened([act.target.strip() for act in acts], step.observation):
                if not step.failed and not is_error(text):
                    met(pages, url).add(text, step.turn, whole)
        elif acts[0].kind == "search" and not step.failed and not says_nothing(step.observation):
            entries = entries_of(step.observation)
            if not entries:  # plain text, such as the first lines of an encyclopaedia's page
                if not (step.tool.lower() == "lookup" and subject):
                    subject = " | ".join(act.target.strip() for act in acts)
                entries = [Entry(subject, "", step.observation.strip())] if subject else []
            for url, title, text in entries:
                if text := text.strip():
                    met(results, url, title).add(text, step.turn)
    return pages, results


def met(known: dict[str, Found], name: str, title: str = "") -> Found:
    key = address(name)
    if key not in known:
        known[key] = Found(name, title)
    return known[key]


def opened(urls: list[str], observation: str) -> list[tuple[str, str, bool]]:
    """(address, text, whole) of each page in what one call showed. One text of several pages that cannot be told
    apart stays one page, named after all of them."""
    text = observation.strip()
    if text.startswith(EXTRACT):
        return extracts(text)
    if text[:1] in ("{", "["):
        try:
            value = decode(text.encode("utf-8", "replace"))
        except RowError:
            value = None
        if isinstance(value, list) and len(found := json_entries(value)) == len(value) > 0:
            return [(entry.url, entry.text, True) for entry in found]
        inner = [value[key] for key in PAGE_KEYS if isinstance(value.get(key), str)] if isinstance(value, dict) else []
        if inner and not (isinstance(value, dict) and value.get("error")):
            text = inner[0].strip()
    if len(urls) > 1 and (parts := split_at(urls, text)):
        return parts
    return [(" ".join(urls), text, True)] if any(urls) else []


def extracts(text: str) -> list[tuple[str, str, bool]]:
    found = []
    for part in text.removeprefix(EXTRACT).split("\n=======\n" + EXTRACT):
        head, mark, body = part.partition(" as follows:")
        if not mark:
            head, _, body = part.partition("\n")
        url = head.partition(" for user goal")[0].strip()
        if url:
            found.append((url, "" if UNREAD in body[:400] else body.strip().removesuffix("\n=======").strip(), False))
    return found


def split_at(urls: list[str], text: str) -> list[tuple[str, str, bool]]:
    """The parts of `text` that begin with a line that holds each address, when all stand there in order."""
    starts, at = [], 0
    for url in urls:
        place = text.find(url, at) if url else -1
        line = text.rfind("\n", 0, place) + 1
        if place < 0 or place - line > 40:
            return []
        starts.append(line)
        at = place + len(url)
    ends = [*starts[1:], len(text)]
    return [(url, text[start:end].strip(), True) for url, start, end in zip(urls, starts, ends)]


def is_error(text: str) -> bool:
    """Is it a tool's complaint rather than a page? A page may well begin with the word error, but not be as short."""
    return not text.strip() or (len(text) < ERROR_LENGTH and bool(ERROR.match(text)))


@lru_cache(4_096)  # a page is listed, opened and listed again
def address(url: str) -> str:
    """The address in a form that its usual spellings share: scheme, `www.`, fragment and last slash do not count."""
    scheme, mark, rest = url.strip().partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        return url.strip()
    rest, question, query = rest.partition("#")[0].partition("?")
    host, _, path = rest.partition("/")
    path = path.rstrip("/")
    return host.lower().removeprefix("www.") + (f"/{path}" if path else "") + question + query


def reasoning_of(trajectory: Trajectory) -> str:
    said = [step.reasoning for step in trajectory.steps]
    return "\n".join([*said, trajectory.final_reasoning, trajectory.final_answer]).casefold()


def named(page: Found, said: str) -> bool:
    """Does the agent's writing (in lower case) name the page, by its address or its heading?"""
    heading = page.title or page.text[:200].partition("\n")[0].strip("# ")
    return address(page.name).casefold() in said or (len(heading) >= 8 and heading.casefold() in said)


def evidence(role: str, kind: str, found: Found) -> Evidence:
    return Evidence(role, kind, found.name, found.text, tuple(found.turns), found.whole)  # type: ignore[arg-type]
