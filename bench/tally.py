"""Counts what became of lines and figures; tallies of pages add up to those of a corpus."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

from rapidfuzz.distance import Levenshtein

from bench.match import squeeze
from jobs.result import Figure, LineResult

#: A figure in a line without its white space: digits with sign, marks and currency.
_FIGURE = re.compile(r"[-+−]?[€$£]?\d(?:[\d.,:/'’-]*\d)?[€$£%]?")
_RESAMPLES = 1000


@dataclass
class Tally:
    """Sums over lines. Figures are compared line by line, white space aside.

    A figure is invented if its digits stand neither in what OCR read nor in the truth; `50,00` for `50.00` is none.
    """

    pages: int = 0
    lines: int = 0
    characters: int = 0
    characters_spaces: int = 0
    errors_raw: int = 0
    errors_corrected: int = 0
    errors_raw_spaces: int = 0
    errors_corrected_spaces: int = 0
    characters_unread: int = 0
    characters_invented: int = 0
    lines_mended: int = 0
    lines_harmed: int = 0
    lines_sent: int = 0
    figures: int = 0
    figures_right_raw: int = 0
    figures_broken: int = 0
    figures_mended: int = 0
    figures_invented: int = 0
    figures_flagged: int = 0
    figures_wrong: int = 0
    figures_wrong_unflagged: int = 0
    right_figures_flagged: int = 0
    seconds_ocr: float = 0.0
    seconds_correction: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def add(self, line: LineResult, truth: str | None) -> None:
        """Count a line against what it should read; None: OCR made it up."""
        self.lines += 1
        self.lines_sent += line.asked
        if truth is None:
            self.characters_invented += len(squeeze(line.text))
            return
        self._count_characters(line, truth)
        self._count_figures(line, truth)

    def _count_characters(self, line: LineResult, truth: str) -> None:
        raw, corrected = (Levenshtein.distance(squeeze(text), squeeze(truth)) for text in (line.raw, line.text))
        self.characters += len(squeeze(truth))
        self.errors_raw += raw
        self.errors_corrected += corrected
        self.lines_mended += corrected < raw
        self.lines_harmed += corrected > raw
        self.characters_spaces += len(truth)
        self.errors_raw_spaces += Levenshtein.distance(line.raw, truth)
        self.errors_corrected_spaces += Levenshtein.distance(line.text, truth)

    def _count_figures(self, line: LineResult, truth: str) -> None:
        true, raw, final = (Counter(_figures(text)) for text in (truth, line.raw, line.text))
        self.figures += true.total()
        self.figures_right_raw += (true & raw).total()
        self.figures_broken += ((true & raw) - final).total()
        self.figures_mended += ((true & final) - raw).total()
        self.figures_invented += sum(_digits(each) not in _digits(line.raw + truth) for each in final - raw - true)
        flagged, unflagged = _by_flag(line)
        self.figures_flagged += flagged.total()
        self.figures_wrong += (final - true).total()
        self.figures_wrong_unflagged += (unflagged - true).total()
        self.right_figures_flagged += (flagged & true).total()

    def report(self) -> dict[str, float]:
        """The counts, and the rates that follow from them."""
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            key: round(value, 5)
            for key, value in {
                **counts,
                "cer_raw": self.rate("errors_raw", "characters"),
                "cer_corrected": self.rate("errors_corrected", "characters"),
                "cer_raw_spaces": self.rate("errors_raw_spaces", "characters_spaces"),
                "cer_corrected_spaces": self.rate("errors_corrected_spaces", "characters_spaces"),
                "share_of_lines_sent": self.rate("lines_sent", "lines"),
            }.items()
        }

    def rate(self, part: str, whole: str) -> float:
        """One count over another; 0 of nothing is 0."""
        return float(getattr(self, part)) / max(1.0, float(getattr(self, whole)))


def interval(pages: Sequence[Tally], key: str) -> tuple[float, float]:
    """The 95 % interval of a figure of the report, by bootstrap over pages."""
    chance = random.Random(0)
    values = sorted(
        sum(chance.choices(pages, k=len(pages)), Tally()).report()[key] for _ in range(_RESAMPLES if pages else 0)
    )
    return (values[len(values) // 40], values[-1 - len(values) // 40]) if values else (0.0, 0.0)


def _figures(text: str) -> list[str]:
    return _FIGURE.findall(squeeze(text))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _by_flag(line: LineResult) -> tuple[Counter[str], Counter[str]]:
    """The figures of the final text: those that a flag shows to a person, and the others."""
    places = [at for at, char in enumerate(line.text) if not char.isspace()]
    flagged: Counter[str] = Counter()
    unflagged: Counter[str] = Counter()
    for found in _FIGURE.finditer(squeeze(line.text)):
        shown = _has_flag(line.figures, places[found.start()], places[found.end() - 1] + 1)
        (flagged if shown else unflagged)[found.group()] += 1
    return flagged, unflagged


def _has_flag(figures: Sequence[Figure], start: int, end: int) -> bool:
    return any(figure.flag and figure.start < end and start < figure.end for figure in figures)
