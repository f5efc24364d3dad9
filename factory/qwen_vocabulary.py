"""The Qwen vocabulary that the `dashscope` package carries, as a tokenizer.json.

Its tiktoken ranks are the real ones; the split pattern and the added tokens are written down here from what Qwen2
and Qwen3 are known to use, because there is no published file at hand to compare with. Hence the name, which is
not "Qwen3".
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

from factory.errors import TokenizerError

PACKAGED = "qwen-vocab-151643"
PACKAGED_SHA256 = "a63080b4b30dc861fe1b0e420c53a241304dc81aff3d9bb315e6e33e2a1ab794"
"""Of the tokenizer.json that the packaged ranks become. The name stands for this content for ever."""

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# fmt: off
QWEN_SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
    "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)
QWEN_MARKUP = (
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
    "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>",
)
# fmt: on


def packaged_tokenizer() -> bytes:
    """The tokenizer.json, made from the installed package in about 2 s. TokenizerError where it is another one."""
    data = _convert(_packaged_ranks())
    found = hashlib.sha256(data).hexdigest()
    if found != PACKAGED_SHA256:
        raise TokenizerError(
            f"`{PACKAGED}`: the installed dashscope package carries another vocabulary (it becomes {found[:12]}, not "
            f"{PACKAGED_SHA256[:12]}); install dashscope==2.0.2, or name a folder that holds a tokenizer.json"
        )
    return data


def _packaged_ranks() -> bytes:
    found = importlib.util.find_spec("dashscope")  # importing it would cost half a second
    path = Path(found.submodule_search_locations[0]) / "resources" / "qwen.tiktoken" if found else None
    if path is None or not path.is_file():
        raise TokenizerError(f"`{PACKAGED}`: the dashscope package is not installed; `pip install dashscope==2.0.2`")
    return path.read_bytes()


def _convert(data: bytes) -> bytes:
    """A tokenizer.json from tiktoken ranks: merges are recovered by encoding each token with the ranks below its own.

    Every token of two bytes or more has one such pair; 151,387 merges, 151,669 ids with the added tokens."""
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in data.splitlines() if line)}
    char_of = _byte_characters()
    written = {token: "".join(char_of[byte] for byte in token) for token in ranks}
    merges = []
    for token, rank in ranks.items():
        if len(token) > 1:
            left, right = _last_merge(token, ranks, rank)
            merges.append([written[left], written[right]])
    added: list[dict[str, Any]] = [
        {
            "id": len(ranks) + i,
            "content": content,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": content in QWEN_SPECIAL,
        }
        for i, content in enumerate(QWEN_SPECIAL + QWEN_MARKUP)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": QWEN_SPLIT}, "behavior": "Isolated", "invert": False}
    spec = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {written[token]: rank for token, rank in ranks.items()},
            "merges": merges,
        },
    }
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":")).encode()


def _last_merge(token: bytes, ranks: dict[bytes, int], rank: int) -> list[bytes]:
    """The two tokens that byte-pair encoding joins last to make `token`."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        joined = [ranks.get(parts[i] + parts[i + 1], rank) for i in range(len(parts) - 1)]
        at = joined.index(min(joined))
        assert joined[at] < rank, token
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def _byte_characters() -> dict[int, str]:
    """The printable character that stands for each byte in a byte-level vocabulary (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}
