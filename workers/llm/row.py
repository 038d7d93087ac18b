"""Rows of a decode, how many of them a unit may have, what they give, and what texts have in common. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Text = TypeVar("Text", list[int], str)


@dataclass(frozen=True, slots=True)
class Row:
    """One token at one place of one sequence."""

    token: int
    position: int
    sequence: int
    wants_logits: bool


@dataclass(frozen=True, slots=True)
class Room:
    """What a unit may have of the next decode."""

    sequence: int  # its own
    pen: int  # where it writes its answer
    rows: int
    outputs: int  # rows with logits
    branches: Sequence[int]  # sequences that it may use for this one decode, each a copy of its own
    draft_length: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a decode gives for the rows that wanted logits, in their order; valid until the next decode."""

    logits: NDArray[np.float32]  # of no meaning where the device chose
    chosen: NDArray[np.int32] | None = None  # the likeliest tokens by the device; below 0 where it did not choose

    def likeliest(self, place: int) -> int:
        """The likeliest token after one of the rows."""
        if self.chosen is not None and self.chosen[place] >= 0:
            return int(self.chosen[place])
        return int(self.logits[place].argmax())

    def part(self, start: int, count: int) -> "Outputs":
        """Those of some rows."""
        end = start + count
        return Outputs(self.logits[start:end], None if self.chosen is None else self.chosen[start:end])


def common_length(first: Text, *others: Text) -> int:
    """Count the tokens or characters that all begin with, by halving: whole slices compare at the speed of C."""
    shortest = min([len(first), *(len(other) for other in others)])
    return bisect_left(
        range(shortest), True, key=lambda place: any(other[: place + 1] != first[: place + 1] for other in others)
    )
