"""The sentences of an answer: where they begin and end, which speak of the question, and the bullets behind a colon."""

from __future__ import annotations

from factory.verifiers.answer_contest import MAX_SENTENCE
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import STOP


def sentences_of(found: list[Token]) -> dict[int, tuple[int, int]]:
    result: dict[int, tuple[int, int]] = {}
    for i, token in enumerate(found):
        start = result.get(token.sentence, (i, i))[0]
        result[token.sentence] = (start, i + 1)
    return result


def near(sentence: tuple[int, int], span: Mention | Rival) -> tuple[int, int]:
    """The sentence, cut to the tokens near the span: sentences without an end would cost a square of their length."""
    return max(sentence[0], span.start - MAX_SENTENCE), min(sentence[1], span.end + MAX_SENTENCE)


def sentence_of(found: list[Token], start: int, end: int) -> str:
    return " ".join(t.norm for t in found[start:end])[:300]


def speaks(found: list[Token], start: int, end: int, question: Question) -> bool:
    shared = {root(t.norm) for t in found[start:end] if t.norm not in STOP} & question.roots
    return len(shared) >= max(1, min(2, len(question.roots) // 2))


def with_bullets(found: list[Token], sentences: dict[int, tuple[int, int]], lead: int) -> int:
    """The last line of the bullets that the lead opens with a colon."""
    mark = ":"
    while lead + 1 in sentences:
        gap = found[sentences[lead + 1][0]].gap
        if "\n" not in gap or mark not in gap or (not mark and "\n\n" in gap):
            break
        lead, mark = lead + 1, ""
    return lead
