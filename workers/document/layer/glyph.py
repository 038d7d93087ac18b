"""The glyphs of a PDF page's text, as PDFium gives them, in pixels of the drawn page."""

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

#: A page that a person reads has fewer; what has more is left to OCR, which takes the same time for any page.
MOST_GLYPHS = 50_000
#: Left, top, right, bottom in pixels.
Area = tuple[float, float, float, float]

#: Categories of characters that stand for no letter: control, private use, surrogate, unassigned.
_NO_LETTER = {"Cc", "Co", "Cs", "Cn"}
_LIGATURES = range(0xFB00, 0xFB07)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One drawn character."""

    index: int  # in PDFium's text; what is not there between two neighbours is white space
    char: str
    ink: Area  # of the outline
    cell: Area  # of the line it stands in, one advance wide
    baseline: tuple[float, float]
    quarter: int | None  # how far its text is turned clockwise, in quarters; None at other angles
    font: int

    @property
    def size_px(self) -> float:
        """Height of its line; the longer side where its text is turned."""
        across = 0 if self.quarter in (1, 3) else 1
        return max(self.cell[across + 2] - self.cell[across], self.ink[across + 2] - self.ink[across], 1.0)

    @property
    def is_named(self) -> bool:
        """Whether it claims to be a character at all; broken encodings give controls and private ones."""
        return self.char != "\ufffd" and unicodedata.category(self.char[0]) not in _NO_LETTER


def read_glyphs(page: pdfium.PdfPage, width_px: int, height_px: int) -> list[Glyph] | None:
    """Every glyph of a page's text, in PDFium's order, white space left out; None if there are too many."""
    to_px = _Mapping(page, width_px, height_px)
    with closing(page.get_textpage()) as text:
        count = text.count_chars()
        return None if count > MOST_GLYPHS else list(_glyphs(text, count, to_px))


def _glyphs(text: pdfium.PdfTextPage, count: int, to_px: "_Mapping") -> Iterator[Glyph]:
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    loose = pdfium_c.FS_RECTF()
    for index in range(count):
        char = _char(text, index)
        if not char.strip() or unicodedata.category(char[0]) == "Cf" or pdfium_c.FPDFText_IsGenerated(text, index):
            continue
        pdfium_c.FPDFText_GetCharBox(text, index, left, right, bottom, top)
        pdfium_c.FPDFText_GetLooseCharBox(text, index, loose)
        pdfium_c.FPDFText_GetCharOrigin(text, index, x, y)
        yield Glyph(
            index=index,
            char=char,
            ink=to_px.area(left.value, bottom.value, right.value, top.value),
            cell=to_px.area(loose.left, loose.bottom, loose.right, loose.top),
            baseline=to_px.point(x.value, y.value),
            quarter=to_px.quarter(pdfium_c.FPDFText_GetCharAngle(text, index)),
            font=_font(text, index),
        )


def _char(text: pdfium.PdfTextPage, index: int) -> str:
    if pdfium_c.FPDFText_IsHyphen(text, index) == 1:
        return "-"
    code = pdfium_c.FPDFText_GetUnicode(text, index)
    if pdfium_c.FPDFText_HasUnicodeMapError(text, index) == 1 or code > 0x10FFFF:
        return "\ufffd"
    return unicodedata.normalize("NFKC", chr(code)) if code in _LIGATURES else chr(code)


def _font(text: pdfium.PdfTextPage, index: int) -> int:
    """An identity of the font, for as long as the page is open."""
    font = pdfium_c.FPDFTextObj_GetFont(pdfium_c.FPDFText_GetTextObject(text, index))
    return ctypes.cast(font, ctypes.c_void_p).value or 0


class _Mapping:
    """From a page's own coordinates to pixels, rotation and crop box included."""

    _FINE = 64  # PDFium rounds to whole device units

    def __init__(self, page: pdfium.PdfPage, width_px: int, height_px: int) -> None:
        def device(x: float, y: float) -> tuple[float, float]:
            to_x, to_y = ctypes.c_int(), ctypes.c_int()
            size = width_px * self._FINE, height_px * self._FINE
            pdfium_c.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, to_x, to_y)
            return to_x.value / self._FINE, to_y.value / self._FINE

        (self._x, self._y), along, up = device(0, 0), device(1000, 0), device(0, 1000)
        self._xx, self._yx = (along[0] - self._x) / 1000, (along[1] - self._y) / 1000
        self._xy, self._yy = (up[0] - self._x) / 1000, (up[1] - self._y) / 1000

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self._x + self._xx * x + self._xy * y, self._y + self._yx * x + self._yy * y

    def area(self, left: float, bottom: float, right: float, top: float) -> Area:
        (a, b), (c, d) = self.point(left, bottom), self.point(right, top)
        return min(a, c), min(b, d), max(a, c), max(b, d)

    def quarter(self, angle: float) -> int | None:
        """Quarters clockwise as seen, from PDFium's clockwise radians; None if it is 2 degrees off or more."""
        x, y = math.cos(angle), -math.sin(angle)
        turned = math.degrees(math.atan2(self._yx * x + self._yy * y, self._xx * x + self._xy * y))
        nearest = round(turned / 90)
        return nearest % 4 if abs(turned - 90 * nearest) < 2 else None
