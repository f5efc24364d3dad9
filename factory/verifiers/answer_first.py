"""The first thing that an answer names and that could be what is asked. Where the first sentence asserts it, and the answer
nowhere says more of what is asked about something else, it is the answer, though the sentence has other words than the
question: asked who the target was, "the plot targeted X; Y placed the bomb".

What stands in an aside, behind a "although" or a relative, or before a semicolon's second half is never first.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from collections.abc import Sequence

from factory.verifiers.answer_asked import paraphrased
from factory.verifiers.answer_contest import MAX_SENTENCE, said_of
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_slots import is_object
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, NATIONALITIES, STOP, TITLES

LIFTED = frozenset(
    """
        prose_incidental prose_other_clause prose_rival_slot prose_rival_clause prose_rival_value prose_weak prose_uncased
        prose_not_in_lead prose_other_verb
    """.split()
)
"""Doubts that do not count against the first thing named."""

LIFTED_BEHIND_OPENING = LIFTED | frozenset(["prose_asked_elsewhere", "prose_later_clause", "prose_rival_first", "prose_other_year"])
"""Doubts that do not count against an opening that holds the gold and nothing else."""

_CONTRASTS = frozenset("although though while whereas despite unlike but".split())
_RELATIVES = frozenset("which who whose where whom when that".split())
_TURNS = _RELATIVES | _CONTRASTS | frozenset(["than", "and"])
_GOES_ON = COPULAS | frozenset("has had have came fell lies did".split())
_OPENS = frozenset("in on at during according as yes despite after before from based since along besides apart together".split())
_JOINS = frozenset("and or nor not than like for against with".split())
_MARKS = frozenset(",.;:()—–")
_GREETINGS = frozenset("hello hi sure certainly yes".split())
_SOURCES = frozenset("based according from yes sure".split())
_FILLERS = frozenset("would yes sure around approximately".split())
_ADDS = frozenset("in when during at since".split())
_AGENTS = frozenset(["by", "is", "was", "in", "at"])
_AWAY = frozenset("of from to with for and or not".split())
"""Small words that make what follows another thing's: the son of X."""

MAX_OPENING = 6
_CHANGES = frozenset("and but today now".split())


def is_first(found: list[Token], span: Mention, rivals: Sequence[Rival], question: Question, typed: bool) -> bool:
    """`rivals` without those that the gold's own names cover."""
    start, end = span.start, span.end
    if start < _opening(found):
        return False
    opening = found[_opening(found)].sentence
    far = min(len(found), end + MAX_SENTENCE)
    last = next((k for k in range(end, far) if found[k].sentence != opening), far)
    if found[end - 1].sentence != opening or start > MAX_SENTENCE or any(rival.start < start for rival in rivals):
        return False
    if is_object(found, start, question) or _is_inverse(found, start, question) or not _stands_in_main_clause(found, start, question):
        return False
    if not typed and not found[start].cap and not _is_next(found, start):
        return False
    if (found[end - 1].possessive and end < len(found) and found[end].cap) or _is_agent_aside(found, start):
        return False
    if not found[start].bold and any(found[rival.start].bold for rival in rivals):
        return False  # what the answer sets in bold is something else
    beside = [rival for rival in rivals if end < rival.start < last]
    if _is_aside(found, start, end, last) or any(_is_told(found, end, rival, typed) for rival in beside):
        return False
    return not _more_is_said(found, start, end, last, beside, question)


def opens(found: list[Token], span: Mention, typed: bool) -> bool:
    """That was X, who ...; In 1989, 28 years after ...; X. Y and Z play her neighbours: small words and the span up to the first
    mark or relative, and no second thing joined to it."""
    start, end, opening = span.start, span.end, _opening(found)
    before = found[opening:start]
    if start < opening or len(before) > MAX_OPENING or (before and set(found[start].gap) & _MARKS):
        return False
    if any(t.norm not in STOP | _FILLERS or t.norm in _AWAY for t in before) or any(set(t.gap) & _MARKS for t in before[1:]):
        return False
    if end == len(found):
        return True
    after = found[end]
    if typed and start == opening and after.norm in _ADDS:
        return True  # 100 in the game of March 2
    ends = found[end - 1].sentence != after.sentence or bool(set(after.gap) & _MARKS) or after.norm in _RELATIVES
    joined = after.norm in _CHANGES | _JOINS or (after.cap and "," in after.gap and after.sentence == found[end - 1].sentence)
    return ends and not joined and not found[end - 1].possessive


def is_said_apart(found: list[Token], span: Mention, rivals: Sequence[Rival], question: Question, typed: bool) -> bool:
    """What is asked is said of something else in a part of its own: X was considered; Y starred in it."""
    end, sentence = span.end, found[span.end - 1].sentence
    semicolon = next((k for k in range(end, min(len(found), end + MAX_SENTENCE)) if ";" in found[k].gap and found[k].sentence == sentence), 0)
    if typed and semicolon and _said(found[semicolon : semicolon + 30], question):
        return True
    for rival in rivals:
        between = found[end : rival.start + 1]
        if rival.start < end or not any(t.sentence != sentence or ";" in t.gap or t.norm in ("and", "but") for t in between):
            continue
        before = found[rival.start - 1].norm
        near = {root(t.norm) for t in found[max(0, rival.start - 6) : rival.start]}
        behind = found[rival.end : rival.end + 12]
        verb = root(behind[0].norm) if behind else ""
        does = verb in question.done and bool(({root(t.norm) for t in behind} & question.roots) - {verb})
        if does or (before in _AGENTS and near & (question.done | question.asked)):
            return True
    return False


def is_first_bold(found: list[Token], span: Mention) -> bool:
    """The first words that the answer sets in bold are the span, with two more at most, and not a heading."""
    if not found[span.start].bold:
        return False
    at = next(k for k in range(span.end) if found[k].bold)
    stop = next((k for k in range(at, len(found)) if not found[k].bold), len(found))
    heading = found[at].first and stop < len(found) and found[stop].sentence != found[at].sentence
    return at <= span.start and span.end <= stop <= at + span.end - span.start + 2 and not heading


def _opening(found: list[Token]) -> int:
    """Where the answer begins behind "Hello, this is ..." and "Based on my research,"."""
    k = 0
    if found[0].norm in _GREETINGS:
        k = next((i for i in range(1, min(len(found), 8)) if found[i].sentence != found[0].sentence), 0)
    if found[k].norm in _SOURCES:
        sentence = found[k].sentence
        k = next((i for i in range(k + 1, min(len(found), k + 10)) if "," in found[i].gap and found[i].sentence == sentence), k)
    return k


def _said(part: list[Token], question: Question) -> frozenset[str]:
    return said_of(part, question) | paraphrased(part, question.asked | question.done)


def _stands_in_main_clause(found: list[Token], start: int, question: Question) -> bool:
    """No contrast or semicolon before the span, and no relative clause that leads away from what is asked."""
    before = found[:start]
    if any(";" in t.gap for t in found[1 : start + 1]) or any(t.norm in _CONTRASTS for t in before):
        return False
    relative = next((k for k in range(start - 1, -1, -1) if found[k].norm in _RELATIVES and found[k].norm != "that"), -1)
    return relative < 0 or bool(_said(found[relative + 1 : start], question) & (question.asked | question.done or question.roots))


def _is_inverse(found: list[Token], start: int, question: Question) -> bool:
    """Y is the mother of X, asked who the mother of Y is."""
    return question.kind == "person" and start > 1 and found[start - 1].norm == "of" and root(found[start - 2].norm) in question.asked


def _is_agent_aside(found: list[Token], start: int) -> bool:
    """An attempt, led by Colonel X, to do it."""
    k = start - 1
    while k > 0 and found[k].norm in TITLES:
        k -= 1
    return k > 1 and found[k].norm == "by" and "," in found[k - 1].gap and not found[k - 1].cap


def _is_next(found: list[Token], start: int) -> bool:
    """A thing written small has rivals that cannot be seen: nothing may be parted off or joined before it."""
    opens = found[0].norm in _OPENS
    comma = next((k for k in range(1, start) if "," in found[k].gap), 0) if opens else 0
    before = found[comma:start]
    joins = [
        t
        for k, t in enumerate(before)
        if t.norm in _JOINS | _RELATIVES and not (t.norm == "and" and 0 < k < len(before) - 1 and before[k - 1].cap and before[k + 1].cap)
    ]
    return not joins and not any("," in t.gap for t in [*before[1:], found[start]])


def _is_aside(found: list[Token], start: int, end: int, last: int) -> bool:
    """The institute, named after X, is in Y."""
    opened = any("," in found[k].gap for k in range(1, start + 1))
    return opened and any("," in found[k].gap and found[k].norm in _GOES_ON for k in range(end, last))


def _is_told(found: list[Token], end: int, rival: Rival, typed: bool) -> bool:
    """The sentence goes on to say who or what it is: X rebuilt it, which was first built by Y."""
    k = rival.start - 1
    while k > end and rival.start - k < 5 and found[k].norm in TITLES | NATIONALITIES and not set(found[k].gap) & _MARKS:
        k -= 1  # played by the Australian actor Y
    before = found[k].norm
    return before == "by" or before in COPULAS or (typed and any(t.norm in _CHANGES for t in found[end : rival.start]))


def _does_other(verb: Token, question: Question) -> bool:
    return not verb.cap and verb.norm not in COPULAS and root(verb.norm) not in question.done and "," not in verb.gap


def _goes_on(found: list[Token], end: int, last: int) -> list[Token]:
    """What the main clause says behind an aside about its subject: X, a Greek who lived there, is known as the father."""
    opens = next((k for k in range(end, last) if "," in found[k].gap or found[k].norm in _GOES_ON), last)
    at = next((k for k in range(opens + 1, last) if "," in found[k].gap and found[k].norm in _GOES_ON), last)
    if opens == last or "," not in found[opens].gap:
        return []
    stop = next((k for k in range(at + 1, last) if found[k].norm in _TURNS or ";" in found[k].gap), last)
    return found[at:stop]


def _more_is_said(
    found: list[Token], start: int, end: int, last: int, beside: list[Rival], question: Question
) -> bool:
    """Something is said of what is asked behind the span, and not in its clause."""
    asked = question.asked | question.done
    turn = next((k for k in range(end, last) if found[k].norm in _TURNS), last)
    clause = found[: min([turn, *(rival.start for rival in beside)])]
    near = _said([*clause, *_goes_on(found, end, last)], question)
    if not near:
        return True
    if asked and not near & asked and 2 * len(near) < len(question.roots):
        return True
    if start == _opening(found) and end < last and _does_other(found[end], question):
        if question.done & {root(t.norm) for t in found[end + 1 : last] if not t.cap}:
            return True  # X resigned, and Y was appointed
    if question.asked and question.asked <= near:
        return False
    rest = [t for t in found[len(clause) : len(clause) + 400] if not t.cap]
    return bool((_said(rest, question) - near) & (asked or question.roots))
