"""One choice being weighed: what its candidates share is decoded once, then each one's own rest. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.llm.row import Room, Row, common_length

Logits = NDArray[np.float32]
Sums = NDArray[np.float64]


class Weighing:
    """State of one choice in its sequence.

    Args:
        context: its tokens.
        together: the tokens of context and candidate in one, for each candidate. A candidate's score counts from the
            first token that differs from the context's in any of them, so that all count the same places.
    """

    def __init__(self, context: list[int], together: Sequence[list[int]]) -> None:
        self.scores = [0.0] * len(together)
        self.fed = 0
        self._together = together
        self._start = max(1, common_length(context, *together))
        self.prompt = together[0][: common_length(*together)] if together else []
        self._waiting = [which for which, tokens in enumerate(together) if len(tokens) > len(self.prompt) + 1]
        self._asked: list[tuple[int, int]] = []  # candidate and place of each row with logits in this decode

    @property
    def shareable(self) -> int:
        """How many tokens may come from another sequence: not those whose logits count."""
        return self._start - 1

    @property
    def reading(self) -> bool:
        """Whether the shared tokens are still being read."""
        return self.fed < len(self.prompt)

    @property
    def done(self) -> bool:
        """Whether all is weighed."""
        return not self.reading and not self._waiting

    @property
    def cells(self) -> int:
        """Tokens that all its sequences take together at most."""
        return len(self.prompt) + sum(len(tokens) - len(self.prompt) for tokens in self._together)

    @property
    def longest_branch(self) -> int:
        """Rows of its longest branch, which is never cut."""
        return max((len(tokens) - len(self.prompt) for tokens in self._together), default=0)

    def rows(self, room: Room) -> list[Row]:
        """Give the rows of the next decode: of what all share, and then of as many branches as there is room for."""
        if self.reading:
            end = min(len(self.prompt), self.fed + room.rows, max(self.fed, self._start - 1) + room.outputs)
            places = range(self.fed, end)
            return [Row(self.prompt[place], place, room.sequence, place >= self._start - 1) for place in places]
        rows: list[Row] = []
        self._asked = []
        for branch, which in zip(room.branches, self._waiting, strict=False):
            own = range(len(self.prompt), len(self._together[which]) - 1)
            if len(rows) + len(own) > min(room.rows, room.outputs):
                break
            rows += [Row(self._together[which][place], place, branch, True) for place in own]
            self._asked += [(which, place) for place in own]
        return rows

    @staticmethod
    def look(logits: Logits) -> Sums:
        """Sum up the likelihoods of each row, as logarithms. Needs nothing but the logits, so any thread may do it.

        Small differences decide, so the sum over the vocabulary is in double precision. Its terms are not: each is
        right to 1e-7 of itself, as the logits are, and exact exponentials took most of an engine's time on a GPU.
        """
        peaks = logits.max(axis=1, keepdims=True)
        return np.asarray(peaks[:, 0] + np.log(np.exp(logits - peaks).sum(axis=1, dtype=np.float64)))

    def take(self, rows: int, logits: Logits, sums: Sums) -> None:
        """Go on from a decode of so many rows."""
        likelihoods = _Likelihoods(logits, sums)
        if self.reading:
            self._take_shared(rows, likelihoods)
            return
        for row, (which, place) in enumerate(self._asked):
            self.scores[which] += likelihoods.of(row, self._together[which][place + 1])
        weighed = {which for which, _ in self._asked}
        self._waiting = [which for which in self._waiting if which not in weighed]

    def _take_shared(self, rows: int, likelihoods: "_Likelihoods") -> None:
        first = max(self.fed, self._start - 1)
        self.fed += rows
        for row, place in enumerate(range(first, first + likelihoods.rows)):
            for which, tokens in enumerate(self._together):
                if place + 1 < len(tokens):
                    self.scores[which] += likelihoods.of(row, tokens[place + 1])


@dataclass(frozen=True, slots=True)
class _Likelihoods:
    """How likely each token is after each row."""

    logits: Logits
    sums: Sums

    @property
    def rows(self) -> int:
        return len(self.logits)

    def of(self, row: int, token: int) -> float:
        """In nats."""
        return float(self.logits[row, token] - self.sums[row])
