"""How far something long has come: a bar with rate and time left on a terminal, plain lines otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from producer.terminal.console import console, say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: A log file wants a line now and then, not a moving bar.
PLAIN_INTERVAL_S = 5.0


class Meter(Protocol):
    """Shows how much is done."""

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how many are done, of how many where that is known by now."""
        ...


@contextmanager
def progress(title: str, unit: str, total: int | None = None) -> Iterator[Meter]:
    """Show the progress of `title`, counted in `unit`, on standard error."""
    err = console(stderr=True)
    if not err.is_terminal:
        yield _Lines(title, unit, total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    note = TextColumn("{task.fields[note]}", style="dim")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        rate,
        TimeRemainingColumn(),
        note,
        console=err,
    ) as bar:
        yield _Bar(bar, bar.add_task(title, total=total, rate="", note=""), unit)


class _Pace:
    """The rate since the start of this command: what was done before it does not count."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._first: int | None = None

    def rate(self, done: int) -> float:
        """Units per second."""
        if self._first is None:
            self._first = done
        return (done - self._first) / max(time.monotonic() - self._started_s, 1e-6)


def pace(rate: float) -> str:
    """Put a rate in words: a slow one by the minute, so that it is not 0.0."""
    return f"{rate:,.1f}/s" if rate >= 1 else f"{60 * rate:,.1f}/min"


class _Bar:
    def __init__(self, bar: "Progress", task: "TaskID", unit: str) -> None:
        self._bar = bar
        self._task = task
        self._unit = unit
        self._pace = _Pace()

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        rate = pace(self._pace.rate(done))
        self._bar.update(self._task, completed=done, total=total, rate=rate, note=note)


class _Lines:
    def __init__(self, title: str, unit: str, total: int | None) -> None:
        self._title = title
        self._unit = unit
        self._total = total
        self._pace = _Pace()
        self._said_s = time.monotonic()

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        self._total = total if total is not None else self._total
        rate = self._pace.rate(done)
        if time.monotonic() - self._said_s < PLAIN_INTERVAL_S:
            return
        self._said_s = time.monotonic()
        parts = [f"{done:,}{f' of {self._total:,}' if self._total is not None else ''} {self._unit}", pace(rate)]
        if self._total is not None and rate > 0:
            parts.append(f"{(self._total - done) / rate:,.0f} s left")
        say(f"{self._title}: {', '.join([*parts, *([note] if note else [])])}")
