"""Asks running workers, over Celery's remote control: to free their model, to drain."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from kombu.exceptions import OperationalError

from config.celery_app import make_app
from config.settings import Settings
from jobs.errors import LedgerUnavailable, UsageError
from jobs.ledger import Ledger

#: Longest wait for a worker's answer; freeing a model takes a second or two.
ANSWER_TIMEOUT_S = 15.0
#: ... and for its sign of life. A start waits so long where a worker of its name was killed half a minute ago or less.
PING_TIMEOUT_S = 1.0
POLL_S = 0.5

Answer = Mapping[str, Any]


def ask(settings: Settings, command: str, host: str | None) -> dict[str, Answer]:
    """Send a command to one worker, or to all that live, and gather their answers by name.

    Raises:
        UsageError: no worker of that name lives, or none does.
        LedgerUnavailable: Redis does not answer, or carries no commands.
    """
    living = set(Ledger.of(settings).nodes())
    asked = living & {host} if host else living
    if not asked:
        there_are = f"There are: {', '.join(sorted(living))}." if living else "To start one: ocrfleet-worker run"
        raise UsageError(f"No worker {f'{host} ' if host else ''}is running. {there_are}")
    return _broadcast(settings, command, sorted(asked), ANSWER_TIMEOUT_S)


def answers(settings: Settings, name: str) -> bool:
    """Tell whether a worker of this name lives: what a killed one left in Redis gives no answer.

    Raises:
        LedgerUnavailable: Redis carries no commands.
    """
    return bool(_broadcast(settings, "ping", [name], PING_TIMEOUT_S))


def _broadcast(settings: Settings, command: str, names: list[str], timeout_s: float) -> dict[str, Answer]:
    app = make_app(settings)
    redis = app.connection_for_write()
    try:
        replies = app.control.broadcast(command, destination=names, reply=True, timeout=timeout_s, limit=len(names))
    except (OperationalError, *redis.connection_errors, *redis.channel_errors):
        raise LedgerUnavailable("Redis carries no commands to workers. See: ocrfleet-worker doctor") from None
    return {name: answer for reply in replies or () for name, answer in reply.items()}


def drain(settings: Settings, host: str | None, timeout_s: float) -> Iterator[tuple[str, bool]]:
    """Have workers finish or hand back what they hold, free the GPU and end. Yields each one's name as it has gone.

    The second value is False for those that were still there when the time was up.

    Raises:
        UsageError: no such worker.
    """
    draining = set(ask(settings, "drain", host))
    ledger, deadline = Ledger.of(settings), time.monotonic() + timeout_s
    while draining and time.monotonic() < deadline:
        gone = draining - set(ledger.nodes())
        yield from ((name, True) for name in sorted(gone))
        draining -= gone
        time.sleep(POLL_S if draining else 0)
    yield from ((name, False) for name in sorted(draining))
