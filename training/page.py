"""Draws a part of a page of an invoice, and knows where its words stand."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training import fonts, text
from workers.ocr.sharpness import Grey

#: Drawn so much larger and scaled down: print has no pixel grid.
_SCALE = 3


@dataclass(frozen=True)
class Word:
    """A word with its ends at half its height, in pixels of the page."""

    text: str
    left: NDArray[np.float64]
    right: NDArray[np.float64]

    @property
    def middle(self) -> NDArray[np.float64]:
        """Where its middle is."""
        return (self.left + self.right) / 2


@dataclass
class Page:
    """Pixels, and the words in reading order."""

    pixels: Grey
    dpi: int
    words: list[Word] = field(default_factory=list)


def draw(rng: text.Random, folders: tuple[Path, ...]) -> Page:
    """Draw one, not worn yet, turned by up to two degrees."""
    dpi = rng.randint(95, 148)
    width, height = rng.randint(560, 900) * _SCALE, rng.randint(380, 620) * _SCALE
    image = Image.new("L", (width, height), rng.choice((255, 255, 255, rng.randint(225, 254))))
    sheet = _Sheet(rng, image, dpi, folders)
    y = rng.randint(10, 40) * _SCALE
    while y < height - 30 * _SCALE:
        y += sheet.row(y)
    return _turned(rng, np.asarray(image), dpi, sheet.words)


class _Sheet:
    """Sets rows of one style, with changes of size and weight."""

    def __init__(self, rng: text.Random, image: Image.Image, dpi: int, folders: tuple[Path, ...]) -> None:
        self.words: list[Word] = []
        self._rng, self._image, self._pen = rng, image, ImageDraw.Draw(image)
        found, weights = fonts.families(folders, rng.held_out)
        self._family = rng.choices(found, weights)[0]
        self._body_px = rng.uniform(6.5, 12) * dpi / 72 * _SCALE
        self._pitch = rng.uniform(1.15, 2.2)
        self._ink = rng.choice((0, 0, rng.randint(0, 60), rng.randint(40, 110)))
        self._columns = sorted(rng.uniform(0.02, 0.9) for _ in range(rng.randint(1, 5)))
        self._rules = rng.random() < 0.3
        self._plain = rng.choice(fonts.upright(self._family) if rng.random() < 0.85 else self._family)

    def row(self, top: int) -> int:
        """Set one row; returns its height."""
        rng = self._rng
        size = self._body_px * rng.choices((1, rng.uniform(0.75, 0.9), rng.uniform(1.2, 2)), (80, 12, 8))[0]
        pitch = int(size * self._pitch)
        ink = self._ink
        if rng.random() < 0.06:
            dark = rng.random() < 0.3
            shade = rng.randint(30, 110) if dark else rng.randint(190, 240)
            self._pen.rectangle([0, top, self._image.width, top + pitch], shade)
            ink = 255 if dark else ink
        if rng.random() < 0.5:
            self._cell(rng.uniform(0.02, 0.4) if rng.random() < 0.3 else self._columns[0], top, size, ink)
        else:
            for start, end in zip(self._columns, [*self._columns[1:], 1.0], strict=True):
                self._cell(start, top, size, ink, end)
        if self._rules and rng.random() < 0.5:
            y = top + int(size * 1.3)
            self._pen.line([0, y, self._image.width, y], rng.randint(60, 200), rng.randint(1, _SCALE))
        return pitch

    def _cell(self, start: float, top: int, size: float, ink: int, end: float = 1.0) -> None:
        rng, width = self._rng, self._image.width
        path = self._plain if rng.random() < 0.75 else rng.choice(self._family)
        face = fonts.font(path, max(8, int(size)))
        line, x = text.write(rng), start * width
        if end == 1.0 and x + face.getlength(line) > width:
            line = line[: len(line) // 2].strip()
        if x + face.getlength(line) > end * width - 4:
            return
        self._pen.text((x, top), line, ink, face)
        box_top, box_bottom = face.getbbox("xA")[1::2]
        y, at = top + (box_top + box_bottom) / 2, 0
        for word in line.split():
            at = line.index(word, at)
            ends = (x + face.getlength(line[:at]), x + face.getlength(line[: at + len(word)]))
            left, right = (np.array([end_x, y]) / _SCALE for end_x in ends)
            self.words.append(Word(word, left, right))
            at += len(word)


def _turned(rng: text.Random, large: Grey, dpi: int, words: list[Word]) -> Page:
    """Bleed or thin the ink, turn and scale to the page's resolution."""
    if rng.random() < 0.25:
        kernel = np.ones((2, 2), np.uint8)
        large = cv2.erode(large, kernel) if rng.random() < 0.6 else cv2.dilate(large, kernel)
    height, width = large.shape[0] // _SCALE, large.shape[1] // _SCALE
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.gauss(0, 0.8) if rng.random() < 0.85 else 0, 1.0)
    matrix[:, 2] += rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5)
    small = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    how = rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))
    pixels = cv2.warpAffine(small, matrix, (width, height), flags=how, borderValue=int(small[0, 0]))
    moved = [Word(word.text, _move(matrix, word.left), _move(matrix, word.right)) for word in words]
    return Page(pixels, dpi, moved)


def _move(matrix: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = matrix[:, :2] @ point + matrix[:, 2]
    return moved
