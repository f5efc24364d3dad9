"""Yes-or-no golds, and questions that name their own options ("A or B")."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from itertools import pairwise

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_prose import Judged
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import CHOICE_OPPOSITES, NATIONALITIES, NEGATIONS, STOP

_YES = frozenset(["yes", "yeah", "yep"])
_NO = frozenset(["no", "nope", "neither"])
_TURNED = frozenset("but whereas while although however only or".split())
_QUESTION_OPENERS = frozenset(
    "is are was were do does did has have had can could will would should question answer".split()
)


def _is_glued(gap: str) -> bool:
    """A sign of another script and no blank parts the word from the next: a damaged text commits to nothing."""
    return not gap.isascii() and not any(c.isspace() for c in gap) and not any(c in "“”‘’…–—" for c in gap)


def polarity(found: list[Token], question: Question) -> str:
    """`yes`, `no`, or "" when the text does not commit; `both` when it says yes and no."""
    said = set()
    opening_words = {t.norm for t in found[:4]}
    if opening_words & _YES and opening_words & {"no", "nope"} and opening_words & {"and", "or"}:
        return "both"
    for i, token in enumerate(found):
        opening = (
            token.first
            or (":" in token.gap and found[i - 1].norm in ("answer", "is"))
            or ("," in token.gap and i <= 2)
            or (i <= 2 and found[0].norm in ("answer", "final", "so", "therefore"))
            or (i and found[i - 1].first and found[i - 1].norm in ("so", "therefore", "thus", "hence"))
            or token.bold
        )
        if opening and token.norm in _YES | _NO:
            following = found[i + 1] if i + 1 < len(found) else None
            alone = (
                following is None
                or following.gap.strip(" ") != ""
                or token.norm in ("yes", "neither")
                or following.sentence != token.sentence
            )
            glued = following is not None and _is_glued(following.gap)
            if (alone or i == 0) and not glued:
                said.add("yes" if token.norm in _YES else "no")
    if len(said) == 2:
        return "both"
    if said:
        return said.pop()
    first = [t for t in found if t.sentence == found[0].sentence] if found else []
    shared = {root(t.norm) for t in first if t.norm not in STOP} & question.roots
    if first and (first[0].norm in _QUESTION_OPENERS or {t.norm for t in first} & {"answer", "question"}):
        return ""  # the question again
    if (alike := _alike(first, question)) != "":
        return alike
    if question.roots and len(shared) / len(question.roots) >= 0.6 and question.kind == "yesno":
        words = {t.norm for t in first}
        if (turned := _comparison(first, question)) != "":
            return "" if turned == "unclear" else turned
        negative = sum(t.norm in NEGATIONS for t in first) % 2 == 1
        if words & {"only", "whereas", "while", "but", "different", "however", "although"}:
            return "no" if negative else ""
        return "no" if negative else "yes"
    return ""


def _alike(sentence: list[Token], question: Question) -> str:
    """Asked whether two have the same of something: both are American, they share it, they are in different ones."""
    words = [t.norm for t in sentence]
    if question.kind != "yesno" or "same" not in question.norms or set(words) & (NEGATIONS | _TURNED):
        return ""
    other = next((k for k, word in enumerate(words) if word in ("different", "differ")), None)
    if other is not None:
        of_it = "same" not in words and any(root(word) in question.roots for word in words[other + 1 : other + 4])
        return "no" if of_it else ""
    apart = len(set(words) & NATIONALITIES) > 1 or bool(set(words) & {"nothing", "little", "separate", "respectively"})
    return "yes" if not apart and (words[:1] == ["both"] or words[:2] == ["they", "share"]) else ""


def _comparison(sentence: list[Token], question: Question) -> str:
    """Asked whether A is longer than B: "B is longer than A" and "A is shorter than B" say no; "" where
    the sentence compares them not at all, `unclear` where by something else."""
    order = [t.norm for t in sentence if t.norm in question.compared or t.norm == "than"]
    if any(t.norm in NEGATIONS for t in sentence) or len(order) != 3 or order[1] != "than" or order[0] == order[2]:
        return ""
    how = next(before.norm for before, token in pairwise(sentence) if token.norm == "than")
    opposite = any(how in other and question.norms & side for pair in CHOICE_OPPOSITES for side, other in (pair, pair[::-1]))
    if how not in question.norms and not opposite:
        return "unclear"
    return "yes" if (order[0] == question.compared[0]) != opposite else "no"


def decide(gold: str, found: list[Token], question: Question) -> Judged:
    detail = " ".join(t.norm for t in found)[:300]
    text = asserts.sentence_text([t for t in found if t.sentence == found[0].sentence]) if found else ""
    said = polarity(found, question)
    if said == "both":
        return Judged("reject", "yesno_both", detail)
    if asserts.hedge_in(text, question) or (asserts.refusal_in(text) and not said):
        return Judged("undecided", "hedged", detail)
    if not said:
        return Judged("undecided", "yesno_unclear", detail)
    return Judged("accept" if said == gold else "reject", "yesno", said)


def _concludes(found: list[Token], mention: Mention, question: Question) -> bool:
    """X is older: a sentence that begins with the option and goes on with what is asked."""
    start, end = mention.start, mention.end
    opens = start == 0 or found[start - 1].sentence != found[start].sentence
    compared = {w for pair in CHOICE_OPPOSITES for side in pair if question.norms & side for w in side}
    if not opens or end + 1 >= len(found) or found[end].norm not in ("is", "was", "are", "were"):
        return False
    behind = [t for t in found[end + 1 :] if t.sentence == found[end].sentence]
    than = next((k for k, t in enumerate(behind) if t.norm == "than"), None)
    beside_options = than is None or any(t.cap and t.norm in question.norms for t in behind[than:])
    return behind[:1] != [] and behind[0].norm in compared and beside_options


def decide_choice(found: list[Token], mentions: list[Mention], question: Question) -> Judged:
    """The gold is an option of the question: it must come first and be said to be what the question asks for."""
    detail = " ".join(t.norm for t in found)[:300]
    if not mentions:
        return Judged("reject", "choice_not_named", detail)
    if asserts.refusal_in(asserts.sentence_text(found)):
        return Judged("undecided", "refusal", detail)
    mention = next((m for m in mentions if _concludes(found, m, question)), mentions[0])
    if asserts.is_negated(found, mention.start, mention.end):
        return Judged("reject", "negated", detail)
    if (
        any(t.norm in ("and", "or") for t in found[mention.end : mention.end + 1])
        and mention.end + 1 < len(found)
        and any(t.norm in question.norms and t.norm not in STOP for t in found[mention.end + 1 : mention.end + 4])
    ):
        return Judged("reject", "two_answers", detail)
    if asserts.is_alternative(found, mention.start, mention.end, question):
        return Judged("undecided", "two_answers", detail)
    sentence = [t for t in found if t.sentence == found[mention.start].sentence]
    text = asserts.sentence_text(sentence)
    if asserts.hedge_in(text, question) or asserts.refusal_in(text):
        return Judged("undecided", "hedged", detail)
    gold = {t.norm for t in found[mention.start : mention.end]}
    before = [t for t in found[: mention.start] if t.norm not in gold]
    options = [k for k in range(len(found)) if found[k].cap and found[k].norm in question.norms - gold - STOP]
    if _concludes(found, mention, question):
        before = []
        if any(_concludes(found, mention._replace(start=k, end=k + 1), question) for k in options):
            return Judged("undecided", "choice_second", detail)
    if any(t.cap and t.norm in question.norms and t.norm not in STOP for t in before):
        return Judged("undecided", "choice_second", detail)
    words = {t.norm for t in sentence if not t.cap or t.norm not in question.norms}
    for one, other in CHOICE_OPPOSITES:
        for asked, opposite in ((one, other), (other, one)):
            if question.norms & asked and not question.norms & opposite and words & opposite and not words & asked:
                return Judged("undecided", "choice_opposite", detail)
    compared = "than" in words and any(word.endswith("er") and word in question.norms for word in words)
    if (
        not compared
        and words & {"both", "same", "equally", "neither", "than"}
        and not any(words & side and question.norms & side for pair in CHOICE_OPPOSITES for side in pair)
    ):
        return Judged("undecided", "choice_comparison", detail)
    clauses: list[list[Token]] = [[]]
    for token in sentence:
        if token.norm in ("but", "while", "whereas", "although", "though") or ";" in token.gap:
            clauses.append([])
        clauses[-1].append(token)
    mine = next((c for c in clauses if gold <= {t.norm for t in c}), sentence)
    rest = {t.norm for c in clauses if c is not mine for t in c if not t.cap} & question.norms - STOP - gold
    if rest - {t.norm for t in mine}:
        return Judged("undecided", "choice_other_clause", detail)
    return Judged("accept", "choice", detail)
