"""The floor: the least that any program must do for the same contexts, in plain processes.

Read, decode, tokenise each distinct piece once, write the same rows as Parquet (zstd, level 1). No logic: a plan
made from a finished compile says which slices of which messages, which tables and which files make up each context,
and holds the row's other columns ready-made.
With `tokenizers` in place of gigatoken it is the same work as most pipelines do it.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import pickle
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from factory import parts, tokenizer_files
from factory.ledger import Commit
from factory.prompts import FOOTER, document_header
from factory.recipe import Compile
from factory.schemas import EXAMPLE, batch_of
from jobs.benches.clock import Took, cpu_seconds

TASK_BYTES = 8 << 20
ROW_GROUP_BYTES = parts.ROW_GROUP_BYTES
WARM_TEXT = "The tokenizer's tables are loaded once.\n" * 50


class Slice(NamedTuple):
    """A piece that stands in a message of the run."""

    header: str
    message: int
    start: int
    end: int


class Given(NamedTuple):
    """A piece that stands nowhere as it is (its entry was put together, or a secret was taken out): part of the plan."""

    header: str
    text: str


class Table(NamedTuple):
    header: str
    database: str
    name: str


class File(NamedTuple):
    header: str
    repository: str
    name: str
    """Object name: commit and path."""


class Row(NamedTuple):
    pieces: list[Any]
    """Of the context."""
    columns: dict[str, Any]
    """All but the context."""


class Task(NamedTuple):
    path: str
    start: int
    """Byte at which the first line begins."""
    plans: list[Row | None]
    """Of each line; None for a run that gives none."""


class Plan(NamedTuple):
    tasks: list[Task]
    evidence_bytes: int
    distinct_bytes: int
    given_bytes: int
    """Of the evidence, what stands in the plan itself."""
    num_examples: int
    num_rejected: int


def plan(root: Path, commits: list[Commit]) -> Plan:
    """The work of the compile that is committed under `root`."""
    positions = {row.unit: (item.uri, int(row.position)) for commit in commits for item in commit.objects for row in item.rows}
    examples: dict[tuple[str, int], Row] = {}
    evidence_bytes = given = 0
    distinct: dict[int, int] = {}
    for commit in commits:
        for part in commit.parts:
            if part.kind != "examples":
                continue
            for row in parts.read_rows(str(root), part.path):
                uri, position = positions[row["unit"]]
                pieces = planned(row, uri, position)
                examples[uri, position] = Row(pieces, {name: value for name, value in row.items() if name != "context"})
                evidence_bytes += len(row["context"].encode())
                given += sum(len(piece.text.encode()) for piece in pieces if isinstance(piece, Given))
                for piece in row["pieces"]:
                    text = row["context"][piece["start"] : piece["end"]]
                    distinct[hash(text)] = len(text.encode())
    tasks = []
    for path in sorted({uri for uri, _ in positions.values()}):
        tasks += list(cut(path, examples))
    return Plan(tasks, evidence_bytes, sum(distinct.values()), given, len(examples), len(positions) - len(examples))


def planned(row: dict[str, Any], uri: str, position: int) -> list[Any]:
    with open(uri, "rb") as file:
        file.seek(position)
        messages = [message.get("content") for message in json.loads(file.readline())["messages"]]
    environment = json.loads(row["environment"])
    pieces: list[Any] = []
    for piece in row["pieces"]:
        header, text = document_header(piece["name"]), row["context"][piece["start"] : piece["end"]]
        if piece["kind"] == "table":
            pieces.append(Table(header, environment["database"], piece["name"]))
        elif piece["kind"] == "file" and environment["base_commit"]:
            pieces.append(File(header, environment["repository"], f"{environment['base_commit']}:{piece['name']}"))
        else:
            at = next(((i, said.find(text)) for i, said in enumerate(messages) if said and text in said), None)
            pieces.append(Slice(header, at[0], at[1], at[1] + len(text)) if at else Given(header, text))
    return pieces


def cut(path: str, examples: dict[tuple[str, int], Row]) -> Iterator[Task]:
    share = max(1, min(TASK_BYTES, os.path.getsize(path) // 4))
    with open(path, "rb") as file:
        start = at = 0
        plans: list[Row | None] = []
        for line in file:
            plans.append(examples.get((path, at)))
            at += len(line)
            if at - start >= share:
                yield Task(path, start, plans)
                start, plans = at, []
        if plans:
            yield Task(path, start, plans)


def measure(work: Plan, out: Path, workers: int, tokenizer: str = "gigatoken", most: int | None = None) -> Took:
    """Do the work of `most` tasks (all of them by default) in `workers` fresh processes."""
    context = multiprocessing.get_context("spawn")
    began = time.time()
    with context.Manager() as manager:
        queue, clocks, gate = manager.Queue(), manager.list(), manager.Barrier(workers)
        for index, task in enumerate(work.tasks[:most]):
            queue.put(pickle.dumps((index, task)))
        arguments = (queue, clocks, gate, str(out), tokenizer)
        processes = [context.Process(target=serve, args=arguments) for _ in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        done = list(clocks)
    if len(done) != workers:
        raise RuntimeError(f"{workers - len(done)} of the floor's processes died")
    start, end = min(clock[0] for clock in done), max(clock[1] for clock in done)
    return Took(end - start, sum(clock[2] for clock in done), start - began, {})


def serve(queue: Any, clocks: Any, gate: Any, out: str, tokenizer: str) -> None:
    """One process: tasks are taken before the clock starts, so that handing them out is not counted."""
    encode = encoder(tokenizer)
    encode([WARM_TEXT])
    Path(out).mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"warm": [WARM_TEXT]}), f"{out}/warm-{os.getpid()}.parquet", compression="zstd")
    gate.wait()
    work = Work(out, encode)
    start, cpu = time.time(), cpu_seconds(os.getpid())
    handed = 0.0
    while True:
        asked = time.time()
        try:
            data = queue.get_nowait()
        except Exception:  # the manager's Empty comes in its own wrapping
            break
        index, task = pickle.loads(data)
        handed += time.time() - asked
        work.do(index, task)
    clocks.append((start, time.time() - handed, cpu_seconds(os.getpid()) - cpu))


def encoder(name: str) -> Any:
    """A function from texts to the numbers of their tokens."""
    data = tokenizer_files.prepare(Compile().tokenizer).tokenizer_json
    if name == "gigatoken":
        import gigatoken

        fast = gigatoken.Tokenizer.from_json(data)
        return lambda texts: [len(fast.encode(text)) for text in texts]
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import tokenizers

    truth = tokenizers.Tokenizer.from_buffer(data)
    return lambda texts: [len(found) for found in truth.encode_batch_fast(texts, add_special_tokens=False)]


class Work:
    def __init__(self, out: str, encode: Any):
        self.out, self.encode = out, encode
        self.known: set[str] = set()
        self.tables: dict[tuple[str, str], str] = {}
        self.files: dict[tuple[str, str], str] = {}
        self.repositories: dict[str, subprocess.Popen[bytes]] = {}

    def do(self, index: int, task: Task) -> None:
        rows: list[dict[str, Any]] = []
        pending = 0
        with (
            open(task.path, "rb") as file,
            pq.ParquetWriter(f"{self.out}/{index}.parquet", EXAMPLE, compression="zstd", compression_level=1, use_dictionary=False) as writer,
        ):
            file.seek(task.start)
            for line, row in zip(file, task.plans):
                value = orjson.loads(line)
                if row is None:
                    continue
                texts = [self.text(piece, value["messages"]) for piece in row.pieces]
                if new := [text for text in dict.fromkeys(texts) if text not in self.known]:
                    self.encode(new)
                    self.known.update(new)
                context = "".join(part for piece, text in zip(row.pieces, texts) for part in (piece.header, text, FOOTER))
                rows.append({**row.columns, "context": context})
                pending += len(context)
                if pending >= ROW_GROUP_BYTES:
                    writer.write_batch(batch_of(rows, EXAMPLE))
                    rows, pending = [], 0
            if pending:
                writer.write_batch(batch_of(rows, EXAMPLE))

    def text(self, piece: Any, messages: list[Any]) -> str:
        if isinstance(piece, Slice):
            return messages[piece.message]["content"][piece.start : piece.end]
        if isinstance(piece, Table):
            key = (piece.database, piece.name)
            if key not in self.tables:
                self.tables[key] = read_table(*key)
            return self.tables[key]
        if isinstance(piece, File):
            key = (piece.repository, piece.name)
            if key not in self.files:
                self.files[key] = self.read_file(*key)
            return self.files[key]
        return piece.text

    def read_file(self, repository: str, name: str) -> str:
        if repository not in self.repositories:
            folder = tempfile.mkdtemp(dir=self.out)
            subprocess.run(["git", "init", "-q", "--bare", folder], check=True)
            subprocess.run(["git", "--git-dir", folder, "bundle", "unbundle", repository], check=True, capture_output=True)
            command = ["git", "--git-dir", folder, "cat-file", "--batch"]
            self.repositories[repository] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process = self.repositories[repository]
        assert process.stdin and process.stdout
        process.stdin.write(name.encode() + b"\n")
        process.stdin.flush()
        data = process.stdout.read(int(process.stdout.readline().split()[2]))
        process.stdout.read(1)
        return data.decode("utf-8", "replace")


def read_table(database: str, name: str) -> str:
    """A table as CSV under its definition."""
    connection = sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)
    found = connection.execute(f'SELECT * FROM "{name}"')
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column[0] for column in found.description)
    writer.writerows(found)
    definition = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    connection.close()
    return f"{definition}\n{text.getvalue()}"
