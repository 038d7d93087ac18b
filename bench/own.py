"""Ours: the engine itself, stepped in this process, with its features on or off."""

import dataclasses
import logging
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.contender import Run, Setting, Step
from bench.naive import LONGEST_ANSWER
from bench.question import Question
from workers.llm import Completion, slot
from workers.llm.engine import Engine
from workers.llm.generation import Generation
from workers.llm.lane import Lane, Shared
from workers.llm.plan import EnginePlan
from workers.llm.request import Result
from workers.llm.wire import CompleteRequest

NEVER = 1 << 30
#: What each slot writes before it is timed: a worker's model does not copy at one moment and write freely at the next.
WARM_TOKENS = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Features:
    """What of the engine is on."""

    drafts: bool = True
    sharing: bool = True  # of what prompts begin with
    together: bool = True  # several questions in one decode


class Own:
    """Our engine."""

    def __init__(self, setting: Setting, features: Features) -> None:
        self._setting, self._features = setting, features
        if not features.sharing:
            slot.WORTH_SHARING = NEVER
        self._watch = _Watch()
        self._engine = Engine(
            plan(setting, slots=setting.in_flight if features.together else 1),
            lambda shared: _WatchedLane(shared, self._watch),
        )
        self._lanes = self._engine.start()

    def run(self, questions: Sequence[Question], *, forced: bool) -> Run:
        """Answer all, as many at once as the engine has slots."""
        self._ask([questions[-1]] * self._engine.plan.slots, forced=forced, max_tokens=WARM_TOKENS)
        before = dataclasses.asdict(self._engine.tally)
        wall, cpu = time.perf_counter(), time.process_time()
        max_tokens = LONGEST_ANSWER if forced else self._setting.max_tokens
        written = self._ask(questions, forced=forced, max_tokens=max_tokens)
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        facts = {key: value - before[key] for key, value in dataclasses.asdict(self._engine.tally).items()}
        facts["overruled_tokens"] = sum(each.overruled for each in self._watch.written.values())
        texts, steps = zip(*written, strict=True)
        return Run(wall_s, cpu_s, int(facts["output_tokens"]), texts, facts, steps)

    def _ask(
        self, questions: Sequence[Question], *, forced: bool, max_tokens: int
    ) -> list[tuple[str, tuple[Step, ...]]]:
        watch = self._watch
        watch.forced, watch.written = [each.truth if forced else None for each in questions], {}
        futures = [
            self._engine.submit(
                CompleteRequest(
                    id=number,
                    messages=each.messages,
                    draft=each.draft if self._features.drafts else "",
                    max_tokens=max_tokens,
                    timeout_s=NEVER,
                )
            )
            for number, each in enumerate(questions)
        ]
        answers = [self._answer(future) for future in futures]
        return [
            (answer.text, tuple(watch.written[number].steps))
            for number, answer in enumerate(answers)
            if isinstance(answer, Completion)
        ]

    def _answer(self, asked: "Future[Result]") -> Result:
        """Wait for it, but not longer than the lanes live."""
        futures: list[Future[Any]] = [asked, *self._lanes]
        for first in wait(futures, return_when=FIRST_COMPLETED).done:
            first.result()
        return asked.result()


def plan(setting: Setting, slots: int) -> EnginePlan:
    """Plan an engine that nobody connects to."""
    return EnginePlan(
        model_path=setting.model_path,
        model="",
        model_sha256="",
        gpu_layers=setting.gpu_layers,
        context_size=setting.context_size,
        slots=slots,
        cache_type="f16",
        threads=setting.threads,
        idle_s=0,
        answers_kept=0,
        cpu_extras=True,
        listen_fd=-1,
        status_fd=-1,
        keeper_pid=0,
        log_level=logging.WARNING,
    )


@dataclasses.dataclass(slots=True)
class _Watch:
    """What answers are forced to, and what was kept of them; by their numbers."""

    forced: list[str | None] = dataclasses.field(default_factory=list)
    written: dict[int, "_Watched"] = dataclasses.field(default_factory=dict)


class _WatchedLane(Lane):
    """A lane with answers that may be forced, and whose tokens' likelihoods are kept."""

    def __init__(self, shared: Shared, watch: _Watch) -> None:
        super().__init__(shared)
        self._watch = watch

    def _generation(self, asked: CompleteRequest) -> Generation:
        text = self._watch.forced[asked.id]
        forced = None if text is None else [*self.model.tokenize(text), self._end]
        watched = _Watched(super()._generation(asked), forced)
        self._watch.written[asked.id] = watched
        return watched

    @cached_property
    def _end(self) -> int:
        return next(token for token in range(self.model.vocabulary_size) if self.model.ends(token))


class _Watched(Generation):
    """An answer that keeps what each token was chosen over, and that tokens may be forced upon."""

    def __init__(self, plain: Generation, forced: list[int] | None) -> None:
        super().__init__(plain.prompt, plain.max_tokens, plain.drafter, plain.ends)
        self.forced = forced
        self.overruled = 0
        self.steps: list[Step] = []

    def choose(self, likeliest: int, logits: NDArray[np.float32]) -> int:
        if self.forced is not None:
            token = self.forced[len(self.answer)]
            self.overruled += token != likeliest
            return token
        best, logits[likeliest] = float(logits[likeliest]), -np.inf
        self.steps.append((likeliest, best, best - float(logits.max())))
        return likeliest
