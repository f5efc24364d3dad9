"""The search world: what its agent leaves, and whether what is expected of each run follows from the run itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from factory import worlds
from factory.errors import REASONS, SettingsError

RESULT = re.compile(r"^\d+\. \[(.+)\]\((\S+)\)$", re.MULTILINE)
NUM_RUNS = 300


def lines(path: str | Path) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    written = worlds.write("search", NUM_RUNS, 0, tmp_path_factory.mktemp("world"))
    rows = [row for name in written.files for row in lines(Path(written.folder) / name)]
    return written, rows, lines(written.expected)


def calls_of(row):
    """(tool, arguments, observation) in order."""
    answers = {m["tool_call_id"]: m["content"] for m in row["messages"] if m["role"] == "tool"}
    calls = [call for m in row["messages"] for call in m.get("tool_calls", [])]
    return [(c["function"]["name"], json.loads(c["function"]["arguments"]), answers[c["id"]]) for c in calls]


def opened(row):
    return {a["url"]: seen for name, a, seen in calls_of(row) if name == "visit" and not seen.startswith("Error: ")}


def final(row):
    return row["messages"][-1]["content"]


def words(text):
    return sorted(re.findall(r"\w+", text.casefold()))


def test_same_seed_gives_same_bytes_and_a_longer_world_starts_with_the_shorter(tmp_path, world):
    written, _, _ = world
    again = worlds.write("search", 40, 0, tmp_path / "again")
    other = worlds.write("search", 40, 1, tmp_path / "other")
    for path in ("search/runs-00000.jsonl", "expected/search.jsonl"):
        long = (Path(written.folder).parent / path).read_bytes()
        short = (tmp_path / "again" / path).read_bytes()
        assert long.startswith(short) and short.count(b"\n") == 40
        assert short != (tmp_path / "other" / path).read_bytes()
    assert again.files == other.files == ["runs-00000.jsonl"]


def test_a_shorter_world_leaves_no_run_of_a_longer_one(tmp_path, monkeypatch):
    monkeypatch.setattr(worlds, "FILE_RUNS", 5)
    assert len(worlds.write("search", 12, 0, tmp_path).files) == 3
    assert worlds.write("search", 4, 0, tmp_path).files == ["runs-00000.jsonl"]
    assert sorted(p.name for p in (tmp_path / "search").iterdir()) == ["runs-00000.jsonl"]
    assert len(lines(tmp_path / "expected" / "search.jsonl")) == 4


def test_unknown_world_names_the_known_ones(tmp_path):
    with pytest.raises(SettingsError, match="search, swe, sql"):
        worlds.write("poetry", 1, 0, tmp_path)


def test_every_expected_line_belongs_to_its_run_and_every_reason_occurs(world):
    _, rows, expected = world
    assert [(r["task_id"], r["domain"]) for r in rows] == [(e["task_id"], e["domain"]) for e in expected]
    reasons = Counter(e["reason"] for e in expected)
    assert reasons.keys() >= {
        None, "wrong_answer", "no_visited_page", "no_tool_call", "no_question", "no_ground_truth", "no_reasoning",
        "over_budget", "duplicate",
    }  # fmt: skip
    assert reasons.keys() - {None} <= REASONS.keys()
    assert reasons[None] > NUM_RUNS * 0.6


def test_repeats_are_the_only_equal_lines(world):
    written, _, expected = world
    raw = [line for name in written.files for line in (Path(written.folder) / name).read_bytes().splitlines()]
    repeats = [raw.index(line) for line, e in zip(raw, expected) if e["reason"] == "duplicate"]
    assert len(set(raw)) == len(raw) - len(repeats)
    assert all(expected[first]["outcome"] == "accepted" for first in repeats)


def test_gold_are_the_opened_pages_and_the_rest_was_listed(world):
    _, rows, expected = world
    for row, e in zip(rows, expected):
        listed = {url for name, _, seen in calls_of(row) if name == "search" for _, url in RESULT.findall(seen)}
        if e["stage"] == "compile":
            assert not e["gold"] and not e["tier2"]
        else:
            assert e["gold"] == sorted(opened(row)) and len(e["gold"]) >= 2
            assert set(e["tier2"]) <= listed - set(e["gold"])
            assert not e["tier1"]
        if e["reason"] in ("no_visited_page", "no_tool_call"):
            assert not opened(row)


def test_the_evidence_says_the_answer_and_no_distractor_does(world):
    _, rows, expected = world
    left_out = 0
    for row, e in zip(rows, expected):
        if e["outcome"] != "accepted":
            continue
        answer = row["ground_truth"]["text"].split(" (also known as")[0]
        assert any(answer in re.sub(r"\[([^\[\]]*)\]\([^()\s]*\)", r"\1", text) for text in opened(row).values())
        for name, _, seen in calls_of(row):
            for entry in seen.split("\n\n") if name == "search" else []:
                found = RESULT.match(entry)
                if found and re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", entry):
                    assert found[2] not in e["tier2"]
                    left_out += found[2] not in e["gold"]
    assert left_out > 0


def test_final_answers_are_right_exactly_where_the_run_is_accepted(world):
    _, rows, expected = world
    for row, e in zip(rows, expected):
        if e["outcome"] != "accepted" and e["reason"] != "wrong_answer":
            continue
        said = final(row).split("</think>")[-1].strip()
        said = re.sub(r"^Answer: |</?answer>|(?<=\w)\.$", "", said)
        truth = row["ground_truth"]
        forms = [truth["text"], *truth["aliases"], *re.split(r" \(also known as |\)", truth["text"])]
        right = words(said.replace(",", "")) in [words(form.replace(",", "")) for form in forms if form]
        assert right == row["solved"] == (e["outcome"] == "accepted")


def test_flaws_stand_in_the_runs(world):
    _, rows, expected = world
    for row, e in zip(rows, expected):
        asked = any(m["role"] == "user" and m["content"] for m in row["messages"])
        assert asked == (e["reason"] != "no_question")
        assert bool(row["ground_truth"]) == (e["reason"] != "no_ground_truth")
        assert bool(calls_of(row)) == (e["reason"] != "no_tool_call")
        thoughts = [m["content"].split("</think>")[0] for m in row["messages"] if m["role"] == "assistant"]
        assert ("<think>" in thoughts[-1]) == (e["reason"] != "no_reasoning")
        if e["reason"] == "no_reasoning":
            assert not any(thoughts[:-1])
    observations = [seen for row in rows for _, _, seen in calls_of(row)]
    assert any(seen.startswith("Error: 404") for seen in observations)
    assert any(seen.startswith("Error: request timed out") for seen in observations)
    visits = [Counter(a["url"] for name, a, seen in calls_of(row) if name == "visit") for row in rows]
    assert any(count > 1 for visit in visits for count in visit.values())


def test_evidence_has_every_size(world):
    _, _, expected = world
    sizes = [e["evidence_tokens_estimate"] for e in expected if e["outcome"] == "accepted"]
    assert min(sizes) < 3_000 and max(sizes) > 80_000 and max(sizes) < 120_000
    assert all(any(low < size <= 2 * low for size in sizes) for low in (2_000, 4_000, 8_000, 16_000, 32_000))


def test_pages_are_not_nearly_alike(world):
    _, rows, _ = world
    pages = {url: text for row in rows for url, text in opened(row).items()}
    assert len(pages) > 200
    texts = sorted(pages.values(), key=len)[:150]
    shingles = [{tuple(t[i : i + 5]) for i in range(len(t) - 4)} for t in (text.split() for text in texts)]
    for i, a in enumerate(shingles):
        for b in shingles[:i]:
            assert len(a & b) < 0.5 * len(a | b)


def test_rows_hold_no_path_of_this_machine(world):
    written, rows, _ = world
    text = json.dumps(rows)
    assert written.folder not in text and not re.search(r"(?<![\w/:.])/(tmp|home|root|usr|var)/", text)
    assert all(not row["environment"] for row in rows)
