"""Reads a PDF page's own text where it can be trusted, and says what of the page it leaves to OCR.

A PDF's text and what a person sees are two things: fonts lie about their characters, scanners lay invisible OCR over
the page, and an invoice may hide figures. So the page is drawn twice, with its text and without: a glyph counts only
if its pixels are there, its font draws it as what it claims to be, and nothing else stands in its place. What
is trusted is taken out of the picture; if anything that looks like text is left there, OCR reads the rest.
"""

from dataclasses import dataclass
from typing import Self

from workers.ocr import OcrLine, PageImage


@dataclass(frozen=True, slots=True)
class Rest:
    """The part of a page that its text does not account for."""

    image: PageImage
    left_px: int  # where the part lies on the page
    top_px: int


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What a page's own text gives."""

    lines: tuple[OcrLine, ...]  # exact, in reading order
    rest: Rest | None  # None: nothing that looks like text is left
    coverage: float  # share of the page's glyphs that `lines` hold, 0 to 1; 1 for an empty page

    @classmethod
    def none(cls, image: PageImage) -> Self:
        """A page without text of its own."""
        return cls((), Rest(image, 0, 0), 0.0)
