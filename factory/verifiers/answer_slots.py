"""How strongly a sentence puts a span into the slot that the question asks for: 4 to 0, as answer_prose says."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_asked import paraphrased
from factory.verifiers.answer_clauses import clause_of
from factory.verifiers.answer_governor import (
    INCIDENTAL,
    RELATIVE,
    governor_of,
    is_beside,
    is_participle,
    is_second_clause,
    is_verb,
    segment_of,
)
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import IRREGULAR, root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, GENERIC, NAMING, NATIONALITIES, STOP, TITLES

_KIN = frozenset(
    """
        son daughter brother sister wife husband father mother cousin nephew niece uncle aunt friend colleague
        student rival part member fan critic version cover remake sequel adaptation
    """.split()
)

_FORMER = frozenset(["having", "previously", "formerly", "abandoned"])

_ROLES = frozenset("role part turn performance appearance work".split())
_SUBORDINATE = frozenset("when while as after before if during".split())

_IS = frozenset("is was are were has had holds held".split())
_AGENT = frozenset(["by"])

_SAYING = frozenset("known considered called named regarded credited recognized said believed written".split())


_LIGHT = frozenset("provided done performed given made held taken".split())


def strength_of(
    found: list[Token], start: int, end: int, first: int, last: int, question: Question, in_lead: bool, typed: bool
) -> int:
    after = found[last] if last < end else None
    if (
        found[last - 1].possessive
        and after is not None
        and after.gap == " "
        and root(after.norm) not in question.roots
        and not typed
        and (question.kind == "person" or after.norm not in GENERIC)
    ):
        return 0
    if first == start and not typed and _other_predicate(found, last, end, question):
        return 1
    before = governor_of(found, start, first, question)
    if not typed and is_object(found, first, question):
        return 0
    governed = before is not None and not found[before].cap and root(found[before].norm) in question.roots
    clause = clause_of(found, start, end, first, last)
    relation = question.asked | question.done
    said = {root(t.norm) for t in found[clause[0] : first]} | paraphrased(found[clause[0] : end], relation)
    told = bool(relation) and relation <= said and is_beside(found, start, first, relation)
    if not typed and not governed and not (told and question.nested) and _slot_taken(found, start, first, question):
        return 0
    if not typed and any(
        found[k].norm in _FORMER
        for k in range(max(start, first - 4), first)
        if not any("," in found[m].gap for m in range(k + 1, first + 1))
    ):
        return 0
    if not typed and before is not None:
        norm = found[before].norm
        if norm in INCIDENTAL and norm not in question.norms and question.kind != "date":
            return 0
        if (
            norm in ("of", "to")
            and before > start
            and found[before - 1].norm in _KIN
            and (found[before - 1].norm not in question.norms or question.kind == "person")
        ):
            return 0
    shared = len({root(t.norm) for t in found[clause[0] : clause[1]] if t.norm not in STOP} & question.roots)
    whole = len({root(t.norm) for t in found[start:end] if t.norm not in STOP} & question.roots)
    needed = max(1, min(2, len(question.roots) // 3))
    if typed:
        segment = segment_of(found, start, end, first, last)
        if question.action in segment and question.kind == "date":
            return 4
        if question.nested and told:
            return 3
        if shared >= min(needed + 1, max(1, len(question.roots) - 1)) or (in_lead and shared >= 1):
            return 3 if shared >= needed else 2
        return 2 if whole >= needed else 1
    if (
        after is not None
        and after.gap in (" ", ". ")
        and whole >= needed
        and root(after.norm) in question.roots
        and is_verb(after, question)
        and not (last + 1 < end and found[last + 1].norm in COPULAS)  # the bronze doors were
    ):
        return 4
    if not found[first].cap and not told and is_second_clause(found, start, first, question):
        return 1
    if ":" in found[first].gap and (label := relation & {root(t.norm) for t in found[start:first]}):
        return (
            4 if {root(t.norm) for t in found[start:first] if t.norm not in STOP} == label else 3
        )  # Director: X; Director of the film: X
    if found[first].bold and whole >= 1:
        return 3
    if question.asked and question.asked <= {root(t.norm) for t in found[max(clause[0], first - 4) : first] if t.cap}:
        return 3  # led by Prime Minister X
    if before is None and whole >= needed:
        return 3
    if before is None and first - start <= 1 and start == 0:
        return 2
    if before is not None:
        norm = found[before].norm
        left = {root(t.norm) for t in found[start:before] if t.norm not in STOP}
        if norm == "as" and before > start and found[before - 1].norm in _ROLES and question.kind == "person":
            return 1  # won it for his role as X
        if norm in COPULAS or norm in NAMING or norm == "as" or ":" in found[first].gap:
            if (
                any(found[k].norm == "answer" for k in range(start, before))
                or len(left & question.roots) >= needed
                or (left <= question.roots and left)
            ):
                return 3
            return 2 if in_lead or whole >= needed or told else 1
        if (
            norm == "of"
            and before > start
            and root(found[before - 1].norm) in question.roots
            and found[before - 1].norm in GENERIC
        ):
            return 3  # the state of Arizona
        if norm in _AGENT:
            participle = found[before - 1] if before > start else None
            if participle is not None and not participle.cap and root(participle.norm) in question.roots:
                return 4 if participle.norm.isalpha() else 2
            if any(
                is_participle(t) and root(t.norm) in question.roots for t in found[max(clause[0], before - 8) : before]
            ):
                return 4
            if participle is None or participle.cap or not participle.norm.isalpha():
                return 1
            if participle.norm in _LIGHT:
                return 3 if whole >= needed else 2
            return 1 if question.kind == "person" and participle.norm.endswith(("ed", "en", "wn", "de", "ng")) else 2
        if norm in ("in", "at", "on", "from", "to", "near") and question.kind == "place" and shared >= 1:
            return 3
        if root(norm) in question.roots and whole >= needed:
            return 3
    heads = (
        after is not None
        and after.norm in _IS
        and start == 0
        and (first == start or (before is None and "," in found[first].gap))
    )
    return 2 if whole >= needed or shared >= 1 or heads else 1  # X is the all-time leader


def _other_predicate(found: list[Token], last: int, end: int, question: Question) -> bool:
    """X is smaller than Y, X was replaced by Y: what is said of X is not what the question asks."""
    if last >= end or found[last].norm not in COPULAS or found[last].gap.strip():
        return False
    said = found[last + 1 : min(end, last + 7)]
    compared = next((k for k, t in enumerate(said) if t.norm == "than"), 0)
    if (
        compared
        and compared + 1 < len(said)
        and said[compared + 1].cap
        and root(said[compared - 1].norm) not in question.roots
    ):
        return True
    verb = next((t for t in said[:2] if t.norm not in STOP), None)
    return (
        verb is not None
        and is_participle(verb)
        and verb.norm not in _SAYING
        and root(verb.norm) not in question.roots
        and any(t.norm == "by" for t in said)
    )


def is_object(found: list[Token], first: int, question: Question) -> bool:
    """Who killed X: in "X killed Y" Y is not the answer."""
    while first > 2 and found[first - 1].norm in TITLES and found[first - 1].cap:
        first -= 1
    if first < 2:
        return False
    verb = found[first - 1]
    subject = found[first - 2]
    if question.copular and root(verb.norm) in question.asked and verb.norm in IRREGULAR and root(verb.norm) != "marry":
        return subject.cap and subject.norm in question.norms  # who was her teacher: she taught X
    if not question.subject_verb or question.subject_verb == root("become"):
        return False
    return (
        root(verb.norm) == question.subject_verb
        and verb.norm not in TITLES
        and not verb.norm.endswith(("er", "or", "ing"))
        and verb.norm != "starring"
        and not found[first].gap.strip(" the")
        and found[first - 2].norm not in COPULAS
    )


def _is_meant(found: list[Token], first: int) -> bool:
    """It is an acronym that stands for X."""
    return [t.norm for t in found[max(0, first - 2) : first]] in (["stands", "for"], ["stand", "for"]) or found[
        first - 1
    ].norm in ("means", "meaning")


def _is_placed(found: list[Token], first: int) -> bool:
    """The bone is the stapes, which is located in X."""
    k = first - 1 if found[first - 1].norm in ("in", "at", "on") else 0
    return k > 1 and root(found[k - 1].norm) == root("located") and found[k - 2].norm in COPULAS


def _slot_taken(found: list[Token], start: int, first: int, question: Question) -> bool:
    """The <question's words> is Y, mixed with X: the slot that the question asks for holds something else."""
    if found[start].norm in _SUBORDINATE:
        start = next(
            (k for k in range(first, start, -1) if "," in found[k].gap), start
        )  # when it was bombed, X was president
    at = next((i for i in range(start, first) if found[i].norm in COPULAS), None)
    if at is None or _is_meant(found, first) or (question.kind == "place" and _is_placed(found, first)):
        return False
    left = [t.norm for t in found[start:at] if t.norm not in STOP]
    known = sum(root(w) in question.roots for w in left)
    pronoun = not left and start == 0 and found[start].norm in ("it", "this", "that", "he", "she", "they")
    if not pronoun and (
        not left
        or known * 10 < 6 * len(left)
        or (question.head not in {root(w) for w in left} and not (question.copular and known == len(left)))
    ):
        return False
    broken = content = denied = False
    for i in range(at + 1, first + 1):
        token = found[i]
        if content and (
            ";" in token.gap
            or ("," in token.gap and i < first)
            or ("," in token.gap and not found[first].cap)
            or (token.norm in RELATIVE and i < first)
        ):
            broken = not (token.norm == "but" and denied)
        if i == first:
            break
        if asserts.is_negation(found, i):
            denied = True
        if (
            token.norm not in STOP
            and root(token.norm) not in question.roots
            and not (found[first].cap and not token.cap)
            and token.norm not in TITLES
            and (token.norm not in NATIONALITIES or found[i + 1].norm in RELATIVE or "," in found[i + 1].gap)
        ):
            content = True
    return broken and content
