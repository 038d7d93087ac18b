"""RapidOCR behind our protocol: restore the page, find its lines, turn it upright, recognise them.

Its stages are used one by one instead of its facade, which scales pages down to 2000 pixels before it cuts the lines
out, turns single lines on their heads (1.6 % of the words of medium scans), and drops the recogniser's probabilities,
from which the correction draws its candidates.
"""

import logging
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray
from rapidocr.ch_ppocr_cls import TextClassifier
from rapidocr.ch_ppocr_det import TextDetector
from rapidocr.inference_engine.onnxruntime import OrtInferSession

from config.settings import Settings
from workers.ocr import OcrLine, PageImage
from workers.ocr.alphabet import columns, read_alphabet
from workers.ocr.ctc import Decoded
from workers.ocr.cuda.client import CudaClient, OnGpu
from workers.ocr.cuda.shapes import lines_at_once
from workers.ocr.order import reading_order
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.quad import Pixels, Quad, cut, from_where_text_begins, size, to_box
from workers.ocr.recogniser import FEW_LINES, Ask, Recogniser
from workers.ocr.restoration import STRONG, Restore, restore, suffix, undo
from workers.ocr.script import Script
from workers.ocr.second_look import hold_figures, settle
from workers.ocr.upright import VOTERS, lies, turn, turn_back
from workers.ocr.word import word_extents

_LEAST_CONFIDENCE = 0.5
_LEAST_VOTE = 0.9


class RapidOcrEngine:
    """Holds the three models. Never uses the network: the models' files are named, no font is asked for."""

    truncated = False

    def __init__(self, threads: int, script: Script, when: Restore, models: PpOcr, gpu: Path | None = None) -> None:
        _hand_logging_to_us()
        cv2.setNumThreads(threads)  # of this process; unset, each child has as many as there are cores
        config = _configure(threads, models)
        self.name = f"rapidocr {version('rapidocr')} {models.name} {script}{suffix(when)}"
        self._restore_when = when
        self._detect = TextDetector(config.detect)
        self._classify = TextClassifier(config.classify)
        session = OrtInferSession(config.recognise)
        alphabet = read_alphabet(models, session.session.get_modelmeta().custom_metadata_map)
        kept = columns(alphabet, script)
        ask: Ask = _Columns(session, kept)
        self._gpu = CudaClient(gpu) if gpu else None
        if self._gpu:
            self._detect.session = OnGpu(self._gpu, "detect", self._detect.session)
            self._classify.session = OnGpu(self._gpu, "classify", self._classify.session)
            ask = OnGpu(self._gpu, "recognise", ask)
        at_once = lines_at_once if gpu else lambda _: FEW_LINES
        self._recogniser = Recogniser(ask, [alphabet[index] for index in kept], at_once)

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Read the lines of a page in reading order, whichever way up it stands."""
        stored = cv2.cvtColor(page.pixels, cv2.COLOR_RGB2BGR)
        restored = restore(stored, self._restore_when, page.dpi)
        pixels, quads, quarters = self._find(restored)
        read = self._recogniser.read(pixels, quads)
        if restored is not stored:
            self._look_again(turn(undo(stored, STRONG), quarters), quads, read)
        found = [(decoded, quad) for decoded, quad in zip(read, quads, strict=True) if _is_text(decoded)]
        order = reading_order([to_box(quad) for _, quad in found])
        return tuple(_line(*found[index], quarters, page) for index in order)

    def _look_again(self, pixels: Pixels, quads: list[Quad], read: list[Decoded]) -> None:
        indices = hold_figures(read)
        again = self._recogniser.read(pixels, [quads[index] for index in indices])
        for index, decoded in zip(indices, again, strict=True):
            read[index] = settle(read[index], decoded)

    def close(self) -> None:
        """Free the models. Idempotent."""
        if self._gpu:
            self._gpu.close()
        self._detect = self._classify = self._recogniser = None  # type: ignore[assignment]

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
        quads = self._detect(pixels).boxes
        return [] if quads is None else [quad.astype(np.float32) for quad in quads]

    def _stands_on_its_head(self, pixels: Pixels, quads: list[Quad]) -> bool:
        """Let the longest lines vote. One alone is wrong too often to be turned by itself."""
        voters = sorted(quads, key=lambda quad: -size(quad)[0])[:VOTERS]
        if not voters:
            return False
        votes: list[tuple[str, float]] = self._classify([cut(pixels, quad) for quad in voters]).cls_res
        return sum(label == "180" and score > _LEAST_VOTE for label, score in votes) > len(votes) / 2


class _Columns:
    """The recogniser on the CPU: a few of its thousands of columns are kept."""

    def __init__(self, session: OrtInferSession, kept: list[int]) -> None:
        self._session, self._kept = session, np.array(kept)

    def __call__(self, lines: NDArray[np.float32]) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = self._session(lines)[:, :, self._kept]
        return probabilities


def open_engine(settings: Settings, gpu: Path | None = None) -> RapidOcrEngine:
    """Load the models; about a second. `gpu`: the socket of the OCR process on a GPU that is to run them.

    Raises:
        OcrUnavailable: a model that the settings name is not there, or does not say which characters it knows.
    """
    return RapidOcrEngine(settings.ocr_threads, settings.ocr_script, settings.ocr_restore, PpOcr.of(settings), gpu)


def _configure(threads: int, models: PpOcr) -> SimpleNamespace:
    """RapidOCR's own defaults, with each model's file named: unnamed, it may be downloaded."""
    config = rapidocr.RapidOCR(
        params={
            "Global.log_level": "warning",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.model_path": str(models.detector),
            "Det.limit_type": "max",
            "Det.limit_side_len": 2000,
            "Cls.model_path": str(models.classifier),
            "Rec.model_path": str(models.recogniser),
        }
    ).cfg
    for stage in (config.Det, config.Cls, config.Rec):
        stage.engine_cfg = config.EngineConfig.onnxruntime
    return SimpleNamespace(detect=config.Det, classify=config.Cls, recognise=config.Rec)


def _hand_logging_to_us() -> None:
    """RapidOCR colours its log and writes it to stderr by itself; what it warns of goes to our log instead."""
    logger = logging.getLogger("RapidOCR")
    logger.handlers.clear()
    logger.propagate = True


def _is_text(decoded: Decoded) -> bool:
    return bool(decoded.text.strip()) and decoded.confidence >= _LEAST_CONFIDENCE


def _line(decoded: Decoded, quad: Quad, quarters: int, page: PageImage) -> OcrLine:
    box = to_box(turn_back(quad, quarters, page.width_px, page.height_px))
    words = word_extents(decoded.text, decoded.places)
    return OcrLine(decoded.text, box, decoded.confidence, decoded.alternatives, words)
