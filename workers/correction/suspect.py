"""Finds the words of a line that were probably misread, with what they may be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.correction.amount import has_currency
from workers.correction.candidate import Candidate, candidates
from workers.correction.confusion import Confusions, Readings
from workers.correction.figure import tokenize
from workers.correction.figure_word import swaps_figure_words
from workers.correction.lexicon import Lexicon

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"@|://|www\.|\w\.[a-z]{2,3}\b")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A word that was probably misread."""

    start: int  # code points in the raw line
    end: int
    raw: str
    candidates: tuple[Candidate, ...]  # best first, at least one


def suspects(
    text: str, lexicon: Lexicon, confusions: Confusions, readings: Sequence[Readings] = ()
) -> tuple[Suspect, ...]:
    """Every word of a line for which something likelier than itself is known."""
    found = []
    for start, end in _words(text):
        word = text[start:end]
        choices = candidates(word, lexicon, confusions, readings[start:end])
        if safe := tuple(choice for choice in choices if _is_safe(word, choice.text)):
            found.append(Suspect(start, end, word, safe))
    return tuple(found)


def _is_safe(word: str, choice: str) -> bool:
    return not has_currency(choice) and not swaps_figure_words(word, choice)


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Words that are no figure, nor part of one, nor of an address. What has a digit in it is a figure."""
    taken = [(token.start, token.end) for token in tokenize(text)]
    taken += [chunk.span() for chunk in re.finditer(r"\S+", text) if _ADDRESS.search(chunk.group())]
    for match in _WORD.finditer(text):
        start, end = match.span()
        if match.group().isalpha() and not any(first < end and start < last for first, last in taken):
            yield start, end
