"""OCR's process on one GPU as its worker sees it: started ready, freed, started again by the next page, stopped.

Needs no Celery. `start` and `revive` belong to the main thread: the kernel ties the process' life to the thread that
started it.
"""

import contextlib
import logging
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.machine import gpu as gpus
from workers.machine.gpu import Gpu
from workers.machine.local_socket import LocalSocket
from workers.ocr.cuda.wire import Ask, CudaPlan, Facts, receive, send

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "workers.ocr.cuda.process")
#: CUDA's libraries are 2 GB; from a cold disk they took most of a minute.
START_TIMEOUT_S = 180.0
#: What cuBLAS takes for each handle, of which onnxruntime has some for each session: what it takes by itself on GPUs
#: before Hopper (8 MiB), where it would take 32 (docs.nvidia.com/cuda/cublas, "cublasSetWorkspace").
WORKSPACE = ":4096:2:16:8"
#: Facts are asked for by a main process that has a pulse to keep.
FACTS_TIMEOUT_S = 2.0
#: After a process that ended unasked the next one waits: what ended it may do so again.
REST_S = 5.0


class CudaService:
    """The OCR process of one GPU."""

    def __init__(self, settings: Settings, gpu: Gpu, command: tuple[str, ...] = COMMAND) -> None:
        self.gpu = gpu
        self._settings = settings
        self._command = command
        self._lock = threading.RLock()
        self._process: subprocess.Popen[str] | None = None
        self._socket: LocalSocket | None = None
        self._rest_until = 0.0

    def start(self) -> Path:
        """Start the process and wait until it has read; returns the socket's path for clients.

        Raises:
            OcrUnavailable: it could not start; the message says why.
            UsageError: work_dir's path is too long for a socket.
        """
        try:
            self._listen()
            self._spawn()
            facts = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        log.info("OCR on %s: ready in %.1f s; %s", self.device, facts.load_s, self._memory())
        return self.socket_path

    @property
    def socket_path(self) -> Path:
        """Where clients connect; only this user can. Known in a forked child, too."""
        assert self._socket, "the service was never started"
        return self._socket.path

    @property
    def device(self) -> str:
        """Where it runs, in words."""
        return f"{self.gpu.name} {self.gpu.uuid}"

    @property
    def pid(self) -> int | None:
        """The process' id, while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def revive(self) -> None:
        """Start the process again if it has ended and somebody asks. Idempotent; for the worker's timer."""
        assert threading.current_thread() is threading.main_thread(), "the process dies with the thread that starts it"
        with self._lock:
            if self.pid or not self._listener:
                return
            self._bury()
            if time.monotonic() >= self._rest_until and _is_readable(self._listener):
                self._spawn()

    def free(self) -> dict[str, str]:
        """End the process, and with it give back its memory, until the next page. Idempotent."""
        figures = {"before": self._memory()}
        with self._lock:
            self._kill()
        return {**figures, "after": self._memory()}

    def facts(self) -> dict[str, object]:
        """What the process has done since its start."""
        memory: dict[str, object] = {"memory": self._memory()}
        if not self.pid:
            return {"state": "freed", **memory}
        try:
            return {"state": "warm", **memory, **self._ask(FACTS_TIMEOUT_S).model_dump()}
        except OSError:
            return {"state": "loading", **memory}

    def stop(self) -> None:
        """End the process and remove the socket. Idempotent."""
        with self._lock:
            self._kill()
            if self._socket:
                self._socket.close()

    close = stop

    def _listen(self) -> None:
        self._socket = LocalSocket(self._settings.work_dir, "ocr")
        os.register_at_fork(after_in_child=self._let_go)

    @property
    def _listener(self) -> socket.socket | None:
        """None before the start, after the stop, and in a forked child."""
        return self._socket.listener if self._socket else None

    def _let_go(self) -> None:
        """In a forked child: hold nothing beyond the parent's life, and never stop what is its own."""
        if self._process and self._process.stdout:
            self._process.stdout.close()
        self._of_parent, self._process = self._process, None  # kept: a Popen that is dropped waits for its process

    def _spawn(self) -> None:
        assert self._listener
        plan = CudaPlan.of(
            self._settings,
            listen_fd=self._listener.fileno(),
            parent_pid=os.getpid(),
            log_level=logging.getLogger().getEffectiveLevel(),
        )
        # Pinned before its first instruction: CUDA numbers what it can see from 0.
        pinned = ["env", f"CUDA_VISIBLE_DEVICES={self.gpu.uuid}", f"CUBLAS_WORKSPACE_CONFIG={WORKSPACE}"]
        self._process = subprocess.Popen(
            [*pinned, *self._command, plan.model_dump_json()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(self._listener.fileno(),),
        )

    def _wait_until_ready(self) -> Facts:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.pid:
                raise OcrUnavailable(f"OCR could not start on {self.device}: {self._bury()}")
            with contextlib.suppress(TimeoutError, ConnectionError):  # it loads, or has just ended
                return self._ask(FACTS_TIMEOUT_S)
        raise OcrUnavailable(f"OCR was not ready on {self.device} within {START_TIMEOUT_S:.0f} s.")

    def _ask(self, timeout_s: float) -> Facts:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(self.socket_path))
            send(connection, Ask(stage="facts"))
            return receive(connection, Facts)

    def _bury(self) -> str:
        """Say what a process that has ended said last."""
        process, self._process = self._process, None
        if process is None:
            return ""
        assert process.stdout
        said = process.communicate()[0].strip().splitlines()
        why = said[-1] if said else f"it ended with status {process.returncode}"
        if process.returncode:
            self._rest_until = time.monotonic() + REST_S
            self._turn_away()
            log.warning("OCR on %s ended: %s", self.device, why)
        return why

    def _turn_away(self) -> None:
        """Let those who wait go on with the CPU."""
        while self._listener and _is_readable(self._listener):
            self._listener.accept()[0].close()

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()

    def _memory(self) -> str:
        return gpus.memory_figures(self.gpu.uuid)


def _is_readable(listener: socket.socket) -> bool:
    """Whether a connection waits."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        return bool(selector.select(0))
