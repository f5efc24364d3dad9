"""The target tokenizer: exact counts at the speed of gigatoken, with Hugging Face `tokenizers` as the truth.

`load` is cached per process. A tokenizer whose structure is known (`cuts_at_lines`) may be counted piece by piece
where a newline meets a visible character; any other is counted over whole prompts. gigatoken is used where it
can load the tokenizer; `check` compares it with the truth on a sample and stops the run on a difference.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Hashable, Iterable
from functools import cached_property, lru_cache
from itertools import accumulate, groupby
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

REMEMBERED, REMEMBERED_PARTS = 65_536, 16
"""Documents whose measure is kept (at most 20 MB), and texts around them."""


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
        self._counted: Kept[int] = Kept(REMEMBERED_PARTS)

    @cached_property
    def truth(self) -> Any:
        """The `tokenizers.Tokenizer` that everything here must agree with."""
        import tokenizers

        return tokenizers.Tokenizer.from_buffer(self._json)

    @cached_property
    def _num_bytes(self) -> list[int]:
        """Bytes of each token, by id."""
        lengths = [0] * self._fast.vocab_size
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

    def count_again(self, text: str) -> int:
        """The count of a text that stands in every prompt; remembered."""
        return self._counted.get(text) or self._counted.keep(text, self.count(text))

    def measure(self, documents: Iterable[tuple[Hashable, str, str]], footer: str) -> list[Measured]:
        """Tokens of header + text + footer, and those that cover the text, of each (key, header, text).

        Needs `cuts_at_lines`; header and footer end with a newline, the footer begins with one and goes on with a visible
        character, as the header begins. What was measured under a key is remembered."""
        assert self.cuts_at_lines and LINE_START.match(footer, 1) and footer[-1] == "\n"
        behind = self.count_again(footer[1:])
        known, keep = self._measured.get, self._measured.keep
        return [known(key) or keep(key, self._measure(header, text, footer, behind)) for key, header, text in documents]

    def _measure(self, header: str, text: str, footer: str, behind: int) -> Measured:
        if text and not text[0].isspace():  # the header ends where the tokenizer may be cut
            start, ids = self.count(header), self.encode(f"{text}{footer}")
            num_tokens = start + len(ids)
        else:
            ids = self.encode(f"{header}{text}{footer}")
            start, num_tokens = self._num_within(ids, header), len(ids)
        if not text:
            return Measured(num_tokens, start, start)
        end = num_tokens - behind  # where the footer's second line begins; the newline before it may go with the text
        return Measured(num_tokens, start, end - (self._num_bytes[ids.item(-behind - 1)] == 1))

    def _num_within(self, ids: np.ndarray, header: str) -> int:
        """How many of the tokens lie wholly within the header that they begin with. A newline composes with nothing that
        follows it, so the composed header lies there as it is."""
        num_bytes = len(self._composed(header).encode())
        ends = list(accumulate(map(self._num_bytes.__getitem__, ids[:num_bytes].tolist())))
        return bisect_right(ends, num_bytes)

    def _composed(self, text: str) -> str:
        if not self._composes or text.isascii():
            return text
        return self.truth.normalizer.normalize_str(text) if holds_young_characters(text) else unicodedata.normalize("NFC", text)

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
