"""The one Celery task: decode, call, feed the queues."""

from collections.abc import Callable

from celery import Celery

from config.queue import PROCESS_TASK
from jobs.contract import InboxJob, parse_message
from jobs.feed import feed
from workers import attempt, inbox
from workers.resources import Resources

#: How long after a job's start others that are due are begun without a message, which would cost more than a quick job
#: itself (docs/benchmarks.md). A page of real OCR takes longer: each such job has its own message. Short, since an
#: urgent message that comes now waits.
STAY_S = 1.0


def register(app: Celery, resources: Callable[[], Resources]) -> None:
    """Give the application its task. `resources` opens what a child needs on the first call."""

    @app.task(name=PROCESS_TASK)  # type: ignore[untyped-decorator]  # celery has no types
    def process(message: object) -> str:
        job, held = parse_message(message), resources()
        ended = inbox.register(job, held) if isinstance(job, InboxJob) else attempt.run(job, held, stay_s=STAY_S)
        feed(held.ledger, held.send)
        return ended
