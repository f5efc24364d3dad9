"""What a run reads: the objects that its inputs name, and how they are cut into tasks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from factory import formats, identity, manifest, storage
from factory.errors import NoPermission, SettingsError
from factory.recipe import Input, Recipe
from factory.records import canonical_json, digest
from factory.stages.compile import Shard

RUN_NAMES = (".jsonl", ".ndjson", ".json", ".traj", ".parquet", ".txt", ".eval", ".zip")
PACKED = (".gz", ".zst")
DATABASES = (".sqlite", ".sqlite3", ".db", ".duckdb", ".ddb", ".bundle")
"""What lies beside runs and is read by name."""
WRITTEN = ("data/", "parts/", "ledger/", "versions/", "STORE.json")
"""Where a build writes under its output, as far as the names could be those of runs."""
MANY = {"link that leads nowhere": "links that lead nowhere", "pipe, socket or device": "pipes, sockets or devices", "folder that may not be entered": "folders that may not be entered"}
SHARD_OBJECTS = 200
"""Small objects that one task reads at most."""


class Listing(NamedTuple):
    objects: list[tuple[int, storage.Info]]
    """(index of the recipe's input, object)."""
    request: str
    beside: dict[str, str]
    """URI -> etag of what else lies among the inputs in an object store: side inputs need not be asked for one by one."""


def listing(recipe: Recipe, scopes: list[dict[str, str]], root: str = "") -> Listing:
    """The input objects and the digest of everything that this run is asked to do. What builds wrote, to `root` or elsewhere, is no input."""
    if not recipe.inputs:
        raise SettingsError(f"recipe `{recipe.name}` names no input; add an [[inputs]] section with `uri`, or give --input")
    objects = []
    beside: dict[str, str] = {}
    for index, source in enumerate(recipe.inputs):
        there = list(candidates(source))
        if storage.scheme(source.uri) and not source.manifest:
            beside |= {info.uri: info.etag for info in there if not is_run(info.uri, source.uri)}
        written = written_by_builds(root, [info.uri for info in there])
        found = [info for info in there if is_utf8(info.uri) and is_run(info.uri, source.uri) and not is_joined(info.uri, source) and not info.uri.startswith(written)]
        if not found:
            asked = source.manifest or source.uri
            strange = [] if source.manifest else storage.unread(source.uri)
            misnamed = ((info.uri, "file whose name is not UTF-8") for info in there if not is_utf8(info.uri))
            but = next((_but(path, kind, asked) for path, kind in chain(strange, misnamed)), "")
            raise SettingsError(f"`{asked}` {but or 'holds no runs'}; give a file, folder, glob, prefix or manifest with {', '.join(RUN_NAMES)} files")
        objects.extend((index, info) for info in found)
    asked = [canonical_json([index, info.uri, info.size, info.etag]) for index, info in objects]
    settings = [canonical_json(scope) for scope in (*scopes, identity.trace_scope(recipe), identity.verify_scope(recipe))]
    return Listing(objects, digest(*asked, *settings, canonical_json(recipe.teacher.model_dump(mode="json"))), beside)


def _but(path: str, kind: str, asked: str) -> str:
    return f"is a {kind}" if path.rstrip("/") == asked.rstrip("/") else f"holds no runs that can be read: `{storage.shown(path)}` is a {kind}"


def passed_over(recipe: Recipe, root: str = "") -> str:
    """What lies among the runs of local inputs and was not read, as one line; "" when all was. Object stores are not listed again for it."""
    others: Counter[str] = Counter()
    empty, strange, misnamed = 0, Counter[str](), []
    for source in recipe.inputs:
        if source.manifest or storage.scheme(source.uri):
            continue
        there = list(storage.find(source.uri))
        strange.update(kind for _, kind in storage.unread(source.uri))
        written = written_by_builds(root, [info.uri for info in there])
        for info in there:
            if info.uri.startswith(written) or is_joined(info.uri, source) or info.uri.endswith((*DATABASES, "/CURRENT", "/report.html")):
                continue
            empty += not info.size
            if not is_utf8(info.uri):
                misnamed.append(storage.shown(info.uri))
            elif not is_run(info.uri, source.uri):
                others[os.path.splitext(info.uri)[1] or "no ending"] += bool(info.size)
    said = []
    if count := sum(others.values()):
        most = ", ".join(f"{ending} {number:,}" for ending, number in others.most_common(6) if number)
        said.append(f"{count:,} {'file' if count == 1 else 'files'} with other endings than {', '.join(RUN_NAMES)} ({most})")
    if empty:
        said.append(f"{empty:,} empty {'file' if empty == 1 else 'files'}")
    if misnamed:
        listed = ", ".join(f"`{name}`" for name in misnamed[:3]) + (", ..." if len(misnamed) > 3 else "")
        said.append(f"{len(misnamed):,} {'file whose name is' if len(misnamed) == 1 else 'files whose names are'} not UTF-8 ({listed})")
    said += [f"{count:,} {kind if count == 1 else MANY[kind]}" for kind, count in strange.items()]
    return " and ".join(said)


def located(recipe: Recipe) -> Recipe:
    """The recipe with every local path absolute: what rows name must not depend on where a command was run."""
    data = recipe.model_dump(mode="json")
    packing, teacher = data["compile"]["packing"], data["teacher"]
    for section, name in ((data["compile"], "tokenizer"), (teacher, "tokenizer"), (teacher, "model")):
        if os.path.isdir(section[name]) and (name != "model" or teacher["kind"] == "vllm"):  # else the name of a hub or an endpoint
            section[name] = absolute(section[name])
    places = [(teacher, ("replies",)), (packing, ("pool",))]
    for source in data["inputs"]:
        places.append((source, ("uri", "manifest", "report", "database", "repository")))
        if source["gold"]:
            places.append((source["gold"], ("uri", "ids")))
    for section, names in places:
        section.update({name: absolute(section[name]) for name in names if section[name]})
    return Recipe.model_validate(data)


def written_by_builds(root: str, uris: list[str]) -> tuple[str, ...]:
    """Prefixes of what lies in the dataset at `root` and in published datasets among `uris`: an output may lie inside an input."""
    folders = {uri.removesuffix("/CURRENT") for uri in uris if uri.endswith("/CURRENT")}
    datasets = {folder for folder in folders if any(uri.startswith(f"{folder}/versions/") for uri in uris)} | ({root.rstrip("/")} - {""})
    return tuple(f"{dataset}/{name}" for dataset in sorted(datasets) for name in WRITTEN)


def candidates(source: Input) -> Iterable[storage.Info]:
    """The objects that an input names: those of its manifest, else those that are there."""
    if not source.uri and not source.manifest:
        raise SettingsError("an input names neither `uri` nor `manifest`; give one of them")
    if not source.manifest:
        return storage.find(source.uri)
    folder = source.uri.rstrip("/")
    return [info for info in manifest.read(source.manifest) if not folder or info.uri == folder or info.uri.startswith(folder + "/")]


def is_utf8(uri: str) -> bool:
    """Whether rows can name it."""
    return uri == uri.encode("utf-8", "replace").decode()


def is_run(uri: str, asked: str) -> bool:
    """Whether an object is read as runs: the one that was asked for by name, or any with a known ending."""
    name = uri.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    return uri == asked or name.endswith(RUN_NAMES)


def is_joined(uri: str, source: Input) -> bool:
    """Whether an object that lies among an input's runs is its gold table or a success report."""
    if source.gold and (uri in (source.gold.uri, source.gold.ids) or uri.startswith(f"{source.gold.uri}/")):
        return True
    folder, _, name = source.report.rpartition("/")
    if not name or "{" in name:
        return False
    return uri == source.report or ("{" in folder and uri.rpartition("/")[2] == name)


def shards(objects: Iterable[tuple[int, storage.Info]], shard_bytes: int, inputs: Sequence[Input]) -> list[tuple[Shard, ...]]:
    """Tasks: big JSONL objects cut into byte ranges, small objects taken together."""
    tasks: list[tuple[Shard, ...]] = []
    group: list[Shard] = []
    size = 0
    for index, info in objects:
        if info.size > 2 * shard_bytes and may_be_cut(info.uri, inputs[index]):
            cuts = [*range(0, info.size, shard_bytes), info.size]
            tasks.extend((Shard(info.uri, info.etag, info.size, start, end, index),) for start, end in pairwise(cuts))
            continue
        if group and (size + info.size > shard_bytes or len(group) == SHARD_OBJECTS):
            tasks.append(tuple(group))
            group, size = [], 0
        group.append(Shard(info.uri, info.etag, info.size, 0, 0, index))
        size += info.size
    return [*tasks, tuple(group)] if group else tasks


def may_be_cut(uri: str, source: Input) -> bool:
    """Whether each line of the object is a record, which its first bytes tell: a name is no promise."""
    try:
        with storage.open_read(uri) as stream:
            return formats.can_be_split(source.format, uri, stream)
    except NoPermission:  # rejected where it is read
        return False


def absolute(uri: str) -> str:
    """A local path made absolute, so that workers in other folders mean the same file."""
    if not uri:
        raise SettingsError("a path is empty; give a file, a folder or a URI (`.` is the folder that you are in)")
    uri = uri.removeprefix("file://")
    if not is_utf8(uri):
        raise SettingsError(f"`{storage.shown(uri)}`: the path is not UTF-8; rename it, or give another")
    if storage.scheme(uri) == "s3" and not uri.removeprefix("s3://").strip("/"):
        raise SettingsError(f"`{uri}` names no bucket; give s3://BUCKET/PREFIX")
    return uri if storage.scheme(uri) or uri.startswith("{") else os.path.abspath(uri)
