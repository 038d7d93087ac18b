"""Weighs a whole word against what was read: the cheapest way by which an engine may have taken one for the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.correction.confusion import THIN, Confusions, Readings, seen_cost

#: What any other misreading costs in nats where few words are to be told apart, and a letter lost or made up.
ANY, LOST_THIN, LOST, EXTRA = 3.5, 3.0, 3.5, 3.5


@dataclass(frozen=True)
class Misreading:
    """A word as it was read, with what else the engine saw at each letter, and the table of misreadings."""

    letters: str
    readings: Sequence[Readings]
    confusions: Confusions

    @classmethod
    def of(cls, word: str, readings: Sequence[Readings], confusions: Confusions) -> "Misreading":
        """Fold the word. Where that changes its length, its letters have no readings of their own any more."""
        folded = word.casefold()
        return cls(folded, readings if len(folded) == len(word) else (), confusions)

    def cost(self, truth: str) -> float:
        """The nats it costs that `truth` (casefolded) stood there: the cheapest path through both words."""
        rows: list[list[float]] = []
        for at in range(len(self.letters) + 1):
            rows.append([])
            for to in range(len(truth) + 1):
                rows[at].append(min(self._ways(truth, at, to, rows), default=0.0))
        return rows[-1][-1]

    def _ways(self, truth: str, at: int, to: int, rows: Sequence[Sequence[float]]) -> Iterator[float]:
        """What the ways cost by which the first `at` letters may have been read for the first `to` of the truth."""
        if to:
            yield rows[at][to - 1] + (LOST_THIN if truth[to - 1] in THIN else LOST)
        if at:
            yield rows[at - 1][to] + EXTRA
        if at and to:
            same = self.letters[at - 1] == truth[to - 1]
            yield rows[at - 1][to - 1] + (0.0 if same else min(ANY, self._taken(at - 1, truth[to - 1])))
        if at and to > 1:  # one letter for two, or the second of them lost where the engine saw it
            yield rows[at - 1][to - 2] + self._taken(at - 1, truth[to - 2 : to])
        if at > 1 and to:
            yield rows[at - 2][to - 1] + self.confusions.cost(self.letters[at - 2 : at], truth[to - 1])

    def _taken(self, at: int, truth: str) -> float:
        """What it costs that one letter was read for these, by the table and by what the engine saw."""
        seen = self.readings[at] if at < len(self.readings) else ()
        costs = (seen_cost(probability) for other, probability in seen if other.casefold() == truth)
        return min(self.confusions.cost(self.letters[at], truth), *costs, float("inf"))
