"""A lane of the engine: one context of the model, and the pages that are decoded together in it.

Each step runs one decode over rows of as many units as there are slots: prompts being read, answers being written
with their drafts, candidates being weighed. Units join and leave at any step, and share the beginnings of their
prompts in the KV cache. Everything here belongs to the thread that calls `run`.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from jobs.errors import EngineUnavailable, ModelError
from workers.llm import Choice, Completion, RequestTooLong
from workers.llm.draft import Drafter, Habits
from workers.llm.generation import Generation
from workers.llm.native import Context, Logits, Model
from workers.llm.plan import EnginePlan
from workers.llm.request import Request
from workers.llm.request_queue import RequestQueue
from workers.llm.row import Room, Row
from workers.llm.row_cost import RowCost
from workers.llm.slot import Place, Slot, Unit, as_tokens, find_place
from workers.llm.tally import Stopwatch, Tally
from workers.llm.weighing import Weighing
from workers.llm.wire import CompleteRequest, ScoreRequest

#: Rows of one decode, and how many of them may want logits: a row of logits takes up to 600 KiB.
ROWS = 512
OUTPUTS_ON_CPU, OUTPUTS_ON_GPU = 256, 512
#: Sequences for the rests of candidates, beside the slots, and the most tokens of one such rest.
BRANCHES, LONGEST_BRANCH = 16, 192
#: Sizes of decodes that are run before the first page, largest first: on a GPU buffers grow with the largest.
WARM_UP_ON_CPU, WARM_UP_ON_GPU = (16, 8, 4, 2, 1), (ROWS, 64, 32, 16, 8, 4, 2, 1)

#: Rows whose logits are looked through at a time.
LOOK = 8

Part = tuple[Slot, Unit, list[Row]]


class Shared(NamedTuple):
    """What all lanes of an engine have in common."""

    plan: EnginePlan
    model: Model
    requests: RequestQueue
    decoding: Stopwatch
    habits: Habits  # two lanes that learn at the same moment may lose what one of them did: a guess among hundreds
    map: Callable[..., Iterator[Any]]  # as the built-in one, perhaps by several threads


class Lane:
    """One context and its slots.

    Raises:
        ModelError, OutOfMemory: it can't be made.
    """

    def __init__(self, shared: Shared) -> None:
        self.plan, self.model = shared.plan, shared.model
        self.tally = Tally()
        self._queue, self._decoding, self._map = shared.requests, shared.decoding, shared.map
        self._outputs = OUTPUTS_ON_GPU if self.plan.gpu_layers else OUTPUTS_ON_CPU
        slots = self.plan.slots_of_lane
        self.context = Context(
            self.model,
            cells=self.plan.cells_of_lane,
            sequences=slots + BRANCHES,
            rows=ROWS,
            outputs=self._outputs,
            threads=self.plan.threads,
            gpu=self.plan.gpu_layers > 0,
            cache_type=self.plan.cache_type,
        )
        self._slots = [Slot(sequence) for sequence in range(slots)]
        self._branches = range(slots, slots + BRANCHES)
        self._requests: deque[Request] = deque()
        self._waiting: deque[Request] = deque()  # those of which units wait for a slot, next in turn first
        # On a CPU that others use, too, wall time says little of what a row costs: drafts came out a third shorter.
        self._clock = time.perf_counter if self.plan.gpu_layers else time.process_time
        self._cost = RowCost()
        self._habits = shared.habits
        self._warm_up()

    def run(self) -> None:
        """Answer until the process ends."""
        while True:
            self.step()

    def step(self) -> None:
        """Take what waits, run one decode, hand out what is answered. Waits where nothing is in flight."""
        self._receive()
        self._drop_abandoned()
        self._admit()
        self._decode()
        self._deliver()

    def _warm_up(self) -> None:
        """Run rows of which nothing is kept: what crashes or lacks memory shall do so before a page is in hand.

        Each size twice, since the first decode of its kind also prepares; the second tells what it costs. Without
        that, a second row is thought to be nearly free where none of one row was ever run, and drafted in vain.
        """
        for count in WARM_UP_ON_GPU if self.plan.gpu_layers else WARM_UP_ON_CPU:
            rows = [Row(0, place, 0, place < self._outputs) for place in range(min(count, self.model.context_size))]
            for _ in range(2):
                started = self._clock()
                self.context.decode(rows)
                took = self._clock() - started
                self.context.forget(0)
            self._cost.observe(len(rows), took)

    def _receive(self) -> None:
        for request in self._queue.take(len(self._slots) - len(self._requests), idle=not self._requests):
            self.tally.requests += 1
            try:
                request.break_into(self._units(request.asked))
            except (RequestTooLong, ModelError) as error:
                request.answer(error)
            else:
                self._requests.append(request)
                self._waiting.append(request)

    def _units(self, asked: CompleteRequest | ScoreRequest) -> list[Unit]:
        if isinstance(asked, ScoreRequest):
            return [self._weighing(choice) for choice in asked.choices]
        generation = self._generation(asked)
        self._check(generation.cells)
        return [generation]

    def _generation(self, asked: CompleteRequest) -> Generation:
        prompt = self.model.chat(asked.messages)
        drafter = Drafter(asked.draft, self.model.tokenize, self.model.piece, self._habits, prompt)
        return Generation(prompt, asked.max_tokens, drafter, self.model.ends)

    def _weighing(self, choice: Choice) -> Weighing:
        begun = self.model.wants_first_token or not choice.context  # the first token counts, so something precedes it
        first = self.model.first_token if begun else []
        context, *together = [
            first + self.model.tokenize(choice.context + candidate) for candidate in ("", *choice.candidates)
        ]
        unit = Weighing(context, together)
        if unit.longest_branch > LONGEST_BRANCH:
            raise RequestTooLong(f"Candidates differ over {unit.longest_branch} tokens; {LONGEST_BRANCH} is the bound.")
        self._check(unit.cells)
        return unit

    def _check(self, tokens: int) -> None:
        if tokens > self.model.context_size:
            raise RequestTooLong(f"{tokens} tokens don't fit the context of {self.model.context_size} (context_size).")

    def _drop_abandoned(self) -> None:
        for request in [request for request in self._requests if request.abandoned]:
            self._requests.remove(request)
            request.waiting.clear()
            for slot in self._slots:
                if slot.unit in request.units:
                    self._release(slot)
            self._give_up(request)
        for request in self._queue.take_abandoned():
            self.tally.requests += 1
            self._give_up(request)

    def _give_up(self, request: Request) -> None:
        self.tally.abandoned += 1
        request.answer(EngineUnavailable("The engine is too busy: no answer in time."))

    def _admit(self) -> None:
        """Fill free slots, a unit of each request in turn; of a long queue, as many are looked at as slots are free."""
        for _ in range(min(len(self._waiting), sum(slot.unit is None for slot in self._slots))):
            request = self._waiting.popleft()
            if request.waiting and (place := find_place(self._slots, request.waiting[0], self.plan.cells_of_lane)):
                self._settle(place, request.waiting.popleft())
            if request.waiting:
                self._waiting.append(request)

    def _settle(self, place: Place, unit: Unit) -> None:
        for slot in place.evicted:
            self.context.forget(slot.sequence)
            slot.tokens = as_tokens([])
        if place.slot is place.donor:
            self.context.forget(place.slot.sequence, place.shared)
        else:
            self.context.forget(place.slot.sequence)
            self.context.share(place.donor.sequence, place.slot.sequence, place.shared)
        unit.fed = place.shared
        place.slot.unit, place.slot.tokens = unit, as_tokens(unit.prompt)
        self.tally.prompt_tokens += len(unit.prompt)
        self.tally.shared_tokens += place.shared

    def _decode(self) -> None:
        parts = self._parts()
        rows = [row for _, _, part in parts for row in part]
        if not rows:
            return
        self._branch_out(parts)
        started = self._clock()
        with self._decoding:
            logits = self.context.decode(rows)
        self._measure(len(rows), self._clock() - started)
        self._hand_out(parts, logits)
        for part in parts:
            self._tidy(*part)

    def _hand_out(self, parts: list[Part], logits: Logits) -> None:
        """Let each unit go on from its rows."""
        wanted = [sum(row.wants_logits for row in part) for _, _, part in parts]
        shares = np.split(logits, np.cumsum(wanted)[:-1])
        for (_, unit, part), share, seen in zip(parts, shares, self._look(parts, shares), strict=True):
            unit.take(len(part), share, seen)

    def _look(self, parts: list[Part], shares: list[Logits]) -> Iterator[Any]:
        """Look through all logits, a few rows at a time, on a GPU in several threads: no Python but one call each."""
        pieces = [[share[at : at + LOOK] for at in range(0, max(1, len(share)), LOOK)] for share in shares]
        looks = [unit.look for (_, unit, _), own in zip(parts, pieces, strict=True) for _ in own]
        seen = iter(self._map(lambda look, piece: look(piece), looks, itertools.chain(*pieces)))
        return (np.concatenate(list(itertools.islice(seen, len(own)))) for own in pieces)

    def _parts(self) -> list[Part]:
        """Give each unit its rows; the first of the turn has the most room, and all have room for one."""
        self._slots.append(self._slots.pop(0))
        working = [(slot, slot.unit) for slot in self._slots if slot.unit]
        rows, outputs = ROWS, self._outputs
        branches = self._branches
        writing = sum(isinstance(unit, Generation) for _, unit in working)
        longest = outputs // max(1, writing) - 1
        parts: list[Part] = []
        for others, (slot, unit) in zip(reversed(range(len(working))), working, strict=True):
            agreement = unit.drafter.agreement if isinstance(unit, Generation) else 0.0
            draft_length = min(longest, self._cost.draft_length(agreement, writing))
            part = unit.rows(Room(slot.sequence, rows - others, outputs - others, branches, draft_length))
            rows -= len(part)
            outputs -= sum(row.wants_logits for row in part)
            branches = branches[len({row.sequence for row in part} - {slot.sequence}) :]
            parts.append((slot, unit, part))
        return parts

    def _branch_out(self, parts: list[Part]) -> None:
        for slot, unit, part in parts:
            for branch in {row.sequence for row in part} - {slot.sequence}:
                self.context.share(slot.sequence, branch, len(unit.prompt))

    def _tidy(self, slot: Slot, unit: Unit, part: list[Row]) -> None:
        """Drop branches and the rows of wrong guesses."""
        for sequence in {row.sequence for row in part}:
            if sequence != slot.sequence:
                self.context.forget(sequence)
            elif part[-1].position >= unit.fed:
                self.context.forget(sequence, unit.fed)
        if unit.done:
            self._release(slot)

    def _release(self, slot: Slot) -> None:
        """End a unit's stay; what was read of its prompt stays for the next one to share."""
        unit = slot.unit
        assert unit is not None
        slot.tokens = slot.tokens[: unit.fed]
        self.context.forget(slot.sequence, len(slot.tokens))
        slot.unit, slot.used_at = None, self.tally.decodes
        if isinstance(unit, Generation):
            self.tally.output_tokens += len(unit.answer)
            self.tally.drafted_tokens += unit.drafted
            self.tally.accepted_tokens += unit.accepted
        else:
            self.tally.weighed_candidates += len(unit.scores)

    def _measure(self, rows: int, cost_s: float) -> None:
        self.tally.decodes += 1
        self.tally.rows += rows
        self._cost.observe(rows, cost_s)

    def _deliver(self) -> None:
        for request in [request for request in self._requests if request.done]:
            self._requests.remove(request)
            generation = request.generation
            request.answer(self._completion(generation) if generation else request.scores())

    def _completion(self, unit: Generation) -> Completion:
        text = b"".join(self.model.piece(token) for token in unit.answer).decode("utf-8", "replace")
        return Completion(text, unit.finished, len(unit.prompt), len(unit.answer))
