"""When the engine is freed and the children open and close: the only file with Celery's signal names.

Measured on Celery 5.7, prefork:
- warm stop (SIGTERM): bootsteps' `stop`, those after Pool before the page in flight ends, then `worker_shutdown`;
- cold (SIGQUIT) and soft stop: bootsteps' `terminate` only, never `worker_shutdown`;
- `worker_process_shutdown` also fires for every recycled child, so it may close a child's own things only.
Hence the engine is freed by `worker_shutdown` (warm: it follows the drain) and by `terminate` (cold, soft).
A SIGKILL of the worker is the keeper's business (workers/llm/keeper.py).
"""

import logging
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from billiard.process import current_process
from celery import Celery, bootsteps, signals
from celery.worker.control import control_command

from workers.job.drain import Drain
from workers.machine.parent import die_with_parent
from workers.machine.temporary import clear

log = logging.getLogger(__name__)


class Freeable(Protocol):
    """What holds GPU memory for this worker."""

    def free(self) -> dict[str, str]:
        """Give the memory back and say how much; the next page loads the model again. Idempotent."""
        ...

    def stop(self) -> None:
        """Give the memory back for good. Idempotent."""
        ...

    def facts(self) -> dict[str, dict[str, object]]:
        """What each engine is and has done, by device."""
        ...


def free_resources(engine: Freeable, temporary: Path) -> dict[str, str]:
    """Free the model while the worker lives: GPU memory, its caches (they lie in the engine), temporary files.

    Idempotent, and harmless on a CPU. The next page loads the model again.

    Returns:
        The memory figures before and after, in words.
    """
    figures = engine.free()
    return {**figures, "temporary files removed": str(clear(temporary))}


def install(app: Celery, *, engine: Freeable, drain: Drain, temporary: Path) -> None:
    """Tie the engine to the life of the worker's main process."""

    def begin_drain(**_: object) -> None:
        # Runs inside the signal handler while pages are in flight: only raise the flag.
        drain.begin()

    def free_after_drain(**_: object) -> None:
        engine.stop()

    class EngineStep(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
        """Frees the engine at a cold or soft stop, which send no `worker_shutdown`."""

        def start(self, parent: object) -> None:
            """Nothing: the engine is warm before the worker starts."""

        def stop(self, parent: object) -> None:
            """Nothing: pages may still be in flight."""

        def terminate(self, parent: object) -> None:
            engine.stop()

    app.steps["worker"].add(EngineStep)
    signals.worker_shutting_down.connect(begin_drain, weak=False)
    signals.worker_shutdown.connect(free_after_drain, weak=False)
    _install_commands(engine, temporary)


def _install_commands(engine: Freeable, temporary: Path) -> None:
    """Answer what `ocrfleet-worker free`, `engine` and `drain` ask a living worker for."""

    @control_command(name="free")  # type: ignore[untyped-decorator]
    def free(state: object) -> dict[str, Any]:
        """Free the model while the worker lives."""
        return {"ok": "freed", **free_resources(engine, temporary)}

    @control_command(name="engine")  # type: ignore[untyped-decorator]
    def engine_facts(state: object) -> dict[str, dict[str, object]]:
        """What the engines are and have done."""
        return engine.facts()

    @control_command(name="drain")  # type: ignore[untyped-decorator]
    def drain_node(state: object) -> dict[str, str]:
        """Stop as SIGTERM does: finish the page in flight, hand the rest back, free the GPU."""
        os.kill(os.getpid(), signal.SIGTERM)
        return {"ok": "draining"}


def install_children(*, memory_mib: int, begin: Callable[[int], None], close: Callable[[], None]) -> None:
    """Bound each OCR child and end it with its parent; `close` frees what the child has opened.

    `begin` gets the child's place in the pool, which another child has when this one has ended.
    """
    parent_pid = os.getpid()

    def bound(**_: object) -> None:
        die_with_parent(parent_pid, signal.SIGKILL)  # Celery forks from its main thread, which lives as long as it
        # max_memory_per_child acts between tasks only; this bounds a page that explodes.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mib << 20, resource.RLIM_INFINITY))
        begin(current_process().index)

    def closed(**_: object) -> None:
        close()

    signals.worker_process_init.connect(bound, weak=False)
    signals.worker_process_shutdown.connect(closed, weak=False)
