"""Which way up a page stands, told by its lines, and the way back to the page as it was given."""

import numpy as np

from workers.ocr.quad import Pixels, Quad, are_tall, size

#: So many of a page's longest lines vote on whether it stands on its head.
VOTERS = 12


def lies(quads: list[Quad]) -> bool:
    """Whether most of the text, by length, runs up or down the page."""
    lengths = [max(size(quad)) for quad in quads]
    tall = sum(length for length, is_tall in zip(lengths, are_tall(quads), strict=True) if is_tall)
    return tall > sum(lengths) / 2


def turn(pixels: Pixels, quarters: int) -> Pixels:
    """Turn a page by so many quarters, counterclockwise."""
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def turn_back(quad: Quad, quarters: int, width_px: int, height_px: int) -> Quad:
    """Map a quad on a page turned by `quarters` to the page as given, of that width and height."""
    x, y = quad[:, 0], quad[:, 1]
    back = {0: (x, y), 1: (width_px - y, x), 2: (width_px - x, height_px - y), 3: (y, height_px - x)}
    return np.stack(back[quarters % 4], axis=1).astype(np.float32)
