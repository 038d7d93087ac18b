"""PP-OCR's networks on the GPU that this process is pinned to.

One thread runs them all, in the order in which children ask, and a few plan. For each thread that ran a session
onnxruntime 1.31 keeps 48 MiB (H100; SessionState::AcquireDeviceStreamCollection pools streams and their handles by
thread; issue microsoft/onnxruntime#29351): with a thread for each of 16 children that came to 9 GB beside the arena.
"""

import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort

from workers.ocr.alphabet import columns, read_alphabet
from workers.ocr.ask import Numbers
from workers.ocr.coarse import coarse_network, fits
from workers.ocr.cuda.columns import CHOSEN, choose_columns
from workers.ocr.cuda.network import Network, Sessions
from workers.ocr.cuda.planner import Planner
from workers.ocr.cuda.session import OutOfMemory, share_arena
from workers.ocr.cuda.shapes import AT_START, SOON, Shape
from workers.ocr.cuda.wire import CudaPlan, Facts, Stage
from workers.ocr.pp_ocr import PpOcr

log = logging.getLogger(__name__)

#: Sessions of all networks together: 17 for lines, the rest for sizes of pages. Each holds its weights in the arena.
MOST_SESSIONS = 32
#: What the arena holds at once: weights (10 to 21 MB a session), one run, and each planner's. A run takes 270 MiB (16
#: lines of 320 px) to 770 (3 of 4,800; measured on a CPU, whose tensors are as large), most about 530.
WEIGHTS_MIB, RUN_MIB = 512, 512
#: cuDNN plans a shape on one core.
MOST_PLANNERS = 6


class Networks:
    """All that OCR runs on the GPU; one run at a time, so that one run's memory is the bound."""

    def __init__(self, plan: CudaPlan) -> None:
        started = time.perf_counter()
        share_arena(plan.memory_mib << 20)
        self._sessions = Sessions(MOST_SESSIONS)
        self._networks = _open(plan, self._sessions)
        self._turn = ThreadPoolExecutor(1, "turn")
        self._planner = Planner(self._plan, planners(plan.memory_mib))
        self._runs, self._busy_s, self._plan_s = 0, 0.0, 0.0
        for planned in [self._planner.begin(*each) for each in AT_START]:
            planned.result()
        for stage, shape in AT_START:  # what is missing is missed here, and not at the first page
            if not self._networks[stage].knows(shape):
                self.run(stage, np.zeros(shape, np.float32))
        for stage, shape in SOON:  # while the first pages are read
            if stage in self._networks:
                self._planner.begin(stage, shape)
        self._load_s = time.perf_counter() - started

    def run(self, stage: Stage, numbers: Numbers) -> Numbers:
        """Run one stage, in ever smaller batches until memory is found.

        Raises:
            OutOfMemory: one row alone finds none.
        """
        if not self._networks[stage].knows(numbers.shape):
            self._planner.begin(stage, numbers.shape).result()
        return self._turn.submit(self._run, stage, numbers).result()

    def facts(self) -> Facts:
        """What was done since the start."""
        networks = self._networks.values()
        return Facts(
            load_s=round(self._load_s, 2),
            runs=self._runs,
            new_shapes=sum(network.new_shapes for network in networks),
            plan_s=round(self._plan_s, 2),
            lowered=sum(network.lowered for network in networks),
            given_up=self._sessions.given_up,
            busy_s=round(self._busy_s, 2),
        )

    def _run(self, stage: Stage, numbers: Numbers) -> Numbers:
        started = time.perf_counter()
        try:
            while True:
                with contextlib.suppress(OutOfMemory):  # its traceback, while it is known, keeps a session alive
                    return self._networks[stage].run(numbers)
                if not self._make_room(stage, numbers.shape):
                    raise OutOfMemory
        finally:
            self._runs += 1
            self._busy_s += time.perf_counter() - started

    def _make_room(self, stage: Stage, shape: Shape) -> bool:
        """Find memory for one more try; False: there is none.

        What is planned meanwhile gives its own back soon. Then batches are halved, which ends: a shape is halved a few
        times and stays so. A session that is given up is planned again, so that comes last, and one at a time.
        """
        return self._planner.settle() or self._networks[stage].lower(shape) or self._sessions.give_up_one()

    def _plan(self, stage: Stage, shape: Shape) -> None:
        """Have cuDNN plan a shape, by a run in the thread of a planner."""
        network = self._networks[stage]
        if network.knows(shape):  # by now, for another page
            return
        started = time.perf_counter()
        with contextlib.suppress(OutOfMemory):  # alone, in its turn, it may find some
            network.run(np.zeros(shape, np.float32))
        took_s = time.perf_counter() - started
        self._plan_s += took_s
        log.info("planned %s at %s in %.2f s", stage, "x".join(map(str, shape)), took_s)


def planners(memory_mib: int) -> int:
    """How many shapes are planned at once in an arena of that size, while one run goes on."""
    return max(1, min(MOST_PLANNERS, (memory_mib - WEIGHTS_MIB) // RUN_MIB - 1))


def _open(plan: CudaPlan, sessions: Sessions) -> dict[Stage, Network]:
    models = PpOcr(plan.detector, plan.recogniser, plan.classifier, plan.characters)
    recogniser = models.recogniser.read_bytes()
    contents: dict[Stage, bytes] = {"recognise": recogniser}
    if fits(models.recogniser):
        contents["recognise coarse"] = coarse_network(models.recogniser)
    session = ort.InferenceSession(recogniser, providers=["CPUExecutionProvider"])
    alphabet = read_alphabet(models, session.get_modelmeta().custom_metadata_map.get("character"))
    output, kept = session.get_outputs()[0].name, columns(alphabet, plan.script)
    return {
        "detect": Network("detect", models.detector.read_bytes(), sessions),
        "classify": Network("classify", models.classifier.read_bytes(), sessions),
        **{
            stage: Network(stage, choose_columns(content, output, kept), sessions, CHOSEN)
            for stage, content in contents.items()
        },
    }
