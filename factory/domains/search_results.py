"""Entries of search results, in the shapes in which tools print them.

JSON lists (also inside JSON strings), numbered `[title](url)` lists, `Title:` / `URL:` / `Snippet:` blocks, `Doc 1(Title: ...)`.
Text in none of these shapes is one entry, named after what was asked.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from factory import syntax_trees
from factory.decoding import decode
from factory.errors import RowError

URL_KEYS = ("url", "link", "href", "source_url", "formattedUrl", "filing_url", "uri", "docid", "doc_id", "document_id")
TEXT_KEYS = ("snippet", "content", "description", "text", "summary", "body", "page_content", "raw_content", "abstract", "highlights")
MAX_ENTRIES = 1_000
MAX_LITERAL = 200_000
"""Characters of a Python literal: its parser is slow."""

NUMBERED = re.compile(r"\s{0,8}\d{1,3}[.)]\s{1,4}\[")
LINKED = re.compile(r"\s{0,8}(?:[-*]\s{1,4})?\[")
TITLED = re.compile(r"^Doc(?:ument)? ?\d{1,3} ?\(Title: ?\"?([^\n\"]{1,300}?)\"?\)[ \t]{0,4}:?", re.M)
"""How the retrievers of Search-R1 and its kin begin a passage; a title is all the name that it has."""
LABEL = re.compile(r"[\s\-*#>]{0,8}(?:\[?\d{1,3}[\].):]{1,2}\s{0,4})?\**(title|url|link|source|snippet|content|description|summary|date|text)\**\s{0,4}:\**\s{0,4}", re.I)
NOTHING = re.compile(
    r"\W{0,4}(?:no (?:search |good |relevant )?(?:results|matches|documents|information)\b|could not find\b|nothing (?:was )?found\b"
    r"|(?:search )?error\b|failed\b|invalid\b|0 results|\[search\] failed|there are no (?:more )?results)",
    re.I,
)


class Entry(NamedTuple):
    url: str
    """"" where the tool names no address."""
    title: str
    text: str
    """Title and snippet, as the agent saw them."""


def entries_of(observation: str) -> list[Entry]:
    """The entries of one observation of a search; [] when it is in no known shape."""
    text = observation.strip()
    if text[:1] in ("{", "["):
        try:
            return json_entries(decode(text.encode("utf-8", "replace")))
        except RowError:  # a printed Python list, cut short, or text that begins with a bracket
            if text[-1:] in ("}", "]") and len(text) <= MAX_LITERAL and (found := json_entries(printed(text))):
                return found
    if "](" in text and (found := numbered_entries(text, NUMBERED) or numbered_entries(text, LINKED)):
        return found
    return titled_entries(text) or labelled_entries(text)


def titled_entries(text: str) -> list[Entry]:
    heads = list(TITLED.finditer(text))[:MAX_ENTRIES]
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [Entry(head.group(1), head.group(1), f"{head.group(1)}\n{text[head.end() : end].strip()}") for head, end in zip(heads, ends)]


def printed(text: str) -> Any:
    try:
        return syntax_trees.literal(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def says_nothing(observation: str) -> bool:
    """Did the search fail, or find nothing?"""
    return not observation.strip() or bool(NOTHING.match(observation, 0, 200))


def json_entries(value: Any) -> list[Entry]:
    """Objects that hold an address, wherever they stand; lists written as JSON strings are opened."""
    found: list[Entry] = []
    level = [value]
    for _ in range(8):
        below: list[Any] = []
        for item in level:
            if isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str):
                if item.lstrip()[:1] in ("{", "["):
                    try:
                        below.append(decode(item.encode("utf-8", "replace")))
                    except RowError:
                        continue
            elif isinstance(item, dict):
                url = str(next((item[key] for key in URL_KEYS if isinstance(item.get(key), str | int) and not isinstance(item[key], bool) and item[key] != ""), ""))
                title = item.get("title") or item.get("name") or ""
                title = title if isinstance(title, str) else ""
                body = next((item[key] for key in TEXT_KEYS if isinstance(item.get(key), str) and item[key]), "")
                if url and (title or body):
                    found.append(Entry(url, title, "\n".join(part for part in (title, body) if part)))
                else:
                    below.extend(item.values())
        level = below
        if not level or len(found) > MAX_ENTRIES:
            break
    return found[:MAX_ENTRIES]


ENDS = ("=======", "## Web Results", "A Google search for ")
ENDS_BEGIN = frozenset(end[0] for end in ENDS)


def numbered_entries(text: str, begins: re.Pattern[str]) -> list[Entry]:
    """`1. [title](url)`, or `[title](url)` where none has a number, and the lines under it; a rule or a heading of the next list ends an entry."""
    entries: list[tuple[str, str, list[str]]] = []
    lines: list[str] = []  # what belongs to no entry goes here too, and is forgotten
    for line in text.split("\n"):
        middle = line.rfind("](")
        if middle > 0 and (start := begins.match(line)) and (end := line.find(")", middle)) > 0 and may_be_address(line[middle + 2 : end], begins is NUMBERED):
            end = line.rfind(")") if line[-1] == ")" or line.rstrip().endswith(")") else end  # an address may hold brackets
            lines = [line[end + 1 :].strip(" -:")]
            entries.append((line[middle + 2 : end].strip(), line[start.end() : middle].strip(), lines))
        elif line[:1] in ENDS_BEGIN and line.startswith(ENDS):
            lines = []
        else:
            lines.append(line)
    bodies = ["\n".join(lines).strip() for _, _, lines in entries]
    found = [Entry(url, title, f"{title}\n{body}" if title and body else title or body) for (url, title, _), body in zip(entries, bodies) if url]
    return found[:MAX_ENTRIES]


def may_be_address(text: str, numbered: bool) -> bool:
    """In a list that is numbered it is one for where it stands."""
    return " " not in text and (numbered or "://" in text)


def labelled_entries(text: str) -> list[Entry]:
    """Blocks of `Title:`, `URL:`, `Snippet:` lines; a label that comes again begins the next entry."""
    found: list[Entry] = []
    fields: dict[str, list[str]] = {}
    last = ""

    def close() -> None:
        texts = {name: "\n".join(lines).strip() for name, lines in fields.items()}
        if url := texts.pop("url", ""):
            title = texts.pop("title", "")
            found.append(Entry(url, title, "\n".join(part for part in (title, *texts.values()) if part)))

    for line in text.split("\n"):
        label = LABEL.match(line)
        if label:
            name = label.group(1).lower()
            name = "url" if name in ("link", "source") and "://" in line else name
            if name in fields and name in ("url", "title"):
                close()
                fields = {}
            fields.setdefault(name, []).append(line[label.end() :].strip())
            last = name
        elif last and last not in ("url", "title") and len(fields) > 1 and not line.startswith(("=====", "-----", "*****")):
            fields[last].append(line)
    close()
    return found[:MAX_ENTRIES]
