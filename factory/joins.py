"""What stands beside a run: its gold record, its success report, its database and repository.

A recipe's input says where they are; `Join` looks each one up for a trajectory. Names that come out of runs and
gold records are untrusted: they may fill a template or point inside the input's own folder, and nowhere else.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from factory import storage
from factory.containers import read_records
from factory.decoding import decode
from factory.errors import RowError, SettingsError
from factory.recipe import GoldTable, Input
from factory.records import Environment, GroundTruth, Trajectory, canonical_json, digest
from factory.side import SideInputs

VERSION = "3"
"""Raised when a run is given other gold, success or places."""

# our name -> fields of a gold record that hold it, where the recipe's `fields` says nothing
FIELDS: dict[str, tuple[str, ...]] = {
    "question": ("question", "problem_statement"),
    "answer": ("answer", "ground_truth", "expected_answer", "gold_answer"),
    "patch": ("patch",),
    "sql": ("sql", "SQL", "gold_sql"),
    "database": ("database", "db_id", "db"),
    "dialect": ("dialect",),
    "repository": ("repository", "repo"),
    "base_commit": ("base_commit",),
    "test_patch": ("test_patch",),
    "test_command": ("test_command",),
    "fail_to_pass": ("fail_to_pass", "FAIL_TO_PASS"),
    "pass_to_pass": ("pass_to_pass", "PASS_TO_PASS"),
    "solved": ("solved", "resolved"),
}
USUAL_KEYS = ("instance_id", "task_id", "id", "question_id", "qid", "query_id", "uid")
"""Where a record's id stands when the recipe gives no `key`."""
DATABASE_NAMES = ("{0}.sqlite", "{0}/{0}.sqlite", "{0}.db", "{0}.sqlite3", "{0}.duckdb")
"""Files beside a run that a bare name of a database may mean."""
PLAIN_NAME = re.compile(r"[\w][\w.@+-]*(?:/[\w][\w.@+-]*){0,4}")
LONGEST_NAME = 255
"""Bytes of a name that a run gives: no file system takes a longer one."""
CSV_FIELD = 64 << 20


class Join:
    def __init__(self, source: Input, side: SideInputs):
        self.source, self.side = source, side
        self.gold = GoldTableReader(source.gold, side) if source.gold else None
        self.reports: tuple[str, Any] = ("", None)  # content hash and value of the report read last
        self.miss = ""
        """Why the run joined last got nothing from the gold table; "" where it did, or there is none."""

    def __call__(self, trajectory: Trajectory) -> tuple[Trajectory, str]:
        """The trajectory with what stands beside it, and the hash of what was read for it.

        RowError side_input_missing when a gold table or report cannot be read, or a name points elsewhere.
        """
        record = self.gold.record(trajectory) if self.gold else {}
        self.miss = self.gold.miss(trajectory.task_id) if self.gold and not record else ""
        solved = self._solved(trajectory)
        ground_truth = joined_truth(trajectory, record)
        if record.get("solved") is not None:
            solved = solved if solved is not None else truth_of(record["solved"])
        solved = trajectory.solved if solved is None else solved
        if trajectory.domain == "swe" and solved and not ground_truth.text and trajectory.final_answer:
            ground_truth = ground_truth.model_copy(update={"text": trajectory.final_answer})  # its tests passed
        changed = {
            "question": text_of(record.get("question")) or trajectory.question,
            "ground_truth": ground_truth,
            "solved": solved,
            "environment": self._environment(trajectory, record),
        }
        return trajectory.model_copy(update=changed), digest(canonical_json(record), str(solved))

    def _environment(self, trajectory: Trajectory, record: dict[str, Any]) -> Environment:
        own = trajectory.environment
        folder = storage.parent(trajectory.source.uri)
        database = text_of(record.get("database")) or own.database
        repository = text_of(record.get("repository")) or own.repository
        if self.source.database:
            database = filled(self.source.database, folder, trajectory.task_id, database=database)
        else:
            database = self._beside(folder, database)
        if self.source.repository:
            repository = filled(self.source.repository, folder, trajectory.task_id, repository=repository)
        elif repository:
            place = inside(folder, repository)
            if repository.endswith((".bundle", ".git")) or self.side.present(place):
                repository = place  # else a name such as `django/django`
        dialect = self.source.dialect or text_of(record.get("dialect")) or own.dialect
        if database and not dialect:
            dialect = "duckdb" if database.endswith((".duckdb", ".ddb")) else "sqlite"
        return Environment(
            database=database,
            dialect=dialect if dialect in ("sqlite", "duckdb") else "",
            repository=repository,
            base_commit=text_of(record.get("base_commit")) or own.base_commit,
            pages=inside(folder, own.pages),
        )

    def _beside(self, folder: str, name: str) -> str:
        """The database file that a run names: by a path, or by a bare name as `shop` for `shop.sqlite`."""
        if "." in name or "/" in name or not PLAIN_NAME.fullmatch(name):
            return inside(folder, name)
        places = [inside(folder, form.format(name)) for form in DATABASE_NAMES]
        return next((place for place in places if self.side.present(place)), name)

    def _solved(self, trajectory: Trajectory) -> bool | None:
        """What the run's success report says: flat, keyed by task id, or with lists of task ids."""
        if not self.source.report:
            return None
        uri = filled(self.source.report, storage.parent(trajectory.source.uri), trajectory.task_id)
        content = self.side.content_hash(uri)
        if not content:
            return None
        if self.reports[0] != content:
            self.reports = (content, read_json(self.side.path(uri), uri))
        report, task = self.reports[1], trajectory.task_id
        if not isinstance(report, dict):
            raise RowError("side_input_missing", f"report `{uri}` is no JSON object")
        for listed, says in (("resolved_ids", True), ("resolved", True), ("unresolved_ids", False), ("unresolved", False)):
            if isinstance(report.get(listed), list) and task in report[listed]:
                return says
        entry = report.get(task, report)
        for key in ("resolved", "solved", "success", "passed"):
            if isinstance(entry, dict) and isinstance(entry.get(key), bool):
                return entry[key]
        return None


class GoldTableReader:
    """Gold records by task id, read once for as long as their content stays the same."""

    def __init__(self, settings: GoldTable, side: SideInputs):
        if unknown := settings.fields.keys() - FIELDS.keys():
            raise SettingsError(f"`gold.fields.{min(unknown)}` is no field of ours; known are {', '.join(FIELDS)}")
        self.settings, self.side = settings, side
        self.content = ""
        self.records: dict[str, dict[str, Any]] = {}
        self.contested: set[str] = set()
        """Ids under which several records say different things."""
        self.by_question: dict[str, dict[str, Any]] = {}
        """For runs whose id the table does not hold; questions that several records answer differently are left out."""

    def record(self, trajectory: Trajectory) -> dict[str, Any]:
        """Our names -> values of the run's gold record; {} when the table holds none for its task."""
        uris = [self.settings.uri, self.settings.ids] if self.settings.ids else [self.settings.uri]
        hashes = [self.side.content_hash(uri) for uri in uris]
        if missing := [uri for uri, content in zip(uris, hashes) if not content]:
            raise RowError("side_input_missing", f"gold table `{missing[0]}` does not exist")
        if (content := digest(*hashes)) != self.content:
            self.contested = set()
            self.records = self._read()
            self.by_question = questions_of(self.records.values())
            self.content = content
        if trajectory.task_id in self.contested:
            raise RowError("side_input_missing", f"gold table `{self.settings.uri}` holds several records for `{trajectory.task_id[:120]}`, and they differ")
        return self.records.get(trajectory.task_id) or self.by_question.get(asked(trajectory.question)) or {}

    def miss(self, task_id: str) -> str:
        """Why a run got no gold from the table."""
        like = next(iter(self.records), "")
        return f"gold table `{self.settings.uri}` holds {len(self.records):,} records, none for `{task_id[:120]}`; their ids look like `{like[:120]}` (`key` says which field holds them)"

    def _read(self) -> dict[str, dict[str, Any]]:
        settings, uri = self.settings, self.settings.uri
        path = self.side.path(uri)
        files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
        records = [record for file in files for record in gold_records(file)]
        if settings.ids:
            ids = read_json(self.side.path(settings.ids), settings.ids)
            if not isinstance(ids, list) or len(ids) != len(records):
                raise SettingsError(f"`{settings.ids}` must be a list of {len(records)} ids, one for each record of `{uri}`")
            keyed = [(str(task), record) for task, (_, record) in zip(ids, records)]
        elif settings.key == "#":
            keyed = records
        else:
            names = (settings.key,) if settings.key else USUAL_KEYS
            keyed = [(next((text for name in names if (text := text_of(record.get(name)))), key), record) for key, record in records]
        self._check([record for _, record in records])
        found: dict[str, dict[str, Any]] = {}
        for task, record in keyed:
            ours = self._ours(record)
            if found.setdefault(task, ours) != ours:
                self.contested.add(task)
        return found

    def _check(self, records: list[dict[str, Any]]) -> None:
        """SettingsError for a table without a record, and for a field that no record has."""
        uri, settings = self.settings.uri, self.settings
        if not records:
            raise SettingsError(f"gold table `{uri}` holds no record: it is a list, a dict or lines of JSON objects, a CSV or Parquet file, or a folder of such")
        there = dict.fromkeys(field for record in records[:1_000] for field in record)
        asked = {f"gold.fields.{name}": field for name, field in settings.fields.items()}
        asked |= {"gold.key": settings.key} if settings.key not in ("", "#") and not settings.ids else {}
        for name, field in asked.items():
            if field not in there and not any(field in record for record in records):
                raise SettingsError(f"`{name}` = `{field}`: no record of `{uri}` has that field; they have {', '.join(list(there)[:12])}")

    def _ours(self, record: dict[str, Any]) -> dict[str, Any]:
        names = self.settings.fields
        wanted = {name: (field,) for name, field in names.items()} if names else FIELDS
        values = {name: next((record[f] for f in fields if record.get(f) not in (None, "")), None) for name, fields in wanted.items()}
        return {name: value for name, value in values.items() if value is not None}


SAID = {"true": True, "yes": True, "1": True, "resolved": True, "false": False, "no": False, "0": False, "unresolved": False}


def truth_of(value: Any) -> bool:
    """Whether a gold record says that the run was solved; CSV knows text only."""
    if isinstance(value, bool | int | float):
        return bool(value)
    said = SAID.get(text_of(value).strip().lower())
    if said is None:
        raise RowError("side_input_missing", f"the gold record says solved = {str(value)[:60]!r}, which is neither true nor false")
    return said


def questions_of(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        question = asked(text_of(record.get("question")))
        if question and found.setdefault(question, record) != record:
            found[question] = {}
    return {question: record for question, record in found.items() if record}


def asked(question: str) -> str:
    return " ".join(question.split()).casefold()


def gold_records(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """(index or key, record) of one file. A damaged gold table stops the run: every row would lack its gold."""
    if path.suffix == ".csv":
        csv.field_size_limit(CSV_FIELD)
        rows = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig", "replace"), newline=""))
        return [(str(index), dict(row)) for index, row in enumerate(rows)]
    found: list[tuple[str, dict[str, Any]]] = []
    with open(path, "rb") as stream:
        for record in read_records(str(path), stream):
            if record.error:
                raise SettingsError(f"gold table `{path}` at {record.position or 'its start'}: {record.error}")
            if isinstance(record.value, dict):
                # in JSONL the position is a byte offset, which is nobody's id: the index takes its place
                lined = path.name.endswith((".jsonl", ".ndjson"))
                found.append((str(len(found)) if lined else record.position, record.value))
    return found


def joined_truth(trajectory: Trajectory, record: dict[str, Any]) -> GroundTruth:
    own, changed = trajectory.ground_truth, {}
    answer = record.get("patch" if trajectory.domain == "swe" else "answer")
    if isinstance(answer, list):
        texts = [text_of(item) for item in answer if text_of(item)]
        changed |= {"text": texts[0], "aliases": tuple(texts[1:])} if texts else {}
    elif text_of(answer):
        changed |= {"text": text_of(answer), "aliases": ()}
    for name in ("sql", "test_patch", "test_command"):
        if text := text_of(record.get(name)):
            changed[name] = text
    for name in ("fail_to_pass", "pass_to_pass"):
        if name in record:
            changed[name] = tuple(names_of(record[name]))
    return own.model_copy(update=changed)


def names_of(value: Any) -> list[str]:
    """Test names, given as a list, as JSON text of one, or one a line."""
    if isinstance(value, str):
        try:
            value = decode(value.encode("utf-8", "replace"))
        except RowError:
            value = value.splitlines()
    return [text_of(item) for item in value if text_of(item)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def filled(template: str, folder: str, task_id: str, **names: str) -> str:
    """`template` with {folder}, {task_id} and `names`; "" when it wants a name that is not known."""
    for name, value in {"task_id": task_id, **names}.items():
        if "{" + name + "}" not in template:
            continue
        if not value:
            return ""
        if not PLAIN_NAME.fullmatch(value) or len(value.encode("utf-8", "replace")) > LONGEST_NAME:
            raise RowError("side_input_missing", f"`{name}` = {value[:80]!r} is no plain name")
        template = template.replace("{" + name + "}", value)
    return template.replace("{folder}", folder)  # a relative one counts from where the command runs, as every URI of a recipe


def inside(folder: str, name: str) -> str:
    """The object that a run names relative to its own folder."""
    if not name:
        return ""
    if storage.scheme(name) or name.startswith("/") or ".." in name.split("/"):
        raise RowError("side_input_missing", f"{name[:120]!r} is outside the run's own folder; name it in the recipe's input")
    if len(name.encode("utf-8", "replace")) > LONGEST_NAME or any(char < " " for char in name):
        raise RowError("side_input_missing", f"{name[:120]!r} is no name of a file")
    return storage.resolve(name, folder)


def read_json(path: Path, uri: str) -> Any:
    try:
        return decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except RowError as error:
        raise RowError("side_input_missing", f"`{uri}`: {error}") from None
