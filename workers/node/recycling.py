"""When a child, the engine or the whole worker has done or grown enough to be replaced: so leaks come to an end."""

import logging
import os
import signal
import time
from collections.abc import Iterable
from typing import Protocol

import psutil

from config.settings import Settings
from jobs.errors import EngineUnavailable
from workers.machine import gpu as gpus
from workers.machine.gpu import MIB, Gpu

log = logging.getLogger(__name__)

#: Exit status of a worker that wants to be started again: EX_TEMPFAIL of sysexits.h.
START_AGAIN = 75
#: Between two looks at memory: a look reads a few files of /proc for each process.
LOOK_S = 10.0
#: Between two frees of the engine: where they don't help, something else fills the GPU.
FREE_AGAIN_S = 600.0


def is_spent(pages_read: int, settings: Settings) -> bool:
    """Tell whether this child has read enough pages, or holds too much memory, to be replaced after its job."""
    if settings.recycle_after_pages and pages_read >= settings.recycle_after_pages:
        return True
    return bool(settings.recycle_child_mib) and _resident_mib() >= settings.recycle_child_mib


class Freeable(Protocol):
    """An engine's side."""

    @property
    def gpu(self) -> Gpu | None:
        """Where it runs; None: the CPU."""
        ...

    def free(self) -> dict[str, str]:
        """Give its memory back until the next page."""
        ...


class Recycling:
    """Watches the memory of a worker from its main process."""

    def __init__(self, settings: Settings, engines: Iterable[Freeable]) -> None:
        self.begun = False
        self._settings = settings
        self._look_at = 0.0
        self._free_at = dict.fromkeys(engines, 0.0)

    def look(self) -> None:
        """Look, if it is time, and do what must be done."""
        now = time.monotonic()
        if now < self._look_at or self.begun:
            return
        self._look_at = now + LOOK_S
        for engine in self._free_at:
            self._mind_gpu(engine, now)
        limit_mib = self._settings.recycle_worker_mib
        if limit_mib and (held_mib := _worker_mib()) >= limit_mib:
            self.begin(f"The worker holds {held_mib} MiB, over OCRFLEET_RECYCLE_WORKER_MIB={limit_mib}")

    def begin(self, why: str) -> None:
        """Drain as at SIGTERM; the exit status asks whoever supervises this worker to start another."""
        log.warning("%s: it drains and ends with status %d.", why, START_AGAIN, extra={"event": "node.recycled"})
        self.begun = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _mind_gpu(self, engine: Freeable, now: float) -> None:
        floor_mib = self._settings.gpu_memory_floor_mib
        figures = gpus.memory(engine.gpu.uuid) if engine.gpu and floor_mib else None
        if figures is None or figures.free_mib >= floor_mib or now < self._free_at[engine]:
            return
        self._free_at[engine] = now + FREE_AGAIN_S
        log.warning(
            "%d MiB of GPU memory free, under OCRFLEET_GPU_MEMORY_FLOOR_MIB=%d: the engine starts anew.",
            figures.free_mib,
            floor_mib,
            extra={"event": "engine.recycled"},
        )
        try:
            engine.free()
        except EngineUnavailable as error:
            log.warning("%s", error, extra={"event": "engine.recycled"})


def _resident_mib() -> int:
    return int(psutil.Process().memory_info().rss) // MIB


def _worker_mib() -> int:
    """What this process and all below it hold; what they share counts once (PSS)."""
    own = psutil.Process()
    return sum(map(_proportional_mib, [own, *own.children(recursive=True)]))


def _proportional_mib(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss) // MIB
    except psutil.Error:  # it has just ended
        return 0
