"""Reads the lines that were found on a page: cuts them out, asks the model in batches, decodes its answer."""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.ocr.ask import Ask, Numbers
from workers.ocr.ctc import Decoded, decode
from workers.ocr.quad import Pixels, Quad, cut, size

Probabilities = Numbers  # lines x steps x characters

_HEIGHT_PX = 48  # the model's
#: What lines are padded to: the model was trained on the first; what is longer than the last is squeezed. Of a few
#: widths, since a GPU plans anew for each; and what a line is read as does not depend on the lines beside it.
WIDTHS_PX = (320, 480, 640, 960, 1280, 1920, 2880, 4800)
#: Lines that a CPU reads at once.
FEW_LINES = 6
#: Lines of fewer pixels are smoothed before they are enlarged, or their noise is enlarged with them.
_SMALL_PX = 32
_SMOOTHING_PX = 0.7


class Recogniser:
    """The network behind a callable: takes lines x 3 x 48 x width, -1 to 1, gives probabilities.

    `characters` are those of its columns, `at_once` says how many lines of a width to ask about.
    """

    def __init__(self, ask: Ask, characters: Sequence[str], at_once: Callable[[int], int]) -> None:
        self._ask = ask
        self._characters = characters
        self._at_once = at_once

    def read(self, pixels: Pixels, quads: Sequence[Quad]) -> list[Decoded]:
        """Read each line, in the order given."""
        widths = [line_width(quad) for quad in quads]
        read: dict[int, Decoded] = {}
        for padded, batch in self._batches(widths):
            probabilities = self._ask_about(pixels, [quads[i] for i in batch], [widths[i] for i in batch], padded)
            for index, line in zip(batch, probabilities, strict=True):
                read[index] = decode(line, self._characters, covered=widths[index] / padded)
        return [read[index] for index in range(len(quads))]

    def _batches(self, widths: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """Lines that are asked at once, with the width that they are padded to."""
        for least, padded in zip((0, *WIDTHS_PX), WIDTHS_PX, strict=False):
            lines = [index for index, width in enumerate(widths) if least < width <= padded]
            for first in range(0, len(lines), self._at_once(padded)):
                yield padded, lines[first : first + self._at_once(padded)]

    def _ask_about(self, pixels: Pixels, quads: list[Quad], widths: list[int], padded: int) -> Probabilities:
        lines = np.zeros((len(quads), 3, _HEIGHT_PX, padded), np.float32)
        for line, quad, width in zip(lines, quads, widths, strict=True):
            line[:, :, :width] = cut_line(pixels, quad, width).transpose(2, 0, 1)
        return self._ask(lines)


def line_width(quad: Quad) -> int:
    """Columns of a line as the model gets it."""
    width, height = size(quad)
    return min(WIDTHS_PX[-1], int(np.ceil(_HEIGHT_PX * width / height)))


def cut_line(pixels: Pixels, quad: Quad, width_px: int) -> NDArray[np.float32]:
    """Cut a line out as the model gets it, -1 to 1: at its own size first, since one interpolation to 48 read worse."""
    line = cut(pixels, quad)
    if line.shape[0] < _SMALL_PX:
        line = cv2.GaussianBlur(line, (0, 0), _SMOOTHING_PX)
    scaled: NDArray[np.float32] = cv2.resize(line, (width_px, _HEIGHT_PX)).astype(np.float32) / 127.5 - 1
    return scaled
