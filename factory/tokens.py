"""The target tokenizer: exact counts at the speed of gigatoken, with Hugging Face `tokenizers` as the truth.

`load` is cached per process. A tokenizer whose structure is known (`cuts_at_lines`) may be counted piece by piece
where a newline meets a visible character; any other is counted over whole prompts. gigatoken is used where it
can load the tokenizer; `check` compares it with the truth on a sample and stops the run on a difference.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property, lru_cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from factory.errors import TokenizerError
from factory.kept import Kept
from factory.qwen_vocabulary import QWEN_SPLIT
from factory.tokenizer_files import Prepared, identity, prepare

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Measured", "Tokenizer", "identity", "load"]

LINE_PATTERNS = frozenset({QWEN_SPLIT, QWEN_SPLIT.replace(r"|\p{N}|", r"|\p{N}{1,3}|")})
"""Split patterns under which a newline before a visible character always ends a match: Qwen2/Qwen3 and Llama 3.

Proof: only three alternatives can consume the newline, `...[\\r\\n]*`, `\\s*[\\r\\n]+` and `\\s+`, none of them can go on
with a visible character after it, and the second takes a run of blanks that ends in a newline whole, whether the
text ends there or not, before the look-ahead of `\\s+(?!\\S)` is tried. No pattern here looks behind."""

LINE_START = re.compile(r"(?<=\n)(?=\S)")
"""Where such a tokenizer may be cut."""

REMEMBERED = 65_536
"""Documents whose measure is kept: at most 20 MB."""


TOGETHER = 1 << 20
"""Characters of text that are measured in one piece, or a little more."""


class Measured(NamedTuple):
    """A document in tokens: all of it, and the half-open range that covers its text."""

    num_tokens: int
    text_start: int
    text_end: int


class Tokenizer:
    def __init__(self, name: str, prepared: Prepared):
        spec = json.loads(prepared.tokenizer_json)
        self.name = name
        self.identity = prepared.identity
        self.prompt_prefix, self.prompt_suffix = prepared.prompt_prefix, prepared.prompt_suffix
        self.special_tokens = _special_tokens(spec)
        """Added tokens that must not occur in evidence: the special ones and those that look like markup."""
        self._json = prepared.tokenizer_json
        self._composes = (spec.get("normalizer") or {}).get("type") == "NFC"
        self._fast = _load_fast(prepared.tokenizer_json)
        self.cuts_at_lines = self._fast is not None and cuts_at_lines(spec)
        """Whether text may be cut between a newline and a visible character, and counted apart, exactly."""
        self._measured: Kept[Measured] = Kept(REMEMBERED)

    @cached_property
    def truth(self) -> Any:
        """The `tokenizers.Tokenizer` that everything here must agree with."""
        import tokenizers

        return tokenizers.Tokenizer.from_buffer(self._json)

    @cached_property
    def _num_bytes(self) -> np.ndarray:
        """Bytes of each token, by id; small numbers, so that the table stays near the processor."""
        import numpy as np

        lengths = np.zeros(self._fast.vocab_size, np.uint16)
        for id, token in self._fast.vocab.items():
            lengths[id] = len(token)
        return lengths

    @cached_property
    def _broken(self) -> np.ndarray:
        """Whether a token is less than whole characters, or holds a young one, by id: text without such a token holds
        no young character, and looking at its tokens is quicker than looking at its characters."""
        import numpy as np

        written = {id: token.decode("utf-8", "replace") for id, token in self._fast.vocab.items() if not token.isascii()}
        codes = np.frombuffer("".join(written.values()).encode("utf-32-le"), np.uint32)
        young = {chr(code) for code in codes[_young()[codes]]} | {"\ufffd"}
        broken = np.zeros(self._fast.vocab_size, bool)
        for id, characters in written.items():
            broken[id] = not self.cuts_at_lines or not young.isdisjoint(characters)
        return broken

    def render(self, message: str) -> str:
        """The whole prompt around a user message, up to where the assistant's reply begins."""
        return f"{self.prompt_prefix}{message}{self.prompt_suffix}"

    def encode(self, text: str) -> np.ndarray:
        """Token ids (uint32), special tokens in the text recognised, none added."""
        if self._fast is not None:
            ids = self._fast.encode(text)
            if text.isascii() or not (self._broken.take(ids).any() and holds_young_characters(text)):
                return ids
        import numpy as np

        if not self.cuts_at_lines:
            return np.array(self._true_ids(text), np.uint32)
        runs = (("".join(lines), young) for young, lines in groupby(LINE_START.split(text), holds_young_characters))
        return np.concatenate([np.array(self._true_ids(run), np.uint32) if young else self._fast.encode(run) for run, young in runs])

    def _true_ids(self, text: str) -> list[int]:
        return self.truth.encode(text, add_special_tokens=False).ids

    def count(self, text: str) -> int:
        return len(self.encode(text))

    def measure(self, documents: Sequence[tuple[Hashable, str, str]], footer: str) -> list[Measured]:
        """Tokens of header + text + footer, and those that cover the text, of each (key, header, text).

        Needs `cuts_at_lines`; header and footer end with a newline, the footer begins with one, the header with a
        visible character. What was measured under a key is remembered. Plain ASCII is measured in one piece."""
        assert self.cuts_at_lines and footer[:1] == footer[-1:] == "\n"
        found: dict[Hashable, Measured] = {}
        plain: list[tuple[Hashable, str, str]] = []
        num_plain = 0
        for key, header, text in documents:
            if known := self._measured.get(key):
                found[key] = known
            elif header.isascii() and text.isascii():
                plain.append((key, header, text))
                num_plain += len(text)
                if num_plain > TOGETHER:
                    found.update(self._measure_plain(plain, footer))
                    plain, num_plain = [], 0
            else:
                ids = self.encode(f"{header}{text}{footer}")
                found[key] = Measured(len(ids), *self._cover(ids, header, text, footer))
        if plain:
            found.update(self._measure_plain(plain, footer))
        for key, measured in found.items():
            self._measured.keep(key, measured)
        return [found[key] for key, _, _ in documents]

    def _measure_plain(self, documents: list[tuple[Hashable, str, str]], footer: str) -> dict[Hashable, Measured]:
        """Documents of ASCII: a character is a byte, and nothing composes."""
        ids = self._fast.encode("".join(part for _, header, text in documents for part in (header, text, footer)))
        token_ends = self._num_bytes.take(ids).cumsum(dtype="int64")
        starts, ends, at = [], [], 0
        for _, header, text in documents:
            starts.append(at + len(header))
            ends.append(starts[-1] + len(text))
            at = ends[-1] + len(footer)
            ends.append(at)
        text_starts = token_ends.searchsorted(starts, "right").tolist()  # tokens that end before the text
        in_part = (token_ends.searchsorted(ends, "left") + 1).tolist()  # tokens that begin before the end of text or document
        measured, first = {}, 0
        for (key, _, text), start, end, last in zip(documents, text_starts, in_part[::2], in_part[1::2]):
            measured[key] = Measured(last - first, start - first, (end if text else start) - first)
            first = last
        return measured

    def _cover(self, ids: np.ndarray, header: str, text: str, footer: str) -> tuple[int, int]:
        # A newline neither composes with what follows it nor with what precedes it, so the composed header and
        # footer lie as they are in the composed document. A token has at least one byte.
        before, after = self._composed_bytes(header), self._composed_bytes(footer)
        start = self._num_within(ids[: before + 1], before)
        end = len(ids) - self._num_within(ids[: -after - 2 : -1], after)
        return (start, end) if text else (start, start)

    def _num_within(self, ids: np.ndarray, num_bytes: int) -> int:
        """How many of the tokens, from the first on, lie wholly within so many bytes."""
        return int(self._num_bytes.take(ids).cumsum(dtype="int64").searchsorted(num_bytes, "right"))

    def _composed_bytes(self, text: str) -> int:
        if self._composes and not text.isascii():
            normalize = self.truth.normalizer.normalize_str if holds_young_characters(text) else partial(unicodedata.normalize, "NFC")
            text = normalize(text)
        return len(text.encode())

    def locate(self, prompt: str, spans: Iterable[tuple[int, int]]) -> tuple[int, list[tuple[int, int]]]:
        """Tokens of a whole prompt and the token range that covers each character span, by the truth tokenizer."""
        import numpy as np

        encoding = self.truth.encode(prompt, add_special_tokens=False)
        starts, ends = np.array(encoding.offsets, np.int64).reshape(-1, 2).T
        found = []
        for start, end in spans:
            first = int(ends.searchsorted(start, side="right"))
            found.append((first, max(first, int(starts.searchsorted(end, side="left")))) if end > start else (first, first))
        return len(encoding.ids), found

    def check(self, texts: Iterable[str]) -> None:
        """TokenizerError when the fast tokenizer gives other ids than the truth for one of `texts`."""
        if self._fast is None:
            return
        for text in texts:
            fast, true = self.encode(text).tolist(), self._true_ids(text)
            if fast != true:
                at = next((i for i, (a, b) in enumerate(zip(fast, true)) if a != b), min(len(fast), len(true)))
                raise TokenizerError(
                    f"`{self.name}`: gigatoken gives {len(fast)} tokens where tokenizers gives {len(true)} for a text of "
                    f"{len(text)} characters; they differ from token {at} on. Pin another gigatoken version, or take another tokenizer"
                )


def holds_young_characters(text: str) -> bool:
    """Whether the two tokenizers may disagree on a character, because their Unicode tables are of different age.

    gigatoken 0.10 knows Unicode 17, tokenizers 0.23 the classes of Unicode 16 and the compositions of an older one.
    Compared over all code points, they differ only on some that Python's own table (Unicode 14) does not hold, and on
    combining marks younger than Unicode 3.2."""
    import numpy as np

    return bool(_young()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)].any())


@lru_cache(1)
def _young() -> np.ndarray:
    import numpy as np

    young = np.ones(0x110000, bool)
    old = unicodedata.ucd_3_2_0
    for code in [*range(0x40000), *range(0xE0000, 0xE1000)]:
        category = unicodedata.category(chr(code))
        young[code] = category == "Cn" or (category in ("Mn", "Mc") and old.category(chr(code)) == "Cn")
    for start, end in ((0x300, 0x370), (0x20D0, 0x2100), (0x1F000, 0x1FB00), (0xF0000, 0x110000)):
        young[start:end] = False  # diacritics that both know, pictographs, private use: compared, and alike
    return young


@lru_cache(2)
def load(name: str) -> Tokenizer:
    """The tokenizer called `name`: `qwen-vocab-151643`, a folder, or a hub id. TokenizerError names the next step."""
    return Tokenizer(name, prepare(name))


def cuts_at_lines(spec: dict[str, Any]) -> bool:
    """Whether a tokenizer.json is one for which cutting between a newline and a visible character is proven exact.

    NFC keeps the cut (a newline composes with nothing), the split pattern keeps it (LINE_PATTERNS), bytes and merges
    stay inside a match, and no added token holds a newline or swallows blanks around it."""
    split = {"type": "Split", "behavior": "Isolated", "invert": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    steps = (spec.get("pre_tokenizer") or {}).get("pretokenizers") or [{}, {}]
    model = spec.get("model") or {}
    return (
        spec.get("normalizer") in (None, {"type": "NFC"})
        and len(steps) == 2
        and split.items() <= steps[0].items()
        and (steps[0].get("pattern") or {}).get("Regex") in LINE_PATTERNS
        and byte_level.items() <= steps[1].items()
        and model.get("type") == "BPE"
        and not any(model.get(name) for name in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"))
        and not (spec.get("truncation") or spec.get("padding"))
        and not any(
            token["lstrip"] or token["rstrip"] or token["single_word"] or "\n" in token["content"] or "\r" in token["content"]
            for token in spec.get("added_tokens") or []
        )
    )


def _special_tokens(spec: dict[str, Any]) -> tuple[str, ...]:
    def is_markup(content: str) -> bool:
        return len(content) > 2 and content[0] in "<[" and content[-1] in ">]"

    tokens = [token for token in spec.get("added_tokens") or [] if token["content"].strip() and len(token["content"]) > 2]
    return tuple(sorted(token["content"] for token in tokens if token["special"] or is_markup(token["content"])))


def _load_fast(data: bytes) -> Any:
    """gigatoken's tokenizer, or None where it cannot load this one."""
    import gigatoken

    try:
        return gigatoken.Tokenizer.from_json(data)
    except (ValueError, NotImplementedError, KeyError, TypeError, RuntimeError):
        return None
