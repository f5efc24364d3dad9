"""Judges of answers: one file each.

A member is a module with VERSION and
  verify(example: Example, answer: str, settings: recipe.Verify, side: SideInputs) -> Verdict
It never raises for anything in `answer`; rubbish gives a reason.
"""

from __future__ import annotations

# domain -> module under factory.verifiers, imported when first used
VERIFIERS: dict[str, str] = {"search": "answer", "swe": "patch", "sql": "sql_result"}
