"""Says which lines stand on their heads: PP-OCR's classifier."""

from collections.abc import Sequence

import cv2
import numpy as np

from workers.ocr.ask import Ask, Numbers
from workers.ocr.quad import Pixels

#: What the network was trained on (RapidOCR's TextClassifier); longer lines are squeezed.
_HEIGHT_PX, _WIDTH_PX = 48, 192
#: Lines that are asked about at once.
VOTES = 6


class Classifier:
    """The network behind a callable: takes lines x 3 x 48 x 192, -1 to 1, gives how sure they stand upright or not."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def on_its_head(self, lines: Sequence[Pixels]) -> Numbers:
        """How sure the network is that each line stands on its head, 0 to 1."""
        numbers = np.zeros((len(lines), 3, _HEIGHT_PX, _WIDTH_PX), np.float32)
        for line, target in zip(lines, numbers, strict=True):
            width = min(_WIDTH_PX, int(np.ceil(_HEIGHT_PX * line.shape[1] / line.shape[0])))
            scaled = cv2.resize(line, (width, _HEIGHT_PX)).astype(np.float32) / 127.5 - 1
            target[:, :, :width] = scaled.transpose(2, 0, 1)
        parts = [self._ask(numbers[first : first + VOTES]) for first in range(0, len(lines), VOTES)]
        return np.concatenate(parts)[:, 1]
