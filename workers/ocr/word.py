"""Finds the words of a line along it, from where the recogniser saw its characters."""

import re
from collections.abc import Sequence
from statistics import median

from jobs.result import Extent

_WORD = re.compile(r"\S+")


def word_extents(text: str, places: Sequence[float]) -> tuple[Extent, ...]:
    """Left and right end of each word of `text`, from 0 to 1 along the line. `places` are its characters' middles.

    CTC tells where a character is, not how wide it is: a word is taken to reach half a usual step beyond its middles,
    and no further than half way to the next word.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    if not words:
        return ()
    steps = [places[i + 1] - places[i] for start, end in words for i in range(start, end - 1)]
    half = median(steps) / 2 if steps else 1 / len(text) / 2
    firsts, lasts = [places[start] for start, _ in words], [places[end - 1] for _, end in words]
    middles = [(last + first) / 2 for last, first in zip(lasts, firsts[1:], strict=False)]
    return tuple(
        (round(max(first - half, least), 4), round(min(last + half, most), 4))
        for first, last, least, most in zip(firsts, lasts, [0.0, *middles], [*middles, 1.0], strict=True)
    )
