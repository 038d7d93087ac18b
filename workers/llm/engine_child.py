"""The engine as its keeper sees it: a child process, the pipe on which it reports, and the size it was given."""

import logging
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Literal

from workers.llm.plan import EXIT_BAD_MODEL, EXIT_IDLE, EXIT_OUT_OF_MEMORY, EnginePlan, EngineStatus, KeeperPlan
from workers.llm.size import EngineSize, size_that_fits
from workers.machine import gpu

log = logging.getLogger(__name__)

SHARED_FIELDS = EnginePlan.model_fields.keys() & KeeperPlan.model_fields.keys() - {"gpu_layers", "slots"}


@dataclass(frozen=True, slots=True)
class EngineNews:
    """What became of the engine.

    warm: it accepts connections. idle: it ended by itself. smaller: it lacked memory, or could not be loaded as it
    was, and will be started with less (fewer pages in flight, half the layers on the GPU, no special CPU
    instructions). crashed: it ended unasked. hopeless: another start can't help.
    """

    kind: Literal["warm", "idle", "smaller", "crashed", "hopeless"]
    message: str = ""
    was_warm: bool = False


class EngineChild:
    """At most one engine process at a time."""

    def __init__(self, plan: KeeperPlan) -> None:
        self.plan = plan
        self.starts = 0
        self.size = EngineSize(0, 0)
        self.status_fd = -1
        self.warm = False
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._report = b""
        self._cpu_extras = True
        self.forget_size()

    def forget_size(self) -> None:
        """Let the next start measure anew what fits: the memory may be another by then."""
        self._next_size: EngineSize | None = None

    @property
    def pid(self) -> int | None:
        """The engine's process id, while it runs."""
        return self._process.pid if self._process else None

    @property
    def age_s(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self._started_at

    @property
    def late(self) -> bool:
        """Whether the engine should have been warm by now."""
        return self._process is not None and not self.warm and self.age_s > self.plan.start_timeout_s

    def start(self) -> None:
        """Start an engine on the listening socket."""
        self.size = self._next_size = self._next_size or size_that_fits(self.plan)
        self.status_fd, theirs = os.pipe()
        try:
            self._process = subprocess.Popen(
                self._command(theirs), stdin=subprocess.DEVNULL, stdout=2, pass_fds=(self.plan.listen_fd, theirs)
            )
        finally:
            os.close(theirs)
        self.starts += 1
        self.warm, self._report, self._started_at = False, b"", time.monotonic()
        log.info("engine %d started on %s: %s", self._process.pid, self.plan.gpu_uuid or "the CPU", self.size)

    def end(self) -> None:
        """End the engine at once; the kernel gives back what it held, GPU memory too. Idempotent."""
        if self._process:
            self._process.kill()
            self._reap()

    def read_news(self) -> EngineNews | None:
        """Read from the pipe, which the engine's end closes. None: nothing to tell yet."""
        data = os.read(self.status_fd, 65536)
        self._report += data
        if not data:
            return self._ended()
        if not self._report.endswith(b"\n") or not self._status().ready:
            return None
        self.warm = True
        log.info("engine warm after %.1f s, %s", self.age_s, gpu.memory_figures(self.plan.gpu_uuid))
        return EngineNews("warm")

    def _ended(self) -> EngineNews:
        was_warm, message, status = self.warm, self._status().message, self._reap()
        if status == EXIT_IDLE:
            log.info("engine ended: idle")
            return EngineNews("idle")
        crashed_on_gpu = self.size.gpu_layers > 0 and status < 0 and not was_warm
        smaller = self.size.smaller() if status == EXIT_OUT_OF_MEMORY or crashed_on_gpu else None
        if smaller:
            self._next_size = smaller
            free = gpu.memory_figures(self.plan.gpu_uuid)
            log.warning("engine %s at %s (%s); trying %s", _ending(status), self.size, free, smaller)
            return EngineNews("smaller")
        if (status < 0 or status == EXIT_OUT_OF_MEMORY) and not was_warm and self._cpu_extras:
            # They want a copy of the weights. And SIGSEGV was seen at ldtilecfg, which config/llama_cpp.cmake mends.
            self._cpu_extras = False
            log.warning("engine %s while it loaded; trying without the CPU's special instructions", _ending(status))
            return EngineNews("smaller")
        log.error("engine %s. %s", _ending(status), message)
        if status in (EXIT_BAD_MODEL, EXIT_OUT_OF_MEMORY):
            return EngineNews("hopeless", message or _ending(status))
        return EngineNews("crashed", f"The engine {_ending(status)} with the model {self.plan.model_path}.", was_warm)

    def _reap(self) -> int:
        assert self._process
        status = self._process.wait()
        os.close(self.status_fd)
        self._process, self.status_fd, self.warm = None, -1, False
        return status

    def _status(self) -> EngineStatus:
        lines = self._report.splitlines()
        return EngineStatus.model_validate_json(lines[-1]) if lines else EngineStatus(ready=False)

    def _command(self, status_fd: int) -> list[str]:
        plan = EnginePlan(
            **self.plan.model_dump(include=SHARED_FIELDS),
            gpu_layers=self.size.gpu_layers,
            slots=self.size.slots,
            cpu_extras=self._cpu_extras,
            status_fd=status_fd,
            keeper_pid=os.getpid(),
        )
        # Pinned before its first instruction; and an abort of llama.cpp must not fork a debugger, which would hold
        # the pipe open and the GPU busy (ggml_print_backtrace).
        # Without a layer there it must not see the GPU either: llama.cpp would still want memory of it.
        seen = self.plan.gpu_uuid if self.size.gpu_layers else ""
        pinned = ["env", f"CUDA_VISIBLE_DEVICES={seen or ''}", "GGML_NO_BACKTRACE=1"]
        return [*pinned, *self.plan.engine_command, plan.model_dump_json()]


def _ending(status: int) -> str:
    if status == EXIT_OUT_OF_MEMORY:
        return "ran out of memory"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"
