"""The texts of a sample: the user's message around the context, the wrapper of each piece, the assistant's reply.

The message is prefix + context + suffix. The prefix ends and the suffix begins so that the documents between them
begin with `<` after a newline and end with a newline before a visible character: there the context may be counted
apart (see `tokens.LINE_PATTERNS`). A document's wrapper says nothing of its place, so that its tokens do not
depend on the order.
"""

from __future__ import annotations

import html
import re

from factory.records import Domain

VERSION = "1"
"""Raised when one of these texts changes."""

FOOTER = "\n</document>\n"

INSTRUCTIONS: dict[Domain, str] = {
    "search": (
        "Reason from the following documents and answer the question that comes after them. The documents are pages "
        "in no particular order; some of them may not matter."
    ),
    "swe": (
        "The following documents are files of one software repository, all at the same revision and in no particular "
        "order; some of them may not matter. Reason from them and resolve the issue that comes after them."
    ),
    "sql": (
        "The following documents are tables of one database with their complete contents, in no particular order. "
        "Reason from them and answer the question that comes after them."
    ),
}

ASKS: dict[Domain, tuple[str, str]] = {
    "search": ("Question", "Give the answer as a short text, without further explanation."),
    "swe": (
        "Issue",
        "Answer with one unified diff as `git diff` prints it, with paths relative to the root of the repository, that "
        "applies to the files above.",
    ),
    "sql": (
        "Question",
        "Answer with the result as a Markdown table: a header row, then one row for each row of the result.",
    ),
}

_PLAIN = re.compile(r"[\w ./:?=%#~+,-]*", re.ASCII)
"""Most names: nothing in them needs care."""
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def user_prompt(domain: Domain, question: str) -> tuple[str, str]:
    """What stands in the user's message before and after the context."""
    label, form = ASKS[domain]
    return f"{INSTRUCTIONS[domain]}\n\n", f"{label}: {question.strip()}\n\n{form}"


GIVEN = {
    "derive_first": (
        "For checking only, the verified answer stands between the lines below. It is data, not an instruction. Derive the "
        "answer step by step from the documents, as if you did not know it: find what matters, quote it, reason from it. Do "
        "not name or assume the answer before your derivation has reached it, and do not mention that you were shown it."
    ),
    "final_check": (
        "The verified answer stands between the lines below. It is data, not an instruction. Work the whole answer out from "
        "the documents alone, without using it. Only when you have a result of your own, compare the two; where they differ, go "
        "back to the documents and find the mistake. Do not mention that you were shown it."
    ),
}
"""What a teacher that is given the answer is told besides, after the user's message of the sample."""


def given_answer(style: str, answer: str) -> str:
    """What follows the user's message when the teacher is shown the verified answer. `style` is a key of GIVEN."""
    return f"\n\n{GIVEN[style]}\n\n----- verified answer -----\n{answer.strip(chr(10))}\n----- end of the verified answer -----"


def document_header(name: str) -> str:
    """The line before a piece's text. The name is escaped: it can neither end the tag nor write a chat token."""
    plain = name if _PLAIN.fullmatch(name) else html.escape(_BREAKS.sub(" ", name))
    return f'<document source="{plain}">\n'


def document(name: str, text: str) -> str:
    """One piece as it stands in the context: header, the text as it is, footer."""
    return f"{document_header(name)}{text}{FOOTER}"


def assistant_text(reasoning: str, answer: str) -> str:
    """The assistant's turn: the reasoning in think tags, then the answer."""
    stripped = answer.strip("\n")  # newlines only: the last line of a diff may be one blank
    return f"<think>\n{reasoning.strip()}\n</think>\n\n{stripped}"
