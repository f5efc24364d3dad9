"""A sentence, or a line for each row, that holds the gold's values: whether it says them and nothing else."""

from __future__ import annotations

import itertools
import re
from collections import Counter

from factory.cage.cells import key_of
from factory.cage.compare import Comparison, groups_of
from factory.cage.results import ResultTable, print_cell
from factory.verifiers.sql_find import NAMES_OF_COUNTS, NUMBERS, WORDS, Wanted, find_cells

HEDGES = frozenset(
    ["not", "no", "never", "neither", "nor", "either", "or", "maybe", "perhaps", "possibly", "probably", "approximately", "approx", "about", "around", "roughly", "circa", "least", "most", "more", "less", "fewer", "over", "under", "almost", "nearly", "unless", "except", "unknown", "cannot", "unsure", "instead", "rather", "but", "however", "might", "could", "may", "likely", "unlikely", "guess", "estimate", "estimated", "believe", "think", "seems", "appears", "assume", "assuming", "excluding", "without", "wrong", "incorrect", "false", "another", "other", "others", "also", "additionally", "plus", "versus", "vs", "than"]
)
GLUE = frozenset(
    ["the", "a", "an", "of", "in", "on", "at", "to", "for", "by", "with", "from", "and", "is", "are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did", "there", "this", "that", "these", "those", "it", "its", "they", "their", "them", "he", "she", "his", "her", "him", "who", "whom", "whose", "which", "what", "where", "when", "i", "we", "you", "our", "my", "total", "number", "count", "amount", "sum", "average", "answer", "result", "results", "final", "value", "values", "respectively", "as", "each", "all", "following", "list", "row", "rows", "column", "columns", "named", "called", "query", "returns", "returned", "shows", "gives", "given", "therefore", "so", "thus", "hence", "based", "table", "data", "database", "equals", "equal", "both", "namely", "exactly", "years", "year", "old", "records", "entries", "sir", "please", "here", "according", "only", "such", "placed", "made", "found", "located", "lies", "lie", "lives", "live", "comes", "come", "priced", "costs", "worth", "held", "listed", "recorded", "registered", "currently", "they're", "it's", "as", "follows", "then", "while", "whereas", "item", "items", "entry"]
)
PLACING = frozenset({"in", "at", "from", "of", "on"})
"""Words between two texts of a row that leave which is which to their order."""
NOTHING = frozenset({"no", "none", "nothing", "empty", "zero", "nobody", "nowhere"})
ABSENCE = frozenset({"any", "exist", "exists", "matching", "match", "matches", "matched", "meet", "meets", "condition", "criteria", "set", "empty", "is", "one"})
BREAKS = re.compile(r",| and |;|\n")


def judge_sentence(text: str, gold: ResultTable, wanted: Wanted) -> Comparison:
    """One row, or one column: every value once for each time that it stands in the gold."""
    cells = [c for row in gold.rows for c in row]
    classes = [key_of(c)[0] for c in cells]
    if len(gold.rows) == 1 and len(set(classes)) < len(classes):
        return Comparison("undecided", "column_order_unclear")
    places, rest = find_cells(text, cells, wanted)
    missing = [print_cell(c) for c, p in zip(cells, places) if p < 0]
    if len(missing) == len(cells):
        return Comparison("reject", "wrong_values", "no value of the gold result is named")
    if missing:
        return Comparison("reject", "missing_rows" if len(gold.columns) == 1 else "missing_columns", ", ".join(missing)[:200])
    if len(gold.columns) == 1 and gold.order is not None:
        for (_, before_end), (start, end) in zip(groups_of(gold.order), groups_of(gold.order)[1:]):
            if max(places[:before_end]) > min(places[start:end]):
                return Comparison("reject", "wrong_order")
    if len(cells) > 1 and adds_an_item(rest):
        return Comparison("undecided", "several_values", "another item stands in the list")
    return what_is_left(rest, gold, wanted)


def judge_lines(lines: list[str], gold: ResultTable, wanted: Wanted) -> Comparison:
    """One line a row, each holding the cells of one row of the gold, which differ in their class."""
    if len(lines) != len(gold.rows):
        return Comparison("undecided", "unclear", "several columns and rows in prose")
    free = set(range(len(gold.rows)))
    chosen = []
    for line in lines:
        fitting = None
        for i in sorted(free):
            classes = [key_of(c)[0] for c in gold.rows[i]]
            places, rest = find_cells(line, list(gold.rows[i]), wanted)
            told = len(set(classes)) == len(classes) or in_order(places, classes, rest)
            if min(places) >= 0 and told and what_is_left(rest, gold, wanted).outcome == "accept":
                fitting = i
                break
        if fitting is None:
            return Comparison("undecided", "unclear", "several columns and rows in prose")
        free.discard(fitting)
        chosen.append(fitting)
    if gold.order is not None and any(gold.order[a] > gold.order[b] for a, b in itertools.pairwise(chosen)):
        return Comparison("reject", "wrong_order")
    return Comparison("accept", "match")


def in_order(places: list[int], classes: list[str], rest: str) -> bool:
    """Whether values of one kind stand in the order of the columns, with no word that could name them otherwise."""
    words = {word.lower() for word in WORDS.findall(rest)}
    return places == sorted(places) and words <= (PLACING if set(classes) == {"text"} else set())


def adds_an_item(rest: str) -> bool:
    """Whether a list goes on, behind a value, with one word that is none of the values."""
    parts = BREAKS.split(rest[rest.find("\x00") :])
    return any("\x00" not in part and len(words := WORDS.findall(part)) == 1 and words[0] != "respectively" for part in parts)


def says_nothing(text: str, question: str) -> Comparison:
    """Whether the text says that there are no rows, of what the question asks for and of nothing else."""
    asked = {stem(word.lower()) for word in WORDS.findall(question)}
    words = [word.lower() for word in WORDS.findall(text)]
    numbers = {n.replace(",", "") for n in NUMBERS.findall(text)} - set(NUMBERS.findall(question))
    said = not re.match(r"no\W*[,.]", text, re.IGNORECASE) and (NOTHING.intersection(words) or numbers & {"0"})
    strange = [w for w in words if not {w, stem(w)} & (NOTHING | ABSENCE | GLUE | asked)]
    if said and not strange and numbers <= {"0"} and len(words) <= 40:
        return Comparison("accept", "match")
    return Comparison("undecided", "unclear", "the gold result has no rows")


def what_is_left(rest: str, gold: ResultTable, wanted: Wanted) -> Comparison:
    """Whether the sentence says anything beside the values that were found in it."""
    question = wanted.question
    asked = Counter(w.lower() for w in WORDS.findall(question))
    numbers = {n.replace(",", "") for n in NUMBERS.findall(question)}
    known = {w.lower() for name in gold.columns for w in WORDS.findall(name.replace("_", " "))}
    if re.search(r"\d", NUMBERS.sub(lambda m: "" if m[0].replace(",", "") in numbers else m[0], rest)):
        return Comparison("undecided", "several_values", "another number stands beside the gold's")
    left = Counter(w.lower() for w in WORDS.findall(rest.replace("_", " ")))
    if len(gold.rows) > 1 and (count := NAMES_OF_COUNTS.get(len(gold.rows))):
        left.pop(count, None)  # "Three singers are ...": the number of the rows
    hedges = [w for w, n in left.items() if (w in HEDGES or w.endswith(("n't", "n\u2019t"))) and n > asked[w]]
    if hedges:
        return Comparison("undecided", "hedged", ", ".join(hedges)[:200])
    if any(NUMBERS.fullmatch(print_cell(c)) and print_cell(c) in numbers for row in gold.rows for c in row):
        return Comparison("undecided", "several_values", "the question names the same number")
    if "or" in asked and {w.lower() for w in WORDS.findall(question)[1:] if w[0].isupper()} & left.keys():
        return Comparison("undecided", "several_values", "another of the things that the question offers")
    strange = [w for w in left if w not in asked and w not in GLUE and w not in known and stem(w) not in map(stem, [*asked, *known])]
    if strange or '"' in rest or "\u201c" in rest:
        return Comparison("undecided", "unclear", " ".join(strange)[:200])
    return Comparison("accept", "match")


def stem(word: str) -> str:
    return word.removesuffix("'s").removesuffix("\u2019s").removesuffix("es").removesuffix("s")
