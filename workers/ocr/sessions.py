"""RapidOCR's sessions of onnxruntime: each model's file named, its log handed to ours, few columns kept."""

import logging
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime as ort
import rapidocr
from numpy.typing import NDArray
from rapidocr.inference_engine.onnxruntime import OrtInferSession

from workers.ocr.coarse import coarse_network
from workers.ocr.pp_ocr import PpOcr

#: Longer side at which a page's lines are looked for, at most.
DETECTED_PX = 2000


def configure(threads: int, models: PpOcr) -> SimpleNamespace:
    """RapidOCR's own defaults, with each model's file named: unnamed, it may be downloaded."""
    config = rapidocr.RapidOCR(
        params={
            "Global.log_level": "warning",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.model_path": str(models.detector),
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTED_PX,
            "Cls.model_path": str(models.classifier),
            "Rec.model_path": str(models.recogniser),
        }
    ).cfg
    for stage in (config.Det, config.Cls, config.Rec):
        stage.engine_cfg = config.EngineConfig.onnxruntime
    return SimpleNamespace(detect=config.Det, classify=config.Cls, recognise=config.Rec)


def hand_logging_to_us() -> None:
    """RapidOCR colours its log and writes it to stderr by itself; what it warns of goes to our log instead."""
    logger = logging.getLogger("RapidOCR")
    logger.handlers.clear()
    logger.propagate = True


def open_coarse(config: SimpleNamespace) -> OrtInferSession:
    """Open the recogniser with our weights for coarse pages, otherwise as RapidOCR would."""
    options = OrtInferSession._init_sess_opts(config.engine_cfg)
    network = coarse_network(Path(config.model_path))
    session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    return OrtInferSession({"session": session})


class Columns:
    """The recogniser on the CPU, opened when it is first asked: a few of its thousands of columns are kept."""

    def __init__(self, opened: Callable[[], OrtInferSession], kept: list[int]) -> None:
        self._open, self._kept = opened, np.array(kept)

    @cached_property
    def _session(self) -> OrtInferSession:
        return self._open()

    def __call__(self, lines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give lines x steps x kept columns."""
        probabilities: NDArray[np.float32] = self._session(lines)[:, :, self._kept]
        return probabilities
