"""Puts a page together from the text that it has of its own and what OCR reads of the rest."""

from collections.abc import Sequence
from dataclasses import replace

from jobs.contract import TextLayerUse
from jobs.errors import NoTextLayer
from jobs.result import Box, LineResult
from workers.correction.line import finish
from workers.document.layer import Rest, TextLayer
from workers.document.pages import Pages
from workers.ocr import OcrEngine, OcrLine, PageImage
from workers.ocr.order import reading_order

#: Of a page's glyphs its own text must hold so many where nothing else is to be read: a logo may be left, no scan.
_LEAST_COVERAGE = 0.8


def own_text(document: Pages, number: int, image: PageImage, use: TextLayerUse, dpi: int) -> TextLayer:
    """Give what of a page's own text is to be used; `image` is the page as it was drawn at `dpi`.

    Raises:
        NoTextLayer: nothing else is to be read, and this would not be the page.
        PermanentError: the page can't be read.
    """
    if use == "ignore":
        return TextLayer.none(image)
    layer = document.text_layer(number, image, dpi)
    if use == "auto":
        return layer
    if layer.coverage < _LEAST_COVERAGE:
        raise NoTextLayer(
            f"Page {number} has no text of its own that can be trusted, or holds more than that. "
            "Read it with --text-layer auto (in a fleet: ocrfleet submit --again)."
        )
    return replace(layer, rest=None)


def read_rest(rest: Rest | None, engine: OcrEngine) -> tuple[OcrLine, ...]:
    """Read by OCR what a page's own text leaves; boxes are those of the whole page."""
    if rest is None:
        return ()
    return tuple(replace(line, box=_moved(line.box, rest)) for line in engine.read(rest.image))


def in_order(layer: TextLayer, read: Sequence[LineResult]) -> tuple[LineResult, ...]:
    """Put the page's own lines among those that OCR read, in reading order."""
    if not layer.lines:
        return tuple(read)
    lines = [*map(_exact, layer.lines), *read]
    return tuple(lines[at] for at in reading_order([line.box for line in lines]))


def _exact(line: OcrLine) -> LineResult:
    return finish(line.text, line.box, line.confidence, exact=True).model_copy(update={"words": line.words})


def _moved(box: Box, rest: Rest) -> Box:
    a, b, c, d = ((x + rest.left_px, y + rest.top_px) for x, y in box)
    return a, b, c, d
