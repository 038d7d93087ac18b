"""Finds the lines of a page: PP-OCR's detector, asked and heard as RapidOCR does."""

import cv2
import numpy as np
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from workers.ocr.ask import Ask
from workers.ocr.quad import Pixels, Quad

#: Longer side at which a page's lines are looked for, at most.
DETECTED_PX = 2000
#: Sides are multiples of this (the network's strides).
_STRIDE_PX = 32


class Detector:
    """The network behind a callable: takes 1 x 3 x height x width, -1 to 1; gives how surely each pixel is text."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        # RapidOCR's own settings (its config.yaml, Det).
        self._boxes = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)

    def find(self, pixels: Pixels, longest_px: int = DETECTED_PX) -> list[Quad]:
        """Find lines on a page, looked at with at most so many pixels of its longer side."""
        height, width = pixels.shape[:2]
        scale = min(1.0, longest_px / max(height, width))
        sides = [round(int(side * scale) / _STRIDE_PX) * _STRIDE_PX for side in (width, height)]
        if not all(sides):
            return []
        scaled = cv2.resize(pixels, sides).transpose(2, 0, 1)
        numbers = np.ascontiguousarray(scaled, np.float32) / np.float32(127.5) - np.float32(1)
        quads, _ = self._boxes(self._ask(numbers[None]), (height, width))
        return [quad.astype(np.float32) for quad in quads]
