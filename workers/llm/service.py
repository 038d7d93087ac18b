"""The engine as its worker sees it: started warm, freed, stopped; always through the keeper.

Needs no Celery. `start` belongs to the main thread: the kernel ties the keeper's life to the thread that started it.
"""

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from config.settings import Settings
from jobs.errors import EngineUnavailable
from workers.llm.client import EngineClient
from workers.llm.plan import ENGINE_COMMAND, KeeperPlan, KeeperStatus
from workers.llm.wire import EngineInfo
from workers.machine import gpu as gpus
from workers.machine.cgroup import cores
from workers.machine.gpu import Gpu
from workers.machine.local_socket import LocalSocket
from workers.models import ModelFile

log = logging.getLogger(__name__)

#: Pages in flight at once. More share each pass over the weights: free on a GPU, dear on a CPU, where a row costs a
#: third of a lone decode and reads all pages' cells: two pages took 3 % more CPU than one after the other.
SLOTS_ON_CPU, SLOTS_ON_GPU = 1, 32
#: Starts that a first wait bears with: each with half the layers of the one before.
START_TRIES = 4
#: How often a first wait looks whether the keeper lives.
REVIVE_S = 1.0
#: Facts are asked for by a main process that has a pulse to keep; an engine that loads does not answer.
FACTS_TIMEOUT_S = 2.0


class EngineService:
    """One engine on one GPU (None: the CPU) and the keeper that looks after it."""

    def __init__(
        self,
        model: ModelFile,
        settings: Settings,
        gpu: Gpu | None,
        *,
        engine_command: tuple[str, ...] = ENGINE_COMMAND,
    ) -> None:
        self.engine_command = engine_command
        self.model = model
        self.settings = settings
        self.gpu = gpu
        self._lock = threading.RLock()
        self._keeper: subprocess.Popen[str] | None = None
        self._socket: LocalSocket | None = None

    def start(self) -> Path:
        """Launch the engine, wait until the model is warm, and return the socket's path for clients.

        Raises:
            ModelError: the model can't be loaded.
            EngineUnavailable: it was not warm within engine_start_timeout_s.
            UsageError: work_dir's path is too long for a socket.
        """
        try:
            self.launch()
            self.warm_up()
        except BaseException:
            self.stop()
            raise
        return self.socket_path

    def launch(self) -> None:
        """Start keeper and engine, which load the model meanwhile; `warm_up` waits for it.

        Raises:
            UsageError: work_dir's path is too long for a socket.
        """
        self._listen()
        self.revive()

    @property
    def socket_path(self) -> Path:
        """Where clients connect; only this user can."""
        assert self._socket, "the engine service was never started"
        return self._socket.path

    @property
    def keeper_pid(self) -> int | None:
        """The keeper's process id, while it runs."""
        keeper = self._keeper
        return keeper.pid if keeper and keeper.poll() is None else None

    def warm_up(self) -> None:
        """Wait until the engine is warm; loads it if none runs."""
        info = self._ask_while_reviving()
        log.info(
            "engine warm: loaded in %.1f s, %d layers on %s; %s",
            info.load_s,
            info.gpu_layers,
            self.device,
            self._memory(info.pid),
        )

    def _ask_while_reviving(self) -> EngineInfo:
        """The pulse does not beat yet: a keeper that is killed now would leave us waiting for the whole timeout."""
        asking = ThreadPoolExecutor(1)
        try:
            with contextlib.closing(
                EngineClient(self.socket_path, START_TRIES * self.settings.engine_start_timeout_s)
            ) as client:
                asked = asking.submit(client.info)
                while wait([asked], REVIVE_S).not_done:
                    self.revive()
                return asked.result()
        finally:
            asking.shutdown(wait=False)  # interrupted: the socket's end ends it

    def status(self) -> KeeperStatus:
        """Ask the keeper what runs.

        Raises:
            EngineUnavailable: the keeper has gone.
        """
        return self._command("status")

    def facts(self) -> dict[str, object]:
        """What the engine is and has done since it was loaded, for metrics; an engine that was freed is not loaded.

        Raises:
            EngineUnavailable: the keeper has gone.
        """
        pid = self.status().engine_pid
        memory: dict[str, object] = {"memory": self._memory(pid)}
        if pid is None:
            return {"state": "freed", **memory}
        try:
            with contextlib.closing(EngineClient(self.socket_path, FACTS_TIMEOUT_S)) as client:
                info = client.info()
        except EngineUnavailable:
            return {"state": "loading", **memory}
        return {"state": "warm", **memory, **info.model_dump(exclude={"tally"}), **info.tally}

    def free(self) -> dict[str, str]:
        """End the engine, and with it give back its memory, until the next page loads it again. Idempotent.

        Returns:
            The memory figures `before` and `after`, in words.
        """
        if not self.keeper_pid:
            return {}
        figures = {"before": self._memory(self.status().engine_pid)}
        figures["after"] = self._memory(self._command("free").engine_pid)
        log.info("engine freed: before, %(before)s; after, %(after)s", figures)
        return figures

    def revive(self) -> None:
        """Start the keeper if there is none, as after a kill by accident. Idempotent; for the worker's timer."""
        assert threading.current_thread() is threading.main_thread(), "the keeper dies with the thread that starts it"
        if self.keeper_pid or not self._listener:
            return
        if self._keeper:
            _end(self._keeper)
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "workers.llm.keeper", self._plan(self._listener.fileno()).model_dump_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(self._listener.fileno(),),
            start_new_session=True,  # Ctrl-C in a terminal must not end it before the drain has
        )

    def stop(self) -> None:
        """End keeper and engine and remove the socket. Idempotent."""
        with self._lock:
            keeper, self._keeper = self._keeper, None
            if keeper:
                _end(keeper)
                log.info("engine stopped: %s", self._memory(None))
            if self._socket:
                self._socket.close()

    close = stop

    def _listen(self) -> None:
        self._socket = LocalSocket(self.settings.work_dir, "engine")
        os.register_at_fork(after_in_child=self._let_go)

    @property
    def _listener(self) -> socket.socket | None:
        """None before the start, after the stop, and in a forked child."""
        return self._socket.listener if self._socket else None

    def _let_go(self) -> None:
        """In a forked child: hold no pipes beyond the parent's life, and never stop what is its own."""
        if self._keeper and self._keeper.stdin and self._keeper.stdout:
            self._keeper.stdin.close()
            self._keeper.stdout.close()
        self._of_parent, self._keeper = self._keeper, None  # kept: a Popen that is dropped waits for its process

    def _plan(self, listen_fd: int) -> KeeperPlan:
        return KeeperPlan(
            model_path=self.model.path,
            model=self.model.name,
            model_sha256=self.model.sha256,
            gpu_uuid=self.gpu.uuid if self.gpu else None,
            gpu_layers=self.settings.gpu_layers,
            context_size=self.settings.context_size,
            slots=SLOTS_ON_GPU if self.gpu else SLOTS_ON_CPU,
            cache_type=self.settings.kv_cache_type,
            threads=cpu_threads(self.settings),
            idle_s=self.settings.engine_idle_s,
            answers_kept=self.settings.engine_answers_kept,
            start_timeout_s=self.settings.engine_start_timeout_s,
            folder=self.socket_path.parent,
            listen_fd=listen_fd,
            parent_pid=os.getpid(),
            log_level=logging.getLogger().getEffectiveLevel(),
            engine_command=self.engine_command,
        )

    def _command(self, command: str) -> KeeperStatus:
        with self._lock:
            if not self._keeper:
                raise EngineUnavailable("The engine has been stopped.")
            try:
                assert self._keeper.stdin and self._keeper.stdout
                self._keeper.stdin.write(command + "\n")
                self._keeper.stdin.flush()
                return KeeperStatus.model_validate_json(self._keeper.stdout.readline())
            except (OSError, ValueError):
                raise EngineUnavailable("The engine's keeper has gone; the worker's log says why.") from None

    @property
    def device(self) -> str:
        """Where the engine runs, in words."""
        return f"{self.gpu.name} {self.gpu.uuid}" if self.gpu else "the CPU"

    def _memory(self, engine_pid: int | None) -> str:
        if self.gpu:
            return gpus.memory_figures(self.gpu.uuid)
        return f"{_resident_mib(engine_pid)} MiB resident in the engine"


def cpu_threads(settings: Settings) -> int:
    """Threads of an engine: as the settings say, or all cores but one."""
    return settings.engine_threads or max(1, cores() - 1)


def _end(keeper: subprocess.Popen[str]) -> None:
    assert keeper.stdin and keeper.stdout
    try:
        keeper.stdin.close()  # its signal to end the engine and itself
        keeper.wait(2)
    except (OSError, subprocess.TimeoutExpired):
        keeper.kill()  # the kernel ends the engine with it
        keeper.wait()
    keeper.stdout.close()


def _resident_mib(pid: int | None) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss) >> 20 if pid else 0
    except psutil.NoSuchProcess:
        return 0
