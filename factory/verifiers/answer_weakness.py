"""Claims that are too weak to be accepted whatever else the answer says: not in the lead, in another clause than what is asked,
with unseen rivals, contrasted, of another year."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers.answer_asked import paraphrased
from factory.verifiers.answer_contest import CONTRASTS, MAX_SENTENCE, Claim, said_of, verb_fits
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import IRREGULAR, root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, NAMING, STOP

_GOVERNS = COPULAS | NAMING | {"by"}
_PRESENT = frozenset("today now nowadays currently since".split())
_SMALL = frozenset("in on of to from into as also now actually mainly mostly currently usually typically still".split())
_RELATIVES = frozenset("that which who whom whose where".split())
_ASIDE = frozenset("for against at with".split())
_OPENS = frozenset("in on at during according as yes despite".split())
_PARTS = frozenset(
    "and or nor not no but than had formerly originally once before after while although which who whose instead among including".split()
)
_AGAINST = frozenset(
    "but while whereas although though until before formerly became not rather instead or than".split()
)
_TURNS = frozenset("but while whereas although though which that whose".split())


def weakness(
    found: list[Token], mine: Claim, lead: int, question: Question, typed: bool, crowded: bool, speaks: int
) -> str:
    """Why the claim is too weak to be accepted whatever else the answer says, or "".

    `crowded`: something else stands in the answer; `speaks`: another clause (1) or another sentence (2) speaks of what is asked.
    """
    first = mine.span.start
    if mine.strength == 5:
        return ""
    if mine.sentence > lead and mine.strength < 4:
        return "prose_not_in_lead"
    enough = speaks < 2 and verb_fits(found, mine.span, question) and 2 * len(mine.said) >= max(2, len(question.roots))
    enough = enough or (typed and question.measure and 2 * len(mine.said) >= len(question.roots))
    if speaks and not mine.relation and not mine.alone and not enough:
        return "prose_other_clause"
    if not typed and mine.earlier & mine.relation:
        return "prose_second_clause"
    uncased = not typed and len(found) > 3 and not any(t.cap for t in found[first : mine.span.end])
    if uncased and mine.strength < 4 and not mine.alone and not _is_near(found, mine, question):
        return "prose_uncased"  # its rivals are written small too and cannot be seen
    if mine.strength == 1 and crowded and not (_is_plain(found, mine, question) and _is_near(found, mine, question)):
        return "prose_weak"
    asked = question.asked | question.done
    later = _said_later(found, mine, question) - mine.said
    if mine.strength < 4 and later and (later & asked or not asked or not asked <= mine.said):
        return "prose_later_clause"
    following = found[mine.span.end : mine.span.end + MAX_SENTENCE]
    behind = [t.norm for t in following]
    if any(t.norm == "until" and t.sentence == mine.sentence for t in following) and not _PRESENT.isdisjoint(behind):
        return "prose_outdated"
    k = first
    while k >= max(0, first - MAX_SENTENCE) and found[k].sentence == mine.sentence:
        if k < first and found[k].norm in CONTRASTS:
            return "prose_contrasted"
        if "," in found[k].gap or ";" in found[k].gap or found[k].norm in ("it", "he", "she", "they"):
            break
        k -= 1
    return ""


def _is_plain(found: list[Token], mine: Claim, question: Question) -> bool:
    """The sentence says nearly all that the question says, and nothing is parted off, joined or said against it beside the span:
    insulin is a hormone that is produced by X."""
    first, last = mine.span.start, mine.span.end
    before = [k for k in range(max(0, first - MAX_SENTENCE), first) if found[k].sentence == mine.sentence]
    comma = next((k for k in before if "," in found[k].gap), None)
    if comma is not None and found[before[0]].norm in _OPENS:
        before = [k for k in before if k >= comma]  # in the series, Columbo owned X
    behind = [k for k in range(last, min(len(found), last + MAX_SENTENCE)) if found[k].sentence == mine.sentence]
    if any(set(found[k].gap) & set(",;:") and not found[k].norm.isdigit() for k in [*before[1:], first]) or any(
        found[k].norm in _PARTS for k in before
    ):
        return False
    agent = next((k for k in range(first - 1, max(0, first - 5), -1) if found[k].norm == "by"), 0)
    if agent and not (
        {root(found[agent - 1].norm)} & question.roots
        or paraphrased([found[agent - 1]], question.asked | question.done)
    ):
        return False  # recorded by X, asked who sang it
    most = len(question.roots) - 1 if len(question.roots) > 2 else len(question.roots)
    return (
        2 * len(mine.said) >= len(question.roots)
        and len(mine.said) >= min(most, 2)
        and not any(found[k].norm in _AGAINST for k in behind)
    )


def _is_near(found: list[Token], mine: Claim, question: Question) -> bool:
    """The span is in the noun phrase behind a form of "be", or a word of the question stands before it with no more than a verb
    between: is a retired squash player, died of X, based on X; but not: oxygen to make X, an animal that hunts X."""
    first = mine.span.start
    k = first - 1
    while k >= 0 and found[k].sentence == mine.sentence and found[k].norm not in _GOVERNS:
        if root(found[k].norm) in question.roots:
            break
        k -= 1
    between = found[k + 1 : first]
    if first and found[first - 1].norm in _ASIDE and found[first - 1].norm not in question.norms:
        return False
    if any(t.norm in _RELATIVES for t in between):
        return False
    if k >= 0 and found[k].norm in COPULAS and not any(t.norm in _SMALL for t in between):
        return True
    parting = [t for t in between if t.norm not in STOP and t.norm not in _SMALL and not t.norm.endswith("ly")]
    return len(parting) < 2 and all(t.norm.endswith("ed") or t.norm in IRREGULAR for t in parting)


def other_year(found: list[Token], mine: Claim, question: Question, covers: bool) -> bool:
    """The claim's sentence holds another year than the question's, which stands in another sentence."""
    years = {str(year) for year in question.years}
    said = {t.sentence for t in found if t.norm in years}
    if covers and not question.dated and said and max(said) < mine.sentence:
        return False  # the year of what the question describes
    own = any(t.sentence == mine.sentence and len(t.raw) == 4 and t.raw.isdigit() for t in found)
    return bool(said) and mine.sentence not in said and own and mine.strength < 5


def _said_later(found: list[Token], mine: Claim, question: Question) -> frozenset[str]:
    """What a "but", "while", "which" behind the claim goes on to say of the question, names left out."""
    end = min(len(found), mine.span.end + MAX_SENTENCE)
    later = [k for k in range(mine.span.end, end) if found[k].sentence == mine.sentence]
    start = next((k for k in later if found[k].norm in _TURNS), end)
    return said_of([found[k] for k in later if k > start and not found[k].cap], question)
