"""Words without their endings: `stem` for plurals and spelling, `root` for whether two words speak of one action."""

# ruff: noqa: SIM905 (word tables read better as one text)
from __future__ import annotations

from functools import lru_cache

REMEMBERED, LONGEST = 16_384, 40
"""Words whose stems are kept, and the length up to which they are."""


def stem(word: str) -> str:
    """`word` without a plural ending, and a few British endings made American."""
    return _kept_stem(word) if len(word) <= LONGEST else _stem(word)


def root(word: str) -> str:
    """A rougher stem, for telling whether two words speak of one action: write, writes, writing, written, writer."""
    return _kept_root(word) if len(word) <= LONGEST else _root(word)


def _stem(word: str) -> str:
    if len(word) > 6 and word.endswith(("isation", "isations")):
        word = word.replace("isation", "ization")
    elif len(word) > 6 and word.endswith(("ise", "ised", "ises", "ising")):
        word = word[:-5] + word[-5:].replace("is", "iz", 1)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _root(word: str) -> str:
    word = _IRREGULAR.get(word, stem(word))
    if len(word) > 4 and word.endswith("ied"):
        word = word[:-3] + "y"
    for ending in ("ation", "ition", "ment", "tion", "ing", "ed", "er", "or", "al", "ly", "e"):
        if len(word) - len(ending) >= 3 and word.endswith(ending):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return _ROOTS.get(word, word)


_kept_stem, _kept_root = lru_cache(REMEMBERED)(_stem), lru_cache(REMEMBERED)(_root)


_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "wrote:write|written:write|writes:write|sang:sing|sung:sing|sings:sing|singer:sing|won:win|winner:win|"
        "winning:win|winners:win|made:make|built:build|began:begin|begun:begin|led:lead|leader:lead|held:hold|"
        "born:birth|birthplace:birth|birthday:birth|birthdate:birth|died:death|die:death|dies:death|fought:fight|"
        "founded:found|founder:found|bought:buy|sold:sell|came:come|went:go|took:take|taken:take|gave:give|"
        "given:give|known:know|knew:know|spoken:speak|spoke:speak|drawn:draw|drew:draw|flew:fly|flown:fly|"
        "grew:grow|grown:grow|shot:shoot|chosen:choose|chose:choose|elected:elect|painter:paint|painted:paint|"
        "portrayed:play|portrays:play|portray:play|voiced:play|voice:play|voices:play|stars:play|starred:play|"
        "starring:play|plays:play|played:play|actor:play|actress:play|performed:perform|performer:perform|"
        "located:locate|location:locate|situated:locate|author:write|authored:write|composer:compose|"
        "composed:compose|invented:invent|inventor:invent|discoverer:discover|discovery:discover|directed:direct|"
        "director:direct|producer:produce|produced:produce|married:marry|wife:marry|husband:marry|spouse:marry|"
        "killed:kill|killer:kill|assassinated:kill|murdered:kill|created:create|creator:create|creation:create|"
        "established:found|started:begin|start:begin|starts:begin|formed:found|premiered:release|premiere:release|"
        "premieres:release|came out:release|aired:release|debuted:release|published:publish|took place:hold|"
        "lies:locate|ended:end|ends:end|nickname:name|named:name|called:name|set:set|beat:beat|defeated:beat|"
        "fell:fall|fallen:fall|lost:lose|left:leave|met:meet|taught:teach|caught:catch|thought:think|rose:rise|risen:rise|sank:sink|"
        "sunk:sink|stole:steal|stolen:steal|stood:stand|struck:strike|threw:throw|thrown:throw|wore:wear|worn:wear|shown:show|ran:run|"
        "broke:break|broken:break|froze:freeze|frozen:freeze|spent:spend|sent:send|paid:pay|said:say|told:tell|kept:keep|rode:ride|"
        "drove:drive|driven:drive|drank:drink|ate:eat|eaten:eat|heard:hear|bent:bend|became:become|"
        "successor:succeed|succeeded:succeed|succeeds:succeed|direction:direct|lyrics:lyric|composition:compose|advisor:advise|adviser:advise|supervision:advise|supervised:advise|"
        "height:tall|tallness:tall|length:long|distance:far"
    ).split("|")
)

_ROOTS = {
    "choreography": "choreograph",
    "photography": "photograph",
    "lyricist": "writ",
    "songwrit": "writ",
    "penn": "writ",
}


_NOUNS = frozenset(
    "wife husband spouse height length distance tallness birthplace birthday birthdate death nickname name discovery".split()
)

IRREGULAR = frozenset(
    word
    for word in _IRREGULAR
    if not word.endswith(("er", "or", "s", "ing", "ion", "iere", "ere")) and word not in _NOUNS
)
"""Verb forms among the words that are looked up."""
