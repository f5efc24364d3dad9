"""The `factory` command. Each subcommand is one function; heavy imports happen inside."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shlex
import sys
import time
from typing import Any

from factory.arguments import add_build, add_recipe, agreement, placement_of, recipe_of
from factory.errors import FactoryError

DEMO_RUNS = 40
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR, errno.ENAMETOOLONG}
"""Failures of the file system that the user can mend, so they are said in one line."""


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except FactoryError as e:
        from factory.screen import visible

        print(f"factory: {visible(str(e))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("factory: stopped; what was committed is kept, run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        cause = getattr(e, "cause", e)  # Ray wraps what a worker raised
        if getattr(cause, "errno", None) not in DISK:
            raise
        place = f"`{cause.filename}`: " if cause.filename else ""
        print(f"factory: {place}{os.strerror(cause.errno)}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="factory", description="Agent runs in, verified long-context training samples out.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command("build", build, "bring a dataset to what a recipe asks for, and publish it")
    add_recipe(sub)
    add_build(sub)

    sub = command("submit", submit, "build on a Ray cluster: send the recipe and this code there as a job, and follow its log")
    add_recipe(sub)
    add_build(sub)
    sub.add_argument("--address", required=True, metavar="URL", help="the cluster's job server, as http://HEAD:8265")
    sub.add_argument("--env", action="append", default=[], metavar="NAME", help="environment variable to take along; may be repeated")

    sub = command("plan", plan, "say what a build would do and why, and do nothing")
    add_recipe(sub)
    sub.add_argument("--explain", action="store_true", help="name every object that would be read, and predict tokens, rows and time")

    sub = command("manifest", manifest, "list the objects at a prefix into a file that a recipe's input can name")
    sub.add_argument("prefix", metavar="URI")
    sub.add_argument("--out", required=True, metavar="FILE")

    sub = command("status", status, "show the published version of a dataset")
    sub.add_argument("dataset", metavar="OUT")

    sub = command("show", show, "show one sample of a dataset")
    sub.add_argument("id", help="id of a row (or its first characters), a task id, or `any`")
    sub.add_argument("--out", required=True, metavar="OUT", help="the dataset")

    sub = command("rejections", rejections, "list rejected rows of a dataset")
    sub.add_argument("dataset", metavar="OUT")
    sub.add_argument("--reason", default="", help="only rows with this reason")
    sub.add_argument("--limit", type=int, default=20)

    sub = command("export", export, "write the released shape: one JSONL per domain with dialogs, ground_truth_answer, context_length")
    sub.add_argument("dataset", metavar="OUT")
    sub.add_argument("--to", required=True, metavar="FOLDER")

    sub = command("report", report, "write an HTML page: counts, lengths, where gold stands, why rows left")
    sub.add_argument("dataset", metavar="OUT")
    sub.add_argument("--to", metavar="FILE", help="where to write it (default: report.html in the dataset)")

    sub = command("delta", delta, "bring the Delta Lake log of a dataset to its current version")
    sub.add_argument("dataset", metavar="OUT")

    sub = command("versions", versions, "list the versions of a dataset")
    sub.add_argument("dataset", metavar="OUT")

    sub = command("diff", diff, "say what changed between two versions")
    sub.add_argument("dataset", metavar="OUT")
    sub.add_argument("old", type=int)
    sub.add_argument("new", type=int)

    sub = command("gc", gc, "list files that nothing names any more; delete them with --delete")
    sub.add_argument("dataset", metavar="OUT")
    sub.add_argument("--keep", type=int, default=10, help="versions to keep (default 10)")
    sub.add_argument("--delete", action="store_true")

    sub = command("worlds", worlds, "write runs of a small real world")
    sub.add_argument("--domain", required=True, choices=("search", "swe", "sql"))
    sub.add_argument("--runs", type=int, required=True)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--out", required=True, metavar="FOLDER")

    sub = command("demo", demo, "make runs of all three worlds and build a dataset from them")
    sub.add_argument("--out", default="out/demo", metavar="FOLDER")
    sub.add_argument("--runs", type=int, default=DEMO_RUNS, help=f"runs per domain (default {DEMO_RUNS})")
    sub.add_argument("--seed", type=int, default=0)
    return top


def build(arguments: argparse.Namespace) -> int:
    return run_build(arguments.out, recipe_of(arguments), placement_of(arguments), arguments.verify, agreement(arguments.yes))


def run_build(out: str, recipe: Any, placement: Any, reread: bool = False, agree: Any = None) -> int:
    from factory import run, screen
    from factory.inputs import absolute

    root = absolute(out)
    started = time.monotonic()
    with screen.ProgressBars() as progress:
        result = run.build(root, recipe, placement, progress, reread, agree or agreement(False))
    print(screen.summary(root, result.version))
    if result.did:
        did = ", ".join(f"{count:,} {stage}" for stage, count in result.did.items())
        print(f"units done: {did}; {time.monotonic() - started:.1f} s")
    else:
        print(f"nothing to do: version {result.version.version} already is what was asked for")
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

    run.use_store(placement_of(arguments))
    found = planning.plan(absolute(arguments.out), recipe_of(arguments))
    print(screen.visible("\n".join(planning.describe(found) + (planning.explain(found) if arguments.explain else []))))
    return 0


def manifest(arguments: argparse.Namespace) -> int:
    from factory import manifest as manifests
    from factory.inputs import absolute

    count = manifests.write(absolute(arguments.prefix), absolute(arguments.out))
    print(f"{arguments.out}: {count:,} objects")
    return 0


def _version(out: str) -> tuple[str, Any]:
    from factory import publish
    from factory.inputs import absolute

    root = absolute(out)
    version = publish.current(root)
    if version is None:
        raise FactoryError(f"`{out}` holds no published version; `factory build ... --out {out}` makes one")
    return root, version


def status(arguments: argparse.Namespace) -> int:
    from factory import screen

    root, version = _version(arguments.dataset)
    print(f"published {version.created}")
    print(screen.summary(root, version))
    return 0


def show(arguments: argparse.Namespace) -> int:
    from factory import ledger, parts, screen

    root, version = _version(arguments.out)
    for file in version.files:
        for row in parts.read_rows(root, file.path):
            if arguments.id == "any" or row["id"].startswith(arguments.id) or row["task_id"] == arguments.id:
                print(screen.sample(row))
                return 0
    for file in version.rejections:
        for row in parts.read_rows(root, file.path):
            if row["task_id"] == arguments.id or row["unit"].startswith(arguments.id):
                position = ledger.positions(ledger.load(root, "compile")).get((row["source_uri"], row["source_record"]), "")
                print(screen.rejection(row, position))
                return 0
    raise FactoryError(f"`{arguments.id}` is neither the id nor the task of a row of `{arguments.out}`; `factory show any` shows one")


def rejections(arguments: argparse.Namespace) -> int:
    from factory import ledger, parts, screen

    root, version = _version(arguments.dataset)
    positions = ledger.positions(ledger.load(root, "compile"))
    found = 0
    for file in version.rejections:
        for row in parts.read_rows(root, file.path):
            if arguments.reason in ("", row["reason"]):
                found += 1
                if found <= arguments.limit:
                    print(screen.rejection(row, positions.get((row["source_uri"], row["source_record"]), "")))
    if found > arguments.limit:
        print(f"and {found - arguments.limit:,} more; --limit {found} shows all")
    if not found:
        print(f"no row of version {version.version} was rejected" + (f" as `{arguments.reason}`" if arguments.reason else ""))
    return 0


def export(arguments: argparse.Namespace) -> int:
    from factory import exports, parts, storage

    root, version = _version(arguments.dataset)
    if storage.scheme(arguments.to):
        raise FactoryError(f"`--to {arguments.to}`: give a local folder")
    os.makedirs(arguments.to, exist_ok=True)
    for domain in sorted({file.domain for file in version.files}):
        path, count = os.path.join(arguments.to, f"{domain}.jsonl"), 0
        with open(path + ".tmp", "w", encoding="utf-8") as out:
            for file in version.files:
                if file.domain == domain:
                    for row in parts.read_rows(root, file.path):
                        out.write(json.dumps(exports.released(row), ensure_ascii=False) + "\n")
                        count += 1
        os.replace(path + ".tmp", path)
        print(f"{path}: {count:,} rows")
    return 0


def report(arguments: argparse.Namespace) -> int:
    from factory import report as reporting
    from factory import storage

    root, version = _version(arguments.dataset)
    to = arguments.to or storage.join(root, "report.html")
    storage.put(to, reporting.page(root, version).encode("utf-8"))
    print(f"look at {to}")
    return 0


def delta(arguments: argparse.Namespace) -> int:
    from factory import delta as lake

    root, version = _version(arguments.dataset)
    written = lake.follow(root)
    print(f"Delta version {written} holds version {version.version}" if written is not None else f"the Delta log already holds version {version.version}")
    return 0


def versions(arguments: argparse.Namespace) -> int:
    from factory import history

    root, _ = _version(arguments.dataset)
    for version in history.versions(root):
        rows = sum(file.rows for file in version.files)
        print(f"{version.version:6}  {version.created}  {rows:10,} rows in {len(version.files):,} files")
    return 0


def diff(arguments: argparse.Namespace) -> int:
    from factory import history, screen

    root, _ = _version(arguments.dataset)
    found = history.diff(root, history.version(root, arguments.old), history.version(root, arguments.new))
    print(f"{len(found.added):,} rows added, {len(found.removed):,} removed, {len(found.changed):,} changed")
    for sign, rows in (("+", found.added), ("-", found.removed), ("~", [after for _, after in found.changed])):
        for row in rows[:20]:
            print(screen.visible(f"{sign} {row['domain']:7} {row['id']}  {row['task_id']}  {row['source_uri']}"))
        if len(rows) > 20:
            print(f"{sign} and {len(rows) - 20:,} more")
    for name in found.fields:
        print(f"`{name}` differs")
    for uri in found.sides:
        print(f"side input `{uri}` differs")
    return 0


def gc(arguments: argparse.Namespace) -> int:
    from factory import history, storage

    root, _ = _version(arguments.dataset)
    files = history.garbage(root, arguments.keep)
    for info in files:
        if arguments.delete:
            storage.delete(info.uri)
        print(f"{'deleted' if arguments.delete else 'unnamed'}  {info.size:12,}  {info.uri}")
    print(f"{len(files):,} files, {sum(info.size for info in files):,} bytes" + ("" if arguments.delete else "; --delete removes them"))
    print(f"files younger than {history.GRACE_SECONDS / 3600:.0f} hours stay: a run may be about to name them")
    return 0


def worlds(arguments: argparse.Namespace) -> int:
    from factory import screen
    from factory import worlds as family

    with screen.ProgressBars() as progress:
        written = family.write(arguments.domain, arguments.runs, arguments.seed, arguments.out, lambda done: progress(arguments.domain, done, arguments.runs))
    print(f"{written.num_runs:,} runs, {written.num_bytes / 1e6:,.1f} MB in {written.folder}; what must become of them: {written.expected}")
    return 0


def demo(arguments: argparse.Namespace) -> int:
    from factory import recipe
    from factory.inputs import absolute

    folder = os.path.join(arguments.out, "worlds")
    sources = []
    for domain in ("search", "swe", "sql"):
        worlds(argparse.Namespace(domain=domain, runs=arguments.runs, seed=arguments.seed, out=folder))
        sources.append(recipe.Input(uri=absolute(os.path.join(folder, domain)), format="openai_chat"))
    dataset = os.path.join(arguments.out, "dataset")
    # Wrong patches of the world differ from the verified ones; running their tests too would only take longer.
    made = recipe.Recipe(name="demo", inputs=tuple(sources), verify=recipe.Verify(swe_tests="never"))
    code = run_build(dataset, made, recipe.Placement())
    report(argparse.Namespace(dataset=dataset, to=None))
    called = sys.argv[0] if os.path.basename(sys.argv[0]) == "factory" else "factory"  # it may not be on the PATH
    print(f"look at a sample: {shlex.join([called, 'show', 'any', '--out', dataset])}")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
