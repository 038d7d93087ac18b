"""Which glyphs of a page's text a person sees, by the page drawn with its text and without."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.document.layer.glyph import Area, Glyph

#: Steps of 255 by which a glyph must stand out from what is behind it: #e0e0e0 on white does not.
LEAST_CONTRAST = 32
#: Share of its outline's box that must be inked: a comma in a heavy face has over half of it, a thin slash 0.15.
_LEAST_INK = 0.05
#: Of two glyphs of which one covers so much of the other, a person reads one at most.
_COVERED = 0.5
#: Text lower than this is not read by a person: in points, of the line's height.
LEAST_SIZE_PT = 3.0


def contrast(drawn: NDArray[np.uint8], without_text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How far the text stands out from what is behind it, for each pixel."""
    red, green, blue = cv2.split(cv2.absdiff(drawn, without_text))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def seen(glyphs: Sequence[Glyph], text: NDArray[np.uint8]) -> list[Glyph]:
    """The glyphs that are there to be seen; `text` is the page's `contrast`."""
    return [glyph for glyph in glyphs if _is_seen(text[cut(glyph.ink, text.shape)])]


def _is_seen(pixels: NDArray[np.uint8]) -> bool:
    return pixels.size > 0 and float(np.mean(pixels >= LEAST_CONTRAST)) >= _LEAST_INK


def clashing(glyphs: Sequence[Glyph], shape: tuple[int, ...]) -> tuple[set[int], set[int]]:
    """Indices of glyphs that stand on one another, and of those that only repeat the one beneath (a bold by hand)."""
    owner = np.full(shape[:2], -1, np.int32)
    clashes: set[int] = set()
    repeats: set[int] = set()
    for at, glyph in enumerate(glyphs):
        place = owner[cut(glyph.ink, shape)]
        for below in _covered(place):
            if glyphs[below].char == glyph.char:
                repeats.add(glyph.index)
            elif not _is_ligature(glyphs[below], glyph):
                clashes |= {glyph.index, glyphs[below].index}
        place[:] = at
    return clashes, repeats - clashes


def _covered(place: NDArray[np.int32]) -> Iterator[int]:
    owners, counts = np.unique(place[place >= 0], return_counts=True)
    yield from (int(owner) for owner, count in zip(owners, counts, strict=True) if count > _COVERED * place.size)


def _is_ligature(first: Glyph, second: Glyph) -> bool:
    """One drawn glyph that stands for two letters: PDFium gives both the same box. No figure is drawn so."""
    return second.index == first.index + 1 and first.ink == second.ink and (first.char + second.char).isalpha()


def cut(area: Area, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of an area, as far as they are on the page."""
    left, top, right, bottom = area
    height, width = shape[:2]
    return (
        slice(min(height, max(0, int(top))), min(height, max(0, int(-(-bottom // 1))))),
        slice(min(width, max(0, int(left))), min(width, max(0, int(-(-right // 1))))),
    )
