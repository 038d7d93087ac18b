"""Decodes a recogniser's probabilities to text, keeping what else each character could have been.

CTC: a row of probabilities over all characters per step along the line; blanks and repeats collapse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0
BLANK_NAME = ""
SPACE = " "
#: Other readings of a character are kept from this probability on, and no more than so many.
_LEAST_PROBABILITY = 0.01
_MOST_READINGS = 4
#: Between two characters nearly all is blank: less than this says nothing of one that was lost there.
_LEAST_LOST = 0.05
#: A space stands from this probability on where the blank is likelier: of 4,400 gaps between characters on light and
#: medium scans 11 had lost theirs (`19%`, `Seite1`); 9 come back, no word is torn. At 0.05: 10 come back, 1 is torn.
_LEAST_SPACE = 0.1

Readings = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """One line as the recogniser read it."""

    text: str
    confidence: float  # mean probability of its characters; 0 where there are none
    alternatives: tuple[Readings, ...]  # for each character of `text`
    places: tuple[float, ...]  # the middle of each character of `text`, from 0 to 1 along the line


def decode(probabilities: NDArray[np.float32], characters: Sequence[str], covered: float = 1.0) -> Decoded:
    """Decode one line greedily from probabilities of steps x characters; `characters[0]` is the blank.

    `covered` is the part of the steps that the line takes; the rest is padding.
    """
    best = _best(probabilities, characters)
    changed = np.ones(len(best), dtype=bool)
    changed[1:] = best[1:] != best[:-1]
    starts = np.flatnonzero(changed)
    ends = np.append(starts[1:], len(best))
    runs = [(int(s), int(e)) for s, e in zip(starts, ends, strict=True) if best[s] != BLANK]
    runs = _without_idle_spaces(runs, [characters[best[start]] for start, _ in runs])
    if not runs:
        return Decoded("", 0.0, (), ())
    return Decoded(
        text="".join(characters[best[start]] for start, _ in runs),
        confidence=_confidence(probabilities, best, runs),
        alternatives=tuple(_alternatives(probabilities, best, runs, characters)),
        places=tuple(min(1.0, (s + e) / 2 / len(best) / covered) for s, e in runs),
    )


def _alternatives(
    probabilities: NDArray[np.float32], best: NDArray[np.intp], runs: list[tuple[int, int]], characters: Sequence[str]
) -> Iterator[Readings]:
    """For each character what else it could be, alone or with one that was lost behind it."""
    following = [start for start, _ in runs[1:]] + [len(best)]
    for (start, end), then in zip(runs, following, strict=True):
        chosen, next_one = int(best[start]), int(best[then]) if then < len(best) else BLANK
        others = _readings(probabilities[start:end], chosen, characters)
        lost = _lost(probabilities[end:then], chosen, next_one, characters)
        yield tuple(sorted([*others, *lost], key=lambda reading: -reading[1]))


def _lost(steps: NDArray[np.float32], chosen: int, next_one: int, characters: Sequence[str]) -> Readings:
    """The character with what may have stood behind it and was lost: `ei` for an `e` that is followed by blanks."""
    if not len(steps):
        return ()
    peaks = steps.max(axis=0)
    peaks[[BLANK, chosen, next_one]] = 0  # the neighbours spread over the blanks between them
    likeliest = int(peaks.argmax())
    if peaks[likeliest] < _LEAST_LOST or characters[likeliest].isspace():
        return ()
    return ((characters[chosen] + characters[likeliest], round(float(peaks[likeliest]), 4)),)


def _best(probabilities: NDArray[np.float32], characters: Sequence[str]) -> NDArray[np.intp]:
    """The likeliest character of each step, and spaces that the blank beat."""
    best: NDArray[np.intp] = probabilities.argmax(axis=1)
    if SPACE in characters:
        space = characters.index(SPACE)
        best[(best == BLANK) & (probabilities[:, space] >= _LEAST_SPACE)] = space
    return best


def _without_idle_spaces(runs: list[tuple[int, int]], text: list[str]) -> list[tuple[int, int]]:
    """Drop spaces before and after the text, and all but the first of several in a row."""
    pairs = zip(runs, text, [SPACE, *text], strict=False)
    kept = [(run, here) for run, here, left in pairs if (here, left) != (SPACE, SPACE)]
    return [run for run, _ in (kept[:-1] if kept and kept[-1][1] == SPACE else kept)]


def _confidence(probabilities: NDArray[np.float32], best: NDArray[np.intp], runs: list[tuple[int, int]]) -> float:
    """Found spaces have no say: each would pull the line down for what it does not lack."""
    peaks = [float(probabilities[s, best[s]]) for s, _ in runs]
    return float(np.mean([p for p, (s, _) in zip(peaks, runs, strict=True) if p >= probabilities[s, BLANK]]))


def _readings(steps: NDArray[np.float32], chosen: int, characters: Sequence[str]) -> Readings:
    """What else a character could be: each other reading by its best step in the character's run."""
    peaks = steps.max(axis=0)
    peaks[[BLANK, chosen]] = 0
    likely = [int(index) for index in np.flatnonzero(peaks >= _LEAST_PROBABILITY)]
    ranked = sorted(likely, key=lambda i: -peaks[i])[:_MOST_READINGS]
    return tuple((characters[i], round(float(peaks[i]), 4)) for i in ranked)
