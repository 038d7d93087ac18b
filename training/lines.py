"""Cuts training lines out of worn pages by the product's own detector, restoration and scaling."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.page import Word, draw
from training.text import Random
from training.wear import wear
from workers.ocr.detector import Detector
from workers.ocr.network import Network, read_model
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.quad import Pixels, Quad, are_tall
from workers.ocr.recogniser import cut_line, line_width
from workers.ocr.restoration import COARSE, Wiener, restore, undo

_WIDEST_PX = 960
_STRONGER = Wiener(1.1, 0.2)
_WORN = 4  # times that a page is worn anew
_SHARP = 0.1  # share of the pages that are sharper than what the product restores


@dataclass(frozen=True)
class Line:
    """One line as the recogniser sees it: 48 x width, grey."""

    pixels: NDArray[np.uint8]
    text: str


def loosened(line: Line, rng: random.Random) -> Line:
    """As a looser box gives it: print that is smaller in its line, and narrower or wider."""
    share, stretch = rng.uniform(0.65, 1), rng.uniform(0.8, 1.1)
    full, width = line.pixels.shape
    height = round(full * share)
    small = cv2.resize(line.pixels, (max(8, round(width * share * stretch)), height), interpolation=cv2.INTER_AREA)
    top = rng.randint(0, full - height)
    framed = cv2.copyMakeBorder(small, top, full - height - top, 0, 0, cv2.BORDER_CONSTANT, value=255)
    return Line(np.asarray(framed, np.uint8), line.text)


class Source:
    """Draws pages without end, and gives their lines."""

    def __init__(self, seed: int, folders: tuple[Path, ...], held_out: bool = False) -> None:
        self._rng = Random(seed, held_out)
        self._folders = folders
        self._detector = Detector(Network(read_model(PpOcr().detector), threads=1))

    def lines(self) -> Iterator[Line]:
        """Lines of the next page, worn in a few ways; drawing and finding them costs most."""
        page = draw(self._rng, self._folders)
        quads: list[Quad] = []
        for _ in range(_WORN):
            worn = cv2.cvtColor(wear(page.pixels, self._rng), cv2.COLOR_GRAY2BGR)
            if restore(worn, "auto", page.dpi) is worn and self._rng.random() > _SHARP:
                continue
            if not quads or self._rng.random() < 0.3:
                quads = self._quads(undo(worn, COARSE))
            wears = [COARSE, _STRONGER, Wiener(self._rng.uniform(0.6, 1.3), self._rng.uniform(0.04, 0.4))]
            yield from _cut(undo(worn, self._rng.choices(wears, (5, 3, 2))[0]), quads, page.words)

    def _quads(self, restored: Pixels) -> list[Quad]:
        quads = self._detector.find(restored)
        return [quad for quad, tall in zip(quads, are_tall(quads), strict=True) if not tall]


def _cut(pixels: Pixels, quads: list[Quad], words: list[Word]) -> Iterator[Line]:
    for quad in quads:
        width, text = line_width(quad), _text_in(quad, words)
        if text and width <= _WIDEST_PX:
            yield Line(np.round((cut_line(pixels, quad, width)[:, :, 0] + 1) * 127.5).astype(np.uint8), text)


def _text_in(quad: Quad, words: list[Word]) -> str | None:
    """The words in a quad; None where it cuts one through."""
    inside = [word for word in words if _depth(quad, word.middle) > 0]
    slack = 0.25 * float(np.linalg.norm(quad[0] - quad[3]))
    if any(_depth(quad, end) < -slack for word in inside for end in (word.left, word.right)):
        return None
    reaching = [word for word in words if max(_depth(quad, end) for end in (word.left, word.right)) > slack]
    if any(_depth(quad, word.middle) <= 0 for word in reaching):
        return None
    if any(_beside(quad, word.middle) > slack for word in inside):
        return None  # two rows
    return " ".join(word.text for word in sorted(inside, key=lambda word: float(word.left[0])))


def _depth(quad: Quad, point: NDArray[np.float64]) -> float:
    """How far within a quad a point lies, in pixels; below 0 outside."""
    return float(cv2.pointPolygonTest(quad, (float(point[0]), float(point[1])), True))


def _beside(quad: Quad, point: NDArray[np.float64]) -> float:
    """How far from the middle of a quad's height a point lies, in pixels."""
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    (along_x, along_y), (x, y) = (end - start) / max(1e-6, float(np.linalg.norm(end - start))), point - start
    return float(abs(along_x * y - along_y * x))
