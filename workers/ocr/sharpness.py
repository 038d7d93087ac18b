"""Owns how sharp the edges of a page's text are: what tells a blurred scan from a clean one, however faint it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # height x width

_NOISE_PX = 1.0  # smoothed away first: grain would pass for sharpness
_WINDOW = np.ones((7, 7), np.uint8)  # about a stroke with its two edges
_LEAST_CONTRAST = 30  # windows of less hold no text


def sharpness(grey: Grey) -> float:
    """Bend of the brightness at the edges, by their contrast: near 0 is a blur, 0.48 print scanned at 150 dpi.

    1.0 where nothing on the page has contrast.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), _NOISE_PX)
    contrast = cv2.subtract(cv2.dilate(smooth, _WINDOW), cv2.erode(smooth, _WINDOW))
    bend = cv2.dilate(cv2.convertScaleAbs(cv2.Laplacian(smooth, cv2.CV_16S)), _WINDOW)
    text = contrast > max(_LEAST_CONTRAST, float(np.percentile(contrast[::4, ::4], 99.5)) / 2)
    return float(np.median(bend[text] / contrast[text])) if text.any() else 1.0
