"""Decides which lines a model that writes freely is asked about: those where a word may have been misread."""

from collections.abc import Sequence

from workers.correction.confusion import Readings
from workers.correction.lexicon import WORD, Lexicon

#: A character is in doubt where its other readings come to this probability, a line of which the engine tells no
#: readings where it is read less surely than that. On 90 scans the lines in doubt were 8 % of light, 15 % of medium and
#: 43 % of heavy pages, and held 90, 60 and 73 % of the wrong characters; most of the rest stands in figures, which no
#: model may touch (docs/benchmarks.md).
_DOUBT = 0.1
_SURE_LINE = 0.97
_SHORTEST = 3


def in_doubt(text: str, confidence: float, readings: Sequence[Readings], lexicon: Lexicon) -> bool:
    """Whether a line has words, and one is unknown or the engine was in doubt about the line."""
    words = [word for word in WORD.findall(text) if len(word) >= _SHORTEST]
    if not words:
        return False
    doubted = any(sum(p for _, p in each) > _DOUBT for each in readings) if readings else confidence < _SURE_LINE
    return doubted or not all(lexicon.knows(word) for word in words)
