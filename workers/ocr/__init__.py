"""Reads a page: the engine's protocol, its result, and the choice of an engine."""

import logging
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from config.settings import Engine, Script, Settings
from jobs.errors import OcrUnavailable, UsageError
from jobs.result import Box, Extent

log = logging.getLogger(__name__)

#: Each is the module of its name beside this file, with `open_engine(settings) -> OcrEngine`.
ENGINES: tuple[str, ...] = tuple(name for name in get_args(Engine) if name != "auto")
#: Engines whose networks the OCR process on a GPU can run (workers/ocr/cuda): `open_engine(settings, gpu)`.
ON_GPU = frozenset({"rapidocr"})


@dataclass(frozen=True, slots=True)
class PageImage:
    """One page as pixels: RGB, height x width x 3, uint8."""

    pixels: NDArray[np.uint8]
    dpi: int

    @property
    def width_px(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line as the engine read it, in reading order."""

    text: str
    box: Box
    confidence: float  # 0 to 1
    #: For each character of `text`, other readings with their probability, best first; or empty. 0: unknown. A reading
    #: of two characters is this one with another behind it that was lost.
    alternatives: tuple[tuple[tuple[str, float], ...], ...] = ()
    #: Where each word of `text` stands along the line; or empty.
    words: tuple[Extent, ...] = ()


class OcrEngine(Protocol):
    """Turns one page into lines. Holds its models from construction until `close`.

    ocrfleet runs pages in parallel; an engine must not add threads of its own beyond those it was given.
    """

    name: str  # with version, for provenance: "rapidocr 3.10.0 PP-OCRv6"
    truncated: bool  # whether it gives a part of the text only, for want of a licence
    script: Script | None  # of the documents it was opened for; None: it heeds none, and reads batches of any

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Read the lines of a page in reading order."""
        ...

    def close(self) -> None:
        """Free what is held. Idempotent."""
        ...


def open_engine(name: str, settings: Settings, gpu: Path | None = None) -> OcrEngine:
    """Open the engine of that name. `auto` is Aspose.OCR where it is installed and licensed, else RapidOCR.

    `gpu` is the socket of the OCR process on a GPU, for engines that can make use of it.

    Raises:
        UsageError: there is no such engine.
        OcrUnavailable: it can't run on this machine; the message says what mends it.
    """
    if name == "auto":
        return _open_auto(settings, gpu)
    if name not in ENGINES:
        raise UsageError(f"There is no OCR engine {name!r}. Engines: auto, {', '.join(ENGINES)}.")
    module = import_module(f"{__name__}.{name}")
    engine: OcrEngine = module.open_engine(settings, gpu) if name in ON_GPU else module.open_engine(settings)
    return engine


def _open_auto(settings: Settings, gpu: Path | None) -> OcrEngine:
    why = "no licence of Aspose.OCR is set"
    if settings.has_aspose_license:
        try:
            # A trial is for who asks for Aspose.OCR by name: its text is cut off.
            engine = open_engine("aspose", settings.model_copy(update={"aspose_allow_trial": False}))
        except OcrUnavailable as error:
            why = str(error)
        else:
            log.info("OCR engine: %s, since it is installed and licensed.", engine.name)
            return engine
    engine = open_engine("rapidocr", settings, gpu)
    log.info("OCR engine: %s, since %s.", engine.name, why.rstrip("."))
    return engine
