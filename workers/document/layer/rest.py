"""What of a page is left when its trusted text is taken out, and whether it may be text."""

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.document.layer import Rest
from workers.ocr import PageImage

#: Height of a letter in points: from the dot-less letters of 4 pt to a headline.
_LETTER_PT = (2.0, 40.0)
#: The step between neighbouring pixels, of 255, at which an edge begins.
_EDGE = 40
#: So many letters side by side may be a word.
_WORD = 3
#: More shapes than this are not compared with each other: they are text, or OCR will say that they are not.
_MOST_SHAPES = 1500
_MARGIN_PX = 24


def rest_of(image: PageImage) -> tuple[Rest | None, int]:
    """The part of a picture that may hold text, and how many of its shapes may be letters."""
    shapes = _letter_like(image)
    words = shapes if len(shapes) > _MOST_SHAPES else shapes[_are_words(shapes)]
    if not len(words):
        return None, 0
    left, top = (max(0, int(words[:, side].min()) - _MARGIN_PX) for side in (0, 1))
    right, bottom = (int((words[:, side] + words[:, side + 2]).max()) + _MARGIN_PX for side in (0, 1))
    part = PageImage(np.ascontiguousarray(image.pixels[top:bottom, left:right]), dpi=image.dpi)
    return Rest(part, left, top), len(words)


def _letter_like(image: PageImage) -> NDArray[np.int32]:
    """Left, top, width and height of everything that has a letter's size, dark on light or light on dark."""
    grey = cv2.cvtColor(image.pixels, cv2.COLOR_RGB2GRAY)
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > _EDGE
    _, _, stats, _ = cv2.connectedComponentsWithStats(edges.astype(np.uint8))
    boxes = np.asarray(stats[1:, :4], np.int32)
    width, height = boxes[:, 2], boxes[:, 3]
    least, most = (points * image.dpi / 72 for points in _LETTER_PT)
    is_letter = (height > least) & (height < most) & (width < 12 * height) & (height < 12 * width)
    return boxes[is_letter]


def _are_words(shapes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which shapes stand in a row of such shapes. Letters that touch make one wide shape: that is a word."""
    left, top, width, height = (shapes[:, side].astype(np.float32) for side in range(4))
    middle = top + height / 2
    level = np.abs(middle[:, None] - middle) < 0.5 * np.minimum(height[:, None], height)
    gap = np.maximum(left[:, None], left) - np.minimum((left + width)[:, None], left + width)
    alike = np.maximum(height[:, None], height) < 2.5 * np.minimum(height[:, None], height)
    near = level & alike & (gap < 1.5 * np.minimum(height[:, None], height))
    words = (near.sum(axis=1) >= _WORD) | (width > 2.5 * height)
    return np.asarray((near & words).any(axis=1))
