"""A question in flight: the units of work it breaks into, and where its answer goes."""

import time
from collections import deque
from concurrent.futures import Future

from workers.llm import Completion
from workers.llm.generation import Generation
from workers.llm.slot import Unit
from workers.llm.weighing import Weighing
from workers.llm.wire import CompleteRequest, ScoreRequest

Result = Completion | tuple[tuple[float, ...], ...]


class Request:
    """A question, from its arrival to its answer."""

    def __init__(self, asked: CompleteRequest | ScoreRequest) -> None:
        self.asked = asked
        self.future: Future[Result] = Future()
        self.deadline = time.monotonic() + asked.timeout_s
        self.units: list[Unit] = []
        self.waiting: deque[Unit] = deque()

    def break_into(self, units: list[Unit]) -> None:
        """Set the units; those with nothing to decode are done as they are."""
        self.units = units
        self.waiting.extend(unit for unit in units if not unit.done)

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.future.cancelled() or time.monotonic() > self.deadline

    @property
    def done(self) -> bool:
        """Whether every unit is done."""
        return all(unit.done for unit in self.units)

    def answer(self, result: Result | Exception) -> None:
        """Hand the answer to whoever waits; nobody may."""
        if not self.future.set_running_or_notify_cancel():
            return
        if isinstance(result, Exception):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)

    def scores(self) -> tuple[tuple[float, ...], ...]:
        """The scores of its choices, in order."""
        return tuple(tuple(unit.scores) for unit in self.units if isinstance(unit, Weighing))

    @property
    def generation(self) -> Generation | None:
        """The one unit of a question that is answered with text."""
        unit = self.units[0] if self.units else None
        return unit if isinstance(unit, Generation) else None
