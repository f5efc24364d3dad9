"""Step 5b: answers in sentences. The gold counts where a sentence asserts it in the asked slot.

Each mention of the gold, and each rival (another name, date or number that could fill the slot), gets a strength:
  4  tied to the question's verb: "<question's verb>ed by X", "X <question's verb>s"
  3  in the slot that the question asks for: "the <question's words> is X", X at the head of a sentence that speaks of the
     question, bold X in the answering sentence
  2  in a sentence that shares words with the question
  1  elsewhere
  0  where it cannot be the answer: after "beat", "unlike", "son of", in a question, as a possessor
A mention wins when no rival of its strength or more stands before it, and nothing after it takes the claim back.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from typing import NamedTuple

from factory.verifiers import answer_assert as asserts
from factory.verifiers.answer_names import _OPENERS, Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_text import Token, root, stem
from factory.verifiers.answer_words import COPULAS, GENERIC, MONTHS, NATIONALITIES, REGIONS, STATES, STOP, TITLES

_NAMING = frozenset("called named titled entitled known nicknamed dubbed termed".split())
_INCIDENTAL = frozenset(
    """
        beat beating beats defeated defeating defeats over against versus vs unlike than replacing replaced replaces
        succeeding succeeded succeeds after before following besides alongside opposite like despite near outside
        except resembling inspired influenced featuring excluding rather instead preceding preceded behind
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
_LIGHT = frozenset("provided done performed given made held taken".split())
_RETRACT = frozenset("actually correction wait sorry scratch apologies apologize oops mistake incorrect".split())
_JOINERS = frozenset("of de van von la al bin der del".split())
_CLAUSE_BREAKS = frozenset(
    """
        but while whereas although though which who whom whose where when because after before until then
    """.split()
)
_RELATIVE = frozenset(
    """
        which who whom whose that where when because while whereas although though but and since with after before
    """.split()
)


MAX_SENTENCE = 80
"""Tokens to each side of a span that are looked at."""


class Rival(NamedTuple):
    start: int
    end: int
    text: str


class Judged(NamedTuple):
    outcome: str
    rule: str
    detail: str


def decide(
    found: list[Token],
    mentions: list[Mention],
    rivals: list[Rival],
    question: Question,
    typed: bool,
    named: frozenset[int] = frozenset(),
) -> Judged:
    """`typed`: mentions and rivals are dates or numbers, for which the clause must speak of the question.

    `named`: the tokens that any gold alias covers; they are nobody's rivals.
    """
    if not mentions:
        return Judged("reject", "prose_no_mention", "no sentence names the gold")
    sentences = _sentences(found)
    lead = next((k for k, (a, b) in sentences.items() if _speaks(found, a, b, question)), found[0].sentence)
    best: tuple[int, Mention] | None = None
    reasons = []
    for mention in mentions[:24]:
        a, b = _near(sentences[found[mention.start].sentence], mention)
        reason = _not_asserted(found, a, b, mention.start, mention.end, question, named)
        if reason:
            reasons.append(reason)
            if reason == "negated" or (reason == "alternative" and best is None):
                return Judged("reject", f"prose_{reason}", sentence_of(found, a, b))
            continue
        strength = _strength(
            found, a, b, mention.start, mention.end, question, found[mention.start].sentence <= lead, typed
        )
        if strength and (best is None or strength > best[0]):
            best = (strength, mention)
    if best is None:
        return Judged("undecided", "prose_not_asserted", ", ".join(sorted(set(reasons))) or "incidental")
    strength, mention = best
    if (
        not typed
        and strength < 4
        and found[mention.start].sentence > lead
        and (
            not found[mention.start].cap
            or any(
                found[r.start].sentence < found[mention.start].sentence
                and not any(k in named for k in range(r.start, r.end))
                for r in rivals
            )
        )
    ):
        return Judged("undecided", "prose_not_in_lead", sentence_of(found, a, b))
    taken = (
        _filled(found, sentences.get(lead, (0, 0)), question)
        if strength < 4 and not typed and found[mention.start].sentence > lead
        else 0
    )
    if taken and taken not in named:
        return Judged("undecided", "prose_slot_filled", found[taken].raw)
    spans = [(m.start, m.end) for m in mentions]
    a, b = _near(sentences[found[mention.start].sentence], mention)
    for rival in rivals[:60]:
        if any(rival.start < end and start < rival.end for start, end in spans) or (
            not typed and any(k in named for k in range(rival.start, rival.end))
        ):
            continue
        if _beside_in_brackets(found, mention, rival) or (
            found[rival.start].bold and found[mention.start].bold and _one_bold(found, mention, rival)
        ):
            continue
        ra, rb = _near(sentences[found[rival.start].sentence], rival)
        if _not_asserted(found, ra, rb, rival.start, rival.end, question, named) in ("negated", "question"):
            continue
        theirs = _strength(found, ra, rb, rival.start, rival.end, question, found[rival.start].sentence <= lead, typed)
        before = rival.start < mention.start
        if _takes_back(found, ra, rb, rival) and rival.start > mention.end and theirs >= 1:
            return Judged("reject", "prose_contradiction", rival.text)
        if _coordinated(found, mention, rival):
            if strength < 3 or typed:
                return Judged("undecided", "prose_rival_beside", rival.text)
            continue
        if (
            theirs >= 3
            and theirs > strength
            and found[rival.start].sentence <= max(found[mention.start].sentence, lead)
        ):
            return Judged("reject", "prose_rival", rival.text)
        if theirs >= strength and before and theirs >= 2:
            return Judged("undecided", "prose_rival_first", rival.text)
        if theirs > strength and not before and found[rival.start].sentence != found[mention.start].sentence and typed:
            return Judged("undecided", "prose_rival_later", rival.text)
    if not typed and strength < 3 and len(found) > 3 and not any(t.cap for t in found):
        return Judged("undecided", "prose_uncased", sentence_of(found, a, b))  # rivals cannot be seen
    if strength == 1 and (len(sentences) > 1 or rivals or len(found) > 25):
        return Judged("undecided", "prose_weak", sentence_of(found, a, b))
    return Judged("accept", f"prose_{mention.rule}", sentence_of(found, a, b))


def _near(sentence: tuple[int, int], span: Mention | Rival) -> tuple[int, int]:
    """The sentence, cut to the tokens near the span: sentences without an end would cost a square of their length."""
    return max(sentence[0], span.start - MAX_SENTENCE), min(sentence[1], span.end + MAX_SENTENCE)


def sentence_of(found: list[Token], start: int, end: int) -> str:
    return " ".join(t.norm for t in found[start:end])[:300]


def _sentences(found: list[Token]) -> dict[int, tuple[int, int]]:
    result: dict[int, tuple[int, int]] = {}
    for i, token in enumerate(found):
        start = result.get(token.sentence, (i, i))[0]
        result[token.sentence] = (start, i + 1)
    return result


def _speaks(found: list[Token], start: int, end: int, question: Question) -> bool:
    shared = {root(t.norm) for t in found[start:end] if t.norm not in STOP} & question.roots
    return len(shared) >= max(1, min(2, len(question.roots) // 2))


def _not_asserted(
    found: list[Token], start: int, end: int, first: int, last: int, question: Question, named: frozenset[int]
) -> str:
    """Why the span is not asserted by its sentence, or ""."""
    if (end < len(found) and "?" in found[end].gap) or (end == len(found) and found[-1].raw.endswith("?")):
        return "question"
    if asserts.is_negated(found, first, last):
        return "negated"
    if asserts.is_alternative(found, first, last, question, named):
        return "alternative"
    text = asserts.sentence_text(found[start:end])
    if asserts.hedge_in(text, question):
        return "hedged"
    if asserts.misbelief_in(text):
        return "misbelief"
    stop = last
    while stop < end and stop < last + 6 and "," not in found[stop].gap:
        stop += 1
    if asserts.refusal_in(asserts.sentence_text(found[start:stop])):
        return "refusal"
    return ""


def _strength(
    found: list[Token], start: int, end: int, first: int, last: int, question: Question, in_lead: bool, typed: bool
) -> int:
    after = found[last] if last < end else None
    if (
        found[last - 1].possessive
        and after is not None
        and after.gap == " "
        and root(after.norm) not in question.roots
        and not typed
    ):
        if question.kind == "person" or after.norm not in GENERIC:
            return 0
    before = _before(found, start, first, question)
    if not typed and is_object(found, first, question):
        return 0
    if not typed and _slot_taken(found, start, first, question):
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
            and found[before - 1].norm not in question.norms
        ):
            return 0
    clause = _clause(found, start, end, first, last)
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
    ):
        return 4
    if found[first].bold and whole >= 1:
        return 3
    if before is None and whole >= needed:
        return 3
    if before is None and first - start <= 1 and start == 0:
        return 2
    if before is not None:
        norm = found[before].norm
        left = {root(t.norm) for t in found[start:before] if t.norm not in STOP}
        if norm in COPULAS or norm in _NAMING or norm == "as" or ":" in found[first].gap:
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
            if participle is None or participle.cap or not participle.norm.isalpha():
                return 1
            if root(participle.norm) in question.roots:
                return 4
            if participle.norm in _LIGHT:
                return 3 if whole >= needed else 2
            return 1 if question.kind == "person" and participle.norm.endswith(("ed", "en", "wn", "de", "ng")) else 2
        if norm in ("in", "at", "on", "from", "to", "near") and question.kind == "place" and shared >= 1:
            return 3
        if root(norm) in question.roots and whole >= needed:
            return 3
    if (not found[first].cap or question.kind == "other") and _second_clause(found, start, first, question):
        return 1
    return 2 if whole >= needed or shared >= 1 else 1


def is_object(found: list[Token], first: int, question: Question) -> bool:
    """Who killed X: in "X killed Y" Y is not the answer."""
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


def _filled(found: list[Token], sentence: tuple[int, int], question: Question) -> int:
    """Index of the first word that fills the slot of "the <question's words> is ...", 0 where the sentence has no such slot."""
    start, end = sentence
    at = next((i for i in range(start, end) if found[i].norm in COPULAS), None)
    if at is None:
        return 0
    left = {root(t.norm) for t in found[start:at] if t.norm not in STOP}
    if question.head not in left or len(left & question.roots) * 10 < 6 * len(left):
        return 0
    for i in range(at + 1, end):
        if asserts.is_negation(found, i):
            return 0
        if (
            found[i].norm not in STOP
            and root(found[i].norm) not in question.roots
            and not found[i].norm.endswith(("ed", "ly"))
        ):
            return i
    return 0


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
            token.norm in COPULAS
            or token.norm in _NAMING
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


def _clause(found: list[Token], start: int, end: int, first: int, last: int) -> tuple[int, int]:
    a = first
    while (
        a > start
        and not (found[a].norm in _CLAUSE_BREAKS and a != first)
        and ";" not in found[a].gap
        and "(" not in found[a].gap
    ):
        a -= 1
    b = last
    while b < end and found[b].norm not in _CLAUSE_BREAKS and ";" not in found[b].gap and ")" not in found[b].gap:
        b += 1
    return a, b


def _coordinated(found: list[Token], mention: Mention, rival: Rival) -> bool:
    left, right = sorted(((mention.start, mention.end), (rival.start, rival.end)))
    between = found[left[1] : right[0]]
    if found[left[0]].sentence != found[right[0]].sentence:
        return False
    if between and "," in between[0].gap and between[0].norm == "and" and "," not in found[left[0]].gap:
        return False  # a new clause: by X, and Y did ...
    return (
        len(between) <= 2
        and all(t.norm in ("and", "also", "or", "with", "as", "well") for t in between)
        and (bool(between) or "/" in found[right[0]].gap)
    )


def _beside_in_brackets(found: list[Token], mention: Mention, rival: Rival) -> bool:
    """X (Y) and Y (X): two names of one thing; a rival inside brackets is a remark."""
    if "(" in found[rival.start].gap:
        return True
    return rival.end == mention.start and "(" in found[mention.start].gap


def _one_bold(found: list[Token], mention: Mention, rival: Rival) -> bool:
    low, high = min(mention.start, rival.start), max(mention.end, rival.end)
    return all(t.bold for t in found[low:high]) and not any(
        "," in t.gap or t.norm in ("and", "or") for t in found[low + 1 : high]
    )


def _takes_back(found: list[Token], start: int, end: int, rival: Rival) -> bool:
    opening = [t.norm for t in found[start : min(end, start + 3)]]
    if any(word in _RETRACT for word in opening):
        return True
    return opening[:1] == ["no"] and "," in (found[start + 1].gap if start + 1 < end else "")


def name_rivals(found: list[Token], question: Question) -> list[Rival]:
    """Names that are not the question's and could be what it asks for."""
    result: list[Rival] = []
    i = 0
    while i < len(found):
        token = found[i]
        if (
            not token.cap
            or not token.raw[:1].isalpha()
            or (token.first and (token.norm in _OPENERS or token.norm in STOP or token.norm in TITLES))
            or token.raw == "I"
        ):
            i += 1
            continue
        j = i + 1
        while (
            j < len(found)
            and found[j].sentence == token.sentence
            and not found[j - 1].possessive
            and (
                (
                    found[j].gap in (" ", ". ", "-", ' "', '" ', " '", "' ")
                    and found[j].cap
                    and found[j].bold == token.bold
                )
                or (found[j].norm in _JOINERS and found[j].gap == " " and _name_goes_on(found, j))
            )
        ):
            j += 1
        span = found[i:j]
        if token.first and len(span) == 1 and not _subject(found, j) and not token.bold:
            i = j
            continue
        if _could_fill(span, question):
            result.append(Rival(i, j, " ".join(t.raw for t in span)))
            if len(result) >= 60:
                break
        i = j
    return result


def _name_goes_on(found: list[Token], j: int) -> bool:
    k = j + 1
    if k < len(found) and found[k].norm in _JOINERS:
        k += 1
    return (
        k < len(found)
        and found[k].cap
        and found[k].gap.split() in ([], ["the"])
        and found[k].sentence == found[j].sentence
    )


def _subject(found: list[Token], j: int) -> bool:
    """A one-word sentence opener counts as a name when a verb or a comma follows."""
    if j >= len(found):
        return True
    return (
        found[j].norm in COPULAS
        or found[j].norm in ("has", "had", "did", "won", "wrote", "became", "and")
        or found[j].norm.endswith("ed")
        or "," in found[j].gap
    )


def _could_fill(span: list[Token], question: Question) -> bool:
    words = [t.norm for t in span if t.norm not in STOP]
    shared = [w for w in words if w in question.norms or stem(w) in question.stems]
    if not words or (
        shared and not question.choice and (len(shared) == len(words) or any(w not in GENERIC for w in shared))
    ):
        return False
    if all(w in NATIONALITIES or w in MONTHS or w in TITLES or w.isdigit() or w in GENERIC for w in words):
        return False
    if words[0] in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"):
        return False
    place = " ".join(words) in REGIONS or " ".join(words) in STATES
    if question.kind == "person":
        if place or any(w in GENERIC - {"star"} for w in words) or '"' in span[0].gap:
            return False
        return len(words) <= 4 and not (len(words) == 1 and span[0].raw.isupper() and len(words[0]) > 1)
    if question.kind == "place":
        return not (len(words) == 1 and span[0].raw.isupper() and not place)
    return True
