"""Owns the noisy channel: which letters an OCR engine takes for which, and what each misreading costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Readings = Sequence[tuple[str, float]]

LIKELY, POSSIBLE, ANY = 2.0, 3.5, 6.0
#: Engines drop thin letters more readily than wide ones, and one of a pair most readily of all.
LOST_TWIN, LOST_THIN, LOST, EXTRA = 2.5, 3.5, 4.5, 5.0
THIN = "iltrfj"
_ALPHABET = "abcdefghijklmnopqrstuvwxyzäöüßàâçéèêëîïôûùãõáíóúñ"


@dataclass(frozen=True)
class Confusions:
    """For what was read, what may have stood there, with the cost in nats."""

    table: Mapping[str, tuple[tuple[str, float], ...]]

    @classmethod
    def of(cls, likely: Mapping[str, str], possible: Mapping[str, str]) -> "Confusions":
        """Build from two tables `{"what was read": "what may have stood there, parted by spaces"}`."""
        table: dict[str, dict[str, float]] = {}
        for cost, pairs in ((POSSIBLE, possible), (LIKELY, likely)):
            for read, truths in pairs.items():
                table.setdefault(read, {}).update(dict.fromkeys(truths.split(), cost))
        return cls({read: tuple(truths.items()) for read, truths in table.items()})

    def cost(self, read: str, truth: str) -> float:
        """What it costs to take `truth` for `read`; infinite where the table knows nothing of it."""
        return next((cost for other, cost in self.table.get(read, ()) if other == truth), float("inf"))

    def once(self, word: str, readings: Sequence[Readings] = ()) -> Iterator[tuple[str, float, int]]:
        """Every word this one may be by one known misreading: (word, cost, place)."""
        for at in range(len(word)):
            for width in (1, 2):
                for truth, cost in self.table.get(word[at : at + width], ()):
                    yield word[:at] + truth + word[at + width :], cost, at
            for other, cost in _seen(readings, at):
                yield word[:at] + other + word[at + 1 :], cost, at
            yield word[: at + 1] + word[at:], LOST_TWIN, at

    def anyhow(self, word: str) -> Iterator[tuple[str, float, int]]:
        """Every word this one may be by one letter misread, lost or added, whatever it is."""
        for at in range(len(word) + 1):
            for letter in _ALPHABET:
                yield word[:at] + letter + word[at:], LOST_THIN if letter in THIN else LOST, at
                if at < len(word) and letter != word[at]:
                    yield word[:at] + letter + word[at + 1 :], ANY, at
            if 0 < at < len(word) > 4:  # a first letter, or one of few, is seldom made up
                yield word[:at] + word[at + 1 :], EXTRA, at


def _seen(readings: Sequence[Readings], at: int) -> Iterator[tuple[str, float]]:
    """What the engine itself thought of: the likelier, the cheaper."""
    if at < len(readings):
        for other, probability in readings[at]:
            yield other, seen_cost(probability)


def seen_cost(probability: float) -> float:
    """What another reading of the engine costs. One without a probability (Aspose.OCR tells none) is any of several."""
    if probability <= 0:
        return POSSIBLE
    return 0.5 if probability > 0.2 else 1.0 if probability > 0.05 else 1.5
