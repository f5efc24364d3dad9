"""SWE evidence, through `collect`: from a repository, from windows, and on real runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from factory import formats, patches, repositories
from factory.domains import Collected, swe
from factory.errors import RowError
from factory.joins import Join
from factory.recipe import Compile, GoldTable, Input, Swe
from factory.records import Environment, GroundTruth, Step, Trajectory
from factory.side import SideInputs

BEFORE = "".join(f"value_{n} = {n}\n" for n in range(1, 61))
AFTER = BEFORE.replace("value_30 = 30\n", "value_30 = 31  # the thirtieth value was wrong by one\n")
OTHER = "".join(f"other_{n} = {n}\n" for n in range(1, 41))
PATCH = """diff --git a/src/mod.py b/src/mod.py
--- a/src/mod.py
+++ b/src/mod.py
@@ -27,7 +27,7 @@
 value_27 = 27
 value_28 = 28
 value_29 = 29
-value_30 = 30
+value_30 = 31  # the thirtieth value was wrong by one
 value_31 = 31
 value_32 = 32
 value_33 = 33
"""
NEW_FILE = """diff --git a/src/new.py b/src/new.py
new file mode 100644
--- /dev/null
+++ b/src/new.py
@@ -0,0 +1 @@
+new = True
"""


def shown(path: str, text: str, turn: int = 0) -> Step:
    return Step(turn=turn, tool="bash", arguments={"command": f"cat {path}"}, observation=text)


SEEN = (shown("src/mod.py", BEFORE), shown("src/other.py", OTHER, 1))


def run(steps: tuple[Step, ...] = SEEN, patch: str = PATCH, environment: Environment = Environment(), answer: str = "") -> Trajectory:  # noqa: B008
    return Trajectory(domain="swe", question="q", steps=steps, ground_truth=GroundTruth(text=patch), environment=environment, final_answer=answer)


def collect(trajectory: Trajectory, settings: Compile = Compile()) -> Collected:  # noqa: B008
    return swe.collect(trajectory, settings, SideInputs())


def reason(trajectory: Trajectory) -> str:
    with pytest.raises(RowError) as raised:
        collect(trajectory)
    return raised.value.reason


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository whose first commit is the base, and which went on since; and the base commit."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "src").mkdir()
    (folder / "src/mod.py").write_text(BEFORE)
    (folder / "src/other.py").write_text(OTHER)
    (folder / "src/accents.py").write_bytes("é = 'naïve'\n".encode("latin-1"))
    (folder / "data.bin").write_bytes(bytes(range(256)))
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    base = git(folder, "rev-parse", "HEAD")
    (folder / "src/mod.py").write_text(AFTER)
    git(folder, "commit", "-qam", "fix")
    git(folder, "bundle", "create", "-q", "all.bundle", "--all")
    return folder, base


@pytest.fixture(params=["folder", "bundle"])
def environment(request: pytest.FixtureRequest, repository: tuple[Path, str]) -> Environment:
    folder, base = repository
    return Environment(repository=str(folder if request.param == "folder" else folder / "all.bundle"), base_commit=base)


# from a repository


def test_files_come_whole_from_the_base_commit(environment: Environment) -> None:
    part = Step(turn=4, tool="bash", arguments={"command": "sed -n '5,9p' src/mod.py"}, observation=BEFORE[:20])
    other = Step(turn=5, tool="bash", arguments={"command": "head -2 src/other.py"}, observation="other_1 = 1\nother_2 = 2\n")
    edited = Step(turn=6, tool="bash", arguments={"command": "sed -i 's/30/31/' src/mod.py && cat src/mod.py"}, observation=AFTER)
    collected = collect(run((part, other, edited), environment=environment))
    assert [(e.role, e.name, e.text, e.whole) for e in collected.evidence] == [("gold", "src/mod.py", BEFORE, True), ("tier1", "src/other.py", OTHER, True)]
    assert collected.evidence[0].turns == (4,) and collected.evidence[1].turns == (5,)


def test_a_gold_file_that_the_run_only_named_is_there_too(environment: Environment) -> None:
    named = Step(turn=0, tool="bash", arguments={"command": "ls src"}, observation="src/mod.py\n")
    assert [e.text for e in collect(run((named,), environment=environment)).evidence] == [BEFORE]


def test_distractors_that_are_no_text_or_not_in_the_commit_are_left_out(environment: Environment) -> None:
    steps = (*SEEN, shown("data.bin", "rubbish\nrubbish\nrubbish\n"), shown("gone.py", "x\ny\nz\n"), shown("src/accents.py", "e\nf\ng\n"))
    collected = collect(run(steps, environment=environment))
    assert [e.name for e in collected.evidence] == ["src/mod.py", "src/other.py", "src/accents.py"]
    assert collected.dropped == {"binary": 1}


def test_distractors_can_be_left_out() -> None:
    assert [e.role for e in collect(run(), Compile(swe=Swe(distractors="none"))).evidence] == ["gold"]


def test_a_repository_that_is_named_and_not_there_is_a_missing_side_input(repository: tuple[Path, str]) -> None:
    folder, base = repository
    assert reason(run(environment=Environment(repository=str(folder / "none.bundle"), base_commit=base))) == "side_input_missing"
    assert reason(run(environment=Environment(repository=str(folder), base_commit="0" * 40))) == "side_input_missing"
    assert reason(run(environment=Environment(repository=str(folder), base_commit="--help"))) == "side_input_missing"
    assert reason(run(environment=Environment(repository=str(folder / "src"), base_commit=base))) == "side_input_missing"
    (folder / "damaged.bundle").write_bytes((folder / "all.bundle").read_bytes()[:150])
    assert reason(run(environment=Environment(repository=str(folder / "damaged.bundle"), base_commit=base))) == "side_input_missing"


def test_a_file_that_is_too_large_is_not_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/mod.py").write_text(BEFORE)
    (tmp_path / "src/other.py").write_text("x = 1\n" * 400_000)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    monkeypatch.setattr(repositories, "MAX_FILE_BYTES", 2_000_000)
    environment = Environment(repository=str(tmp_path), base_commit=git(tmp_path, "rev-parse", "HEAD"))
    collected = collect(run(environment=environment))
    assert [e.name for e in collected.evidence] == ["src/mod.py"] and collected.dropped == {"too_large": 1}
    assert reason(run(patch=PATCH.replace("mod.py", "other.py"), environment=environment)) == "over_budget"


def test_more_repositories_than_stay_open_can_be_read_in_turn(repository: tuple[Path, str], tmp_path: Path) -> None:
    folder, base = repository
    bundles = []
    for number in range(repositories.KEPT + 2):
        bundles.append(tmp_path / f"{number}.bundle")
        bundles[-1].write_bytes((folder / "all.bundle").read_bytes())
    for bundle in [*bundles, *bundles]:
        assert repositories.read_files(bundle, base, ["src/mod.py"]) == {"src/mod.py": BEFORE.encode()}


@pytest.mark.parametrize("name", ["django/django", "https://github.com/django/django", ""])
def test_a_name_of_a_repository_is_not_a_repository(name: str) -> None:
    assert [e.name for e in collect(run(environment=Environment(repository=name, base_commit="a" * 40))).evidence] == ["src/mod.py", "src/other.py"]


def test_a_reversed_patch_is_recognised_at_the_base_commit(environment: Environment) -> None:
    backwards = patches.render(patches.reverse(patches.parse(PATCH)))
    assert reason(run(patch=backwards, environment=environment)) == "patch_reversed"


def test_nothing_that_a_repository_configures_is_run(repository: tuple[Path, str], tmp_path: Path) -> None:
    folder, base = repository
    copy = tmp_path / "copy"
    git(tmp_path, "clone", "-q", str(folder), str(copy))
    mark = tmp_path / "ran"
    git(copy, "config", "core.fsmonitor", f"touch {mark}")
    git(copy, "config", "core.pager", f"touch {mark}")
    git(copy, "config", "filter.x.smudge", f"touch {mark}")
    git(copy, "config", "core.attributesFile", str(tmp_path / "attributes"))
    (tmp_path / "attributes").write_text("* filter=x\n")
    assert collect(run(environment=Environment(repository=str(copy), base_commit=base))).evidence[0].text == BEFORE
    assert not mark.exists()


# from windows


def test_gold_from_windows_keeps_what_was_seen_before_the_edit_and_marks_the_rest() -> None:
    steps = (
        Step(turn=0, tool="bash", arguments={"command": "sed -n '21,40p' src/mod.py"}, observation="".join(BEFORE.splitlines(True)[20:40])),
        Step(turn=1, tool="bash", arguments={"command": "sed -i 's/value_30 = 30/value_30 = 31/' src/mod.py"}, observation=""),
        Step(turn=2, tool="bash", arguments={"command": "sed -n '28,32p' src/mod.py"}, observation="".join(AFTER.splitlines(True)[27:32])),
    )
    (gold,) = collect(run(steps)).evidence
    assert gold.text == "[... lines 1-20 not shown ...]\n" + "".join(BEFORE.splitlines(True)[20:40]) + "[... lines 41-end not shown ...]\n"
    assert not gold.whole and gold.turns == (0,)


def test_windows_that_do_not_hold_all_the_patch_needs_are_incomplete() -> None:
    seen = Step(turn=0, tool="bash", arguments={"command": "sed -n '28,40p' src/mod.py"}, observation="".join(BEFORE.splitlines(True)[27:40]))
    assert reason(run((seen,))) == "gold_incomplete"
    second = PATCH + PATCH.replace("src/mod.py", "src/unseen.py")
    assert reason(run(patch=second)) == "gold_incomplete"


def test_a_file_that_was_only_seen_after_its_edit_is_no_evidence() -> None:
    steps = (Step(turn=0, tool="bash", arguments={"command": "python - <<'EOF'\nopen('src/mod.py', 'a').write('x')\nEOF"}), shown("src/mod.py", BEFORE, 1))
    assert reason(run(steps)) == "no_gold_evidence"


def test_new_files_of_the_patch_need_no_evidence() -> None:
    assert [e.name for e in collect(run(patch=PATCH + NEW_FILE)).evidence] == ["src/mod.py", "src/other.py"]
    assert reason(run(patch=NEW_FILE)) == "no_gold_evidence"


def test_a_patch_of_another_repository_is_recognised() -> None:
    assert reason(run(patch=PATCH.replace("src/mod.py", "lib/away.py"))) == "patch_not_of_run"


def test_a_reversed_patch_is_recognised_in_windows() -> None:
    assert reason(run(patch=patches.render(patches.reverse(patches.parse(PATCH))))) == "patch_reversed"


def test_runs_without_patch_or_calls_are_told_apart() -> None:
    assert reason(run(patch="")) == "no_ground_truth"
    assert reason(run(())) == "no_tool_call"
    assert reason(run((Step(turn=0, reasoning="I know it."),))) == "no_tool_call"
    assert reason(run(patch="no diff at all")) == "gold_fails"
    assert reason(run(patch=PATCH.replace("src/mod.py", "../mod.py"))) == "gold_fails"


def test_a_patch_that_came_through_a_terminal_loses_its_carriage_returns() -> None:
    collected = collect(run(patch=PATCH.replace("\n", "\r\n")))
    assert collected.ground_truth.text == PATCH
    assert collected.evidence[0].text == BEFORE


def test_a_distractor_that_holds_the_fix_is_left_out_and_counted() -> None:
    collected = collect(run((*SEEN, shown("notes.txt", "todo\nvalue_30 = 31  # the thirtieth value was wrong by one\ndone\n"))))
    assert [e.name for e in collected.evidence] == ["src/mod.py", "src/other.py"]
    assert collected.dropped == {"holds_answer": 1}


@pytest.mark.parametrize("value", [None, True, -3, 10**40, 1.5, "", "\ud800.py", "x" * 5_000, [], [None, 3], [10**40, -1], {"a": 1}, "[{'old_string': 1}]"], ids=repr)
def test_any_value_of_any_argument_is_borne(value: object) -> None:
    names = ("path", "command", "view_range", "offset", "limit", "insert_line", "edits", "old_str", "new_str", "content", "start_line", "end_line", "replace_all")
    texts = (BEFORE, "", '{"content": "\\ud800 x\\n y\\n z", "total_lines": 3}', "ERROR:")
    steps = list(SEEN)
    for name in names:
        for tool in ("view", "edit", "bash", "str_replace_editor", "apply_patch", "unheard_of"):
            arguments = {"path": "src/x\ud800.py", "command": "view", **{name: value}}
            steps += [Step(turn=len(steps), tool=tool, arguments=arguments, observation=text) for text in texts]
    collected = collect(run(tuple(steps)))
    assert collected.evidence[0].text == BEFORE


# real runs


def real(folder: Path, pattern: str, gold: str = "") -> list[tuple[str, Trajectory]]:
    side = SideInputs()
    table = GoldTable(uri=str(folder / "swe" / "gold" / gold)) if gold else None
    join = Join(Input(uri=str(folder), domain="swe", gold=table), side)
    out = []
    for path in sorted((folder / "swe").glob(pattern)):
        values = [json.loads(line) for line in path.read_text().splitlines()] if path.suffix == ".jsonl" else [json.loads(path.read_text())]
        for value in values[0] if path.name == "sample_raw.json" else values:
            out += [(path.name.split(".")[0], join(trajectory)[0]) for trajectory in formats.parse(value, domain="swe")]
    return out


def mini(folder: Path) -> list[tuple[str, Trajectory]]:
    tables = ("mini-swe-agent.swebench_verified_records.jsonl", "mini-swe-agent.swebench_lite_rows.csv")
    verified, lite = (real(folder, "mini-swe-agent/*/*.traj.json", table) for table in tables)
    return [second if not first[1].ground_truth.text else first for first, second in zip(verified, lite)]


def outcomes(runs: list[tuple[str, Trajectory]]) -> tuple[dict[str, Collected], dict[str, str]]:
    good: dict[str, Collected] = {}
    bad: dict[str, str] = {}
    for position, (name, trajectory) in enumerate(runs):
        try:
            good[f"{name} {position}"] = collect(trajectory)
        except RowError as error:
            bad[f"{name} {position}"] = error.reason
    return good, bad


def added_lines(diff: str) -> dict[str, set[str]]:
    try:
        files = patches.parse(diff).files
    except patches.PatchError:
        return {}
    # shorter lines, such as `pass`, stand everywhere
    return {f.old_path: {line[1:].strip() for h in f.hunks for line in h.lines if line[0] == "+" and len(line[1:].strip()) > 12} for f in files if f.old_path}


def lines_from_after_an_edit(trajectory: Trajectory, collected: Collected) -> list[str]:
    """Lines of evidence that the agent's own diff adds, and that no output showed before the agent wrote them there."""
    added = added_lines(trajectory.final_answer)
    wrong = []
    for piece in collected.evidence:
        for line in added.get(piece.name, set()) & {text.strip() for text in piece.text.split("\n")}:
            for step in trajectory.steps:
                if line in step.observation:
                    break
                written = "\n".join(value for value in step.arguments.values() if isinstance(value, str))
                if line in written and Path(piece.name).name in written:
                    wrong.append(line)
                    break
    return wrong


def test_complete_mini_swe_agent_runs_become_examples(shared_trajectories: Path) -> None:
    records = [json.loads(line) for line in (shared_trajectories / "INDEX.jsonl").read_text().splitlines()]
    complete = {r["task"] for r in records if r["format"] == "mini-swe-agent" and r["evidence"] == "complete"}
    runs = [(name, trajectory) for name, trajectory in mini(shared_trajectories) if name in complete]
    good, bad = outcomes(runs)
    assert len(good) >= 33 and len(good) + len(bad) == len(complete) == 35, bad
    assert set(bad.values()) <= {"gold_incomplete"}
    for position, (name, trajectory) in enumerate(runs):
        collected = good.get(f"{name} {position}")
        if collected is not None:
            assert not lines_from_after_an_edit(trajectory, collected), name
            gold = {e.name: e.text for e in collected.evidence if e.role == "gold"}
            assert patches.apply(gold, trajectory.ground_truth.text).rung == "exact"


@pytest.mark.parametrize("pattern", ["adp/swe-gym*/sample_raw.json", "adp/nebius*/sample_raw.json"])
def test_every_solved_run_of_swe_gym_and_nebius_becomes_an_example(shared_trajectories: Path, pattern: str) -> None:
    runs = real(shared_trajectories, pattern)
    good, bad = outcomes(runs)
    assert len(good) == 5 and not bad
    assert not [line for (_, t), c in zip(runs, good.values()) for line in lines_from_after_an_edit(t, c)]


def test_four_harnesses_show_the_same_file(shared_trajectories: Path) -> None:
    good, bad = outcomes(real(shared_trajectories, "nemo-gym_responses-api/*.jsonl"))
    assert len(good) == 20 and list(bad.values()) == ["no_tool_call"] * 5
    assert len({c.evidence[0].text for c in good.values()}) == 1
    assert all(c.evidence[0].whole for c in good.values())


def test_native_runs_of_swe_agent_and_openhands_hold_what_their_own_patch_needs(shared_trajectories: Path) -> None:
    for pattern, num_runs in (("swe-agent-traj/*/*.traj", 4), ("openhands-events/*.jsonl", 3)):
        runs = real(shared_trajectories, pattern)
        own = [(name, t.model_copy(update={"ground_truth": GroundTruth(text=t.final_answer)})) for name, t in runs]
        good, bad = outcomes(own)
        assert len(good) == num_runs and not bad
        assert set(outcomes(runs)[1].values()) == {"no_ground_truth"}
        assert not [line for (_, t), c in zip(own, good.values()) for line in lines_from_after_an_edit(t, c)]
