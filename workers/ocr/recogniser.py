"""Reads the lines that were found on a page: cuts them out, asks the model in batches, decodes its answer."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.ocr.ctc import Decoded, decode
from workers.ocr.quad import Pixels, Quad, cut, size
from workers.ocr.script import Script, belongs

Probabilities = NDArray[np.float32]  # lines x steps x characters

_HEIGHT_PX = 48  # the model's
_LEAST_WIDTH_PX = 320  # it was trained on lines padded to this
_MOST_WIDTH_PX = 4800  # longer lines are squeezed: an answer takes 9 KiB per pixel
_BATCH = 6
#: Lines of fewer pixels are smoothed before they are enlarged, or their noise is enlarged with them.
_SMALL_PX = 32
_SMOOTHING_PX = 0.7


class Recogniser:
    """The model behind a callable: `ask` takes lines x 3 x 48 x width, -1 to 1, and gives probabilities.

    Characters of other scripts get no say: where one was best, the best of those that are left stands.
    """

    def __init__(
        self, ask: Callable[[NDArray[np.float32]], Probabilities], characters: Sequence[str], script: Script
    ) -> None:
        kept = [index for index, character in enumerate(characters) if index == 0 or belongs(character, script)]
        self._ask = ask
        self._kept = np.array(kept)
        self._characters = [characters[index] for index in kept]

    def read(self, pixels: Pixels, quads: Sequence[Quad]) -> list[Decoded]:
        """Read each line, in the order given."""
        widths = [_width(quad) for quad in quads]
        read: dict[int, Decoded] = {}
        by_width = sorted(range(len(quads)), key=widths.__getitem__)  # so that little of a batch is padding
        for start in range(0, len(by_width), _BATCH):
            batch = by_width[start : start + _BATCH]
            padded = max(_LEAST_WIDTH_PX, widths[batch[-1]])
            probabilities = self._ask_about(
                pixels, [quads[index] for index in batch], [widths[i] for i in batch], padded
            )
            for index, line in zip(batch, probabilities, strict=True):
                read[index] = decode(line, self._characters, covered=widths[index] / padded)
        return [read[index] for index in range(len(quads))]

    def _ask_about(self, pixels: Pixels, quads: list[Quad], widths: list[int], padded: int) -> Probabilities:
        lines = np.zeros((len(quads), 3, _HEIGHT_PX, padded), np.float32)
        for line, quad, width in zip(lines, quads, widths, strict=True):
            line[:, :, :width] = _cut_line(pixels, quad, width).transpose(2, 0, 1)
        kept: Probabilities = self._ask(lines)[:, :, self._kept]
        return kept


def _width(quad: Quad) -> int:
    width, height = size(quad)
    return min(_MOST_WIDTH_PX, int(np.ceil(_HEIGHT_PX * width / height)))


def _cut_line(pixels: Pixels, quad: Quad, width_px: int) -> NDArray[np.float32]:
    """One line as the model wants it. Cut at its own size first: a single interpolation to 48 pixels read worse."""
    line = cut(pixels, quad)
    if line.shape[0] < _SMALL_PX:
        line = cv2.GaussianBlur(line, (0, 0), _SMOOTHING_PX)
    scaled: NDArray[np.float32] = cv2.resize(line, (width_px, _HEIGHT_PX)).astype(np.float32) / 127.5 - 1
    return scaled
