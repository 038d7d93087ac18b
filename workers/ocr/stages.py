"""PP-OCR's networks, opened for their stage: on the CPU, or on a GPU with the CPU standing in."""

from collections.abc import Callable
from functools import partial

from config.settings import Settings
from workers.ocr.alphabet import columns, read_alphabet
from workers.ocr.ask import Ask
from workers.ocr.classifier import Classifier
from workers.ocr.coarse import coarse_network
from workers.ocr.cuda.client import CudaClient, OnGpu
from workers.ocr.cuda.shapes import lines_at_once
from workers.ocr.cuda.wire import Stage
from workers.ocr.detector import Detector
from workers.ocr.network import Late, Model, Network, characters, keep_columns, read_model
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.recogniser import FEW_LINES, Recogniser


class Stages:
    """Finds lines, tells which way up they stand, reads them; `coarse` reads those of restored pages.

    Raises:
        OcrUnavailable: the recogniser does not say which characters it knows, or the CPU lacks the precision.
    """

    def __init__(self, settings: Settings, models: PpOcr, *, has_coarse: bool, gpu: CudaClient | None) -> None:
        self._gpu = gpu
        precision = "float32" if gpu else settings.ocr_precision
        network = partial(Network, threads=settings.ocr_threads, precision=precision)
        self.detector = Detector(self._where("detect", lambda: network(read_model(models.detector))))
        self.classifier = Classifier(self._where("classify", lambda: network(read_model(models.classifier))))
        model = read_model(models.recogniser)
        alphabet = read_alphabet(models, characters(model))
        kept = columns(alphabet, settings.ocr_script)
        at_once = lines_at_once if gpu else lambda _: FEW_LINES

        def recogniser(stage: Stage, read: Callable[[], Model]) -> Recogniser:
            ask = self._where(stage, lambda: network(keep_columns(read(), kept)))
            return Recogniser(ask, [alphabet[index] for index in kept], at_once)

        self.recogniser = self.coarse = recogniser("recognise", lambda: model)
        if has_coarse:
            self.coarse = recogniser("recognise coarse", lambda: read_model(coarse_network(models.recogniser)))

    def _where(self, stage: Stage, opened: Callable[[], Network]) -> Ask:
        """Open what is needed for sure; what stands in for a GPU, or reads coarse pages, when it is first asked."""
        on_cpu = Late(opened) if self._gpu or stage == "recognise coarse" else opened()
        return OnGpu(self._gpu, stage, on_cpu) if self._gpu else on_cpu
