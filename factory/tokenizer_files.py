"""Where tokenizers come from: the packaged Qwen vocabulary, a folder, or the hub; prepared once per machine.

A prepared tokenizer is a `tokenizer.json` and the chat template's text before and after one user message. It
lies in the user's cache folder under a name made from the content of what it was prepared from, written to a
temporary name and moved into place, so that processes may race. A cache that cannot be written costs time only.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from factory.errors import TokenizerError
from factory.qwen_vocabulary import PACKAGED, PACKAGED_SHA256, packaged_tokenizer
from factory.records import digest

VERSION = "1"
"""Raised when the same source is prepared differently."""

CHATML = ("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n")
SENTINEL = "the-message-of-the-user-stands-here"
FILES = ["tokenizer*", "*.jinja", "*.model", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "config.json"]


class Prepared(NamedTuple):
    tokenizer_json: bytes
    prompt_prefix: str
    """What the chat template puts before the user's message."""
    prompt_suffix: str
    """What it puts after it, up to where the assistant's reply begins."""

    @property
    def identity(self) -> str:
        return _identity(hashlib.sha256(self.tokenizer_json).hexdigest(), self.prompt_prefix, self.prompt_suffix)


def identity(name: str) -> str:
    """Hash of the tokenizer file and of the chat texts around a user message; loads no tokenizer once prepared."""
    return _identity(PACKAGED_SHA256, *CHATML) if name == PACKAGED else prepare(name).identity


def _identity(file_sha256: str, prefix: str, suffix: str) -> str:
    return digest("tokenizer", file_sha256, prefix, suffix)


@lru_cache(4)
def prepare(name: str) -> Prepared:
    """The tokenizer called `name`, from the cache or made. TokenizerError names the next step when there is none."""
    if name == PACKAGED:
        path = cache_folder() / f"{PACKAGED_SHA256}.json"
        data = _read(path)
        if data is None or hashlib.sha256(data).hexdigest() != PACKAGED_SHA256:
            data = packaged_tokenizer()
            _write(path, data)
        return Prepared(data, *CHATML)
    folder = _folder(name)
    files = sorted({path for pattern in FILES for path in folder.glob(pattern) if path.is_file()})
    key = digest(VERSION, importlib.metadata.version("transformers"), *(part for path in files for part in (path.name, path.read_bytes())))
    path = cache_folder() / f"{key}.json"
    if (data := _read(path)) is not None:
        tokenizer_json, prefix, suffix = json.loads(data)
        return Prepared(tokenizer_json.encode(), prefix, suffix)
    prepared = _prepare_folder(name, folder)
    _write(path, json.dumps([prepared.tokenizer_json.decode(), *prepared[1:]]).encode())
    return prepared


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "acc-factory" / "tokenizers"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            with made.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            made.replace(path)
    except OSError:
        return  # a read-only home or a full disk: the next process prepares it again


def _folder(name: str) -> Path:
    """The folder that holds the tokenizer's files; fetched when `name` is a hub id, `@revision` allowed."""
    if Path(name).is_dir():
        return Path(name)
    repository, _, revision = name.partition("@")
    from huggingface_hub import snapshot_download

    for offline in (True, False):
        try:
            found = Path(snapshot_download(repository, revision=revision or None, allow_patterns=FILES, local_files_only=offline))
        except Exception as e:  # the hub's client raises many kinds; all of them mean that the files are not here
            reason = f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"
            continue
        if any(found.glob("tokenizer*")):
            return found
        reason = f"{found} holds no tokenizer file"
    raise TokenizerError(
        f"`{name}` is no folder and could not be had from the hub ({reason}); give the path of a folder that holds "
        f"tokenizer.json and tokenizer_config.json, or use `{PACKAGED}`"
    )


def _prepare_folder(name: str, folder: Path) -> Prepared:
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # that there is no PyTorch concerns nobody here
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(folder, use_fast=True, local_files_only=True)
    except Exception as e:  # whatever the files hold, the answer is the same
        missing = "" if (folder / "tokenizer.json").exists() else "there is no tokenizer.json; "
        first = str(e).strip().splitlines()[0] if str(e).strip() else ""
        raise TokenizerError(f"`{name}`: {missing}transformers cannot load it ({type(e).__name__}: {first}); check the files in {folder}") from e
    backend = getattr(loaded, "backend_tokenizer", None)
    if backend is None:
        raise TokenizerError(f"`{name}` has no fast form; convert it to a tokenizer.json first")
    if not loaded.chat_template:
        raise TokenizerError(f"`{name}` has no chat template; add `chat_template` to {folder / 'tokenizer_config.json'}")
    rendered = loaded.apply_chat_template([{"role": "user", "content": SENTINEL}], tokenize=False, add_generation_prompt=True)
    parts = rendered.split(SENTINEL)
    if len(parts) != 2:
        raise TokenizerError(f"`{name}`: its chat template writes the user's message {len(parts) - 1} times, not once")
    return Prepared(_plain(backend.to_str()), *parts)


def _plain(text: str) -> bytes:
    """The tokenizer without what depends on how it was last used, and without offsets that skip blanks."""
    spec = json.loads(text)
    spec.update(truncation=None, padding=None, post_processor=None)
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":")).encode()
