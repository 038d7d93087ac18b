"""The shapes that the networks are run at on a GPU: few, since cuDNN takes 0.1 to 3.7 s to plan one (H100).

Batches of lines are filled up to the next shape, and the answer cut back. Pages are not: filled up by a few hundred
pixels the detector moved lines by up to 5, and both devices are to read the same.
"""

import numpy as np

from workers.ocr.ask import Numbers
from workers.ocr.classifier import VOTES
from workers.ocr.cuda.wire import Stage
from workers.ocr.recogniser import WIDTHS_PX

Shape = tuple[int, ...]

#: The recogniser's batches: as many lines as fit in so many columns, of which a GPU takes all at once.
MOST_LINES, MOST_COLUMNS = 16, 16 * 960


def lines_at_once(width_px: int) -> int:
    """Lines of a batch of that width."""
    return max(1, min(MOST_LINES, MOST_COLUMNS // width_px))


#: What is planned before the first page, dearest first: all that lines need, and pages of A4 at 200 and 150 dpi.
AT_START: tuple[tuple[Stage, Shape], ...] = (
    *(("recognise", (lines_at_once(width), 3, 48, width)) for width in WIDTHS_PX),
    ("detect", (1, 3, 1984, 1408)),
    ("detect", (1, 3, 1760, 1248)),
    ("classify", (VOTES, 3, 48, 192)),
)
#: What is planned from then on, beside the first pages: what the lines of coarse pages need. Planned as it is met,
#: width after width, it holds up all children: 80 pages took 24 s instead of 5 (H100).
SOON: tuple[tuple[Stage, Shape], ...] = tuple(
    ("recognise coarse", (lines_at_once(width), 3, 48, width)) for width in WIDTHS_PX
)


def fill(stage: Stage, numbers: Numbers) -> Numbers:
    """Fill a batch of lines up with empty ones."""
    if stage == "detect":
        return numbers
    return fill_up(numbers, VOTES if stage == "classify" else lines_at_once(numbers.shape[-1]))


def fill_up(numbers: Numbers, rows: int) -> Numbers:
    """Append empty rows until there are so many."""
    if len(numbers) >= rows:
        return numbers
    return np.concatenate([numbers, np.zeros((rows - len(numbers), *numbers.shape[1:]), np.float32)])
