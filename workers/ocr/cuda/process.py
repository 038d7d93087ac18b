"""The OCR process on a GPU: loads the networks, says that it is ready, and answers the children of its worker.

A thread for each child moves numbers; one for all runs the networks. The process ends by `os._exit`, as the engine
does: the kernel gives its GPU memory back at once, and native destructors can't hang it.
"""

import contextlib
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time

from jobs.errors import OcrUnavailable
from workers.machine.parent import die_with_parent
from workers.ocr.cuda.networks import Networks
from workers.ocr.cuda.provider import load_libraries
from workers.ocr.cuda.session import OutOfMemory
from workers.ocr.cuda.wire import EXIT_IDLE, Answer, Ask, CudaPlan, receive, receive_numbers, send

log = logging.getLogger(__name__)

EXIT_FAILED = 6
#: How often the process looks whether it has been idle for too long.
LOOK_S = 1.0


class CudaServer:
    """Accepts children, each with a thread of its own."""

    def __init__(self, networks: Networks, listener: socket.socket, idle_s: float) -> None:
        self._networks = networks
        self._listener = listener
        self._idle_s = idle_s
        self._asked_at = time.monotonic()
        self._lacks_memory = False

    def run(self) -> None:
        """Serve until nobody has asked to read for `idle_s`.

        Raises:
            OutOfMemory: not even one line or page found memory. Only a new process is sure to have it all back.
        """
        self._listener.settimeout(LOOK_S)
        while not self._idle_s or time.monotonic() - self._asked_at < self._idle_s:
            if self._lacks_memory:
                raise OutOfMemory
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(None)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                while True:
                    self._answer(connection, receive(connection, Ask))
        except ConnectionError:
            pass  # the child has ended
        except ValueError as error:
            log.warning("Somebody asked for what is no page: %s", error)

    def _answer(self, connection: socket.socket, ask: Ask) -> None:
        if ask.stage == "facts":
            send(connection, self._networks.facts())
            return
        self._asked_at = time.monotonic()
        numbers = receive_numbers(connection, ask.shape)
        try:
            answer = self._networks.run(ask.stage, numbers)
        except OutOfMemory:
            send(connection, Answer(error="memory", message="GPU memory lacks, even for the smallest batch"))
            self._lacks_memory = True
        except Exception as error:  # noqa: BLE001 - onnxruntime's: what one page does to it must not cost the others
            log.warning("The network %s failed at numbers of %s: %s", ask.stage, ask.shape, type(error).__name__)
            send(connection, Answer(error="failed", message=f"{type(error).__name__}: {error}"))
        else:
            send(connection, Answer(shape=answer.shape), answer)
        self._asked_at = time.monotonic()


def main() -> None:
    """Read the plan from the command line, load, serve, end."""
    plan = CudaPlan.model_validate_json(sys.argv[1])
    die_with_parent(plan.parent_pid, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold pages
    logging.basicConfig(level=plan.log_level, format="%(asctime)s %(levelname)s ocr on GPU: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal must not end it before the drain has
    os._exit(_run(plan))


def _run(plan: CudaPlan) -> int:
    try:
        load_libraries()
        networks = Networks(plan)
        log.info("ready after %.1f s", networks.facts().load_s)
        CudaServer(networks, socket.socket(fileno=plan.listen_fd), plan.idle_s).run()
    except OutOfMemory:
        return _fail("GPU memory lacks. Lower OCRFLEET_OCR_GPU_MIB, or set OCRFLEET_OCR_DEVICE=cpu.")
    except OcrUnavailable as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001 - whatever a driver or a library raises is told to the worker
        return _fail(f"{type(error).__name__}: {error}")
    log.info("ended: idle")
    return EXIT_IDLE


def _fail(why: str) -> int:
    """The last line of stdout, which the worker reads: why this process is of no use."""
    sys.stdout.write(why.replace("\n", " ") + "\n")
    sys.stdout.flush()
    return EXIT_FAILED


if __name__ == "__main__":
    main()
