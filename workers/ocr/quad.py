"""Geometry of detected lines: four corners each, clockwise from where the text begins."""

from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.result import Box

Quad = NDArray[np.float32]  # 4 x 2, in pixels
Pixels = NDArray[np.uint8]

#: A quad so much taller than wide, and than the page's lines, holds text that runs up or down; `1` is tall, too.
_TALL = 1.5
_TALLER_THAN_LINES = 2.0


def size(quad: Quad) -> tuple[float, float]:
    """Width and height in pixels, the longer of each pair of sides, at least 1."""
    top, right, bottom, left = (float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4))
    return max(top, bottom, 1.0), max(left, right, 1.0)


def are_tall(quads: list[Quad]) -> list[bool]:
    """For each quad of a page, whether its text runs up or down."""
    if not quads:
        return []
    least = _TALLER_THAN_LINES * median(min(size(quad)) for quad in quads)
    return [height >= max(_TALL * width, least) for width, height in map(size, quads)]


def from_where_text_begins(quads: list[Quad]) -> list[Quad]:
    """Let each quad's corners begin where its text does, taking text along the margin to run down the page."""
    return [np.roll(quad, -1, axis=0) if tall else quad for quad, tall in zip(quads, are_tall(quads), strict=True)]


def to_box(quad: Quad) -> Box:
    """The quad as results have it."""
    corners = [(float(x), float(y)) for x, y in quad]
    return (corners[0], corners[1], corners[2], corners[3])


def cut(pixels: Pixels, quad: Quad) -> Pixels:
    """Cut a quad out of a page, at its own size."""
    width_px, height_px = (int(side) for side in size(quad))
    target = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], dtype=np.float32)
    transform = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    cropped: Pixels = cv2.warpPerspective(
        pixels, transform, (width_px, height_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cropped
