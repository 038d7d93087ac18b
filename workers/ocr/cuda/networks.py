"""PP-OCR's networks on the GPU that this process is pinned to.

onnxruntime's convolutions keep cuDNN's plan for the last shape only and plan anew for each other one (conv.cc; issue
microsoft/onnxruntime#23006: 15 times slower where shapes alternate). So each shape has a session of its own, up to a
number, after which the one that was not used for longest takes the new shape. All share one bounded arena.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from jobs.errors import OcrUnavailable
from workers.ocr.alphabet import columns, read_alphabet
from workers.ocr.cuda.columns import CHOSEN, choose_columns
from workers.ocr.cuda.wire import CudaPlan, Numbers, Stage
from workers.ocr.pp_ocr import PpOcr

log = logging.getLogger(__name__)

PROVIDER = "CUDAExecutionProvider"
#: Sessions of each network: the recogniser's widths (recogniser.WIDTHS_PX), and shapes of pages.
SESSIONS: Mapping[Stage, int] = {"detect": 4, "classify": 1, "recognise": 8}
#: cuDNN's own guess of the fastest algorithm. To try them all takes seconds for each new shape of a page.
PROVIDER_OPTIONS = {
    "device_id": "0",  # the one GPU that this process can see
    "cudnn_conv_algo_search": "HEURISTIC",
    "use_tf32": "0",  # 10 bits of mantissa: texts would differ from the CPU's
}
_OUT_OF_MEMORY = ("Failed to allocate memory", "Available memory of", "out of memory", "ALLOC_FAILED")

NO_CUDA = (
    "onnxruntime can't load CUDA 13: libraries are missing (run: make setup CUDA=1), or the driver is older than 580 "
    "(nvidia-smi shows it)."
)

Shape = tuple[int, ...]


class OutOfMemory(Exception):
    """A network found no GPU memory for even one line or page."""


class Network:
    """One network, with a session for each of the last few shapes."""

    def __init__(self, content: bytes, most: int, output: str | None = None) -> None:
        self._content, self._most, self._output = content, most, output
        self._sessions: OrderedDict[Shape, ort.InferenceSession] = OrderedDict()
        self._rows: dict[Shape, int] = {}  # of a batch, by the shape of a row, where memory has lacked
        self.new_shapes = self.lowered = 0

    def run(self, numbers: Numbers) -> Numbers:
        """Run a batch, in smaller ones where GPU memory lacks.

        Raises:
            OutOfMemory: one row alone finds none.
        """
        rows = min(len(numbers), self._rows.get(numbers.shape[1:], len(numbers)))
        try:
            parts = [self._run_once(numbers[first : first + rows]) for first in range(0, len(numbers), rows)]
        except OutOfMemory:
            if rows == 1:
                raise
            self._lower(numbers.shape[1:], rows // 2)
            return self.run(numbers)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def forget(self) -> None:
        """Give up the sessions, and what of the arena they hold."""
        self._sessions.clear()

    def _run_once(self, numbers: Numbers) -> Numbers:
        try:
            session = self._session(numbers.shape)
            output = self._output or session.get_outputs()[0].name
            answer: Numbers = session.run([output], {session.get_inputs()[0].name: numbers})[0]
        except Exception as error:  # onnxruntime's own derive from nothing more telling
            if any(sign in str(error) for sign in _OUT_OF_MEMORY):
                raise OutOfMemory from error
            raise
        return answer

    def _session(self, shape: Shape) -> ort.InferenceSession:
        session = self._sessions.pop(shape, None)
        if session is None:
            self.new_shapes += 1
            full = len(self._sessions) >= self._most
            session = self._sessions.popitem(last=False)[1] if full else open_session(self._content)
        self._sessions[shape] = session
        return session

    def _lower(self, row: Shape, rows: int) -> None:
        self.lowered += 1
        self._rows[row] = rows
        self.forget()
        log.warning("GPU memory lacks: %d lines of %d px at once from now on.", rows, row[-1])


class Networks:
    """All that OCR runs on the GPU; one run at a time, so that one run's memory is the bound."""

    def __init__(self, plan: CudaPlan) -> None:
        started = time.perf_counter()
        _share_arena(plan.memory_mib << 20)
        models = PpOcr(plan.detector, plan.recogniser, plan.classifier, plan.characters)
        self._networks: dict[Stage, Network] = {
            "detect": Network(models.detector.read_bytes(), SESSIONS["detect"]),
            "classify": Network(models.classifier.read_bytes(), SESSIONS["classify"]),
            "recognise": Network(_choosing(models, plan), SESSIONS["recognise"], CHOSEN),
        }
        self._turn = threading.Lock()
        self.runs, self.busy_s = 0, 0.0
        self._warm_up()
        self.load_s = time.perf_counter() - started

    def run(self, stage: Stage, numbers: Numbers) -> Numbers:
        """Run one stage.

        Raises:
            OutOfMemory: GPU memory lacks.
        """
        with self._turn:
            started = time.perf_counter()
            try:
                return self._networks[stage].run(numbers)
            except OutOfMemory:
                for network in self._networks.values():
                    network.forget()
                return self._networks[stage].run(numbers)
            finally:
                self.runs += 1
                self.busy_s += time.perf_counter() - started

    @property
    def new_shapes(self) -> int:
        """How often cuDNN had to plan."""
        return sum(network.new_shapes for network in self._networks.values())

    @property
    def lowered(self) -> int:
        """How often a batch was made smaller for want of memory."""
        return sum(network.lowered for network in self._networks.values())

    def _warm_up(self) -> None:
        """Run each network once: what is missing is missed at start, not at the first page."""
        for stage, shape in (
            ("classify", (1, 3, 48, 192)),
            ("recognise", (1, 3, 48, 320)),
            ("detect", (1, 3, 640, 640)),
        ):
            self.run(stage, np.zeros(shape, np.float32))  # type: ignore[arg-type]


def open_session(content: bytes) -> ort.InferenceSession:
    """Open a network on the GPU, in the shared arena.

    Raises:
        OcrUnavailable: onnxruntime went back to the CPU; its log says why.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.use_env_allocators", "1")
    session = ort.InferenceSession(content, options, providers=[(PROVIDER, PROVIDER_OPTIONS), "CPUExecutionProvider"])
    if session.get_providers()[0] != PROVIDER:
        raise OcrUnavailable(NO_CUDA)
    return session


def _share_arena(limit_bytes: int) -> None:
    """Take all at once: nothing grows later, and the engine, which sizes itself by what NVML calls free, counts it."""
    where = ort.OrtMemoryInfo("Cuda", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    arena = ort.OrtArenaCfg({"max_mem": limit_bytes, "initial_chunk_size_bytes": limit_bytes})
    try:
        ort.create_and_register_allocator_v2(PROVIDER, where, {"device_id": "0"}, arena)
    except RuntimeError:  # what is missing stands in onnxruntime's own line, just before
        raise OcrUnavailable(NO_CUDA) from None


def _choosing(models: PpOcr, plan: CudaPlan) -> bytes:
    content = Path(models.recogniser).read_bytes()
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    alphabet = read_alphabet(models, session.get_modelmeta().custom_metadata_map)
    return choose_columns(content, session.get_outputs()[0].name, columns(alphabet, plan.script))
