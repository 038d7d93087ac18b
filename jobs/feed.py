"""Fills the queues from the ledger: a bounded window of messages, however long the backlog is."""

from collections.abc import Callable, Mapping
from typing import Any

from jobs.ledger import Ledger


def feed(ledger: Ledger, send: Callable[[str, Mapping[str, Any]], None]) -> int:
    """Send due jobs while there is room in the window. Returns how many were sent.

    Called by whoever submits or finishes a job, and by the pulse. A message that is lost between
    here and a worker is due again when a pulse finds the queue empty.
    """
    jobs = ledger.refill()
    for queue, job in jobs:
        send(queue, job.model_dump())
    return len(jobs)
