"""What tool calls mean."""

from __future__ import annotations

import pytest

from factory import formats
from factory.containers import read_records
from factory.recipe import Vocabulary
from factory.records import Step
from factory.vocabulary import Action, classify, domain_of


def step(tool: str, **arguments) -> Step:
    return Step(turn=0, tool=tool, arguments=arguments)


@pytest.mark.parametrize(
    ("call", "actions"),
    [
        (step("search", query="mill"), [("search", "mill")]),
        (step("search", query=["mill", "tide"]), [("search", "mill"), ("search", "tide")]),
        (step("visit", url=["https://a.example", "https://b.example"], goal="g"), [("visit", "https://a.example"), ("visit", "https://b.example")]),
        (step("mcp__tavily__tavily-search", query="mill"), [("search", "mill")]),
        (step("WebFetch", url="https://a.example", prompt="p"), [("visit", "https://a.example")]),
        (step("Read", file_path="/m/a.py", limit=3), [("view", "/m/a.py")]),
        (step("read", filePath="/m/a.py"), [("view", "/m/a.py")]),
        (step("open", path="a.py", command="open a.py"), [("view", "a.py")]),
        (step("scroll_down", command="scroll_down"), [("view", "")]),
        (step("MultiEdit", file_path="/m/a.py", edits=[]), [("edit", "/m/a.py")]),
        (step("str_replace_editor", command="view", path="/m/a.py"), [("view", "/m/a.py")]),
        (step("str_replace_editor", command="str_replace", path="/m/a.py"), [("edit", "/m/a.py")]),
        (step("str_replace_based_edit_tool", command="create", path="/m/a.py"), [("edit", "/m/a.py")]),
        (step("apply_patch", input="*** Begin Patch\n*** Update File: a.py\n@@\n*** Add File: b.py\n*** End Patch"), [("edit", "a.py"), ("edit", "b.py")]),
        (step("execute_bash", command="ls"), [("run", "ls")]),
        (step("functions.shell", command=["bash", "-lc", "cat 'a b'"]), [("run", "cat 'a b'")]),
        (step("container.exec", cmd=["cat", "a b"]), [("run", "cat 'a b'")]),
        (step("execute_sql", sql="SELECT 1"), [("query", "SELECT 1")]),
        (step("Grep", pattern="ratio", path="/m"), [("list", "/m")]),
        (step("find_file", pattern="gears.py", path=""), [("list", "")]),
        (step("submit_sql", sql="SELECT 1"), [("submit", "SELECT 1")]),
        (step("finish"), [("submit", "")]),
        (step("TodoWrite", todos=[]), [("other", "")]),
        (step("visit", url=None), [("visit", "")]),
        (step(""), []),
    ],
    ids=lambda value: value.tool if isinstance(value, Step) else "",
)
def test_calls_of_known_agents(call, actions):
    assert list(classify(call)) == [Action(*action) for action in actions]


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (step("corpus_lookup_v2", query="mill", top_k=5), ("search", "mill")),
        (step("ask_index", query="mill").model_copy(update={"observation": '[{"docid": "7", "title": "Mill", "text": "x"}]'}), ("search", "mill")),
        (step("ask_index", query="mill").model_copy(update={"observation": "no idea"}), ("other", "")),
        (step("web-Search", query="mill"), ("search", "mill")),
        (step("internetLookup", q="mill"), ("search", "mill")),
        (step("pull", url="https://a.example"), ("visit", "https://a.example")),
        (step("pull", urls=["https://a.example"]), ("visit", "https://a.example")),
        (step("get_passage", docid="7"), ("visit", "7")),
        (step("download_file", url="https://a.example/x.pdf"), ("other", "")),
        (step("clone_repo", url="https://a.example/x.git"), ("other", "")),
        (step("warehouse_peek", query="SELECT count(*) FROM mills"), ("query", "SELECT count(*) FROM mills")),
        (step("ask_db", statement="WITH m AS (SELECT 1) SELECT * FROM m"), ("query", "WITH m AS (SELECT 1) SELECT * FROM m")),
        (step("execute", command="SELECT count(*) FROM mills"), ("query", "SELECT count(*) FROM mills")),
        (step("corpus_search", query="select the best mill from Oster"), ("search", "select the best mill from Oster")),
        (step("search_database_2", query="SELECT name FROM mills"), ("query", "SELECT name FROM mills")),
        (step("sandbox_do", cmd="ls"), ("run", "ls")),
        (step("peek_source", file_path="a.py", start_line=1, end_line=9), ("view", "a.py")),
        (step("fetch_file", path="a.py"), ("view", "a.py")),
        (step("swap_text", path="a.py", old_str="a", new_str="b"), ("edit", "a.py")),
        (step("remove_path", path="a.py"), ("edit", "a.py")),
        (step("editor_2", command="view", path="a.py"), ("view", "a.py")),
        (step("editor_2", command="create", path="a.py", file_text="x"), ("edit", "a.py")),
        (step("folder_tree", path="src"), ("list", "src")),
        (step("find_symbol", query="Wheel"), ("list", "Wheel")),
        (step("check", path="a.py"), ("other", "")),
        (step("fix_range", path="a.py", start_line=1, end_line=2, body="x = 1"), ("other", "")),
        (step("ask_user", question="Which mill?"), ("other", "")),
        (step("think", thought="hm"), ("other", "")),
        (step("hand_in_final", query="SELECT 1 FROM a"), ("other", "")),
    ],
    ids=lambda value: value.tool if isinstance(value, Step) else "",
)
def test_a_call_of_an_unknown_tool_is_guessed_from_its_arguments(call, action):
    assert classify(call) == (Action(*action),)


def test_a_recipe_s_word_counts_before_a_guess():
    assert classify(step("pull", url="https://a.example"), Vocabulary(search={"pull": "url"})) == (Action("search", "https://a.example"),)


def test_a_recipe_adds_names_and_overrides_the_table():
    vocabulary = Vocabulary(visit={"oracle": "about"}, query={"search": "text"})
    assert classify(step("oracle", about="https://a.example"), vocabulary) == (Action("visit", "https://a.example"),)
    assert classify(step("search", text="SELECT 1", query="no"), vocabulary) == (Action("query", "SELECT 1"),)
    assert domain_of((step("oracle", about="x"),)) is None
    assert domain_of((step("oracle", about="x"),), vocabulary) == "search"


def test_the_domain_is_what_the_actions_speak_for():
    assert domain_of((step("bash", command="ls"), step("edit", path="a"))) == "swe"
    assert domain_of((step("web_search", query="x"), step("write_file", path="notes.md"))) == "search"
    assert domain_of((step("get_schema"), step("execute_sql", sql="SELECT 1"))) == "sql"
    assert domain_of((step("ask"),)) is None


def test_every_tool_of_the_real_runs_that_shows_evidence_is_in_the_table(shared_trajectories):
    """The rest are tools that show nothing of a page, a file or a table, or of an agent of its own kind."""
    beside = {
        "todowrite", "task", "write_todos", "ask_clarification", "present_files", "skill_manage", "execute_code", "ask_user", "think",
        "retrieve_information", "web_browser_click", "get_all_column_meanings", "get_all_external_knowledge_names",
        "get_knowledge_definition", "click", "get_column_meaning", "get_all_knowledge_definitions",
    }  # fmt: skip
    unknown = set()
    for folder in ("swe", "search", "sql/bird-interact_google-adk", "sql/intercode"):
        for path in sorted((shared_trajectories / folder).rglob("*")):
            if path.suffix in (".json", ".jsonl", ".traj", ".txt") and "gold" not in path.parts and not path.name.startswith(("report", "sample_std")):
                with open(path, "rb") as stream:
                    for record in read_records(str(path), stream, formats.reads_whole_file("auto", str(path), stream)):
                        for run in formats.parse(record.value) if formats.detect(record.value)[0] else ():
                            unknown |= {s.tool for s in run.steps if s.tool and classify(s)[0].kind == "other"}
    assert {name.lower() for name in unknown} <= beside
