"""What is said about a bug: the issue that reports it, and the reasoning that ends a run."""

from __future__ import annotations

import random

from factory.worlds.swe_bugs import Place
from factory.worlds.swe_pairs import Pair

WHY = {
    "off_by_one": "a bound is off by one there",
    "wrong_operator": "the operator is the wrong one",
    "swapped_arguments": "the two arguments stand in the wrong order",
    "missing_case": "a case is missing, so that inputs of that kind fall through",
    "wrong_default": "the default is not the one that the description promises",
    "wrong_variable": "the expression uses another variable than it should",
    "dropped_return": "the value is worked out and then never returned",
    "wrong_function": "it calls the opposite of the function that is needed",
    "wrong_constant": "the number in it is not the right one",
}
OPENINGS = (
    "Since the last change {count} of the tests of {name} {fail}.",
    "{name} gives wrong results in one corner, and {count} of its tests {fail}.",
    "Our nightly build of {name} is red: {count} of the tests {fail}.",
    "I updated {name} and {count} of the checks {fail} now.",
)
REQUESTS = (
    "Please find the cause and fix it in the package; the tests are right.",
    "The tests describe what we want. Repair the code, not the tests.",
    "Can you correct this with a change that is as small as possible?",
)


def issue(pair: Pair, rng: random.Random) -> str:
    """The question: what fails and how, in the words of somebody who saw the tests fail."""
    failing = pair.fail_to_pass
    count = "one" if len(failing) == 1 else str(len(failing))
    opening = rng.choice(OPENINGS).format(name=pair.repository.name, count=count, fail="fails" if len(failing) == 1 else "fail")
    style = rng.randrange(3)
    if style == 0:
        body = "Failing:\n\n" + "\n".join(f"- `{name}`" for name in failing)
    elif style == 1:
        body = "What pytest says:\n\n```\n" + "\n".join(summary(pair)) + "\n```"
    else:
        body = f"For example `{failing[0]}`:\n\n```\n" + "\n".join(excerpt(pair, failing[0])) + "\n```"
    return f"{opening}\n\n{body}\n\n{rng.choice(REQUESTS)}"


def summary(pair: Pair) -> list[str]:
    return [line[:300] for line in pair.before.output.splitlines() if line.startswith("FAILED ")]


def excerpt(pair: Pair, name: str) -> list[str]:
    """The part of the tests' output that shows one failure."""
    lines = pair.before.output.splitlines()
    title = f" {name.split('::')[1]} "
    start = next(index for index, line in enumerate(lines) if title in line and line.startswith("___"))
    part = []
    for line in lines[start + 1 : start + 16]:
        if line.startswith(("___", "===")):
            break
        part.append(line[:200])
    return part


def diagnosis(pair: Pair) -> str:
    """Why the right patch is right, place by place."""
    texts = []
    for path, place in pair.bugs:
        now, then = line_of(pair, path, place)
        kind = WHY[place.kind]
        texts.append(f"In `{path}` the function `{place.function}` is to blame: {kind}. {contrast(now, then)}")
    return "\n".join(texts)


def contrast(now: str, then: str) -> str:
    if now and then:
        return f"It has `{now}` where `{then}` belongs."
    return f"The line `{then}` has to be there." if then else f"The line `{now}` must go."


def line_of(pair: Pair, path: str, place: Place) -> tuple[str, str]:
    """(line with the bug, the right line); the first is empty where the bug left lines out."""
    right = pair.fixed[path]
    first = right[: place.start].count("\n")
    then = right.splitlines()[first].strip()
    if not place.replacement and place.kind == "missing_case":
        return "", then
    return place.apply(right).splitlines()[first].strip(), then


def conclusion(pair: Pair, rng: random.Random) -> str:
    """The reasoning before the right patch."""
    failing = ", ".join(f"`{name.split('::')[1]}`" for name in pair.fail_to_pass[:3])
    first = rng.choice((
        f"What goes wrong shows in {failing}. Those checks depend on the following code.",
        f"I compare what {failing} expects with what the code does.",
        f"The report names {failing}; the question is which code gives the wrong value.",
    ))  # fmt: skip
    checked = rng.choice((
        "The callers hand in what the descriptions ask for, so the fault is not theirs.",
        "The other modules that I compared follow their descriptions.",
        "Nothing else on the way changes the value.",
    ))  # fmt: skip
    last = rng.choice((
        "With that corrected the expected values come out, and no other behaviour changes.",
        "The change restores what the description says and touches nothing else.",
        "This explains all the failing checks and leaves the passing ones alone.",
    ))  # fmt: skip
    return f"{first} {checked}\n\n{diagnosis(pair)}\n\n{last}"


def mistake(pair: Pair, rng: random.Random) -> str:
    """The reasoning before a wrong patch."""
    path, place = pair.bugs[0]
    return (
        f"The failing checks lead to `{path}`, and there to `{place.function}`. "
        + rng.choice(("It treats a border case differently from its description. ", "One of its steps looks inverted to me. ", "Its arithmetic does not fit. "))
        + "I changed the place that looked most likely; I am not entirely sure that nothing else is involved."
    )
