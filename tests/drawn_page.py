"""A page of typed lines, drawn here."""

from pathlib import Path

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


def draw_blanks(folder: Path, count: int) -> Path:
    """Draw blank pages that all differ, by one pixel."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = Image.new("L", (64, 32), 255)
        image.putpixel((number % 64, number // 64), 0)
        image.save(folder / f"{number}.png")
    return folder
