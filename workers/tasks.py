"""The one Celery task: decode, call, feed the queues."""

import logging
import time
from collections.abc import Callable

from celery import Celery
from celery.exceptions import Reject
from kombu.exceptions import OperationalError

from config.queue import PROCESS_TASK
from jobs.contract import InboxJob, parse_message
from jobs.errors import LedgerUnavailable, RetryableError
from jobs.feed import feed
from workers.job import attempt, inbox
from workers.job.resources import Resources

log = logging.getLogger(__name__)

#: How long after a job's start others that are due are begun without a message, which would cost more than a quick job
#: itself (docs/benchmarks.md). A page of real OCR takes longer: each such job has its own message. Short, since an
#: urgent message that comes now waits.
STAY_S = 1.0


def register(app: Celery, resources: Callable[[], Resources]) -> None:
    """Give the application its task. `resources` opens what a child needs on the first call."""

    @app.task(name=PROCESS_TASK)  # type: ignore[untyped-decorator]  # celery has no types
    def process(message: object) -> str:
        job, held = parse_message(message), resources()
        try:
            ended = _register(job, held) if isinstance(job, InboxJob) else attempt.run(job, held, stay_s=STAY_S)
            feed(held.ledger, held.send)
        except (LedgerUnavailable, OperationalError) as error:  # what is due is sent by a pulse, once Redis is back
            log.warning("Ends a message: %s", error, extra={"event": "message.ended"})
            return "Redis is away"
        return ended


def _register(job: InboxJob, held: Resources) -> str:
    """Until the ledger has the document, all that there is of it is the message: it outlives an outage."""
    try:
        return inbox.register(job, held)
    except RetryableError as error:
        log.warning("Hands a message back: %s", error.reason, extra={"event": "message.handed_back"})
        time.sleep(attempt.OUTAGE_WAIT_S)
        raise Reject(error.reason, requeue=True) from None
