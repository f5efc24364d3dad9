"""What tool calls mean: a table from tool names to kinds of action.

Agents call the same deed by many names; the table covers those of known agents, and a recipe's
`vocabulary` adds names without code. A tool that neither names is guessed from its arguments (factory/guesses.py).
Shell commands inside `run` are not parsed here (factory/shell).
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from factory.guesses import guess, is_statement
from factory.recipe import Vocabulary
from factory.records import Domain, Step

VERSION = "4"
"""Raised when a call is understood differently. Part of the version of whoever uses it."""

ActionKind = Literal["search", "visit", "view", "edit", "run", "query", "list", "submit", "other"]


class Action(NamedTuple):
    kind: ActionKind
    target: str
    """search: the query; visit: the URL; view, edit, list: the path; run: the command; query: the SQL;
    submit: what is handed in. "" where the call does not say it."""


PATH = ("path", "file_path", "filePath", "filename", "file", "file_name", "target_file", "absolute_path", "relative_path",
        "filepath", "notebook_path", "TargetFile", "AbsolutePath", "paths", "files")
COMMAND = ("command", "cmd", "script", "input", "code", "commands")
QUERY = ("query", "queries", "query_list", "q", "search_query", "user_query", "search_term", "keywords", "question", "input", "text", "entity", "prompt")
URL = ("url", "urls", "url_list", "link", "links", "uri", "webpage", "page", "href", "source", "docid", "doc_id", "document_id", "id", "input", "query")
SQL = ("sql", "query", "statement", "sql_query", "command", "input", "q", "code")
ANSWER = ("answer", "final_result", "final_answer", "result", "response", "sql", "patch", "text", "message", "content", "output", "input")
PATTERN = (*PATH, "directory", "dir", "dir_path", "pattern", "glob", "query")


def names(kind: ActionKind, arguments: tuple[str, ...], *tools: str) -> dict[str, tuple[ActionKind, tuple[str, ...]]]:
    return {tool: (kind, arguments) for tool in tools}


# tool name in lower case -> (kind, arguments that may hold the target, first match wins)
TOOLS: dict[str, tuple[ActionKind, tuple[str, ...]]] = {
    **names("search", QUERY, "search", "web_search", "websearch", "google_search", "google", "bing_search", "search_web",
            "internet_search", "search_engine", "duckduckgo_search", "duckduckgo", "brave_search", "brave_web_search",
            "tavily_search", "tavily_search_results_json", "tavily-search", "serper_search", "serpapi", "web_search_exa",
            "exa_search", "google_scholar", "google_scholar_search", "wikipedia", "wikipedia_search", "search_wikipedia",
            "wiki_search", "arxiv_search", "image_search", "local_search", "retrieve", "retriever", "retrieval",
            "knowledge_base_search", "search_documents", "search_docs", "file_search", "sec_filing_search", "lookup",
            "web_search_call", "search_pubmed", "batch_search", "websearch_tool", "google_web_search", "local_knowledge_base_retrieval",
            "search_engine_tool", "web_search_tool", "wiki_retriever", "wikisearch", "bing", "parallel_search"),
    **names("visit", URL, "visit", "web_fetch", "webfetch", "fetch", "fetch_url", "browse", "browse_page", "open_url",
            "open_page", "visit_page", "visit_webpage", "visit_website", "visit_url", "goto_url", "web_browser_go",
            "go_to_url", "browser_navigate", "browser_goto", "navigate", "read_url", "read_webpage", "read_page", "crawl",
            "crawl_page", "crawl_url", "crawling_exa", "scrape", "scrape_page", "scrape_url", "scrape_website", "get_page",
            "get_webpage", "get_document", "open_document", "read_document", "tavily_extract", "tavily-extract",
            "firecrawl_scrape", "jina_reader", "parse_html_page", "extract_url_content", "browse_url", "url_reader", "visit_tool",
            "scrape_and_extract_info", "jina_scrape_llm_summary", "click_link", "visit_web_page", "fetch_webpage", "crawl_webpage"),
    **names("view", PATH, "read", "read_file", "view", "view_file", "open", "open_file", "cat", "cat_file", "goto",
            "scroll_down", "scroll_up", "view_range", "read_lines", "read_many_files", "notebookread", "read_text_file",
            "get_file_contents", "show_file", "fs_read", "view_file_outline", "readfile", "file_read", "view_source"),
    **names("edit", PATH, "edit", "edit_file", "multiedit", "write", "write_file", "write_to_file", "create", "create_file",
            "str_replace", "replace", "replace_in_file", "insert", "insert_line", "append", "patch", "notebookedit",
            "search_replace", "delete_file", "apply_diff", "fs_write", "replace_file_content", "edit_block", "undo_edit",
            "insert_content", "append_file", "move_file", "writefile", "strreplacefile", "file_write", "insert_edit_into_file",
            "replace_string_in_file", "multi_replace_string_in_file", "create_new_file", "update_file"),
    **names("run", COMMAND, "bash", "shell", "sh", "terminal", "execute_bash", "run", "run_command", "run_shell_command",
            "execute_command", "local_shell", "local_shell_call", "exec_command", "container.exec", "run_terminal_cmd",
            "run_in_terminal", "bash_tool", "execute", "cmd_run", "powershell", "command", "unified_exec", "shell_command", "command_execution",
            "execute_bash_command", "terminal_tool", "bash_command", "run_bash"),
    **names("query", SQL, "query", "execute_sql", "run_sql", "sql_query", "sql", "execute_query", "run_query", "query_database",
            "database_query", "sqlite_query", "query_sqlite", "sql_db_query", "read_query", "write_query", "execute_sqlite",
            "snowflake_query", "bigquery_query", "local_db_sql", "exec_sql", "db_query", "bigquery_exec_sql", "snowflake_exec_sql",
            "sql_executor", "execute_sql_query", "run_sql_query", "sql_execute", "sqlite_exec"),
    **names("list", PATTERN, "ls", "list", "list_dir", "list_files", "list_directory", "glob", "grep", "find", "find_file",
            "find_by_name", "grep_search", "search_files", "search_dir", "search_file", "search_code", "codebase_search",
            "file_glob_search", "grep_files", "list_tables", "sql_db_list_tables", "sql_db_schema", "get_schema",
            "describe_table", "get_table_schema", "list_columns", "search_file_content", "rg", "directory_tree"),
    **names("submit", ANSWER, "submit", "finish", "final_answer", "answer", "submit_answer", "submit_sql",
            "submit_final_result", "submit_final_answer", "complete", "attempt_completion", "terminate", "done", "exit",
            "give_answer", "submit_patch"),
}

SQUEEZED = {name.replace("_", "").replace("-", ""): name for name in reversed(TOOLS)}

# one tool, several deeds: the argument `command` says which
EDITORS = {"str_replace_editor", "str_replace_based_edit_tool", "edit_tool", "text_editor", "file_editor"}
PATCHERS = {"apply_patch", "applypatch"}
ADDRESS = re.compile(r"https?://[^\s<>\"')\]]{1,2000}")
PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)

EVIDENCE_OF: dict[ActionKind, Domain] = {"query": "sql", "edit": "swe", "run": "swe", "visit": "search", "search": "search"}


def classify(step: Step, vocabulary: Vocabulary = Vocabulary()) -> tuple[Action, ...]:  # noqa: B008  (frozen)
    """What the call of `step` did. One call may visit several URLs or ask several queries; () for a turn without a call."""
    tool = step.tool
    if not tool:
        return ()
    for kind in ("search", "visit", "view", "edit", "run", "query"):
        added = getattr(vocabulary, kind)
        if tool in added:
            return actions(kind, step.arguments, (added[tool],))  # type: ignore[arg-type]
    name = plain_name(tool)
    if name in EDITORS:
        viewed = step.arguments.get("command", "view") == "view"
        return actions("view" if viewed else "edit", step.arguments, PATH)
    if name in PATCHERS:
        texts = [value for value in step.arguments.values() if isinstance(value, str)]
        paths = [path.strip() for text in texts for path in PATCHED.findall(text)]
        return tuple(Action("edit", path) for path in paths) or (Action("edit", ""),)
    if name not in TOOLS:
        guessed, key = guess(tool, step.arguments, step.observation)
        return actions(guessed, step.arguments, (key,))  # type: ignore[arg-type]
    kind, arguments = TOOLS[name]
    if kind == "run" and (key := next((key for key in COMMAND if is_statement(step.arguments.get(key))), "")):
        return actions("query", step.arguments, (key,))  # no shell knows it
    if kind == "list" and name in ("grep", "find", "search_file_content", "grep_search", "grep_files", "search_files"):
        arguments = PATH + PATTERN  # the place searched, before the pattern
    return actions(kind, step.arguments, arguments)


def plain_name(tool: str) -> str:
    """`mcp__tavily__tavily_search`, `functions.bash`, `Bash` and `Web-Search` as the table writes them."""
    name = tool.lower()
    if name in TOOLS:
        return name
    for mark in ("__", ".", "/", ":"):
        name = name.rpartition(mark)[2] or name
    return name if name in TOOLS else SQUEEZED.get(name.replace("_", "").replace("-", "").replace(" ", ""), name)


def actions(kind: ActionKind, arguments: dict[str, Any], keys: tuple[str, ...]) -> tuple[Action, ...]:
    for key in keys:
        value = arguments.get(key)
        if isinstance(value, str):
            return (Action(kind, value),)
        if isinstance(value, list) and kind == "run":  # an argument vector, such as ["bash", "-lc", "ls"]
            return (Action(kind, command_of([str(part) for part in value])),)
        if isinstance(value, list) and value:
            return tuple(Action(kind, str(url_of(item))) for item in value)
    if kind == "visit" and isinstance(prompt := arguments.get("prompt"), str):  # Gemini: the addresses stand in what is asked of them
        return tuple(Action(kind, url) for url in ADDRESS.findall(prompt)) or (Action(kind, ""),)
    return (Action(kind, ""),)


def command_of(vector: list[str]) -> str:
    if len(vector) >= 3 and vector[1] in ("-c", "-lc", "-ec", "-ilc"):
        return vector[2]
    import shlex

    return shlex.join(vector)


def url_of(item: Any) -> Any:
    return next((item[key] for key in ("url", "query", "path", "file_path") if item.get(key)), "") if isinstance(item, dict) else item


def domain_of(steps: tuple[Step, ...], vocabulary: Vocabulary = Vocabulary()) -> Domain | None:  # noqa: B008  (frozen)
    """The domain that the kinds of action speak for: a query says sql, an edit says swe, a search says search.

    Research agents also write files and run commands, so pages come before files unless no page was looked for.
    """
    found = [action.kind for step in steps for action in classify(step, vocabulary)]
    counts = {domain: sum(EVIDENCE_OF.get(kind) == domain for kind in found) for domain in ("sql", "search", "swe")}
    if not any(counts.values()):
        return "swe" if "view" in found or "list" in found else None
    if counts["sql"]:
        return "sql"
    return "search" if counts["search"] >= counts["swe"] else "swe"
