"""PP-OCR's networks on the GPU that this process is pinned to.

onnxruntime's convolutions keep cuDNN's plan for the last shape only and plan anew for each other one (conv.cc; issue
microsoft/onnxruntime#23006: 15 times slower where shapes alternate). So each shape has a session of its own, up to a
number, after which the one that was not used for longest is given up. All share one bounded arena.
"""

import contextlib
import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort

from jobs.errors import OcrUnavailable
from workers.ocr.alphabet import columns, read_alphabet
from workers.ocr.coarse import coarse_network, fits
from workers.ocr.cuda.columns import CHOSEN, choose_columns
from workers.ocr.cuda.shapes import AT_START, Shape, fill_up
from workers.ocr.cuda.wire import CudaPlan, Numbers, Stage
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.recogniser import WIDTHS_PX

log = logging.getLogger(__name__)

PROVIDER = "CUDAExecutionProvider"
#: Sessions of each network: the recogniser's widths, and shapes of pages. One holds little more than the weights.
SESSIONS: Mapping[Stage, int] = {
    "detect": 32,
    "classify": 1,
    "recognise": len(WIDTHS_PX),
    "recognise coarse": len(WIDTHS_PX),
}
#: Shapes that are planned at once, each with a part of the memory: cuDNN plans one on one core.
MOST_PLANNERS, PLANNER_MIB = 6, 512
#: Halvings of 16 lines down to one, and once more when all other sessions have given their memory back.
TRIES = 6
#: onnxruntime keeps an arena's first chunk in an int. What is beyond is taken when it is needed.
MOST_CHUNK_BYTES = 2047 << 20
#: HEURISTIC is cuDNN's own guess of the fastest algorithm; DEFAULT is its fallback, 7 to 17 times slower (H100).
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


class OutOfMemory(Exception):
    """A network found no GPU memory."""


class Network:
    """One network, with a session for each of the last few shapes."""

    def __init__(self, content: bytes, most: int, output: str | None = None) -> None:
        self._content, self._most, self._output = content, most, output
        self._sessions: OrderedDict[Shape, ort.InferenceSession] = OrderedDict()
        self._rows: dict[Shape, int] = {}  # of a batch, by the shape of a row, where memory has lacked
        self.planning: defaultdict[Shape, threading.Lock] = defaultdict(threading.Lock)
        self.new_shapes = self.lowered = 0

    def knows(self, shape: Shape) -> bool:
        """Whether cuDNN has planned that shape."""
        return (self._rows_at_once(shape), *shape[1:]) in self._sessions

    def run(self, numbers: Numbers) -> Numbers:
        """Run a batch, in smaller ones where GPU memory has lacked before.

        Raises:
            OutOfMemory: it lacks now.
        """
        lines, rows = len(numbers), self._rows_at_once(numbers.shape)
        parts = [self._run_once(fill_up(numbers[first : first + rows], rows)) for first in range(0, lines, rows)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)[:lines]

    def forget(self) -> None:
        """Give up the sessions, and what of the arena they hold."""
        self._sessions.clear()

    def lower(self, shape: Shape) -> None:
        """Run batches of that shape in halves from now on."""
        rows = self._rows_at_once(shape)
        if rows > 1:
            self.lowered += 1
            self._rows[shape[1:]] = (rows + 1) // 2
            log.warning("GPU memory lacks: %d lines of %d px at once from now on.", (rows + 1) // 2, shape[-1])

    def _rows_at_once(self, shape: Shape) -> int:
        return min(shape[0], self._rows.get(shape[1:], shape[0]))

    def _run_once(self, numbers: Numbers) -> Numbers:
        try:
            session = self._sessions.get(numbers.shape) or self._open()
            output = self._output or session.get_outputs()[0].name
            answer: Numbers = session.run([output], {session.get_inputs()[0].name: numbers})[0]
        except Exception as error:  # onnxruntime's own derive from nothing more telling
            if any(sign in str(error) for sign in _OUT_OF_MEMORY):
                raise OutOfMemory from None
            raise
        self._keep(numbers.shape, session)
        return answer

    def _open(self) -> ort.InferenceSession:
        self.new_shapes += 1
        return open_session(self._content)

    def _keep(self, shape: Shape, session: ort.InferenceSession) -> None:
        """Known from now on: before it has run once, a turn with it would keep all others waiting for cuDNN."""
        self._sessions[shape] = session
        self._sessions.move_to_end(shape)
        while len(self._sessions) > self._most:
            self._sessions.popitem(last=False)


class Networks:
    """All that OCR runs on the GPU; one run at a time, so that one run's memory is the bound."""

    def __init__(self, plan: CudaPlan) -> None:
        started = time.perf_counter()
        _share_arena(plan.memory_mib << 20)
        models = PpOcr(plan.detector, plan.recogniser, plan.classifier, plan.characters)
        self._networks: dict[Stage, Network] = {
            "detect": Network(models.detector.read_bytes(), SESSIONS["detect"]),
            "classify": Network(models.classifier.read_bytes(), SESSIONS["classify"]),
        }
        self._networks["recognise"] = _recogniser("recognise", models.recogniser.read_bytes(), models, plan)
        if fits(models.recogniser):
            coarse = coarse_network(models.recogniser)
            self._networks["recognise coarse"] = _recogniser("recognise coarse", coarse, models, plan)
        planners = min(MOST_PLANNERS, max(1, plan.memory_mib // PLANNER_MIB))
        self._turn, self._planners = threading.Lock(), threading.BoundedSemaphore(planners)
        self.runs, self.busy_s, self.plan_s = 0, 0.0, 0.0
        with ThreadPoolExecutor(planners) as pool:
            list(pool.map(self._plan, *zip(*AT_START, strict=True)))
        for stage, shape in AT_START:  # what is missing is missed here, and not at the first page
            if not self._networks[stage].knows(shape):
                self.run(stage, np.zeros(shape, np.float32))
        self.load_s = time.perf_counter() - started

    def run(self, stage: Stage, numbers: Numbers) -> Numbers:
        """Run one stage, in ever smaller batches until memory is found.

        Raises:
            OutOfMemory: one row alone finds none.
        """
        self._plan(stage, numbers.shape)
        with self._turn:
            started = time.perf_counter()
            try:
                for _ in range(TRIES):
                    if (answer := self._try(stage, numbers)) is not None:
                        return answer
                raise OutOfMemory
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

    def _try(self, stage: Stage, numbers: Numbers) -> Numbers | None:
        """None: memory lacks, and all sessions gave theirs back. Any of them may hold what this run needs."""
        with contextlib.suppress(OutOfMemory):  # its traceback, while it is known, keeps a session alive
            return self._networks[stage].run(numbers)
        for network in self._networks.values():
            network.forget()
        self._networks[stage].lower(numbers.shape)
        return None

    def _plan(self, stage: Stage, shape: Shape) -> None:
        """Have cuDNN plan a shape that is new. It needs a core and hardly the GPU, where pages go on being read."""
        network = self._networks[stage]
        if network.knows(shape):
            return
        with network.planning[shape], self._planners:
            if network.knows(shape):  # by now, for another page
                return
            started = time.perf_counter()
            with contextlib.suppress(OutOfMemory):  # alone, in its turn, it may find some
                network.run(np.zeros(shape, np.float32))
            took_s = time.perf_counter() - started
            self.plan_s += took_s
            log.info("planned %s at %s in %.2f s", stage, "x".join(map(str, shape)), took_s)


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
    """Take it at once: little grows later, and the engine, which sizes itself by what NVML calls free, counts it."""
    where = ort.OrtMemoryInfo("Cuda", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    first_bytes = min(limit_bytes, MOST_CHUNK_BYTES)
    arena = ort.OrtArenaCfg({"max_mem": limit_bytes, "initial_chunk_size_bytes": first_bytes})
    try:
        ort.create_and_register_allocator_v2(PROVIDER, where, {"device_id": "0"}, arena)
    except RuntimeError:  # what is missing stands in onnxruntime's own line, just before
        raise OcrUnavailable(NO_CUDA) from None


def _recogniser(stage: Stage, content: bytes, models: PpOcr, plan: CudaPlan) -> Network:
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    alphabet = read_alphabet(models, session.get_modelmeta().custom_metadata_map)
    chosen = choose_columns(content, session.get_outputs()[0].name, columns(alphabet, plan.script))
    return Network(chosen, SESSIONS[stage], CHOSEN)
