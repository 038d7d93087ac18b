"""Tesseract behind our protocol, through tesserocr, whose wheel has the library inside; its languages are wheels too.

The worked example of a third engine: this file, and its name in `Engine` (config/settings.py).
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from config.settings import Script, Settings
from jobs.errors import OcrNotInstalled, OcrUnavailable
from jobs.result import Box
from workers.ocr import OcrLine, PageImage
from workers.ocr.order import reading_order
from workers.ocr.restoration import Pixels, Restore, restore, suffix

#: Where pip puts the packages tessdata.*, and where Debian puts tesseract-ocr-*.
_FOLDERS = (Path(sys.prefix) / "share/tessdata", Path("/usr/share/tesseract-ocr/5/tessdata"))
_LEAST_PROBABILITY = 0.01
#: Of 8 heavy scans (118 dpi, blurred) 0.11 of the words are read, 0.13 at twice the size, 0.37 evened and at 2.5 times.
_ENLARGED = 2.5

Readings = tuple[tuple[str, float], ...]


class TesseractEngine:
    """Holds one Tesseract with its languages. It runs in one thread."""

    truncated = False
    script: Script | None = None

    def __init__(self, languages: str, folder: Path, when: Restore = "auto") -> None:
        self._tesserocr = _import_tesserocr()
        _check_languages(languages, folder)
        version = self._tesserocr.tesseract_version().split()[1]
        self.name = f"tesseract {version} {languages}{suffix(when)}"
        self._restore_when = when
        self._api: Any = self._tesserocr.PyTessBaseAPI(
            path=str(folder),
            lang=languages,
            psm=self._tesserocr.PSM.AUTO,
            oem=self._tesserocr.OEM.LSTM_ONLY,
            variables={"lstm_choice_mode": "2", "debug_file": "/dev/null"},
        )

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Read the lines of a page in reading order."""
        if min(page.width_px, page.height_px) < 3:  # Tesseract's least
            return ()
        pixels, enlarged = self._restored(page)
        self._api.SetImage(Image.fromarray(pixels))
        self._api.SetSourceResolution(round(page.dpi * enlarged))
        self._api.Recognize()
        lines = [_shrunk(line, enlarged) for line in self._lines(self._api.GetIterator())]
        self._api.Clear()
        return tuple(lines[index] for index in reading_order([line.box for line in lines]))

    def close(self) -> None:
        """Free Tesseract. Idempotent."""
        self._api.End()

    def _restored(self, page: PageImage) -> tuple[Pixels, float]:
        """A page that is restored is enlarged too: blurred print is small for its blur."""
        restored = restore(page.pixels, self._restore_when, page.dpi)
        if restored is page.pixels:
            return page.pixels, 1.0
        return cv2.resize(restored, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC), _ENLARGED

    def _lines(self, symbols: Any) -> Iterator[OcrLine]:  # noqa: ANN401 - tesserocr has no types to speak of
        """Put the characters together line by line, with their other readings."""
        level = self._tesserocr.RIL
        text, readings = "", list[Readings]()
        if symbols is None or symbols.Empty(level.SYMBOL):
            return
        for symbol in self._tesserocr.iterate_level(symbols, level.SYMBOL):
            if text and symbol.IsAtBeginningOf(level.WORD):
                text, readings = text + " ", [*readings, ()]
            character = symbol.GetUTF8Text(level.SYMBOL)
            text += character
            readings += [_readings(symbol, character)] * len(character)
            if symbol.IsAtFinalElement(level.TEXTLINE, level.SYMBOL):
                if text.strip():
                    confidence = symbol.Confidence(level.TEXTLINE) / 100
                    yield OcrLine(text, _box(*symbol.BoundingBox(level.TEXTLINE)), confidence, tuple(readings))
                text, readings = "", []


def open_engine(settings: Settings) -> TesseractEngine:
    """Load the languages; about a second.

    Raises:
        OcrUnavailable: Tesseract or a language is not installed.
    """
    folders = [settings.tessdata_path] if settings.tessdata_path else _FOLDERS
    folder = next((folder for folder in folders if any(folder.glob("*.traineddata"))), folders[0])
    cv2.setNumThreads(1)
    return TesseractEngine(settings.tesseract_languages, folder, settings.ocr_restore)


def _import_tesserocr() -> Any:  # noqa: ANN401
    try:
        return import_module("tesserocr")
    except ImportError:
        raise OcrNotInstalled(
            "Tesseract is not installed. Run: pip install -e '.[worker,tesseract]' in ocrfleet's folder, "
            "or read with another engine: --engine rapidocr."
        ) from None


def _check_languages(languages: str, folder: Path) -> None:
    missing = [name for name in languages.split("+") if not (folder / f"{name}.traineddata").is_file()]
    if missing:
        files = ", ".join(f"{name}.traineddata" for name in missing)
        raise OcrUnavailable(
            f"Tesseract has no {files} in {folder}. Put it there, name another folder in OCRFLEET_TESSDATA_PATH, "
            "or other languages in OCRFLEET_TESSERACT_LANGUAGES."
        )


def _readings(symbol: Any, character: str) -> Readings:  # noqa: ANN401
    if len(character) != 1:
        return ()
    choices = ((choice.GetUTF8Text(), round(choice.Confidence() / 100, 4)) for choice in symbol.GetChoiceIterator())
    likely = {text: p for text, p in choices if text and text != character and p >= _LEAST_PROBABILITY}
    return tuple(sorted(likely.items(), key=lambda reading: -reading[1]))


def _shrunk(line: OcrLine, enlarged: float) -> OcrLine:
    left_top, right_top, right_bottom, left_bottom = ((x / enlarged, y / enlarged) for x, y in line.box)
    return replace(line, box=(left_top, right_top, right_bottom, left_bottom))


def _box(left: int, top: int, right: int, bottom: int) -> Box:
    return ((left, top), (right, top), (right, bottom), (left, bottom))
