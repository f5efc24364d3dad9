"""What the command line says of a build: recipe, inputs, overrides, placement, agreement. Heavy imports happen inside."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any


def add_recipe(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("recipe", nargs="?", metavar="RECIPE", help="TOML recipe: a file or an s3:// object")
    sub.add_argument("--input", action="append", default=[], metavar="URI", help="raw runs: file, folder, glob or s3:// prefix; may be repeated")
    sub.add_argument("--manifest", action="append", default=[], metavar="URI", help="list of raw runs: S3 Inventory's manifest.json, or JSONL; may be repeated")
    sub.add_argument("--format", default="auto", help="raw format of --input and --manifest (default: detected)")
    sub.add_argument("--domain", default="auto", choices=("auto", "search", "swe", "sql"), help="domain of --input and --manifest")
    sub.add_argument("--out", required=True, metavar="URI", help="the dataset: a folder or an s3:// prefix")
    sub.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a recipe field, as compile.packing.seed=1")
    sub.add_argument("--placement", metavar="FILE", help="TOML file that says where and how fast")


def add_build(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--workers", type=int, default=0, help="parallel workers (default: one per CPU)")
    sub.add_argument("--runner", choices=("auto", "inline", "ray"), help="inline: one process; ray: Ray Data; auto: by input size")
    sub.add_argument("--verify", action="store_true", help="trust no sizes and times: read every input again, do again what lost or damaged part files held, and ask again what engines had no room for")
    sub.add_argument("--yes", action="store_true", help="go on where a changed recipe or a lost part file makes a model answer again")


def count_of(text: str) -> int:
    """A number of things to show: 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`{text}` is no number of rows; give 0 or more")
    return int(text)


def recipe_of(arguments: argparse.Namespace) -> Any:
    """The recipe file, the inputs of the command line and the overrides, as one Recipe."""
    import tomllib

    from factory import recipe
    from factory.errors import SettingsError
    from factory.inputs import located

    data: dict[str, Any] = {}
    if arguments.recipe:
        data = recipe.load(recipe.Recipe, arguments.recipe).model_dump(mode="json")
    elif not arguments.input and not arguments.manifest:
        raise SettingsError("neither a recipe nor an --input is given; give one of them")
    for flag, given in (("--input", arguments.input), ("--manifest", arguments.manifest)):
        if twice := next((uri for uri in given if given.count(uri) > 1), None):
            raise SettingsError(f"`{flag} {twice}` is given twice, so each of its runs would be a duplicate; give it once")
    sources = data.setdefault("inputs", [])
    how = {"format": arguments.format, "domain": arguments.domain}
    sources += [{"uri": uri} | how for uri in arguments.input] + [{"manifest": uri} | how for uri in arguments.manifest]
    for pair in arguments.set:
        key, equals, text = pair.partition("=")
        if not equals:
            raise SettingsError(f"`--set {pair}`: give KEY=VALUE, as compile.packing.seed=1")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        section = data
        *path, last = key.split(".")
        for name in path:
            section = section.setdefault(name, {})
            if not isinstance(section, dict):
                raise SettingsError(f"`--set {pair}`: `{name}` is no section with fields of its own")
        section[last] = value
    checked = recipe.validate(recipe.Recipe, data, arguments.recipe or "the command line")
    return located(checked)


def placement_of(arguments: argparse.Namespace) -> Any:
    from factory import recipe
    from factory.errors import SettingsError

    if (workers := getattr(arguments, "workers", 0)) < 0:
        raise SettingsError(f"`--workers {workers}` is no number of workers; give 1 or more, or 0 for one per CPU")
    placement = recipe.load(recipe.Placement, arguments.placement) if arguments.placement else recipe.Placement()
    given = {name: value for name in ("workers", "runner") if (value := getattr(arguments, name, None))}
    return recipe.validate(recipe.Placement, placement.model_dump() | given, arguments.placement or "the command line")


def agreement(given: bool) -> Callable[[int], bool]:
    """Asks on a terminal whether rows may be answered again; elsewhere the answer is `given`."""

    def agree(num_rows: int) -> bool:
        if given or not sys.stdin.isatty():
            return given
        return input(f"{num_rows:,} answers of a model would be asked for again. Go on? [y/N] ").strip().lower() in ("y", "yes")

    return agree
