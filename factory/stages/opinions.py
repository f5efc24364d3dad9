"""Ask the teacher's own engines for a second opinion on search answers that the rules left undecided.

The verdict that comes back names the rule `judge` and keeps the call: model tokens and the raw reply. A refused or
unclear reply leaves the answer undecided.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from factory import cleaning, prompts, tokens
from factory.parts import RowReader
from factory.recipe import Recipe
from factory.records import canonical_json
from factory.teachers.engine import Request, RequestRefused
from factory.teachers.pool import Pool
from factory.verifiers import judge

REPLY_CHARACTERS = 4_000
REASONS = {"accept": "judged_right", "reject": "judged_wrong"}


class Opinions:
    def __init__(self, recipe: Recipe, examples: RowReader, pool: Pool):
        self.recipe, self.examples, self.pool = recipe, examples, pool
        self.tokenizer = tokens.load(recipe.compile.tokenizer)

    async def ask(self, place: tuple[str, int], prompt_tokens: int, trace: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
        """The verdict after the second opinion. `trace`: a row of schemas.TRACE; `verdict`: of schemas.VERDICT."""
        example = await asyncio.to_thread(self.examples.row, *place)
        gold = json.loads(example["ground_truth"])
        candidate = self._clean(verdict["extracted"] or trace["answer"])
        if not judge.says_something(candidate, example["question"]):
            return verdict | {"outcome": "reject", "reason": "judged_wrong", "rule": "judge", "detail": "the answer says nothing of its own"}
        text = judge.message(example["question"], gold["text"], tuple(gold["aliases"]), candidate)
        id = f"judge/{trace['unit']}"
        message = ({"role": "user", "content": text},)
        num_tokens = self.tokenizer.count(self.tokenizer.render(text))
        try:
            answer = await self.pool.ask(Request(id, message, num_tokens, judge.MAX_TOKENS, 0.0, 1.0, 0, id))
        except RequestRefused as e:
            return verdict | {"detail": f"{verdict['detail']} (no second opinion: {e})".strip()}
        opinion = judge.opinion(answer.text) if answer.finish_reason != "length" else "undecided"
        call = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "reply": answer.raw[:REPLY_CHARACTERS]}
        verdict = verdict | {"rule": "judge", "detail": canonical_json(call)}
        total = prompt_tokens + self.tokenizer.count(prompts.assistant_text(trace["reasoning"], trace["answer"]))
        if opinion == "undecided" or (opinion == "accept" and total > self.recipe.compile.packing.sequence_tokens):
            return verdict
        return verdict | {"outcome": opinion, "reason": REASONS[opinion]}

    def _clean(self, text: str) -> str:
        """Chat-template tokens in an answer would end the judge's message."""
        return cleaning.clean(text, self.recipe.compile.cleaning, self.tokenizer.special_tokens).text
