"""The one Celery task: decode, call, feed the queues."""

from collections.abc import Callable

from celery import Celery

from jobs.contract import PROCESS_TASK, InboxJob, parse_message
from jobs.feed import feed
from workers import attempt, inbox
from workers.resources import Resources


def register(app: Celery, resources: Callable[[], Resources]) -> None:
    """Give the application its task. `resources` opens what a child needs on the first call."""

    @app.task(name=PROCESS_TASK)  # type: ignore[untyped-decorator]  # celery has no types
    def process(message: object) -> str:
        job, held = parse_message(message), resources()
        ended = inbox.register(job, held) if isinstance(job, InboxJob) else attempt.run(job, held)
        feed(held.ledger, held.send)
        return ended
