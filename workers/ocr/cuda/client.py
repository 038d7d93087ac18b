"""The OCR process on a GPU as a child sees it: a network to call, which the CPU stands in for when the GPU can't."""

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

from workers.ocr.ask import Numbers
from workers.ocr.cuda.shapes import fill
from workers.ocr.cuda.wire import Answer, Ask, Stage, receive, receive_numbers, send

log = logging.getLogger(__name__)

#: Longest wait for an answer, loading anew included; then the page is read on the CPU.
ASK_TIMEOUT_S = 120.0
#: After a break that trying again did not mend, the CPU reads for so long.
REST_S = 30.0


class CudaRefused(Exception):
    """The GPU did not do it; the message says why, without a document's text."""


class CudaClient:
    """A child's connection, made at its first use and again after each break."""

    def __init__(self, socket_path: Path, timeout_s: float = ASK_TIMEOUT_S) -> None:
        self._socket_path = socket_path
        self._timeout_s = timeout_s
        self._connection: socket.socket | None = None
        self._rest_until = 0.0

    def run(self, stage: Stage, numbers: Numbers) -> Numbers:
        """Run a network.

        Raises:
            CudaRefused: it could not.
        """
        if time.monotonic() < self._rest_until:
            raise CudaRefused("it did not answer a moment ago")
        for last in (False, True):  # it may have been freed, or have ended, since the last page
            try:
                return self._run_once(stage, numbers)
            except (OSError, ValueError) as error:
                self.close()
                if last or isinstance(error, TimeoutError):
                    self._rest_until = time.monotonic() + REST_S
                    raise CudaRefused(f"{type(error).__name__}: {error}") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _run_once(self, stage: Stage, numbers: Numbers) -> Numbers:
        if self._connection is None:
            self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._connection.settimeout(self._timeout_s)
            self._connection.connect(str(self._socket_path))
        send(self._connection, Ask(stage=stage, shape=numbers.shape), numbers)
        answer = receive(self._connection, Answer)
        if answer.error:
            raise CudaRefused(answer.message)
        return receive_numbers(self._connection, answer.shape)


class OnGpu:
    """One network, on the GPU; where that refuses, on the CPU."""

    def __init__(self, client: CudaClient, stage: Stage, on_cpu: Callable[[Numbers], Numbers]) -> None:
        self._client = client
        self._stage = stage
        self._on_cpu = on_cpu

    def __call__(self, numbers: Numbers) -> Numbers:
        """Run it, lines in batches of the few shapes of a GPU."""
        try:
            return self._client.run(self._stage, fill(self._stage, numbers))[: len(numbers)]
        except CudaRefused as refused:
            log.warning("OCR goes on with the CPU for this page: %s", refused)
            return self._on_cpu(numbers)
