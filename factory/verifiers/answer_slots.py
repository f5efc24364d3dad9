"""How strongly a sentence puts a span into the slot that the question asks for: 4 to 0, as answer_prose says."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_clauses import clause_of
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_words import COPULAS, GENERIC, MONTHS, NAMING, NATIONALITIES, STOP, TITLES

_INCIDENTAL = frozenset(
    """
        beat beating beats defeated defeating defeats over against versus vs unlike than replacing replaced replaces
        succeeding succeeded succeeds after before following besides alongside opposite like despite near outside
        except with between resembling inspired influenced featuring excluding rather instead preceding preceded behind
    """.split()
)

_KIN = frozenset(
    """
        son daughter brother sister wife husband father mother cousin nephew niece uncle aunt friend colleague
        student rival part member fan critic version cover remake sequel adaptation
    """.split()
)

_FORMER = frozenset(["having", "previously", "formerly", "abandoned"])

_AGENT = frozenset(["by"])

_SAYING = frozenset("known considered called named regarded credited recognized said believed written".split())

_KINDS = frozenset("type kind form sort breed species variety example member class".split())

_LIGHT = frozenset("provided done performed given made held taken".split())

_RELATIVE = frozenset(
    """
        which who whom whose that where when because while whereas although though but and since with after before
    """.split()
)


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
    before = _before(found, start, first, question)
    if not typed and is_object(found, first, question):
        return 0
    governed = before is not None and not found[before].cap and root(found[before].norm) in question.roots
    if not typed and not governed and _slot_taken(found, start, first, question):
        return 0
    if not typed and any(
        found[k].norm in _FORMER
        for k in range(max(start, first - 4), first)
        if not any("," in found[m].gap for m in range(k + 1, first + 1))
    ):
        return 0
    if not typed and before is not None:
        norm = found[before].norm
        if norm in _INCIDENTAL and norm not in question.norms and question.kind != "date":
            return 0
        if (
            norm in ("of", "to")
            and before > start
            and found[before - 1].norm in _KIN
            and (found[before - 1].norm not in question.norms or question.kind == "person")
        ):
            return 0
    clause = clause_of(found, start, end, first, last)
    shared = len({root(t.norm) for t in found[clause[0] : clause[1]] if t.norm not in STOP} & question.roots)
    whole = len({root(t.norm) for t in found[start:end] if t.norm not in STOP} & question.roots)
    needed = max(1, min(2, len(question.roots) // 3))
    if typed:
        segment = _segment(found, start, end, first, last)
        if question.action in segment and question.kind == "date":
            return 4
        if shared >= min(needed + 1, max(1, len(question.roots) - 1)) or (in_lead and shared >= 1):
            return 3 if shared >= needed else 2
        return 2 if whole >= needed else 1
    if (
        after is not None
        and after.gap == " "
        and whole >= needed
        and root(after.norm) in question.roots
        and _is_verb(after, question)
        and not (last + 1 < end and found[last + 1].norm in COPULAS)  # the bronze doors were
    ):
        return 4
    if not found[first].cap and _second_clause(found, start, first, question):
        return 1
    if found[first].bold and whole >= 1:
        return 3
    if before is None and whole >= needed:
        return 3
    if before is None and first - start <= 1 and start == 0:
        return 2
    if before is not None:
        norm = found[before].norm
        left = {root(t.norm) for t in found[start:before] if t.norm not in STOP}
        if norm in COPULAS or norm in NAMING or norm == "as" or ":" in found[first].gap:
            if (
                any(found[k].norm == "answer" for k in range(start, before))
                or len(left & question.roots) >= needed
                or (left <= question.roots and left)
            ):
                return 3
            return 2 if in_lead or whole >= needed else 1
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
                _is_participle(t) and root(t.norm) in question.roots for t in found[max(clause[0], before - 8) : before]
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
    return 2 if whole >= needed or shared >= 1 else 1


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
        and _is_participle(verb)
        and verb.norm not in _SAYING
        and root(verb.norm) not in question.roots
        and any(t.norm == "by" for t in said)
    )


def is_object(found: list[Token], first: int, question: Question) -> bool:
    """Who killed X: in "X killed Y" Y is not the answer."""
    while first > 2 and found[first - 1].norm in TITLES and found[first - 1].cap:
        first -= 1
    if not question.subject_verb or first < 2:
        return False
    verb = found[first - 1]
    return (
        root(verb.norm) == question.subject_verb
        and verb.norm not in TITLES
        and not verb.norm.endswith(("er", "or", "ing"))
        and verb.norm != "starring"
        and not found[first].gap.strip(" the")
        and found[first - 2].norm not in COPULAS
    )


def _is_participle(token: Token) -> bool:
    word = token.norm
    return not token.cap and (
        word.endswith(("ed", "en", "wn", "ung", "ght"))
        or word in ("made", "won", "built", "held", "led", "shot", "found", "beaten")
    )


def _is_verb(token: Token, question: Question) -> bool:
    return (
        not token.cap
        and token.norm not in GENERIC
        and (
            token.norm.endswith(("s", "ed"))
            or token.norm in ("won", "wrote", "sang", "made", "led", "built", "beat", "shot", "began", "held")
        )
    )


def _segment(found: list[Token], start: int, end: int, first: int, last: int) -> set[str]:
    """Roots of the words that a date belongs to: those since the date before it, or those after it where it opens the sentence."""
    a = first - 1
    while a >= start and not (found[a].norm[:4].isdigit() and len(found[a].norm) == 4):
        a -= 1
    left = {
        root(t.norm)
        for t in found[a + 1 : first]
        if t.norm not in STOP and t.norm not in MONTHS and not t.norm[:1].isdigit()
    }
    if left:
        return left
    b = last
    while b < end and not (found[b].norm[:4].isdigit() and len(found[b].norm) == 4):
        b += 1
    return {root(t.norm) for t in found[last:b]}


def _slot_taken(found: list[Token], start: int, first: int, question: Question) -> bool:
    """The <question's words> is Y, mixed with X: the slot that the question asks for holds something else."""
    at = next((i for i in range(start, first) if found[i].norm in COPULAS), None)
    if at is None:
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
            or (token.norm in _RELATIVE and i < first)
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
            and (token.norm not in NATIONALITIES or found[i + 1].norm in _RELATIVE or "," in found[i + 1].gap)
        ):
            content = True
    return broken and content


def _second_clause(found: list[Token], start: int, first: int, question: Question) -> bool:
    """A clause with words of its own stands before the span's clause."""
    content = False
    for i in range(start, first + 1):
        token = found[i]
        if content and i > start and ("," in token.gap or (token.norm in _RELATIVE and i < first)):
            return True
        if token.norm not in STOP and root(token.norm) not in question.roots:
            content = True
    return False


def _before(found: list[Token], start: int, first: int, question: Question) -> int | None:
    """Index of the word that governs the span: the nearest to its left that is no description; None at a sentence's head."""
    i = first - 1
    steps = 0
    while i >= start and steps < 8:
        token = found[i]
        if "," in found[i + 1].gap or ";" in found[i + 1].gap:
            if found[i + 1].cap and token.cap and i > start:
                while i > start and found[i].cap:
                    i -= 1
                steps += 1
                continue
            # a comma before the span: an apposition ("the author, X") or a list; the head is what stands before
            if steps == 0 and (root(token.norm) in question.roots or token.norm in TITLES):
                i -= 1
                steps += 1
                continue
            return i if steps == 0 and i > start else (None if _only_adjunct(found, start, i + 1) else i)
        if token.norm == "and" and i > start and found[i - 1].cap:
            i -= 1
            while i > start and found[i].cap:
                i -= 1
            steps += 1
            continue
        if token.norm == "of" and i > start and found[i - 1].norm in COPULAS:
            return i - 1
        if (
            token.norm == "of"
            and i > start
            and _is_participle(found[i - 1])
            and root(found[i - 1].norm) in question.roots
        ):
            return i - 1  # made of
        if token.norm == "of" and i > start and found[i - 1].norm in _KINDS:
            i, steps = i - 2, steps + 1
            continue
        if (
            token.norm in COPULAS
            or token.norm in NAMING
            or token.norm in ("by", "as", "in", "at", "on", "from", "of", "to", "with", "near", "than", "and")
            or token.norm in _INCIDENTAL
        ):
            return i
        if (
            token.norm in TITLES
            or token.norm in NATIONALITIES
            or token.norm in GENERIC
            or token.norm in STOP
            or token.norm.isdigit()
            or (not token.cap and steps < 4)
        ):
            if root(token.norm) in question.roots and token.norm not in TITLES and token.norm not in GENERIC:
                return i
            i -= 1
            steps += 1
            continue
        return i
    return None if i < start else i


def _only_adjunct(found: list[Token], start: int, end: int) -> bool:
    """In 1969, / In the film X, / According to the records,"""
    return (
        found[start].norm
        in ("in", "on", "at", "during", "according", "based", "for", "after", "yes", "as", "with", "from")
        or end - start <= 2
    )
