"""Aspose.OCR: `engine.py` is what a worker opens, `process.py` what it starts; the others serve these two."""

from config.settings import Settings
from workers.ocr import OcrEngine


def open_engine(settings: Settings) -> OcrEngine:
    """Start Aspose's process; about two seconds.

    Raises:
        OcrUnavailable: it can't run here, or it has no licence and the operator allows no trial.
    """
    from workers.ocr.aspose.engine import AsposeEngine  # not above: Aspose's process imports this package, too

    return AsposeEngine(settings)
