"""Finds glyphs that are drawn as other characters than they claim to be: broken encodings, and forgeries."""

import ctypes
import string
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from workers.document.layer.glyph import Glyph
from workers.document.layer.sight import LEAST_CONTRAST, cut

_FACES = ("Helvetica", "Times-Roman", "Courier", "Helvetica-Bold", "Times-Bold")
_CHARS = string.digits + string.ascii_letters
#: Pixels of a side to which shapes are brought.
_SIDE = 24
#: A digit may look so much more like another one, and must look so much like itself. Of the 6,344 digits of 22 real
#: invoices at 200 dpi the worst was 0.049 (a 1 of 12 pixels), the least like itself 0.71.
_SLACK, _LEAST_LIKE = 0.06, 0.6
#: Of the distinct letters of a font so many must look most like themselves: 0.81 did, and one in 26 would by chance.
_LEAST_ALIKE, _FEWEST_LETTERS = 0.4, 6
#: Lower glyphs have no shape to judge, in pixels.
_LEAST_HEIGHT_PX = 6

Shape = NDArray[np.float32]


def unlike(glyphs: Sequence[Glyph], text: NDArray[np.uint8]) -> set[int]:
    """Indices of digits that look like another digit or none, and of all glyphs of fonts whose letters do.

    `text` is the page's `contrast`.
    """
    drawn = {glyph.index: _drawn(glyph, text) for glyph in glyphs if glyph.char in _CHARS and glyph.quarter is not None}
    digits = {glyph.index for glyph in glyphs if glyph.index in drawn and not _is_digit(glyph.char, drawn[glyph.index])}
    letters: dict[int, dict[str, Shape]] = {}
    for glyph in glyphs:
        if glyph.char.isalpha() and (shape := drawn.get(glyph.index)) is not None:
            letters.setdefault(glyph.font, {}).setdefault(glyph.char, shape)
    liars = {font for font, shapes in letters.items() if not _are_letters(shapes)}
    return digits | {glyph.index for glyph in glyphs if glyph.font in liars}


def _drawn(glyph: Glyph, text: NDArray[np.uint8]) -> Shape | None:
    """The shape of a glyph, upright; None where it is too low to have one."""
    pixels = _trimmed(np.rot90(text[cut(glyph.ink, text.shape)], glyph.quarter or 0))
    return _shape(pixels) if pixels.shape[0] >= _LEAST_HEIGHT_PX else None


def _is_digit(char: str, shape: Shape | None) -> bool:
    """Whether a digit is one; letters pass."""
    if not char.isdigit():
        return True
    if shape is None:
        return False
    own, other = _likeness(shape, char, string.digits)
    return own >= _LEAST_LIKE and own >= other - _SLACK


def _are_letters(shapes: dict[str, Shape]) -> bool:
    pairs = [_likeness(shape, char, string.ascii_letters) for char, shape in shapes.items()]
    return len(pairs) < _FEWEST_LETTERS or sum(own >= other for own, other in pairs) >= _LEAST_ALIKE * len(pairs)


def _likeness(shape: Shape, char: str, among: str) -> tuple[float, float]:
    """How much a shape looks like `char`, in either case, and how much like any other of these."""
    references, owners = _references()
    likeness = references @ shape
    same = owners == char.lower()
    return float(likeness[same].max()), float(likeness[~same & np.isin(owners, list(among.lower()))].max())


@lru_cache(maxsize=1)
def _references() -> tuple[Shape, NDArray[np.str_]]:
    """Each character in the faces that PDFium brings, and which it is in lower case: 0.1 s, once."""
    with pdfium.PdfDocument.new() as pdf:
        shapes = [_shape(_trimmed(_draw(pdf, face, char))) for char in _CHARS for face in _FACES]
    return np.stack(shapes), np.array([char.lower() for char in _CHARS for _ in _FACES])


def _draw(pdf: pdfium.PdfDocument, face: str, char: str) -> NDArray[np.uint8]:
    page = pdf.new_page(60, 60)
    text = pdfium_c.FPDFPageObj_NewTextObj(pdf, face.encode(), 30)
    pdfium_c.FPDFText_SetText(text, (ctypes.c_ushort * 2)(ord(char), 0))
    pdfium_c.FPDFPageObj_Transform(text, 1, 0, 0, 1, 10, 15)
    pdfium_c.FPDFPage_InsertObject(page, text)
    drawn = page.render(scale=2).to_numpy()[:, :, 0]
    return np.asarray(255 - drawn, dtype=np.uint8)


def _trimmed(drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = np.nonzero(drawn >= LEAST_CONTRAST)
    if not rows.size:
        return drawn[:0]
    return drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _shape(drawn: NDArray[np.uint8]) -> Shape:
    """A glyph of any size and strength as a vector whose products are correlations."""
    height, width = drawn.shape
    scale = _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    square = np.zeros((_SIDE, _SIDE), np.float32)
    top, left = (_SIDE - size[1]) // 2, (_SIDE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    square = np.asarray(cv2.GaussianBlur(square, (3, 3), 0), np.float32)
    square -= square.mean()
    return np.asarray((square / (np.linalg.norm(square) + 1e-6)).ravel(), np.float32)
