"""RapidOCR behind our protocol: restore the page, find its lines, turn it upright, recognise them.

Its stages are used one by one instead of its facade, which scales pages down to 2000 pixels before it cuts the lines
out, turns single lines on their heads (1.6 % of the words of medium scans), and drops the recogniser's probabilities,
from which the correction draws its candidates.
"""

import logging
from functools import partial
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np

from config.settings import Settings
from workers.ocr import OcrLine, PageImage, coarse
from workers.ocr.ctc import Decoded
from workers.ocr.cuda.client import CudaClient
from workers.ocr.detector import DETECTED_PX
from workers.ocr.fold import Fold
from workers.ocr.order import reading_order
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.quad import Pixels, Quad, cut, from_where_text_begins, size, to_box
from workers.ocr.restoration import SHARP, restore, suffix
from workers.ocr.stages import Stages
from workers.ocr.upright import VOTERS, lies, turn, turn_back
from workers.ocr.word import word_extents

log = logging.getLogger(__name__)

_LEAST_CONFIDENCE = 0.5
_LEAST_VOTE = 0.9


class RapidOcrEngine:
    """Holds the three models. Never uses the network: the models' files are named, no font is asked for."""

    truncated = False

    def __init__(self, settings: Settings, gpu: Path | None = None) -> None:
        cv2.setNumThreads(settings.ocr_threads)  # of this process; unset, each child has as many as there are cores
        models = PpOcr.of(settings)
        has_coarse = _has_coarse(settings, models)
        self.name = _name(settings, models, gpu) + ("" if has_coarse else coarse.NO_COARSE)
        self._restore = partial(restore, when=settings.ocr_restore, sharp=coarse.SHARP if has_coarse else SHARP)
        self.script = settings.ocr_script
        self.folds = gpu is None  # each size of a page has to be planned on a GPU, which takes longer than blank paper
        self._gpu = CudaClient(gpu) if gpu else None
        self._stages = Stages(settings, models, has_coarse=has_coarse, gpu=self._gpu)

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Read the lines of a page in reading order, whichever way up it stands."""
        stored = cv2.cvtColor(page.pixels, cv2.COLOR_RGB2BGR)
        restored = self._restore(stored, dpi=page.dpi)
        pixels, quads, quarters = self._find(restored)
        recogniser = self._stages.recogniser if restored is stored else self._stages.coarse
        read = recogniser.read(pixels, quads)
        found = [(decoded, quad) for decoded, quad in zip(read, quads, strict=True) if _is_text(decoded)]
        order = reading_order([to_box(quad) for _, quad in found])
        return tuple(_line(*found[index], quarters, page) for index in order)

    def close(self) -> None:
        """Free the models. Idempotent."""
        if self._gpu:
            self._gpu.close()
        self._stages = None  # type: ignore[assignment]

    def _find(self, pixels: Pixels) -> tuple[Pixels, list[Quad], int]:
        """Find the lines of a page; returns it upright with the quarters it was turned by."""
        quarters = 0
        quads = self._quads(pixels)
        if lies(quads):
            quarters, pixels = 1, turn(pixels, 1)
            quads = self._quads(pixels)
        if self._stands_on_its_head(pixels, quads):
            height, width = pixels.shape[:2]
            quads = [np.roll(turn_back(quad, 2, width, height), 2, axis=0) for quad in quads]
            quarters, pixels = quarters + 2, turn(pixels, 2)
        return pixels, from_where_text_begins(quads), quarters

    def _quads(self, pixels: Pixels) -> list[Quad]:
        if not self.folds:
            return self._stages.detector.find(pixels)
        fold = Fold.of(pixels)
        folded = fold.apply(pixels)
        scale = min(1, DETECTED_PX / max(pixels.shape))  # the whole page's
        return [fold.flat(quad) for quad in self._stages.detector.find(folded, round(scale * max(folded.shape)))]

    def _stands_on_its_head(self, pixels: Pixels, quads: list[Quad]) -> bool:
        """Let the longest lines vote. One alone is wrong too often to be turned by itself."""
        voters = sorted(quads, key=lambda quad: -size(quad)[0])[:VOTERS]
        if not voters:
            return False
        votes = self._stages.classifier.on_its_head([cut(pixels, quad) for quad in voters])
        return bool(np.count_nonzero(votes > _LEAST_VOTE) > len(votes) / 2)


def open_engine(settings: Settings, gpu: Path | None = None) -> RapidOcrEngine:
    """Load the models; about a second. `gpu`: the socket of the OCR process on a GPU that is to run them.

    Raises:
        OcrUnavailable: a model that the settings name is not there, or does not say which characters it knows.
    """
    return RapidOcrEngine(settings, gpu)


def _name(settings: Settings, models: PpOcr, gpu: Path | None) -> str:
    precise = "" if gpu or settings.ocr_precision == "float32" else f" {settings.ocr_precision}"
    restored = suffix(settings.ocr_restore)
    return f"rapidocr {version('rapidocr')} {models.name}{precise} {settings.ocr_script}{restored}"


def _has_coarse(settings: Settings, models: PpOcr) -> bool:
    """Whether coarse pages are read with our weights; says so where they should be and can't."""
    if not settings.rapidocr_coarse:
        return False
    if not (has := coarse.fits(models.recogniser)):
        log.info("Coarse pages are read as others are: our weights for them are not for %s.", models.recogniser)
    return has


def _is_text(decoded: Decoded) -> bool:
    return bool(decoded.text.strip()) and decoded.confidence >= _LEAST_CONFIDENCE


def _line(decoded: Decoded, quad: Quad, quarters: int, page: PageImage) -> OcrLine:
    box = to_box(turn_back(quad, quarters, page.width_px, page.height_px))
    words = word_extents(decoded.text, decoded.places)
    return OcrLine(decoded.text, box, decoded.confidence, decoded.alternatives, words)
