"""Keeps the lease of the job in hand alive, from a thread of the child that works on it."""

import logging
import threading
from types import TracebackType
from typing import Self

from jobs.errors import LeaseLost, LedgerUnavailable
from jobs.ledger import Lease, Ledger

log = logging.getLogger(__name__)


class Heartbeat:
    """Renews a lease while the context is open. The child lives, so the lease lives; the child dies, so it lapses.

    A soft stop freezes the worker's main process, not its children, so the beat goes on through it.
    """

    def __init__(self, ledger: Ledger, lease: Lease, interval_s: float) -> None:
        self._ledger = ledger
        self._lease = lease
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def check(self) -> None:
        """Raise LeaseLost once the lease went to another worker or the batch was cancelled."""
        if self._lost.is_set():
            raise LeaseLost

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=self._interval_s)

    def _beat(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self._ledger.renew(self._lease)
            except LeaseLost:
                self._lost.set()
                return
            except LedgerUnavailable as error:
                # Redis may be back before the lease lapses; if not, the next write is fenced.
                log.warning("Can't renew the lease: %s", error, extra={"event": "lease.unrenewed"})
