"""One network on the GPU, with a session for each shape.

onnxruntime's convolutions keep cuDNN's plan for the last shape only and plan anew for each other one (conv.cc; issue
microsoft/onnxruntime#23006: 15 times slower where shapes alternate).
"""

import logging
import threading
from collections import OrderedDict

import numpy as np
import onnxruntime as ort

from workers.ocr.ask import Numbers
from workers.ocr.cuda import session as cuda
from workers.ocr.cuda.session import OutOfMemory, lacks_memory
from workers.ocr.cuda.shapes import Shape, fill_up
from workers.ocr.cuda.wire import Stage

log = logging.getLogger(__name__)


class Sessions:
    """The sessions of all networks that were used last; beyond `most`, the one not used for longest is given up."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Stage, Shape], ort.InferenceSession] = OrderedDict()
        self.given_up = 0

    def __contains__(self, key: tuple[Stage, Shape]) -> bool:
        return key in self._held

    def use(self, key: tuple[Stage, Shape]) -> ort.InferenceSession | None:
        """Give one that is held, as the one used last."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def keep(self, key: tuple[Stage, Shape], session: ort.InferenceSession) -> None:
        """Hold one that has run: before, a turn with it would keep all others waiting for cuDNN."""
        with self._lock:
            self._held[key] = session
            self._held.move_to_end(key)
        while len(self._held) > self._most:
            self.give_up_one()

    def give_up_one(self) -> bool:
        """Give up the one that was not used for longest, and what of the arena it holds; False: there is none."""
        with self._lock:
            if not self._held:
                return False
            (stage, shape), _ = self._held.popitem(last=False)
            self.given_up += 1
        log.info("gave up %s at %s", stage, "x".join(map(str, shape)))
        return True


class Network:
    """One network."""

    def __init__(self, stage: Stage, content: bytes, sessions: Sessions, output: str | None = None) -> None:
        self._stage, self._content, self._sessions, self._output = stage, content, sessions, output
        self._rows: dict[Shape, int] = {}  # of a batch, by the shape of a row, where memory has lacked
        self.new_shapes = self.lowered = 0

    def knows(self, shape: Shape) -> bool:
        """Whether cuDNN has planned that shape."""
        return (self._stage, (self._rows_at_once(shape), *shape[1:])) in self._sessions

    def run(self, numbers: Numbers) -> Numbers:
        """Run a batch, in smaller ones where GPU memory has lacked before.

        Raises:
            OutOfMemory: it lacks now.
        """
        lines, rows = len(numbers), self._rows_at_once(numbers.shape)
        parts = [self._run_once(fill_up(numbers[first : first + rows], rows)) for first in range(0, lines, rows)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)[:lines]

    def lower(self, shape: Shape) -> bool:
        """Run batches of that shape in halves from now on; False: one row can't be halved."""
        rows = self._rows_at_once(shape)
        if rows == 1:
            return False
        self.lowered += 1
        self._rows[shape[1:]] = (rows + 1) // 2
        log.warning("GPU memory lacks: %d lines of %d px at once from now on.", (rows + 1) // 2, shape[-1])
        return True

    def _rows_at_once(self, shape: Shape) -> int:
        return min(shape[0], self._rows.get(shape[1:], shape[0]))

    def _run_once(self, numbers: Numbers) -> Numbers:
        key = (self._stage, numbers.shape)
        try:
            session = self._sessions.use(key) or self._open()
            output = self._output or session.get_outputs()[0].name
            answer: Numbers = session.run([output], {session.get_inputs()[0].name: numbers})[0]
        except Exception as error:
            if lacks_memory(error):
                raise OutOfMemory from None
            raise
        self._sessions.keep(key, session)
        return answer

    def _open(self) -> ort.InferenceSession:
        self.new_shapes += 1
        return cuda.open_session(self._content)
