"""Commands that look at a dataset, or write something of it elsewhere."""

from __future__ import annotations

import argparse
import glob
import json
import os
from typing import Any

from factory.errors import REASONS, FactoryError


def _version(out: str) -> tuple[str, Any]:
    from factory import publish
    from factory.inputs import absolute

    root = absolute(out)
    if os.path.isfile(root):
        raise FactoryError(f"`{out}` is a file; give the folder of a dataset, as `factory build --out` named it")
    version = publish.current(root)
    if version is None:
        below = sorted(glob.glob("*/CURRENT", root_dir=root) + glob.glob("*/*/CURRENT", root_dir=root)) if os.path.isdir(root) else []
        if below:
            raise FactoryError(f"`{out}` is no dataset, but holds {', '.join(f'`{os.path.join(out, os.path.dirname(name))}`' for name in below[:5])}")
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
    if not arguments.id:
        raise FactoryError("the id is empty; give the id of a row (or its first characters), a task id, or `any`")
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
    if arguments.id == "any":
        raise FactoryError(no_rows(arguments.out, version))
    raise FactoryError(f"`{arguments.id}` is neither the id nor the task of a row of `{arguments.out}`; `factory show any` shows one")


def no_rows(out: str, version: Any) -> str:
    """What is said of a version without a row, and what to do next."""
    rejected = sum(file.rows for file in version.rejections)
    why = f"; `factory rejections {out}` says why its {rejected:,} runs were rejected" if rejected else ""
    return f"version {version.version} of `{out}` holds no row{why}"


def rejections(arguments: argparse.Namespace) -> int:
    from factory import ledger, parts, screen

    root, version = _version(arguments.dataset)
    if arguments.reason and arguments.reason not in REASONS:
        raise FactoryError(f"`{arguments.reason}` is no reason; this version has {', '.join(reasons_of(version)) or 'none'}")
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
        others = ", ".join(reasons_of(version))
        print(f"no row of version {version.version} was rejected" + (f" as `{arguments.reason}`" + (f", but as {others}" if others else "") if arguments.reason else ""))
    return 0


def reasons_of(version: Any) -> list[str]:
    return sorted({name.rpartition("/")[2] for counts in version.summary["domains"].values() for name in counts["rejected"]})


def export(arguments: argparse.Namespace) -> int:
    from factory import exports, parts, storage

    root, version = _version(arguments.dataset)
    if storage.scheme(arguments.to):
        raise FactoryError(f"`--to {arguments.to}`: give a local folder")
    if not version.files:
        raise FactoryError(no_rows(arguments.dataset, version))
    domains = sorted({file.domain for file in version.files})
    with storage.writing(arguments.to):
        os.makedirs(arguments.to, exist_ok=True)
        foreign = sorted(name for name in os.listdir(arguments.to) if name.endswith(".jsonl") and name.removesuffix(".jsonl") not in domains)
    if foreign:  # a reader of the folder would take them for rows of this version
        listed = ", ".join(f"`{name}`" for name in foreign[:5]) + (", ..." if len(foreign) > 5 else "")
        raise FactoryError(f"`{arguments.to}` holds {listed}, which version {version.version} would not write; give another folder to --to, or move {'it' if len(foreign) == 1 else 'them'} away")
    for domain in domains:
        path, count = os.path.join(arguments.to, f"{domain}.jsonl"), 0
        with storage.writing(path), open(path + ".tmp", "w", encoding="utf-8") as out:
            for file in version.files:
                if file.domain == domain:
                    for row in parts.read_rows(root, file.path):
                        out.write(json.dumps(exports.released(row), ensure_ascii=False) + "\n")
                        count += 1
        with storage.writing(path):
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
            print(screen.in_line(f"{sign} {row['domain']:7} {row['id']}  {row['task_id']}  {row['source_uri']}"))
        if len(rows) > 20:
            print(f"{sign} and {len(rows) - 20:,} more")
    for name in found.fields:
        print(f"`{name}` differs")
    for uri in found.sides:
        print(f"side input `{uri}` differs")
    return 0


def gc(arguments: argparse.Namespace) -> int:
    from factory import history, ledger, storage
    from factory.stages import superseded

    root, _ = _version(arguments.dataset)
    files = history.garbage(root, arguments.keep)
    commits = {stage: ledger.load(root, stage) for stage in ledger.STAGES}
    gone = superseded.gone(commits, history.sources(root, arguments.keep))
    for info in files:
        if arguments.delete:
            storage.delete(info.uri)
        print(f"{'deleted' if arguments.delete else 'unnamed'}  {info.size:12,}  {info.uri}")
    print(f"{len(files):,} files, {sum(info.size for info in files):,} bytes" + ("" if arguments.delete else "; --delete removes them"))
    if gone:  # the files that only they name are old when the next gc comes, and no running build stands on them
        if arguments.delete:
            superseded.forget(root, commits, gone)
        rows = sum(map(len, gone.values()))
        print(f"{len(gone):,} objects exist no more: {rows:,} of their rows {'were' if arguments.delete else 'can be'} forgotten; answers of a model stay")
    print(f"files younger than {history.GRACE_SECONDS / 3600:.0f} hours stay: a run may be about to name them")
    return 0
