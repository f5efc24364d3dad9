"""The `factory` command: what it takes, and how it fails. What its subcommands do stands in `factory/commands`."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Any

from factory import stops
from factory.arguments import add_build, add_recipe, count_of
from factory.commands import looking, making
from factory.errors import FactoryError

DEMO_RUNS = 40
STOPPED = "factory: stopped; what was committed is kept, run the same command again to go on"
DATASET = "the dataset: a folder or an s3:// prefix"
SEED = "another seed gives other runs (default 0)"
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR, errno.ENAMETOOLONG}
"""Failures of the file system that the user can mend, so they are said in one line."""


def main(argv: list[str] | None = None) -> int:
    _escape_what_the_terminal_cannot_show()
    arguments = parser().parse_args(argv)
    return guarded(lambda: arguments.run(arguments))


def guarded(run: Callable[[], int]) -> int:
    """The exit code of `run`; what the user can mend is said in one sentence."""
    from factory.screen import visible

    try:
        stops.heed()
        code = run()
        sys.stdout.flush()
        return code
    except FactoryError as e:
        print(f"factory: {visible(str(e))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as e:
        return _stopped(e)
    except BrokenPipeError:
        _close_stdout()
        return 0
    except Exception as e:
        if (interrupt := _interrupt_behind(e)) is not None:  # a library made another error of it
            return _stopped(interrupt)
        if not isinstance(e, OSError):
            raise
        cause = getattr(e, "cause", e)  # Ray wraps what a worker raised
        if getattr(cause, "errno", None) not in DISK:
            raise
        place = f"`{cause.filename}`" if cause.filename else "a file" if _stdout_takes_text() else "standard output"
        print(f"factory: {visible(place)}: {os.strerror(cause.errno)}; make room there, or write elsewhere", file=sys.stderr)
        return 1


def _stopped(interrupt: KeyboardInterrupt) -> int:
    print(STOPPED, file=sys.stderr)
    return 143 if isinstance(interrupt, stops.Terminated) else 130


def _interrupt_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error


def _escape_what_the_terminal_cannot_show() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _stdout_takes_text() -> bool:
    """One more line end tells."""
    try:
        print(flush=True)
        return True
    except OSError:
        _close_stdout()
        return False


def _close_stdout() -> None:
    """What is still to be written goes nowhere, so that the interpreter's end says nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="factory", description="Agent runs in, verified long-context training samples out.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command("build", making.build, "bring a dataset to what a recipe asks for, and publish it")
    add_recipe(sub)
    add_build(sub)

    sub = command("submit", making.submit, "build on a Ray cluster: send the recipe and this code there as a job, and follow its log")
    add_recipe(sub)
    add_build(sub)
    sub.add_argument("--address", required=True, metavar="URL", help="the cluster's job server, as http://HEAD:8265")
    sub.add_argument("--env", action="append", default=[], metavar="NAME", help="environment variable to take along; may be repeated")

    sub = command("plan", making.plan, "say what a build would do and why, and do nothing")
    add_recipe(sub)
    sub.add_argument("--explain", action="store_true", help="name every object that would be read, and predict tokens, rows and time")

    sub = command("manifest", making.manifest, "list the objects at a prefix into a file that a recipe's input can name")
    sub.add_argument("prefix", metavar="URI", help="file, folder, glob or s3:// prefix to list")
    sub.add_argument("--out", required=True, metavar="FILE", help="where to write the list")

    sub = command("status", looking.status, "show the published version of a dataset")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)

    sub = command("show", looking.show, "show one sample of a dataset")
    sub.add_argument("id", help="id of a row (or its first characters), a task id, or `any`")
    sub.add_argument("--out", required=True, metavar="OUT", help=DATASET)

    sub = command("rejections", looking.rejections, "list rejected rows of a dataset")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)
    sub.add_argument("--reason", default="", help="only rows with this reason")
    sub.add_argument("--limit", type=count_of, default=20, help="rows to show (default 20)")

    sub = command("export", looking.export, "write the released shape: one JSONL per domain with dialogs, ground_truth_answer, context_length")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)
    sub.add_argument("--to", required=True, metavar="FOLDER", help="a local folder; it is made where it is absent")

    sub = command("report", looking.report, "write an HTML page: counts, lengths, where gold stands, why rows left")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)
    sub.add_argument("--to", metavar="FILE", help="where to write it (default: report.html in the dataset)")

    sub = command("delta", looking.delta, "bring the Delta Lake log of a dataset to its current version")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)

    sub = command("versions", looking.versions, "list the versions of a dataset")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)

    sub = command("diff", looking.diff, "say what changed between two versions")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)
    sub.add_argument("old", type=int, help="number of the earlier version, as `factory versions` lists it")
    sub.add_argument("new", type=int, help="number of the later version")

    sub = command("gc", looking.gc, "list files that nothing names any more; delete them with --delete")
    sub.add_argument("dataset", metavar="OUT", help=DATASET)
    sub.add_argument("--keep", type=int, default=10, help="versions to keep (default 10)")
    sub.add_argument("--delete", action="store_true", help="delete what is listed")

    sub = command("worlds", making.worlds, "write runs of a small real world")
    sub.add_argument("--domain", required=True, choices=("search", "swe", "sql"), help="which world")
    sub.add_argument("--runs", type=int, required=True, help="how many runs")
    sub.add_argument("--seed", type=int, default=0, help=SEED)
    sub.add_argument("--out", required=True, metavar="FOLDER", help="where to write them")

    sub = command("demo", making.demo, "make runs of all three worlds and build a dataset from them")
    sub.add_argument("--out", default="out/demo", metavar="FOLDER", help="where runs and dataset go (default out/demo)")
    sub.add_argument("--runs", type=int, default=DEMO_RUNS, help=f"runs per domain (default {DEMO_RUNS})")
    sub.add_argument("--seed", type=int, default=0, help=SEED)
    return top


if __name__ == "__main__":
    raise SystemExit(main())
