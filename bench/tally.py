"""Counts what became of lines and figures; tallies of pages add up to those of a corpus."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from rapidfuzz.distance import Levenshtein

from bench.match import squeeze
from jobs.result import Figure, LineResult
from workers.correction.glyph import as_digits, digits

#: A figure in a line without its white space: digits with sign, marks and currency.
_FIGURE = re.compile(r"[-+−]?[€$£]?\d(?:[\d.,:/'’-]*\d)?[€$£%]?")
_RESAMPLES = 1000
#: White space after an amount's decimals parts two figures; elsewhere it may stand in one: `1 234,56`, an IBAN.
_APART = re.compile(r"(?<=[.,]\d\d)\s+(?=\d)")
#: Only decimals and dates have a form that a letter breaks; of `GTRWAS` nobody can tell that it is `GTRWA5`.
_FORMAT = re.compile(r"[.,]\d\d|\d[./-]\d+[./-]\d")
_OTHER_MARK = str.maketrans(",.", ".,")


@dataclass
class Tally:
    """Sums over lines. Figures are compared line by line, white space aside.

    A figure is invented if its digits stand neither in what OCR read nor in the truth; `50,00` for `50.00` is none.
    A misread figure is settleable if a checksum or a closing sum vouches for it where all is read right (bench.ideal),
    or if OCR read it with a letter for a digit, or with the other decimal mark.
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
    figures_settleable: int = 0
    figures_settleable_mended: int = 0
    figures_flagged: int = 0
    figures_wrong: int = 0
    figures_wrong_unflagged: int = 0
    right_figures_flagged: int = 0
    seconds_ocr: float = 0.0
    seconds_correction: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def add(self, line: LineResult, truth: str | None, vouched: frozenset[str] = frozenset()) -> None:
        """Count a line against what it should read; None: OCR made it up. `vouched`: digits that have a witness."""
        self.lines += 1
        self.lines_sent += line.asked
        if truth is None:
            self.characters_invented += len(squeeze(line.text))
            return
        self._count_characters(line, truth)
        self._count_figures(line, truth, vouched)

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

    def _count_figures(self, line: LineResult, truth: str, vouched: frozenset[str]) -> None:
        true, raw, final = (Counter(_figures(text)) for text in (truth, line.raw, line.text))
        self.figures += true.total()
        self.figures_right_raw += (true & raw).total()
        self.figures_broken += ((true & raw) - final).total()
        self.figures_mended += ((true & final) - raw).total()
        self.figures_invented += sum(digits(each) not in digits(line.raw + truth) for each in final - raw - true)
        settleable = Counter({each: n for each, n in (true - raw).items() if _settleable(each, line.raw, vouched)})
        self.figures_settleable += settleable.total()
        self.figures_settleable_mended += (settleable & final).total()
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
    return [figure for figure, _, _ in _spans(text)]


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The figures of a text, white space aside, with where they begin and end."""
    parted = {found.start() for found in _APART.finditer(text)}
    kept = [at for at, char in enumerate(text) if not char.isspace() or at in parted]
    for found in _FIGURE.finditer("".join("|" if text[at].isspace() else text[at] for at in kept)):
        yield found.group(), kept[found.start()], kept[found.end() - 1] + 1


def _settleable(figure: str, raw: str, vouched: frozenset[str]) -> bool:
    """Whether a witness could settle a misread figure."""
    other_mark = figure.translate(_OTHER_MARK) in _figures(raw)
    letters = bool(_FORMAT.search(figure)) and figure in as_digits(squeeze(raw))
    return digits(figure) in vouched or other_mark or letters


def _by_flag(line: LineResult) -> tuple[Counter[str], Counter[str]]:
    """The figures of the final text: those that a flag shows to a person, and the others."""
    flagged: Counter[str] = Counter()
    unflagged: Counter[str] = Counter()
    for figure, start, end in _spans(line.text):
        (flagged if _has_flag(line.figures, start, end) else unflagged)[figure] += 1
    return flagged, unflagged


def _has_flag(figures: Sequence[Figure], start: int, end: int) -> bool:
    return any(figure.flag and figure.start < end and start < figure.end for figure in figures)
