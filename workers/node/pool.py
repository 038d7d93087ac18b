"""Celery's prefork pool with two things of ours: children that renew themselves, and a parent that hears how they end.

Celery's own bounds count tasks, where a job may have many pages, and a child's highest memory, where one huge page
is no leak (billiard's mem_rss is ru_maxrss). A child that has done enough ends between two jobs, as after Celery's
max_tasks_per_child: a job that was sent to it and not begun goes to another.
"""

import sys
from collections.abc import Callable
from typing import Any

from billiard.pool import EX_RECYCLE
from celery.concurrency import asynpool, prefork


def make_pool(*, is_spent: Callable[[], bool], on_exit: Callable[[int, int], None]) -> type[prefork.TaskPool]:
    """Make the pool's class.

    Args:
        is_spent: asked in the child between two jobs: whether it shall be replaced.
        on_exit: called in the parent with the process id and exit status (negative: a signal) of a child that ended.
    """

    class Child(asynpool.Worker):  # type: ignore[misc]  # celery has no types
        def _make_child_methods(self, *arguments: Any) -> None:  # noqa: ANN401
            super()._make_child_methods(*arguments)
            wait: Callable[[], object] = self.wait_for_job  # type: ignore[has-type]

            def wait_unless_spent() -> object:
                if is_spent():
                    sys.exit(EX_RECYCLE)
                return wait()

            self.wait_for_job = wait_unless_spent

    class Pool(asynpool.AsynPool):  # type: ignore[misc]
        Worker = Child

        def process_flush_queues(self, proc: Any) -> None:  # noqa: ANN401
            """Also called for each child that has ended, while it is still known."""
            super().process_flush_queues(proc)
            if proc.exitcode is not None:
                on_exit(proc.pid, proc.exitcode)

    class TaskPool(prefork.TaskPool):  # type: ignore[misc]
        pass

    TaskPool.Pool = Pool
    return TaskPool
