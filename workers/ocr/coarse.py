"""The recogniser's weights for coarse, blurred pages: PP-OCRv6 small's own, trained further on such lines (training/).

What ships is the difference, a byte for a weight, laid over the model's file as it is in RapidOCR's wheel. Of any other
file nothing is known, so it is left as it is. Derived from PP-OCRv6, (c) PaddlePaddle authors, Apache-2.0.
"""

import hashlib
from pathlib import Path

import numpy as np

#: Made by training/pack.py.
WEIGHTS = Path(__file__).with_suffix(".npz")
#: Pages less sharp than this read better restored, with our weights: of the 15 medium scans (0.37 to 0.42) 0.980 of the
#: words instead of 0.959. What is sharper, as the light ones (0.45 to 0.50), hardly needs it.
SHARP = 0.44
#: What an engine's name ends with where it reads coarse pages without them, since results depend on it.
NO_COARSE = " no-coarse"


def fits(recogniser: Path) -> bool:
    """Whether the weights are for this very file."""
    with recogniser.open("rb") as file, np.load(WEIGHTS) as weights:
        return bool(hashlib.file_digest(file, "sha256").hexdigest() == str(weights["model"]))


def coarse_network(recogniser: Path) -> bytes:
    """The file with our weights in it.

    A tensor lies in the file as rows of floats, one after the other; each row has a step of its own that its
    differences are counted in.
    """
    content = bytearray(recogniser.read_bytes())
    with np.load(WEIGHTS) as weights:
        steps, counts = weights["steps"], weights["counts"]
        shapes = zip(weights["offsets"], weights["rows"], weights["columns"], strict=True)
    row, first = 0, 0
    for offset, rows, columns in shapes:
        tensor = np.frombuffer(content, "<f4", rows * columns, offset).reshape(rows, columns)
        tensor += steps[row : row + rows, None] * counts[first : first + rows * columns].reshape(rows, columns)
        row, first = row + rows, first + rows * columns
    return bytes(content)
