"""Measure the search-answer verifier on the labelled answers of tests/data/answers.

    python -m jobs.bench_answers [--mutations 10000]

Prints false accepts, false rejects and undecided with Wilson 95 % intervals by length and answer type, the metamorphic
rules, attacks, mutated answers, comparisons per second and the worst time. A right answer that is undecided counts as a
false reject. Labels that can be disputed are listed apart and never counted.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from factory.verifiers.answer import judge

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "answers"


class Pair(NamedTuple):
    question: str
    golds: list[str]
    answer: str
    right: bool
    kind: str
    """What the answer varies or gets wrong."""
    type: str
    length: str
    """`short` or `paragraph`."""
    held_out: str
    """Group of an answer on which no rule was tuned; "" for the others."""
    file: str = ""
    """Name of the file of labelled answers; `beside` holds wrong answers that name the gold beside what is asked, `natural`
    answers as models and agents write them."""


def rows() -> Iterator[tuple[str, dict]]:
    """(length, question with its right, wrong and disputed answers). Rows of held_out.jsonl name their group."""
    for name in ("short", "paragraph", "natural", "beside", "held_out"):
        for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = {"file": name, **json.loads(line)}
            yield row.get("length", row.get("group", name)).split(",")[0], row


def pairs() -> list[Pair]:
    return [
        Pair(row["question"], row["golds"], answer, label == "right", kind, row["type"], length, row.get("group", ""), row["file"])
        for length, row in rows()
        for label in ("right", "wrong")
        for kind, answer in row[label]
    ]


def disputed() -> list[tuple[str, list[str], str, str, str]]:
    return [(row["question"], row["golds"], *entry) for _, row in rows() for entry in row.get("disputed", ())]


def attacks() -> list[str]:
    return [json.loads(line) for line in (FOLDER / "attacks.jsonl").read_text("utf-8").splitlines()]


def metamorphic() -> list[Pair]:
    """Pairs made from every question by rule: changes that keep an answer right, and changes that make it wrong."""
    listed = [row for _, row in rows()]
    result = []
    for number, row in enumerate(listed):
        gold, question, kind = row["golds"][0], row["question"], row["type"]
        plain = gold.strip('"').rstrip(".")

        def add(answer: str, right: bool, rule: str, question=question, row=row, kind=kind) -> None:
            result.append(Pair(question, row["golds"], answer, right, rule, kind, "short", ""))

        for rule, answer in (
            ("same", gold),
            ("case", plain.lower()),
            ("punctuation", plain + "."),
            ("quotes", f"“{plain}”"),
            ("markdown", f"**{plain}**"),
            ("marker", f"Final answer: {plain}"),
            ("tag", f"<answer>{plain}</answer>"),
            ("boxed", f"\\boxed{{{plain}}}"),
            ("spaces", f"  {plain.replace(' ', chr(160))} "),
        ):
            add(answer, True, rule)
        if kind not in ("yesno", "sentence"):
            other = listed[(number + 7) % len(listed)]["golds"][0].strip('"').rstrip(".")
            add(f"The answer is {plain}.", True, "framed")
            for rule, answer in (
                ("negation", f"not {plain}"),
                ("negation", f"It is not {plain}."),
                ("hedge", f"It might be {plain}."),
                ("hedge", f"I am not sure, but possibly {plain}"),
                ("two_answers", f"{other} or {plain}"),
                ("two_answers", f"either {plain} or {other}"),
                ("contradiction", f"{plain}. Actually, it is {other}."),
                ("contradiction", f"Final answer: {plain}\nFinal answer: {other}"),
                ("swap", other),
            ):
                add(answer, False, rule)
            words = plain.split()
            if (
                len(words) > 1
                and kind in ("other", "title", "place")
                and "," not in plain
                and "(" not in plain
                and words[-1].lower().rstrip("s") not in f"{question} limited corporation".lower()
                and len(row["golds"]) == 1
            ):
                add(" ".join(words[:-1]), False, "truncated")
        digits = [i for i, c in enumerate(plain) if c.isdigit()]
        if digits and kind in ("number", "date") and len(row["golds"]) == 1:
            i = digits[0]
            add(plain[:i] + str((int(plain[i]) + 1) % 9 + 1) + plain[i + 1 :], False, "digit")
    return result


def mutate(text: str, rng: random.Random) -> str:
    """A damaged copy of `text`."""
    pieces = [
        "**",
        "\\boxed{",
        "<answer>",
        "</answer>",
        "(",
        ")",
        " or ",
        " not ",
        "\n",
        ", ",
        " and ",
        "\u202e",
        "\ud800",
        "9",
        "1,",
        "'s",
        " - ",
        "½",
        "\x00",
        "Answer: ",
        "ﬁ",
        "٣",
        "²",
    ]
    for _ in range(rng.randint(1, 6)):
        i, j = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        action = rng.randrange(5)
        if action == 0:
            text = text[:i] + text[j:]
        elif action == 1:
            text = text[:i] + rng.choice(pieces) + text[i:]
        elif action == 2:
            text = text[:j] + text[i:j] * rng.randint(1, 3) + text[j:]
        elif action == 3:
            text = text[:i] + text[i:j][::-1] + text[j:]
        else:
            text = text[:i] + chr(rng.randrange(0x20, 0x3100)) + text[i:]
    return text[:200_000]


HOSTILE = (
    "a ",
    "Paris or ",
    "not ",
    "((((",
    "1,111,",
    "1,",
    "**",
    "12 December ",
    "and ",
    "Paris, ",
    "A. ",
    "J. ",
    "\\boxed{",
    "<answer>",
    "Final answer: x\n",
    "http://a ",
    "five hundred ",
    "one hundred and ",
    "5'",
    "'s",
    "Paris",
    "(Paris",
    "U.S.",
    "[a](",
    "\n",
    "?",
    "- 1",
    "9",
    "George Washington ",
    "the ",
    "ﷺ",
    "\u0301",
    "1939-45 ",
    "Paris by ",
    " / ",
)
"""Texts that are repeated to the length cap and to a megabyte."""


HOSTILE_GOLDS = (
    "Paris",
    "George Herbert Walker Bush",
    "14 December 1972",
    "5 million",
    "red, green and blue",
    "the quick brown fox jumps over the lazy dog because it can",
)


def worst_time(sizes: tuple[int, ...] = (15_900, 1_000_000), golds: Sequence[str] = HOSTILE_GOLDS) -> tuple[float, str]:
    """(seconds, what) of the slowest hostile text."""
    worst = (0.0, "")
    for text in HOSTILE:
        for gold in golds:
            for size in sizes:
                answer = (text * (size // len(text) + 1))[:size]
                start = time.perf_counter()
                judge("who was the president and in what year or city was it", [gold], answer)
                worst = max(worst, (time.perf_counter() - start, f"{text!r} x {size:,} characters, gold {gold[:20]!r}"))
    return worst


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share."""
    if n == 0:
        return 0.0, 1.0
    z = 1.96
    p = hits / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n))


def table(judged: list[tuple[Pair, str]], group) -> list[str]:
    counts: dict[str, Counter] = defaultdict(Counter)
    for pair, outcome in judged:
        for name in (group(pair), "all"):
            counts[name][("right" if pair.right else "wrong", outcome)] += 1
    lines = [
        f"{'group':<40}{'wrong':>6} {'false accepts':>24}{'right':>7} {'false rejects':>24}{'undecided, wrong / right':>26}"
    ]
    for name, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        wrong, right = (sum(v for k, v in count.items() if k[0] == label) for label in ("wrong", "right"))
        accepted, missed = count["wrong", "accept"], right - count["right", "accept"]
        lines.append(
            f"{name:<40}{wrong:>6} {_share(accepted, wrong):>24}{right:>7} {_share(missed, right):>24}{count['wrong', 'undecided']:>15} / {count['right', 'undecided']}"
        )
    return lines


def _share(hits: int, n: int) -> str:
    if not n:
        return "-"
    low, high = wilson(hits, n)
    return f"{hits} = {hits / n:.1%} [{low:.1%}, {high:.1%}]"


def report(mutations: int) -> None:
    labelled = pairs()
    times = []
    judged = []
    for pair in labelled:
        start = time.perf_counter()
        outcome = judge(pair.question, pair.golds, pair.answer).outcome
        times.append(time.perf_counter() - start)
        judged.append((pair, outcome))
    print("Labelled answers by length", *table(judged, lambda p: p.length), sep="\n")
    held_out = [entry for entry in judged if entry[0].held_out]
    print("\nHeld out: no rule was tuned on these", *table(held_out, lambda p: p.held_out), sep="\n")
    natural = [entry for entry in judged if entry[0].file == "natural"]
    print("\nAs models and agents write them", *table(natural, lambda p: p.length), sep="\n")
    beside = [entry for entry in judged if entry[0].file == "beside"]
    print("\nThe gold beside what is asked", *table(beside, lambda p: p.length), sep="\n")
    for length in ("short", "paragraph"):
        print(
            f"\n{length} answers by type",
            *table([j for j in judged if j[0].length == length], lambda p: p.type),
            sep="\n",
        )
    print(
        "\nMetamorphic rules",
        *table([(p, judge(p.question, p.golds, p.answer).outcome) for p in metamorphic()], lambda p: p.kind),
        sep="\n",
    )
    texts, asked = attacks(), {(row["question"], tuple(row["golds"])) for _, row in rows()}
    accepted = [
        (q, a)
        for q, golds in asked
        for a in [*texts, q, f"Question: {q}\nAnswer:"]
        if judge(q, golds, a).outcome == "accept"
    ]
    print(
        f"\nAttacks: {len(texts)} texts and the question itself over {len(asked)} golds: {len(accepted)} accepts",
        *accepted[:5],
        sep="\n  ",
    )
    rng, outcomes = random.Random(0), Counter()
    for _ in range(mutations):
        pair = rng.choice(labelled)
        outcomes[judge(pair.question, pair.golds, mutate(pair.answer, rng)).outcome] += 1
    print(f"\nMutated answers: {mutations}, none raised; {dict(outcomes)}")
    seconds, where = worst_time()
    print(
        f"\nComparisons per second and core: {1 / statistics.mean(times):,.0f} (median {statistics.median(times) * 1e3:.2f} ms); worst under attack {seconds * 1e3:.0f} ms: {where}"
    )
    print("\nDisputed labels, not counted")
    for question, golds, answer, label, why in disputed():
        print(
            f"  {judge(question, golds, answer).outcome:<10} {answer!r} for {golds[0]!r} ({question}); labelled {label}: {why}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutations", type=int, default=10_000)
    report(parser.parse_args().mutations)


if __name__ == "__main__":
    main()
