"""One attempt at one job: take the lease, do the work, and tell the ledger how it ended."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from jobs.contract import Job
from jobs.errors import LeaseLost, LedgerUnavailable, PermanentError, RetryableError, StoreUnavailable
from jobs.lease import Untold
from jobs.ledger import Lease
from jobs.result import Outcome
from workers.job.backoff import backoff_s
from workers.job.defect import describe, trace
from workers.job.heartbeat import Heartbeat
from workers.job.outcome import tell
from workers.job.resources import Resources
from workers.job.work import Work

log = logging.getLogger(__name__)

#: Wait while the engine, the store or Redis is away; such a wait costs the document no attempt.
OUTAGE_WAIT_S = 5.0
WAITS_FOR_STORE = "waits for the store"
#: Between two tries to say how an attempt ended.
TELL_AGAIN_S = 1.0


def run(job: Job, resources: Resources, *, stay_s: float = 0) -> str:
    """Attempt a job; then those that are due next in its queue, as long as they begin within `stay_s` of the first.

    Returns how it ended, or they, for the log and for Flower: `done`, or `12 done, 1 failed`.
    """
    lease = resources.ledger.take(job, resources.node)
    if lease is None:
        return "stepped aside"
    stay_until = time.monotonic() + stay_s
    try:
        ended = [_attempt(lease, resources)]
        while time.monotonic() < stay_until and not resources.drain.begun:
            another = resources.ledger.take_next(lease.queue, resources.node)
            if another is None:
                break
            ended.append(_attempt(another, resources))
    finally:
        _tell_store(resources)
    return ended[0] if len(ended) == 1 else ", ".join(f"{count} {how}" for how, count in Counter(ended).items())


def _tell_store(resources: Resources) -> None:
    """Once for all that has ended. What the store can't be told now it hears from a pulse."""
    untold, resources.untold = resources.untold, []
    try:
        tell(resources.store, resources.ledger, untold)
    except RetryableError as error:
        log.warning("The store hears later how documents ended: %s", error, extra={"event": "job.untold"})


def _attempt(lease: Lease, resources: Resources) -> str:
    job = lease.job
    extra = {"batch": job.batch, "document": job.document[:12], "part": job.part, "attempt": lease.attempt}
    resources.note.begin(lease)
    try:
        with Heartbeat(resources.ledger, lease, resources.settings.lease_s / 3) as heartbeat:
            ended = _run_leased(lease, resources, heartbeat)
    finally:
        resources.note.end()
    log.info("Job %s.", ended, extra={"event": "job.ended", "state": ended, **extra})
    if ended == WAITS_FOR_STORE:
        _pause(resources)
    return ended


def _pause(resources: Resources) -> None:
    """Take nothing for a while. Where only this node lacks the store, it would be the first to take each job."""
    until = time.monotonic() + OUTAGE_WAIT_S
    while time.monotonic() < until and not resources.drain.begun:
        time.sleep(min(OUTAGE_WAIT_S, 0.1))


def _run_leased(lease: Lease, resources: Resources, heartbeat: Heartbeat) -> str:
    """Work under the lease and map every way to end to the ledger."""
    try:
        return _work(lease, resources, heartbeat)
    except LeaseLost:
        return _step_back(lease, resources)
    except PermanentError as error:
        report = partial(_fail, lease, resources, error.reason)
    except RetryableError as error:
        report = partial(_wait, lease, resources, error)
    except (SystemExit, KeyboardInterrupt):  # a cold stop: the document is not to blame
        with suppress(LeaseLost, LedgerUnavailable):  # it lapses, then
            resources.ledger.give_back(lease)
        raise
    except Exception as error:  # noqa: BLE001 - a defect of ours or a library's costs an attempt, not the worker
        log.warning("%s", trace(error), extra={"event": "job.error"})
        report = partial(_retry_or_fail, lease, resources, describe(error))
    # Not in the handler: an error that Celery logs from there would show the document's, which may quote it.
    return _report(report, lease, resources)


def _report(report: Callable[[], str], lease: Lease, resources: Resources) -> str:
    """Say how the attempt ended, as soon as ledger and store are there to hear it: an outage costs no attempt."""
    while True:
        try:
            return report()
        except LeaseLost:
            return _step_back(lease, resources)
        except RetryableError as error:
            if resources.drain.begun:
                raise
            log.warning("Waits to say how a job ended: %s", error, extra={"event": "job.untold"})
            time.sleep(TELL_AGAIN_S)


def _work(lease: Lease, resources: Resources, heartbeat: Heartbeat) -> str:
    done = Work(lease, resources, heartbeat).do()
    return done if isinstance(done, str) else _end(lease, resources, Outcome.done(done))


def _fail(lease: Lease, resources: Resources, reason: str) -> str:
    outcome = Outcome(
        document=lease.job.document,
        state="failed",
        reason=reason,
        attempts=lease.attempt,
        node=lease.node,
        log=resources.note.log,
    )
    return _end(lease, resources, outcome)


def _end(lease: Lease, resources: Resources, outcome: Outcome) -> str:
    """The ledger first: it refuses whoever lost the lease. The store is told next."""
    resources.ledger.finish(lease, outcome)
    resources.untold.append(Untold(batch=lease.job.batch, outcome=outcome))
    return outcome.state


def _step_back(lease: Lease, resources: Resources) -> str:
    """Leave the job to who has it now. A document that was deleted meanwhile leaves no page that was written since."""
    with suppress(StoreUnavailable):
        if not resources.store.has_document(lease.job.document):
            resources.store.delete_all_results(lease.job.document)
    return "lost its lease"


def _wait(lease: Lease, resources: Resources, error: RetryableError) -> str:
    log.info("Hands a job back: %s", error.reason, extra={"event": "job.handed_back"})
    resources.ledger.retry_later(lease, error.reason, OUTAGE_WAIT_S * (1 + random.random()), counted=False)
    return WAITS_FOR_STORE if isinstance(error, StoreUnavailable) else "waits"


def _retry_or_fail(lease: Lease, resources: Resources, reason: str) -> str:
    if lease.attempt >= resources.settings.max_attempts:
        return _fail(lease, resources, reason)
    resources.ledger.retry_later(lease, reason, backoff_s(lease.attempt), log=resources.note.log)
    return "waits for another attempt"
