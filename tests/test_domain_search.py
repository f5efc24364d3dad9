"""Search evidence: pages, results and what holds the answer."""

from __future__ import annotations

import json

import pytest

from factory import formats
from factory.containers import read_records
from factory.domains import Collected, search
from factory.domains.search_answers import forms_of, holds
from factory.domains.search_results import entries_of
from factory.errors import RowError
from factory.recipe import Compile, Search, Vocabulary
from factory.records import GroundTruth, Step, Trajectory
from factory.side import SideInputs

MILL, OSTER, VOSS = "https://almanac.example/mill", "https://almanac.example/oster", "https://lives.example/voss"
LIST = f"1. [Tide mill]({MILL})\nA mill by the sea.\n\n2. [[PDF] Oster (town)]({OSTER})\nDate published: 1802\n\nA town.\n\n3. [Voss]({VOSS})\nEdda Voss built it.\n"


def run(*calls: tuple[str, dict, str], gold: str = "Edda Voss", **more) -> Trajectory:
    steps = tuple(Step(turn=turn, tool=tool, arguments=arguments, observation=seen) for turn, (tool, arguments, seen) in enumerate(calls))
    return Trajectory(domain="search", question="Who built it?", steps=steps, ground_truth=GroundTruth(text=gold), **more)


def collect(trajectory: Trajectory, gold: str = "visited", **vocabulary) -> Collected:
    return search.collect(trajectory, Compile(search=Search(gold=gold), vocabulary=Vocabulary(**vocabulary)), SideInputs())


def pieces(collected: Collected) -> list[tuple[str, str, str]]:
    return [(piece.role, piece.kind, piece.name) for piece in collected.evidence]


def reason(trajectory: Trajectory, gold: str = "visited") -> str:
    with pytest.raises(RowError) as raised:
        collect(trajectory, gold)
    return raised.value.reason


def test_opened_pages_are_gold_and_unopened_results_are_tier_2_unless_they_hold_the_answer():
    found = collect(run(("search", {"query": "mill"}, LIST), ("visit", {"url": MILL}, "# Tide mill\nBuilt by Edda Voss.")))
    assert pieces(found) == [("gold", "page", MILL), ("tier2", "snippet", OSTER)]
    assert found.evidence[0].text == "# Tide mill\nBuilt by Edda Voss." and found.evidence[0].turns == (1,)
    assert found.evidence[1].text == "[PDF] Oster (town)\nDate published: 1802\n\nA town."
    assert found.dropped == {"holds_answer": 1}


def test_a_page_opened_twice_is_one_piece_with_what_is_new():
    first, second = "Page one. The mill.", "Page two. Its wheel."
    calls = [("visit", {"url": url}, text) for url, text in ((MILL, first), (MILL + "/", first), ("http://www.almanac.example/mill#wheel", second), (OSTER, "Town"))]
    found = collect(run(*calls))
    assert pieces(found) == [("gold", "page", MILL), ("gold", "page", OSTER)]
    assert found.evidence[0].text == f"{first}\n\n{second}" and found.evidence[0].turns == (0, 1, 2)
    longer = collect(run(("visit", {"url": MILL}, first), ("visit", {"url": MILL}, first + " More of it.")))
    assert longer.evidence[0].text == first + " More of it."


@pytest.mark.parametrize(
    "error",
    ["", "Error: 404 Not Found: x", "Error: request timed out after 20 seconds", "# Untitled\n\nNo content could be extracted from this page",
     "HTTP 403 Forbidden", "[visit] Failed to read page.", "404", "Could not fetch the page.", "# Untitled\n\nError: Jina API returned status 451: {}",
     "The provided webpage content could not be accessed. Please check the URL.", "Access to this page has been denied."],
)  # fmt: skip
def test_a_failed_visit_is_no_page(error):
    assert reason(run(("search", {"query": "x"}, LIST), ("visit", {"url": MILL}, error))) == "no_visited_page"
    found = collect(run(("search", {"query": "x"}, LIST), ("visit", {"url": MILL}, error), ("visit", {"url": OSTER}, "A town.")))
    assert pieces(found) == [("gold", "page", OSTER), ("tier2", "snippet", MILL)]


def test_a_page_about_errors_is_a_page():
    text = "Error analysis is the study of kind and quantity of error.\n" * 60
    assert pieces(collect(run(("visit", {"url": MILL}, text)))) == [("gold", "page", MILL)]


def test_one_call_that_opens_several_pages_is_split_where_the_observation_tells_them_apart():
    def extract(url: str, text: str) -> str:
        return f"The useful information in {url} for user goal builder as follows: \n\nEvidence in page: \n{text}\n\nSummary: \nnone\n"

    both = {"url": [MILL, OSTER], "goal": "builder"}
    found = collect(run(("visit", both, extract(MILL, "Built by Voss.") + "\n=======\n" + extract(OSTER, "A town."))))
    assert pieces(found) == [("gold", "page", MILL), ("gold", "page", OSTER)]
    assert found.evidence[0].text == "Evidence in page: \nBuilt by Voss.\n\nSummary: \nnone" and not found.evidence[0].whole
    half = extract(MILL, "The provided webpage content could not be accessed.") + "\n=======\n" + extract(OSTER, "A town.")
    assert pieces(collect(run(("visit", both, half)))) == [("gold", "page", OSTER)]
    headed = collect(run(("visit", both, f"## {MILL}\nBuilt by Voss.\n\n## {OSTER}\nA town.")))
    assert [piece.text for piece in headed.evidence] == [f"## {MILL}\nBuilt by Voss.", f"## {OSTER}\nA town."]
    listed = collect(run(("visit", both, json.dumps([{"url": MILL, "content": "Built."}, {"url": OSTER, "content": "Town."}]))))
    assert [(piece.name, piece.text) for piece in listed.evidence] == [(MILL, "Built."), (OSTER, "Town.")]
    assert pieces(collect(run(("visit", both, "Two pages in one.")))) == [("gold", "page", f"{MILL} {OSTER}")]


def test_results_that_hold_the_answer_are_gold_when_the_recipe_says_so():
    snippets = run(("search", {"query": "mill"}, LIST))
    assert reason(snippets) == "no_visited_page"
    assert pieces(collect(snippets, "visited_or_result")) == [("gold", "snippet", VOSS), ("tier2", "snippet", MILL), ("tier2", "snippet", OSTER)]
    assert reason(run(("search", {"query": "mill"}, LIST), gold="Halven Moor"), "visited_or_result") == "no_gold_evidence"


def test_pages_that_nobody_cites_are_tier_1_when_the_recipe_says_so():
    calls = [("visit", {"url": MILL}, "# Tide mill\nBuilt by Edda Voss."), ("visit", {"url": OSTER}, "# Oster town\nA town."), ("visit", {"url": VOSS}, "# Her life\nShe was born.")]
    found = collect(run(*calls, final_reasoning=f"As {OSTER} says."), "cited")
    assert pieces(found) == [("gold", "page", MILL), ("gold", "page", OSTER), ("tier1", "page", VOSS)]
    assert reason(run(calls[2]), "cited") == "no_gold_evidence"


def test_runs_without_calls_pages_or_gold_say_which():
    assert reason(run()) == "no_tool_call"
    assert reason(run(("finish", {"answer": "x"}, ""))) == "no_tool_call"
    assert reason(run(("visit", {"url": MILL}, "text"), gold="")) == "no_ground_truth"
    assert reason(run(("search", {"query": "x"}, "No results."))) == "no_visited_page"


def test_an_unknown_tool_needs_a_setting_and_no_code():
    asked = run(("retrieve", {"key": MILL}, "Built by Edda Voss."), ("oracle", {"about": OSTER}, "A town."))
    assert pieces(collect(asked, visit={"retrieve": "key", "oracle": "about"})) == [("gold", "page", MILL), ("gold", "page", OSTER)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"title": "Tide mill", "url": MILL, "snippet": "A mill."}, {"title": "Oster", "link": OSTER, "description": "A town."}]),
        json.dumps({"search_results": json.dumps({"items": [{"title": "Tide mill", "link": MILL, "snippet": "A mill."}, {"title": "Oster", "link": OSTER, "snippet": "A town."}]})}),
        f"1. [Tide mill]({MILL})\nA mill.\n\n2. [Oster]({OSTER}) A town.\n",
        f"A Google search for 'x' found 1 results:\n\n## Web Results\n1. [Tide mill]({MILL})\n\nA mill.\n=======\nA Google search for 'y' found 1 results:\n\n## Web Results\n1. [Oster]({OSTER})\nA town.",
        f"## Search Results\n\n[Tide mill]({MILL})\nA mill.\n\n[Oster]({OSTER})\nA town.",
        f"- [Tide mill]({MILL}) A mill.\n- [Oster]({OSTER}) A town.",
        repr([{"url": MILL, "title": "Tide mill", "content": "A mill."}, {"url": OSTER, "title": "Oster", "content": "A town.", "score": None}]),
        f"Title: Tide mill\nURL: {MILL}\nSnippet: A mill.\n\nTitle: Oster\nURL: {OSTER}\nSnippet: A town.\n",
        f"[1] Title: Tide mill\nLink: {MILL}\nContent: A mill.\n---------\n[2] Title: Oster\nLink: {OSTER}\nContent: A town.",
        f"URL: {MILL}\nTitle: Tide mill\nSummary: A mill.\n\nURL: {OSTER}\nTitle: Oster\nSummary: A town.",
    ],
)
def test_every_shape_of_a_result_list_gives_the_same_entries(text):
    assert entries_of(text) == [(MILL, "Tide mill", "Tide mill\nA mill."), (OSTER, "Oster", "Oster\nA town.")]


def test_passages_without_an_address_are_named_by_their_title_or_id():
    retrieved = 'Doc 1(Title: "Tide mill") A mill.\nBy the sea.\nDoc 2(Title: Oster) A town.\n'
    assert entries_of(retrieved) == [("Tide mill", "Tide mill", "Tide mill\nA mill.\nBy the sea."), ("Oster", "Oster", "Oster\nA town.")]
    ranked = json.dumps([{"docid": 7, "score": 0.5, "text": "A mill."}, {"docid": "8", "snippet": "A town."}])
    assert entries_of(ranked) == [("7", "", "A mill."), ("8", "", "A town.")]
    found = collect(run(("search", {"query": "mill"}, ranked), ("get_document", {"docid": "7"}, "A mill by Edda Voss.")))
    assert pieces(found) == [("gold", "page", "7"), ("tier2", "snippet", "8")]


def test_plain_text_of_an_encyclopaedia_is_one_entry_named_after_what_was_asked():
    calls = [
        ("Search", {"query": "Tide mill"}, "The tide mill stands in Oster.\nIt has a wheel."),
        ("Lookup", {"query": "built"}, "(Result 1 / 1) It was built by Edda Voss."),
        ("Search", {"query": "Osterr"}, "Could not find [Osterr]. Similar: ['Oster']"),
        ("Search", {"query": "Oster"}, "Oster is a town."),
    ]
    found = collect(run(*calls), "visited_or_result")
    assert pieces(found) == [("gold", "snippet", "Tide mill"), ("tier2", "snippet", "Oster")]
    assert found.evidence[0].text.endswith("built by Edda Voss.")


@pytest.mark.parametrize(
    ("text", "gold", "aliases", "held"),
    [
        ("It was built by EDDA  VOSS, in 1802.", "Edda Voss", (), True),
        ("Edda\u2011Voss", "Edda-Voss", (), True),
        ("Zdenko Kovac", "Zdenko Ková\u010d", (), True),
        ("the Vossen family", "Voss", (), False),
        ("She lives in Use.", "us", (), False),
        ("Yes, it does; no doubt.", "yes", (), False),
        ("Chapter 7 of 12", "7", (), False),
        ("Mount Miwa rises", "Mount Miwa (also known as Miwa-yama or Mount Mimoro)", (), True),
        ("they call it DLP there", "Dynamic Leecher Protection (DLP)", (), True),
        ("in 1895 a storm", "The Battle of Keelung (1895)", (), False),
        ("by E. Voss", "Edda Voss", ("E. Voss",), True),
        ("", "Edda Voss", (), False),
    ],
)
def test_a_text_holds_an_answer_as_whole_words(text, gold, aliases, held):
    assert holds(text, forms_of(GroundTruth(text=gold, aliases=aliases))) is held


def test_names_of_evidence_are_distinct_in_every_real_run(shared_trajectories):
    for path in sorted((shared_trajectories / "search").rglob("*.json*")):
        with open(path, "rb") as stream:
            for record in read_records(str(path), stream):
                for trajectory in formats.parse(record.value, "auto") if formats.detect(record.value)[0] else ():
                    with_gold = trajectory.model_copy(update={"ground_truth": GroundTruth(text=trajectory.ground_truth.text or "x")})
                    try:
                        found = collect(with_gold, "visited_or_result")
                    except RowError:
                        continue
                    names = [piece.name for piece in found.evidence]
                    assert len(set(names)) == len(names) and all(piece.text for piece in found.evidence)


def test_real_webdancer_runs_become_evidence_as_often_as_their_source_allows(shared_trajectories):
    file = "search/webdancer_chatml-xml/sample_traj.subset.jsonl"
    index = [json.loads(line) for line in (shared_trajectories / "INDEX.jsonl").read_text("utf-8").splitlines()]
    noted = [line["evidence"] for line in index if line["file"] == file]
    runs = [run for record in read_records(file, (shared_trajectories / file).read_bytes()) for run in formats.parse(record.value)]
    kept: dict[str, set[int]] = {"visited": set(), "visited_or_result": set()}
    for policy, numbers in kept.items():
        for number, trajectory in enumerate(runs):
            try:
                collect(trajectory, policy)
            except RowError as error:
                assert error.reason in ("no_visited_page", "no_gold_evidence")
            else:
                numbers.add(number)
    assert kept["visited"] == {number for number, note in enumerate(noted) if "visited page" in note}
    answered = {number for number, note in enumerate(noted) if "answer in evidence" in note and "NOT" not in note}
    missed = sorted(answered - kept["visited_or_result"])
    assert len(missed) <= len(answered) // 20, [runs[number].ground_truth.text for number in missed]
