"""Steps that tests of the ledger are written in."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from jobs.contract import Job, Queue, Recipe, Source
from jobs.lease import Pin
from jobs.ledger import Lease, Ledger
from jobs.result import Outcome

RECIPE = Recipe(engine="null")
PIN = Pin(fingerprint="0123456789abcdef", engine="null 1")
IDLE: dict[Queue, int] = {"urgent": 0, "backlog": 0}
SHORT_S = 0.4
MAX_ATTEMPTS = 3
T = TypeVar("T")


def source(name: str) -> Source:
    content = hashlib.sha256(name.encode()).hexdigest()
    return Source(document=content, name=f"scans/{name}.pdf", media_type="application/pdf", size_bytes=len(name))


def fill(ledger: Ledger, batch: str, *names: str, queue: Queue = "backlog") -> list[Source]:
    sources = [source(name) for name in names]
    ledger.create_batch(batch, RECIPE, queue)
    ledger.add(batch, sources)
    return sources


def take(ledger: Ledger, job: Job, node: str = "node-a") -> Lease:
    lease = ledger.take(job, node)
    assert lease is not None
    return lease


def take_next(ledger: Ledger, queue: Queue = "backlog") -> Lease:
    (job,) = ledger.dispatch(queue, 1)
    return take(ledger, job)


def done(lease: Lease, pages: int = 1) -> Outcome:
    return Outcome(document=lease.job.document, state="done", fingerprint="0123456789abcdef", pages=pages)


def fail(ledger: Ledger, lease: Lease, reason: str, log: tuple[str, ...] = ()) -> None:
    ledger.finish(lease, Outcome(document=lease.job.document, state="failed", reason=reason, log=log))


def until(look: Callable[[], T]) -> T:
    """Look again until there is something to see."""
    deadline = time.monotonic() + 10
    while not (seen := look()):
        assert time.monotonic() < deadline, "It did not happen within 10 s."
        time.sleep(0.01)
    return seen


def lapse(ledger: Ledger, *living: str) -> None:
    """Wait until the lease of a silent worker process has been taken from it. These nodes go on to give signs."""

    def look() -> int:
        for node in living:
            ledger.beat(node, 1)
        return ledger.reconcile(IDLE).lapsed

    until(look)


def racing(calls: list[Callable[[], T]]) -> list[T]:
    """Make all calls at the same moment."""
    barrier = Barrier(len(calls))

    def call(one: Callable[[], T]) -> T:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))
