"""Has cuDNN plan shapes that are new, a few at once and each once, while pages go on being read."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from workers.ocr.cuda.shapes import Shape
from workers.ocr.cuda.wire import Stage


class Planner:
    """Some threads that plan: cuDNN needs a core for seconds, and hardly the GPU."""

    def __init__(self, plan: Callable[[Stage, Shape], None], threads: int) -> None:
        self._plan = plan
        self._pool = ThreadPoolExecutor(threads, "planner")
        self._lock = threading.Lock()
        self._begun: dict[tuple[Stage, Shape], Future[None]] = {}

    def begin(self, stage: Stage, shape: Shape) -> Future[None]:
        """Plan a shape, unless that has begun; who needs it waits for what is returned."""
        with self._lock:
            self._begun = {key: future for key, future in self._begun.items() if not future.done()}
            if (stage, shape) not in self._begun:
                self._begun[stage, shape] = self._pool.submit(self._plan, stage, shape)
            return self._begun[stage, shape]

    def settle(self) -> bool:
        """Wait for what has begun, which gives back the memory that it takes; False: nothing had."""
        with self._lock:
            begun = [future for future in self._begun.values() if not future.done()]
        wait(begun)
        return bool(begun)
