"""At which resolution a PDF page is drawn: as asked for, or as the scan that fills it was made."""

import math
from collections.abc import Iterable

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

POINTS_PER_INCH = 72
#: Images over so much of the page are a scan of it: one, strips, or layers of which the finest holds the print.
_SCAN_AREA = 0.8
#: What is finer than the rest on a smaller part of the page, such as a stamp, does not set its resolution.
_LEAST_AREA = 0.1
#: A scan is drawn pixel for pixel between these resolutions.
_SCAN_DPI = (100, 300)
#: Text over so much of the page was printed on it and is no scanner's page number: the image is a letterhead.
_PRINTED_AREA = 0.02
#: What OCR programs lay over a scan.
_INVISIBLE = pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
#: Forms within forms are looked into so deep.
_MOST_DEPTH = 3


def drawing_dpi(page: pdfium.PdfPage, asked_dpi: float) -> float:
    """Choose a scan's own resolution, at least `asked_dpi` where text is printed on it; `asked_dpi` for all others."""
    width_pt, height_pt = page.get_size()
    page_pt2 = width_pt * height_pt
    kinds = [pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_TEXT]
    seen = list(page.get_objects(kinds, max_depth=_MOST_DEPTH))
    scan_dpi = _scan_dpi([each for each in seen if isinstance(each, pdfium.PdfImage)], page_pt2)
    if scan_dpi is None:
        return asked_dpi
    return max(scan_dpi, asked_dpi) if _printed_pt2(seen) > _PRINTED_AREA * page_pt2 else scan_dpi


def _scan_dpi(images: Iterable[pdfium.PdfImage], page_pt2: float) -> float | None:
    """Resolution of the finest images that cover a part of the page worth the name, if all of them fill it."""
    covered_pt2, scan_dpi = 0.0, None
    for dpi, area_pt2 in sorted(map(_image, images), reverse=True):
        covered_pt2 += area_pt2
        if scan_dpi is None and covered_pt2 >= _LEAST_AREA * page_pt2:
            scan_dpi = dpi
    if scan_dpi is None or covered_pt2 < _SCAN_AREA * page_pt2:
        return None
    least, most = _SCAN_DPI
    return min(most, max(least, scan_dpi))


def _image(image: pdfium.PdfImage) -> tuple[float, float]:
    """Pixels per inch of an image, and its area in square points; nothing where it is too damaged to be drawn."""
    try:
        (width_px, height_px), area_pt2 = image.get_px_size(), _stretch(image)
    except pdfium.PdfiumError:
        return 0.0, 0.0
    return (math.sqrt(width_px * height_px / area_pt2) * POINTS_PER_INCH if area_pt2 else 0.0), area_pt2


def _printed_pt2(seen: Iterable[pdfium.PdfObject]) -> float:
    """Area of the visible text that is drawn after an image, in square points; what comes before may lie beneath."""
    printed_pt2, is_behind = 0.0, True
    for each in seen:
        if isinstance(each, pdfium.PdfImage):
            is_behind = False
        elif not is_behind and pdfium_c.FPDFTextObj_GetTextRenderMode(each) != _INVISIBLE:
            left, bottom, right, top = each.get_bounds()
            printed_pt2 += (right - left) * (top - bottom) * _stretch(each.container)
    return printed_pt2


def _stretch(thing: pdfium.PdfObject | None) -> float:
    """By how much a thing's own area is enlarged on the page, through all forms that it lies in."""
    if thing is None:
        return 1.0
    matrix: tuple[float, ...] = thing.get_matrix().get()
    a, b, c, d = matrix[:4]
    return abs(a * d - b * c) * _stretch(thing.container)
