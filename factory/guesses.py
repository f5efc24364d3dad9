"""What a call of a tool that no table names did, as far as its arguments tell; its name decides where they do not.

A statement is a query, an address is visited, a command is run, text beside a path edits it, a range of lines views it, and
a query that documents answer is a search. Where two readings are left nothing is guessed: the recipe's `vocabulary` says it.
"""

from __future__ import annotations

import re
from typing import Any

STATEMENT = re.compile(
    r"\s{0,200}(?:(?:/\*(?:(?!\*/).){0,500}\*/|--[^\n]{0,500}\n)\s{0,200}){0,5}"
    r"(?:select\s.{1,20000}?\sfrom\s|select\s+(?:count\s*\(|\d|'|\*)"
    r"|with\s+(?:recursive\s+)?\w+\s*(?:\([^()]{0,500}\)\s*)?as\s*\("
    r"|pragma\s+\w+|show\s+(?:tables|columns|databases|create)\b|explain\s+(?:query\s+plan\s+)?select\s)",
    re.I | re.S,
)
STATEMENTS = ("sql", "sql_query", "query", "statement", "queries", "q", "command", "input", "code")
ADDRESSES = ("url", "urls", "url_list", "link", "links", "uri", "href", "webpage", "website", "page_url", "target_url")
DOCUMENT_IDS = ("docid", "doc_id", "document_id", "page_id", "article_id", "id", "title", "page", "article")
COMMANDS = ("command", "cmd", "bash_command", "shell_command", "commands")
PATHS = ("path", "file_path", "filePath", "filepath", "filename", "file_name", "file", "target_file", "absolute_path", "relative_path", "paths", "files")
QUERIES = ("query", "queries", "q", "search_query", "search_queries", "search_term", "keywords", "keyword", "question", "topic", "entity")
NEW_TEXT = {"old_str", "new_str", "old_string", "new_string", "old_text", "new_text", "content", "contents", "file_text", "new_content", "diff", "patch",
            "replacement", "insert_line", "edits", "code_edit"}  # fmt: skip
RANGES = {"start_line", "end_line", "line_start", "line_end", "view_range", "line_range", "offset", "limit", "line_number", "n_lines", "num_lines", "start", "end"}
WRITING = {"write", "edit", "replace", "insert", "create", "delete", "remove", "append", "patch", "modify", "update", "save", "rename", "move", "undo"}
READING = {"read", "view", "open", "show", "cat", "peek", "display", "print", "see"}
LISTING = {"list", "ls", "dir", "directory", "tree", "find", "glob", "grep", "folder", "outline", "search"}
SEARCHING = {
    "search", "retrieve", "retrieval", "retriever", "lookup", "google", "bing", "duckduckgo", "wiki",
    "wikipedia", "web", "arxiv", "scholar", "pubmed", "rag", "serp", "tavily", "exa",
}  # fmt: skip
CODE = {
    "code", "codebase", "file", "files", "symbol", "symbols", "class", "function", "method", "repo",
    "repository", "grep", "definition", "references", "dir", "directory", "tool", "tools", "memory",
}  # fmt: skip
OPENING = {"get", "fetch", "open", "read", "load", "visit", "view", "browse", "crawl", "scrape"}
PAGES = {"document", "doc", "page", "article", "passage", "webpage", "site"}
BESIDE_PAGES = {"download", "click", "screenshot", "type", "scroll", "clone", "post", "api", "request", "upload", "submit"}
STORES = {"sql", "db", "database", "table", "warehouse", "sqlite", "duckdb", "postgres", "mysql", "bigquery", "snowflake"}
VISITING = {"browser", "web", "url", "link", "reader", "extract", "navigate", "goto", "go", "website", "site", "http", "html", "content", "scraper", "crawler", "jina", "firecrawl", "pull", "text", "tool"}
"""Beside OPENING and PAGES: words of tools that return what stands at an address."""
HANDING_IN = {"submit", "finish", "answer", "final"}
ABOUT = {"info", "metadata", "stat", "stats", "log", "blame", "history", "diff", "lint", "test", "tests", "check", "checker", "explain", "validate", "format",
         "save", "bookmark", "bookmarks", "memory", "memories", "remember", "note", "notes", "llm", "generate", "image", "summarize", "translate"}  # fmt: skip
"""Words of tools that say something about what their arguments name, or do something with it, and do not show it."""
VIEWERS = ("view", "open", "read", "show")
EDITORS = ("create", "str_replace", "insert", "undo_edit", "replace", "write", "edit")
DOCUMENTS = re.compile(r"\"(?:url|link|docid|doc_id|title|snippet|passage)\"\s{0,4}:|^\s{0,4}(?:\[\d{1,3}\]|Doc(?:ument)? ?\d|Title:|URL:)", re.M)
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def guess(tool: str, arguments: dict[str, Any], observation: str) -> tuple[str, str]:
    """(kind of action, argument that holds its target); ("other", "") where nothing tells."""
    words = {word.lower() for word in WORDS.findall(tool)}
    if words & (HANDING_IN | ABOUT):
        return "other", ""
    for key in STATEMENTS if words & STORES or not words & SEARCHING else ():  # "select the best mill from ..." may be asked of the web
        if is_statement(arguments.get(key)):
            return "query", key
    for key in ADDRESSES:
        if is_address(arguments.get(key)) and words & (OPENING | PAGES | VISITING) and not words & BESIDE_PAGES:
            return "visit", key
    path = next((key for key in PATHS if arguments.get(key)), "")
    command = next((key for key in COMMANDS if arguments.get(key)), "")
    if path and arguments.get(command) in VIEWERS:
        return "view", path
    if command and not (path and arguments[command] in EDITORS):
        return "run", command
    if path and (kind := of_path(words, arguments)):
        return kind, path
    query = next((key for key in QUERIES if arguments.get(key)), "")
    if query and words & CODE:
        return "list", path or query
    if query and not path and (words & SEARCHING or (query != "question" and DOCUMENTS.search(observation, 0, 2_000))):
        return "search", query
    if words & OPENING and words & PAGES and (key := next((key for key in DOCUMENT_IDS if arguments.get(key)), "")):
        return "visit", key
    return "other", ""


BESIDE = {"description", "reason", "thought", "explanation", "goal", "encoding", "repo", "language", "mode", "security_risk"}
"""Texts beside a path that change nothing in it."""


def of_path(words: set[str], arguments: dict[str, Any]) -> str:
    """What was done to a path that a call names; "" where nothing tells."""
    if words & WRITING or any(arguments.get(key) is not None for key in NEW_TEXT):
        return "edit"
    if words & LISTING or "pattern" in arguments:
        return "list"
    texts = [key for key, value in arguments.items() if isinstance(value, str) and key not in BESIDE and key not in PATHS and key not in RANGES]
    if texts and not words & READING:
        return ""  # perhaps what is written there
    return "view" if words & READING or (words & OPENING and "file" in words) else ""


def is_statement(value: Any) -> bool:
    value = value[0] if isinstance(value, list) and value else value
    return isinstance(value, str) and bool(STATEMENT.match(value))


def is_address(value: Any) -> bool:
    value = value[0] if isinstance(value, list) and value else value
    value = value.get("url") if isinstance(value, dict) else value
    return isinstance(value, str) and value.lower().startswith(("http://", "https://", "www."))
