"""One choice being weighed: what its candidates share is decoded once, then each one's own rest. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workers.llm.row import Room, Row, common_length

Logits = NDArray[np.float32]


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

    def take(self, rows: int, logits: Logits) -> None:
        """Go on from a decode of so many rows."""
        if self.reading:
            self._take_shared(rows, logits)
            return
        for (which, place), row in zip(self._asked, logits, strict=True):
            self.scores[which] += log_likelihoods(row, [self._together[which][place + 1]])[0]
        weighed = {which for which, _ in self._asked}
        self._waiting = [which for which in self._waiting if which not in weighed]

    def _take_shared(self, rows: int, logits: Logits) -> None:
        first = max(self.fed, self._start - 1)
        self.fed += rows
        for place, row in enumerate(logits, first):
            longer = [which for which, tokens in enumerate(self._together) if place + 1 < len(tokens)]
            gains = log_likelihoods(row, [self._together[which][place + 1] for which in longer])
            for which, gain in zip(longer, gains, strict=True):
                self.scores[which] += gain


def log_likelihoods(logits: NDArray[np.float32], tokens: list[int]) -> list[float]:
    """The log-likelihood of each token in nats.

    Small differences decide, so the sum over the vocabulary is in double precision. Its terms are not: each is right
    to 1e-7 of itself, as the logits are, and exact exponentials took most of an engine's time on a GPU.
    """
    peak = logits.max()
    total = np.exp(logits - peak).sum(dtype=np.float64)
    return [float(value) for value in logits[tokens].astype(np.float64) - float(peak) - np.log(total)]
