"""What a unit's key covers, and what a whole run was asked to do.

A scope is a flat dict field -> value digest: everything besides the row and its side inputs that decides what
becomes of a row. An object whose scope, etag and side inputs are unchanged need not be opened. A unit's key
takes from the scope only the fields that its own format and domain read, so that a new SWE setting leaves the
SQL rows alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from functools import cache

from factory import cleaning, containers, joins, measures, mining, packing, prompts, storage, tokenizer_files
from factory.cage.tests import has_cage
from factory.domains import DOMAINS
from factory.errors import SettingsError
from factory.formats import FORMATS
from factory.formats import VERSION as READERS
from factory.recipe import Compile, Input, Recipe, Settings, fingerprint
from factory.records import canonical_json, digest
from factory.teachers import TEACHERS
from factory.verifiers import VERIFIERS

VERSION = "2"
"""Raised when the meaning of the rows of the ledger changes, or what is hashed is hashed otherwise."""


@cache
def version(family: str, module: str) -> str:
    return str(importlib.import_module(f"factory.{family}.{module}").VERSION)


def compile_scope(settings: Compile, source: Input) -> dict[str, str]:
    scope = {
        "tokenizer": tokenizer_files.identity(settings.tokenizer),
        "version.identity": VERSION,
        "version.containers": containers.VERSION,
        "version.joins": joins.VERSION,
        "version.cleaning": cleaning.VERSION,
        "version.packing": packing.VERSION,
        "version.prompts": prompts.VERSION,
    }
    for name in ("cleaning", "vocabulary", "packing", "search", "swe", "sql"):
        scope[f"compile.{name}"] = fingerprint(getattr(settings, name))
    if settings.packing.pool:
        scope["pool"] = pool(settings)
    scope["version.formats"] = READERS
    scope["version.formats.order"] = digest(*FORMATS)  # the first that fits is taken
    for name, module in FORMATS.items():
        scope[f"version.formats.{name}"] = version("formats", module)
    for name, module in DOMAINS.items():
        scope[f"version.domains.{name}"] = version("domains", module)
    for name in VERIFIERS:  # the gold must pass its own verifier before it becomes an example
        scope[f"version.verifiers.{name}"] = version("verifiers", VERIFIERS[name])
    for name in ("format", "domain", "gold", "report", "database", "dialect", "repository"):
        value = getattr(source, name)
        scope[f"input.{name}"] = fingerprint(value) if isinstance(value, Settings) else str(value or "")
    return scope


def pool(settings: Compile) -> str:
    """What the recipe's pool holds now."""
    pointer = storage.read_tagged(storage.join(settings.packing.pool, "CURRENT"))
    return digest(mining.VERSION, pointer[0] if pointer else b"")


def row_scope(scope: Mapping[str, str], format: str, domain: str) -> str:
    """What of a compile scope counts for the rows of one format and domain."""
    kept = {
        name: value
        for name, value in scope.items()
        if not name.startswith(("version.formats.", "version.domains.", "version.verifiers.", "compile.s"))
        or name
        in (f"version.formats.{format}", f"version.domains.{domain}", f"version.verifiers.{domain}", f"compile.{domain}")
    }
    return canonical_json(kept)


def compile_unit(row_scope: str, uri: str, record_hash: str, sides: Iterable[str]) -> str:
    """Key of one row. `sides` are hashes of the content of the side inputs that the row reads.

    The object's URI counts, since every published row names it; a row's place inside the object does not."""
    return digest("compile", uri, record_hash, row_scope, *sides)


def trace_scope(recipe: Recipe) -> dict[str, str]:
    teacher = recipe.teacher
    if teacher.kind not in TEACHERS:
        raise SettingsError(f"`teacher.kind` = {teacher.kind!r} is no teacher; known are {', '.join(TEACHERS)}")
    module = TEACHERS[teacher.kind]
    loaded = importlib.import_module(f"factory.teachers.{module}")
    given = {"teacher.prompt": digest(prompts.given_answer(teacher.prompt, ""))} if teacher.mode == "answer_given" else {}
    return given | {
        "teacher": loaded.identity(teacher),
        "teacher.mode": teacher.mode,
        f"version.teachers.{teacher.kind}": loaded.VERSION,
    }


def trace_unit(scope: str, ask: str, attempt: int, sampling: str) -> str:
    """Key of one attempt; `scope` is the trace scope as canonical JSON, since there are many attempts."""
    return digest("trace", ask, scope, sampling, str(attempt))


def verify_scope(recipe: Recipe) -> dict[str, str]:
    from factory import exports

    scope = {f"verify.{name}": canonical_json(value) for name, value in recipe.verify.model_dump(mode="json").items()}
    for domain, module in VERIFIERS.items():
        scope[f"version.verifiers.{domain}"] = version("verifiers", module)
    if recipe.verify.swe_tests != "never":
        scope["verify.swe_cage"] = str(has_cage())  # without one, or the right to do without, no test decides
    scope["version.exports"] = exports.VERSION
    if recipe.verify.search_judge:
        scope["verify.search_judge"] = digest(version("verifiers", "judge"), recipe.teacher.kind, recipe.teacher.model)
    scope["version.measures"] = measures.VERSION
    for domain in VERIFIERS:
        scope[f"teacher.wanted.{domain}"] = str(recipe.teacher.sampling(domain).wanted)
    return scope | {"teacher.answer_only": str(recipe.teacher.answer_only)}


def verify_unit(scope: Mapping[str, str], unit: str, domain: str, trace_units: Iterable[str]) -> str:
    """Key of the verdict over all traces of one example."""
    return digest("verify", unit, canonical_json(_of_domain(scope, domain)), *sorted(trace_units))


def verdict_unit(scope: Mapping[str, str], unit: str, domain: str, trace_unit: str) -> str:
    """Key of the verdict on one trace of an example: how many are wanted and which are kept does not matter to it."""
    kept = {
        name: value
        for name, value in _of_domain(scope, domain).items()
        if not name.startswith("teacher.wanted.") and name not in ("verify.keep", "version.exports")
    }
    return digest("verdict", unit, canonical_json(kept), trace_unit)


def _of_domain(scope: Mapping[str, str], domain: str) -> dict[str, str]:
    """The fields of a verify scope that a domain reads."""
    return {
        name: value
        for name, value in scope.items()
        if not name.startswith(("version.verifiers.", "verify.s", "verify.low_information", "teacher.wanted."))
        or name in (f"version.verifiers.{domain}", f"teacher.wanted.{domain}")
        or name.startswith(f"verify.{domain}_")
        or (domain == "sql" and name == "verify.low_information")
    }
