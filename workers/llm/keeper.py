"""The keeper: one small single-threaded process that starts, watches, idles, restarts and ends the engine.

It holds the listening socket. While no engine runs, connections wait in the socket's backlog: the keeper sees the
socket readable and starts an engine, which inherits the socket and accepts from it (socket activation). So a client
never notices more than a wait. The keeper and its engine end with the worker's main process, however that ends:
closed pipe, SIGTERM, or the kernel's parent-death signal.

Commands come on stdin, one a line: `status`, and `free`, which ends the engine until the next connection. Each is
answered by a line of JSON (KeeperStatus) on stdout.
"""

import contextlib
import logging
import os
import selectors
import shutil
import signal
import socket
import sys
import time

from jobs.errors import ModelError
from workers.llm.engine_child import EngineChild, EngineNews
from workers.llm.plan import KeeperPlan, KeeperStatus
from workers.llm.wire import Answer, frame
from workers.machine.parent import die_with_parent

log = logging.getLogger(__name__)

#: After a crash the next start waits, twice as long for each crash in a row.
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.1, 10.0
#: An engine that lived so long was sound: its crash counts as the first.
SOUND_AFTER_S = 60.0
#: Engines in a row that never got warm, after which waiting clients are told.
CRASHES_BEFORE_FAILURE = 3
#: A failure is told to all who ask within this time; then the model is tried anew, for somebody may have mended it.
FAILURE_STANDS_S = 5.0


class Keeper:
    """Runs until its parent has gone."""

    def __init__(self, plan: KeeperPlan) -> None:
        self.plan = plan
        self.listener = socket.socket(fileno=plan.listen_fd)
        self.listener.setblocking(False)
        self.engine = EngineChild(plan)
        self.crashes = 0
        self.resume_at = 0.0
        self.failure = ""
        self.let_go = False
        self.term_fd = _readable_at(signal.SIGTERM)

    def run(self) -> None:
        """Serve until stdin closes."""
        try:
            while self._step():
                pass
        finally:
            self.engine.end()
            if self.let_go or os.getppid() != self.plan.parent_pid:  # killed, perhaps: nobody else can clean up
                shutil.rmtree(self.plan.folder, ignore_errors=True)

    def _step(self) -> bool:
        for ready in self._wait():
            if ready == self.term_fd:
                return False
            if ready == sys.stdin.fileno():
                command = sys.stdin.readline()
                if not command:
                    self.let_go = True
                    return False
                self._obey(command.strip())
            elif ready == self.plan.listen_fd:
                self._on_connection()
            elif ready == self.engine.status_fd and (news := self.engine.read_news()):  # unless just freed
                self._on_news(news)
        if self.engine.late:
            self.engine.end()
            self._fail(f"The engine was not warm after {self.plan.start_timeout_s:.0f} s (engine_start_timeout_s).")
        return True

    def _wait(self) -> list[int]:
        pause_s = max(0.0, self.resume_at - time.monotonic())
        with selectors.DefaultSelector() as selector:
            selector.register(self.term_fd, selectors.EVENT_READ)
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
            if self.engine.pid:
                selector.register(self.engine.status_fd, selectors.EVENT_READ)
            elif self.failure or not pause_s:
                selector.register(self.plan.listen_fd, selectors.EVENT_READ)
            return [key.fd for key, _ in selector.select(pause_s or 1.0)]

    def _obey(self, command: str) -> None:
        if command == "free":
            self.engine.end()
            self.engine.forget_size()
        size, engine = self.engine.size, self.engine
        status = KeeperStatus(engine_pid=engine.pid, gpu_layers=size.gpu_layers, slots=size.slots, starts=engine.starts)
        sys.stdout.write(status.model_dump_json() + "\n")
        sys.stdout.flush()

    def _on_connection(self) -> None:
        if self.failure and time.monotonic() < self.resume_at:
            self._tell_clients()
            return
        self.failure = ""
        try:
            self.engine.start()
        except ModelError as error:  # its size can't be told, since its file has gone or changed
            self._fail(str(error))

    def _on_news(self, news: EngineNews) -> None:
        match news.kind:
            case "idle":
                self.engine.forget_size()
            case "hopeless":
                self._fail(news.message)
            case "crashed":
                self._on_crash(news)
            case "warm" | "smaller":
                pass

    def _on_crash(self, news: EngineNews) -> None:
        self.crashes = 1 if self.engine.age_s > SOUND_AFTER_S else self.crashes + 1
        if not news.was_warm and self.crashes >= CRASHES_BEFORE_FAILURE:
            self._fail(news.message)
            return
        self.resume_at = time.monotonic() + min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (self.crashes - 1))

    def _fail(self, message: str) -> None:
        log.error("%s", message)
        self.crashes = 0
        self.failure = message
        self.resume_at = time.monotonic() + FAILURE_STANDS_S
        self._tell_clients()

    def _tell_clients(self) -> None:
        answer = frame(Answer(id=0, error="model", message=self.failure))
        while True:
            try:
                connection, _ = self.listener.accept()
            except BlockingIOError:
                return
            with connection, contextlib.suppress(ConnectionError):  # it may have gone
                connection.send(answer)


def _readable_at(number: signal.Signals) -> int:
    """A pipe's end that becomes readable at a signal: an exception could cut the cleaning up short."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    signal.set_wakeup_fd(theirs)
    signal.signal(number, lambda *_: None)
    return ours


def main() -> None:
    """Read the plan from the command line and keep an engine until the parent has gone."""
    plan = KeeperPlan.model_validate_json(sys.argv[1])
    os.umask(0o077)
    logging.basicConfig(level=plan.log_level, format="%(asctime)s %(levelname)s keeper: %(message)s")
    keeper = Keeper(plan)
    die_with_parent(plan.parent_pid, signal.SIGTERM)
    keeper.run()


if __name__ == "__main__":
    main()
