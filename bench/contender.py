"""One way of asking a model, in a process of its own, so that its CPU seconds are its own; and what a run gave."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from bench.question import Question
from config.settings import Settings
from workers.llm.service import SLOTS_ON_CPU, SLOTS_ON_GPU, cpu_threads
from workers.machine.gpu import Gpu

ALL_LAYERS = 999


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all."""

    model_path: Path
    threads: int
    context_size: int
    in_flight: int
    gpu_layers: int
    max_tokens: int  # of a free answer

    @classmethod
    def on(cls, settings: Settings, model_path: Path, device: Gpu | None, max_tokens: int) -> Self:
        """As the product would run the model on that device, with all layers on a GPU."""
        return cls(
            model_path=model_path,
            threads=cpu_threads(settings),
            context_size=settings.context_size,
            in_flight=SLOTS_ON_GPU if device else SLOTS_ON_CPU,
            gpu_layers=ALL_LAYERS if device else 0,
            max_tokens=max_tokens,
        )


#: A token that was written, its logit, and by how much that was above the second best.
Step = tuple[int, float, float]


@dataclass(frozen=True, slots=True)
class Run:
    """One run over all questions."""

    wall_s: float
    cpu_s: float
    output_tokens: int
    texts: tuple[str, ...]
    facts: dict[str, float] = field(default_factory=dict)
    steps: tuple[tuple[Step, ...], ...] = ()


class Asker(Protocol):
    """A loaded model that answers; made in the process that uses it."""

    def run(self, questions: Sequence[Question], *, forced: bool) -> Run:
        """Answer all questions, from warm: the beginning that all share has been read."""
        ...


class Contender:
    """An asker in a process of its own, where `make` is called; questions and runs are pickled on their way."""

    def __init__(self, make: Callable[[], Asker]) -> None:
        self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _make, (make,))

    def run(self, questions: Sequence[Question], *, forced: bool) -> Run:
        """Have it answer."""
        return self._process.submit(_run, questions, forced).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.shutdown()


_askers: list[Asker] = []


def _make(make: Callable[[], Asker]) -> None:
    _askers.append(make())


def _run(questions: Sequence[Question], forced: bool) -> Run:
    return _askers[0].run(questions, forced=forced)
