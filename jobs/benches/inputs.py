"""What the benches compile: the worlds, and runs over the real prose and code of this Python installation.

`text` opens them as pages, `tables` queries them as rows of a database of its own for each run. No two pages of the
real text are equal, so no cache of texts helps; it is what Python's library and the installed packages ship as source
and documentation. Everything is made once and kept in the bench's folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import sqlite3
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from factory import worlds
from factory.errors import SettingsError
from factory.worlds.runs import tool

SEED = 7
ENDINGS = (".py", ".pyi", ".md", ".rst", ".txt", ".h", ".html", ".pm", ".pod", ".js", ".c")
PAGE = 48_000
"""Characters of a page at most: longer files are cut at line ends."""
SMALLEST_PAGE = 400
SMALLEST_RUN, LARGEST_RUN = 40_000, 300_000
"""Characters of the pages that one run opens: log-uniform between the two, 130,000 on average."""
FILE_RUNS = 50
REAL = ("text", "tables")
QUERY = "SELECT package, COUNT(*) AS pages, SUM(lines) AS lines FROM pages GROUP BY package ORDER BY package"
TOOLS = [
    tool("search", "Search the library.", query="What to search for"),
    tool("visit", "Open a page and return its full text.", url="Address of the page"),
]


def prepare(folder: Path, name: str, num_runs: int) -> Path:
    """Folder that holds `num_runs` runs of the input `name`: one of REAL, or a world."""
    out = folder / f"{name}-{num_runs}"
    marker = out / "made.json"
    if not marker.exists():
        if name in REAL:
            write_real_runs(out / name, name, num_runs)
        else:
            worlds.write(name, num_runs, SEED, out)
        marker.write_text(json.dumps({"runs": num_runs}))
    return out / name


def write_real_runs(out: Path, name: str, num_runs: int) -> None:
    (out / "databases").mkdir(parents=True, exist_ok=True)
    pages = text_pages()
    for start in range(0, num_runs, FILE_RUNS):
        with open(out / f"runs-{start // FILE_RUNS:05d}.jsonl", "wb") as file:
            for index in range(start, min(start + FILE_RUNS, num_runs)):
                opened = take(index, pages)
                run = text_run(index, opened) if name == "text" else table_run(index, opened, out)
                file.write(orjson.dumps(run) + b"\n")


def take(index: int, pages: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """The next pages for one run."""
    rng = random.Random(f"{SEED} {index}")
    wanted = int(SMALLEST_RUN * (LARGEST_RUN / SMALLEST_RUN) ** rng.random())
    taken: list[tuple[str, str]] = []
    while sum(len(text) for _, text in taken) < wanted:
        page = next(pages, None)
        if page is None:
            raise SettingsError(f"the installed sources and documents are used up after {index} runs; ask for fewer runs")
        taken.append(page)
    return taken


def table_run(index: int, pages: list[tuple[str, str]], out: Path) -> dict[str, Any]:
    """One run: it looks at a database of pages and counts them by package."""
    rows = [(url, url.split("/")[-2], text.count("\n") + 1, text) for url, text in pages]
    place = f"databases/{index:06d}.sqlite"
    (out / place).unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(out / place)) as database:
        database.execute("CREATE TABLE pages (path TEXT PRIMARY KEY, package TEXT, lines INTEGER, text TEXT)")
        database.executemany("INSERT INTO pages VALUES (?, ?, ?, ?)", rows)
        database.commit()
        counted = database.execute(QUERY).fetchall()
    shown = ["| package | pages | lines |", "| --- | --- | --- |", *(f"| {name} | {num} | {lines} |" for name, num, lines in counted)]
    messages = [
        {"role": "user", "content": "How many pages and lines has each package? Give package, pages and lines, by package."},
        *called("q0", "query", {"sql": QUERY}, "\n".join(map(str, counted))),
        {"role": "assistant", "content": "<think>One row for each package.</think>\n\n" + "\n".join(shown)},
    ]
    return {
        "task_id": f"tables-{index:06d}",
        "domain": "sql",
        "messages": messages,
        "ground_truth": {"sql": QUERY},
        "environment": {"database": place, "dialect": "sqlite"},
        "solved": True,
    }


def text_run(index: int, opened: list[tuple[str, str]]) -> dict[str, Any]:
    """One run: it searches, opens some of what it found, and names a word of the last page."""
    answer = max(opened[-1][1].split()[:2_000], key=lambda word: (word.isalnum(), len(word) <= 30, len(word)))
    question = f"Which long word stands in {opened[-1][0]}?"
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    for number, (url, text) in enumerate(opened):
        if number % 4 == 0:
            listed = [(near, text[:300]) for near, text in opened[number : number + 4]]
            listed += [(f"{near}/about", text[len(text) // 2 :][:300]) for near, text in opened[number : number + 4]]
            lines = [f"{i}. [{near}]({near})\n{' '.join(said.split())}" for i, (near, said) in enumerate(listed, 1)]
            messages += called(f"s{number}", "search", {"query": url.rsplit("/", 1)[-1]}, "\n\n".join(lines))
        messages += called(f"v{number}", "visit", {"url": url}, text)
    messages.append({"role": "assistant", "content": f"<think>The last page holds it.</think>{answer}"})
    return {
        "task_id": f"text-{index:06d}",
        "domain": "search",
        "messages": messages,
        "tools": TOOLS,
        "ground_truth": {"text": answer, "aliases": []},
        "environment": {},
        "solved": True,
    }


def called(call_id: str, name: str, arguments: dict[str, str], observation: str) -> list[dict[str, Any]]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": call_id, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": f"I go on with {name}.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": observation},
    ]


def text_pages() -> Iterator[tuple[str, str]]:
    """(address, text) of distinct pages, in an order that mixes packages."""
    paths = sorted({path for root in roots() for path in root.rglob("*") if path.suffix in ENDINGS and path.is_file()})
    random.Random(SEED).shuffle(paths)
    seen: set[bytes] = set()
    for path in paths:
        data = path.read_bytes()
        key = hashlib.sha256(data).digest()
        if key in seen or b"\0" in data:
            continue
        seen.add(key)
        text, part = data.decode("utf-8", "replace").strip(), 0
        while text:
            end = len(text) if len(text) <= PAGE else text.rfind("\n", 0, PAGE) + 1 or PAGE
            if len(page := text[:end].strip()) >= SMALLEST_PAGE:
                yield f"https://library.example{path}" + (f"?part={part}" if part else ""), page
            text, part = text[end:], part + 1


def roots() -> list[Path]:
    """Where sources and documents lie: Python's library, what is installed for it, and the system's."""
    places = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    places += [f"{sys.base_prefix}/share", "/usr/share/doc", "/usr/share/perl", "/usr/include", "/usr/lib/python3"]
    return [Path(place) for place in dict.fromkeys(places) if Path(place).is_dir()]
