"""The search world's engine: BM25 over the paragraphs of a corpus, one result a page, with the best paragraph as snippet."""

from __future__ import annotations

import re
from typing import NamedTuple

import bm25s
import numpy as np

from factory.worlds.search_corpus import Corpus
from factory.worlds.search_prose import listed

SNIPPET_CHARACTERS = 300
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    listed("a an and are as at be by did do for from had has have how in into is it its of on or that the this to was were what when which who whom with")
)  # fmt: skip


class Result(NamedTuple):
    url: str
    title: str
    snippet: str


def plain(text: str) -> str:
    """Markdown links become their text."""
    return _LINK.sub(r"\1", text)


def terms(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _STOP]


class Engine:
    def __init__(self, corpus: Corpus):
        self.corpus = corpus
        self.page_of: list[int] = []
        self.paragraphs: list[str] = []
        words: list[list[str]] = []
        for number, entity in enumerate(corpus.entities):
            title = terms(entity.title)
            for paragraph in entity.text.split("\n\n")[1:]:
                if paragraph.startswith(("## ", "See also: ")):
                    continue
                text = plain(paragraph).replace("\n", " ")
                self.page_of.append(number)
                self.paragraphs.append(text)
                words.append(title + terms(text))
        self.index = bm25s.BM25()
        self.index.index(words, show_progress=False)

    def search(self, query: str, num_results: int) -> list[Result]:
        """The best pages for `query`, best first; equal scores in page order."""
        known = [word for word in dict.fromkeys(terms(query)) if word in self.index.vocab_dict]
        if not known:
            return []
        scores = np.asarray(self.index.get_scores(known))
        depth = min(len(scores), 40 * num_results)  # one page may own many of the best paragraphs
        best = np.argpartition(-scores, depth - 1)[:depth]
        best = best[np.lexsort((best, -scores[best]))]
        results: dict[int, Result] = {}
        for paragraph in best.tolist():
            page = self.page_of[paragraph]
            if page not in results and scores[paragraph] > 0:
                entity = self.corpus.entities[page]
                results[page] = Result(entity.url, entity.title, cut(self.paragraphs[paragraph]))
                if len(results) == num_results:
                    break
        return list(results.values())


def cut(text: str) -> str:
    if len(text) <= SNIPPET_CHARACTERS:
        return text
    return text[:SNIPPET_CHARACTERS].rsplit(" ", 1)[0] + " ..."
