"""Owns which words of a page's true text an OCR line stands for, whatever the reading order.

The truth is one sequence of words. Each OCR line takes the run of whole words nearest to it by edit distance, white
space aside; the surest match takes its words first, and no word is taken twice. Runs end at word boundaries, so a
line that lost its first letter is not matched to a word without it. What no line takes was not read (all deletions);
a line with no run nearer than half its length was invented (all insertions). The match is made on the raw text and
used for the corrected text too: correction is then judged line by line against the same truth.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

#: A run of words further from the line than this share of its length is no match.
FARTHEST = 0.5


@dataclass(frozen=True, slots=True)
class Match:
    """What each line should read, and what nobody read."""

    truths: tuple[str | None, ...]  # per OCR line; None: nothing like it stands on the page
    unread: tuple[str, ...]  # words of the truth that no line took


def squeeze(text: str) -> str:
    """Drop all white space."""
    return "".join(text.split())


def match(lines: Sequence[str], truth: str) -> Match:
    """Find for each line the words of the truth that it stands for."""
    words = truth.split()
    heap = [found for at, line in enumerate(lines) for found in _runs(at, squeeze(line), len(lines), words)]
    heapq.heapify(heap)
    truths: list[str | None] = [None] * len(lines)
    taken = [False] * len(words)
    while heap:
        _, _, at, start, end = heapq.heappop(heap)
        if truths[at] is None and not any(taken[start:end]):
            truths[at] = " ".join(words[start:end])
            taken[start:end] = [True] * (end - start)
    return Match(tuple(truths), tuple(word for word, used in zip(words, taken, strict=True) if not used))


def _runs(at: int, line: str, lines: int, words: list[str]) -> Iterator[tuple[float, float, int, int, int]]:
    """Runs near enough to a line: (cost per character, distance in reading order, line, start, end)."""
    longest = len(line) * (1 + FARTHEST)
    for start in range(len(words)):
        run = ""
        for end in range(start + 1, len(words) + 1):
            run += words[end - 1]
            if len(run) > longest:
                break
            bound = int(FARTHEST * len(line))
            distance = Levenshtein.distance(line, run, score_cutoff=bound)
            if distance <= bound:
                yield (distance + 0.5) / len(line), abs(start / len(words) - at / lines), at, start, end
