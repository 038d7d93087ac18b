"""The pages of a PDF, rasterised by PDFium."""

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from jobs.errors import CorruptDocument, UnsupportedDocument
from jobs.result import Statement
from workers.document.attachment import find_statement
from workers.document.bounds import Bounds
from workers.document.layer import TextLayer
from workers.document.layer.reading import read_layer
from workers.document.raster import draw
from workers.document.resolution import POINTS_PER_INCH, drawing_dpi
from workers.document.unlock import Passwords, open_pdf
from workers.ocr import PageImage


class PdfPages:
    """An open PDF. Raises as `open_document` says."""

    def __init__(self, data: bytes, bounds: Bounds, passwords: Passwords) -> None:
        self._pdf = open_pdf(data, passwords)
        if self._pdf.get_formtype() == pdfium_c.FORMTYPE_XFA_FULL:  # its pages ask the reader to wait for others
            raise UnsupportedDocument(
                "The PDF is a dynamic form (XFA), whose pages only Adobe's programs draw. Print it to a PDF there."
            )
        try:
            self._pdf.init_forms()
        except pdfium.PdfiumError:
            raise CorruptDocument("The forms of the PDF are damaged.") from None
        self._bounds = bounds
        self.page_count: int = len(self._pdf)

    def render(self, number: int, dpi: int) -> PageImage:
        """Draw a page as a viewer shows it: rotated, with annotations and filled-in forms, on white.

        A page that is a scan is drawn at the scan's own resolution instead of `dpi`.
        """
        with self._page(number) as page:
            scale = self._scale(page, dpi)
            return PageImage(draw(page, scale), dpi=round(scale * POINTS_PER_INCH))

    def text_layer(self, number: int, image: PageImage, dpi: int) -> TextLayer:
        """Read the page's own text, as far as `image`, drawn at `dpi`, shows that it can be trusted."""
        with self._page(number) as page:
            return read_layer(page, image, self._scale(page, dpi))

    def statement(self) -> Statement | None:
        """Read the invoice that the PDF carries as XML, if it does."""
        try:
            return find_statement(self._pdf)
        except pdfium.PdfiumError:
            return None

    def close(self) -> None:
        """Free the document. Idempotent."""
        self._pdf.close()

    @contextmanager
    def _page(self, number: int) -> Iterator[pdfium.PdfPage]:
        try:
            with closing(self._pdf[number - 1]) as page:
                yield page
        except pdfium.PdfiumError:
            raise CorruptDocument(f"Page {number} of the PDF is damaged.") from None

    def _scale(self, page: pdfium.PdfPage, dpi: float) -> float:
        """Pixels per point: as asked, less where a bound asks for it. PDFium rounds sides up to whole pixels."""
        size_pt: tuple[float, float] = page.get_size()
        width_pt, height_pt = size_pt
        if not (width_pt > 0 and height_pt > 0):
            raise CorruptDocument("A page of the PDF has no area.")
        by_side = (self._bounds.max_page_side - 1) / max(width_pt, height_pt)
        by_pixels = math.sqrt(self._bounds.max_page_pixels / (width_pt * height_pt))
        scale = min(drawing_dpi(page, dpi) / POINTS_PER_INCH, by_side, by_pixels)
        width_px, height_px = math.ceil(width_pt * scale), math.ceil(height_pt * scale)
        if width_px * height_px > self._bounds.max_page_pixels:
            scale *= 1 - 1 / min(width_px, height_px)
        self._bounds.check_page(math.ceil(width_pt * scale), math.ceil(height_pt * scale))
        return scale
