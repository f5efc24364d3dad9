"""The forms in which a gold answer may be met: what its parentheses, slashes, commas and "also known as" say.

`(also known as Y or Z)` and acronyms give aliases. A year, a class word or a description in parentheses qualifies the
answer: it need not be repeated, but a year must not be contradicted. A name in parentheses that is neither
(a role, a second person) is no alias of its own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from factory.verifiers.answer_clean import clean
from factory.verifiers.answer_text import Token, tokens
from factory.verifiers.answer_words import REGIONS, STATES, STOP

MAX_GOLD_CHARS = 4_000
_PARENTHESES = re.compile(r"[(\[]([^()\[\]]{0,400})[)\]]")
_ALSO = re.compile(
    r"(?:,\s{0,2})?\b(?:also (?:known|called|referred to) as|(?:better|best|commonly|formerly|formally|sometimes|otherwise|more commonly) (?:known|called) as"
    r"|formerly called|a\.?k\.?a\.?|or simply|abbreviated(?: as)?|known as|i\.?e\.?,?)[: ]",
    re.I,
)
_LEADING = re.compile(
    r"^(?:or|also|aka|a\.k\.a\.|formerly|now|originally|née|nee|born|called|the|today|later|previously|then|ie|i\.e\.|eg)[,:]?\s",
    re.I,
)
_PEERAGE = re.compile(
    r"(?:Duke|Duchess|Earl|Count|Countess|Baron|Baroness|Prince|Princess|Marquess|Viscount|Lord|Lady) of [A-Z][^,]{2,40}$"
)
_PLACE_KINDS = frozenset(["mount", "mt", "mt.", "lake", "cape", "fort", "river", "isle", "loch", "saint"])
_YEAR = re.compile(r"(?<!\d)(1\d{3}|20\d{2})(?!\d)")


class Alias(NamedTuple):
    text: str
    found: tuple[Token, ...]
    years: frozenset[int]
    """Years that qualify the answer and must not be contradicted."""
    derived: bool
    """Made by leaving a part of the gold out."""
    regions: frozenset[str] = frozenset()
    """Regions that qualify a place and must not be contradicted."""
    givens: frozenset[str] = frozenset()
    """Words that fuller aliases put before this one: Obama, beside Michelle Obama, is no Barack Obama."""
    tails: frozenset[str] = frozenset()
    """Words that fuller aliases put behind its "of": Supreme Court, beside Supreme Court of India."""


def _is_same_place(outer: str, inner: str) -> bool:
    """Mount Pelée (Montagne Pelée): one name, and the kind of place in two languages."""
    mine, theirs = outer.split(), inner.split()
    return len(mine) == len(theirs) == 2 and mine[1] == theirs[1] and mine[0].casefold() in _PLACE_KINDS and theirs[0][:1].isupper()


def expand(gold: str, several: bool = False) -> list[Alias]:
    """Aliases of one gold answer, the whole first. `several`: the question asks for several items, so `;` separates items."""
    text = _unwrap(clean(gold[:MAX_GOLD_CHARS]).replace("**", ""))
    forms: dict[str, tuple[frozenset[int], bool]] = {}

    def add(form: str, years: frozenset[int] = frozenset(), derived: bool = False) -> None:
        form = _unwrap(form.strip(" ,;:.\t\n") if not form.strip().endswith((" Jr.", "U.S.")) else form.strip())
        if form and form not in forms and len(forms) < 40:
            forms[form] = (years, derived)

    add(text)
    inner = _PARENTHESES.findall(text)
    if inner:
        years = frozenset(int(y) for part in inner for y in _YEAR.findall(part))
        outer = " ".join(_PARENTHESES.sub(" ", text).split())
        if not tokens(outer):
            return expand(" ".join(inner)) if "(" not in " ".join(inner) else []
        add(outer, years)
        for part in inner:
            stripped = part.strip()
            if (
                _LEADING.match(stripped)
                or _ALSO.match(stripped + " ")
                or _is_acronym(stripped, outer)
                or _is_acronym(outer, stripped)
            ):
                for alias in _ALSO.split(_LEADING.sub("", stripped)):
                    for piece in re.split(r",| or |;|/", _LEADING.sub("", alias.strip())):
                        if not _YEAR.search(piece) and len(piece.strip()) > 1:
                            add(_LEADING.sub("", piece.strip()))
            elif _is_same_place(outer, stripped):
                add(stripped)
        text = outer
    pieces = [piece for piece in _ALSO.split(text) if piece.strip()]
    if len(pieces) > 1:
        for piece in pieces:
            for part in re.split(r" or |,", piece) if piece is not pieces[0] else [piece]:
                add(part)
    for separator in (" / ", "; ", "/", " or ", "|"):
        parts = [part.strip() for part in text.split(separator)]
        if len(parts) < 2 or len(parts) > 20 or any(not part for part in parts):
            continue
        if separator == "; " and several:
            continue
        if separator == "/" and any(len(part) < 4 or part[:1].isdigit() for part in parts):
            continue
        if separator == " or " and (len(text.split()) > 9 or text.lower().startswith(("either ", "whether "))):
            continue
        for part in parts:
            add(part, derived=separator in (" or ",))
    # Leviathan by Thomas Hobbes: the author need not be repeated
    title, by, author = text.partition(" by ")
    if by and title[:1].isupper() and author[:1].isupper() and len(title.split()) <= 8 and len(author.split()) <= 4:
        add(title, derived=True)
    # Star Wars: A New Hope
    _, colon, subtitle = text.partition(": ")
    if colon and len(words := subtitle.split()) >= 2 and sum(word[:1].isupper() for word in words) >= 2:
        add(subtitle.rpartition(" - ")[2] if " - " in subtitle else subtitle, derived=True)
    # Landy, John Michael
    names = [part.split() for part in text.split(",")]
    if (
        len(names) == 2
        and len(names[0]) == 1
        and 1 <= len(names[1]) <= 3
        and all(word[:1].isupper() and word.replace(".", "").isalpha() for part in names for word in part)
        and names[1][0].lower() not in REGIONS
        and names[1][0] not in ("Jr.", "Sr.", "Jr", "Sr", "Inc.", "Inc", "Ltd")
    ):
        add(" ".join([*names[1], *names[0]]), derived=True)
    # Paris, France: the region need not be repeated
    head, comma, tail = text.partition(",")
    regions = frozenset(_region_names(tail)) if comma else frozenset()
    if regions and all(region in REGIONS or region in STATES for region in regions):
        add(head, derived=True)
    else:
        regions = frozenset()
        if _PEERAGE.match(tail.strip()) and len(head.split()) > 1:
            add(head, derived=True)  # Prince Philip, Duke of Edinburgh
    result = []
    for form, (years, derived) in forms.items():
        found = tuple(tokens(form))
        if found and not (derived and all(t.norm in STOP for t in found)):
            result.append(Alias(form, found, years, derived, regions if form == head.strip() else frozenset()))
    return result


def _region_names(tail: str) -> list[str]:
    names = [" ".join(t.norm for t in tokens(part)) for part in tail.split(",")]
    return [STATES.get(name, name) for name in names if name]


def _is_acronym(short: str, long: str) -> bool:
    letters = [c for c in short if c.isalnum()]
    if not 2 <= len(letters) <= 8 or sum(c.isupper() for c in letters) < 2 or " " in short.strip():
        return False
    words = [w for w in re.split(r"[\s\-/]", long) if w]
    initials = "".join(w[0] for w in words).lower()
    content = "".join(w[0] for w in words if w.lower() not in STOP).lower()
    wanted = "".join(letters).lower()
    return wanted in (initials, content) or len(words) >= 2


def _unwrap(text: str) -> str:
    """`text` without quotes around it and without its last full stop."""
    for _ in range(3):
        text = text.strip()
        if len(text) > 1 and text[0] in "\"'`" and text[-1] == text[0] and text[0] not in text[1:-1]:
            text = text[1:-1]
        elif (
            len(text) > 2
            and text.endswith(".")
            and len(text.rsplit(None, 1)[-1]) > 4
            and "." not in text[:-1].rsplit(None, 1)[-1]
        ):
            text = text[:-1]
        else:
            break
    return text
