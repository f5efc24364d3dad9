"""Commands that make something: datasets, plans, manifests, worlds."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from typing import Any

from factory.arguments import agreement, placement_of, recipe_of
from factory.commands.looking import report


def build(arguments: argparse.Namespace) -> int:
    return run_build(arguments.out, recipe_of(arguments), placement_of(arguments), arguments.verify, agreement(arguments.yes))


def run_build(out: str, recipe: Any, placement: Any, reread: bool = False, agree: Any = None) -> int:
    from factory import run, screen
    from factory.inputs import absolute, passed_over

    root = absolute(out)
    started = time.monotonic()
    with screen.ProgressBars() as progress:
        result = run.build(root, recipe, placement, progress, reread, agree or agreement(False))
    if not result.did:
        print(f"nothing to do: version {result.version.version} already is what was asked for. What it holds:\n")
    print(screen.summary(root, result.version))
    if left := passed_over(recipe, root):
        print(screen.in_line(f"not read as runs: {left}"))
    if result.did:
        did = ", ".join(f"{count:,} {stage}" for stage, count in result.did.items())
        print(f"units done: {did}; {time.monotonic() - started:.1f} s")
    return 0


def submit(arguments: argparse.Namespace) -> int:
    from factory.inputs import absolute
    from factory.stages import jobs

    files = {"recipe.json": recipe_of(arguments).model_dump_json().encode(), "placement.json": placement_of(arguments).model_dump_json().encode()}
    asked = ["recipe.json", "--out", absolute(arguments.out), "--placement", "placement.json"]
    asked += [flag for flag, wanted in (("--verify", arguments.verify), ("--yes", arguments.yes)) if wanted]
    try:
        return jobs.submit(arguments.address, asked, files, jobs.variables(arguments.env), jobs.to_stdout)
    except KeyboardInterrupt:
        print("factory: no longer listening; the job goes on", file=sys.stderr)
        return 130


def plan(arguments: argparse.Namespace) -> int:
    from factory import plan as planning
    from factory import run, screen
    from factory.inputs import absolute

    placement = placement_of(arguments)
    run.use_store(placement)
    found = planning.plan(absolute(arguments.out), recipe_of(arguments), placement)
    print(screen.visible("\n".join(planning.describe(found) + (planning.explain(found) if arguments.explain else []))))
    return 0


def manifest(arguments: argparse.Namespace) -> int:
    from factory import manifest as manifests
    from factory.inputs import absolute

    count = manifests.write(absolute(arguments.prefix), absolute(arguments.out))
    print(f"{arguments.out}: {count:,} objects")
    return 0


def worlds(arguments: argparse.Namespace) -> int:
    from factory import screen
    from factory import worlds as family

    with screen.ProgressBars() as progress:
        written = family.write(arguments.domain, arguments.runs, arguments.seed, arguments.out, lambda done: progress(arguments.domain, done, arguments.runs))
    print(f"{written.num_runs:,} runs, {written.num_bytes / 1e6:,.1f} MB in {written.folder}; what must become of them: {written.expected}")
    return 0


def demo(arguments: argparse.Namespace) -> int:
    from factory import recipe, storage
    from factory.inputs import absolute
    from factory.stages.spread import code_digest

    folder, domains = os.path.join(arguments.out, "worlds"), ("search", "swe", "sql")
    marker, wanted = storage.join(absolute(folder), "made.txt"), f"{arguments.runs} runs, seed {arguments.seed}, code {code_digest()}\n".encode()
    found = storage.read_tagged(marker)
    if found and found[0] == wanted:
        print(f"the worlds in {folder} are there already")
    else:
        storage.put(marker, b"")  # a kill from here on leaves no word of what was there before
        for domain in domains:
            worlds(argparse.Namespace(domain=domain, runs=arguments.runs, seed=arguments.seed, out=folder))
        storage.put(marker, wanted)
    sources = [recipe.Input(uri=absolute(os.path.join(folder, domain)), format="openai_chat") for domain in domains]
    dataset = os.path.join(arguments.out, "dataset")
    # Wrong patches of the world differ from the verified ones; running their tests too would only take longer.
    made = recipe.Recipe(name="demo", inputs=tuple(sources), verify=recipe.Verify(swe_tests="never"))
    code = run_build(dataset, made, recipe.Placement())
    report(argparse.Namespace(dataset=dataset, to=None))
    called = sys.argv[0] if os.path.basename(sys.argv[0]) == "factory" else "factory"  # it may not be on the PATH
    print(f"look at a sample: {shlex.join([called, 'show', 'any', '--out', dataset])}")
    return code
