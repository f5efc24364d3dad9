"""Answers in sentences. The gold counts where a sentence asserts it in the asked slot, and nothing else stands there.

Each mention of the gold, and each rival (another name, date or number that could fill the slot), gets a strength:
  5  "the answer is X"; X as the only bold words of the lead, or as the last line
  4  tied to the question's verb: "<question's verb>ed by X", "X <question's verb>s"; X as the whole first sentence
  3  in the slot that the question asks for: "the <question's words> is X", X at the head of a sentence that speaks of the
     question, bold X in the answering sentence
  2  in a sentence that shares words with the question
  1  elsewhere
  0  where it cannot be the answer: after "beat", "unlike", "son of", in a question, as a possessor
A mention that its sentence denies, doubts or frames as something else (answer_assert, answer_frames) is no claim at all.
An answer that opens with the gold alone, sets it in bold first or names nothing before it that could be asked is accepted
in spite of doubts about its wording (answer_first).
The gold must be claimed in the lead (the first sentence that speaks of the question), or in the sentence that the steps
lead to (answer_steps), or tied to the verb, or be called the answer. What rivals do to it stands in answer_contest. A right answer lost here costs a row; a wrong one kept costs trust.
"""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from factory.verifiers import answer_assert as asserts
from factory.verifiers import answer_first, answer_frames
from factory.verifiers.answer_asked import paraphrased
from factory.verifiers.answer_clauses import clause_of
from factory.verifiers.answer_contest import (
    Claim,
    Judged,
    contest,
    said_of,
    same_thing,
    takes_back,
)
from factory.verifiers.answer_names import Mention
from factory.verifiers.answer_question import Question
from factory.verifiers.answer_rivals import Rival
from factory.verifiers.answer_sentences import near, sentence_of, sentences_of, speaks, with_bullets
from factory.verifiers.answer_slots import strength_of
from factory.verifiers.answer_stems import root
from factory.verifiers.answer_steps import is_led_to, is_predicate, is_said_past, is_subject_of, num_asked, says_asked
from factory.verifiers.answer_text import Token
from factory.verifiers.answer_weakness import other_year, weakness
from factory.verifiers.answer_words import COPULAS, STOP

_LOCATED = frozenset([root("located")])
_CONCLUDES = frozenset("therefore so thus hence".split())
_WORKS = frozenset(
    "film movie book novel play song album show series musical opera poem story painting magazine episode".split()
)


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
    sentences = sentences_of(found)
    judged = _weigh(found, sentences, mentions, rivals, question, typed, named)
    if judged.outcome == "accept" or not _leads(found, mentions, rivals, question, typed, named, judged.rule):
        return judged
    first = mentions[0]
    a, b = near(sentences[found[first.start].sentence], first)
    unclaimed = _not_asserted(found, a, b, first.start, first.end, question, named) or answer_frames.unclaimed(
        found, a, b, first.start, first.end, question, named, typed
    )
    return judged if unclaimed else Judged("accept", f"{judged.rule}_first", sentence_of(found, a, b))


def _leads(
    found: list[Token],
    mentions: list[Mention],
    rivals: list[Rival],
    question: Question,
    typed: bool,
    named: frozenset[int],
    doubt: str,
) -> bool:
    """The answer opens with the gold, or names it first, and the doubt is none that counts against that."""
    first = mentions[0]
    others = [rival for rival in rivals[:60] if not _is_covered(rival, mentions, named, typed)]
    if answer_first.is_said_apart(found, first, others, question, typed):
        return False
    if doubt in answer_first.LIFTED_BEHIND_OPENING and (
        answer_first.opens(found, first, typed) or answer_first.is_first_bold(found, first)
    ):
        return True
    if doubt not in answer_first.LIFTED or (doubt == "prose_incidental" and not typed and not found[first.start].cap):
        return False  # mixed with a thing that is written small too
    return answer_first.is_first(found, first, others, question, typed)


def _weigh(
    found: list[Token],
    sentences: dict[int, tuple[int, int]],
    mentions: list[Mention],
    rivals: list[Rival],
    question: Question,
    typed: bool,
    named: frozenset[int],
) -> Judged:
    """The strongest claim of the gold against those of its rivals."""
    lead = next((k for k, (a, b) in sentences.items() if speaks(found, a, b, question)), found[0].sentence)
    lead = with_bullets(found, sentences, lead)
    others = [t for k, t in enumerate(found) if k not in named]
    relation = said_of([t for t in others if not t.cap], question) or said_of(others, question)
    relation |= question.asked | question.done

    def claim(span: Mention | Rival) -> Claim:
        sentence = found[span.start].sentence
        a, b = near(sentences[sentence], span)
        last_line = _last_line(found, a, b, span)
        if last_line or _called_answer(found, a, span.start) or (sentence <= lead and _only_bold(found, a, b, span)):
            strength = 5
        elif _is_first_sentence(found, a, b, span):
            strength = 5 if all(t.bold for t in found[a:b]) else 4
        else:
            strength = strength_of(found, a, b, span.start, span.end, question, sentence <= lead, typed)
        c, d = clause_of(found, a, b, span.start, span.end)
        clause = [*found[c : span.start], *found[span.end : d]]
        said = said_of(found[c:d], question) | paraphrased(clause, question.asked | question.done)
        here = [t.norm for t in found[span.start - 2 : span.start]] if span.start > 1 else []
        if here and here[0] in COPULAS and here[1] in ("in", "at", "on"):
            said |= _LOCATED & question.done
        rest = [*found[a : span.start], *found[span.end : b]]
        alone = all(t.norm in STOP or root(t.norm) in question.roots for t in rest)
        return Claim(span, strength, sentence, said, said & relation, said_of(found[a:c], question) & relation, alone)

    claims, reasons = [], set()
    for mention in mentions[:24]:
        a, b = near(sentences[found[mention.start].sentence], mention)
        reason = _not_asserted(found, a, b, mention.start, mention.end, question, named)
        if reason == "negated" or (reason == "alternative" and not claims):
            return Judged("reject", f"prose_{reason}", sentence_of(found, a, b))
        reason = reason or answer_frames.unclaimed(found, a, b, mention.start, mention.end, question, named, typed)
        if not reason and (mine := claim(mention)).strength:
            claims.append(mine)
        reasons.add(reason)
    if not claims:
        told = ", ".join(sorted(reasons - {""}))
        return Judged("undecided", "prose_not_asserted" if told else "prose_incidental", told or "incidental")
    crowded = len(sentences) > 1 or bool(rivals) or len(found) > 12

    def standing(mine: Claim) -> tuple[str, bool, bool]:
        """(why the claim does not stand by itself, or ""; whether steps lead to it; whether it says all that is asked)"""
        beside = bool(said_of([t for t in others if t.sentence == mine.sentence], question) & relation)
        elsewhere = bool(said_of([t for t in others if t.sentence != mine.sentence], question) & relation)
        covers = question.nested and 0 < num_asked(question) <= 2 * len(mine.said & (question.asked | question.done))
        led_to = (
            question.nested or (not rivals and found[mine.span.start].cap) or is_predicate(found, mine, question)
        ) and is_led_to(found, sentences, mine, lead, question)
        if other_year(found, mine, question, covers):
            return "prose_other_year", led_to, covers
        home = mine.sentence if led_to else lead
        return weakness(found, mine, home, question, typed, crowded, 2 if elsewhere else int(beside)), led_to, covers

    claims.sort(key=lambda c: -c.strength)
    mine, (weak, led_to, covers) = claims[0], standing(claims[0])
    for other in claims[1:]:
        if weak and not (found_of := standing(other))[0]:
            mine, (weak, led_to, covers) = other, found_of
    detail = sentence_of(found, *near(sentences[mine.sentence], mine.span))
    if weak:
        return Judged("undecided", weak, detail)
    lead = mine.sentence if led_to else lead
    steps: set[str] = set()
    for rival in rivals[:60]:
        if _is_covered(rival, mentions, named, typed):
            continue
        if rival.end < mine.span.start and _is_possessor(found, rival, question):
            continue
        a, b = near(sentences[found[rival.start].sentence], rival)
        if same_thing(found, mine.span, rival, question) or _not_asserted(
            found, a, b, rival.start, rival.end, question, named
        ) in ("negated", "question"):
            continue
        theirs = claim(rival)
        if theirs.strength and rival.start > mine.span.end and takes_back(found, a, b):
            return Judged("reject", "prose_contradiction", rival.text)
        beside_title = found[rival.end - 1].possessive or (
            rival.start and found[rival.start - 1].norm in ("of", "by", "in")
        )
        if question.norms & _WORKS and beside_title and _is_title(found, mine.span) and not _is_title(found, rival):
            continue  # the steward of Olivia in Shakespeare's "Twelfth Night"
        if (led_to or covers) and theirs.span.end <= mine.span.start:
            name = found[rival.end - 1].norm
            if not says_asked(theirs, question) or name in steps:
                steps.add(name)
                continue  # a step on the way
        if is_subject_of(found, mine, theirs, question):
            continue
        if mine.strength < 5 and is_said_past(found, mine, theirs, question):
            return Judged("undecided", "prose_asked_elsewhere", rival.text)
        if mine.strength < 5 and says_asked(theirs, question) > says_asked(mine, question):
            return Judged("undecided", "prose_asked_elsewhere", rival.text)
        if judged := contest(found, mine, theirs, lead, question, typed):
            return judged
    return Judged("accept", f"prose_{mine.span.rule}", detail)


def _is_possessor(found: list[Token], rival: Rival, question: Question) -> bool:
    """John Lennon's wife was X, asked for the spouse: whose it is stands before the asked word."""
    owned = found[rival.end]
    asked = question.asked | question.done
    return found[rival.end - 1].possessive and bool({root(owned.norm)} & asked or paraphrased([owned], asked))


def _is_covered(rival: Rival, mentions: list[Mention], named: frozenset[int], typed: bool) -> bool:
    """The rival is the gold itself, or another of its names."""
    if any(rival.start < mention.end and mention.start < rival.end for mention in mentions):
        return True
    return not typed and any(k in named for k in range(rival.start, rival.end))


def _is_title(found: list[Token], span: Mention | Rival) -> bool:
    """In quotes: the steward in Shakespeare's comedy "Twelfth Night"."""
    behind = found[span.end].gap if span.end < len(found) else '"'
    return found[span.start].gap.endswith('"') and '"' in behind


def _called_answer(found: list[Token], start: int, first: int) -> bool:
    """So the answer is X; therefore, the river is X."""
    if (
        found[start].norm in _CONCLUDES
        and found[start].first
        and found[first - 1].norm in COPULAS
        and first - start > 1
    ):
        return True
    at = next((k for k in range(start, first) if found[k].norm == "answer"), None)
    return at is not None and first - at <= 3 and found[first - 1].norm in ("is", "answer")


def _last_line(found: list[Token], start: int, end: int, span: Mention | Rival) -> bool:
    """The answer ends with a bold line of its own that holds the span and nothing else."""
    alone = (start, end) == (span.start, span.end) and end == len(found) and start > 0
    return alone and found[start].bold and "\n\n" in found[start].gap.replace("\n \n", "\n\n")


def _is_first_sentence(found: list[Token], start: int, end: int, span: Mention | Rival) -> bool:
    """X. And what there is to say of it: a whole sentence behind the span, which is the first one."""
    if (
        start
        or end == len(found)
        or any(found[k].norm not in STOP for k in (*range(span.start), *range(span.end, end)))
    ):
        return False
    return sum(t.sentence == found[end].sentence for t in found[end : end + 6]) > 4


def _only_bold(found: list[Token], start: int, end: int, span: Mention | Rival) -> bool:
    """The span, with the words that are bold around it, is all that the sentence sets in bold, and not its heading."""
    bold = [k for k in range(start, end) if found[k].bold]
    if not bold or not bold[0] <= span.start < span.end <= bold[-1] + 1 or len(bold) == end - start:
        return False
    return bold[-1] - bold[0] + 1 == len(bold) <= span.end - span.start + 3


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
    if asserts.in_opening_adjunct(found, first, question):
        return "adjunct"
    if asserts.misbelief_in(asserts.sentence_text(asserts.without_dates(found, start, end, first))):
        return "misbelief"
    stop = last
    while stop < end and stop < last + 6 and "," not in found[stop].gap:
        stop += 1
    if asserts.refusal_in(asserts.sentence_text(found[start:stop])):
        return "refusal"
    return ""
