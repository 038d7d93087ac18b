"""Reads the text layer of one PDF page."""

from collections.abc import Iterable

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from workers.document.layer import TextLayer
from workers.document.layer.decimal_mark import misdrawn
from workers.document.layer.glyph import Glyph, read_glyphs
from workers.document.layer.likeness import unlike
from workers.document.layer.rest import rest_of
from workers.document.layer.row import Segment, segments
from workers.document.layer.sight import LEAST_SIZE_PT, clashing, contrast, cut, seen
from workers.document.raster import draw
from workers.ocr import OcrLine, PageImage
from workers.ocr.order import reading_order

#: Around a glyph's outline, for the soft edge it is drawn with.
_EDGE_PX = 2.0


def read_layer(page: pdfium.PdfPage, image: PageImage, scale: float) -> TextLayer:
    """Read a page's text; `image` is the page as it was drawn at `scale` pixels per point.

    Raises:
        PdfiumError: the page can't be read.
    """
    glyphs = read_glyphs(page, image.width_px, image.height_px)
    if not glyphs:
        return _without_text(image)
    blank = _draw_without_text(page, scale)
    if blank.shape != image.pixels.shape:
        return TextLayer.none(image)
    text = contrast(image.pixels, blank)
    visible = seen(glyphs, text)
    lines = _trusted(visible, text, least_size_px=LEAST_SIZE_PT * scale)
    rest, letters = rest_of(PageImage(_without(lines, image.pixels, blank), image.dpi))
    lines = [lines[at] for at in reading_order([line.box for line in lines])]
    held = sum(len(line.glyphs) for line in lines)
    return TextLayer(
        lines=tuple(OcrLine(line.text, line.box, 1.0, words=line.words) for line in lines),
        rest=rest,
        coverage=held / (held + letters) if held + letters else 1.0,
    )


def _without_text(image: PageImage) -> TextLayer:
    rest, letters = rest_of(image)
    return TextLayer.none(image) if letters else TextLayer((), rest, 1.0)


def _trusted(glyphs: list[Glyph], text: NDArray[np.uint8], least_size_px: float) -> list[Segment]:
    """Lines all of whose glyphs are what they claim to be."""
    clashes, repeats = clashing(glyphs, text.shape)
    unsound = clashes | unlike(glyphs, text) | misdrawn(glyphs)

    def is_sound(glyph: Glyph) -> bool:
        return (
            glyph.is_named
            and glyph.quarter is not None
            and glyph.index not in unsound
            and glyph.size_px >= least_size_px
        )

    lines = segments(glyph for glyph in glyphs if glyph.index not in repeats)
    return [line for line in lines if all(is_sound(glyph) for glyph in line.glyphs)]


def _draw_without_text(page: pdfium.PdfPage, scale: float) -> NDArray[np.uint8]:
    texts = list(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT]))
    for text in texts:
        pdfium_c.FPDFPageObj_SetIsActive(text, False)
    return draw(page, scale)


def _without(lines: Iterable[Segment], drawn: NDArray[np.uint8], blank: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The drawn page with these lines taken out."""
    rest = drawn.copy()
    for line in lines:
        for glyph in line.glyphs:
            left, top, right, bottom = glyph.ink
            place = cut((left - _EDGE_PX, top - _EDGE_PX, right + _EDGE_PX, bottom + _EDGE_PX), drawn.shape)
            rest[place] = blank[place]
    return rest
