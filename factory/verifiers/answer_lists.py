"""Golds and answers of several items, compared as sets: a missing item is incomplete, an extra one is wrong."""

from __future__ import annotations

import re

from factory.verifiers import answer_assert as asserts
from factory.verifiers import answer_first, answer_prose
from factory.verifiers.answer_aliases import Alias, expand
from factory.verifiers.answer_clean import clean
from factory.verifiers.answer_fragment import MAX_TOKENS
from factory.verifiers.answer_names import Mention, find_mentions
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question, is_echo
from factory.verifiers.answer_rivals import name_rivals
from factory.verifiers.answer_stems import stem
from factory.verifiers.answer_text import Token, tokens
from factory.verifiers.answer_words import DIRECTIONS, GENERIC, MONTHS, REGIONS, STATES, STOP

_DOUBTS = answer_first.LIFTED | {"prose_rival", "prose_rival_first"}
_SPLIT = re.compile(r",\s{0,3}(?:and|&)\s|\s(?:and|&|as well as|along with)\s|[,;\n•]|\s/\s|(?:^|\s)\d{1,2}[.)]\s")


def items_of(text: str) -> list[str]:
    return [piece.strip(" .-*\t\"'") for piece in _SPLIT.split(text) if piece.strip(" .-*\t\"'")]


def is_plain(alias: Alias) -> bool:
    """red, green and blue: items of a word or two, no sentence."""
    return all(len(item.split()) <= 2 for item in items_of(alias.text))


def gold_items(alias: Alias, question: Question) -> list[list[Alias]]:
    """Aliases of every item of a gold that names several things; [] when it names one."""
    text = alias.text
    items = items_of(text)
    if not 2 <= len(items) <= 40 or len(text) > 1_500 or any(len(item.split()) > 8 for item in items):
        return []
    words = [" ".join(t.norm for t in tokens(item)) for item in items]
    if any(word in REGIONS or word in STATES for word in words[1:]) and not question.many and " and " not in text:
        return []
    separated = text.count(",") + text.count(";") + text.count("\n")
    if not (question.many or separated >= 2 or " and " in text or "&" in text or ";" in text):
        return []
    result = []
    for item in items:
        part = tokens(clean(item))
        if not part or all(t.norm in STOP for t in part):
            continue
        if is_echo(part, question) and not question.choice:
            continue
        result.append(expand(item))
    return [item for item in result if item] if len(result) >= 2 else []


def decide(alias: Alias, items: list[list[Alias]], found: list[Token], question: Question) -> Judged:
    detail = " ".join(t.norm for t in found)[:300]
    spans: list[Mention] = []
    missing = []
    for options in items:
        mentions = [m for option in options for m in find_mentions(option, found, question)]
        if not mentions:
            mentions = [m for option in options for m in _last_word(option, found)]
        mentions = [m for m in mentions if not any(m.start < s.end and s.start < m.end for s in spans)] or mentions
        if not mentions:
            missing.append(options[0].text)
            continue
        spans.append(min(mentions, key=lambda m: m.start))
    if missing:
        if len(missing) == len(items):
            return Judged("reject", "list_no_item", detail)
        return Judged("reject", "list_incomplete", ", ".join(missing)[:200])
    if len({(s.start, s.end) for s in spans}) < len(items):
        return Judged("undecided", "list_items_overlap", detail)
    text = asserts.sentence_text(found)
    for span in spans:
        if asserts.is_negated(found, span.start, span.end):
            return Judged("reject", "list_negated", span.alias)
    if asserts.hedge_in(text, question) or asserts.refusal_in(text):
        return Judged("undecided", "hedged", detail)
    if any(t.norm == "or" for t in found) and "or" not in question.norms:
        return Judged("undecided", "two_answers", detail)
    low, high = min(s.start for s in spans), max(s.end for s in spans)
    covered = {k for s in spans for k in range(s.start, s.end)}
    extra = _extra(found, covered, low, high, question, len(items)) or _other_month(found, covered)
    if extra:
        return Judged("undecided" if len(found) > 30 else "reject", "list_extra", extra)
    if high - low > 12 + 8 * len(items):
        return Judged("undecided", "list_scattered", detail)
    whole = Mention(low, high, "list", alias.text)
    rivals = [r for r in name_rivals(found, question) if r.end <= low or r.start >= high]
    if len(found) > MAX_TOKENS or rivals:
        judged = answer_prose.decide(found, [whole], rivals, question, typed=False, named=frozenset(covered))
        together = high - low <= len(alias.found) and judged.rule == "prose_uncased"
        if together or (judged.rule in _DOUBTS and (question.many or len(items) > 2)):
            return Judged("accept", "list_named", detail)  # who names them all means them
        return judged
    return Judged("accept", "list", detail)


def _last_word(alias: Alias, found: list[Token]) -> list[Mention]:
    """An item that differs in a plural or a class word."""
    words = [stem(t.norm) for t in alias.found if t.norm not in STOP and t.norm not in GENERIC]
    if not words:
        return []
    stems = [stem(t.norm) for t in found]
    return [
        Mention(i, i + len(words), "item", alias.text)
        for i in range(len(stems) - len(words) + 1)
        if stems[i : i + len(words)] == words and not _is_prefixed(found, i)
    ]


def _is_prefixed(found: list[Token], i: int) -> bool:
    """Inter Milan is no Milan."""
    before = found[i - 1] if i else None
    return (
        before is not None
        and before.cap
        and found[i].cap
        and found[i].gap == " "
        and not before.first
        and before.norm not in STOP
        and before.norm not in MONTHS
    )


def _extra(found: list[Token], covered: set[int], low: int, high: int, question: Question, wanted: int) -> str:
    """An item of the answer's own list that the gold does not name."""
    for rival in name_rivals(found, question):
        if any(k in covered for k in range(rival.start, rival.end)):
            continue
        inside = low < rival.start < high
        beside = (rival.start >= high and rival.start - high <= 1 and _joins(found, rival.start, high)) or (
            rival.end <= low and _joins(found, low, rival.end)
        )
        if (inside and not _in_parentheses(found, rival.start)) or beside or _is_next_bullet(found, high, rival.start):
            return rival.text
    # lower-case items: every piece between separators must hold a gold item or words of the question
    sentence = [k for k, t in enumerate(found) if t.sentence == found[low].sentence]
    if len(found) <= 30:
        piece: list[int] = []
        for k in [*sentence, -1]:
            boundary = k == -1 or (
                "," in found[k].gap or ";" in found[k].gap or found[k].norm == "and" or "\n" in found[k].gap
            )
            if boundary and piece:
                content = [
                    p
                    for p in piece
                    if found[p].norm not in STOP
                    and found[p].norm not in DIRECTIONS
                    and found[p].norm not in question.norms
                    and stem(found[p].norm) not in question.stems
                ]
                if (
                    content
                    and not any(p in covered for p in piece)
                    and piece[0] > low - 4
                    and not _clause(found, piece)
                ):
                    return " ".join(found[p].raw for p in piece)
                piece = []
            if k >= 0 and found[k].norm != "and":
                piece.append(k)
    return ""


def _other_month(found: list[Token], covered: set[int]) -> str:
    """A month more than the gold's months."""
    months = [k for k, t in enumerate(found) if t.norm in MONTHS and t.cap]
    if not any(k in covered for k in months):
        return ""
    return next((found[k].raw for k in months if k not in covered), "")


def _joins(found: list[Token], right: int, left: int) -> bool:
    return "," in found[right].gap or any(found[k].norm in ("and", "or") for k in range(left, right))


def _is_next_bullet(found: list[Token], high: int, i: int) -> bool:
    """The line behind the list's last one begins with `i`, as the lines of the list do."""
    lines = [k for k in range(high, min(i + 1, high + 40)) if "\n" in found[k].gap]
    numbered = len(lines) == 1 and lines[0] == i - 1 and found[i - 1].raw.isdigit()
    return i > high and (numbered or (lines == [i] and bool(set(found[i].gap) & set("-*•"))))


def _in_parentheses(found: list[Token], i: int) -> bool:
    for k in range(i, max(-1, i - 12), -1):
        if ")" in found[k].gap and k != i:
            return False
        if "(" in found[k].gap:
            return True
    return False


def _clause(found: list[Token], piece: list[int]) -> bool:
    """A piece with a verb or a relative word says something about the list and is no item of it."""
    words = {found[p].norm for p in piece}
    if len(piece) > 4 or all(word.isdigit() for word in words):
        return True
    return bool(
        words
        & {
            "is",
            "are",
            "was",
            "were",
            "which",
            "who",
            "both",
            "respectively",
            "in",
            "during",
            "by",
            "with",
            "after",
            "has",
            "have",
            "had",
        }
    )
