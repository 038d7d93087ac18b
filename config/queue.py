"""The queues of the fleet and the one task that goes through them, as producers, workers and Celery know them."""

from typing import Literal, get_args

Queue = Literal["urgent", "backlog"]
#: In the order in which a worker prefers them.
QUEUES: tuple[Queue, ...] = get_args(Queue)
#: Name of the one Celery task.
PROCESS_TASK = "ocrfleet.process"
