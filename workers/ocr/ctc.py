"""Decodes a recogniser's probabilities to text, keeping what else each character could have been.

CTC: a row of probabilities over all characters per step along the line; blanks and repeats collapse.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0
BLANK_NAME = ""
#: Other readings of a character are kept from this probability on, and no more than so many.
_LEAST_PROBABILITY = 0.01
_MOST_READINGS = 4
#: Between two characters nearly all is blank: less than this says nothing of one that was lost there.
_LEAST_LOST = 0.05

Readings = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """One line as the recogniser read it."""

    text: str
    confidence: float  # mean probability of its characters; 0 where there are none
    alternatives: tuple[Readings, ...]  # for each character of `text`


def decode(probabilities: NDArray[np.float32], characters: list[str]) -> Decoded:
    """Decode one line greedily from probabilities of steps x characters; `characters[0]` is the blank."""
    best = probabilities.argmax(axis=1)
    changed = np.ones(len(best), dtype=bool)
    changed[1:] = best[1:] != best[:-1]
    starts = np.flatnonzero(changed)
    ends = np.append(starts[1:], len(best))
    runs = [(int(s), int(e)) for s, e in zip(starts, ends, strict=True) if best[s] != BLANK]
    if not runs:
        return Decoded("", 0.0, ())
    text = "".join(characters[best[start]] for start, _ in runs)
    confidence = float(np.mean([probabilities[start, best[start]] for start, _ in runs]))
    following = [start for start, _ in runs[1:]] + [len(best)]
    readings = []
    for (start, end), then in zip(runs, following, strict=True):
        chosen, next_one = int(best[start]), int(best[then]) if then < len(best) else BLANK
        others = _readings(probabilities[start:end], chosen, characters)
        lost = _lost(probabilities[end:then], chosen, next_one, characters)
        readings.append(tuple(sorted([*others, *lost], key=lambda reading: -reading[1])))
    return Decoded(text, confidence, tuple(readings))


def _lost(steps: NDArray[np.float32], chosen: int, next_one: int, characters: list[str]) -> Readings:
    """The character with what may have stood behind it and was lost: `ei` for an `e` that is followed by blanks."""
    if not len(steps):
        return ()
    peaks = steps.max(axis=0)
    peaks[[BLANK, chosen, next_one]] = 0  # the neighbours spread over the blanks between them
    likeliest = int(peaks.argmax())
    if peaks[likeliest] < _LEAST_LOST or characters[likeliest].isspace():
        return ()
    return ((characters[chosen] + characters[likeliest], round(float(peaks[likeliest]), 4)),)


def _readings(steps: NDArray[np.float32], chosen: int, characters: list[str]) -> Readings:
    """What else a character could be: each other reading by its best step in the character's run."""
    peaks = steps.max(axis=0)
    peaks[[BLANK, chosen]] = 0
    likely = np.flatnonzero(peaks >= _LEAST_PROBABILITY)
    ranked = sorted(likely, key=lambda i: -peaks[i])[:_MOST_READINGS]
    return tuple((characters[i], round(float(peaks[i]), 4)) for i in ranked)
