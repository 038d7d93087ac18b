"""Where lines stand on a page that was turned level: what reading order is made from."""

from collections.abc import Sequence
from math import atan2, cos, sin
from statistics import median
from typing import NamedTuple

from jobs.result import Box


class Span(NamedTuple):
    """One line's extent, in pixels after the turn."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Along the line."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Of the line."""
        return self.bottom - self.top


def level(boxes: Sequence[Box]) -> list[Span]:
    """Turn the page by the slope that most of its lines have."""
    if not boxes:
        return []
    slope = median(atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]) for box in boxes)
    return [_span([_turned(point, slope) for point in box]) for box in boxes]


def _turned(point: tuple[float, float], slope: float) -> tuple[float, float]:
    x, y = point
    return x * cos(slope) + y * sin(slope), y * cos(slope) - x * sin(slope)


def _span(corners: list[tuple[float, float]]) -> Span:
    (_, top_left), (_, top_right), (_, bottom_right), (_, bottom_left) = corners
    across = [x for x, _ in corners]
    return Span(min(across), (top_left + top_right) / 2, max(across), (bottom_left + bottom_right) / 2)
