"""Notices a worker that gives signs of life and does no work, as Celery's consumer has done after a lost connection.

Three lines of defence, each for what the one before lets through:
- kombu 5.7 itself drops a connection whose server keeps silent for longer than its own poll may take;
- here: messages wait, children are idle, and nothing begins. The consumer connects anew, then the worker is replaced
  (celery#8030, #8091, #10205);
- the switch: a main process that stands still can't even look. The kernel ends it, after its stack went to the log.
"""

import faulthandler
import logging
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from celery import Celery
from celery.worker import state

from config.queue import Queue

log = logging.getLogger(__name__)

#: Looks in a row, one for each pulse, at which nothing began. Looks, not seconds: a frozen worker did not look.
STALLED_LOOKS = 8
#: Times that the consumer connects anew before the worker is replaced.
RECONNECTS = 2
#: A pulse waits for Redis for 130 s at most (jobs/script.py, and kombu's retries of a message).
STANDSTILL_S = 300


class Stalled(ConnectionResetError):
    """The consumer takes nothing though there is work. Celery meets it as any lost connection: it connects anew."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at Celery's consumer shows."""

    begun: int  # jobs that children have begun so far
    idle: int  # children that have no job
    waiting: int  # jobs that wait for one: fetched, or messages in the queues that this worker takes from

    @classmethod
    def of(cls, app: Celery, children: int, messages: Mapping[Queue, int]) -> Self:
        """Look at this process' consumer. `messages`: those that wait in each queue."""
        active, fetched = len(state.active_requests), len(state.reserved_requests)
        # As remote control has it by now: a queue that an operator took from this worker is no work for it.
        served = sum(count for queue, count in messages.items() if queue in app.amqp.queues.consume_from)
        return cls(begun=state.all_total_count[0], idle=children - active, waiting=fetched - active + served)


class Liveness:
    """Looks at the consumer at each pulse."""

    def __init__(self, replace_worker: Callable[[str], None]) -> None:
        self._replace_worker = replace_worker
        self._begun = 0
        self._looks = 0
        self._reconnects = 0

    def look(self, sight: Sight) -> None:
        """Look once.

        Raises:
            Stalled: the consumer shall connect anew.
        """
        if sight.begun != self._begun:
            self._begun, self._looks, self._reconnects = sight.begun, 0, 0
        elif not (sight.idle and sight.waiting):
            self._looks = 0
        else:
            self._looks += 1
        if self._looks == STALLED_LOOKS:
            self._looks = 0
            self._mend(f"{sight.waiting} jobs wait, {sight.idle} children are idle, and nothing begins")

    def _mend(self, seen: str) -> None:
        self._reconnects += 1
        if self._reconnects > RECONNECTS:
            self._replace_worker(f"{seen}, though it connected anew {RECONNECTS} times")
            return
        log.warning("%s: the consumer connects anew.", seen, extra={"event": "node.stalled"})
        raise Stalled(seen)


def arm_switch(after_s: float = STANDSTILL_S) -> None:
    """Have the kernel end this process after so long, unless it is armed again or disarmed. Not inherited by a fork.

    The main thread's stack goes to standard error first, written by C: Python may stand still.
    """
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(round(after_s))


def disarm_switch() -> None:
    """Let the process stand still."""
    signal.alarm(0)
