"""The worker's pulse: tells the ledger that this node lives, brings lapsed jobs back, fills the queues."""

import logging
import sys
import time
from dataclasses import dataclass
from typing import Any, Protocol

from celery import Celery, bootsteps

from config.celery_app import waiting_messages
from config.queue import Queue
from jobs.errors import LedgerReadOnly, LedgerUnavailable, StoreUnavailable
from jobs.feed import feed
from jobs.ledger import Ledger
from jobs.store import Store
from workers.job.drain import Drain
from workers.job.outcome import tell
from workers.job.resources import Send
from workers.node.death import Deaths
from workers.node.liveness import STANDSTILL_S, Liveness, Sight, arm_switch, disarm_switch
from workers.node.namesake import Namesake
from workers.node.recycling import Recycling

log = logging.getLogger(__name__)

#: How often each worker looks; the ledger lets one of them reconcile at a time.
PULSE_S = 2.0


class Revivable(Protocol):
    """The engine's side of the pulse."""

    def revive(self) -> None:
        """Start the keeper if something has killed it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What a worker does every two seconds, in its main process."""

    app: Celery
    ledger: Ledger
    store: Store
    send: Send
    engine: Revivable
    deaths: Deaths
    recycling: Recycling
    liveness: Liveness
    namesake: Namesake
    drain: Drain
    node: str
    concurrency: int
    drain_timeout_s: float

    def beat(self) -> None:
        """Beat once; Redis being away is no reason to stop.

        Raises:
            Stalled: the consumer shall connect anew.
        """
        if self.drain.begun:  # a second Ctrl-C comes before `stop`, and Celery's pool then fires timers from a thread
            return
        arm_switch()
        self.engine.revive()
        self.recycling.look()
        if (messages := self._try_to_reconcile()) is not None:
            self.liveness.look(Sight.of(self.app, self.concurrency, messages))

    def _try_to_reconcile(self) -> dict[Queue, int] | None:
        try:
            return self._reconcile()
        except (LedgerUnavailable, StoreUnavailable, *self.app.connection_for_read().connection_errors) as error:
            log.warning("No pulse: %s", error, extra={"event": "node.no_pulse"})
            return None

    def stop(self) -> None:
        """Stop beating: the connection was lost, or the worker drains."""
        disarm_switch()
        refused = self.app.connection_for_read().channel_errors
        if isinstance(sys.exception(), refused):  # Celery calls while it handles it
            self._wait_for_writes()
        if self.drain.begun:
            self._last()

    def _wait_for_writes(self) -> None:
        """Wait while Redis takes no writes, as where its memory is full: Celery alone tries five times a second."""
        while not self.drain.begun:
            try:
                self._show_life()
            except LedgerReadOnly as error:
                log.warning("Waits: %s", error, extra={"event": "node.waits"})
                time.sleep(PULSE_S)
            except LedgerUnavailable:  # for that Celery waits
                return
            else:
                return

    def _last(self) -> None:
        """Beat a last time, for as long as pages in flight may take: the node drains, and takes no more jobs."""
        arm_switch(self.drain_timeout_s + STANDSTILL_S)
        try:
            self.ledger.beat(self.node, 0, {"state": "draining"}, lasts_s=self.drain_timeout_s)
        except LedgerUnavailable as error:
            log.warning("No last pulse: %s", error, extra={"event": "node.no_pulse"})

    def _show_life(self) -> None:
        told = self.ledger.beat(self.node, self.concurrency, {"run": self.namesake.run})
        self.namesake.look(told.get("run", ""))
        self.ledger.check_writes()  # before kombu meets what is wrong, and says less of it

    def _reconcile(self) -> dict[Queue, int]:
        """Returns the messages that wait in each queue."""
        self._show_life()
        self.deaths.tell(self.ledger)
        messages = waiting_messages(self.app)
        found = self.ledger.reconcile(messages)
        if found.lapsed or found.lost:
            log.info(
                "Brought back %d jobs whose worker went silent and %d whose message was lost.",
                found.lapsed,
                found.lost,
                extra={"event": "jobs.brought_back"},
            )
        tell(self.store, self.ledger, found.untold)  # their workers died before they could
        feed(self.ledger, self.send)
        return messages


def install_pulse(pulse: Pulse) -> None:
    """Tie the pulse to the consumer of the worker's main process.

    It runs on the consumer's timer, not in a thread: Celery forks its children from this process at any time.
    """

    class PulseStep(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:  # noqa: ANN401
            pulse.beat()
            self.timer = parent.timer.call_repeatedly(PULSE_S, pulse.beat)

        def stop(self, parent: object) -> None:
            if timer := getattr(self, "timer", None):
                timer.cancel()
            pulse.stop()

    pulse.app.steps["consumer"].add(PulseStep)
