"""An engine that reads nothing: each page is one line that names its size. For demos of the queue and for tests."""

from config.settings import Script, Settings
from workers.ocr import OcrLine, PageImage


class NullEngine:
    """Reads the same line on every page of a size, at once."""

    name = "null 1"
    truncated = False
    script: Script | None = None

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Return one line, `page WIDTHxHEIGHT`, that spans the page."""
        width, height = float(page.width_px), float(page.height_px)
        box = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
        return (OcrLine(f"page {page.width_px}x{page.height_px}", box, confidence=1.0),)

    def close(self) -> None:
        """Hold nothing, free nothing."""


def open_engine(settings: Settings) -> NullEngine:
    """Open the engine."""
    return NullEngine()
