"""What a decode costs by its rows on this very device, measured as it runs, and how long a draft pays. Pure."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Assumed until decodes of two sizes were seen: the first row costs as much as five further ones.
FIRST_FIXED, FIRST_PER_ROW = 4.0, 1.0
#: What a decode weighs in the mean of its size.
NEWEST = 0.1
#: Lengths that are compared.
LENGTHS = np.array((0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64))
LONGEST_DRAFT = int(LENGTHS[-1])
#: Of lengths that are nearly as good as the best, the longest is taken: fewer decodes cost less of everything else.
NEARLY = 0.95


class RowCost:
    """Mean seconds of decodes, by size: of 1, 2, 3 to 4, 5 to 8 rows and so on.

    No line fits: on an H100 a second row costs as much as twelve further ones, and a ninth, where other kernels take
    over, as much as forty.
    """

    def __init__(self) -> None:
        self._means: dict[int, Floats] = {}  # rows and seconds, by size
        self._costs: dict[int, Floats] = {}  # of drafts of each length, by sequences; until something new is learnt

    def observe(self, rows: int, seconds: float) -> None:
        """Learn what a decode took."""
        size, seen = (rows - 1).bit_length(), np.array((rows, seconds))
        mean = self._means.get(size, seen)
        self._means[size] = mean + NEWEST * (seen - mean)
        self._costs.clear()

    def seconds(self, rows: NDArray[np.int_]) -> Floats:
        """What decodes of so many rows are expected to take; until two sizes were seen, in units unknown."""
        if len(self._means) < 2:
            return FIRST_FIXED + FIRST_PER_ROW * rows.astype(np.float64)
        seen_rows, seen = np.array([mean for _, mean in sorted(self._means.items())]).T
        seen = np.maximum.accumulate(seen)  # noise makes no row gain time
        first, last = np.diff(seen)[[0, -1]] / np.diff(seen_rows)[[0, -1]]
        below = np.minimum(rows - seen_rows[0], 0) * first
        above = np.maximum(rows - seen_rows[-1], 0) * last
        return np.asarray(np.interp(rows, seen_rows, seen) + np.maximum(below, -seen[0] / 2) + above)

    def draft_length(self, agreement: float, sequences: int) -> int:
        """The draft that gives most tokens a second, if all of `sequences` draft as much.

        Its n-th guess stands with probability agreement**n, so a draft of n gives the sum of those and one token more.
        """
        if sequences not in self._costs:
            self._costs[sequences] = self.seconds(max(1, sequences) * (LENGTHS + 1))
        rate = _tokens(round(100 * agreement)) / self._costs[sequences]
        best = int(rate.argmax())
        return int(LENGTHS[np.flatnonzero(rate >= NEARLY * rate[best])[-1]]) if best else 0


@lru_cache
def _tokens(agreement_percent: int) -> Floats:
    """Tokens that a decode is expected to give, by the length of its draft."""
    return np.asarray(np.cumsum((agreement_percent / 100) ** np.arange(LONGEST_DRAFT + 1))[LENGTHS])
