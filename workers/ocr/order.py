"""Reading order: rows from the top, each row from left to right, on pages that are slightly skewed too."""

from collections.abc import Sequence
from math import atan2, cos, sin
from statistics import median

from jobs.result import Box

#: Two boxes are of one row where they share this part of the lower one's height.
_ROW_OVERLAP = 0.5


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Order boxes as a person reads an invoice: tables row by row, an address beside a date as one row each."""
    if not boxes:
        return []
    slope = median(atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]) for box in boxes)
    spans = [_span(box, slope) for box in boxes]
    rows: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda i: spans[i][1] + spans[i][2]):
        if rows and _shares_row(spans[index], [spans[i] for i in rows[-1]]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return [index for row in rows for index in sorted(row, key=lambda i: spans[i][0])]


def _span(box: Box, slope: float) -> tuple[float, float, float]:
    """Left, top and bottom of a box after the page is turned level."""
    left, top, bottom = (
        min(x * cos(slope) + y * sin(slope) for x, y in box),
        (_level(box[0], slope) + _level(box[1], slope)) / 2,
        (_level(box[2], slope) + _level(box[3], slope)) / 2,
    )
    return left, top, bottom


def _level(point: tuple[float, float], slope: float) -> float:
    return point[1] * cos(slope) - point[0] * sin(slope)


def _shares_row(span: tuple[float, float, float], row: list[tuple[float, float, float]]) -> bool:
    """Against the row's median line, so that one tall box (a logo) does not swallow the rows beside it."""
    top, bottom = median(s[1] for s in row), median(s[2] for s in row)
    shared = min(bottom, span[2]) - max(top, span[1])
    return shared >= _ROW_OVERLAP * min(bottom - top, span[2] - span[1])
