"""Weighs a whole word against what was read: the cheapest way by which an engine may have taken one for the other."""

from collections.abc import Sequence

from workers.correction.confusion import THIN, Confusions, Readings, seen_cost

#: What any other misreading costs in nats where few words are to be told apart, and a letter lost or made up.
ANY, LOST_THIN, LOST, EXTRA = 3.5, 3.0, 3.5, 3.5


def misreading_cost(
    read: str, truth: str, confusions: Confusions, readings: Sequence[Readings], most: float = float("inf")
) -> float:
    """The cost in nats of reading `read` where `truth` (casefolded) stood; infinite above `most`.

    What the engine itself thought of at a letter is cheap, what the table knows costs what it says, any other letter
    `ANY`.
    """
    folded = read.casefold()
    if len(folded) != len(read):  # a letter that folds to two: no place of its own readings any more
        readings = ()
    rows: list[list[float]] = []
    for at in range(len(folded) + 1):
        row = [float("inf")] * (len(truth) + 1)
        for to in range(len(truth) + 1):
            row[to] = _cheapest(folded, truth, at, to, rows, row, confusions, readings)
        rows.append(row)
        if min(row) > most:
            return float("inf")
    return rows[-1][-1] if rows[-1][-1] <= most else float("inf")


def _cheapest(
    read: str,
    truth: str,
    at: int,
    to: int,
    rows: Sequence[Sequence[float]],
    row: Sequence[float],
    confusions: Confusions,
    readings: Sequence[Readings],
) -> float:
    """The cost of the first `at` letters for the first `to` of the truth."""
    if at == to == 0:
        return 0.0
    best = float("inf")
    if to:  # a letter was lost
        best = row[to - 1] + (LOST_THIN if truth[to - 1] in THIN else LOST)
    if at:  # a letter was made up
        best = min(best, rows[at - 1][to] + EXTRA)
    if at and to:
        best = min(best, rows[at - 1][to - 1] + _letter(read, truth, at - 1, to - 1, confusions, readings))
    if at > 1 and to:
        best = min(best, rows[at - 2][to - 1] + confusions.cost(read[at - 2 : at], truth[to - 1]))
    if at and to > 1:
        best = min(best, rows[at - 1][to - 2] + _two_letters(read, truth, at - 1, to - 2, confusions, readings))
    return best


def _letter(read: str, truth: str, at: int, to: int, confusions: Confusions, readings: Sequence[Readings]) -> float:
    if read[at] == truth[to]:
        return 0.0
    return min([ANY, confusions.cost(read[at], truth[to]), *_seen(truth[to], at, readings)])


def _two_letters(
    read: str, truth: str, at: int, to: int, confusions: Confusions, readings: Sequence[Readings]
) -> float:
    """One letter was read for two, or the second of them lost where the engine saw it."""
    pair = truth[to : to + 2]
    return min([confusions.cost(read[at], pair), *_seen(pair, at, readings)])


def _seen(truth: str, at: int, readings: Sequence[Readings]) -> list[float]:
    """What the engine's own reading at this letter costs."""
    return [seen_cost(p) for other, p in readings[at] if other.casefold() == truth] if at < len(readings) else []
