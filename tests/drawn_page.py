"""A page of typed lines, drawn here."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workers.ocr import PageImage

LINES = ["Invoice 4711", "Date: 2026-11-22", "Consulting 3 x 150.00", "Total 450.00"]


def draw(lines: list[str], step: int = 60) -> PageImage:
    """Draw lines of 28 pixels, the first at (40, 30)."""
    image = Image.new("RGB", (700, 60 + step * len(lines)), "white")
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        pen.text((40, 30 + step * row), line, "black", ImageFont.load_default(28))
    return PageImage(np.asarray(image), dpi=150)
