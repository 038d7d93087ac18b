"""Restores a blurred and unevenly lit page for an OCR engine. What it gives has the page's own size: boxes stay.

Measured with RapidOCR on 8 blurred, faded pages of 118 dpi: 0.64 of the words and 0.65 of the figures read become 0.68
and 0.73; on five sharper ones of 130 and 150 dpi nothing to speak of. Non-local means, unsharp masks, more contrast,
enlarged pages and means over several renditions of a line were tried too, and read no better than either.
"""

from functools import cache
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.ocr.sharpness import Grey, sharpness

Restore = Literal["auto", "always", "never"]
Pixels = NDArray[np.uint8]  # height x width x 3


class Wiener(NamedTuple):
    """What is taken for a page's blur and noise: the filter against them follows."""

    blur_px: float  # standard deviation
    noise_to_signal: float  # at the lowest frequency


#: What a coarse page's are taken for.
COARSE = Wiener(0.9, 0.1)
#: Pages whose text is less sharp than this are restored: 15 of the 16 heavy scans have 0.31 to 0.35, the 15 medium 0.37
#: to 0.42. An engine that restored pages suit better says a higher limit.
SHARP = 0.37
#: On pages of this resolution the filter takes more than it gives: three soft pages of samples/ at 200 dpi lost 0.03 to
#: 0.08 of their words by it, nearly all by their spaces.
_FINE_DPI = 150
_FALL = 50.0  # of the spectrum of print, against which noise grows
_KERNEL_PX = 13


def restore(pixels: Pixels, when: Restore, dpi: int, sharp: float = SHARP) -> Pixels:
    """Even the paper and undo the blur: `always`, `never`, or `auto`, where text is coarse and less than `sharp`."""
    if when == "never" or (when == "auto" and dpi >= _FINE_DPI):
        return pixels
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if when == "auto" and sharpness(grey) >= sharp:
        return pixels
    return undo(pixels, COARSE)


def undo(pixels: Pixels, wear: Wiener) -> Pixels:
    """Even the paper of a page and undo its blur, as strong as is said."""
    white = _on_white(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))
    restored = cv2.filter2D(white, -1, _kernel(wear), borderType=cv2.BORDER_REFLECT)
    coloured: Pixels = cv2.cvtColor(np.clip(restored, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    return coloured


def suffix(when: Restore) -> str:
    """What an engine's name says of it, since results depend on it: nothing where it is left to `auto`."""
    return "" if when == "auto" else f" restore-{when}"


def _on_white(grey: Grey) -> NDArray[np.float32]:
    """Divide by the paper's own brightness: what is brighter around, with print closed over."""
    height, width = grey.shape
    quarter = cv2.resize(grey, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    closed = cv2.dilate(cv2.GaussianBlur(quarter, (0, 0), 1), np.ones((5, 5), np.uint8))
    paper = cv2.resize(cv2.medianBlur(closed, 31), (width, height))
    white: NDArray[np.float32] = np.minimum(grey / np.maximum(paper, 1).astype(np.float32), 1) * 255
    return white


@cache
def _kernel(wear: Wiener) -> NDArray[np.float32]:
    """Wiener's filter for a Gaussian blur, as a kernel: wide enough that the rest of it is below 1 %."""
    side = 64
    squared = np.fft.fftfreq(side)[:, None] ** 2 + np.fft.rfftfreq(side)[None] ** 2
    blur = np.exp(-2 * (np.pi * wear.blur_px) ** 2 * squared)
    spectrum = blur / (blur**2 + wear.noise_to_signal * (1 + _FALL * squared))
    whole = np.fft.fftshift(np.fft.irfft2(spectrum, s=(side, side)))
    first = (side - _KERNEL_PX + 1) // 2
    kernel = whole[first : first + _KERNEL_PX, first : first + _KERNEL_PX].astype(np.float32)
    normed: NDArray[np.float32] = kernel / kernel.sum()
    return normed
