"""Which sequence of the KV cache holds which tokens, for whom, and what a newcomer may share with it. Pure."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workers.llm.generation import Generation
from workers.llm.weighing import Weighing

Unit = Generation | Weighing
#: As an array, since each newcomer is compared with all slots.
Tokens = NDArray[np.int32]
#: A common beginning of fewer tokens is sooner decoded than shared, or waited for.
WORTH_SHARING = 32


@dataclass(slots=True, eq=False)
class Slot:
    """One sequence. A slot whose unit is done keeps its tokens, for the next one to share."""

    sequence: int
    tokens: Tokens = field(default_factory=lambda: as_tokens([]))
    unit: Unit | None = None
    used_at: int = 0

    @property
    def ready(self) -> int:
        """Tokens that are in the cache already."""
        return min(self.unit.fed, len(self.tokens)) if self.unit else len(self.tokens)

    @property
    def cells(self) -> int:
        """Cells that are or will be taken."""
        return self.unit.cells if self.unit else len(self.tokens)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit goes: its slot, whose beginning it shares, how long that is, and which idle slots make room."""

    slot: Slot
    donor: Slot
    shared: int
    evicted: tuple[Slot, ...]


def as_tokens(tokens: list[int]) -> Tokens:
    """Make an array of them."""
    return np.array(tokens, np.int32)


def find_place(slots: list[Slot], unit: Unit, cells: int) -> Place | None:
    """Find a place for a unit in a cache of so many cells; None: it must wait."""
    idle = sorted((slot for slot in slots if slot.unit is None), key=lambda slot: (len(slot.tokens) > 0, slot.used_at))
    if not idle:
        return None
    donor, common = _best_donor(slots, unit)
    if common - donor.ready > WORTH_SHARING:
        return None  # another is reading the same beginning right now
    idle.sort(key=lambda slot: slot is donor)  # overwritten only where no other is idle
    slot, *others = idle
    evicted = _evict([each for each in others if each is not donor], unit.cells + _taken(slots, slot) - cells)
    if _taken(slots, slot, *evicted) + unit.cells > cells and any(each.unit for each in slots):
        return None
    return Place(slot, donor, min(common, donor.ready), evicted)


def _best_donor(slots: list[Slot], unit: Unit) -> tuple[Slot, int]:
    wanted = as_tokens(unit.prompt[: unit.shareable])
    lengths = [_common_length(slot.tokens, wanted) for slot in slots]
    longest = max(lengths)
    return slots[lengths.index(longest)], longest if longest >= WORTH_SHARING else 0


def _common_length(first: Tokens, second: Tokens) -> int:
    shortest = min(len(first), len(second))
    differing = first[:shortest] != second[:shortest]
    return int(differing.argmax()) if differing.any() else shortest


def _taken(slots: list[Slot], *but: Slot) -> int:
    return sum(slot.cells for slot in slots if slot not in but)


def _evict(idle: list[Slot], missing: int) -> tuple[Slot, ...]:
    evicted: list[Slot] = []
    for slot in idle:
        if missing <= 0:
            break
        evicted.append(slot)
        missing -= slot.cells
    return tuple(evicted)
