"""Sees the figures of a page as a table: rows of cells, by where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from jobs.result import Figure, LineResult, PageResult
from workers.correction.amount import Amount, parse_with_unit

Place = tuple[int, int, int]  # page, line, figure: indices

_NUMERIC = {"amount", "percentage", "number", "quantity", "code"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure that has a value, and where it stands."""

    place: Place
    figure: Figure
    amount: Amount
    x: float  # of its middle, in widths of the page
    exact: bool = False  # of the document's own text

    @property
    def is_money(self) -> bool:
        """Whether it looks like it: two decimals, a currency, or three digits and more that may lack their mark."""
        lost = not self.amount.mark and self.amount.value > 99
        return self.figure.kind != "percentage" and (self.amount.decimals == 2 or self.figure.kind == "amount" or lost)


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side: its words, and its cells from left to right."""

    label: str
    cells: tuple[Cell, ...]


def rows(pages: Sequence[PageResult], mark: str) -> tuple[Row, ...]:
    """The rows of all pages, top to bottom."""
    found = []
    for at, page in enumerate(pages):
        for members in _grouped(page.lines):
            lines = [(index, page.lines[index]) for index in members]
            cells = [cell for index, line in lines for cell in _cells(at, index, line, page.width_px, mark)]
            label = " ".join(line.text for _, line in lines if any(char.isalpha() for char in line.text))
            found.append(Row(label, tuple(sorted(cells, key=lambda cell: cell.x))))
    return tuple(found)


def _grouped(lines: Sequence[LineResult]) -> list[list[int]]:
    """Indices of lines side by side: the middle of each is within half a line's height of its left neighbour's."""
    groups: list[list[int]] = []
    xs, ys = zip(*map(_middle, lines), strict=True) if lines else ((), ())
    for index in sorted(range(len(lines)), key=xs.__getitem__):
        far = 0.5 * _height(lines[index])
        nearest = min(groups, key=lambda group: abs(ys[group[-1]] - ys[index]), default=[])
        if nearest and abs(ys[nearest[-1]] - ys[index]) < far:
            nearest.append(index)
        else:
            groups.append([index])
    return sorted(groups, key=lambda group: median(ys[index] for index in group))


def _middle(line: LineResult) -> tuple[float, float]:
    return sum(x for x, _ in line.box) / 4, sum(y for _, y in line.box) / 4


def _height(line: LineResult) -> float:
    return max(1.0, (line.box[3][1] - line.box[0][1] + line.box[2][1] - line.box[1][1]) / 2)


def _cells(page: int, index: int, line: LineResult, width: int, mark: str) -> list[Cell]:
    left, right = line.box[0][0], line.box[1][0]
    found = []
    for at, figure in enumerate(line.figures):
        amount = parse_with_unit(figure.final, mark) if figure.kind in _NUMERIC else None
        if amount:
            middle = (figure.start + figure.end) / 2 / max(1, len(line.text))
            x = (left + (right - left) * middle) / max(1, width)
            found.append(Cell((page, index, at), figure, amount, x, line.exact))
    return found
