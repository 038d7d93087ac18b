"""Draws a PDF page."""

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray


def draw(page: pdfium.PdfPage, scale: float) -> NDArray[np.uint8]:
    """Draw a page as a viewer shows it, on white, at `scale` pixels per point: RGB, with annotations and forms."""
    bitmap = page.render(scale=scale, rev_byteorder=True)
    pixels = np.array(bitmap.to_numpy()[:, :, :3])
    bitmap.close()
    return pixels
