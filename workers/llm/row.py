"""Rows of a decode, how many of them a unit may have, and what texts have in common. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

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
    rows: int
    outputs: int  # rows with logits
    branches: Sequence[int]  # sequences that it may use for this one decode, each a copy of its own
    draft_length: int


def common_length(first: Text, *others: Text) -> int:
    """Count the tokens or characters that all begin with, by halving: whole slices compare at the speed of C."""
    shortest = min([len(first), *(len(other) for other in others)])
    return bisect_left(
        range(shortest), True, key=lambda place: any(other[: place + 1] != first[: place + 1] for other in others)
    )
