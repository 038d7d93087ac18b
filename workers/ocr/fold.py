"""Blank paper is left out before lines are looked for: what a detector takes grows with the area that it sees.

Whole rows and columns without ink are cut out but for a margin, as a sheet is folded, and what is found is laid out
flat again. On the benchmark's scans a third to a half of the page is blank so, and the detector had half of OCR's work.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.ocr.quad import Pixels, Quad

#: Ink is looked for in squares of so many pixels: a stroke of small print and paper beside it.
SQUARE_PX = 8
#: Paper that stays about ink, as a share of the page's longer side: more than a line of small print is high.
MARGIN = 1 / 70
#: The detector stretches a page to a multiple of this, which blurs it; so much paper is kept that it needn't.
STRIDE_PX = 32
#: Noise is evened out before, by a blur of so many pixels; faint print is wider.
BLUR_PX = 1.5
#: Paper is as uneven as this share of a page's squares is at most: even a page full of print has as many without ink.
PAPER_PERCENT = 20
#: Ink makes a square so many times as uneven as paper, and by so many grey levels more; by the last of these it is ink
#: on any paper. No line that is found on 25 whole scans is touched so, nor on the same at a quarter of their contrast
#: under noise of 4 levels.
UNEVEN, LEAST_LEVELS, INK_LEVELS = 3.0, 2.0, 12.0


@dataclass(frozen=True)
class Fold:
    """The rows and columns of a page that stay."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @classmethod
    def of(cls, pixels: Pixels) -> Self:
        """Find what a page has of ink; a page without any stays whole."""
        height, width = pixels.shape[:2]
        inked = _inked(pixels)
        margin_px = round(MARGIN * max(height, width))
        rows, columns = (
            _kept(np.asarray(inked.any(axis=axis)), margin_px, side) for axis, side in ((1, height), (0, width))
        )
        return cls(rows, columns)

    def apply(self, pixels: Pixels) -> Pixels:
        """Cut out the rest."""
        return np.ascontiguousarray(pixels[np.ix_(self.rows, self.columns)])

    def flat(self, quad: Quad) -> Quad:
        """Say where on the whole page a quadrilateral of the folded one lies."""
        places = np.rint(quad).astype(np.intp)
        columns = self.columns[places[:, 0].clip(0, len(self.columns) - 1)]
        rows = self.rows[places[:, 1].clip(0, len(self.rows) - 1)]
        return np.stack([columns, rows], axis=1).astype(np.float32)


def _inked(pixels: Pixels) -> NDArray[np.bool_]:
    """Which squares of a page hold ink: those far less even than its paper is."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (0, 0), BLUR_PX).astype(np.float32)
    height, width = (max(1, side // SQUARE_PX) for side in grey.shape)
    squares = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    power = cv2.resize(grey * grey, (width, height), interpolation=cv2.INTER_AREA)
    unevenness = np.sqrt(np.maximum(0, power - squares * squares))
    paper = float(np.percentile(unevenness, PAPER_PERCENT))
    inked: NDArray[np.bool_] = unevenness > min(INK_LEVELS, max(UNEVEN * paper, paper + LEAST_LEVELS))
    return inked


def _kept(inked: NDArray[np.bool_], margin_px: int, length: int) -> NDArray[np.intp]:
    """The rows, or columns, of a page that lie within a margin about ink; all where there is none."""
    where = np.flatnonzero(inked) * (length / max(1, len(inked)))
    changes = np.zeros(length + 1, np.intp)
    starts = (where - margin_px).clip(0).astype(np.intp)
    ends = np.ceil(where + SQUARE_PX + margin_px).clip(max=length).astype(np.intp)
    np.add.at(changes, starts, 1)
    np.add.at(changes, ends, -1)
    near = np.cumsum(changes[:-1]) > 0
    blank = np.flatnonzero(~near)
    near[blank[: -int(near.sum()) % STRIDE_PX]] = True
    return np.flatnonzero(near) if len(where) else np.arange(length)
