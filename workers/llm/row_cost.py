"""What a row of a decode costs on this very device, measured as it runs, and how long a draft therefore pays. Pure."""

import math

#: How fast old measurements fade.
FADING = 0.99
#: Assumed until something was measured: the first row costs as much as five further ones.
FIRST_FIXED, FIRST_PER_ROW = 4.0, 1.0
LONGEST_DRAFT = 32


class RowCost:
    """A line fitted to seconds over rows: what a decode costs at all, and what each row adds."""

    def __init__(self) -> None:
        self._weight = self._rows = self._seconds = self._rows_rows = self._rows_seconds = 0.0

    def observe(self, rows: int, seconds: float) -> None:
        """Learn what a decode took."""
        sums = (self._weight, self._rows, self._seconds, self._rows_rows, self._rows_seconds)
        news = (1.0, rows, seconds, rows * rows, rows * seconds)
        faded = [FADING * old + new for old, new in zip(sums, news, strict=True)]
        self._weight, self._rows, self._seconds, self._rows_rows, self._rows_seconds = faded

    @property
    def line(self) -> tuple[float, float]:
        """Cost of a decode without rows, and of each row."""
        spread = self._weight * self._rows_rows - self._rows**2
        if self._weight < 3 or spread < self._weight:  # not enough different counts of rows to tell
            return FIRST_FIXED, FIRST_PER_ROW
        per_row = (self._weight * self._rows_seconds - self._rows * self._seconds) / spread
        fixed = (self._seconds - per_row * self._rows) / self._weight
        return max(fixed, 0.0), max(per_row, 1e-9)

    def draft_length(self, agreement: float, sequences: int) -> int:
        """Count the draft rows that pay.

        The n-th is right with probability agreement**n, and then saves a token's plain cost: its row and its share of
        a decode. It is worth its own row as long as that saves more than the row costs.
        """
        fixed, per_row = self.line
        share = per_row / (fixed / max(1, sequences) + per_row)
        if agreement <= share:
            return 0
        if agreement >= 0.999 or share < 1e-6:
            return LONGEST_DRAFT
        return min(LONGEST_DRAFT, int(math.log(share) / math.log(agreement)))
