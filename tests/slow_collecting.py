"""Evidence of the worlds' runs again, from the raw rows alone: slow, without anything of `factory`'s collectors.

What a world cannot say in its rows (which files its agent inspected, which tables its queries read) is taken from
what the world expects of each run, which it knows by construction.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

from factory.records import Evidence


def observations(row: dict[str, Any]) -> list[tuple[int, str, dict[str, Any], str]]:
    """(turn, tool, arguments, observation) of every call, in the order of the calls."""
    calls, turn = [], -1
    answers = {m["tool_call_id"]: m["content"] for m in row["messages"] if m["role"] == "tool"}
    for message in row["messages"]:
        if message["role"] == "assistant":
            turn += 1
            for call in message.get("tool_calls") or []:
                function = call["function"]
                calls.append((turn, function["name"], json.loads(function["arguments"]), answers[call["id"]]))
    return calls


def slow_search(row: dict[str, Any], expected: dict[str, Any], folder: Path) -> list[Evidence]:
    pages: dict[str, list[str]] = {}
    results: dict[str, list[str]] = {}
    for _, tool, arguments, shown in observations(row):
        if tool == "visit":
            if not shown.startswith("Error"):
                remember(pages.setdefault(arguments["url"], []), shown.strip())
        elif tool == "search":
            for entry in re.split(r"\n(?=\d+\. \[)", "\n" + shown):
                if found := re.match(r"\d+\. \[(.*?)\]\((\S+)\)\n(.*)", entry.strip(), re.S):
                    title, url, snippet = found.groups()
                    remember(results.setdefault(url, []), f"{title}\n{snippet.strip()}")
    truth = row["ground_truth"]
    forms = [truth["text"], re.sub(r"\([^()]*\)", " ", truth["text"]), *truth["aliases"]]
    forms += [known for known in re.findall(r"\(([^()]*)\)", truth["text"]) if "known as" in known]
    forms = [part for form in forms for part in re.split(r"also known as", form)]
    evidence = [piece("gold", "page", url, "\n\n".join(texts)) for url, texts in pages.items()]
    for url, texts in results.items():
        text = "\n\n".join(texts)
        if url not in pages and not any(words(form) in words(text) for form in forms if len(words(form)) > 4):
            evidence.append(piece("tier2", "snippet", url, text))
    return evidence


def remember(texts: list[str], text: str) -> None:
    """A text that is inside a known one adds nothing; a known one inside it is replaced."""
    if not any(text in known for known in texts):
        texts[:] = [known for known in texts if known not in text] + [text]


def words(text: str) -> str:
    """Words in lower case without accents, one space around each."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return f" {' '.join(''.join(c if c.isalnum() else ' ' for c in plain).split())} "


def slow_swe(row: dict[str, Any], expected: dict[str, Any], folder: Path) -> list[Evidence]:
    """Files as `git show` prints them at the base commit: those of the patch, then those that were inspected."""
    environment = row["environment"]
    clone = folder / f"clone-{Path(environment['repository']).stem}"
    if not clone.exists():
        subprocess.run(["git", "clone", "-q", "--bare", str(folder / environment["repository"]), str(clone)], check=True, capture_output=True)
    patched = [line.removeprefix("--- a/") for line in row["ground_truth"]["text"].split("\n") if line.startswith("--- a/")]
    assert sorted(patched) == expected["gold"]
    evidence = []
    for role, paths in (("gold", patched), ("tier1", expected["tier1"])):
        for path in paths:
            shown = subprocess.run(["git", "--git-dir", str(clone), "show", f"{environment['base_commit']}:{path}"], check=True, capture_output=True)
            evidence.append(piece(role, "file", path, shown.stdout.decode()))
    return evidence


def slow_sql(row: dict[str, Any], expected: dict[str, Any], folder: Path) -> list[Evidence]:
    connection = sqlite3.connect(folder / row["environment"]["database"])
    evidence = [piece("gold", "table", name, slow_table(connection, name)) for name in expected["gold"]]
    connection.close()
    return evidence


def slow_table(connection: sqlite3.Connection, name: str) -> str:
    columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
    references = {key[3]: (key[2], key[4]) for key in connection.execute(f'PRAGMA foreign_key_list("{name}")')}
    keys = [column[1] for column in columns if column[5]]
    parts = []
    for _, column, type_, not_null, _, key in columns:
        part = f"{column} {type_}".strip()
        if key and len(keys) == 1:
            part += " PRIMARY KEY"
        elif not_null:
            part += " NOT NULL"
        if column in references:
            table, target = references[column]
            part += f" REFERENCES {table}" + (f"({target})" if target else "")
        parts.append(part)
    if len(keys) > 1:
        parts.append(f"PRIMARY KEY ({', '.join(keys)})")
    rows = connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()
    lines = [f"CREATE TABLE {name} ({', '.join(parts)})", f"{len(rows)} rows:", ",".join(column[1] for column in columns)]
    return "\n".join([*lines, *(",".join(slow_cell(cell) for cell in row) for row in rows)])


def slow_cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return f"X'{cell.hex().upper()}'"
    if isinstance(cell, int | float):
        return repr(cell)
    bare = cell not in ("", "true", "false", "NULL") and not set(cell) & set('",\n\r') and cell == cell.strip() and not cell.startswith("X'")
    return cell if bare and not is_number(cell) else '"' + cell.replace('"', '""') + '"'


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def piece(role: str, kind: str, name: str, text: str) -> Evidence:
    return Evidence(role=role, kind=kind, name=name, text=text)  # type: ignore[arg-type]


SLOW_COLLECTORS = {"search": slow_search, "swe": slow_swe, "sql": slow_sql}
